"""How tall a formula is: which quotients are fractions, and what reaches above and below a line of letters."""

from __future__ import annotations

from fractions import Fraction

from ...expr import Call, Cases, Div, Expr, Literal, Max, Num, Partial, Pow, Sum, Whole, children
from ...expr.brackets import is_fraction
from ...expr.functions import notation
from ...expr.notation import Exponent
from ...expr.text import text

MOST_IN_FRACTION = 14
"""A quotient with more symbols and numbers above or below is written on one line, where it can be broken."""


LETTERS = 5
"""How wide one of these is, about."""


def is_stacked(node: Expr) -> bool:
    """Whether a quotient is written as a fraction, one above the other."""
    match node:
        case Div(top, bottom):
            return is_fraction(node) or max(_leaves(top), _leaves(bottom)) <= MOST_IN_FRACTION
        case Num(Fraction() as value):
            return value >= 0 and value.denominator != 1
        case _:
            return False


def _leaves(node: Expr) -> int:
    """How many symbols and numbers stand in it; of a matrix, how many would be as wide."""
    if isinstance(node, Literal):
        return max(sum(len(text(cell)) for cell in row if cell is not None) for row in node.rows) // LETTERS
    operands = children(node)
    return sum(map(_leaves, operands)) if operands else 1


def is_tall(node: Expr) -> bool:
    """Whether it reaches above and below a line of letters."""
    match node:
        case Literal() | Cases() | Sum() | Max() | Partial():
            return True
        case Whole(symbol):
            return isinstance(symbol, Partial)
        case Div():
            return is_stacked(node) or any(map(is_tall, children(node)))
        case Num(Fraction() as value):
            return value.denominator != 1
        case Call(function, args) if isinstance(notation(function), Exponent):
            return any(map(has_matrix, args))
        case Pow(base, _):
            return is_tall(base)
        case _:
            return any(map(is_tall, children(node)))


def has_matrix(node: Expr) -> bool:
    return isinstance(node, Literal) or any(map(has_matrix, children(node)))

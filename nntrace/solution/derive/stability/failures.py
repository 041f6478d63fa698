"""What an expression of numbers comes to, and what fails on the way: an overflow, 0 / 0, the logarithm of 0."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite, isinf, isnan

from ....expr import Cases, Div, Expr, Num, approximate, exact, holds
from ....expr.bind import transform, walk
from ....expr.functions import restricted, row_of
from ....trace.amount import Amount, fraction
from ...content.model import Note, listed


def decided(formula: Expr) -> Expr:
    """Of a distinction of cases the one that holds."""

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, Cases):
            return None
        return decided(node.then if holds(node.condition, lambda name, cell: 0.0) else node.otherwise)

    return transform(formula, leaf)


def number_of(formula: Expr) -> float:
    """What an expression of numbers comes to, as a float: perhaps infinite, or none."""
    return approximate(formula, lambda name, cell: 0.0)


def amount_of(formula: Expr) -> Amount:
    """The same, exact where it can be and where doubles come to a number at all: 0 × ∞ is none."""
    number = number_of(formula)
    finite = all(not isinstance(node, Num) or isfinite(node.value) for node in walk(formula))
    exactly = exact(formula, lambda name, cell: None) if finite and not isnan(number) else None
    return fraction(exactly) if exactly is not None else Amount(number)


def reason_of(formula: Expr) -> Note:
    """What fails on the way to a result, or why a result that is no zero comes out as one."""
    value, failure = number_of(formula), failure_of(formula)
    match formula:
        case Div(top, bottom) if not isfinite(number_of(bottom)) or not number_of(bottom):
            quotient: Note = (_plainly(top), " / ", _plainly(bottom))
            zero = listed((failure, (*quotient, " = ", Num(0))), "; ")
            return (*quotient, " is undefined") if isnan(value) else zero
    vanished = value == 0 and not failure and amount_of(formula).exact is None
    return ("underflow: smaller than the smallest double, ", Num(Decimal("4.9E-324"))) if vanished else failure


def _plainly(node: Expr) -> Expr:
    """A part of a quotient as what it has become."""
    value = number_of(node)
    return Num(Decimal(value)) if isinf(value) or not value else node


def failure_of(formula: Expr) -> Note:
    """What overflows, or what is no logarithm."""
    for node in walk(formula):
        if (row := row_of(node)) is not None and row.overflows and isinf(number_of(node)):
            return ("overflow: ", node, " exceeds the largest double, ", Num(Decimal("1.8E+308")))
    for domain, argument in filter(None, map(restricted, walk(formula))):
        if domain.pole and number_of(argument) == 0:
            return (f"the {domain.noun} of 0",)
    return ()

"""What a formula is in some of its symbols, told from the formula itself: affine, or with a kink or a jump.

Only what is shown is said: a formula that is not shown to be affine may be so all the same, as max(0, x) - max(0, -x).
"""

from __future__ import annotations

from collections.abc import Collection

from .bind import substitute, symbols, walk
from .differentiate import differentiate
from .functions import turns
from .letters import index_letters, plain_letters
from .nodes import ZERO, Add, Cases, Condition, Div, Expr, Indicator, Max, Mul, Neg, Sum, Sym
from .simplify import simplify
from .structure import is_zero, negative, product, total
from .tree import over_parts


def has_symbol_of(formula: Expr, names: Collection[str]) -> bool:
    """Whether a symbol of one of these names stands in a formula."""
    return any(isinstance(one, Sym) and one.name in names for one in symbols(formula))


def has_kink(formula: Expr, names: Collection[str]) -> bool:
    """Whether something about a formula is decided by these symbols: a case, a largest value, a corner, a jump."""
    return any(_decides(node, names) for node in walk(formula))


def _decides(node: Expr, names: Collection[str]) -> bool:
    match node:
        case Indicator(condition) | Cases(condition):
            conditions: tuple[Condition, ...] = (condition,)
        case Max(_, body):
            return has_symbol_of(body, names)
        case _:
            conditions = turns(node)
    return any(has_symbol_of(one.left, names) or has_symbol_of(one.right, names) for one in conditions)


def is_affine(formula: Expr, names: Collection[str]) -> bool:
    """Whether a formula is affine in these symbols together: nothing is decided by them, and no derivative by one of
    them still has one of them in it."""
    if has_kink(formula, names):
        return False
    return not any(has_symbol_of(linear_part(formula, one), names) for one in variables(formula, names))


def variables(formula: Expr, names: Collection[str]) -> list[Sym]:
    """The symbols of these names that a formula reads, each once, with index letters that it has nowhere."""
    lengths = {one.name: len(one.index) for one in symbols(formula) if isinstance(one, Sym) and one.name in names}
    taken = set(index_letters(formula))
    return [Sym(name, plain_letters((0,) * length, taken)) for name, length in lengths.items()]


def linear_part(formula: Expr, by: Sym) -> Expr:
    """∂formula/∂by: of an affine formula what it takes ``by`` times."""
    return simplify(differentiate(formula, by))


def constant_part(formula: Expr, names: Collection[str]) -> Expr:
    """A formula where these symbols are 0, without the terms that vanish: b[j] of Σ_i W[j,i] x[i] + b[j]."""
    zeros: dict[Expr, Expr] = {one: ZERO for one in symbols(formula) if isinstance(one, Sym) and one.name in names}
    return _without_zeros(substitute(formula, zeros))


def _without_zeros(node: Expr) -> Expr:
    node = over_parts(node, _without_zeros)
    match node:
        case Add(terms):
            return total(terms)
        case Mul(factors):
            return product(factors) if any(map(is_zero, factors)) else node
        case Neg(body) if is_zero(body):
            return negative(body)
        case Sum(_, body) | Div(body, _) if is_zero(body):
            return ZERO
        case _:
            return node

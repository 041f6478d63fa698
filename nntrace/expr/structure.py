"""Sums and products without structural zeros and ones: what is left out is what was never there.

Only ``differentiate`` (and what writes its results) builds with these; a formula's own ``× 1`` stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .nodes import ONE, ZERO, Add, Div, Expr, Mul, Neg, Num
from .tree import over_parts

_ONE_OF_ONE = Div(ONE, ONE)


def is_zero(node: Expr) -> bool:
    """Zero by structure: the constant 0, not a symbol that happens to be 0."""
    return isinstance(node, Num) and node.value == 0 and isinstance(node.value, int)


def is_one(node: Expr) -> bool:
    """One by structure: the constant 1, or a count divided by itself (1/1)."""
    if isinstance(node, Num):
        return isinstance(node.value, int) and node.value == 1
    return isinstance(node, Div) and node == _ONE_OF_ONE


def terms_of(node: Expr) -> tuple[Expr, ...]:
    """The addends of a sum; what is no sum is its only one."""
    return node.terms if isinstance(node, Add) else (node,)


def factors_of(node: Expr) -> tuple[Expr, ...]:
    """The factors of a product; what is no product is its only one."""
    return node.factors if isinstance(node, Mul) else (node,)


def as_sum(terms: Sequence[Expr]) -> Expr:
    """The sum of terms as they are; a single one is no sum, and none are 0."""
    return Add(tuple(terms)) if len(terms) > 1 else terms[0] if terms else ZERO


def as_product(factors: Sequence[Expr]) -> Expr:
    """The product of factors as they are; a single one is no product, and none are 1."""
    return Mul(tuple(factors)) if len(factors) > 1 else factors[0] if factors else ONE


def total(terms: Iterable[Expr]) -> Expr:
    """A sum without zeros, its nested sums written in line."""
    kept: list[Expr] = []
    for term in terms:
        if not is_zero(term):
            kept.extend(terms_of(term))
    return as_sum(kept)


def product(factors: Iterable[Expr]) -> Expr:
    """A product without ones, its nested products written in line; 0 where a factor is 0."""
    kept: list[Expr] = []
    for factor in factors:
        if is_zero(factor):
            return ZERO
        if not is_one(factor):
            kept.extend(factors_of(factor))
    return as_product(kept)


def negative(node: Expr) -> Expr:
    """-node, with -1 for the negative of 1 and 0 for that of 0."""
    match node:
        case Num(int(value)):
            return Num(-value)
        case Neg(body):
            return body
        case _:
            return Neg(node)


def in_line(node: Expr) -> Expr:
    """A sum of sums as one, a product of products as one, with all their zeros and ones: the same but for brackets."""
    node = over_parts(node, in_line)
    match node:
        case Add(terms):
            return Add(tuple(inner for one in terms for inner in terms_of(one)))
        case Mul(factors):
            return Mul(tuple(inner for one in factors for inner in factors_of(one)))
        case _:
            return node


def subtracted(node: Expr) -> Expr | None:
    """1[j = k] - 1 for 1[j = k] + (-1)."""
    match node:
        case Add(terms) if any(isinstance(term, Num) and term.value < 0 for term in terms):
            return Add(tuple(Neg(negative(one)) if isinstance(one, Num) and one.value < 0 else one for one in terms))
        case _:
            return None

"""Sums and products without structural zeros and ones: what is left out is what was never there.

Only ``differentiate`` (and what writes its results) builds with these; a formula's own ``× 1`` stays.
"""

from __future__ import annotations

from collections.abc import Iterable

from .nodes import ONE, ZERO, Add, Div, Expr, Mul, Neg, Num
from .tree import children, rebuild

_ONE_OF_ONE = Div(ONE, ONE)


def is_zero(node: Expr) -> bool:
    """Zero by structure: the constant 0, not a symbol that happens to be 0."""
    return isinstance(node, Num) and node.value == 0 and isinstance(node.value, int)


def is_one(node: Expr) -> bool:
    """One by structure: the constant 1, or a count divided by itself (1/1)."""
    if isinstance(node, Num):
        return isinstance(node.value, int) and node.value == 1
    return isinstance(node, Div) and node == _ONE_OF_ONE


def total(terms: Iterable[Expr]) -> Expr:
    """A sum without zeros, its nested sums written in line."""
    kept: list[Expr] = []
    for term in terms:
        if not is_zero(term):
            kept.extend(term.terms if isinstance(term, Add) else (term,))
    return Add(tuple(kept)) if len(kept) > 1 else kept[0] if kept else ZERO


def product(factors: Iterable[Expr]) -> Expr:
    """A product without ones, its nested products written in line; 0 where a factor is 0."""
    kept: list[Expr] = []
    for factor in factors:
        if is_zero(factor):
            return ZERO
        if not is_one(factor):
            kept.extend(factor.factors if isinstance(factor, Mul) else (factor,))
    return Mul(tuple(kept)) if len(kept) > 1 else kept[0] if kept else ONE


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
    operands = children(node)
    node = rebuild(node, tuple(map(in_line, operands))) if operands else node
    match node:
        case Add(terms):
            return Add(tuple(inner for one in terms for inner in (one.terms if isinstance(one, Add) else (one,))))
        case Mul(factors):
            return Mul(tuple(inner for one in factors for inner in (one.factors if isinstance(one, Mul) else (one,))))
        case _:
            return node


def subtracted(node: Expr) -> Expr | None:
    """1[j = k] - 1 for 1[j = k] + (-1)."""
    match node:
        case Add(terms) if any(isinstance(term, Num) and term.value < 0 for term in terms):
            return Add(tuple(Neg(negative(one)) if isinstance(one, Num) and one.value < 0 else one for one in terms))
        case _:
            return None

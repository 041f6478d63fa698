"""Differentiation, index by index: ∂x[i]/∂x[j] is δ_ij, and a sum over a δ picks out one addend.

The result is written out, not simplified: d of 1/2 (t - y)² by y is 1/2 × 2 × (t - y) × (-1). Only zeros and ones
that the rules themselves bring in are left out.
"""

from __future__ import annotations

from itertools import product as pairs

from .bind import at, free_indices, fresh, kronecker, transform
from .calls import ln, xln
from .functions import FUNCTIONS
from .index import Index, letters_of
from .nodes import (
    ONE,
    ZERO,
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Rest,
    Size,
    Sum,
    Sym,
)  # fmt: skip
from .structure import as_sum, factors_of, is_one, is_zero, negative, product, terms_of, total
from .tree import over_parts


def differentiate(node: Expr, by: Sym, kink: int = 0) -> Expr:
    """∂node/∂by. ``by`` may be an element (``x[0]``) or carry index names of its own (``x["q"]``).

    At a kink the left slope is taken (``kink=0``) or the right one (``kink=1``). Of several largest values over an
    index each counts the same.
    """

    def d(inner: Expr) -> Expr:
        return differentiate(inner, by, kink)

    match node:
        case Sym(name, index, mark):
            if (name, mark) != (by.name, by.mark):
                return ZERO
            return product(kronecker(i, j) for i, j in zip(index, by.index, strict=True))
        case Add(terms):
            return total(d(term) for term in terms)
        case Neg(body):
            return negative(d(body))
        case Mul(factors):
            return total(
                product((*factors[:place], d(factor), *factors[place + 1 :])) for place, factor in enumerate(factors)
            )
        case Div(top, bottom):
            above, below = d(top), d(bottom)
            if is_zero(below):
                return ZERO if is_zero(above) else Div(above, bottom)
            difference = total((product((above, bottom)), negative(product((top, below)))))
            return Div(difference, Pow(bottom, Num(2)))
        case Pow(base, exponent):
            return _power(base, exponent, d(base), d(exponent))
        case Call(function, args):
            partials = FUNCTIONS[function].derivative(args, kink)
            return total(product((partial, d(arg))) for partial, arg in zip(partials, args, strict=True))
        case Sum(over, body):
            letters = {letter for index in by.index for letter in letters_of(index)}
            if over in letters:
                new = fresh(over, {*free_indices(body), *letters})
                return differentiate(Sum(new, at(body, {over: new})), by, kink)
            return contract(over, d(body))
        case Max(over, body):
            inner = fresh(over, {*free_indices(body), *(letter for index in by.index for letter in letters_of(index))})
            each = at(body, {over: inner}) if inner != over else body
            share = Div(_is_largest(each, node), Sum(over, _is_largest(body, node)))
            return contract(inner, product((share, d(each))))
        case Cases(condition, then, otherwise):
            slopes = d(then), d(otherwise)
            return slopes[0] if slopes[0] == slopes[1] else Cases(_sided(condition, kink), *slopes)
        case Num() | Delta() | Indicator() | Partial() | Size() | Rest():
            return ZERO
        case _:
            raise TypeError(f"no derivative for {node!r}")


def _is_largest(value: Expr, largest: Max) -> Expr:
    return Indicator(Condition(value, "=", largest))


def _power(base: Expr, exponent: Expr, slope: Expr, growth: Expr) -> Expr:
    if is_zero(growth):
        if is_zero(slope):
            return ZERO
        less = Num(exponent.value - 1) if isinstance(exponent, Num) else exponent - 1
        return product((exponent, base if is_one(less) else Pow(base, less), slope))
    if is_zero(slope) and not isinstance(base, Num):  # 0 to a power above 0 stays 0 whatever the power is
        return product((growth, xln(Pow(base, exponent), base)))
    if _are_apart(slope, growth):
        return total((_power(base, exponent, slope, ZERO), _power(base, exponent, ZERO, growth)))
    change = total((product((growth, ln(base))), product((exponent, slope, Div(ONE, base)))))
    return product((Pow(base, exponent), change))


def _are_apart(one: Expr, other: Expr) -> bool:
    """Whether two derivatives are by different elements, so that one of them is always 0."""
    return all(_never_both(first, second) for first in terms_of(one) for second in terms_of(other))


def _never_both(one: Expr, other: Expr) -> bool:
    deltas = ([factor for factor in factors_of(term) if isinstance(factor, Delta)] for term in (one, other))
    return any(a.j == b.j and kronecker(a.i, b.i) == ZERO for a, b in pairs(*deltas))


def sided(node: Expr, kink: int) -> Expr:
    """A derivative with the boundaries of its cases on the side whose slope the convention takes there."""
    node = over_parts(node, lambda part: sided(part, kink))
    return Cases(_sided(node.condition, kink), node.then, node.otherwise) if isinstance(node, Cases) else node


def _sided(condition: Condition, kink: int) -> Condition:
    """The condition with its boundary on the side whose slope the convention takes there."""
    sides = {">": ">≥", "≥": ">≥", "<": "≤<", "≤": "≤<", "=": "==", "≠": "≠≠"}
    return Condition(condition.left, sides[condition.relation][kink], condition.right)


def contract(over: str, body: Expr) -> Expr:
    """Σ over an index, with a factor δ taken at the one value it leaves: Σ_j g_j δ_jp = g_p."""
    if found := _picked(body, over):
        other, left = found
        return placed(left, over, other) if isinstance(other, int) else at(left, {over: other})
    match body:
        case Add(terms):
            return total(contract(over, term) for term in terms)
        case Neg(inner):
            return negative(contract(over, inner))
        case Mul(factors):
            for place, factor in enumerate(factors):
                if isinstance(factor, Add) and all(_picked(term, over) for term in factor.terms):
                    around = factors[:place], factors[place + 1 :]
                    return total(contract(over, product((*around[0], term, *around[1]))) for term in factor.terms)
    return ZERO if is_zero(body) else Sum(over, body)


def placed(node: Expr, over: str, place: int) -> Expr:
    """An expression at one place of an index, without the zeros and ones that its δs are there."""

    def leaf(part: Expr) -> Expr | None:
        match part:
            case Mul(factors) if any(isinstance(one, Delta) for one in factors):
                return product(transform(one, leaf) for one in factors)
            case Add(terms):
                pairs = [(one, transform(one, leaf)) for one in terms]
                return as_sum([new for old, new in pairs if new == old or not is_zero(new)])
            case Neg(body):
                found = transform(body, leaf)
                return ZERO if is_zero(found) and found != body else Neg(found)
            case Sum(inner, body) if inner != over:
                found = transform(body, leaf)
                return ZERO if is_zero(found) and found != body else Sum(inner, found)
            case Sum() | Max() | Delta() | Sym():
                return at(part, {over: place})
            case _:
                return None

    return transform(node, leaf)


def _picked(node: Expr, over: str) -> tuple[Index, Expr] | None:
    """The one value of an index at which a term is not zero, because of a δ that multiplies all of it; and the term
    without this δ, which is 1 there."""
    match node:
        case Delta(i, j) if i != j and over in (i, j):
            return (j if i == over else i), ONE
        case Mul(factors):
            for place, factor in enumerate(factors):
                if found := _picked(factor, over):
                    return found[0], product((*factors[:place], found[1], *factors[place + 1 :]))
        case Div(top, bottom):
            if found := _picked(top, over):
                return found[0], Div(found[1], bottom)
        case Neg(body):
            if found := _picked(body, over):
                return found[0], negative(found[1])
        case Add(terms):
            if each := _picked_alike(terms, over):
                return each[0], total(each[1])
        case Cases(condition, then, otherwise):
            if each := _picked_alike((then, otherwise), over):
                return each[0], Cases(condition, *each[1])
        case Sum(inner, body) if inner != over:
            if (found := _picked(body, over)) and inner not in letters_of(found[0]):
                return found[0], Sum(inner, found[1])
    return None


def _picked_alike(terms: tuple[Expr, ...], over: str) -> tuple[Index, list[Expr]] | None:
    """The value that all terms share, and the terms without their δs; a zero has any."""
    each = [None if is_zero(term) else _picked(term, over) for term in terms]
    found = {one and one[0] for one, term in zip(each, terms, strict=True) if not is_zero(term)}
    if len(found) != 1 or (index := found.pop()) is None:
        return None
    return index, [ZERO if one is None else one[1] for one in each]

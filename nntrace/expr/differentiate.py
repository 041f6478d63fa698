"""Differentiation, index by index: ∂x[i]/∂x[j] is δ_ij, and a sum over a δ picks out one addend.

The result is written out, not simplified: d of 1/2 (t - y)² by y is 1/2 × 2 × (t - y) × (-1). Only zeros and ones
that the rules themselves bring in are left out.
"""

from __future__ import annotations

from .bind import at, free_indices, fresh, kronecker, transform
from .calls import ln
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
from .structure import as_sum, is_one, is_zero, negative, product, total
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
    change = total((product((growth, ln(base))), product((exponent, slope, Div(ONE, base)))))
    return product((Pow(base, exponent), change))


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
    other = _support(body, over)
    if other is not None:
        left = _without_delta(body, over)
        return _placed(left, over, other) if isinstance(other, int) else at(left, {over: other})
    match body:
        case Add(terms):
            return total(contract(over, term) for term in terms)
        case Neg(inner):
            return negative(contract(over, inner))
        case Mul(factors):
            for place, factor in enumerate(factors):
                if isinstance(factor, Add) and all(_support(term, over) is not None for term in factor.terms):
                    around = factors[:place], factors[place + 1 :]
                    return total(contract(over, product((*around[0], term, *around[1]))) for term in factor.terms)
    return ZERO if is_zero(body) else Sum(over, body)


def _placed(node: Expr, over: str, place: int) -> Expr:
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


def _support(node: Expr, over: str) -> Index | None:
    """The one value of an index at which a term is not zero, because of a δ that multiplies all of it."""
    match node:
        case Delta(i, j) if i != j:
            return j if i == over else i if j == over else None
        case Mul(factors):
            return next((found for factor in factors if (found := _support(factor, over)) is not None), None)
        case Div(inner, _) | Neg(inner):
            return _support(inner, over)
        case Add(terms):
            return _common_support(terms, over)
        case Cases(_, then, otherwise):
            return _common_support((then, otherwise), over)
        case Sum(inner, body) if inner != over:
            found = _support(body, over)
            return None if found == inner else found
        case _:
            return None


def _common_support(terms: tuple[Expr, ...], over: str) -> Index | None:
    """The support that all terms share; a zero has any."""
    found = {_support(term, over) for term in terms if not is_zero(term)}
    return found.pop() if len(found) == 1 else None


def _without_delta(node: Expr, over: str) -> Expr:
    """The term with the δ that ``_support`` found taken out: it is 1 there."""
    match node:
        case Num():
            return node  # a zero beside a case or a term that has the δ
        case Mul(factors):
            place = next(place for place, factor in enumerate(factors) if _support(factor, over) is not None)
            return product((*factors[:place], _without_delta(factors[place], over), *factors[place + 1 :]))
        case Div(top, bottom):
            return Div(_without_delta(top, over), bottom)
        case Neg(body):
            return negative(_without_delta(body, over))
        case Add(terms):
            return total(_without_delta(term, over) for term in terms)
        case Cases(condition, then, otherwise):
            return Cases(condition, _without_delta(then, over), _without_delta(otherwise, over))
        case Sum(inner, body):
            return Sum(inner, _without_delta(body, over))
        case _:
            return ONE

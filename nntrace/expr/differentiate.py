"""Differentiation, index by index: ∂x[i]/∂x[j] is δ_ij, and a sum over a δ picks out one addend.

The result is written out, not simplified: d of 1/2 (t - y)² by y is 1/2 × 2 × (t - y) × (-1). Only zeros and ones
that the rules themselves bring in are left out.
"""

from __future__ import annotations

from .bind import at, free_indices, fresh, kronecker
from .functions import FUNCTIONS
from .nodes import (
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Indicator,
    Mul,
    Neg,
    Num,
    ONE,
    Partial,
    Pow,
    Rest,
    Size,
    Sum,
    Sym,
    ZERO,
)  # fmt: skip
from .structure import is_one, is_zero, negative, product, total


def differentiate(node: Expr, by: Sym, kink: int = 0) -> Expr:
    """∂node/∂by. ``by`` may be an element (``x[0]``) or carry index names of its own (``x["q"]``).

    At a kink the left slope is taken (``kink=0``) or the right one (``kink=1``).
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
            if over in by.index:
                new = fresh(over, {*free_indices(body), *map(str, by.index)})
                return differentiate(Sum(new, at(body, {over: new})), by, kink)
            return contract(over, d(body))
        case Cases(condition, then, otherwise):
            slopes = d(then), d(otherwise)
            return slopes[0] if slopes[0] == slopes[1] else Cases(_sided(condition, kink), *slopes)
        case Num() | Delta() | Indicator() | Partial() | Size() | Rest():
            return ZERO
        case _:
            raise TypeError(f"no derivative for {node!r}")


def _power(base: Expr, exponent: Expr, slope: Expr, growth: Expr) -> Expr:
    if is_zero(growth):
        if is_zero(slope):
            return ZERO
        less = Num(exponent.value - 1) if isinstance(exponent, Num) else exponent - 1
        return product((exponent, base if is_one(less) else Pow(base, less), slope))
    logarithm = Call("ln", (base,))
    change = total((product((growth, logarithm)), product((exponent, slope, Div(ONE, base)))))
    return product((Pow(base, exponent), change))


def _sided(condition: Condition, kink: int) -> Condition:
    """The condition with its boundary on the side whose slope the convention takes there."""
    sides = {">": ">≥", "≥": ">≥", "<": "≤<", "≤": "≤<", "=": "==", "≠": "≠≠"}
    return Condition(condition.left, sides[condition.relation][kink], condition.right)


def contract(over: str, body: Expr) -> Expr:
    """Σ over an index, with a factor δ taken at the one value it leaves: Σ_j g_j δ_jp = g_p."""
    match body:
        case Add(terms):
            return total(contract(over, term) for term in terms)
        case Neg(inner):
            return negative(contract(over, inner))
        case Mul() | Delta():
            factors = body.factors if isinstance(body, Mul) else (body,)
            for place, factor in enumerate(factors):
                if isinstance(factor, Delta) and over in (factor.i, factor.j):
                    other = factor.j if factor.i == over else factor.i
                    return at(product((*factors[:place], *factors[place + 1 :])), {over: other})
                if isinstance(factor, Add) and any(_has_delta(term, over) for term in factor.terms):
                    return total(
                        contract(over, product((*factors[:place], term, *factors[place + 1 :])))
                        for term in factor.terms
                    )
                if isinstance(factor, Neg) and _has_delta(factor, over):
                    return contract(over, product((*factors[:place], factor.body, Num(-1), *factors[place + 1 :])))
    return ZERO if is_zero(body) else Sum(over, body)


def _has_delta(node: Expr, over: str) -> bool:
    match node:
        case Delta(i, j):
            return over in (i, j)
        case Mul(parts) | Add(parts):
            return any(_has_delta(part, over) for part in parts)
        case Neg(body):
            return _has_delta(body, over)
        case _:
            return False

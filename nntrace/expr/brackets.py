"""Where an expression needs brackets: one table of how tightly each kind binds, one of what each place asks for."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from .functions import notation
from .matrix_nodes import Hadamard, HadamardDiv, HadamardPow, MatMul, Ones, Transpose, Whole
from .nodes import Add, Call, Cases, Div, Expr, Max, Mul, Neg, Num, Partial, Pow, Rest, Size, Sum, Sym
from .notation import Exponent, Fences, Notation, Spelling
from .tree import children

CASES, SUM, NEGATIVE, PRODUCT, TIGHT, POWER, ATOM = range(7)

PLACES: dict[str, int] = {
    "whole": CASES,
    "case": SUM,
    "side": SUM,
    "first term": NEGATIVE,
    "term": PRODUCT,
    "negated": PRODUCT,
    "summed": PRODUCT,
    "factor": TIGHT,
    "top": PRODUCT,
    "bottom": POWER,
    "base": ATOM,
    "elementwise": TIGHT,
    "matrix": POWER,
    "fenced": CASES,
}


def binding(node: Expr) -> int:
    """How tightly the node's own outermost operator binds."""
    if isinstance(node, Sym):  # most often
        return ATOM
    match node:
        case Num(value):
            return _number(value)
        case Cases():
            return CASES
        case Add(terms):
            return SUM if terms else ATOM
        case Rest():
            return SUM
        case Neg():
            return NEGATIVE
        case Mul() | Div() | Sum() | Max() | Hadamard() | HadamardDiv():
            return PRODUCT
        case Partial() | MatMul():
            return TIGHT
        case Whole(symbol):
            return binding(symbol)
        case Pow() | Transpose() | HadamardPow():
            return POWER
        case Call(function):
            return _call(node, notation(function))
        case _:
            return ATOM


def _call(node: Expr, written: Notation) -> int:
    match written:
        case Exponent():
            return POWER
        case Spelling(formula):
            return binding(formula(*children(node)))
        case _:
            return ATOM


def _number(value: int | Fraction | Decimal) -> int:
    if isinstance(value, Decimal):
        if value.is_nan():
            return ATOM
        return NEGATIVE if value < 0 else TIGHT if is_scientific(value) else ATOM
    if value < 0:
        return NEGATIVE
    return ATOM if value.denominator == 1 else PRODUCT


def is_positional(value: Decimal) -> bool:
    """Whether a quantity is written digit for digit."""
    return value.is_finite() and not is_scientific(value)


def is_scientific(value: Decimal) -> bool:
    """Whether a quantity is written with a power of ten: below 10⁻⁴, from 10¹⁰ on, or rounded left of the point."""
    if not value or not value.is_finite():
        return False
    return not -4 <= value.adjusted() <= 9 or "E" in str(value)  # Decimal itself writes 1.2E+3 left of the point


def is_fraction(node: Expr) -> bool:
    """A constant fraction such as 1/2, written without spaces."""
    match node:
        case Div(Num(int(top)), Num(int(bottom))):
            return top >= 0 and bottom > 0
        case Num(Fraction() as value):
            return value.denominator != 1
        case _:
            return False


def juxtaposed(factors: tuple[Expr, ...]) -> tuple[bool, ...]:
    """For each factor of a symbolic product after the first, whether it stands beside the one before without a sign.

    One product has one way of multiplying: where everything after the first factor is of symbols they stand side by
    side, ``0.02 W_ji x_i``, ``2 (y_k - t_k)``, led by × where the first is none itself, ``(-1/ŷ_k) × ŷ_k (1 - ŷ_k)``.
    With a number, a quotient or a derivative among the others, × stands between all of them; also where a matrix would
    seem to be a part of the derivative before it, or a number of the ones behind it.
    """
    first, *others = factors
    apart = any(isinstance(factor, MatMul) or _is_gradient(factor) for factor in factors[:-1]) or (
        isinstance(first, Num) and _begins_with_ones(others[0])
    )
    if apart or not all(map(_is_plain, others)):
        return (False,) * len(others)
    return (_is_coefficient(first) or _is_plain(first), *(True for _ in others[1:]))


def _is_gradient(node: Expr) -> bool:
    return isinstance(node, Whole) and isinstance(node.symbol, Partial)


def _begins_with_ones(node: Expr) -> bool:
    first = node.factors[0] if isinstance(node, MatMul) else node
    return isinstance(first.body if isinstance(first, Transpose) else first, Ones)


def is_link(factor: Expr, last: bool) -> bool:
    """Whether a factor is a product that stands side by side, set off from the others by × and so without brackets."""
    return isinstance(factor, Mul) and all(juxtaposed(factor.factors)) and (last or not ends_in_sum(factor))


def _is_coefficient(node: Expr) -> bool:
    """A number as it stands before a symbol: 2, 0.01."""
    if not isinstance(node, Num) or isinstance(node.value, Fraction):
        return False
    return node.value >= 0 and (isinstance(node.value, int) or is_positional(node.value))


def _is_plain(node: Expr) -> bool:
    match node:
        case Sym() | Size() | Sum() | Whole() | MatMul():
            return True
        case Add():
            return _is_symbolic(node)
        case Call():
            return binding(node) > PRODUCT and _is_symbolic(node)
        case Pow(base, _):
            return _is_plain(base)
        case _:
            return False


def _is_symbolic(node: Expr) -> bool:
    """Whether there is a letter in it, and not only numbers."""
    return isinstance(node, Sym | Size | Whole) or any(map(_is_symbolic, children(node)))


def ends_in_sum(node: Expr) -> bool:
    """A product whose last factor is a sum: what follows it would be read as part of that sum."""
    return isinstance(node, Mul) and bool(node.factors) and isinstance(node.factors[-1], Sum | Max)


def touches_fence(node: Expr) -> bool:
    """Whether a node begins or ends with a sign such as that of |a|."""
    match node:
        case Call(function):
            return isinstance(notation(function), Fences)
        case Add(parts) | Mul(parts) if parts:
            return touches_fence(parts[0]) or touches_fence(parts[-1])
        case Neg(body) | Sum(_, body):
            return touches_fence(body)
        case _:
            return False


def needs_brackets(
    node: Expr, place: str, first: bool = False, last: bool = False, stacked: bool = False, raised: bool = False
) -> bool:
    """Whether the node must be bracketed in this place of its parent; ``first`` and ``last`` among the factors.

    Two habits of textbooks: a constant fraction stands bare as the first factor (1/2 × a), a sum as the last (c Σ_i a).
    ``stacked``: the node is a fraction written one above the other, whose line holds it together like a bracket; only
    a power would not know what it belongs to. ``raised``: the node has a superscript of its own.
    """
    if stacked or raised:
        return place == "base"
    if place == "factor" and (
        (first and is_fraction(node) and binding(node) == PRODUCT) or (last and isinstance(node, Sum | Max))
    ):
        return False
    if place == "factor" and isinstance(node, MatMul) and not last:  # a number: × goes on with another factor
        return True
    if place == "top" and (isinstance(node, Div | Sum | Max | Partial) or is_fraction(node) or ends_in_sum(node)):
        return True
    if place == "fenced" and touches_fence(node):  # |(|a|) - b|: ‖ is a norm
        return True
    if place == "base" and isinstance(node, Sym) and node.mark:  # (h1⁽²⁾)²: a power must not seem to be of the mark
        return True
    return binding(node) < PLACES[place]

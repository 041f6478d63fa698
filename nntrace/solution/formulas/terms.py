"""Terms of a sum as numbers: their signs, and which sum of a formula is worked out term by term."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import nan
from typing import TypeGuard

from ...expr import Add, Call, Div, Expr, Mul, Neg, Num, Pow, Rest, Sym, approximate, symbols
from ...expr.bind import transform, walk
from ...expr.functions import row_of, spelled_out
from ...expr.nodes import Rational
from ...network.model import Network


def folded_sign(term: Expr, number: Num, first: bool) -> Expr:
    """A term's number: as it is in front, a difference behind where it is negative (a zero keeps its term's sign, and
    so does what is not a number)."""
    value = number.value
    assert isinstance(value, Decimal)
    has_sign = bool(value) and not value.is_nan()
    subtracted = value < 0 if has_sign else isinstance(term, Neg)
    return Neg(Num(_negative(value)) if has_sign else number) if subtracted and not first else number


def begins(part: Expr, body: Expr) -> bool:
    """Whether a part is the first of a formula, or of a sum in it: a nothing there has no sign."""
    return part is body or any(isinstance(node, Add) and node.terms[0] is part for node in walk(body))


def with_signs(form: Expr) -> Expr:
    """A form whose numbers have their signs in them: two that say the same but for brackets come out equal."""

    def leaf(node: Expr) -> Expr | None:
        return Num(_negative(node.body.value)) if isinstance(node, Neg) and _is_positive(node.body) else None

    return transform(form, leaf)


def _negative(value: Rational) -> Rational:
    """-value with all of its digits: a decimal's own minus rounds it to 28."""
    return value.copy_negate() if isinstance(value, Decimal) else -value


def is_finite(node: Expr) -> bool:
    """Whether a node is no number beyond all."""
    return not (isinstance(node, Num) and isinstance(node.value, Decimal)) or node.value.is_finite()


def _is_positive(node: Expr) -> TypeGuard[Num]:
    return isinstance(node, Num) and not (isinstance(node.value, Decimal) and node.value.is_nan()) and node.value > 0


def sum_inside(body: Expr, network: Network) -> tuple[Callable[[Expr], Expr], Add] | None:
    """The sum whose terms are worked out: the formula itself, or the one sum that a constant multiplies."""
    if isinstance(body, Add):
        return (lambda inner: inner), body
    if isinstance(body, Mul):
        sums = [place for place, factor in enumerate(body.factors) if isinstance(factor, Add)]
        constants = all(_is_constant(one, network) for place, one in enumerate(body.factors) if place not in sums)
        if len(sums) == 1 and constants:
            place = sums[0]
            inner = body.factors[place]
            assert isinstance(inner, Add)
            factors = body.factors
            return (lambda new: Mul((*factors[:place], new, *factors[place + 1 :]))), inner
    return None


def _is_constant(factor: Expr, network: Network) -> bool:
    """Whether a factor has no symbols but the letter of a number that a penalty is multiplied by."""
    keys = [one.name if isinstance(one, Sym) else "" for one in symbols(factor)]
    return all(key in network.tensors and network.tensors[key].role == "factor" for key in keys)


def is_nothing(form: Expr, exactly: bool) -> bool:
    """Whether numbers come to 0 whatever those among them are that were rounded: each term has a factor that is 0, one
    of the formula's own where nothing else is known ``exactly``."""
    match form:
        case Num(value):
            return value == 0 and (exactly or isinstance(value, int))
        case Add(terms):
            return all(is_nothing(term, exactly) for term in terms)
        case Mul(factors):
            return any(is_nothing(factor, exactly) for factor in factors)
        case Neg(body) | Div(body, _) | Rest(_, Expr() as body):
            return is_nothing(body, exactly)
        case Pow(body, Num(power)) if power > 0:
            return is_nothing(body, exactly)
        case Call() if (spelled := spelled_out(form)) is not None:
            return is_nothing(spelled, exactly)
        case Call(_, args) if (row := row_of(form)) and row.choice:
            others = [one for one in args if not is_nothing(one, exactly)]
            chosen = len(others) < len(args) and approximate(form, lambda *_: nan) == 0
            return chosen and all(approximate(one, lambda *_: nan) for one in others)  # else rounding may choose
        case Call(_, (body,)) if (row := row_of(form)) and row.exact(Fraction(0)) == 0:
            return is_nothing(body, exactly)
        case _:
            return False

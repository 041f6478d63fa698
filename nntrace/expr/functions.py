"""The functions a formula may call: one row gives a function's numbers, its derivative and where it is exact.

``numpy`` names the ufunc, ``number`` computes one float, ``exact`` one Fraction (``None`` where the result is
irrational), ``derivative`` the partial by each argument. ``kink`` is the convention at a corner: 0 takes the left
slope, 1 the right one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from .nodes import Call, Condition, Expr, Indicator, Neg, Num, Pow


class Function(NamedTuple):
    """One row of the table."""

    numpy: str
    number: Callable[..., float]
    exact: Callable[..., Fraction | None]
    derivative: Callable[[tuple[Expr, ...], int], tuple[Expr, ...]]


def _only(argument: int, result: int) -> Callable[[Fraction], Fraction | None]:
    """Rational at one rational argument alone (Lindemann: e^q is transcendental for every other)."""
    return lambda x: Fraction(result) if x == argument else None


def _exp(x: float) -> float:
    return math.inf if x > 709.782712893384 else math.exp(x)


def _ln(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


def _root(x: float) -> float:
    return math.nan if x < 0 else math.sqrt(x)


def _max(a: float, b: float) -> float:
    return math.nan if a != a or b != b else max(a, b)


def _sqrt(x: Fraction) -> Fraction | None:
    if x < 0:
        return None
    root = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
    return root if root * root == x else None


def _max_partials(args: tuple[Expr, ...], kink: int) -> tuple[Expr, ...]:
    first, second = args
    above, below = (">", "≤") if kink == 0 else ("≥", "<")
    return Indicator(Condition(second, below, first)), Indicator(Condition(second, above, first))


FUNCTIONS: dict[str, Function] = {
    "exp": Function("exp", _exp, _only(0, 1), lambda args, _: (Call("exp", args),)),
    "ln": Function("log", _ln, _only(1, 0), lambda args, _: (Num(1) / args[0],)),
    "tanh": Function("tanh", math.tanh, _only(0, 0), lambda args, _: (1 - Pow(Call("tanh", args), Num(2)),)),
    "sqrt": Function("sqrt", _root, _sqrt, lambda args, _: (1 / (2 * Call("sqrt", args)),)),
    "max": Function("maximum", _max, max, _max_partials),
    "abs": Function(
        "abs",
        abs,
        abs,
        lambda args, kink: (
            Indicator(Condition(args[0], "≥" if kink else ">", Num(0)))
            + Neg(Indicator(Condition(args[0], "<" if kink else "≤", Num(0)))),
        ),
    ),
}

"""The functions a formula may call: one row gives a function's numbers, its derivative and where it is exact.

``numpy`` names the ufunc (or is a function of arrays), ``number`` computes one float, ``exact`` one Fraction (``None``
where the result is irrational), ``derivative`` the partial by each argument. ``kink`` is the convention at a corner:
0 takes the left slope, 1 the right one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from .nodes import Call, Condition, Expr, Indicator, Neg, Num, Pow


class Function(NamedTuple):
    """One row of the table."""

    numpy: str | Callable[..., Any]
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


def _max(*args: float) -> float:
    return math.nan if any(arg != arg for arg in args) else max(args)


def _sqrt(x: Fraction) -> Fraction | None:
    if x < 0:
        return None
    root = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
    return root if root * root == x else None


def _max_partials(args: tuple[Expr, ...], kink: int) -> tuple[Expr, ...]:
    first, second = args
    above, below = (">", "≤") if kink == 0 else ("≥", "<")
    return Indicator(Condition(second, below, first)), Indicator(Condition(second, above, first))


def _sign(x: Any) -> Any:
    """-1, 0 or 1: the slope of |x|, and 0 at its corner; a NaN stays one."""
    return x if x != x else (x > 0) - (x < 0)


def _erf_of_array(x: Any) -> Any:
    import numpy as np  # it has no erf of its own

    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=np.float64)


def _erf_partial(args: tuple[Expr, ...], _: int) -> tuple[Expr, ...]:
    return (Num(2) / Call("sqrt", (Call("pi", ()),)) * Call("exp", (Neg(Pow(args[0], Num(2))),)),)


def _xln(x: float, y: float) -> float:
    """x ln y, which is 0 for x = 0 whatever y is."""
    return 0.0 if x == 0 else x * _ln(y)


def _xln_of_arrays(x: Any, y: Any) -> Any:
    import numpy as np

    return np.where(np.equal(x, 0), 0.0, x * np.log(np.where(np.equal(x, 0), 1.0, y)))


def _xln_exact(x: Fraction, y: Fraction) -> Fraction | None:
    return Fraction(0) if x == 0 or y == 1 else None


FUNCTIONS: dict[str, Function] = {
    "exp": Function("exp", _exp, _only(0, 1), lambda args, _: (Call("exp", args),)),
    "ln": Function("log", _ln, _only(1, 0), lambda args, _: (Num(1) / args[0],)),
    "tanh": Function("tanh", math.tanh, _only(0, 0), lambda args, _: (1 - Pow(Call("tanh", args), Num(2)),)),
    "sqrt": Function("sqrt", _root, _sqrt, lambda args, _: (1 / (2 * Call("sqrt", args)),)),
    "max": Function("maximum", _max, lambda *args: max(args), _max_partials),
    "abs": Function("abs", abs, abs, lambda args, _: (Call("sign", args),)),
    "sign": Function("sign", _sign, lambda x: Fraction(_sign(x)), lambda args, _: (Num(0),)),
    "erf": Function(_erf_of_array, math.erf, _only(0, 0), _erf_partial),
    "pi": Function(lambda: math.pi, lambda: math.pi, lambda: None, lambda args, _: ()),
    "xln": Function(_xln_of_arrays, _xln, _xln_exact, lambda args, _: (Call("ln", args[1:]), args[0] / args[1])),
}

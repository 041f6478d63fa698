"""How a function of the table is computed where Python and numpy have it otherwise or not at all.

A name in the singular is of floats, in the plural of arrays; ``exact_…`` of fractions, ``None`` where the result is
irrational.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any


def only(argument: int, result: int) -> Callable[[Fraction], Fraction | None]:
    """Rational at one rational argument alone (Lindemann: e^q, sin q and cos q are transcendental for every other)."""
    return lambda x: Fraction(result) if x == argument else None


def exponential(x: float) -> float:
    return math.inf if x > 709.782712893384 else math.exp(x)


def logarithm(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


def weighed_logarithm(x: float, y: float) -> float:
    """x ln y, which is 0 for x = 0 whatever y is."""
    return 0.0 if x == 0 else x * logarithm(y)


def weighed_logarithms(x: Any, y: Any) -> Any:
    import numpy as np

    return np.where(np.equal(x, 0), 0.0, x * np.log(np.where(np.equal(x, 0), 1.0, y)))


def exact_weighed_logarithm(x: Fraction, y: Fraction) -> Fraction | None:
    return Fraction(0) if x == 0 or y == 1 else None


def weighed_quotient(x: float, y: float) -> float:
    """x / y, which is 0 for x = 0 whatever y is."""
    if x == 0 or x != x or y:
        return 0.0 if x == 0 else x / y if y else x
    return math.copysign(math.inf, x) * math.copysign(1, y)


def weighed_quotients(x: Any, y: Any) -> Any:
    import numpy as np

    return np.where(np.equal(x, 0), 0.0, x / np.where(np.equal(x, 0), 1.0, y))


def root(x: float) -> float:
    return math.nan if x < 0 else math.sqrt(x)


def exact_root(x: Fraction) -> Fraction | None:
    if x < 0:
        return None
    found = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
    return found if found * found == x else None


def of_angle(function: Callable[[float], float]) -> Callable[[float], float]:
    """A function of an angle, which an infinite one has not."""
    return lambda x: math.nan if math.isinf(x) else function(x)


def error_functions(x: Any) -> Any:
    import numpy as np  # it has no erf of its own

    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=np.float64)


def complementary_error_functions(x: Any) -> Any:
    """1 + erf(x)."""
    import numpy as np

    return np.asarray(np.frompyfunc(math.erfc, 1, 1)(np.negative(x)), dtype=np.float64)


def sign(x: Any) -> Any:
    """-1, 0 or 1: the slope of |x|, and 0 at its corner; a NaN stays one."""
    return x if x != x else (x > 0) - (x < 0)


def undefined_or(chosen: Callable[..., float]) -> Callable[..., float]:
    """One of the arguments, and a NaN where any of them is one."""
    return lambda *args: math.nan if any(arg != arg for arg in args) else chosen(args)

"""Functions of the table applied: what formulas are built with, beside Python's operators.

>>> maximum(0, Sym("z"))
Call('max', (Num(0), Sym('z', (), '')), ())
"""

from __future__ import annotations

from collections.abc import Callable

from .nodes import Call, Expr, expr


def _of_one(name: str) -> Callable[[Expr | int], Expr]:
    return lambda x: Call(name, (expr(x),))


exp = _of_one("exp")
"""e to the power of x."""
ln = _of_one("ln")
"""The natural logarithm."""
sqrt = _of_one("sqrt")
"""The square root."""
tanh = _of_one("tanh")
"""The hyperbolic tangent."""
sin, cos = _of_one("sin"), _of_one("cos")
"""The sine and the cosine of an angle in radians."""
erf = _of_one("erf")
"""The error function."""
absolute = _of_one("abs")
"""|x|."""
sign = _of_one("sign")
"""-1, 0 or 1."""


def xln(x: Expr, y: Expr) -> Expr:
    """x × ln(y), with 0 × ln(0) = 0: the limit that entropies take."""
    return Call("xln", (x, y))


def xdiv(x: Expr, y: Expr) -> Expr:
    """x / y, with 0 / 0 = 0: the slope of x × ln(y) by y, which is 0 for every y where x is."""
    return Call("xdiv", (x, y))


def maximum(*args: Expr | int) -> Expr:
    """The largest of one or more arguments."""
    return Call("max", tuple(map(expr, args)))


def minimum(*args: Expr | int) -> Expr:
    """The smallest of one or more arguments."""
    return Call("min", tuple(map(expr, args)))


def pi() -> Expr:
    """The constant π."""
    return Call("pi", ())

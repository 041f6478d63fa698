"""Functions of the table applied: what formulas are built with, beside Python's operators.

>>> maximum(0, Sym("z"))
Call('max', (Num(0), Sym('z', (), '')), ())
"""

from __future__ import annotations

from .nodes import Call, Expr, expr


def exp(x: Expr) -> Expr:
    """e to the power of x."""
    return Call("exp", (x,))


def ln(x: Expr) -> Expr:
    """The natural logarithm."""
    return Call("ln", (x,))


def xln(x: Expr, y: Expr) -> Expr:
    """x × ln(y), with 0 × ln(0) = 0: the limit that entropies take."""
    return Call("xln", (x, y))


def xdiv(x: Expr, y: Expr) -> Expr:
    """x / y, with 0 / 0 = 0: the slope of x × ln(y) by y, which is 0 for every y where x is."""
    return Call("xdiv", (x, y))


def sqrt(x: Expr | int) -> Expr:
    """The square root."""
    return Call("sqrt", (expr(x),))


def tanh(x: Expr) -> Expr:
    """The hyperbolic tangent."""
    return Call("tanh", (x,))


def sin(x: Expr) -> Expr:
    """The sine of an angle in radians."""
    return Call("sin", (x,))


def cos(x: Expr) -> Expr:
    """The cosine of an angle in radians."""
    return Call("cos", (x,))


def erf(x: Expr) -> Expr:
    """The error function."""
    return Call("erf", (x,))


def absolute(x: Expr) -> Expr:
    """|x|."""
    return Call("abs", (x,))


def sign(x: Expr) -> Expr:
    """-1, 0 or 1."""
    return Call("sign", (x,))


def maximum(*args: Expr | int) -> Expr:
    """The largest of one or more arguments."""
    return Call("max", tuple(map(expr, args)))


def minimum(*args: Expr | int) -> Expr:
    """The smallest of one or more arguments."""
    return Call("min", tuple(map(expr, args)))


def pi() -> Expr:
    """The constant π."""
    return Call("pi", ())

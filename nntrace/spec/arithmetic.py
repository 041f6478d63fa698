"""Numbers that are written as arithmetic: ``0.7/5``, ``sqrt(2)``, ``1 + sin(pi/4)``, exact where they are rational."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import reduce
from operator import add, mul, neg, truediv

from ..errors import quoted
from . import scalars
from .formula import Application, Combination, FormulaNumber, FormulaPart, MisreadError, Negative, Reference
from .model import Irrational
from .scalars import Fault

EULER = "e"
MOST_EXPONENT = 1_000
"""A power to a larger exponent is computed in floating point."""
_OPERATORS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {"+": add, "*": mul, "/": truediv}
_FRACTION = r"[+-]?[0-9]+/[0-9]+"
_SIGNS = r"[()*^/+]|[^eE]-"


def number(text: str) -> Fraction | Fault:
    """A number as it may be typed: by itself, or as arithmetic."""
    found = scalars.number(text)
    worked_out = re.search(_SIGNS, text) and not re.fullmatch(_FRACTION, text) and not scalars.are_several(text)
    if isinstance(found, Fault) and worked_out:
        return _worked_out(text) or found
    return found


def is_arithmetic(text: str) -> bool:
    """Whether a text that does not begin like a number is one all the same: ``sqrt(2)``, ``pi/4``."""
    return re.search(_SIGNS, text) is not None and _worked_out(text) is not None


def _worked_out(text: str) -> Fraction | Fault | None:
    """What arithmetic comes to; ``None`` where a text is none."""
    from .formula_parser import parse

    try:
        return scalars.within_floats(_value(parse(text)), text)
    except MisreadError:
        return None
    except (ZeroDivisionError, ValueError, OverflowError):
        remedy = "divide by no 0, and take no root or logarithm of a negative number"
        return Fault(f"{quoted(text)} has no value", remedy)


def _value(part: FormulaPart) -> Fraction:
    """Raises a ``MisreadError`` for what is no arithmetic."""
    match part:
        case FormulaNumber(_, value):
            return value
        case Reference(name) if name == EULER:
            return Irrational(math.e)
        case Reference():
            return _called(part, [])
        case Negative(body):
            return _kept(neg, [_value(body)])
        case Combination("^", (base, exponent)):
            return _power(_value(base), _value(exponent))
        case Combination("+" | "*" | "/" as operator, parts):
            return _kept(lambda *every: reduce(_OPERATORS[operator], every), map(_value, parts))
        case Application(function, arguments):
            return _called(function, [_value(one) for one in arguments])
        case _:
            raise MisreadError(part.start, "this is no number", "write numbers, and names only in formulas")


def _kept(compute: Callable[..., Fraction], values: Iterable[Fraction]) -> Fraction:
    """Exact where all of the values are."""
    values = list(values)
    found = compute(*map(Fraction, values))
    return Irrational(float(found)) if any(isinstance(one, Irrational) for one in values) else found


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if isinstance(base, Irrational) or exponent.denominator != 1 or abs(exponent) > MOST_EXPONENT:
        found = float(base) ** float(exponent)
        if isinstance(found, complex):
            raise ValueError
        return Irrational(found)
    return base ** int(exponent)


def _called(function: Reference, values: list[Fraction]) -> Fraction:
    from ..expr.functions import FUNCTIONS, OTHER_WORDS

    row = FUNCTIONS.get(OTHER_WORDS.get(function.name, function.name))
    if row is None or row.arity not in (None, len(values)):
        message = f"there is no function {quoted(function.name)}"
        raise MisreadError(function.start, message, "write sqrt(2), or sin(pi/4)")
    exact = None if any(isinstance(one, Irrational) for one in values) else row.exact(*values)
    return Irrational(row.number(*map(float, values))) if exact is None else exact

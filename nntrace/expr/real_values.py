"""The number of an expression between two decimals, from those of its symbols."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from fractions import Fraction
from functools import reduce
from operator import mul
from typing import Any

from . import enclosing
from .enclosures import Enclosure, Precision
from .functions import FUNCTIONS
from .nodes import Expr
from .scalar import Binding, Lookup, ScalarArithmetic, UndefinedError, interpreted


class _Enclosures(ScalarArithmetic):
    """Enclosures; raises ``UndecidedError`` where a case, or a pole, is not to be seen at this precision."""

    def __init__(self, at: Precision) -> None:
        self.at = at

    def number(self, value: int | Fraction | Decimal) -> Any:
        return self.at.number(value)

    def call(self, function: str, args: list[Any]) -> Any:
        return getattr(enclosing, FUNCTIONS[function].enclosure)(self.at, *args)

    def divide(self, top: Any, bottom: Any) -> Any:
        return top / bottom

    def power(self, base: Any, exponent: Any) -> Any:
        integer = exponent.low.to_integral_value() if exponent.low == exponent.high else None
        if integer is not None and integer == exponent.low and abs(integer) <= 10**6:
            return base.to_power(int(integer))
        if base.is_zero and exponent > 0:
            return base
        return enclosing.power_of_e(self.at, exponent * enclosing.logarithm(self.at, base))

    def product(self, factors: Iterable[Callable[[], Any]]) -> Any:
        return reduce(mul, (factor() for factor in factors))


def enclosed(node: Expr, value: Lookup, index: Binding, sizes: Binding, at: Precision) -> Enclosure:
    """The expression's number between two decimals, from those of its symbols.

    Raises ``UndecidedError`` where it takes more digits, ``UndefinedError`` where there is no number.
    """
    try:
        result: Enclosure = interpreted(node, value, index, sizes, _Enclosures(at))
    except (DivisionByZero, InvalidOperation, Overflow) as error:
        raise UndefinedError from error
    return result

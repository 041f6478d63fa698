"""One number for an expression: as a float, or exactly as a Fraction where everything on the way is rational."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import partial, reduce
from typing import Any

from ..record import Record
from .bind import extent
from .functions import FUNCTIONS, LARGEST
from .index import number_of
from .nodes import (
    ZERO,
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Rest,
    Size,
    Sum,
    Sym,
    partial_key,
)  # fmt: skip

Binding = Mapping[str, int]

RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    "≥": operator.ge,
    "<": operator.lt,
    "≤": operator.le,
    "=": operator.eq,
    "≠": operator.ne,
}


class InexactError(ArithmeticError):
    """There is no exact value."""


class IrrationalError(InexactError):
    """The value is not a fraction, or one within the digits allowed; times 0 it is 0 all the same."""


class UndefinedError(InexactError):
    """A division by zero, or a case that no number decides: there is no value at all."""


class ScalarArithmetic:
    """Floats. Overflow gives an infinity and an undefined operation a NaN, as numpy has it."""

    def number(self, value: int | Fraction | Decimal) -> Any:
        return float(value)

    def call(self, function: str, args: list[Any]) -> Any:
        return FUNCTIONS[function].number(*args)

    def divide(self, top: Any, bottom: Any) -> Any:
        if bottom == 0:
            return math.nan if top == 0 or top != top else math.copysign(math.inf, top) * math.copysign(1, bottom)
        return top / bottom

    def power(self, base: Any, exponent: Any) -> Any:
        try:
            result = base**exponent
        except ZeroDivisionError:
            return math.copysign(math.inf, base) if exponent % 2 == 1 else math.inf
        except OverflowError:
            return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
        return math.nan if isinstance(result, complex) else result

    def product(self, factors: Iterable[Callable[[], Any]]) -> Any:
        return reduce(operator.mul, (factor() for factor in factors), 1.0)

    def total(self, addends: Iterable[Any]) -> Any:
        return self.check(reduce(operator.add, addends, self.number(0)))

    def check(self, value: Any) -> Any:
        return value


class _Exact(ScalarArithmetic):
    """Fractions; raises ``IrrationalError`` where there is none, or where it grows beyond ``bits``."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def number(self, value: int | Fraction | Decimal) -> Any:
        return value if type(value) is Fraction else Fraction(value)

    def call(self, function: str, args: list[Any]) -> Any:
        row = FUNCTIONS[function]
        try:
            result = row.exact(*args)
        except ZeroDivisionError:
            raise UndefinedError from None
        if result is None:
            try:
                number = row.number(*map(float, args))
            except OverflowError:  # of the argument, or of the result
                raise IrrationalError from None
            raise UndefinedError if number != number or number == -math.inf else IrrationalError
        return result

    def divide(self, top: Any, bottom: Any) -> Any:
        if bottom == 0:
            raise UndefinedError
        return top / bottom

    def power(self, base: Any, exponent: Any) -> Any:
        if (base == 0 and exponent < 0) or (base < 0 and exponent.denominator != 1):
            raise UndefinedError
        if exponent.denominator != 1 or abs(exponent) > 64:
            raise IrrationalError
        return base ** int(exponent)

    def product(self, factors: Iterable[Callable[[], Any]]) -> Any:
        """A product with an exact zero is 0, whatever the other factors are."""
        result, rational = Fraction(1), True
        for factor in factors:
            try:
                result = result * factor()
            except IrrationalError:
                rational = False
        if not rational and result:
            raise IrrationalError
        return self.check(result)

    def check(self, value: Any) -> Any:
        if value.denominator.bit_length() > self.bits or value.numerator.bit_length() > self.bits:
            raise IrrationalError
        return value


FLOATS = ScalarArithmetic()
_FRACTIONS = _Exact(512)


class _Run(Record):
    value: Lookup
    sizes: Binding
    arithmetic: ScalarArithmetic
    decide: Decide | None = None


Lookup = Callable[[str, tuple[int, ...]], Any]
"""The number of a symbol by its name (``partial_key`` for ∂a/∂b) and its bound indices."""
Decide = Callable[[Condition, Binding], bool]
"""Whether a condition on numbers that are not rational holds, with these indices."""


def approximate(node: Expr, value: Lookup, index: Binding = {}, sizes: Binding = {}) -> float:
    """The expression's number in floating point.

    ``index`` binds the free indices, ``sizes`` tells how far each sum runs.
    """
    try:
        return float(interpreted(node, value, index, sizes, FLOATS))
    except UndefinedError:
        return math.nan


def interpreted(node: Expr, value: Lookup, index: Binding, sizes: Binding, arithmetic: ScalarArithmetic) -> Any:
    """The expression's number in an arithmetic, that of ``value``."""
    return _interpret(node, _Run(value, sizes, arithmetic), index)


def exact(
    node: Expr, value: Lookup, index: Binding = {}, sizes: Binding = {}, decide: Decide | None = None
) -> Fraction | None:
    """The expression's number as a Fraction, or ``None`` where it is irrational, undefined, or has over 512 bits.

    A condition on irrational numbers is left to ``decide``: its 1 or 0 is exact all the same.
    """

    def known(name: str, cell: tuple[int, ...]) -> Fraction:
        number: Fraction | None = value(name, cell)
        if number is None:
            raise IrrationalError
        return number

    try:
        result: Fraction = _FRACTIONS.check(_interpret(node, _Run(known, sizes, _FRACTIONS, decide), index))
        return result
    except InexactError:
        return None


def holds(condition: Condition, value: Lookup) -> bool:
    """Whether a condition without free indices holds for these numbers; not where there is none."""
    try:
        return _holds(condition, _Run(value, {}, FLOATS), {})
    except UndefinedError:
        return False


_SIGNS = ((">", 1), ("<", -1), ("=", 0))


def _holds(condition: Condition, run: _Run, index: Binding) -> bool:
    try:
        left, right = _interpret(condition.left, run, index), _interpret(condition.right, run, index)
    except IrrationalError:
        if run.decide is None:
            raise
        return run.decide(condition, index)
    if isinstance(left, float) and (left != left or right != right):
        raise UndefinedError
    return bool(RELATIONS[condition.relation](left, right))


def _interpret(node: Expr, run: _Run, index: Binding) -> Any:
    arithmetic = run.arithmetic
    match node:
        case Num(number):
            return arithmetic.number(number)
        case Sym(name, indices, mark):
            return run.value(name + mark, tuple([number_of(i, index) for i in indices]))
        case Partial(of, by):
            return run.value(partial_key(of.name, by.name), tuple([number_of(i, index) for i in by.index]))
        case Add(terms):
            return arithmetic.total(_interpret(term, run, index) for term in terms)
        case Mul(factors):
            return arithmetic.product(partial(_interpret, factor, run, index) for factor in factors)
        case Sum(over, body):
            places = range(extent(over, run.sizes))
            return arithmetic.total(_interpret(body, run, {**index, over: place}) for place in places)
        case Max(over, body):
            every = [_interpret(body, run, {**index, over: value}) for value in range(extent(over, run.sizes))]
            return arithmetic.call(LARGEST, every)
        case Neg(body):
            return -_interpret(body, run, index)
        case Div(top, bottom):
            above = _interpret(top, run, index)
            try:
                return arithmetic.check(arithmetic.divide(above, _interpret(bottom, run, index)))
            except IrrationalError:
                if above or run.decide is None or not run.decide(Condition(bottom, "≠", Num(0)), index):
                    raise
                return above  # nothing, however much it is divided by
        case Pow(base, exponent):
            return arithmetic.check(arithmetic.power(_interpret(base, run, index), _interpret(exponent, run, index)))
        case Call(function, args):
            try:
                return arithmetic.call(function, [_interpret(arg, run, index) for arg in args])
            except IrrationalError:
                if run.decide is None or not FUNCTIONS[function].is_step:
                    raise
                sign = next((one for sign, one in _SIGNS if run.decide(Condition(args[0], sign, ZERO), index)), None)
                if sign is None:
                    raise
                return arithmetic.call(function, [arithmetic.number(sign)])
        case Indicator(condition):
            return arithmetic.number(int(_holds(condition, run, index)))
        case Cases(condition, then, otherwise):
            return _interpret(then if _holds(condition, run, index) else otherwise, run, index)
        case Delta(i, j):
            return arithmetic.number(int(number_of(i, index) == number_of(j, index)))
        case Size(over):
            return arithmetic.number(extent(over, run.sizes))
        case Rest(_, Num(number), _):
            return arithmetic.number(number)
        case _:
            raise TypeError(f"no number for {node!r}")

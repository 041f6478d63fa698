"""A number of a trace: exactly where it is rational, else enclosed, and rounded where it is carried on so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import copysign, inf, isfinite, isnan, nan, ulp
from sys import float_info
from typing import TYPE_CHECKING

from ..expr import Add, Condition, Expr, Mul, Neg, Num, Sum, Sym, approximate, exact
from ..expr.scalar import RELATIONS, UndefinedError
from ..network.model import Cell
from ..record import Record
from ..spec.model import Irrational, Rounding

if TYPE_CHECKING:
    from .reals import RealNumber

AmountOf = Callable[[str, Cell], "Amount"]
"""The number of a symbol by its name and its bound indices."""

_CONTEXT = Context(1200, ROUND_HALF_UP, MIN_EMIN, MAX_EMAX)
_SHORT, _FAR = 10, 1000
_TRUE = Context(24, ROUND_HALF_UP, MIN_EMIN, MAX_EMAX)
_SMALLEST = float_info.min


class Beyond(float):
    """The float nearest to a number beyond all floats, or below the smallest that has all its digits: ``true``."""

    true: Decimal


def unless_zero(number: float) -> float:
    """A float that is 0 for 0 alone: what is nearer to 0 than every double is the smallest of them."""
    return number or (copysign(ulp(0.0), number.true) if isinstance(number, Beyond) else 0.0)


class Amount(Record):
    """A number as the float nearest to it, and as a fraction where it is rational (within the budget).

    ``carried`` has its digits where these are carried on, ``rounded`` tells that it was rounded to them in this step.
    ``real`` has as many digits as are asked for, of a number that is no fraction; without it, the float is all that
    is known. ``typed``: the file has it.
    """

    number: float
    exact: Fraction | None = None
    carried: Decimal | None = None
    rounded: bool = False
    real: RealNumber | None = None
    typed: bool = False

    def plus(self, other: Amount) -> Amount:
        """The sum of two amounts, exact where both are."""
        return self._with(other, _SUM)

    def minus(self, other: Amount) -> Amount:
        """The difference of two amounts, exact where both are."""
        return self._with(other, _DIFFERENCE)

    def times(self, other: Amount) -> Amount:
        """The product of two amounts, exact where both are."""
        return self._with(other, _PRODUCT)

    def _with(self, other: Amount, formula: Expr) -> Amount:
        return evaluated(formula, lambda name, _: self if name == "a" else other)

    @property
    def sign(self) -> float:
        """-1, 0 or 1, and of what is not a number NaN."""
        if self.exact is not None:
            return (self.exact > 0) - (self.exact < 0)
        if self.real is not None:
            return self.real.enclosure.sign
        return nan if self.number != self.number else (self.number > 0) - (self.number < 0)

    @property
    def size(self) -> Decimal:
        """What its absolute value is at most, as near as it is known."""
        if self.real is not None:
            return max(self.real.enclosure.low.copy_abs(), self.real.enclosure.high.copy_abs())
        return _decimal(self).copy_abs()

    @property
    def is_lost(self) -> bool:
        """Whether it is not 0 for all that is known, but smaller than the digits that are computed with tell."""
        return self.real is not None and self.real.is_lost

    @property
    def is_rounded_given(self) -> bool:
        """Whether it is a number of the file, rounded before its first use."""
        return self.typed and self.rounded

    @property
    def is_finite(self) -> bool:
        """Whether it is a number, be it beyond all floats."""
        return self.exact is not None or self.real is not None or isfinite(self.number)


_A, _B, _EACH = Sym("a"), Sym("b"), Sym("a", ("i",))
_SUM, _DIFFERENCE, _PRODUCT, _TOTAL = Add((_A, _B)), Add((_A, Neg(_B))), Mul((_A, _B)), Sum("i", _EACH)


def sum_of(amounts: Sequence[Amount]) -> Amount:
    """The sum of some amounts, exact where all are."""
    return evaluated(_TOTAL, lambda _, cell: amounts[cell[0]], {}, {"i": len(amounts)})


def fraction(value: Fraction | int, typed: bool = False) -> Amount:
    """An exact amount; of what stands for an irrational number the float alone."""
    if isinstance(value, Irrational):
        return Amount(float(value))
    value = Fraction(value)
    number = _float(value)
    if value and not _SMALLEST < abs(number) < inf:
        number = _beyond(number, _TRUE.divide(Decimal(value.numerator), Decimal(value.denominator)))
    return Amount(number, value, typed=typed)


def _beyond(nearest: float, true: Decimal) -> Beyond:
    number = Beyond(nearest)
    number.true = true
    return number


def measured(number: float) -> Amount:
    """A number that is given as a float: that float, but never shown as exact."""
    if not isfinite(number):
        return Amount(number)
    return Amount(number, real=_real(Decimal(number)))


def _real(number: Decimal) -> RealNumber:
    from .reals import RealNumber

    real = RealNumber(Num(number), {}, {}, {})
    real.first(lambda name, cell: NOTHING)
    return real


def evaluated(formula: Expr, value: AmountOf, index: Mapping[str, int] = {}, sizes: Mapping[str, int] = {}) -> Amount:
    """An expression's number: exact where it is rational."""

    def decide(condition: Condition, place: Mapping[str, int]) -> bool:
        return decided(condition, value, place, sizes)

    def exactly_known(name: str, cell: Cell) -> Fraction | None:
        found = value(name, cell)
        if not found.is_finite:  # 0 times that is no 0
            raise UndefinedError
        return found.exact

    exactly = exact(formula, exactly_known, index, sizes, decide)
    if exactly is not None:
        return fraction(exactly)
    from .reals import RealNumber

    real = RealNumber(formula, {}, index, sizes)
    try:
        if real.first(value):
            return NOTHING
    except UndefinedError:
        return Amount(approximate(formula, lambda name, cell: value(name, cell).number, index, sizes))
    number = real.nearest(float) + 0.0
    return Amount(number if _SMALLEST < abs(number) < inf else _beyond(number, real.nearest(_TRUE.plus)), real=real)


def decided(
    condition: Condition, value: AmountOf, index: Mapping[str, int] = {}, sizes: Mapping[str, int] = {}
) -> bool:
    """Whether a condition holds; one on what is not a number does not."""
    return bool(compared(condition, value, index, sizes))


def compared(
    condition: Condition, value: AmountOf, index: Mapping[str, int] = {}, sizes: Mapping[str, int] = {}
) -> bool | None:
    """Whether a condition holds, of the numbers themselves: equal ones are equal, however they were computed; ``None``
    where a side is not a number."""
    left, right = condition.left, condition.right
    sign = evaluated(Add((left, Neg(right))), value, index, sizes).sign
    if sign == sign:
        return bool(RELATIONS[condition.relation](sign, 0))
    sides = [evaluated(side, value, index, sizes).number for side in (left, right)]
    return None if any(map(isnan, sides)) else bool(RELATIONS[condition.relation](*sides))


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


NOTHING, ONE = fraction(0), fraction(1)


def carried(amount: Amount, rule: Rounding) -> Amount:
    """The amount as it is carried on: exactly the digits that are shown. Half a unit is rounded away from zero."""
    if amount.exact is None and not isfinite(amount.number):
        return Amount(amount.number)
    value = _decimal(amount)
    typed = rounded(value, rule) if amount.real is None else amount.real.nearest(lambda one: rounded(one, rule))
    if typed and abs(typed.adjusted()) > _FAR:  # a fraction would have as many digits
        return Amount(_beyond(float(typed), _TRUE.plus(typed)), None, typed, True, _real(typed))
    number = fraction(Fraction(typed))
    same = amount.exact == number.exact
    if same and len(value.as_tuple().digits) <= _SHORT:
        typed = value
    return number._replace(carried=typed, rounded=not same)


def rounded(value: Decimal, rule: Rounding) -> Decimal:
    """A number rounded by the rule, half away from zero; decimals keep at least some significant digits."""
    assert rule.places is not None
    if not value:
        return Decimal(0)
    if rule.significant:
        last = value.adjusted() - rule.places + 1
    else:
        last = -rule.places
        if rule.at_least:
            last = min(last, value.adjusted() - rule.at_least + 1)
    return value.quantize(Decimal((0, (1,), last)), context=_CONTEXT)


def _decimal(amount: Amount) -> Decimal:
    if amount.exact is None:
        return Decimal(amount.number)
    return _CONTEXT.divide(Decimal(amount.exact.numerator), Decimal(amount.exact.denominator))

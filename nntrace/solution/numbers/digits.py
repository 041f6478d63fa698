"""Which digits of a number a sheet shows, and whether these are the number itself.

The exact decimal where it ends within ten significant digits; else the convention's number of significant
digits, rounded half away from zero.
"""

from __future__ import annotations

import math
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ...expr import Num
from ...expr.brackets import is_positional
from ...expr.decimal_places import decimal_places
from ...expr.literals import Literals
from ...record import Record
from ...trace.amount import Amount

if TYPE_CHECKING:
    from ...network.model import Array
    from ...spec.model import Conventions

MOST_EXACT_DIGITS, MOST_TYPED_DIGITS = 10, 17
LEAST_BESIDE_DECIMALS = 3
SMALLEST_POSITIONAL = 1e-4
_CONTEXT = Context(prec=1200, rounding=ROUND_HALF_UP, Emin=MIN_EMIN, Emax=MAX_EMAX)


class Shown(Record):
    """A number as it is shown; ``rounded`` where digits were left out."""

    number: Num
    rounded: bool

    @property
    def relation(self) -> Literal["=", "≈"]:
        """The sign before it."""
        return "≈" if self.rounded else "="

    @property
    def decimal(self) -> Decimal:
        assert isinstance(self.number.value, Decimal)
        return self.number.value


UNDEFINED = Shown(Num(Decimal("NaN")), True)
"""What is not a number: always the same node, as no NaN is equal to another."""


class NumbersShown:
    """Shows numbers one after the other, and remembers whether one of them was rounded."""

    def __init__(self, digits: Digits) -> None:
        self.digits = digits
        self.rounded = False

    def __call__(self, amount: Amount) -> Num:
        found = self.digits.show(amount)
        self.rounded = self.rounded or found.rounded
        return found.number


class Digits(Record):
    """How this sheet shows numbers: significant digits of a rounded one, and whether whole numbers show no point.

    ``down_to`` is the power of ten of a place before which no number ends, however few its significant digits.
    ``bounded``: exact numbers have no more digits either, unless they were typed so.
    """

    significant: int = 6
    integers: bool = False
    down_to: int | None = None
    bounded: bool = False

    @classmethod
    def of(cls, conventions: Conventions, integers: bool = False) -> Digits:
        """As the conventions say; a small number keeps three significant digits beside ``decimals``."""
        if conventions.decimals is None:
            return cls(conventions.digits, integers, None, conventions.bounded)
        return cls(LEAST_BESIDE_DECIMALS, integers, -conventions.decimals, True)

    def show(self, amount: Amount) -> Shown:
        """The digits of an amount. An infinity is shown as it is."""
        if math.isnan(amount.number) and not amount.is_finite:
            return UNDEFINED
        if amount.carried is not None:
            exponent = amount.carried.as_tuple().exponent
            pointed = isinstance(exponent, int) and exponent < 0
            return Shown(Num(amount.carried if pointed else self.pointed(amount.carried)), False)
        if amount.exact is not None:
            ending = exact_decimal(amount.exact)
            if ending is not None and len(ending.as_tuple().digits) <= self._most_exact(amount, ending):
                return Shown(Num(self.pointed(ending)), False)
            value = _CONTEXT.divide(Decimal(amount.exact.numerator), Decimal(amount.exact.denominator))
        elif amount.real is not None:
            return Shown(Num(amount.real.nearest(self.rounded)), True)
        else:
            return Shown(Num(self._decimal(amount.number)), True)
        return Shown(Num(self.rounded(value)), True)

    def literals(self, numbers: Array) -> Literals:
        """The digits of floats ``numbers[i]`` that are not known exactly; an infinity or NaN as it is."""
        import numpy as np

        from .decimals import decimal_texts

        half, most = _plainly_rounded(self.significant, self.down_to)
        with np.errstate(all="ignore"):
            size, halves = np.abs(numbers), numbers * half
            usual = (size >= SMALLEST_POSITIONAL) & (size < most) & (halves != np.trunc(halves))
        texts = decimal_texts(np.where(usual, numbers, 1.0), self.significant)
        others: dict[int, Decimal] = {}
        known: dict[float, Decimal] = {}
        unusual = np.flatnonzero(~usual)
        for place, number in zip(unusual.tolist(), numbers[unusual].tolist(), strict=True):
            if number not in known:
                known[number] = self._decimal(number)
            value = known[number]
            if is_positional(value):
                texts[place] = str(value)
            else:
                texts[place], others[place] = "", value
        return Literals(texts, others)

    def _decimal(self, number: float) -> Decimal:
        half, most = _plainly_rounded(self.significant, self.down_to)
        if -most < number < most and number * half % 1:
            return Decimal(f"%#.{self.significant}g" % number)
        return self.rounded(Decimal(number)) if math.isfinite(number) else Decimal(number)

    def rounded(self, value: Decimal) -> Decimal:
        """The number to the significant digits of this sheet."""
        if not value:
            return Decimal("0.0")
        significant = self._kept(value)
        kept = Context(significant, ROUND_HALF_UP, MIN_EMIN, MAX_EMAX).plus(value)
        missing = kept.adjusted() - significant + 1
        kept = kept.quantize(Decimal((0, (1,), missing)), context=_CONTEXT)
        if missing == 0 and not self.bounded:  # a real shows its point: one digit more rather than none behind it
            return value.quantize(Decimal("0.1"), context=_CONTEXT)
        return kept

    def _most_exact(self, amount: Amount, ending: Decimal) -> int:
        """With how many digits at most an exact number is shown as it is."""
        if self.bounded:
            return MOST_TYPED_DIGITS if amount.typed else self._kept(ending)
        return max(MOST_EXACT_DIGITS, self._kept(ending))

    def _kept(self, value: Decimal) -> int:
        """How many significant digits of a number are shown."""
        return self.significant if self.down_to is None else max(self.significant, value.adjusted() - self.down_to + 1)

    def pointed(self, value: Decimal) -> Decimal:
        """A whole number with one zero behind the point, unless all given numbers are integers."""
        if not value:
            value = Decimal(0)
        is_integer = value == value.to_integral_value()
        if is_integer and value.adjusted() <= 9:
            return value.quantize(Decimal(1) if self.integers else Decimal("0.1"), context=_CONTEXT)
        return value


@lru_cache
def _plainly_rounded(significant: int, down_to: int | None) -> tuple[float, float]:
    """What tells the floats that Python rounds as a sheet does: times the first they are not whole, and they are below
    the second.

    Python rounds a float correctly, but half to even. A half is a float that ends in 5 one place behind the last
    digit: n / 2^m with m decimals, of which 5^m has no more digits than that. From the second on, a number may be
    shown with its point in another place.
    """
    half = 2.0 ** math.ceil((significant + 1) / math.log10(5))
    most = 0.5 * 10 ** min(significant - 1, 10)
    return half, most if down_to is None else min(most, 10.0 ** (significant + down_to))


def exact_decimal(value: Fraction) -> Decimal | None:
    """The decimal that is this fraction, without zeros at its end, or ``None`` where the digits never end."""
    places = decimal_places(value)
    if places is None or places > 700 or abs(value.numerator).bit_length() > 2000:
        return None
    digits = value.numerator * 10**places // value.denominator
    return Decimal(digits).scaleb(-places, context=_CONTEXT).normalize(_CONTEXT)


def trimmed(value: Decimal) -> Decimal:
    """The number without zeros at its end, but with a digit behind the point."""
    short = value.normalize(_CONTEXT)
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal("0.1"), context=_CONTEXT) if isinstance(exponent, int) and exponent >= 0 else short

"""Which digits of a number a sheet shows, and whether these are the number itself.

The exact decimal where it ends within ten significant digits; else the convention's number of significant
digits, rounded half away from zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import NamedTuple

from ..expr import Num
from ..trace.amount import Amount

MOST_EXACT_DIGITS = 10
_CONTEXT = Context(prec=800, rounding=ROUND_HALF_UP)


class Shown(NamedTuple):
    """A number as it is shown; ``rounded`` where digits were left out."""

    number: Num
    rounded: bool

    @property
    def decimal(self) -> Decimal:
        assert isinstance(self.number.value, Decimal)
        return self.number.value


class Digits(NamedTuple):
    """How this sheet shows numbers: significant digits of a rounded one, and whether whole numbers show no point."""

    significant: int = 6
    integers: bool = False

    def show(self, amount: Amount) -> Shown:
        """The digits of an amount. An infinity or NaN is shown as it is."""
        if amount.shown is not None:
            exponent = amount.shown.as_tuple().exponent
            pointed = isinstance(exponent, int) and exponent < 0
            return Shown(Num(amount.shown if pointed else self._pointed(amount.shown)), False)
        if amount.exact is not None:
            ending = exact_decimal(amount.exact)
            if ending is not None and len(ending.as_tuple().digits) <= MOST_EXACT_DIGITS:
                return Shown(Num(self._pointed(ending)), False)
            value = _CONTEXT.divide(Decimal(amount.exact.numerator), Decimal(amount.exact.denominator))
        else:
            return Shown(Num(self.decimals((amount.number,))[0]), True)
        return Shown(Num(self.rounded(value)), True)

    def decimals(self, numbers: Iterable[float]) -> list[Decimal]:
        """The digits of floats that are not known exactly; an infinity or NaN as it is.

        Python writes a float rounded correctly, but half to even. A half is a float that ends in 5 one place behind
        the last digit: n / 2^m with m decimals, of which 5^m has no more digits than that. These few, and those that
        are shown with their point in another place, are rounded one by one.
        """
        form = f"%#.{self.significant}g"
        half = 2.0 ** math.ceil((self.significant + 1) / math.log10(5))
        most = 0.5 * 10 ** (self.significant - 1)
        return [
            Decimal(form % number) if -most < number < most and number * half % 1 else self._decimal(number)
            for number in numbers
        ]

    def _decimal(self, number: float) -> Decimal:
        return self.rounded(Decimal(number)) if math.isfinite(number) else Decimal(number)

    def rounded(self, value: Decimal) -> Decimal:
        """The number to the significant digits of this sheet."""
        if not value:
            return Decimal("0.0")
        kept = Context(prec=self.significant, rounding=ROUND_HALF_UP).plus(value)
        missing = kept.adjusted() - self.significant + 1
        kept = kept.quantize(Decimal(1).scaleb(missing), context=_CONTEXT)
        if missing == 0:  # a real shows its point: one digit more rather than none behind it
            return value.quantize(Decimal("0.1"), context=_CONTEXT)
        return kept

    def _pointed(self, value: Decimal) -> Decimal:
        """A whole number with one zero behind the point, unless all given numbers are integers."""
        if not value:
            value = Decimal(0)
        whole = value == value.to_integral_value()
        if whole and value.adjusted() <= 9:
            return value.quantize(Decimal(1) if self.integers else Decimal("0.1"), context=_CONTEXT)
        return value


def exact_decimal(value: Fraction) -> Decimal | None:
    """The decimal that is this fraction, without zeros at its end, or ``None`` where the digits never end."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    if places > 700 or abs(value.numerator).bit_length() > 2000:
        return None
    digits = value.numerator * 10**places // value.denominator
    return Decimal(digits).scaleb(-places, context=_CONTEXT).normalize(_CONTEXT)


def trimmed(value: Decimal) -> Decimal:
    """The number without zeros at its end, but with a digit behind the point."""
    short = value.normalize(_CONTEXT)
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal("0.1"), context=_CONTEXT) if isinstance(exponent, int) and exponent >= 0 else short

"""A number of a trace: in full precision, exactly where it is rational, and rounded where it is carried on so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import isfinite

from ..expr import Expr, approximate, exact
from ..network.model import Cell
from ..record import Record
from ..spec.model import Rounding

_CONTEXT = Context(prec=800, rounding=ROUND_HALF_UP)
_SHORT = 10


class Amount(Record):
    """A number in full precision, and as a fraction where it is rational (within the budget).

    ``shown`` has its digits where these are carried on, ``rounded`` tells that it was rounded to them in this step.
    """

    number: float
    exact: Fraction | None = None
    shown: Decimal | None = None
    rounded: bool = False

    def plus(self, other: Amount) -> Amount:
        """The sum of two amounts, exact where both are."""
        if self.exact is not None and other.exact is not None:
            return fraction(self.exact + other.exact)
        return Amount(self.number + other.number)

    def times(self, other: Amount) -> Amount:
        """The product of two amounts, exact where both are."""
        if self.exact is not None and other.exact is not None:
            return fraction(self.exact * other.exact)
        return Amount(self.number * other.number)


def fraction(value: Fraction | int) -> Amount:
    """An exact amount."""
    value = Fraction(value)
    return Amount(_float(value), value)


def evaluated(
    formula: Expr,
    value: Callable[[str, Cell], Amount],
    index: Mapping[str, int] = {},
    sizes: Mapping[str, int] = {},
) -> Amount:
    """An expression's number: exact where it is rational."""

    def number(name: str, cell: Cell) -> float:
        return value(name, cell).number

    whole = exact(formula, lambda name, cell: value(name, cell).exact, index, sizes, number)
    return fraction(whole) if whole is not None else Amount(approximate(formula, number, index, sizes))


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def carried(amount: Amount, rule: Rounding) -> Amount:
    """The amount as it is carried on: exactly the digits that are shown. Half a unit is rounded away from zero."""
    if amount.exact is None and not isfinite(amount.number):
        return amount
    value = _decimal(amount)
    shown = rounded(value, rule)
    number = Fraction(shown)
    same = amount.exact == number
    if same and len(value.as_tuple().digits) <= _SHORT:
        shown = value
    return Amount(float(number), number, shown, not same)


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
    return value.quantize(Decimal(1).scaleb(last), context=_CONTEXT)


def _decimal(amount: Amount) -> Decimal:
    if amount.exact is None:
        return Decimal(amount.number)
    return _CONTEXT.divide(Decimal(amount.exact.numerator), Decimal(amount.exact.denominator))

"""Whether a printed line gives the value that stands behind it, and how many digits it lacks for that."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from ...expr import Add, Expr, Neg, Num, approximate
from ...expr.bind import walk
from ...expr.functions import is_step
from ...expr.scalar import UndefinedError
from ..numbers.digits import Digits, Shown

if TYPE_CHECKING:
    from ...expr.enclosures import Precision

MOST_DIGITS, MOST_ZEROS = 1000, 8
LINE_DIGITS = 16
"""As many digits a line may have before a form is looked for that does not cancel."""

LineForm = tuple[Expr, bool] | None
"""A form of a line, and whether any of its numbers is rounded; nothing where the line has no such form."""


def _unknown(name: str, cell: tuple[int, ...]) -> Any:
    raise LookupError(f"{name}{list(cell)} is no number of a printed line")


@cache
def _precisions() -> tuple[Precision, ...]:
    """With what a line is computed, one after the other until they decide; with the last one they have to."""
    from ...expr.enclosures import Precision  # most lines have no rounded numbers

    return Precision(32), Precision(128), Precision(MOST_DIGITS + 100, last=True)


def missing_digits(printed: Expr, value: Shown) -> int:
    """How many more digits the numbers of a line need for it to come to within one unit of its value's last digit; one
    more where they leave it without a value."""
    from ...expr.enclosures import UndecidedError
    from ...expr.real_values import enclosed

    exponent = value.decimal.as_tuple().exponent
    numbers = (one.value for one in walk(printed) if isinstance(one, Num) and isinstance(one.value, Decimal))
    if not isinstance(exponent, int) or not all(number.is_finite() for number in numbers):
        return 0
    difference, unit = Add((printed, Neg(Num(value.decimal)))), Decimal((0, (1,), exponent))
    for at in _precisions():
        try:
            error = enclosed(difference, _unknown, {}, {}, at)
        except UndecidedError:
            continue
        except UndefinedError:
            return 1
        least, most = sorted((error.low.copy_abs(), error.high.copy_abs()))
        if most <= unit:
            return 0
        if least > unit and error.low.is_signed() == error.high.is_signed():
            return most.adjusted() - exponent + 1
    return 0


def form_giving(
    form: Callable[[Digits], LineForm],
    digits: Digits,
    value: Shown,
    sides: Callable[[Digits], Digits] = lambda digits: digits,
) -> tuple[Digits, LineForm]:
    """The digits that it takes for a form to give its value, and the form with these.

    ``sides`` are those with which what is decided by a sign has its own, looked for where it may have another.
    """
    found = form(digits)
    if found is not None and found[1] and _may_turn(found[0]):
        digits = sides(digits)
        found = form(digits)
    while found is not None and found[1] and (missing := missing_digits(found[0], value)):
        more = digits._replace(significant=min(digits.significant + missing, MOST_DIGITS + 1))
        again = form(more)
        if again == found:  # what is left between the numbers has not begun yet
            first = _first_digit(found[0], value)
            more = digits._replace(significant=min(max(more.significant, first), MOST_DIGITS + 1))
            again = form(more)
        for _ in range(MOST_ZEROS):
            if again != found:
                break
            more = more._replace(significant=more.significant + 1)  # the next digit is a 0
            again = form(more)
        if more.significant > MOST_DIGITS:
            return more, found
        if again == found:
            break
        digits, found = more, again
    return digits, found


def _may_turn(printed: Expr) -> bool:
    """Whether a line has a step function, or no value as a float."""
    return any(map(is_step, walk(printed))) or not isfinite(approximate(printed, _unknown))


def _first_digit(printed: Expr, value: Shown) -> int:
    """How many digits the largest number of a line has down to the value's last one."""
    numbers = (one.value for one in walk(printed) if isinstance(one, Num) and isinstance(one.value, Decimal))
    exponent = value.decimal.as_tuple().exponent
    assert isinstance(exponent, int)
    return max((one.adjusted() for one in numbers), default=0) - exponent + 1

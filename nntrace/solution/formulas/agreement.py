"""Whether a printed line gives the value that stands behind it, and how many digits it lacks for that."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from ...expr import Add, Expr, Neg, Num
from ...expr.bind import walk
from ...trace.amount import Amount, evaluated
from ..numbers.digits import Digits, Shown

MOST_DIGITS, MOST_PLACES, MOST_ZEROS = 1000, 100_000, 8
LINE_DIGITS = 16
"""As many digits a line may have before a form is looked for that does not cancel."""

LineForm = tuple[Expr, bool] | None
"""A form of a line, and whether any of its numbers is rounded; nothing where the line has no such form."""


def _unknown(name: str, cell: tuple[int, ...]) -> Amount:
    raise LookupError(f"{name}{list(cell)} is no number of a printed line")


def missing_digits(printed: Expr, value: Shown) -> int:
    """How many more digits the numbers of a line need for it to come to within one unit of its value's last digit."""
    exponent = value.decimal.as_tuple().exponent
    numbers = (one.value for one in walk(printed) if isinstance(one, Num) and isinstance(one.value, Decimal))
    within = all(number.is_finite() and abs(number.adjusted()) < MOST_PLACES for number in numbers)
    if not isinstance(exponent, int) or abs(exponent) > MOST_PLACES or not within:
        return 0
    error = evaluated(Add((printed, Neg(Num(value.decimal)))), _unknown)
    if not error.is_finite or error.size <= Decimal((0, (1,), exponent)):
        return 0
    return error.size.adjusted() - exponent + 1


def form_giving(form: Callable[[Digits], LineForm], digits: Digits, value: Shown) -> tuple[Digits, LineForm]:
    """The digits that it takes for a form to give its value, and the form with these."""
    found = form(digits)
    while found is not None and found[1] and (missing := missing_digits(found[0], value)):
        more = digits._replace(significant=digits.significant + missing)
        again = form(more)
        if again == found:  # what is left between the numbers has not begun yet
            more = digits._replace(significant=max(more.significant, _first_digit(found[0], value)))
            again = form(more)
        for _ in range(MOST_ZEROS):
            if again != found:
                break
            more = more._replace(significant=more.significant + 1)  # the next digit is a 0
            again = form(more)
        if again == found or more.significant > MOST_DIGITS:
            break
        digits, found = more, again
    return digits, found


def _first_digit(printed: Expr, value: Shown) -> int:
    """How many digits the largest number of a line has down to the value's last one."""
    numbers = (one.value for one in walk(printed) if isinstance(one, Num) and isinstance(one.value, Decimal))
    exponent = value.decimal.as_tuple().exponent
    assert isinstance(exponent, int)
    return max((one.adjusted() for one in numbers), default=0) - exponent + 1

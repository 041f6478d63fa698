"""What stands behind an option: assignments, settings and limits, as typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from ..errors import UserError, quoted, suggestion
from ..library.words import rounding_rule, typed_number, view_of
from ..limits import LARGEST_LIMIT, USUAL, Limits
from ..spec.scalars import decimal

if TYPE_CHECKING:
    from ..solution.sheets.settings import Settings
    from ..spec import Spec
    from .options import Calculation, Lasting


def assignment(text: str, option: str) -> tuple[str, str, Fraction]:
    """``w21=0.65`` as its name, the number as typed, and its value."""
    name, typed = _sides(text, option)
    return name, typed, typed_number(typed, f"{option} {text}")


def expectation(text: str) -> tuple[str, str, Fraction | Decimal]:
    """An assignment of ``--expect``, whose number may be beyond all floats."""
    name, typed = _sides(text, "--expect")
    value = decimal(typed)
    return assignment(text, "--expect") if value is None else (name, typed, value)


def _sides(text: str, option: str) -> tuple[str, str]:
    name, sign, typed = (part.strip() for part in unicodedata.normalize("NFC", text).partition("="))
    if not sign or not name or not typed:
        raise UserError(f"{option} {text!r} is no assignment\n  write a name, = and a number: {option} w21=0.65")
    return name, typed


def with_optimizer(spec: Spec, text: str) -> Spec:
    """A file with an optimizer in place of its own."""
    from ..spec.training import typed_optimizer

    typed = typed_optimizer(text, "--optimizer")
    place = spec.optimizer.place if spec.optimizer is not None else None
    return spec._replace(optimizer=None if typed is None else typed._replace(place=place))


def with_count(spec: Spec, steps: Lasting) -> Spec:
    """A file with the command's count of steps or epochs in place of its own."""
    from ..spec.model import Number, Place

    if steps.iterations is not None and steps.epochs is not None:
        raise UserError("--iterations and --epochs together\n  keep one of them: an epoch is a pass over all samples")
    typed_count, option = (steps.epochs, "--epochs") if steps.iterations is None else (steps.iterations, "--iterations")
    if typed_count is None:
        return spec
    given, rate = spec.passes, spec.learning_rate
    number = Number(str(typed_count), Fraction(typed_count), Place(1, 1, f"{option} {typed_count}"))
    if given.epochs is not None and rate is not None and rate.per is None:
        spec = spec._replace(learning_rate=rate._replace(per="epoch"))  # what the file counts stays what it was
    counts = (number, None) if steps.epochs is None else (None, number)
    return spec._replace(passes=given._replace(iterations=counts[0], epochs=counts[1]))


def settings(calculation: Calculation, view: str | None = None, traced: str | None = None) -> Settings:
    """How a sheet of numbers is worked out, from the words of the command; ``traced`` lists iterations."""
    from ..solution.sheets.settings import Settings

    if calculation.digits is not None and calculation.decimals is not None:
        raise UserError("--digits beside --decimals: each says how numbers are rounded\n  leave one of them out")
    rounding, own = rounding_rule(calculation.rounding), view_of(view)
    return Settings(calculation.digits, calculation.decimals, calculation.full, rounding, own, _traced(traced))


def _traced(text: str | None) -> tuple[int, ...]:
    """``1,2,100`` as the numbers of iterations, in order and each once."""
    numbers = [part.strip() for part in text.split(",")] if text is not None else []
    for number in numbers:
        if not (number.isascii() and number.isdigit()) or len(number) > 9 or int(number) == 0:
            raise UserError(f"--trace {text!r}: {number!r} is no iteration\n  list numbers from 1 on: --trace 1,2,100")
    return tuple(sorted({int(number) for number in numbers}))


def limits_of(texts: Sequence[str]) -> Limits:
    """The limits, with those of ``--limit samples=5000000``."""
    limits = USUAL
    for text in texts:
        name, _, typed = (part.strip() for part in text.partition("="))
        if name not in Limits._fields:
            raise UserError(f"--limit {text!r}: there is no limit {quoted(name)}\n  {suggestion(name, Limits._fields)}")
        number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 14 else 0
        if not 1 <= number <= LARGEST_LIMIT:
            example = f"--limit {name}={getattr(USUAL, name)}"
            raise UserError(f"--limit {text!r} gives no whole number from 1 to {LARGEST_LIMIT}\n  write {example}")
        limits = limits._replace(**{name: number})
    return limits

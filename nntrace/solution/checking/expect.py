"""``--expect``: a number of the sheet against the digits that somebody expects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

from ...errors import UserError
from ...expr import Expr, Partial, Sym
from ...expr.script import ASCII, plain
from ...expr.text import text
from ...network.model import sample_mark
from ...network.quantities import ANY_LOSS
from ...record import Record
from ...trace.amount import Beyond
from ..content.blocks import steps_of
from ..content.model import Check, Section, Solution
from ..content.results import Results

MOST_NAMED = 6
_EXACT, _SHOWN = (Context(digits, ROUND_HALF_UP, MIN_EMIN, MAX_EMAX) for digits in (60, 6))
_ITERATION = re.compile(r"I(?P<number>[1-9][0-9]{0,8})\.(?P<name>.+)")


class Mismatch(Record):
    """A number that is not what was expected, at the digits given."""

    name: str
    expected: str
    found: str


def compare(solution: Solution, name: str, expected: str, value: Fraction | Decimal) -> Mismatch | Check:
    """What holds, where the number rounds to the digits given: ``≈`` of it, unless it is just what was typed.

    Raises ``UserError`` for a name that the sheet has not.

    A name means what the command is about: the new value for ``step``, the gradient for ``grad``, the value for
    ``forward``; a step's own name (``∂MSE/∂w21``, ``dMSE/dw21``, ``δ_h1``, ``w21+``) means that step. What belongs to
    a sample has its number behind it: ``h1(2)``, ``h1⁽²⁾``. Of several iterations the last one is meant, and another
    by its number: ``I3.w21``.
    """
    asked = _ITERATION.fullmatch(name) if solution.results.iterations else None
    numbers = list(_of_iteration(solution, int(asked["number"])) if asked else _numbers(solution))
    asked_name, name = name, asked["name"] if asked else name
    plainly = [(plain(one, ASCII), number) for one, number in numbers]
    known = dict(reversed([*numbers, *plainly]))
    key = name if name in known else plain(name, ASCII)
    loss, values = solution.results.loss, solution.results.values or {}
    if key not in known and loss is not None and ANY_LOSS not in values:
        key = re.sub(f"^d{ANY_LOSS}(?=/d)", plain(f"d{loss.name}", ASCII), key)
    if key not in known:
        from ...errors import quoted, suggestion

        each = re.compile(re.escape(plain(name, ASCII)) + r"\((\d+)\)")
        samples = sorted(int(mark[1]) for one in known if (mark := each.fullmatch(one)))
        if samples:
            own = [f"{name}({sample})" for sample in samples]
            some = ", ".join(own[:MOST_NAMED]) + (", …" if len(own) > MOST_NAMED else "")
            raise UserError(f"{quoted(name)} is a different number in each sample\n  name one of them: {some}")
        near = suggestion(name, list(known)[::-1])
        raise UserError(f"this sheet has no number {quoted(asked_name)}\n  {near}")
    found = known[key]
    if agrees(found, expected, value):
        relation = "=" if not isinstance(found, Beyond) and found == float(value) else "≈"
        return Check((f"{asked_name} {relation} {expected}, as expected",), "ok")
    return Mismatch(
        asked_name, expected, str(_SHOWN.plus(found.true)).lower() if isinstance(found, Beyond) else repr(found)
    )


def with_expected(solution: Solution, held: Sequence[Check]) -> Solution:
    """The sheet with what was expected, and holds, among its checks."""
    if not held:
        return solution
    *others, last = solution.sections
    if last.name == "checks":
        return solution._replace(sections=(*others, last._replace(blocks=(*last.blocks, *held))))
    return solution._replace(sections=(*solution.sections, Section("checks", tuple(held))))


def agrees(found: float, expected: str, value: Fraction | Decimal) -> bool:
    """Whether a number is within half a unit of the last digit that was typed; 0 without decimals is 0 alone."""
    true = found.true if isinstance(found, Beyond) else Decimal(found)
    if not true.is_finite():
        return False
    if isinstance(value, Fraction):
        value = _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if not value and exponent >= 0:
        return not true
    unit = _EXACT.multiply(value.copy_abs(), Decimal("1e-9")) if "/" in expected else Decimal((0, (1,), exponent))
    most = _EXACT.fma(value.copy_abs(), Decimal("1e-12"), _EXACT.divide(unit, Decimal(2)))
    return _EXACT.subtract(true, value).copy_abs() <= most


def _of_iteration(solution: Solution, number: int) -> Iterator[tuple[str, float]]:
    """Every number of an iteration, from 1, with its name."""
    each = solution.results.iterations or ()
    if number > len(each):
        raise UserError(f"there is no iteration {number}\n  they are I1 to I{len(each)}")
    own = solution.iterations[number - 1].sections if solution.iterations else ()
    return _named(each[number - 1], own)


def _numbers(solution: Solution) -> Iterator[tuple[str, float]]:
    """Every number with its name; where names are equal, the first counts."""
    if each := solution.results.iterations:
        yield from _of_iteration(solution, len(each))
    yield from _named(solution.results, solution.sections)


def _named(results: Results, sections: Sequence[Section]) -> Iterator[tuple[str, float]]:
    of_gradients = results.gradients is not None and results.updated is None  # then a name is no value
    for group in (results.gradients,) if of_gradients else (results.updated, results.values):
        yield from _flat(group)
    for place, sample in enumerate(() if of_gradients else results.samples or (), start=1):
        mark = sample_mark(sample.get("sample", place) - 1)
        for name, value in _flat(sample["values"]):
            yield name + mark, value
    loss = results.loss.name if results.loss is not None else ""
    if results.loss is not None:
        after = results.loss.after
        yield from ((loss, results.loss.before), *((loss + mark, after) for mark in "⁺+" if after is not None))
    for group in (results.gradients, results.passed() if results.passed is not None else None):
        for name, value in _flat(group):
            yield f"∂{loss}/∂{name}", value
            if of_gradients:
                yield name, value
    for step in (step for section in sections for block in section.blocks for step in steps_of(block)):
        if isinstance(step.value, float):
            name = text(step.name)
            mark = "" if step.sample is None else sample_mark(step.sample - 1)
            yield name if _marked(step.name) == mark else name + mark, step.value


def _marked(name: Expr) -> str:
    """What a step's name has written after it, to tell the sample of what it is by."""
    match name:
        case Partial(_, by):
            return by.mark
        case Sym(_, _, mark):
            return mark
        case _:
            return ""


def _flat(group: Any) -> Iterator[tuple[str, float]]:
    for name, value in (group or {}).items():
        yield from _inside(name, value, ())


def _inside(name: str, value: Any, index: tuple[int, ...]) -> Iterator[tuple[str, float]]:
    if isinstance(value, list):
        for place, inner in enumerate(value, start=1):
            yield from _inside(name, inner, (*index, place))
    elif value is not None:
        yield (f"{name}[{','.join(map(str, index))}]" if index else name), value

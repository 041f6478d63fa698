"""The curves of a training or of a flow as comma-separated values: a row for each epoch or layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from ..errors import UserError
from ..expr.script import Script
from ..solution.content.model import Solution


def write(solution: Solution, width: int, script: Script) -> Iterator[str]:
    """The rows; of several runs the columns stand side by side, each with the run's name. A number that is none is left
    out, all others have the digits that give them again."""
    runs = solution.results.runs
    if runs is None:
        raise UserError("csv is for curves, and this sheet has none\n  it goes with: nntrace train, nntrace flow")
    columns = {
        f"{run.name}: {title}" if len(runs) > 1 and place else title: numbers
        for run in runs
        for place, (title, numbers) in enumerate(run.curves.items())
    }
    return _lines(columns)


def _lines(columns: Mapping[str, Sequence[float | None]]) -> Iterator[str]:
    yield ",".join(map(_quoted, columns))
    for row in zip_longest(*columns.values()):
        yield ",".join("" if number is None else repr(number) for number in row)


def _quoted(title: str) -> str:
    return f'"{title.replace(chr(34), chr(34) * 2)}"' if set(title) & set(',"\n') else title

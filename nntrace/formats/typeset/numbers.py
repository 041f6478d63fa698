"""A tensor's numbers: as a matrix where they fit a page, else as a listing of plain lines."""

from __future__ import annotations

from collections.abc import Iterator

from ...expr import Literal, Num
from ...expr.literals import Literals
from ...expr.script import Script
from ...solution.content.model import Matrix
from ..page.given_values import matrix_rows
from ..page.rows import Page, joined
from .formulas import Formulas

MOST = 64
"""More numbers are a listing."""
WIDEST = 12
"""So are more in a row than these, and what is too wide for the page."""
LINE = 80
BESIDE = 10
"""What the name takes of the width, with its sizes."""


def in_rows(matrix: Matrix, formulas: Formulas, width: float) -> str | None:
    """The numbers as a matrix beside its name; ``None`` where there are none, or too many or too wide for one."""
    numbers = _in_rows(matrix)
    if numbers is None:
        return None
    written = formulas.chunks(numbers)
    return written[0].text if len(written) == 1 and written[0].width + BESIDE <= width else None


def _in_rows(matrix: Matrix) -> Literal | None:
    columns = matrix.shape[-1] if len(matrix.shape) == 2 else max(matrix.shape, default=1)
    if not matrix.rows or columns > WIDEST:
        return None
    if not isinstance(matrix.rows, Literals):
        return Literal(matrix.rows)
    if len(matrix.rows) > MOST:
        return None
    numbers = [Num(number) for number in matrix.rows]
    return Literal(tuple(tuple(numbers[start : start + columns]) for start in range(0, len(numbers), columns)))


def listing(matrix: Matrix, script: Script) -> Iterator[str]:
    """The numbers row by row in lines of plain text."""
    yield from map(joined, matrix_rows(matrix._replace(note=()), Page(LINE, script, plain=True), 0))

"""A column of cells: numbers with their decimal points under each other, words at the left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from operator import add, sub

from ...expr import Expr, Num
from ...expr.atoms import number_text
from ...expr.script import Script
from ...record import Record
from ...solution.content.model import Note
from .breaking import sentence, words
from .rows import columns

GAP = 2
"""The space between two columns."""


class TableCell(Record):
    """A cell's text, and for a number how many columns it takes before its decimal point."""

    text: str
    before: int = 0
    number: bool = False

    @property
    def after(self) -> int:
        return columns(self.text) - self.before


def cell(note: Note, script: Script) -> TableCell:
    """A note that is one number becomes a number, any other words."""
    match note:
        case (Num(value),):
            return numeric(number_text(value, script))
        case _:
            return TableCell(sentence(words(note, script)))


def numeric(text: str) -> TableCell:
    """A number's text as a cell, set by its point; one without a point ends where others have theirs."""
    point = text.find(".")
    return TableCell(text, point if point >= 0 else len(text), True)


def entries(rows: Sequence[Sequence[Expr | None]], absent: str, script: Script) -> list[list[TableCell]]:
    """The cells of a matrix, with a sign where there is no number."""
    nothing = TableCell(absent, 1, number=True)
    return [[nothing if one is None else cell((one,), script) for one in row] for row in rows]


class Pointed:
    """Many numbers of one column, all of whose letters take a column each; ``before`` and ``after`` the point."""

    def __init__(self, numbers: list[str]) -> None:
        points = list(map(str.find, numbers, repeat(".")))
        if min(points) < 0:
            points = [len(text) if point < 0 else point for text, point in zip(numbers, points, strict=True)]
        self.numbers = numbers
        self._points = points
        self.before = max(points)
        self.after = max(map(sub, map(len, numbers), points))

    def set(self, before: int, places: slice) -> Iterator[str]:
        """Some of the numbers with so many columns before their points, and no blanks behind.

        A few thousand at a time are faster than all.
        """
        blanks = [" " * (before - point) for point in range(self.before + 1)]
        return map(add, map(blanks.__getitem__, self._points[places]), self.numbers[places])


class Column:
    """How wide a column is. It only grows."""

    def __init__(self, cells: Iterable[TableCell] = (), title: Sequence[str] = ("",)) -> None:
        self.title = title
        self.before = self.after = self.words = 0
        for one in cells:
            self.take(one)

    def take(self, one: TableCell | Pointed) -> None:
        """Make room for a cell, or for many numbers."""
        if isinstance(one, TableCell) and not one.number:
            self.words = max(self.words, columns(one.text))
        else:
            self.before, self.after = max(self.before, one.before), max(self.after, one.after)

    @property
    def content(self) -> int:
        """The columns its cells take."""
        return max(self.words, self.before + self.after)

    @property
    def width(self) -> int:
        return max(self.content, *map(columns, self.title))

    def set(self, one: TableCell) -> str:
        """The cell's text in the column's width."""
        before, after = (self.width - self.after - one.before, self.after - one.after) if one.number else (0, 0)
        return " " * before + one.text + " " * (after if one.number else self.width - columns(one.text))

    def heading(self, line: str) -> str:
        """A line of its title, over numbers at the right."""
        space = " " * (self.width - columns(line))
        return space + line if self.before else line + space


def total(grid: Sequence[Column]) -> int:
    """How wide these columns are side by side."""
    return sum(column.width + GAP for column in grid) - GAP

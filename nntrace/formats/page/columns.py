"""A column of cells: numbers with their decimal points under each other, words at the left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from operator import add, sub

from ...expr import Num
from ...expr.script import Script
from ...expr.text import number_text
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
        case (Num() as number,):
            return number_cell(number, script)
        case _:
            return TableCell(sentence(words(note, script)))


def number_cell(number: Num, script: Script) -> TableCell:
    """A number, set by its point; one without a point ends where others have theirs."""
    return numeric(number_text(number.value, script))


def numeric(text: str) -> TableCell:
    """A number's text as a cell."""
    point = text.find(".")
    return TableCell(text, point if point >= 0 else len(text), True)


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
        cells = list(cells)
        numbers = [one for one in cells if one.number]
        self.before = max((one.before for one in numbers), default=0)
        self.after = max((columns(one.text) - one.before for one in numbers), default=0)
        self.words = max((columns(one.text) for one in cells if not one.number), default=0)

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
        return self.set_all((one,))[0]

    def set_all(self, cells: Iterable[TableCell]) -> list[str]:
        """The cells' texts in the column's width."""
        width, after = self.width, self.after
        return [
            " " * (width - after - before) + text + " " * (after + before - columns(text))
            if number
            else text + " " * (width - columns(text))
            for text, before, number in cells
        ]

    def heading(self, line: str) -> str:
        """A line of its title, over numbers at the right."""
        space = " " * (self.width - columns(line))
        return space + line if self.before else line + space


def total(grid: Sequence[Column]) -> int:
    """How wide these columns are side by side."""
    return sum(column.width + GAP for column in grid) - GAP

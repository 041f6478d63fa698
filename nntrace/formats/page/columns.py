"""A column of cells: numbers with their decimal points under each other, words at the left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from ...expr import Num
from ...expr.brackets import is_scientific
from ...expr.text import Script, text
from ...solution.model import Note
from .breaking import sentence, words
from .rows import columns

GAP = 2
"""The space between two columns."""


class Cell(NamedTuple):
    """A cell's text, and for a number how many columns it takes before its decimal point."""

    text: str
    before: int = 0
    number: bool = False

    @property
    def after(self) -> int:
        return columns(self.text) - self.before


def cell(note: Note, script: Script) -> Cell:
    """A note that is one number becomes a number, any other words."""
    match note:
        case (Num(value) as number,):
            written = text(number, script)
            return Cell(written, _before_point(value, written), number=True)
        case _:
            return Cell(sentence(words(note, script)))


def _before_point(value: object, written: str) -> int:
    """How many columns stand before the point, counted from the number itself."""
    if not isinstance(value, Decimal):
        return len(written)
    if is_scientific(value):
        return 1 + value.is_signed()
    exponent = value.as_tuple().exponent
    return len(written) + exponent - 1 if isinstance(exponent, int) and exponent < 0 else len(written)


class Column:
    """How wide a column is. It only grows."""

    def __init__(self, cells: Iterable[Cell] = (), title: Sequence[str] = ("",)) -> None:
        self.title = title
        self.before = self.after = self.words = 0
        for one in cells:
            self.take(one)

    def take(self, one: Cell) -> None:
        """Make room for a cell."""
        if one.number:
            self.before, self.after = max(self.before, one.before), max(self.after, one.after)
        else:
            self.words = max(self.words, columns(one.text))

    @property
    def content(self) -> int:
        """The columns its cells take."""
        return max(self.words, self.before + self.after)

    @property
    def width(self) -> int:
        return max(self.content, *map(columns, self.title))

    def set(self, one: Cell) -> str:
        """The cell's text in the column's width."""
        if not one.number:
            return one.text + " " * (self.width - columns(one.text))
        return " " * (self.width - self.after - one.before) + one.text + " " * (self.after - one.after)

    def heading(self, line: str) -> str:
        """A line of its title, over numbers at the right."""
        space = " " * (self.width - columns(line))
        return space + line if self.before else line + space


def total(grid: Sequence[Column]) -> int:
    """How wide these columns are side by side."""
    return sum(column.width + GAP for column in grid) - GAP

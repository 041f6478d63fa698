"""A stretch of a table's rows: its cells are texts made once for each element and number, set many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat

from ...expr.text import Script, element_texts, number_texts
from ...solution.model import Stretch
from .columns import GAP, Cell, Column, around_points, numeric, set_by_points
from .rows import columns

AT_ONCE = 2000
"""The rows that are put together at once."""


class Stretched:
    """The cells of a stretch: two columns of words, then those of its numbers."""

    def __init__(self, stretch: Stretch, script: Script) -> None:
        ids = [f"{stretch.letter}{stretch.number + place}" for place in range(len(stretch.numbers[0]))]
        self.words = [ids, element_texts(stretch.first, stretch.shape, script)]
        self.numbers = [number_texts(numbers, script) for numbers in stretch.numbers]
        self.is_narrow = columns(self.words[1][0]) == len(self.words[1][0])
        """Whether a column is a letter everywhere: names differ only in their indices."""

    def widest(self) -> list[list[Cell]]:
        """Cells of each column that are as wide as any."""
        words = [[Cell(max(texts, key=len))] for texts in self.words]
        numbers = []
        for texts in self.numbers:
            sides = around_points(texts)
            numbers.append([numeric(texts[side.index(max(side))]) for side in sides])
        return [*words, *numbers]

    def rows(self) -> Iterator[list[Cell]]:
        """Its rows one by one."""
        for id, element, *numbers in zip(*self.words, *self.numbers, strict=True):
            yield [Cell(id), Cell(element), *map(numeric, numbers)]

    def lines(self, grid: Sequence[Column]) -> Iterator[str]:
        """The same in columns so wide, many lines at once; where it is narrow."""
        between = (" " * GAP).join
        for start in range(0, len(self.words[0]), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            words = [
                map(str.ljust, texts[some], repeat(column.width))
                for texts, column in zip(self.words, grid, strict=False)
            ]
            *numbers, last = (
                set_by_points(texts[some], column.width - column.after, column.after)
                for texts, column in zip(self.numbers, grid[len(words) :], strict=True)
            )
            yield "\n".join(map(between, zip(*words, *numbers, map(str.rstrip, last), strict=True)))

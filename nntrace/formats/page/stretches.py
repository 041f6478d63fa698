"""A stretch of a table's rows: its cells are texts made once for each element and number, set many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import repeat

from ...expr.atoms import number_texts
from ...expr.script import Script
from ...expr.text import element_texts
from ...solution.content.model import Stretch
from .columns import GAP, Column, Pointed, TableCell, numeric
from .rows import columns

AT_ONCE = 2000
"""The rows that are put together at once."""


class Stretched:
    """The cells of a stretch: two columns of words, then those of its numbers."""

    def __init__(self, stretch: Stretch, script: Script) -> None:
        ids = [f"{stretch.letter}{stretch.number + place}" for place in range(len(stretch.numbers[0]))]
        self.words = [ids, element_texts(stretch.first, stretch.shape, script)]
        self.numbers = [Pointed(number_texts(numbers, script)) for numbers in stretch.numbers]
        self.is_narrow = columns(self.words[1][0]) == len(self.words[1][0])
        """Whether a column is a letter everywhere: names differ only in their indices."""

    @cached_property
    def widest(self) -> list[TableCell | Pointed]:
        """For each column what is as wide as any of its cells."""
        return [*(TableCell(max(texts, key=len)) for texts in self.words), *self.numbers]

    def rows(self) -> Iterator[list[TableCell]]:
        """Its rows one by one."""
        for id, element, *numbers in zip(*self.words, *(column.numbers for column in self.numbers), strict=True):
            yield [TableCell(id), TableCell(element), *map(numeric, numbers)]

    def lines(self, grid: Sequence[Column]) -> Iterator[str]:
        """The same in columns so wide, many lines at once; where it is narrow."""
        between = (" " * GAP).join
        befores = [column.width - column.after for column in grid[len(self.words) :]]
        widths = [column.width for column in grid]
        for start in range(0, len(self.words[0]), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            cells: list[Iterable[str]] = [texts[some] for texts in self.words]
            cells += (own.set(before, some) for own, before in zip(self.numbers, befores, strict=True))
            *others, last = cells
            padded = (map(str.ljust, texts, repeat(width)) for texts, width in zip(others, widths, strict=False))
            yield "\n".join(map(between, zip(*padded, last, strict=True)))

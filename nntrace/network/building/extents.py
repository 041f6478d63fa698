"""How far the index letters of an operation run, told by the shapes of what it reads and owns.

A letter that stands alone in an index runs as far as that axis is long. Of an affine index ``p + r`` one letter may be
unknown: it runs as far as the axis lets it. A size of 0 is one that could not be read: it tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...expr.index import Affine, Index, letters_of
from ...record import Record


class Fans(Record):
    """How many inputs each unit of a layer has, and how many units each input goes to; 0 where it is not known."""

    fan_in: int
    fan_out: int


class Extents(dict[str, int]):
    """The letters' extents, as far as they are known."""

    def learn(self, index: Sequence[Index], shape: Sequence[int]) -> Iterator[tuple[str, int, int]]:
        """Take what a tensor's shape says of its letters; give each that runs otherwise: letter, found, expected."""
        for one, size in zip(index, shape, strict=True):
            match one:
                case str() if self.get(one):
                    if size not in (0, self[one]):
                        yield one, size, self[one]
                case str():
                    self[one] = size
                case Affine():
                    yield from self._affine(one, size)

    def _affine(self, index: Affine, size: int) -> Iterator[tuple[str, int, int]]:
        unknown = [(factor, letter) for factor, letter in index.terms if letter not in self]
        last = index.offset + sum(factor * (self[letter] - 1) for factor, letter in index.terms if letter in self)
        if len(unknown) == 1:
            factor, letter = unknown[0]
            self[letter] = max(0, (size - 1 - last) // factor + 1)
        elif not unknown and last >= size:
            yield index.terms[0][1], size, last + 1

    def waits(self, index: Sequence[Index]) -> bool:
        """Whether an index has more unknown letters than its tensor's shape can tell."""
        return any(sum(letter not in self for letter in letters_of(one)) > 1 for one in index)

"""Matrices of numbers in a language of formulas: in smaller letters where they are wide, at last row after row."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import fsum

from ...expr import Expr, Num
from ...expr.brackets import is_positional
from .chunks import COMMA
from .language import SIZES, Chunk
from .symbols import SymbolWriter

WIDEST = 66
"""A wider matrix has smaller letters; what stands in brackets or under a root can be broken if it is wider."""


class MatrixWriter(SymbolWriter):
    """Writes matrices from the chunks of their cells."""

    def _matrix(
        self, rows: Sequence[Sequence[Expr | None]], cells: Sequence[Sequence[Chunk | None]], depth: int
    ) -> list[Chunk]:
        """Rows of expressions and their chunks; ``None`` stands for those that are not shown."""
        lying, upright = self._sign("…"), self._sign("⋮")
        filled = [[cell or (lying if any(row) else upright) for cell in row] for row in cells]
        behind = [[_behind_point(cell) for cell in row] for row in rows]
        most = [max((own for own in column if own is not None), default=0) for column in zip(*behind, strict=True)]
        aligned = [
            [self._to_the_point(*cell) for cell in zip(line, own, most, strict=True)]
            for line, own in zip(filled, behind, strict=True)
        ]
        width = fsum(max(cell.width for cell in column) + 2 for column in zip(*aligned, strict=True)) + 2
        size = next((size for size, share in SIZES.items() if width * share <= WIDEST), None)
        if size is None:
            return self._fenced([self._fenced([[one or lying] for one in row], depth + 1) for row in cells], depth)
        matrix = self.language.matrix([[cell.text for cell in row] for row in aligned])
        return [Chunk(self.language.sized(matrix, size), width * SIZES[size], depth)]

    def _fenced(self, parts: Sequence[list[Chunk]], depth: int) -> list[Chunk]:
        """The parts in square brackets with commas between them, to be broken behind a comma."""
        opening, closing = self.language.bracket("[]")
        joined: list[Chunk] = []
        for part in parts:
            first, *others = self._around("", part, self.language.sign(",") if part is not parts[-1] else "", COMMA)
            joined += [first._replace(depth=depth + 4 if joined else depth), *others]
        return self._around(opening, joined, closing)

    def _to_the_point(self, cell: Chunk, behind: int | None, most: int) -> Chunk:
        """A number with the room behind it that puts its point under those of its column."""
        if behind is None or behind == most:
            return cell
        room = "." * (not behind) + "0" * (most - max(behind, 1))
        return Chunk(self.language.padded(cell.text, room), cell.width + most - behind, cell.depth)


def _behind_point(cell: Expr | None) -> int | None:
    """How many characters a number has from its decimal point on; ``None``: the cell stands at the right."""
    match cell:
        case Num(Decimal() as value) if is_positional(value) or not value:
            written = str(value)
            return len(written) - written.index(".") if "." in written else 0
        case Num(int()):
            return 0
        case _:
            return None

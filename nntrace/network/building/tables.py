"""Numbers from ``.csv`` files: a row on each line, its numbers with commas between, in time linear in its size."""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import IO, TYPE_CHECKING, Literal
from warnings import catch_warnings, simplefilter

from ...errors import counted, quoted
from ...limits import LONGEST_ROW, beyond
from ...record import Record
from ...regular_files import UnreadableError
from ...spec.scalars import number

if TYPE_CHECKING:
    from ...limits import Limits
    from ..model import Array

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*", re.ASCII)
_PIECE = 1 << 20
MOST_TYPED = 20_000
"""Numbers of a table that are told one by one how they are typed."""

NumberForm = Literal["", "decimals", "integers"]
"""How numbers are typed: as whole numbers, as decimals that are the shortest for their floats, or in some other way."""


class WordColumn(Record):
    """A column of words, from 0: the distinct ones in the order they come. The table has their places."""

    column: int
    distinct: tuple[str, ...]


def read_table(
    stream: IO[bytes], limits: Limits, with_words: bool = False
) -> tuple[Array, tuple[str, ...], WordColumn | None, NumberForm]:
    """The rows; the headings of the columns, where the first line has no number; the column of words, if there may be
    one and is one; how the numbers of a small table are typed. Raises an ``UnreadableError``."""
    import numpy as np

    plain, small = _prescan(stream, limits)
    if plain and not small and (table := _plain_numbers(stream)) is not None:
        return table, (), None, ""
    stream.seek(0)
    numbers, lines = array("d"), array("q")
    headings: tuple[str, ...] = ()
    wide, words = 0, _Column()
    forms: set[NumberForm] = set()
    with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="") as text:
        for line, row in _rows(text):
            if not wide:
                wide = len(row)
                if not any(map(_is_meant_as_number, row)):
                    headings = _headings(row, line)
                    continue
            if len(row) != wide:
                _refuse_width(row, line, wide)
            if with_words:
                words.replace(row, first=not lines)
            try:
                if not plain and not all(map(_NUMBER.fullmatch, row)):
                    raise ValueError
                numbers.extend(map(float, row))
            except ValueError:
                _refuse_row(row, line)
            if small:
                forms.update(map(_form, row))
            lines.append(line)
    if not lines:
        raise UnreadableError("has no numbers", "write a row on each line, commas between the numbers")
    table = np.frombuffer(numbers).reshape(-1, wide)
    if not (finite := np.isfinite(table)).all():
        row_at, column = (int(i) for i in np.argwhere(~finite)[0])
        raise UnreadableError(
            f"has a number that is not finite in line {lines[row_at]}, column {column + 1}",
            "replace NaN and infinities by numbers",
        )
    return table, headings, words.found(), _form_of_all(forms)


class _Column:
    """The one column of a table that has words, if its first row of data has just one."""

    def __init__(self) -> None:
        self._at: int | None = None
        self._places: dict[str, int] = {}

    def replace(self, row: list[str], first: bool) -> None:
        """Put the place of a row's word among the distinct ones where the word is; a blank stays."""
        if first:
            others = [place for place, cell in enumerate(row) if cell.strip() and not _is_meant_as_number(cell)]
            self._at = others[0] if len(others) == 1 < len(row) else None
        if self._at is not None and (word := row[self._at].strip()):
            row[self._at] = str(self._places.setdefault(word, len(self._places)))

    def found(self) -> WordColumn | None:
        return None if self._at is None else WordColumn(self._at, tuple(self._places))


def _form_of_all(forms: set[NumberForm]) -> NumberForm:
    """The form that all numbers of these forms have; a whole number is a decimal too."""
    return "" if "" in forms or not forms else "decimals" if "decimals" in forms else "integers"


def _form(cell: str) -> NumberForm:
    """How one number is typed."""
    exact = number(cell.strip())
    if not isinstance(exact, Fraction) or Fraction(repr(float(exact))) != exact:
        return ""
    return "integers" if cell.strip().lstrip("+-").isdecimal() else "decimals"


def _plain_numbers(stream: IO[bytes]) -> Array | None:
    """A table of nothing but finite numbers, read at once; of any other, line by line tells what it has."""
    import numpy as np

    try:
        with catch_warnings():
            simplefilter("error")  # of an empty file
            table = np.loadtxt(stream, delimiter=",", comments=None, ndmin=2)
    except (ValueError, UserWarning):
        return None
    return table if np.isfinite(table).all() else None


def _prescan(stream: IO[bytes], limits: Limits) -> tuple[bool, bool]:
    """Refuse a table that is too large before anything is made of it; whether ``float`` reads it as we do, and whether
    it is small."""
    lines = cells = 0
    plain = True
    while piece := stream.read(_PIECE):
        lines += max(piece.count(b"\n"), piece.count(b"\r"))
        cells += piece.count(b",")
        plain = plain and piece.isascii() and b"_" not in piece and (b"\n" in piece or len(piece) < LONGEST_ROW)
    stream.seek(0)
    for limit, size in (("samples", lines), ("elements", cells + lines)):
        if size - 1 > (most := getattr(limits, limit)):  # the first line may be headings
            message, remedy = beyond(limit, size, most, "it")
            raise UnreadableError(f"is too large: {message}", remedy)
    return plain, cells + lines <= MOST_TYPED


def _rows(text: io.TextIOWrapper) -> Iterator[tuple[int, list[str]]]:
    """The rows with the numbers of their lines, without those that are blank."""
    reader = csv.reader(_lines(text), strict=True)
    try:
        for row in reader:
            if any(row) and any(map(str.strip, row)):
                yield reader.line_num, row
    except csv.Error as error:
        raise UnreadableError(
            f"cannot be read in line {reader.line_num}: {error}", "write numbers with commas between"
        ) from None


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST_ROW):
        if len(line) == LONGEST_ROW:
            raise UnreadableError(f"has a line of more than {LONGEST_ROW:,} characters", "write a row on each line")
        yield line


def _is_meant_as_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _headings(row: Sequence[str], line: int) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in row)
    for sign, word in ((";", "a semicolon"), ("\t", "a tab")):
        if any(sign in name for name in names):
            raise UnreadableError(f"has {word} between its columns", "write commas: 1,0,1")
    for place, name in enumerate(names, 1):
        if not name:
            raise UnreadableError(f"has no heading in line {line}, column {place}", _blank_remedy(place, len(names)))
        if name in names[: place - 1]:
            raise UnreadableError(f"has two columns {quoted(name)}", "give each column a name of its own")
    return names


def _refuse_width(row: Sequence[str], line: int, wide: int) -> None:
    ends = len(row) > wide and not any(map(str.strip, row[wide:]))
    raise UnreadableError(
        f"has {counted(len(row), 'column')} in line {line}, and {wide} in the first",
        "remove the comma at the end of the line" if ends else "give each row the same number of values",
    )


def _refuse_row(row: Sequence[str], line: int) -> None:
    """Say which cell is no number."""
    for place, cell in enumerate(row, 1):
        if not cell.strip():
            raise UnreadableError(f"has no number in line {line}, column {place}", _blank_remedy(place, len(row)))
        if not _NUMBER.fullmatch(cell):
            raise UnreadableError(
                f"has no number in line {line}, column {place}, but {quoted(cell.strip())}", "write 0.5 or 1e-3"
            )


def _blank_remedy(place: int, wide: int) -> str:
    return "write a number there" + (", or remove the comma at the end of each line" if place == wide else "")

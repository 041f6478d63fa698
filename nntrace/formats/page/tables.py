"""Tables: rows under headed columns, or stacked entries where the page is too narrow for that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Union

from ...expr.script import Script
from ...solution.content.model import Note, Stretch, Table
from .breaking import Word, sentence, words, wrapped
from .columns import GAP, Column, TableCell, cell, total
from .rows import Page, Row, Span, TextRole, columns, drawing
from .steps import HANG

if TYPE_CHECKING:
    from .stretches import Stretched

STACKED = 60
"""A narrower page than this has stacked entries for tables."""
LOOKAHEAD = 256
"""The rows that decide how wide the columns are. The others stream, and widen a column where they must."""


TablePart = Union[list[TableCell], "Stretched"]
"""A row of cells, or many."""


def table_rows(table: Table, page: Page) -> Iterator[Row]:
    """The table; a title may wrap between words, a cell never does."""
    row_parts = (_part(row, page.script) for row in table.rows)
    sample = list(islice(row_parts, LOOKAHEAD))
    titles = [words(note, page.script) for note in table.columns]
    grid = [Column(title=[sentence(title)] if title else [""]) for title in titles]
    for part in sample:
        _widen(grid, part)
    _narrow(grid, titles, page.width)
    if page.width < STACKED or total(grid) > page.width:
        yield from _stacked([sentence(title) for title in titles], grid[0].words, chain(sample, row_parts), page)
        return
    height = max(len(column.title) for column in grid)
    for line in range(height):
        texts = [["", *column.title][max(0, line - height + len(column.title) + 1)] for column in grid]
        yield _set([column.heading(text) for column, text in zip(grid, texts, strict=True)], "name", page)
    yield _set([drawing(page.script).rule * column.width for column in grid], "frame", page)
    for part in chain(sample, row_parts):
        _widen(grid, part)
        if page.plain and not isinstance(part, list) and part.is_narrow:
            yield from (Row((Span(lines),), page.section) for lines in part.lines(grid))
            continue
        for row in _rows(part):
            yield _set([column.set(one) for column, one in zip(grid, row, strict=True)], "body", page)


def _part(row: tuple[Note, ...] | Stretch, script: Script) -> TablePart:
    if isinstance(row, Stretch):
        from .stretches import Stretched  # only for long listings

        return Stretched(row, script)
    return [cell(note, script) for note in row]


def _rows(part: TablePart) -> Iterable[list[TableCell]]:
    return [part] if isinstance(part, list) else part.rows()


def _widen(grid: Sequence[Column], part: TablePart) -> None:
    """Make room for these cells."""
    for column, own in zip(grid, part if isinstance(part, list) else part.widest, strict=True):
        column.take(own)


def _narrow(grid: Sequence[Column], titles: Sequence[Sequence[Word]], width: int) -> None:
    """Wrap titles, the widest first, until the columns fit or no title is left that reaches beyond its cells."""
    for place in sorted(range(len(grid)), key=lambda place: grid[place].content - grid[place].width):
        column, over = grid[place], total(grid) - width
        if over > 0 and titles[place]:
            longest_word = max(columns(" ".join(word)) for word in titles[place])
            column.title = wrapped(titles[place], max(column.width - over, column.content, longest_word))


def _set(texts: Sequence[str], role: TextRole, page: Page) -> Row:
    first, *others = texts
    spans = [part for text in others for part in (Span(" " * GAP), Span(text, role))]
    return page.row(Span(first, "id" if role == "body" else role), *spans)


def _stacked(titles: Sequence[str], wide: int, row_parts: Iterable[TablePart], page: Page) -> Iterator[Row]:
    """Each row an entry: its first cell in front, where ``wide`` tells its width; the others (no empty ones) under each
    other behind their titles."""
    front = 1 + wide
    indent = max(HANG, front) if front <= page.width // 4 else HANG
    label = max(map(columns, titles[1:]), default=0) + GAP
    for row in chain.from_iterable(map(_rows, row_parts)):
        numbers = Column(one for one in row[1:] if one.number)
        lead = [Span(row[0].text, "id")]
        titled = [(title, one) for title, one in zip(titles[1:], row[1:], strict=True) if one.text]
        if columns(row[0].text) >= indent or not titled:
            yield page.row(*lead)
            lead = [Span("")]
        for title, one in titled:
            text = numbers.set(one) if one.number else one.text
            lead.append(Span(" " * (indent - columns(lead[0].text))))
            lead.append(Span(title, "name"))
            if indent + label + columns(text) <= page.width:
                yield page.row(*lead, Span(" " * (label - columns(title))), Span(text, "body"))
            else:
                yield page.row(*lead)
                room = page.width - indent - GAP
                for line in [one.text] if one.number else wrapped([(word,) for word in one.text.split()], room):
                    yield page.row(Span(" " * (indent + GAP)), Span(line, "body"))
            lead = [Span("")]

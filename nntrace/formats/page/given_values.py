"""What a network is given: named numbers side by side, and matrices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat

from ...expr.atoms import number_texts
from ...expr.literals import Literals
from ...expr.script import plain
from ...expr.text import text
from ...solution.content.model import Matrix, Quantities
from .breaking import sentence, words
from .columns import GAP, Column, Pointed, TableCell, cell, entries, numeric, total
from .rows import Page, Row, Span, TextRole, columns, drawing, length
from .steps import below

BRACKETS = "[  ]"


def quantity_rows(given: Quantities, page: Page, indent: int) -> Iterator[Row]:
    """Names over values, in as many bands as the width needs, each about as long as the others."""
    pairs = [(cell(name, page.script).text, cell(value, page.script).text) for name, value in given.pairs]
    widths = [max(map(columns, pair)) for pair in pairs]
    per_band = _per_band(widths, page.width - indent)
    shared = [max(widths[place::per_band]) for place in range(per_band)] if widths else []
    for start in range(0, len(pairs), per_band):
        band = pairs[start : start + per_band]
        yield _spread(((name, width) for (name, _), width in zip(band, shared, strict=False)), "name", page, indent)
        rule = drawing(page.script).rule
        yield _spread(((rule * width, width) for _, width in zip(band, shared, strict=False)), "frame", page, indent)
        yield _spread(((value, width) for (_, value), width in zip(band, shared, strict=False)), "body", page, indent)


def _per_band(widths: Sequence[int], room: int) -> int:
    """How many of these widths stand in a band, columns under each other, where there are as few bands as fit."""
    bands = -(-len(widths) * (1 + GAP) // max(room + GAP, 1)) or 1
    while bands < len(widths):
        per_band = -(-len(widths) // bands)
        if sum(max(widths[place::per_band]) + GAP for place in range(per_band)) - GAP <= room:
            return per_band
        bands = -(-len(widths) // (per_band - 1))  # with fewer in a band there are at least so many
    return 1


def _spread(texts: Iterable[tuple[str, int]], role: TextRole, page: Page, indent: int) -> Row:
    """Texts at the right of their columns."""
    spans = [Span(" " * (indent - GAP))]
    for own, width in texts:
        spans += [Span(" " * (GAP + width - columns(own))), Span(own, role)]
    return page.row(*spans)


def matrix_rows(matrix: Matrix, page: Page, indent: int) -> Iterator[Row]:
    """``W1 [2×3] = [ … ]``, row under row, the numbers on their points; a row too long for the page goes on below."""
    shape = page.script.times.join(map(str, matrix.shape))
    head = [Span(" " * indent), Span(text(matrix.name, page.script), "name"), Span(f" [{shape}]")]
    sign: list[Span] = []
    if matrix.rows:
        sign = [Span(" "), Span(plain("≈" if matrix.rounded else "=", page.script), "relation")]
    if isinstance(matrix.rows, Literals):
        numbers = number_texts(matrix.rows, page.script)
        yield from _all_numbers(numbers, matrix.shape, [*head, *sign], page, indent)
    elif matrix.rows:
        cells = entries(matrix.rows, drawing(page.script).absent, page.script)
        yield from _bracketed(cells, [*head, *sign], page, indent)
    elif length(head) + GAP + columns(note := sentence(words(matrix.note, page.script))) <= page.width:
        yield page.row(*head, Span(" " * GAP), Span(note, "note"))
        return
    else:
        yield page.row(*head)
    if matrix.note:
        yield from below([matrix.note], page, indent + GAP)


def _all_numbers(texts: list[str], shape: tuple[int, ...], head: list[Span], page: Page, indent: int) -> Iterator[Row]:
    """All numbers of an array, which may be many: only where a row may fit the page, each column has its own width."""
    per_row = shape[-1] if len(shape) == 2 else len(texts)
    starts = range(0, len(texts), per_row)
    if per_row * (1 + GAP) <= page.width:
        cells = [[numeric(text) for text in texts[start : start + per_row]] for start in starts]
        yield from _bracketed(cells, head, page, indent)
        return
    pointed = Pointed(texts)
    width = repeat(pointed.before + pointed.after)
    each = (pointed.set(pointed.before, slice(start, start + per_row)) for start in starts)
    yield from _placed((list(map(str.ljust, row, width)) for row in each), head, page, indent, at_once=page.plain)


def _bracketed(cells: list[list[TableCell]], head: list[Span], page: Page, indent: int) -> Iterator[Row]:
    """Numbers in columns of their own width, or all of one width where that would not fit the page."""
    grid = [Column(row[place] for row in cells) for place in range(len(cells[0]))]
    if indent + len(BRACKETS) + total(grid) > page.width:
        grid = [Column(chain.from_iterable(cells))] * len(grid)
    rows = [[column.set(one) for column, one in zip(grid, row, strict=True)] for row in cells]
    yield from _placed(rows, head, page, indent)


def _placed(
    rows: Iterable[list[str]], head: list[Span], page: Page, indent: int, at_once: bool = False
) -> Iterator[Row]:
    """Rows of cells in brackets, behind their name or below it; one too long for the page goes on below.

    ``at_once``: all lines of such a row are one row of the page.
    """
    rows = iter(rows)
    first = next(rows)
    wide = sum(map(columns, first)) + GAP * (len(first) - 1) + len(BRACKETS)
    lead = length(head) + 1
    if lead + wide <= page.width:
        head = [*head, Span(" ")]
    else:
        yield page.row(*head)
        lead, head = indent, [Span(" " * indent)]
    per_line = len(first)
    if lead + wide > page.width:
        per_line = max(1, (page.width - lead - len(BRACKETS) + GAP) // (columns(first[0]) + GAP))
    between = (" " * GAP).join
    for row in chain([first], rows):
        starts = range(0, len(row), per_line)
        *others, last = (f"  {between(row[start : start + per_line])}" for start in starts)
        lines = [*(line.rstrip(" ") for line in others), f"{last} ]"]
        lines[0] = "[" + lines[0][1:]
        for line in [f"\n{' ' * lead}".join(lines)] if at_once else lines:
            yield page.row(*head, Span(line, "body"))
            head = [Span(" " * lead)]

"""What a network is given: named numbers side by side, and matrices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from ...expr import Expr, Num
from ...expr.text import text
from ...solution.model import Matrix, Quantities
from .breaking import sentence, words, wrapped
from .columns import GAP, Cell, Column, cell, number_cell, total
from .rows import Page, Role, Row, Span, columns, drawing, length
from .steps import below


def quantity_rows(given: Quantities, page: Page, indent: int) -> Iterator[Row]:
    """Names over values, in as many bands as the width needs, each about as long as the others."""
    for line in wrapped(words(given.caption, page.script), page.width - indent):
        yield page.row(Span(" " * indent), Span(line))
    pairs = [(cell((name,), page.script).text, cell((value,), page.script).text) for name, value in given.pairs]
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
    fewest = -(-len(widths) * (1 + GAP) // max(room + GAP, 1)) or 1
    for bands in range(fewest, len(widths)):
        per_band = -(-len(widths) // bands)
        if sum(max(widths[place::per_band]) + GAP for place in range(per_band)) - GAP <= room:
            return per_band
    return 1


def _spread(texts: Iterable[tuple[str, int]], role: Role, page: Page, indent: int) -> Row:
    """Texts at the right of their columns."""
    spans = [Span(" " * (indent - GAP))]
    for written, width in texts:
        spans += [Span(" " * (GAP + width - columns(written))), Span(written, role)]
    return page.row(*spans)


def matrix_rows(matrix: Matrix, page: Page, indent: int) -> Iterator[Row]:
    """``W1 [2×3] = [ … ]``, row under row, the numbers on their points; a row too long for the page goes on below."""
    shape = page.script.times.join(map(str, matrix.shape))
    head = [Span(" " * indent), Span(text(matrix.name, page.script), "name"), Span(f" [{shape}]")]
    if matrix.rows:
        cells = [[_entry(one, page) for one in row] for row in matrix.rows]
        yield from _bracketed(cells, head, page, indent)
    elif length(head) + GAP + columns(note := sentence(words(matrix.note, page.script))) <= page.width:
        yield page.row(*head, Span(" " * GAP), Span(note, "note"))
        return
    else:
        yield page.row(*head)
    if matrix.note:
        yield from below([matrix.note], page, indent + GAP)


def _entry(number: Expr | None, page: Page) -> Cell:
    if isinstance(number, Num):
        return number_cell(number, page.script)
    return Cell(drawing(page.script).absent, 1, number=True) if number is None else cell((number,), page.script)


def _bracketed(cells: list[list[Cell]], head: list[Span], page: Page, indent: int) -> Iterator[Row]:
    longest = max(map(len, cells))
    narrow = longest * (1 + GAP) <= page.width
    shared = Column(() if narrow else chain.from_iterable(cells))
    grid = [Column(row[place] for row in cells if place < len(row)) if narrow else shared for place in range(longest)]
    brackets = len("[  ]")
    lead = length(head) + len(" = ")
    head = [*head, Span(" "), Span("=", "relation")]
    if lead + brackets + total(grid) <= page.width:
        head.append(Span(" "))
    else:
        yield page.row(*head)
        lead, head = indent, [Span(" " * indent)]
    per_line = len(grid)
    if lead + brackets + total(grid) > page.width:
        grid = [Column(chain.from_iterable(cells))] * len(grid) if narrow else grid
        per_line = max(1, (page.width - lead - brackets + GAP) // (grid[0].width + GAP))
    same = all(column is grid[0] for column in grid)
    for row in cells:
        texts = grid[0].set_all(row) if same else [column.set(one) for column, one in zip(grid, row, strict=False)]
        for start in range(0, len(row), per_line):
            numbers = (" " * GAP).join(texts[start : start + per_line])
            opening, closing = "[ " if start == 0 else "  ", " ]" if start + per_line >= len(row) else ""
            yield page.row(*head, Span(opening + numbers + closing, "body"))
            head = [Span(" " * lead)]

"""A whole solution as rows: its head, its sections in order, the checks at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, groupby, islice

from ...expr.script import Script, plain
from ...solution.content.model import (
    Block,
    Check,
    Family,
    Matrix,
    Plot,
    Quantities,
    Remark,
    Section,
    Solution,
    Step,
    Table,
)
from ...solution.content.outline import CONVENTIONS, TITLES, heading, is_pictures_alone, outline, source
from .breaking import filled, words, wrapped
from .given_values import matrix_rows, quantity_rows
from .rows import Page, Row, Span, TextRole, columns, drawing, length
from .steps import HANG, step_rows
from .tables import table_rows

LOOKAHEAD = 512
"""The blocks of a section that decide how wide its column of ids is. The others stream."""
BETWEEN_CHECKS = 6


def rows(solution: Solution, width: int, script: Script, plain: bool = False) -> Iterator[Row]:
    """The sheet's rows, made as they are asked for; ``plain`` ones without the roles of all their texts."""
    page = Page(width, script._replace(symbolic=solution.symbolic), plain=plain)
    if solution.title:
        yield from _paragraph(filled((solution.title,), width, script), "title", page)
    if not solution.is_excerpt:
        yield from _paragraph(filled(source(solution), width, script), "source", page)
        yield page.row()
    if is_pictures_alone(solution):
        from .picture import picture_rows

        for name, picture in solution.pictures().items():
            yield from picture_rows(picture, page._replace(section=name))
        return
    for place, section in enumerate(outline(solution)):
        own = page._replace(section=section.name)
        if place and heading(section):
            yield page.row()
        yield from _agreed(solution, own) if section is CONVENTIONS else _section(section, own)


def _paragraph(lines: Iterable[str], role: TextRole, page: Page, indent: int = 0) -> Iterator[Row]:
    for line in lines:
        yield page.row(Span(" " * indent), Span(line, role))


def _agreed(solution: Solution, page: Page) -> Iterator[Row]:
    """The conventions in a box as wide as the longest of them."""
    yield page.row(Span(TITLES["conventions"], "heading"))
    draw = drawing(page.script)
    lines = [
        ("  " if place else "") + line
        for note in solution.agreed
        for place, line in enumerate(wrapped(words(note, page.script), page.width - len("|    |")))
    ]
    inside = max(map(columns, lines))
    (left, right), (foot_left, foot_right) = draw.top, draw.bottom
    yield page.row(Span(left + draw.rule * (inside + 2) + right, "frame"))
    for line in lines:
        space = Span(" " * (inside - columns(line) + 1))
        yield page.row(Span(draw.side, "frame"), Span(" "), Span(line), space, Span(draw.side, "frame"))
    yield page.row(Span(foot_left + draw.rule * (inside + 2) + foot_right, "frame"))


def _section(section: Section, page: Page) -> Iterator[Row]:
    yield from _paragraph(wrapped(words(heading(section), page.script), page.width), "heading", page)
    blocks = iter(section.blocks)
    first = list(islice(blocks, LOOKAHEAD))
    first_ids = islice(chain.from_iterable(map(_ids, first)), LOOKAHEAD)
    ids = max((len(id) + 1 for id in first_ids if id), default=HANG)
    for checks, group in groupby(chain(first, blocks), key=lambda block: isinstance(block, Check)):
        if checks:
            yield from _checks((block for block in group if isinstance(block, Check)), page)
        else:
            for block in group:
                yield from _block(block, page, max(HANG, ids))


def _ids(block: Block) -> Iterable[str]:
    """The ids of a block's steps, an empty one for a block of another kind."""
    if isinstance(block, Family):
        return map(block.id, block.places)
    return (block.id if isinstance(block, Step) else "",)


def _block(block: Block, page: Page, ids: int) -> Iterator[Row]:
    match block:
        case Step():
            return step_rows(block, page, ids)
        case Family():
            from .families import family_rows  # only for long listings

            return family_rows(block, page, ids)
        case Quantities():
            return quantity_rows(block, page, HANG)
        case Matrix():
            return matrix_rows(block, page, HANG)
        case Table():
            return table_rows(block, page)
        case Remark(note, is_heading):
            indent = 0 if is_heading else ids
            lines = wrapped(words(note, page.script), page.width - indent)
            return _paragraph(lines, "heading" if is_heading else "", page, indent)
        case Check():
            return _checks([block], page)
        case Plot():
            from ..plot.characters import plot_lines  # it takes a library

            return (page.row(Span(line)) for line in plot_lines(block, page.width, page.script))


def _checks(checks: Iterable[Check], page: Page) -> Iterator[Row]:
    """Checks beside each other where they fit, each with its mark."""
    line: list[Span] = []
    for check in checks:
        first, *more = _check_lines(check, page)
        if line and not more and length(line) + BETWEEN_CHECKS + length(first) <= page.width:
            line += [Span(" " * BETWEEN_CHECKS), *first]
            continue
        if line:
            yield page.row(*line)
        line = [Span(" " * HANG), *first]
        if more:
            yield page.row(*line)
            yield from (page.row(Span(" " * (HANG + 2)), *spans) for spans in more)
            line = []
    if line:
        yield page.row(*line)


def _check_lines(check: Check, page: Page) -> list[list[Span]]:
    """The check's words, led by ``note:`` or with its mark at the end."""
    if check.status == "note":
        note = words(("note: ", *check.words), page.script)
        return [[Span(line, "note")] for line in wrapped(note, page.width - HANG - 2)]
    sign = "✓" if check.status == "ok" else "✗"
    mark = Span(plain(sign, page.script), "ok" if check.status == "ok" else "failed")
    room = page.width - HANG - 2 - columns(mark.text) - 1
    lines = [[Span(line)] for line in wrapped(words(check.words, page.script), room)] or [[]]
    lines[-1] += [Span(" "), mark]
    return lines

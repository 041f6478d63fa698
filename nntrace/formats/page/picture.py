"""A picture in plain characters: layer by layer, each unit with what it reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ...expr.script import plain
from ...expr.text import text
from ...solution.content.model import Note
from ...solution.content.picture import DrawnEdge, NumberedName, Picture
from .breaking import sentence, words, wrapped
from .rows import Page, Row, Span, drawing

INDENT = 4
CIRCLED = "①②③④"


def picture_rows(picture: Picture, page: Page) -> Iterator[Row]:
    """The caption, the layers, and what the marked paths are; a unit's line breaks where the page ends."""
    yield from (page.row(Span(line, "heading")) for line in wrapped(words(picture.caption, page.script), page.width))
    edges_into: defaultdict[int, list[DrawnEdge]] = defaultdict(list)
    for edge in picture.edges:
        edges_into[edge.end].append(edge)
    units = picture.units
    place = 0
    for layer in picture.layers:
        yield page.row(Span(_words(layer.names, page)))
        for unit in layer.units:
            if unit.left_out:
                more = f"{plain('…', page.script)} {unit.left_out} more"
                yield page.row(Span(" " * INDENT), Span(more, "note"))
            value = () if unit.label.number is None else (Span(f" = {text(unit.label.number, page.script)}", "value"),)
            yield page.row(Span(" " * INDENT), Span(text(unit.label.name, page.script), "name"), *value)
            terms = [_read(edge, units[edge.start].label, picture, page) for edge in edges_into[place]]
            terms += [_numbered(addend, page) for addend in unit.addends]
            yield from _listed(terms, page)
            place += 1
    for number, note in enumerate(picture.paths):
        yield page.row(Span(f"{_mark(number, page)} {_words(note, page)}"))


def _read(edge: DrawnEdge, start: NumberedName, picture: Picture, page: Page) -> str:
    """What a unit reads and what that is multiplied by, with the marks of the paths along it."""
    weight = [page.script.times.strip(), _numbered(edge.weight, page)] if edge.weight else []
    marks = [_mark(number, page) for number in edge.paths]
    return " ".join([text(start.name, page.script), *weight, *marks])


def _listed(items: list[str], page: Page) -> Iterator[Row]:
    """``← i1 × w11 (1.0), i2 × w21 (0.5)``, as many on a line as it holds."""
    lead = drawing(page.script).below
    parts = [*((f"{item},",) for item in items[:-1]), *((item,) for item in items[-1:])]
    for line in wrapped(parts, page.width - 2 * INDENT - len(lead)):
        yield page.row(Span(" " * 2 * INDENT), Span(lead), Span(line))
        lead = " " * len(lead)


def _numbered(label: NumberedName, page: Page) -> str:
    number = "" if label.number is None else f" ({text(label.number, page.script)})"
    return f"{text(label.name, page.script)}{number}"


def _mark(number: int, page: Page) -> str:
    return f"({number + 1})" if page.script.ascii else CIRCLED[number]


def _words(note: Note, page: Page) -> str:
    return sentence(words(note, page.script))

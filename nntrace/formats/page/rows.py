"""Rows of spans, and how many columns a text takes."""

from __future__ import annotations

from typing import Literal

from ...expr.script import Script
from ...record import Record
from ...solution.content.model import SectionName

TextRole = Literal[
    "", "title", "source", "heading", "id", "name", "relation", "body", "value", "note", "frame", "ok", "failed"
]  # fmt: skip


class Span(Record):
    """Text that plays one role in its row; blank space has none."""

    text: str
    role: TextRole = ""


class Row(Record):
    """One printed line, and the section it stands in."""

    spans: tuple[Span, ...]
    section: SectionName | None = None


class Page(Record):
    """What a sheet is written on: how many columns, in which signs, for which section.

    On a ``plain`` page nobody asks for roles: a row may be a single span, and that several lines.
    """

    width: int
    script: Script
    section: SectionName | None = None
    plain: bool = False

    def row(self, *spans: Span) -> Row:
        """The spans as a row, without blank space at its end."""
        if spans and spans[-1].text and spans[-1].text[-1] != " ":
            return Row(spans, self.section)
        while spans and not (text := spans[-1].text.rstrip(" ")):
            spans = spans[:-1]
        if spans and text != spans[-1].text:
            spans = (*spans[:-1], Span(text, spans[-1].role))
        return Row(spans, self.section)


class Drawing(Record):
    """The signs that are no formula's: the same places in Unicode and in ASCII."""

    rule: str
    side: str
    top: tuple[str, str]
    bottom: tuple[str, str]
    below: str
    absent: str


_BOXES = Drawing("─", "│", ("┌", "┐"), ("└", "┘"), "← ", "·")
_ASCII_BOXES = Drawing("-", "|", ("+", "+"), ("+", "+"), "<- ", ".")


def drawing(script: Script) -> Drawing:
    """Lines and boxes in this script."""
    return _ASCII_BOXES if script.ascii else _BOXES


_NARROW = frozenset().union(*(
    map(chr, range(ord(first), ord(last) + 1))
    for first, last in (
        (" ", "~"), ("\u00a1", "\u00ac"), ("\u00ae", "\u02ff"), ("\u0370", "\u0377"), ("\u037a", "\u037f"),
        ("\u0384", "\u0482"), ("\u2010", "\u2027"), ("\u2030", "\u205e"), ("\u2070", "\u2071"), ("\u2074", "\u208e"),
        ("\u20a0", "\u20c0"), ("\u2100", "\u218b"), ("\u2190", "\u22ff"), ("\u2500", "\u25fc"), ("✓", "✓"), ("✗", "✗"),
        ("ᵀ", "ᵀ"),
    )
))  # fmt: skip
"""Characters that take one column, as a set: quicker to make than a pattern."""


def columns(text: str) -> int:
    """How many columns a text takes: two for each wide character, none for an accent that is set over another."""
    if text.isascii() or _NARROW.issuperset(text):
        return len(text)
    if _NARROW.issuperset(bare := [char for char in text if not "\u0300" <= char <= "\u036f"]):
        return len(bare)
    from rich.cells import cell_len  # the one table of widths that is worth its 5 ms, for those that need it

    return cell_len(text)


def length(spans: tuple[Span, ...] | list[Span]) -> int:
    """How many columns these spans take."""
    return sum(columns(span.text) for span in spans)


def joined(row: Row) -> str:
    """The row as plain text."""
    return "".join(span.text for span in row.spans)

"""The sheet on a terminal: the same rows as plain text, coloured by their section and the role of each text.

Colour says nothing that the text does not. Only the terminal's own colours are used, of those that can be read on a
dark ground and on a light one, for headings and ids; formulas and numbers keep the terminal's colour. Nothing is bold
and coloured at once, which some terminals show in a lighter colour that a white ground swallows. rich leaves colours
out where the output is no terminal or ``NO_COLOR`` is set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from rich.console import Console, ConsoleOptions
from rich.segment import Segment, Segments
from rich.style import Style

from ..expr.script import ASCII, UNICODE, Script
from ..solution.content.model import SectionName, Solution
from .page import Row, rows

FORWARD, BACKWARD, UPDATE, PLAIN = "cyan", "magenta", "green", "default"
COLOURS: dict[SectionName | None, str] = {
    "forward": FORWARD,
    "loss": FORWARD,
    "backward": BACKWARD,
    "paths": BACKWARD,
    "update": UPDATE,
}
STYLES = {
    "title": "bold",
    "heading": "underline {colour}",
    "id": "{colour}",
    "name": "bold",
    "value": "bold",
    "note": "italic",
    "frame": "dim",
    "ok": "green",
    "failed": "red",
}
BATCH = 64
"""Rows printed at once: often enough to be read as they come, seldom enough to be fast."""


def show(solution: Solution, console: Console, script: Script, width: int | None = None) -> None:
    """Print the sheet, as wide as the console where no width is given."""
    lines = rows(solution, width or console.width, script)
    while batch := list(islice(lines, BATCH)):
        console.print(Segments(_segments(batch)), soft_wrap=True, end="")


class Printed:
    """A solution that any console prints as its sheet, as wide as it is."""

    def __init__(self, solution: Solution) -> None:
        self.solution = solution

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        script = ASCII if options.ascii_only else UNICODE
        yield from _segments(rows(self.solution, options.max_width, script))


def _segments(lines: Iterable[Row]) -> Iterator[Segment]:
    """Rows for rich to print as they are: nothing in them is markup, and nothing is wrapped again."""
    for line in lines:
        colour = COLOURS.get(line.section, PLAIN)
        for span in line.spans:
            style = STYLES.get(span.role)
            yield Segment(span.text, Style.parse(style.format(colour=colour)) if style else None)
        yield Segment.line()

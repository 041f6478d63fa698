"""Markdown with formulas between dollar signs, as GitHub and Jupyter read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..errors import printable
from ..expr.script import Script
from ..solution.content.model import Note, Plot, Solution
from ..solution.content.outline import is_pictures_alone
from .plot.characters import plot_lines
from .typeset.latex import Latex
from .typeset.latex_steps import LatexSteps
from .typeset.sheet import HeadedRows, manuscript_lines

WIDTH = 92
PLOT_WIDTH = 78
"""The most columns of a table of given numbers."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>&#|~!]|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\w)(?=@))")
_FIRST = re.compile(r"^(\s*\d*)([-+=.)])")
"""What would begin a list or underline a heading at the start of a paragraph."""


def write(solution: Solution, width: int, script: Script) -> Iterator[str]:
    """The document's lines; with an ASCII script nothing else is in them."""
    document = Markdown(solution, Latex(script.ascii, markdown=True), min(width, WIDTH), script)
    return document.pictures() if is_pictures_alone(solution) else manuscript_lines(document)


class Markdown(LatexSteps):
    """The parts of a sheet in Markdown: a step is its id and its formulas."""

    has_running_notes = True
    before_sizes, before_note = r" \thinspace ", " &emsp; "
    marks = {"ok": " ✓", "failed": " ✗"}

    def words(self, text: str) -> str:
        """Words with a backslash before what Markdown would read; a dollar sign by itself in an element."""
        escaped = _SPECIAL.sub(r"\\\1", printable(text)).replace("\\&", "&amp;").replace("\\<", "&lt;")
        escaped = escaped.replace("$", "<span>$</span>")
        if self.script.ascii and not escaped.isascii():
            escaped = escaped.encode("ascii", "xmlcharrefreplace").decode()
        return escaped

    def formula(self, written: str) -> str:
        return f"${written}$"

    def pictures(self) -> Iterator[str]:
        """The title, and pictures in plain characters."""
        from .page import joined
        from .page.picture import picture_rows
        from .page.rows import Page

        yield from self.opening(())
        for picture in self.solution.pictures().values():
            yield "```text"
            yield from map(joined, picture_rows(picture, Page(WIDTH, self.script)))
            yield "```"

    def paragraph(self, words: Note) -> str:
        return _FIRST.sub(r"\1\\\2", self.note(words))

    def headed(self, level: int, words: str) -> str:
        return f"{'#' * level} {words}\n"

    def listed(self, kind: str, items: Iterable[tuple[str, str]]) -> Iterator[str]:
        yield from (f"- {words}" for _, words in items)
        yield ""

    def line(self, id: str, formula: str, note: str) -> str:
        return f"{_bold(id)}$\\displaystyle {formula}${f' &emsp; {note}' if note else ''}\n"

    def block(self, id: str, lines: Sequence[str]) -> Iterator[str]:
        body = " \\cr\n".join(lines)
        yield f"{_bold(id).rstrip()}\n\n$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$\n"

    def band(self, names: list[str], numbers: list[str]) -> Iterator[str]:
        yield from _table(names, [True] * len(names))
        yield _row(numbers) + "\n"

    def display(self, formula: str) -> str:
        return f"$$\n{formula}\n$$\n"

    def verbatim(self, lines: Iterator[str]) -> Iterator[str]:
        yield "```text"
        yield from lines
        yield "```\n"

    def table(self, table: HeadedRows) -> Iterator[str]:
        yield from _table([self.note(column) for column in table.columns], table.numbers)
        yield from (_row([self.note(cell) for cell in row]) for row in table.rows)
        yield ""

    def plot(self, plot: Plot) -> Iterator[str]:
        return self.verbatim(plot_lines(plot, PLOT_WIDTH, self.script))


def _table(heads: list[str], numbers: Sequence[bool]) -> Iterator[str]:
    yield _row(heads)
    yield _row(["---:" if right else "---" for right in numbers])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _bold(id: str) -> str:
    """A step's id before its formula."""
    return f"**{id}** " if id else ""

"""Markdown with formulas between dollar signs, as GitHub and Jupyter read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..errors import printable
from ..expr.script import Script, plain
from ..solution.content.model import Check, Matrix, Note, Plot, Quantities, Section, Solution
from ..solution.content.outline import is_pictures_alone, source
from .plot.characters import plot_lines
from .typeset.formulas import Formulas
from .typeset.latex import Latex
from .typeset.latex_steps import LatexSteps
from .typeset.numbers import in_rows, listing
from .typeset.sheet import HeadedRows, manuscript_lines

WIDTH = 92
PLOT_WIDTH = 78
"""The most columns of a table of given numbers."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>&#|~!]|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\w)(?=@))")
_FIRST = re.compile(r"^(\s*\d*)([-+=.)])")
"""What would begin a list or underline a heading at the start of a paragraph."""


def write(solution: Solution, width: int, script: Script) -> Iterator[str]:
    """The document's lines; with an ASCII script nothing else is in them."""
    formulas = Formulas(Latex(script.ascii, markdown=True), solution.tensors(), solution.symbolic)
    document = Markdown(formulas, min(width, WIDTH), script)
    return document.pictures(solution) if is_pictures_alone(solution) else manuscript_lines(solution, document)


class Markdown(LatexSteps):
    """The parts of a sheet in Markdown: a step is its id and its formulas."""

    def __init__(self, formulas: Formulas, width: float, script: Script) -> None:
        super().__init__(formulas, width)
        self.script = script

    def words(self, text: str) -> str:
        """Words with a backslash before what Markdown would read; a dollar sign by itself in an element."""
        escaped = _SPECIAL.sub(r"\\\1", printable(text)).replace("\\&", "&amp;").replace("\\<", "&lt;")
        escaped = escaped.replace("$", "<span>$</span>")
        if self.script.ascii and not escaped.isascii():
            escaped = escaped.encode("ascii", "xmlcharrefreplace").decode()
        return escaped

    def formula(self, written: str) -> str:
        return f"${written}$"

    def pictures(self, solution: Solution) -> Iterator[str]:
        """The title, and pictures in plain characters."""
        from .page import joined
        from .page.picture import picture_rows
        from .page.rows import Page

        yield from self.opening(solution, ())
        for picture in solution.pictures().values():
            yield "```text"
            yield from map(joined, picture_rows(picture, Page(WIDTH, self.script)))
            yield "```"

    def paragraph(self, words: Note) -> str:
        """Running text at the start of a line."""
        return _FIRST.sub(r"\1\\\2", self.note(words))

    def opening(self, solution: Solution, sections: Sequence[Section]) -> Iterator[str]:
        if solution.title:
            yield f"# {self.words(solution.title)}\n"
        if not solution.is_excerpt:
            yield f"{self.note(source(solution))}\n"

    def heading(self, words: Note, section: Section, place: int) -> Iterator[str]:
        yield f"## {self.note(words)}\n"

    def subheading(self, words: Note) -> Iterator[str]:
        yield f"### {self.note(words)}\n"

    def conventions(self, notes: Sequence[Note]) -> Iterator[str]:
        yield from (f"- {self.paragraph(note)}" for note in notes)
        yield ""

    has_running_notes = True

    def line(self, id: str, formula: str, note: str) -> str:
        return f"{_bold(id)}$\\displaystyle {formula}${f' &emsp; {note}' if note else ''}\n"

    def block(self, id: str, lines: Sequence[str]) -> Iterator[str]:
        body = " \\cr\n".join(lines)
        yield f"{_bold(id).rstrip()}\n\n$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$\n"

    def quantities(self, given: Quantities) -> Iterator[str]:
        if given.caption:
            yield f"{self.paragraph(given.caption)}\n"
        for band in self.bands(given):
            yield from _table([self.note(name) for name, _ in band], [True] * len(band))
            yield _row([self.note(value) for _, value in band]) + "\n"

    def matrix(self, matrix: Matrix) -> Iterator[str]:
        shape = r" \times ".join(map(str, matrix.shape))
        name = self.formulas.text(matrix.name)
        note = f" &emsp; {self.note(matrix.note)}" if matrix.note else ""
        sign = self.formulas.language.sign("≈" if matrix.rounded else "=")
        head = f"{name} {self.formulas.language.juxtaposition} [{shape}]"
        if (numbers := in_rows(matrix, self.formulas, self.width)) is not None:
            yield f"$$\n{head} {sign} {numbers}\n$$\n"
            if matrix.note:
                yield f"{self.note(matrix.note)}\n"
            return
        yield f"${head}${note}\n"
        if matrix.rows:
            yield "```text"
            yield from listing(matrix, self.script)
            yield "```\n"

    def table(self, table: HeadedRows) -> Iterator[str]:
        yield from _table([self.note(column) for column in table.columns], table.numbers)
        yield from (_row([self.note(cell) for cell in row]) for row in table.rows)
        yield ""

    def remark(self, words: Note) -> Iterator[str]:
        yield f"{self.paragraph(words)}\n"

    def plot(self, plot: Plot) -> Iterator[str]:
        yield "```text"
        yield from plot_lines(plot, PLOT_WIDTH, self.script)
        yield "```\n"

    def checks(self, checks: Sequence[Check]) -> Iterator[str]:
        for check in checks:
            mark = {"ok": " " + plain("✓", self.script), "failed": " " + plain("✗", self.script), "note": ""}[
                check.status
            ]
            yield f"- {'note: ' if check.status == 'note' else ''}{self.paragraph(check.words)}{mark}"
        yield ""


def _table(heads: list[str], numbers: Sequence[bool]) -> Iterator[str]:
    yield _row(heads)
    yield _row(["---:" if right else "---" for right in numbers])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _bold(id: str) -> str:
    """A step's id before its formula."""
    return f"**{id}** " if id else ""

"""One HTML file that needs nothing else: formulas in MathML, light and dark, for a screen and for paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from math import inf
from typing import cast

from ..errors import printable
from ..expr.script import UNICODE, Script
from ..solution.content.model import Matrix, Note, Plot, Quantities, Section, Solution, Step, listed
from ..solution.content.outline import heading, source
from ..solution.content.picture import Picture
from .plot.svg import svg_lines
from .typeset.language import Chunk, Sign
from .typeset.mathml import MathML
from .typeset.numbers import in_rows, listing
from .typeset.rows import FormulaRow
from .typeset.sheet import HeadedRows, Manuscript, is_number, manuscript_lines

WIDTH = 110
"""A compact step takes one row up to this; the browser breaks rows where the window is narrower."""
UNBROKEN = 22.0
"""The widest part of a formula that is kept together, if it can be broken at all."""


def write(solution: Solution, width: int, script: Script) -> Iterator[str]:
    """The file's lines; with an ASCII script all other characters are written by their numbers."""
    lines = manuscript_lines(HtmlDocument(solution, MathML(), min(width, WIDTH), UNICODE))
    if not script.ascii:
        return lines
    return (line.encode("ascii", "xmlcharrefreplace").decode() for line in lines)


def fragment(solution: Solution) -> Iterator[str]:
    """The sheet as an element of another page: without anchors, which that page may have already."""
    return manuscript_lines(HtmlFragment(solution, MathML(), WIDTH, UNICODE))


class HtmlFragment(Manuscript):
    """The parts of a sheet inside another page."""

    draws = True
    marks = {"ok": " ✓", "failed": " ✗ <strong>does not hold</strong>"}

    def words(self, text: str) -> str:
        return escape(printable(text))

    def formula(self, written: str) -> str:
        return f"<math>{written}</math>"

    def running(self, chunks: list[Chunk]) -> str:
        """The browser may break a formula of a note, too."""
        return "<wbr>".join(self.formula("".join(chunk.text for chunk in part)) for part in _unbroken(chunks))

    def preamble(self) -> Iterator[str]:
        from .typeset.style import INNER

        yield f'<div class="nntrace">\n<style>\n{INNER}</style>'
        self._is_open = False

    def source(self, line: str) -> str:
        return f'<p class="source">{line}</p>'

    def closing(self) -> Iterator[str]:
        yield ("</section>\n" if self._is_open else "") + "</div>"

    def anchor(self, name: str) -> str:
        """The attribute that makes an element a place to go to."""
        return ""

    def id(self, id: str) -> str:
        """A step's id."""
        return f'<span class="id">{id}</span>'

    def picture(self, picture: Picture) -> Iterator[str]:
        from .drawing.layout import figure
        from .drawing.svg import svg

        yield f'<figure class="wide picture" tabindex="0">\n<figcaption>{self.note(picture.caption)}</figcaption>'
        yield from svg(figure(picture), ground=False)
        yield "</figure>"

    def heading(self, words: Note, section: Section, place: int) -> Iterator[str]:
        anchor = _anchor(section, place)
        if self._is_open:
            yield "</section>"
        self._is_open = True
        kind = section.name.split(" ")[0]
        yield f'<section class="{kind}">\n<h2{self.anchor(anchor)}>{self.note(words)}</h2>'

    def headed(self, level: int, words: str) -> str:
        return f"<h{level}>{words}</h{level}>" if level > 1 else f'<p dir="auto"><strong>{words}</strong></p>'

    def listed(self, kind: str, items: Iterable[tuple[str, str]]) -> Iterator[str]:
        yield f'<ul class="{kind}">'
        yield from (f"<li{_class(own)}>{words}</li>" for own, words in items)
        yield "</ul>"

    def step(self, step: Step, rows: list[FormulaRow]) -> Iterator[str]:
        language = self.formulas.language
        lines = [f'<div class="step"{self.anchor(step.id)}>{self.id(step.id)}<div class="rows">']
        for row in rows:
            name = self.formula(row.name.text) if row.name else ""
            relation = row.sign or row.relation
            sign = self.formula(language.sign(cast("Sign", relation))) if row.sign else escape(relation)
            body = self.running(row.chunks)
            note = f' <span class="note">{self.note(listed(row.notes))}</span>' if row.notes else ""
            lines.append(f"<span>{name}</span><span>{sign}</span><span>{body}{note}</span>")
        yield "\n".join(lines) + "</div></div>"

    def bands(self, given: Quantities) -> Iterator[Sequence[tuple[Note, Note]]]:
        """All of them, for the browser to break."""
        yield given.pairs

    def band(self, names: list[str], numbers: list[str]) -> Iterator[str]:
        yield '<dl class="quantities">'
        for name, number in zip(names, numbers, strict=True):
            yield f"<div><dt>{name}</dt><dd>{number}</dd></div>"
        yield "</dl>"

    def matrix(self, matrix: Matrix) -> Iterator[str]:
        language = self.formulas.language
        shape = language.sign("×").join(language.number(str(size)) for size in matrix.shape)
        opening, closing = language.bracket("[]")
        head = self.formula(self.formulas.text(matrix.name)) + " " + self.formula(opening + shape + closing)
        note = f' <span class="note">{self.note(matrix.note)}</span>' if matrix.note else ""
        if (numbers := in_rows(matrix, self.formulas, inf)) is not None:
            sign = "≈" if matrix.rounded else "="
            yield f'<p class="wide">{head} {sign} {self.formula(numbers)}{note}</p>'
            return
        yield f"<p>{head}{note}</p>"
        if matrix.rows:
            yield '<pre tabindex="0">'
            yield from map(self.words, listing(matrix, UNICODE))
            yield "</pre>"

    def table(self, table: HeadedRows) -> Iterator[str]:
        yield '<div class="wide" tabindex="0" role="group" aria-label="Table">\n<table>\n<thead><tr>'
        for column, right in zip(table.columns, table.numbers, strict=True):
            yield f'<th scope="col"{_class("number" if right else "")}>{self.note(column)}</th>'
        yield "</tr></thead>\n<tbody>"
        with_ids = table.columns[0] == ("id",)
        for row in table.rows:
            cells = "".join(f"<td{_class('number' if is_number(cell) else '')}>{self.note(cell)}</td>" for cell in row)
            anchor = self.anchor(str(row[0][0])) if with_ids and row[0] else ""
            yield f"<tr{anchor}>{cells}</tr>"
        yield "</tbody>\n</table>\n</div>"

    def remark(self, words: Note) -> Iterator[str]:
        yield f"<p>{self.note(words)}</p>"

    def plot(self, plot: Plot) -> Iterator[str]:
        yield '<figure class="plot">'
        yield from svg_lines(plot)
        yield "</figure>"


class HtmlDocument(HtmlFragment):
    """The parts of a sheet in HTML: a step is an element whose id is the step's."""

    def opening(self, sections: Sequence[Section]) -> Iterator[str]:
        from .typeset.style import STYLE

        title = self.words(self.solution.title or self.solution.source)
        yield f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield f"<style>\n{STYLE}</style>\n</head>\n<body>"
        yield '<a class="skip" href="#sheet">Skip to the sheet</a>\n<header>'
        yield f'<h1 dir="auto">{title}</h1>\n<p class="source">{self.note(source(self.solution))}</p>\n</header>'
        yield '<nav aria-label="Contents">\n<ol>'
        for place, section in enumerate(sections):
            if words := heading(section):
                yield f'<li><a href="#{_anchor(section, place)}">{self.note(words)}</a></li>'
        yield '</ol>\n</nav>\n<main id="sheet">'
        self._is_open = False

    def closing(self) -> Iterator[str]:
        yield ("</section>\n" if self._is_open else "") + "</main>\n</body>\n</html>"

    def anchor(self, name: str) -> str:
        return f' id="{name}"' if name else ""

    def id(self, id: str) -> str:
        """A step's id, which leads to its step."""
        return f'<a class="id" href="#{id}">{id}</a>' if id else super().id(id)


def _anchor(section: Section, place: int) -> str:
    return f"section-{place + 1}-{section.name.replace(' ', '-')}"


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _unbroken(chunks: Sequence[Chunk]) -> Iterator[list[Chunk]]:
    """The chunks in formulas of their own, between which a line may break: at the best places, and in what is wide."""
    best = min((chunk.depth for chunk in chunks[1:]), default=0)
    part: list[Chunk] = []
    wide = 0.0
    for chunk in chunks:
        if part and (chunk.depth <= best or wide + chunk.width > UNBROKEN):
            yield part
            part, wide = [], 0.0
        part.append(chunk)
        wide += chunk.width
    yield part

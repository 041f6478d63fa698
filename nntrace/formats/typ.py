"""Typst: a document that compiles as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..expr.script import Script
from ..solution.content.model import Plot, Solution, Step
from ..solution.content.picture import Picture
from .drawing.shapes import spoken
from .plot.svg import svg_lines
from .typeset.alignment import aligned
from .typeset.rows import FormulaRow
from .typeset.sheet import HeadedRows, Manuscript, manuscript_lines
from .typeset.typst import Typst, quoted

WIDTH = 88
"""About how many digits are as wide as the page's text."""
TEXT, PICTURE = 480.0, 0.7
"""How wide the page's text is, and how large a picture is drawn, both in points."""
_PREAMBLE = """\
#set page(paper: "a4", margin: 20mm, numbering: "1")
#set text(font: "New Computer Modern", size: 10pt, lang: "en")
#set par(justify: false)
#show heading: set block(above: 1.4em, below: 0.8em)
#show math.equation: set block(breakable: true)
#show math.equation.where(block: true): set align(left)
#let step(id, body) = block(above: 1em, below: 1em, grid(columns: (3.4em, 1fr), text(fill: luma(70), id), body))
#let ruled(columns, align, head, ..cells) = table(
  columns: columns, align: align, stroke: none, inset: (x: 0.5em, y: 0.5em),
  table.hline(), table.header(..head), table.hline(stroke: 0.5pt), ..cells, table.hline(),
)"""


def write(solution: Solution, width: int, script: Script) -> Iterator[str]:
    """The document's lines."""
    return manuscript_lines(TypstDocument(solution, Typst(script.ascii), min(width, WIDTH), script))


class TypstDocument(Manuscript):
    """The parts of a sheet in Typst: a step has its id at the left, and is labelled by it."""

    draws = is_paper = True
    before_sizes, before_note = " thin ", " #h(1em) "
    marks = {"ok": " #sym.checkmark", "failed": " *does not hold*"}

    def words(self, text: str) -> str:
        """Words as a string, in which nothing has a meaning."""
        return f"#{quoted(text, self.script.ascii)};" if text else ""

    def formula(self, written: str) -> str:
        return f"${written}$"

    def preamble(self) -> Iterator[str]:
        yield f"#set document(title: {quoted(self.solution.title or self.solution.source, self.script.ascii)})"
        yield _PREAMBLE

    def headed(self, level: int, words: str) -> str:
        return f"#heading(level: {level})[{words}]"

    def listed(self, kind: str, items: Iterable[tuple[str, str]]) -> Iterator[str]:
        yield "#list("
        yield from (f"  [{words}]," for _, words in items)
        yield ")"

    def step(self, step: Step, rows: list[FormulaRow]) -> Iterator[str]:
        *others, last = aligned(rows, self.formulas, self.width)
        yield f'#step("{step.id}")[$ '
        yield from (f"{line} \\" for line in others)
        yield f"{last} $] <{step.id}>" if step.id else f"{last} $]"

    def band(self, names: list[str], numbers: list[str]) -> Iterator[str]:
        heads, values = (", ".join(f"[{one}]" for one in column) for column in (names, numbers))
        yield f"#ruled({len(names)}, right, ({heads},), {values})"

    def display(self, formula: str) -> str:
        return f"$ {formula} $"

    def verbatim(self, lines: Iterator[str]) -> Iterator[str]:
        texts = ", ".join(quoted(line, self.script.ascii) for line in "\n".join(lines).split("\n"))
        yield f'#text(size: 7pt, raw(block: true, ({texts},).join("\\n")))'

    def table(self, table: HeadedRows) -> Iterator[str]:
        align = ", ".join("right" if right else "left" for right in table.numbers)
        heads = ", ".join(f"[{self.note(column)}]" for column in table.columns)
        yield f"#ruled({len(table.columns)}, ({align},), ({heads},),"
        for row in table.rows:
            yield f"  {', '.join(f'[{self.note(cell)}]' for cell in row)},"
        yield ")"

    def picture(self, picture: Picture) -> Iterator[str]:
        from .drawing.layout import figure
        from .drawing.svg import svg

        drawn = figure(picture)
        width = "100%" if drawn.width * PICTURE > TEXT else f"{drawn.width * PICTURE:.0f}pt"
        lines, described = " ".join(svg(drawn)), spoken(drawn.described)
        image = f'image(bytes({quoted(lines, self.script.ascii)}), format: "svg", width: {width}'
        yield f"#block(breakable: false)[{self.note(picture.caption)}"
        yield f"#{image}, alt: {quoted(described, self.script.ascii)})]"

    def plot(self, plot: Plot) -> Iterator[str]:
        picture = "".join(svg_lines(plot)).replace("\\", "\\\\").replace('"', '\\"')
        yield f'#image(bytes("{picture}"), format: "svg", width: 100%)\n'

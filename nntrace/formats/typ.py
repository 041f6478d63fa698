"""Typst: a document that compiles as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..expr.script import Script
from ..solution.content.model import Check, Matrix, Note, Plot, Quantities, Section, Solution, Step
from ..solution.content.outline import source
from ..solution.content.picture import Picture
from .drawing.shapes import spoken
from .plot.svg import svg_lines
from .typeset.alignment import aligned
from .typeset.formulas import Formulas
from .typeset.numbers import in_rows, listing
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
    formulas = Formulas(Typst(script.ascii), solution.tensors(), solution.symbolic)
    return manuscript_lines(solution, TypstDocument(formulas, min(width, WIDTH), script))


class TypstDocument(Manuscript):
    """The parts of a sheet in Typst: a step has its id at the left, and is labelled by it."""

    draws = is_paper = True

    def __init__(self, formulas: Formulas, width: float, script: Script) -> None:
        super().__init__(formulas, width)
        self.script = script

    def words(self, text: str) -> str:
        """Words as a string, in which nothing has a meaning."""
        return f"#{quoted(text, self.script.ascii)};" if text else ""

    def formula(self, written: str) -> str:
        return f"${written}$"

    def opening(self, solution: Solution, sections: Sequence[Section]) -> Iterator[str]:
        title = solution.title or solution.source
        yield f"#set document(title: {quoted(title, self.script.ascii)})"
        yield _PREAMBLE
        if solution.title:
            yield f"#heading(level: 1)[{self.words(solution.title)}]"
        if not solution.is_excerpt:
            yield f"{self.note(source(solution))}\n"

    def heading(self, words: Note, section: Section, place: int) -> Iterator[str]:
        yield f"#heading(level: 2)[{self.note(words)}]"

    def subheading(self, words: Note) -> Iterator[str]:
        yield f"#heading(level: 3)[{self.note(words)}]"

    def conventions(self, notes: Sequence[Note]) -> Iterator[str]:
        yield "#list("
        yield from (f"  [{self.note(note)}]," for note in notes)
        yield ")"

    def step(self, step: Step, rows: list[FormulaRow]) -> Iterator[str]:
        *others, last = aligned(rows, self.formulas, self.width)
        yield f'#step("{step.id}")[$ '
        yield from (f"{line} \\" for line in others)
        yield f"{last} $] <{step.id}>" if step.id else f"{last} $]"

    def quantities(self, given: Quantities) -> Iterator[str]:
        if given.caption:
            yield f"{self.note(given.caption)}\n"
        for band in self.bands(given):
            heads, values = (", ".join(f"[{self.note(one)}]" for one in column) for column in zip(*band, strict=True))
            yield f"#ruled({len(band)}, right, ({heads},), {values})"

    def matrix(self, matrix: Matrix) -> Iterator[str]:
        shape = f" {self.formulas.language.sign('×')} ".join(map(str, matrix.shape))
        head = f"{self.formulas.text(matrix.name)} thin [{shape}]"
        note = f" #h(1em) {self.note(matrix.note)}" if matrix.note else ""
        if (numbers := in_rows(matrix, self.formulas, self.width)) is not None:
            sign = self.formulas.language.sign("≈" if matrix.rounded else "=")
            yield f"$ {head} {sign} {numbers} $"
            if note:
                yield f"{note}\n"
            return
        yield f"${head}${note}\n"
        if matrix.rows:
            lines = "\n".join(listing(matrix, self.script)).split("\n")
            texts = ", ".join(quoted(line, self.script.ascii) for line in lines)
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

    def remark(self, words: Note) -> Iterator[str]:
        yield f"{self.note(words)}\n"

    def plot(self, plot: Plot) -> Iterator[str]:
        picture = "".join(svg_lines(plot)).replace("\\", "\\\\").replace('"', '\\"')
        yield f'#image(bytes("{picture}"), format: "svg", width: 100%)\n'

    def checks(self, checks: Sequence[Check]) -> Iterator[str]:
        yield "#list("
        for check in checks:
            lead = "note: " if check.status == "note" else ""
            mark = {"ok": " #sym.checkmark", "failed": " *does not hold*", "note": ""}[check.status]
            yield f"  [{lead}{self.note(check.words)}{mark}],"
        yield ")"

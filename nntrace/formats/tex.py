"""LaTeX: a fragment to be pasted into a document, or with ``--standalone`` a document that compiles as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from ..errors import printable
from ..expr.script import ASCII, Script, plain
from ..solution.content.model import Check, Matrix, Note, Plot, Quantities, Section, Solution
from ..solution.content.outline import is_pictures_alone, source
from .plot.picture import picture_lines
from .typeset.formulas import Formulas
from .typeset.latex import GREEK, SPECIAL, Latex
from .typeset.latex_steps import LatexSteps
from .typeset.numbers import in_rows, listing
from .typeset.sheet import HeadedRows, manuscript_lines

WIDTH = 78
"""About how many digits are as wide as an A4 or Letter page's text."""
LONG = 32
"""A table with more rows may go on on the next page."""
MOST_LINES = 24
"""An equation of more lines may be broken between pages."""
TIKZ = r"\usepackage{tikz}"
NEEDS = r"\usepackage{amsmath,amssymb,booktabs,longtable}"
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"$<$", ">": r"$>$", "|": r"$|$", '"': "''",
    "`": r"\`{}", "[": "{[}", "]": "{]}",
}  # fmt: skip
_PREAMBLE = r"""\documentclass[11pt,fleqn,leqno]{article}
\usepackage[a4paper,margin=22mm]{geometry}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
  \usepackage{lmodern}
  \makeatletter
  % a letter that the font lacks is named, not an error
  \def\UTFviii@undefined@err#1{\fbox{\footnotesize\ttfamily U+\UTFviii@hexnumber{\decode@UTFviii#1\relax}}}
  \makeatother
\else
  \usepackage{fontspec}
\fi
\usepackage{amsmath,amssymb,booktabs,longtable}
\setlength{\mathindent}{4em}
\setlength{\parindent}{0pt}
\allowdisplaybreaks
\begin{document}"""


def write(solution: Solution, width: int, script: Script, standalone: bool = False) -> Iterator[str]:
    """The document's lines."""
    formulas = Formulas(Latex(script.ascii), solution.tensors(), solution.symbolic)
    document = LatexDocument(formulas, min(width, WIDTH), script, standalone)
    return document.pictures(solution) if is_pictures_alone(solution) else manuscript_lines(solution, document)


LONGEST_SOURCE = 60
"""Characters of the line about the file that surely stand beside each other."""


class LatexDocument(LatexSteps):
    """The parts of a sheet in LaTeX: a step is an equation whose tag is its id."""

    is_paper = True

    def __init__(self, formulas: Formulas, width: float, script: Script, standalone: bool) -> None:
        super().__init__(formulas, width)
        self.script = script
        self.standalone = standalone

    def words(self, text: str) -> str:
        """Words without a command: what has a meaning in LaTeX is written by its name."""
        return "".join(map(self._sign, printable(text))).replace("--", "-{}-")

    def _sign(self, sign: str) -> str:
        if sign in _SPECIAL:
            return _SPECIAL[sign]
        if sign.isascii():
            return sign
        if sign in SPECIAL or sign in GREEK:
            return f"${self.formulas.language.words(sign)}$"
        text = self.formulas.language.words(sign)
        return plain(sign, ASCII) if self.script.ascii else sign if text == rf"\text{{{sign}}}" else f"${text}$"

    def formula(self, written: str) -> str:
        return f"${written}$"

    def opening(self, solution: Solution, sections: Sequence[Section]) -> Iterator[str]:
        yield _PREAMBLE if self.standalone else f"% needs {NEEDS}"
        if solution.title:
            yield rf"\section*{{{self.words(solution.title)}}}"
        if not solution.is_excerpt:
            line = self.note(source(solution))
            if len(line) > LONGEST_SOURCE:  # a path has no blanks to break at
                line = r"{\raggedright " + line.replace("/", r"/\allowbreak{}") + r"\par}"
            yield f"{line}\n"

    def pictures(self, solution: Solution) -> Iterator[str]:
        """A document, or a part of one, with pictures alone."""
        from .drawing.layout import figure
        from .drawing.shapes import spoken
        from .drawing.tikz import tikz

        preamble, begin = _PREAMBLE.rsplit("\n", 1)
        yield f"{preamble}\n{TIKZ}\n{begin}" if self.standalone else f"% needs {TIKZ}"
        for picture in solution.pictures().values():
            yield from tikz(figure(picture), lambda text: self.words(spoken(text)))
        yield from self.closing()

    def closing(self) -> Iterator[str]:
        if self.standalone:
            yield r"\end{document}"

    def heading(self, words: Note, section: Section, place: int) -> Iterator[str]:
        yield rf"\subsection*{{{self.note(words)}}}"

    def subheading(self, words: Note) -> Iterator[str]:
        yield rf"\subsubsection*{{{self.note(words)}}}"

    def conventions(self, notes: Sequence[Note]) -> Iterator[str]:
        yield r"\begin{itemize}"
        yield from (rf"\item {self.note(note)}" for note in notes)
        yield r"\end{itemize}"

    def line(self, id: str, formula: str, note: str) -> str:
        return f"\\begin{{equation*}}\n{formula}{_tag(id)}\n\\end{{equation*}}"

    def block(self, id: str, lines: Sequence[str]) -> Iterator[str]:
        """Very many lines may be broken between pages."""
        if len(lines) <= MOST_LINES:
            body = " \\\\\n".join(lines)
            equations = f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}{_tag(id)}"
            yield f"\\begin{{equation*}}\n{equations}\n\\end{{equation*}}"
        else:
            body = " \\\\\n".join((f"{lines[0]}{_tag(id)}", *lines[1:]))
            yield f"{{\\allowdisplaybreaks\n\\begin{{align*}}\n{body}\n\\end{{align*}}}}"

    def quantities(self, given: Quantities) -> Iterator[str]:
        if given.caption:
            yield f"{self.note(given.caption)}\n"
        for band in self.bands(given):
            heads, values = (map(self.note, column) for column in zip(*band, strict=True))
            yield rf"\begin{{tabular}}{{{'r' * len(band)}}}"
            yield rf"\toprule {' & '.join(heads)} \\ \midrule"
            yield rf"{' & '.join(values)} \\ \bottomrule"
            yield "\\end{tabular}\\par\\medskip\n"

    def matrix(self, matrix: Matrix) -> Iterator[str]:
        shape = r" \times ".join(map(str, matrix.shape))
        head = rf"{self.formulas.text(matrix.name)}\;[{shape}]"
        note = rf"\quad {self.note(matrix.note)}" if matrix.note else ""
        if (numbers := in_rows(matrix, self.formulas, self.width)) is not None:
            sign = self.formulas.language.sign("≈" if matrix.rounded else "=")
            yield f"\\[ {head} {sign} {numbers} \\]"
            if note:
                yield f"{note}\n"
            return
        yield f"${head}${note}\n"
        if matrix.rows:
            yield r"{\footnotesize\begin{verbatim}"
            yield from listing(matrix, ASCII)
            yield "\\end{verbatim}}\n"

    def table(self, table: HeadedRows) -> Iterator[str]:
        heads = " & ".join(self.note(column) for column in table.columns)
        rows = iter(table.rows)
        first = list(islice(rows, LONG))
        rest = list(islice(rows, 1))
        kind = "longtable" if rest else "tabular"
        align = "".join("r" if right else "l" for right in table.numbers)
        head = rf" \\ \midrule{chr(10)}\endhead" if rest else r" \\ \midrule"
        yield rf"{{\renewcommand{{\arraystretch}}{{1.3}}\begin{{{kind}}}{{{align}}}{chr(10)}\toprule {heads}{head}"
        for row in chain(first, rest, rows):
            yield rf"{' & '.join(self.note(cell) for cell in row)} \\"
        yield f"\\bottomrule\n\\end{{{kind}}}}}\\par\\medskip\n"

    def remark(self, words: Note) -> Iterator[str]:
        yield f"{self.note(words)}\n"

    def plot(self, plot: Plot) -> Iterator[str]:
        yield from picture_lines(plot, self.note)

    def checks(self, checks: Sequence[Check]) -> Iterator[str]:
        yield r"\begin{itemize}"
        for check in checks:
            mark = {"ok": r" $\checkmark$", "failed": r" \textbf{does not hold}", "note": ""}[check.status]
            yield rf"\item {'note: ' if check.status == 'note' else ''}{self.note(check.words)}{mark}"
        yield r"\end{itemize}"


def _tag(id: str) -> str:
    """A step's id beside its formula."""
    return rf" \tag*{{{id}}}" if id else ""

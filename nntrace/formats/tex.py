"""LaTeX: a fragment to be pasted into a document, or with ``--standalone`` a document that compiles as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from ..errors import printable
from ..expr.script import ASCII, Script, plain
from ..solution.content.model import Plot, Solution
from ..solution.content.outline import is_pictures_alone
from .plot.picture import picture_lines
from .typeset.latex import GREEK, SPECIAL, Latex
from .typeset.latex_steps import LatexSteps
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
    document = LatexDocument(solution, min(width, WIDTH), script, standalone)
    return document.pictures() if is_pictures_alone(solution) else manuscript_lines(document)


LONGEST_SOURCE = 60
"""Characters of the line about the file that surely stand beside each other."""


class LatexDocument(LatexSteps):
    """The parts of a sheet in LaTeX: a step is an equation whose tag is its id."""

    is_paper = True
    before_sizes, before_note = r"\;", r"\quad "
    marks = {"ok": r" $\checkmark$", "failed": r" \textbf{does not hold}"}

    def __init__(self, solution: Solution, width: float, script: Script, standalone: bool) -> None:
        super().__init__(solution, Latex(script.ascii), width, ASCII)  # verbatim text has no other letters
        self.is_ascii = script.ascii
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
        return plain(sign, ASCII) if self.is_ascii else sign if text == rf"\text{{{sign}}}" else f"${text}$"

    def formula(self, written: str) -> str:
        return f"${written}$"

    def preamble(self) -> Iterator[str]:
        yield _PREAMBLE if self.standalone else f"% needs {NEEDS}"

    def source(self, line: str) -> str:
        if len(line) > LONGEST_SOURCE:  # a path has no blanks to break at
            line = r"{\raggedright " + line.replace("/", r"/\allowbreak{}") + r"\par}"
        return super().source(line)

    def pictures(self) -> Iterator[str]:
        """A document, or a part of one, with pictures alone."""
        from .drawing.layout import figure
        from .drawing.shapes import spoken
        from .drawing.tikz import tikz

        preamble, begin = _PREAMBLE.rsplit("\n", 1)
        yield f"{preamble}\n{TIKZ}\n{begin}" if self.standalone else f"% needs {TIKZ}"
        for picture in self.solution.pictures().values():
            yield from tikz(figure(picture), lambda text: self.words(spoken(text)))
        yield from self.closing()

    def closing(self) -> Iterator[str]:
        if self.standalone:
            yield r"\end{document}"

    def headed(self, level: int, words: str) -> str:
        return rf"\{'sub' * (level - 1)}section*{{{words}}}"

    def listed(self, kind: str, items: Iterable[tuple[str, str]]) -> Iterator[str]:
        yield r"\begin{itemize}"
        yield from (rf"\item {words}" for _, words in items)
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

    def band(self, names: list[str], numbers: list[str]) -> Iterator[str]:
        yield rf"\begin{{tabular}}{{{'r' * len(names)}}}"
        yield rf"\toprule {' & '.join(names)} \\ \midrule"
        yield rf"{' & '.join(numbers)} \\ \bottomrule"
        yield "\\end{tabular}\\par\\medskip\n"

    def display(self, formula: str) -> str:
        return f"\\[ {formula} \\]"

    def verbatim(self, lines: Iterator[str]) -> Iterator[str]:
        yield r"{\footnotesize\begin{verbatim}"
        yield from lines
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

    def plot(self, plot: Plot) -> Iterator[str]:
        yield from picture_lines(plot, self.note)


def _tag(id: str) -> str:
    """A step's id beside its formula."""
    return rf" \tag*{{{id}}}" if id else ""

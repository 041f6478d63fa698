"""Formulas in LaTeX: for a document with amsmath and amssymb, and for the mathematics of Markdown (KaTeX, MathJax)."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal

from ...errors import printable
from ...expr.script import ASCII, plain
from .language import FUNCTIONS, Bracket, Language, Sign
from .lettering import accented, mark_of

_SIGNS: dict[Sign, str] = {
    "+": "+", "-": "-", "×": r"\times", "·": r"\cdot", "/": "/", "⊙": r"\odot", "⊘": r"\oslash", "=": "=",
    "≈": r"\approx", ">": ">", "≥": r"\ge", "<": "<", "≤": r"\le", "≠": r"\ne", "∂": r"\partial", "Σ": r"\sum",
    "…": r"\dots", "⋮": r"\vdots", "∞": r"\infty", "π": r"\pi", "ᵀ": r"\top", "∘": r"\circ", ",": ",", ";": ";",
}  # fmt: skip
_GREEK = {
    "SMALL": "alpha beta gamma delta epsilon zeta eta theta iota kappa lamda:lambda mu nu xi pi rho "
    "final-sigma:varsigma sigma tau upsilon phi chi psi omega",
    "CAPITAL": "gamma:Gamma delta:Delta theta:Theta lamda:Lambda xi:Xi pi:Pi sigma:Sigma upsilon:Upsilon phi:Phi "
    "psi:Psi omega:Omega",
}
SPECIAL = {
    "\\": r"\backslash", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"{}^{\wedge}", "~": r"\sim", "<": "<", ">": ">", "|": "|", '"': "''", "`": r"\text{‘}", "-": r"\text{-}",
    "′": "'", "≥": r"\ge", "≤": r"\le", "≠": r"\ne", "≈": r"\approx", "∂": r"\partial", "×": r"\times",
    "Σ": r"\Sigma", "…": r"\dots", "⊙": r"\odot", "⊘": r"\oslash", "∘": r"\circ", "→": r"\to", "·": r"\cdot",
    "∞": r"\infty", "–": r"\text{--}", "±": r"\pm", "ᵀ": r"^{\top}", "½": r"\tfrac12", "−": "-", "ℓ": r"\ell",
    "√": r"\surd", "∈": r"\in", "∑": r"\sum",
}  # fmt: skip
"""What has a meaning of its own among words, or no letter in every font: how a formula writes it."""
_PARTED = re.compile(r"([\\{}$&#%_^~<>|\"`]|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺⁽⁾ⁿⁱ]+|[^\x00-\x7f])")


def _has_no_command(letter: str) -> bool:
    """Whether a letter of a name is written as text: those of scripts that join their letters stand in one piece."""
    return not (letter in GREEK or letter == "ℓ" or (letter.isascii() and letter.isalnum()))


class Latex(Language):
    """``markdown``: nothing in it that a Markdown processor could take for its own: an underscore follows a letter, or
    a space follows it; a backslash stands before letters only, but for the few signs that have no other name.
    ``ascii``: letters that have no command are written with those of ASCII."""

    juxtaposition = r"\thinspace"
    indent = r"\quad "

    def __init__(self, ascii: bool = False, markdown: bool = False) -> None:
        self.ascii = ascii
        self.markdown = markdown
        self.row_end = r" \cr " if markdown else r" \\ "
        self._less = {"<": r"\lt", ">": r"\gt"} if markdown else {}

    def sign(self, sign: Sign) -> str:
        return self._less.get(sign) or _SIGNS[sign]

    def number(self, digits: str) -> str:
        return digits if digits.isascii() else self.words(digits)

    def power_of_ten(self, digits: str, power: int) -> str:
        return rf"{digits} \times 10^{{{power}}}"

    def letters(self, letters: str, bold: bool) -> str:
        base, accent = accented(letters)
        if accent:
            inner = self.letters(base, bold)
            return rf"\{accent}{{{inner}}}" if inner.startswith("\\") else rf"\{accent} {inner}"
        if len(letters) == 1:
            return self._letter(letters, bold)
        runs = itertools.groupby(unicodedata.normalize("NFC", letters), _has_no_command)
        inner = "".join(
            self.words("".join(run)) if together else "".join(self._letter(sign, bold, alone=False) for sign in run)
            for together, run in runs
        )
        return rf"\{'mathbf' if bold else 'mathrm'}{{{inner}}}"

    def _letter(self, letter: str, bold: bool, alone: bool = True) -> str:
        command = GREEK.get(letter)
        if command:
            end = "" if alone else " "
            return rf"\boldsymbol{{\{command}}}" if bold and alone else rf"\{command}{end}"
        if letter.isascii() and letter.isalnum():
            return rf"\mathbf{{{letter}}}" if bold and alone else letter
        if letter == "ℓ":
            return r"\ell" if alone else r"\ell "
        return self.words(letter)

    def upright(self, name: str) -> str:
        spelled = name.replace("_", r"\_")
        return rf"\{name}" if name in FUNCTIONS else rf"\operatorname{{{spelled}}}"

    def words(self, text: str) -> str:
        """Words as ``\\text``, with the formula's own sign for each character that means something there."""
        spelled = [(part, self._special(part)) for part in _PARTED.split(printable(text)) if part]
        runs = itertools.groupby(spelled, lambda part: part[1] is None)
        return "".join(
            rf"\text{{{''.join(plain(part, ASCII) if self.ascii else part for part, _ in run)}}}"
            if together else "".join(written or "" for _, written in run)
            for together, run in runs
        )  # fmt: skip

    def _special(self, sign: str) -> str | None:
        """What a formula writes for a sign; none for what is text, of which letters that join stay together."""
        if not _PARTED.fullmatch(sign):
            return None
        known = self._less.get(sign) or SPECIAL.get(sign)
        if known:
            return f"{{{known}}}"
        if sign in GREEK:
            return rf"{{\{GREEK[sign]}}}"
        raised = mark_of(sign)
        if raised != sign:
            return f"{{}}^{{{raised}}}"
        base, accent = accented(sign)
        if accent and base.isascii():
            return rf"\{accent}{{\text{{{base}}}}}"
        return None

    def scripts(self, base: str, below: str, above: str) -> str:
        """In Markdown what is below comes first, right after a letter where there is one."""
        raised = f"^{_group(above)}" if above else ""
        if not below:
            return base + raised
        if self.markdown:
            return f"{base}{'_' if base[-1].isalnum() else '_ '}{_group(below)}{raised}"
        return f"{base}{raised}_{_group(below)}"

    def primed(self, base: str, primes: int) -> str:
        return base + "'" * primes

    def fraction(self, top: str, bottom: str) -> str:
        small = top.isdigit() and bottom.isdigit()
        return rf"\{'t' if small else ''}frac{{{top}}}{{{bottom}}}"

    def root(self, body: str) -> str:
        return rf"\sqrt{{{body}}}"

    def over(self, operator: Literal["sum", "max"], index: str) -> str:
        return rf"\{operator}_{_group(index)}"

    def bracket(self, kind: Bracket) -> tuple[str, str]:
        return (r"\lvert ", r"\rvert") if kind == "||" else (kind[0], kind[1])

    def enclosed(self, kind: Bracket, body: str) -> str:
        left, right = (r"\lvert", r"\rvert") if kind == "||" else kind
        return rf"\left{left} {body} \right{right}"

    def padded(self, number: str, digits: str) -> str:
        return rf"{number}\phantom{{{digits}}}"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        cells = self.row_end.join(" & ".join(row) for row in rows)
        return rf"\left[\begin{{array}}{{{'r' * len(rows[0])}}} {cells} \end{{array}}\right]"

    def sized(self, matrix: str, size: str) -> str:
        if not size:
            return matrix
        return rf"{{\{size} {matrix}}}" if self.markdown else rf"\text{{\{size}${matrix}$}}"

    def cases(self, rows: Iterable[tuple[str, str]]) -> str:
        cells = self.row_end.join(f"{value} & {where}" for value, where in rows)
        return rf"\begin{{cases}} {cells} \end{{cases}}"


def _group(script: str) -> str:
    return script if len(script) == 1 else f"{{{script}}}"


def _greek() -> dict[str, str]:
    """Each Greek letter that LaTeX has a command for."""
    found = {}
    for size, names in _GREEK.items():
        for entry in names.split():
            name, _, command = entry.partition(":")
            full = f"GREEK {size} LETTER {name.replace('-', ' ').upper()}"
            found[unicodedata.lookup(full)] = command or name
    return found


GREEK = _greek()

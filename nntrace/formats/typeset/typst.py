"""Formulas in Typst."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from ...errors import printable
from .language import FUNCTIONS, SIZES, Bracket, Language, Sign
from .lettering import accented

_SIGNS: dict[Sign, str] = {"-": "-", "·": "⋅", "/": "∕", "Σ": "∑", "ᵀ": "⊤", "…": "…", ",": "\\,", ";": "\\;"}
"""Signs that are not written as in plain text. A comma alone would part the arguments of a function of Typst's."""
_ACCENTS = {"bar": "macron", "check": "caron"}


class Typst(Language):
    """``ascii``: other characters are written by their numbers."""

    juxtaposition = "thin"
    joint = ""
    gap = "quad "
    indent = "quad "

    def __init__(self, ascii: bool = False) -> None:
        self.ascii = ascii

    def sign(self, sign: Sign) -> str:
        text = _SIGNS.get(sign, sign)
        return f"\\u{{{ord(text):x}}}" if self.ascii and not text.isascii() else text

    def number(self, digits: str) -> str:
        return digits

    def power_of_ten(self, digits: str, power: int) -> str:
        return f"{digits} {self.sign('×')} 10^({power})"

    def letters(self, letters: str, bold: bool) -> str:
        base, accent = accented(letters)
        if accent:
            return f"{_ACCENTS.get(accent, accent)}({self.letters(base, bold)})"
        if len(letters) == 1 and (letters.isascii() or "α" <= letters <= "ω" or letters == "ℓ"):
            letter = letters if letters.isascii() or not self.ascii else self.words(letters)
            return f"upright(bold({letter}))" if bold else letter
        return f"{'bold' if bold else 'upright'}({self.words(letters)})"

    def upright(self, name: str) -> str:
        return name if name in FUNCTIONS else f"op({self.words(name)})"

    def words(self, text: str) -> str:
        return quoted(text, self.ascii)

    def scripts(self, base: str, below: str, above: str) -> str:
        return base + (f"_({below})" if below else "") + (f"^({above})" if above else "")

    def primed(self, base: str, primes: int) -> str:
        return base + "'" * primes

    def fraction(self, top: str, bottom: str) -> str:
        return f"inline({top}/{bottom})" if top.isdigit() and bottom.isdigit() else f"frac({top}, {bottom})"

    def root(self, body: str) -> str:
        return f"sqrt({body})"

    def over(self, operator: Literal["sum", "max"], index: str) -> str:
        return f"{operator}_({index})"

    def bracket(self, kind: Bracket) -> tuple[str, str]:
        """Escaped, they are characters: each may stand on a line without the other."""
        return f"\\{kind[0]}", f"\\{kind[1]}"

    def enclosed(self, kind: Bracket, body: str) -> str:
        return f" lr({kind[0]} {body} {kind[1]})"

    def padded(self, number: str, digits: str) -> str:
        return f"{number}#hide[${digits}$]"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        cells = " ; ".join(" , ".join(row) for row in rows)
        return f'mat(delim: "[", align: #right, {cells})'

    def sized(self, matrix: str, size: str) -> str:
        return f"#text({SIZES[size]}em)[${matrix}$]" if size else matrix

    def cases(self, rows: Iterable[tuple[str, str]]) -> str:
        return f"cases({', '.join(f'{value} & quad {where}' for value, where in rows)})"


def quoted(text: str, ascii: bool) -> str:
    """A string of Typst's, in which nothing has a meaning."""
    text = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    if ascii and not text.isascii():
        text = "".join(sign if sign.isascii() else f"\\u{{{ord(sign):x}}}" for sign in text)
    return f'"{text}"'

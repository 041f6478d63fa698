"""Formulas in MathML Core, which browsers read by themselves. A formula is a row of elements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal

from ...errors import printable
from .language import Bracket, Language, Sign
from .lettering import accented

_HATS = {
    "hat": "^", "bar": "¯", "tilde": "~", "dot": "˙", "ddot": "¨", "acute": "´", "grave": "`", "check": "ˇ",
    "breve": "˘",
}  # fmt: skip


class MathML(Language):
    between = ""
    juxtaposition = '<mo rspace="0.17em">&#8290;</mo>'
    """An invisible times, which is read aloud and leaves a thin space."""

    def sign(self, sign: Sign) -> str:
        match sign:
            case "∂" | "π" | "∞":
                return f"<mi>{sign}</mi>"
            case "ᵀ":
                return "<mi>T</mi>"
            case "-":
                return '<mo form="prefix">−</mo>'
            case "," | ";":
                return f'<mo separator="true">{sign}</mo>'
            case _:
                return f"<mo>{escape(sign)}</mo>"

    def infix(self, sign: Sign) -> str:
        return f'<mo form="infix">{"−" if sign == "-" else escape(sign)}</mo>'

    def number(self, digits: str) -> str:
        if digits[0] == "-":
            return f'<mo form="prefix">−</mo><mn>{digits[1:]}</mn>'
        return f"<mn>{digits}</mn>"

    def power_of_ten(self, digits: str, power: int) -> str:
        ten = f"<msup><mn>10</mn><mrow>{self.number(str(power))}</mrow></msup>"
        return f"{self.number(digits)}<mo>×</mo>{ten}"

    def letters(self, letters: str, bold: bool) -> str:
        base, accent = accented(letters)
        if accent:
            return f'<mover accent="true">{self.letters(base, bold)}<mo>{_HATS[accent]}</mo></mover>'
        kind = ' class="b"' if bold else ""
        return f"<mi{kind}>{escape(printable(letters))}</mi>"

    def upright(self, name: str) -> str:
        return f'<mi mathvariant="normal">{escape(name)}</mi>'

    def words(self, text: str) -> str:
        inner = text.strip(" ")  # blanks at its ends would be lost
        before, after = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
        return f"<mtext>{'&#160;' * before}{escape(printable(inner))}{'&#160;' * (after if inner else 0)}</mtext>"

    def scripts(self, base: str, below: str, above: str) -> str:
        if below and above:
            return f"<msubsup>{_row(base)}{_row(below)}{_row(above)}</msubsup>"
        if below:
            return f"<msub>{_row(base)}{_row(below)}</msub>"
        return f"<msup>{_row(base)}{_row(above)}</msup>" if above else base

    def primed(self, base: str, primes: int) -> str:
        return f"<msup>{base}<mo>{'′' * primes}</mo></msup>" if primes else base

    def fraction(self, top: str, bottom: str) -> str:
        return f"<mfrac>{_row(top)}{_row(bottom)}</mfrac>"

    def root(self, body: str) -> str:
        return f"<msqrt>{body}</msqrt>"

    def over(self, operator: Literal["sum", "max"], index: str) -> str:
        sign = "<mo>∑</mo>" if operator == "sum" else "<mi>max</mi>"
        return f"<munder>{sign}{_row(index)}</munder>"

    def bracket(self, kind: Bracket) -> tuple[str, str]:
        first, last = kind
        return (
            f'<mo form="prefix" stretchy="false">{first}</mo>',
            f'<mo form="postfix" stretchy="false">{last}</mo>',
        )

    def enclosed(self, kind: Bracket, body: str) -> str:
        first, last = kind
        return f'<mrow><mo form="prefix">{first}</mo>{body}<mo form="postfix">{last}</mo></mrow>'

    def padded(self, number: str, digits: str) -> str:
        return f"{number}<mphantom><mn>{digits}</mn></mphantom>"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        cells = "".join(f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in row)}</mtr>" for row in rows)
        return self.enclosed("[]", f'<mtable class="matrix">{cells}</mtable>')

    def sized(self, matrix: str, size: str) -> str:
        return f'<mrow class="{size}">{matrix}</mrow>' if size else matrix

    def cases(self, rows: Iterable[tuple[str, str]]) -> str:
        cells = "".join(f"<mtr><mtd>{value}</mtd><mtd>{where}</mtd></mtr>" for value, where in rows)
        return f'<mrow><mo form="prefix">{{</mo><mtable class="cases">{cells}</mtable></mrow>'


def _row(body: str) -> str:
    return f"<mrow>{body}</mrow>"

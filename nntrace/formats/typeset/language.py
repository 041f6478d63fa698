"""What a language of formulas must be able to write. Everything here is one notation's own; nothing decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from ...record import Record
from .lettering import PRIMES, Lettered

Sign = Literal[
    "+", "-", "×", "·", "/", "⊙", "⊘", "=", "≈", ">", "≥", "<", "≤", "≠",
    "∂", "Σ", "…", "⋮", "∞", "π", "ᵀ", "∘", ",", ";",
]  # fmt: skip
"""A sign of a formula, by the character that plain text has for it."""
Bracket = Literal["()", "[]", "||"]


FUNCTIONS = {"max", "min", "ln", "tanh", "exp", "sin", "cos"}
"""The functions that LaTeX and Typst have by their names."""
SIZES = {"": 1.0, "footnotesize": 0.82, "scriptsize": 0.73}
"""Sizes of letters by their names in LaTeX, against that of a page's text."""


class Chunk(Record):
    """A part of a formula in one language that is never broken.

    ``width`` is about how many digits wide it is when typeset. A break before it is better the smaller ``depth`` is.
    """

    text: str
    width: float
    depth: int


class Language(Protocol):
    """One notation for formulas. Every method gives source text, and escapes what it is given."""

    between: str = " "
    """What stands between two parts beside each other."""
    joint: str = " "
    """What stands between words and a formula."""
    gap: str = ""
    """Room before a note beside a line, where the column of its own leaves none."""
    indent: str = ""
    """Room before a line that goes on."""
    juxtaposition: str
    """What stands between two symbols that are multiplied without a sign."""

    def sign(self, sign: Sign) -> str:
        """An operator, a relation, or another sign."""

    def infix(self, sign: Sign) -> str:
        """An operator or a relation between what stands before it, perhaps on another line, and what stands behind."""
        return self.sign(sign)

    def number(self, digits: str) -> str:
        """A number as it is written: digits, a point, perhaps a minus in front."""

    def power_of_ten(self, digits: str, power: int) -> str:
        """A number with a power of ten."""

    def letters(self, letters: str, bold: bool) -> str:
        """The letters of a name: one is italic, several are upright; a vector's or a matrix's are bold."""

    def function(self, name: str) -> str:
        """A function's name, upright; primes at its end are raised."""
        bare = name.rstrip(PRIMES)
        return self.primed(self.upright(bare), len(name) - len(bare))

    def upright(self, name: str) -> str:
        """A function's name without primes."""

    def words(self, text: str) -> str:
        """Words inside a formula."""

    def scripts(self, base: str, below: str, above: str) -> str:
        """What stands below and above at the right of a base; either may be empty."""

    def primed(self, base: str, primes: int) -> str:
        """A base with primes."""

    def fraction(self, top: str, bottom: str) -> str:
        """A fraction, one above the other."""

    def root(self, body: str) -> str:
        """A square root."""

    def over(self, operator: Literal["sum", "max"], index: str) -> str:
        """A sum or a maximum over an index."""

    def bracket(self, kind: Bracket) -> tuple[str, str]:
        """Brackets of a line's height, which may stand on different lines."""

    def enclosed(self, kind: Bracket, body: str) -> str:
        """Brackets as tall as what they enclose."""

    def padded(self, number: str, digits: str) -> str:
        """A number with room behind it as if it had these digits more."""

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        """A matrix in square brackets, its numbers at the right."""

    def sized(self, matrix: str, size: str) -> str:
        """A matrix in letters of another size."""

    def cases(self, rows: Iterable[tuple[str, str]]) -> str:
        """A value and its condition in each row."""

    def lowered(self, name: Lettered, bold: bool = False, above: str = "", below: str = "") -> str:
        """A name with its parts below it, and what is above and further below."""
        letters = self.number(name.letters) if name.letters.isdigit() else self.letters(name.letters, bold)
        base = self.primed(letters, name.primes)
        inner = self.lowered(name.lower) if name.lower else ""
        apart = self.sign(",") if inner and below else ""
        return self.scripts(base, inner + apart + below, above)

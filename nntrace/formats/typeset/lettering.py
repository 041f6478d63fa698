"""A name as it is typeset: its first letters as they are, what follows lowered, in the order of its characters."""

from __future__ import annotations

import re
import unicodedata

from ...record import Record

PRIMES = "′″‴'"
ACCENTS = {
    "\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot", "\u0308": "ddot", "\u0301": "acute",
    "\u0300": "grave", "\u030c": "check", "\u0306": "breve",
}  # fmt: skip
"""The marks over a letter that formulas know, as LaTeX calls them."""


class Lettered(Record):
    """``w21`` is w with 21 below; ``δ_h1`` is δ with h below, which has 1 below itself. ``primes`` stay beside it."""

    letters: str
    primes: int = 0
    lower: Lettered | None = None


def lettered(name: str) -> Lettered:
    """The parts of a name: its leading letters, then what is lowered (an underscore says so, and is not written)."""
    end = next((at for at, sign in enumerate(name) if not _is_letter(sign)), len(name))
    if end == 0:
        end = next((at for at, sign in enumerate(name) if sign == "_"), len(name)) or len(name)
    letters, rest = name[:end], name[end:]
    inner = rest.lstrip(PRIMES)
    primes = sum(map(_strokes, rest[: len(rest) - len(inner)]))
    lower = inner.removeprefix("_")
    if not inner or not lower.strip("_"):
        return Lettered(letters + inner, primes)
    return Lettered(letters, primes, lettered(lower))


def layer_of(name: str) -> tuple[str, str]:
    """A tensor's letters and the number of its layer: ``W1`` is W of layer 1; no number where it has none."""
    found = re.fullmatch(r"([^\W\d_]\S*?)(\d+)", name)
    return (found[1], found[2]) if found and "_" not in name else (name, "")


def mark_of(mark: str) -> str:
    """What a symbol's raised mark says: ``⁽²⁾`` is (2), ``⁽ʰ⁾`` is (h), ``⁺`` is +."""
    codes = (unicodedata.decomposition(sign).partition("<super> ")[2] for sign in mark)
    lowered = [chr(int(code, 16)) if code else sign for code, sign in zip(codes, mark, strict=True)]
    return "".join(lowered).replace("\N{MINUS SIGN}", "-")


def accented(letters: str) -> tuple[str, str]:
    """A letter and the name of the mark over it: ŷ is y with a hat; of anything else no mark."""
    decomposed = unicodedata.normalize("NFD", letters)
    if len(decomposed) == 2 and decomposed[1] in ACCENTS and decomposed[0].isalpha():
        return decomposed[0], ACCENTS[decomposed[1]]
    return letters, ""


def _is_letter(sign: str) -> bool:
    return sign.isalpha() or bool(unicodedata.combining(sign))


def _strokes(prime: str) -> int:
    return {"″": 2, "‴": 3}.get(prime, 1)

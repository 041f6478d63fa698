"""A user's mistakes: one base class, each with what was tried, on what, and what would work; and the words for it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_BIDI_CONTROLS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
MOST_COMPARED = 1_000
"""Known words that a wrong one is compared with; of more, those that begin like it."""
WIDEST_WORD = 60
ALIKE = 0.62
"""The least likeness of two words, from 0 to 1, of which one may be a slip for the other."""
MOST_KNOWN = 40


class UserError(Exception):
    """A mistake in the command or in a file. Its text is the whole message; the program ends with exit code 2."""


def quoted(text: str) -> str:
    """A word of the file in a message: in quotes, shortened where it is long, harmless on a terminal."""
    short = text if len(text) <= WIDEST_WORD else text[: WIDEST_WORD - 1] + "…"
    return f"'{printable(short)}'"


def counted(number: int | str, noun: str) -> str:
    """How many: ``1 target``, ``2 outputs``, ``K outputs``."""
    return f"{number} {noun if number == 1 else noun + 's'}"


def shape_text(shape: Iterable[int]) -> str:
    """A shape in a message: ``3×2``, ``()`` of a single number."""
    return "×".join(map(str, shape)) or "()"


def suggestion(word: str, known: Iterable[str], meant: Iterable[str] | None = None) -> str:
    """``did you mean 'weights'? known here: weights, biases``: the known words that are near, if any are, and all.

    ``meant`` are those that it may be a slip for, where these are not all.
    """
    words = list(dict.fromkeys(known))
    if not words:
        return "remove it: nothing can stand here"
    listed = "known here: " + ", ".join(map(printable, words[:MOST_KNOWN])) + (", …" if len(words) > MOST_KNOWN else "")
    others = [other for other in (words if meant is None else meant) if other != word]
    near = " or ".join(map(quoted, _near(word, others)))
    return f"did you mean {near}? {listed}" if near else listed


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that this one shortens, or else the one that is most like it, whatever its case."""
    found = _near(word, known)
    return found[0] if len(found) == 1 else None


def _near(word: str, known: Iterable[str]) -> list[str]:
    """The same, or all variants of a word: of ``he``, ``he_uniform`` and ``he_normal``."""
    from difflib import get_close_matches

    words = list(known)
    if len(words) > MOST_COMPARED:
        words = [other for other in words if other[:2].lower() == word[:2].lower()][:MOST_COMPARED]
    by_lower = {other.lower(): other for other in reversed(words)}
    lower = word.lower()[:WIDEST_WORD]
    if lower in by_lower:
        return [by_lower[lower]]
    longer = [other for other in by_lower if shortens(lower, other)]
    if sum(other.startswith(lower) for other in longer) > 1:  # it may mean any of them
        return [other for other in words if other.lower().startswith(f"{lower}_")]
    found = get_close_matches(lower, longer, n=1, cutoff=0) or get_close_matches(lower, by_lower, n=1, cutoff=ALIKE)
    return [by_lower[other] for other in found]


def shortens(word: str, other: str) -> bool:
    """Whether a word is the beginning of another, or its ends and some between: ``lrelu``. It has three letters or
    more, or is all that stands before a ``_``."""
    letters = iter(other)
    if other.startswith(word):
        return len(word) > 2 or other[len(word) :].startswith("_")
    if len(word) < 3:
        return False
    return word[0] == other[:1] and word[-1] == other[-1] and all(letter in letters for letter in word)


def printable(text: str) -> str:
    """The text without what would move a terminal's cursor or turn its direction; a tab is a space."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_printable_character(char) for char in text)


def _printable_character(char: str) -> str:
    if char == "\t":
        return " "
    unsafe = char in _BIDI_CONTROLS or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
    return "\N{REPLACEMENT CHARACTER}" if unsafe else char

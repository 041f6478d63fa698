"""The ways to write text, Unicode and ASCII, and words of any language in them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ..record import Record


class Script(Record):
    """The signs of one way to write text. ``symbolic``: symbols are multiplied without a sign, ``W_ji x_i``."""

    ascii: bool
    times: str
    partial: str
    sum: str
    ellipsis: str
    symbolic: bool = False


UNICODE = Script(False, "×", "∂", "Σ", "…")
ASCII = Script(True, "*", "d", "sum", "...")

_POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_ASCII_SIGNS = {
    "≥": ">=", "≤": "<=", "≠": "!=", "≈": "~=", "⁺": "+", "′": "'", "∂": "d", "×": "*", "Σ": "sum", "…": "...",
    "✓": "ok", "✗": "failed", "⊙": ".*", "⊘": "./", "∘": ".", "→": "->", "·": "*", "∞": "inf", "–": "-", "±": "+-",
    "ᵀ": "^T", "½": "1/2", "“": '"', "”": '"', "’": "'", "ℓ": "l", "−": "-", "│": "|", "‖": "||",
}  # fmt: skip


def _with_powers(words: str) -> str:
    """Superscript digits as powers: 10⁻³²³ as 10^-323; those of a sample, as in h1⁽²⁾, stay what they are."""
    powers = r"(?<![⁽⁻⁰¹²³⁴⁵⁶⁷⁸⁹])[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+"
    return re.sub(powers, lambda found: "^" + found.group().translate(_POWERS), words)


@lru_cache(maxsize=65536)
def plain(words: str, script: Script) -> str:
    """Words or a name in this script: as they are, or letter by letter in ASCII (δ: delta, ŷ: yhat)."""
    if not script.ascii or words.isascii():
        return words
    words = _with_powers(words)
    return "".join(
        _ASCII_SIGNS.get(letter) or "".join(_ascii(part) for part in unicodedata.normalize("NFD", letter))
        for letter in unicodedata.normalize("NFC", words)
    )


def _ascii(letter: str) -> str:
    if letter.isascii():
        return letter
    folded = "".join(_ASCII_SIGNS.get(part, part) for part in unicodedata.normalize("NFKD", letter))
    if folded.isascii():
        return folded
    words = unicodedata.name(letter, "").split()
    if words[:1] == ["GREEK"] and "LETTER" in words:
        name = words[words.index("LETTER") + 1].replace("LAMDA", "LAMBDA")
        return name.lower() if "SMALL" in words else name.capitalize()
    if words[:1] == ["COMBINING"]:
        return {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde"}.get(letter, "")
    return f"u{ord(letter):04x}"

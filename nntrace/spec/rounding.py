"""``rounding`` in one word, in a file or a command: ``full``, ``carry:4``, ``carry:4dp``, ``carry:4sf``."""

from __future__ import annotations

import re

from .model import Rounding

FORMS = "write full, carry:4 (decimals), carry:4dp (plain decimals) or carry:4sf (significant)"
MOST_DIGITS = 17  # what tells two floats apart
_CARRY = r"carry:\s*([0-9]{1,2})(sf|dp)?"


def rounding_of(text: str) -> Rounding | None:
    """The rule of a word, or ``None``: ``dp`` are plain decimals, ``sf`` significant digits, and without a unit
    decimals that keep three significant digits."""
    if text == "full":
        return Rounding()
    match = re.fullmatch(_CARRY, text)
    if not match or not (match[2] == "sf") <= int(match[1]) <= MOST_DIGITS:
        return None
    found = Rounding(int(match[1]), match[2] == "sf")
    return found._replace(at_least=0) if match[2] == "dp" else found

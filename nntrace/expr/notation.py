"""How a function is written, for every script alike: what stands before, around or above its arguments.

A script (Unicode, ASCII, LaTeX) makes the signs by its own means and asks for no function's name.
"""

from __future__ import annotations

from collections.abc import Callable

from ..record import Record
from .nodes import Expr


class Prefix(Record):
    """A word before its arguments in brackets: ``max(0, z)``."""

    word: str


class Radical(Record):
    """A root: ``sqrt(z)`` where a script has no radical sign to draw over it."""

    word: str


class Fences(Record):
    """The argument between two signs: ``|z|``."""

    left: str
    right: str


class Exponent(Record):
    """The argument as the exponent of a letter: ``e^{z}``."""

    base: str


class Letter(Record):
    """A constant's letter, without arguments: ``π``."""

    sign: str


class Spelling(Record):
    """A formula of other functions in its place: x ln y is ``x × ln(y)``.

    It has the function's value wherever it has one.
    """

    formula: Callable[..., Expr]


Notation = Prefix | Radical | Fences | Exponent | Letter | Spelling

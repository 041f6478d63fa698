"""The parts of a formula, each with the characters where it stands; what its names mean is for ``network``."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..record import Record

LET = "let"
"""The kind of a layer that is a line of formulas."""


class FormulaNumber(Record):
    """A number, with the text that was typed."""

    text: str
    value: Fraction
    start: int
    end: int


class Reference(Record):
    """A name."""

    name: str
    start: int
    end: int


class Negative(Record):
    """-body; in a sum, what is subtracted."""

    body: FormulaPart
    start: int
    end: int


class Combination(Record):
    """Parts with one operator between them: any number with ``+`` and ``*``, two with ``/``, ``@`` and ``^``."""

    operator: str
    operands: tuple[FormulaPart, ...]
    start: int
    end: int


class Application(Record):
    """A function of arguments."""

    function: Reference
    arguments: tuple[FormulaPart, ...]
    start: int
    end: int


class Pick(Record):
    """One element of something, counted from 1: ``x[2]``, ``W[2,1]``."""

    body: FormulaPart
    places: tuple[int, ...]
    start: int
    end: int


FormulaPart = FormulaNumber | Reference | Negative | Combination | Application | Pick


class MisreadError(Exception):
    """What is wrong in a formula, at which of its characters, and what would work."""

    def __init__(self, at: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.at, self.message, self.remedy = at, message, remedy


def references(part: FormulaPart) -> Iterator[Reference]:
    """Every name that a formula reads, in the order it is written; those of functions are none."""
    match part:
        case Reference():
            yield part
        case Negative(body) | Pick(body):
            yield from references(body)
        case Combination(_, operands) | Application(_, operands):
            for one in operands:
                yield from references(one)

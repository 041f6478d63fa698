"""A part of a formula in index notation: an expression with a letter for each of its axes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from ...errors import quoted
from ...expr import Expr
from ...expr.letters import OTHERS, index_letters
from ...record import Record
from ...spec.formula import FormulaPart

if TYPE_CHECKING:
    from .draft import Draft


class Term(Record):
    """A part of a formula over keys, and an equal one for its numbers; ``axes`` are the letters that are free in it."""

    formula: Expr
    stable: Expr
    axes: tuple[str, ...] = ()

    def map(self, change: Callable[[Expr], Expr], axes: tuple[str, ...] | None = None) -> Term:
        """The same with something done to it."""
        return Term(change(self.formula), change(self.stable), self.axes if axes is None else axes)


def constant(number: Expr) -> Term:
    return Term(number, number)


def together(make: Callable[..., Expr], terms: list[Term], axes: tuple[str, ...]) -> Term:
    return Term(make(*(term.formula for term in terms)), make(*(term.stable for term in terms)), axes)


class FormulaAxes:
    """The axes of a formula's parts: a letter for each, how far it runs, and what messages say of them."""

    def __init__(self, draft: Draft, typed: str) -> None:
        self.draft = draft
        self.typed = typed
        self.sizes: dict[str, int] = {}
        self._letters = (f"_{number}" for number in count())

    def new(self, size: int) -> str:
        """A letter that runs so far."""
        letter = next(self._letters)
        self.sizes[letter] = size
        return letter

    def shape(self, term: Term) -> tuple[int, ...]:
        """How long the axes are."""
        return tuple(self.sizes[axis] for axis in term.axes)

    def text(self, part: FormulaPart) -> str:
        """A part as it was typed."""
        return quoted(self.typed[part.start : part.end])

    def in_words(self, part: FormulaPart, term: Term) -> str:
        """``'x' has 2 elements``, ``'W' is 2×3``."""
        sizes = [str(self.draft.sizes.label(size)) for size in self.shape(term)]
        if not sizes:
            return f"{self.text(part)} is a single number"
        if len(sizes) == 1:
            return f"{self.text(part)} has {self.draft.counted(self.shape(term)[0], 'element')}"
        return f"{self.text(part)} is {'×'.join(sizes)}"

    def plain_letters(self, term: Term) -> dict[str, str]:
        """j for the result's axis (j and i for two of them), others for what is summed over."""
        used = dict.fromkeys((*term.axes, *index_letters(term.formula), *index_letters(term.stable)))
        mine = [letter for letter in used if letter in self.sizes]
        return dict(zip(mine, ("j", "i", "k", "l", *OTHERS), strict=False))

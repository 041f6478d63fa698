"""A part of a formula in index notation: an expression with a letter for each of its axes."""

from __future__ import annotations

from collections.abc import Callable

from ...expr import Expr
from ...record import Record


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

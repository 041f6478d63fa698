"""Running text: the words of a note and the formulas among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from ...expr import Condition, Expr
from .formulas import Formulas
from .language import Chunk, Sign

_SIGNS = frozenset("=≈>≥<≤≠+-×⊙⊘")


def words_and_formulas(note: Iterable[str | Expr | Condition], formulas: Formulas) -> Iterator[str | list[Chunk]]:
    """A note as words and formulas: expressions with at most a sign between them are one formula."""
    formula: list[Chunk] = []
    waiting = ""
    """A sign behind the formula, which belongs to it if an expression follows."""
    for part in note:
        if isinstance(part, str):
            if formula and not waiting and part.strip() in _SIGNS:
                waiting = part
                continue
            if formula:
                yield formula
            if waiting:
                yield waiting
            formula, waiting = [], ""
            yield part
        elif waiting:
            formula += formulas.led(cast("Sign", waiting.strip()), formulas.condition_or_chunks(part), 0)
            waiting = ""
        else:
            formula += formulas.condition_or_chunks(part)
    if formula:
        yield formula
    if waiting:
        yield waiting

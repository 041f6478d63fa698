"""In which step something was derived: what a rule cites behind its name, ``insert ∂z2_j/∂W2_ji (D15)``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ....expr import Expr, Sym
from ....expr.bind import walk
from ...content.model import Line
from ..steps import Cited, Part

Pattern = tuple[tuple[str, tuple[int | str, ...]], ...]


class Citations:
    """The steps of one derivation that are on its sheet."""

    def __init__(self) -> None:
        self._steps: dict[tuple[str, ...], list[tuple[Pattern, str, Part]]] = {}
        """By the names that stand in theirs."""

    def add(self, id: str, part: Part) -> None:
        """A step that later ones may cite."""
        self._steps.setdefault(names_of(part.name), []).append((pattern(part.name), id, part))

    def lines(self, part: Part) -> Iterator[Line]:
        """A step's lines with the ids of those that its rules cite; where one is not on the sheet, without it."""
        for form in part.lines:
            words = ((self._ids(word, part) if isinstance(word, Cited) else (word,)) for word in form.rule)
            yield form.line(tuple(chain.from_iterable(words)))

    def _ids(self, cited: Cited, by: Part) -> Iterator[str | Expr]:
        if cited.named:
            yield cited.names[0]
        found = next(filter(None, (self._deriving(name, by) for name in cited.names)), None)
        if found:
            yield f" ({', '.join(found)})"

    def _deriving(self, name: Expr, by: Part) -> list[str]:
        """The steps of this name, with whatever letters, else one of all of its elements: all cases of one that holds
        whether its indices differ or not, unless the step that cites it is of one case itself."""
        wanted, alike = pattern(name), self._steps.get(names_of(name), [])
        own = [(id, part) for found, id, part in alike if found == wanted]
        if by.case is not None:
            own = [(id, part) for id, part in own if part.case in (None, by.case)]
        elif any(part.case is not None and part.case.relation == "≠" for _, part in own):
            return [id for _, id, part in alike if part.case is not None]
        own = own or [(id, part) for found, id, part in alike if part.case is None and _covers(found, wanted)]
        return [id for id, _ in own[:1]]


def pattern(name: Expr) -> Pattern:
    """A name whatever letters its indices have: only which of them are the same."""
    places: dict[str, int] = {}

    def numbered(symbol: Sym) -> tuple[int | str, ...]:
        return tuple(
            places.setdefault(index, len(places)) if isinstance(index, str) else f"[{index}]" for index in symbol.index
        )

    return tuple((symbol.mark, numbered(symbol)) for symbol in _symbols(name))


def _covers(general: Pattern, special: Pattern) -> bool:
    """Whether a name has another as a special case, in which some of its indices are the same, or numbers."""
    meant: dict[int, int | str] = {}

    def is_in(index: int | str, other: int | str) -> bool:
        return meant.setdefault(index, other) == other if isinstance(index, int) else index == other

    return all(
        mark == other_mark and len(own) == len(others) and all(map(is_in, own, others))
        for (mark, own), (other_mark, others) in zip(general, special, strict=True)
    )


def names_of(name: Expr) -> tuple[str, ...]:
    """What the symbols of a name are called, without their indices."""
    return tuple(symbol.name for symbol in _symbols(name))


def _symbols(name: Expr) -> tuple[Sym, ...]:
    return tuple(node for node in walk(name) if isinstance(node, Sym))

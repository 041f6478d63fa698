"""Index letters: every index of an expression renamed at once, those that a sum binds among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .bind import walk
from .index import Affine, Index, bound, letters_of
from .matrix_nodes import Ones
from .nodes import Delta, Expr, Max, Size, Sum, Sym
from .tree import over_parts

OTHERS = "qstuvwxyzabcdefgh"
"""What an index is called that a formula has no letter for."""


def written_indices(node: Expr) -> Iterator[Index]:
    """Every index of an expression, free, bound or counted, as often as it is written."""
    for part in walk(node):
        match part:
            case Sym(_, index, _):
                yield from index
            case Delta(i, j):
                yield from (i, j)
            case Sum(over) | Max(over) | Size(over):
                yield over


def index_letters(node: Expr) -> Iterator[str]:
    """The letters of every index, a number as it is."""
    return (letter for one in written_indices(node) for letter in letters_of(one) or (str(one),))


def relettered(node: Expr, letters: Mapping[str, str]) -> Expr:
    """The expression with other letters for its indices, free or bound; two never become one by ``letters``."""

    def new(index: Index) -> Index:
        return bound(index, letters) if isinstance(index, str | Affine) else index

    match node:
        case Sym(name, index, mark) if index:
            return Sym(name, tuple(map(new, index)), mark)
        case Delta(i, j):
            return Delta(new(i), new(j))
        case Size(over) | Ones(over):
            return type(node)(letters.get(over, over))
        case Sum(over, body) | Max(over, body):
            return type(node)(letters.get(over, over), relettered(body, letters))
        case _:
            return over_parts(node, lambda part: relettered(part, letters))


def plain_letters(index: tuple[Index, ...], taken: set[str]) -> tuple[str, ...]:
    """A letter for each place of an index: its own where it is one, else one that nothing else has."""
    found: list[str] = []
    for one in index:
        free = (letter for letter in OTHERS if letter not in taken and letter not in found)
        found.append(one if isinstance(one, str) and one not in found else next(free))
    return tuple(found)

"""Index letters: every index of an expression renamed at once, those that a sum binds among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .nodes import Delta, Expr, Index, Max, Ones, Size, Sum, Sym, children, rebuild


def index_letters(node: Expr) -> Iterator[str]:
    """Every index letter of an expression, free or bound, as often as it is written."""
    match node:
        case Sym(_, index, _):
            yield from map(str, index)
        case Delta(i, j):
            yield from (str(i), str(j))
        case Sum(over, body) | Max(over, body):
            yield over
            yield from index_letters(body)
        case _:
            for part in children(node):
                yield from index_letters(part)


def relettered(node: Expr, letters: Mapping[str, str]) -> Expr:
    """The expression with other letters for its indices, free or bound; two never become one by ``letters``."""

    def new(index: Index) -> Index:
        return letters.get(index, index) if isinstance(index, str) else index

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
            parts = children(node)
            return rebuild(node, tuple(relettered(part, letters) for part in parts)) if parts else node

"""What is written several times in one line of a derivation gets a name in a line above, as Z for a softmax's sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ....expr import Call, Expr, Sum, Sym, Whole, children, free_indices, substitute
from ....expr.bind import contains, walk
from ...content.model import Line
from ...formulas.naming import PRIME
from ..steps import Part, UncitedLine
from .symbols import Symbols

LEAST_WEIGHT = 8
"""A part of fewer nodes is short enough to be written again; a sum never is."""


class Repeats:
    """Names for the repeated parts of a derivation's steps."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self._meant: dict[str, Expr] = {}

    def named(self, part: Part) -> Part:
        """The step with its repeated parts named; one that the step before has named so keeps that name."""
        found = dict.fromkeys(node for line in part.lines for node in repeated(line.body))
        if not found:
            return part
        names: dict[Expr, Expr] = {}
        for node in found:
            wanted = "sum" if isinstance(node, Sum) else "repeated"
            alike = sum(isinstance(other, Sum) == isinstance(node, Sum) for other in names)
            names[node] = Sym(self.symbols.letter(wanted) + PRIME * alike, tuple(free_indices(node)))
        lines = (_renamed(line, names) for line in part.lines)
        return part._replace(lines=(*self._definitions(names), *lines))

    def _definitions(self, names: dict[Expr, Expr]) -> Iterator[Line]:
        for node, name in names.items():
            assert isinstance(name, Sym)
            if self._meant.get(name.name) != node:
                self._meant[name.name] = node
                yield Line("rule", "=", node, left=name)


def repeated(body: Expr) -> Iterator[Expr]:
    """The largest parts of an expression in index notation that are in it more than once and long."""
    if contains(body, Whole):
        return
    counts = Counter(walk(body))

    def largest(node: Expr) -> Iterator[Expr]:
        # a function of a name is short: what is named is its argument
        long = isinstance(node, Sum) or (not isinstance(node, Call) and weight(node) >= LEAST_WEIGHT)
        if long and counts[node] > 1:
            yield node
        else:
            for part in children(node):
                yield from largest(part)

    yield from dict.fromkeys(largest(body))


def weight(node: Expr) -> int:
    """How many nodes an expression has."""
    return sum(1 for _ in walk(node))


def _renamed(line: Line | UncitedLine, names: dict[Expr, Expr]) -> Line | UncitedLine:
    body = substitute(line.body, names)
    if isinstance(line, Line):
        return line._replace(body=body)
    rule = tuple(substitute(one, names) if isinstance(one, Expr) else one for one in line.rule)
    return UncitedLine(line.line._replace(body=body), rule)

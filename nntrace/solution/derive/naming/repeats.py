"""What is written several times in one line of a derivation gets a name in a line above, as Z for a softmax's sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ....expr import Call, Expr, Sum, Sym, Whole, children, free_indices, substitute
from ....expr.bind import contains, walk
from ...formulas.naming import PRIME
from ..steps import Form, Part
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
        names: dict[Expr, Sym] = {}
        for node in found:
            wanted = "sum" if isinstance(node, Sum) else "repeated"
            alike = sum(isinstance(other, Sum) == isinstance(node, Sum) for other in names)
            names[node] = Sym(self.symbols.letter(wanted) + PRIME * alike, tuple(free_indices(node)))
        definitions = [Form(node, left=name) for node, name in names.items() if self._meant.get(name.name) != node]
        self._meant.update((name.name, node) for node, name in names.items())
        renamed = (line.map(lambda form: substitute(form, names)) for line in part.lines)
        return part._replace(lines=(*definitions, *renamed))


def repeated(body: Expr) -> Iterator[Expr]:
    """The largest parts of an expression in index notation that are in it more than once and long."""
    if contains(body, Whole):
        return
    counts = Counter(walk(body))

    def largest(node: Expr) -> Iterator[Expr]:
        # a function of a name is short: what is named is its argument
        long = isinstance(node, Sum) or (not isinstance(node, Call) and sum(1 for _ in walk(node)) >= LEAST_WEIGHT)
        if long and counts[node] > 1:
            yield node
        else:
            for part in children(node):
                yield from largest(part)

    yield from dict.fromkeys(largest(body))

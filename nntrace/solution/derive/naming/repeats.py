"""What is written several times in one line of a derivation gets a name in a line above, as Z for a softmax's sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ....expr import Call, Expr, Max, Sum, Sym, Whole, children, free_indices, symbols
from ....expr.bind import contains, transform, walk
from ....expr.letters import relettered
from ....network.batch import SAMPLE
from ...formulas.naming import PRIME, SAMPLES
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
        found: dict[Expr, Expr] = {}
        for node in (node for line in part.lines for node in repeated(line.body)):
            found.setdefault(by_place(node), node)
        if not found:
            return part
        names: dict[Expr, Sym] = {}
        for meant, node in found.items():
            wanted = "sum" if isinstance(node, Sum) else "repeated"
            alike = sum(isinstance(other, Sum) == isinstance(node, Sum) for other in names)
            letters = self.symbols.letters_for(wanted)
            primes = PRIME * (alike // len(letters))
            names[meant] = Sym(letters[alike % len(letters)] + primes, self._indices(node))
        new = [(found[meant], name) for meant, name in names.items() if self._meant.get(name.name) != found[meant]]
        self._meant.update((name.name, found[meant]) for meant, name in names.items())
        kinds = {type(node) for node in names}

        def leaf(node: Expr) -> Expr | None:
            name = names.get(by_place(node)) if type(node) in kinds else None
            return name and Sym(name.name, self._indices(node))

        renamed = (line.map(lambda form: transform(form, leaf)) for line in part.lines)
        return part._replace(lines=(*(Form(node, left=name) for node, name in new), *renamed))

    def _indices(self, node: Expr) -> tuple[str, ...]:
        """The letters of a part's name: those that are free in it, and the sample's where it has a number of each."""
        letters = tuple(free_indices(node))
        of_each = any(isinstance(one, Sym) and one.mark == SAMPLES for one in symbols(node))
        if not of_each or SAMPLE in letters:
            return letters
        return (*letters, SAMPLE) if self.symbols.network.conventions.vectors == "columns" else (SAMPLE, *letters)


def by_place(node: Expr) -> Expr:
    """An expression whatever letters its indices have: those that differ in their letters alone are one."""
    return relettered(own_sums(node), {letter: str(place) for place, letter in enumerate(free_indices(node))})


def own_sums(node: Expr) -> Expr:
    """An expression with letters of their own for its sums: those that differ in their letters alone become one."""

    def leaf(part: Expr) -> Expr | None:
        if not isinstance(part, Sum | Max):
            return None
        body = own_sums(part.body)
        inside = (len(one.over) for one in walk(body) if isinstance(one, Sum | Max))
        own = PRIME * (1 + max(inside, default=0))
        return type(part)(own, relettered(body, {part.over: own}))

    return transform(node, leaf)


def repeated(body: Expr) -> Iterator[Expr]:
    """The largest parts of an expression in index notation that are in it more than once and long."""
    if contains(body, Whole):
        return
    counts = Counter(map(own_sums, walk(body)))

    def largest(node: Expr) -> Iterator[Expr]:
        # a function of a name is short: what is named is its argument
        long = isinstance(node, Sum) or (not isinstance(node, Call) and sum(1 for _ in walk(node)) >= LEAST_WEIGHT)
        if long and counts[own_sums(node)] > 1:
            yield node
        else:
            for part in children(node):
                yield from largest(part)

    yield from dict.fromkeys(largest(body))

"""The factors of a product as steps from index to index, and the orders in which they form a chain of matrices."""

from __future__ import annotations

from collections.abc import Iterator

from ..record import Record
from .matrix_nodes import MatMul, Ones, Transpose
from .nodes import Expr
from .structure import product


class Factor(Record):
    """One factor of a product, and the indices that it has."""

    node: Expr
    indices: tuple[str, ...]


Link = tuple[Expr, str | None, str | None]


def merged(factors: list[Factor]) -> list[Factor]:
    """Factors with the same indices as one, to be multiplied element by element."""
    merged: dict[frozenset[str], tuple[list[Expr], tuple[str, ...]]] = {}
    for node, indices in factors:
        merged.setdefault(frozenset(indices), ([], indices))[0].append(node)
    return [Factor(product(nodes), indices) for nodes, indices in merged.values()]


def components(factors: list[Factor], over: list[str]) -> list[list[Factor]]:
    """The factors in groups that share summed indices, each group where its first factor stood."""
    groups: list[tuple[set[str], list[Factor]]] = []
    for factor in factors:
        joining = set(factor.indices) & set(over)
        together = [group for group in groups if group[0] & joining]
        if not together:
            groups.append((joining, [factor]))
            continue
        first, *others = together
        first[0].update(joining)
        first[1].append(factor)
        for other in others:
            first[0].update(other[0])
            first[1].extend(other[1])
            groups.remove(other)
    return [group for _, group in groups]


def chain_steps(factors: list[Factor], over: list[str]) -> list[Link]:
    """Each factor as a step, a summed index that stands alone joined by a column of ones; none where it cannot be."""
    found: list[Link] = []
    for node, indices in factors:
        if len(indices) > 2:
            return []
        found.append((node, indices[0], indices[1] if len(indices) == 2 else None))
    for index in over:
        count = sum(index in indices for _, indices in factors)
        if count == 1:
            found.append((Ones(index), index, None))
        elif count > 2:
            return []
    return found


def walks(steps: list[Link], start: str | None, end: str | None) -> Iterator[list[Link]]:
    """The orders of all steps in which each begins where the last one ended, from ``start`` to ``end``."""
    if not steps and start == end:
        yield []
    for place, (node, first, second) in enumerate(steps):
        for here, there in dict.fromkeys(((first, second), (second, first))):
            if here == start:
                for rest in walks(steps[:place] + steps[place + 1 :], there, end):
                    yield [(node, here, there), *rest]


def transposed(walk: list[Expr]) -> float:
    """How many matrices a walk transposes; a row of ones is better than the other matrix transposed."""
    return sum((0.5 if isinstance(one.body, Ones) else 1) for one in walk if isinstance(one, Transpose))


def matrix_factors(node: Expr) -> tuple[Expr, ...]:
    return node.factors if isinstance(node, MatMul) else (node,)

"""The samples of a batch as a network file gives them."""

from __future__ import annotations

from . import tree, values
from .model import Items, Labelled, Value
from .problems import Problems
from .tree import Node, describe


def samples(node: Node, problems: Problems, what: str = "`samples`") -> Value | None:
    """A list with a list for each sample, a file, or only how many there are."""
    if isinstance(node, tree.Mapping) and node.get("size") is not None:
        return values.samples_size(node, problems)
    if isinstance(node, tree.Mapping) and (file := values.special(node, problems, sizes=False)):
        return file
    if not isinstance(node, tree.Sequence):
        remedy = "write a list for each sample, [[1, 0], [0, 1]], or {file: xor.csv}; to derive only, {size: m}"
        problems.add(node.place, f"{what} cannot be {describe(node)}", remedy)
        return None
    found = values.items(node, problems)
    for sample in found.items:
        if not isinstance(sample, Items | Labelled):
            remedy = "write its inputs, then its targets, as in [[1, 0], [0, 1]]"
            problems.add(sample.place, "a sample is a list here", remedy)
    return found

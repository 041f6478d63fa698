"""How often the samples are gone through: the keys ``iterations``, ``epochs``, ``samples_per_step`` and ``order``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..catalogue.registry import find
from ..limits import LARGEST_LIMIT
from . import tree, values
from .model import Number, Passes
from .problems import Problems
from .tree import Node, describe

GIVEN, SHUFFLE = "given", "shuffle"


def passes(found: Mapping[str, Any], problems: Problems) -> Passes:
    """What the keys say together."""
    iterations, epochs, shuffle = found.get("iterations"), found.get("epochs"), found.get("order")
    if iterations and epochs:
        remedy = "keep one of them: an epoch is a pass over all samples"
        problems.add(max(iterations.place, epochs.place), "`iterations` and `epochs` together", remedy)
    if shuffle and not found.get("samples_per_step") and not _takes_one(found):
        message = "an `order` without `samples_per_step`: every step takes all samples, in whatever order"
        problems.add(shuffle.place, message, "add samples_per_step: 1, or take `order` out")
    return Passes(iterations, epochs, found.get("samples_per_step"), shuffle)


def _takes_one(found: Mapping[str, Any]) -> bool:
    """Whether the loss makes each step one of a single sample."""
    loss = found.get("loss")
    entry = None if loss is None else find("loss", loss.kind.text)
    return entry is not None and not entry.options() and bool(entry.build().only_mistakes)


def _samples_per_step(node: Node, problems: Problems) -> Number | None:
    if isinstance(node, tree.Scalar) and node.text == "all":
        return None
    return values.count(node, problems, "`samples_per_step`")


def _order(node: Node, problems: Problems) -> Number | None:
    """The seed of a shuffle; ``None`` for the order of the file."""
    match node:
        case tree.Scalar() if node.text == GIVEN:
            return None
        case tree.Mapping(((key, seed),), _) if key.text == SHUFFLE:
            return values.count(seed, problems, "a seed", low=0)
    problems.add(node.place, f"`order` cannot be {describe(node)}", "write given, or {shuffle: 7} with a seed")
    return None


READERS: dict[str, values.KeyReader] = {
    "iterations": partial(values.count, what="`iterations`", high=LARGEST_LIMIT),
    "epochs": partial(values.count, what="`epochs`"),
    "samples_per_step": _samples_per_step,
    "order": _order,
}

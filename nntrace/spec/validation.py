"""What a training is judged by: the keys ``validation``, ``patience`` and ``restore``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from . import tree, values
from .model import Split, Validation, Value
from .problems import Problems
from .samples import samples
from .tree import Node

SPLIT, SEED = "split", "seed"
RESTORED = ("last", "best")


def validation(found: Mapping[str, Any], problems: Problems) -> Validation:
    """What the keys say together."""
    given, patience, restore = found.get("validation"), found.get("patience"), found.get("restore")
    if given is not None and found.get("samples") is None:
        problems.add(given.place, "`validation` without samples", "add a line samples: … with those to learn from")
    if restore is not None and patience is None:
        problems.add(restore.place, "`restore` without `patience`", "add patience: 5, or take `restore` out")
    return Validation(given, patience, restore.text if restore else "last")


def _validation(node: Node, problems: Problems) -> Value | Split | None:
    """Samples, a file, or a share of the samples that there are."""
    if not isinstance(node, tree.Mapping) or (share := node.get(SPLIT)) is None:
        return samples(node, problems, "`validation`")
    values.refuse_others(node, (SPLIT, SEED), "a split", problems)
    number = values.number(share, problems, "a split")
    if number is not None and not 0 < number.value < 1:
        problems.add(share.place, f"a split of {number.text}", "give a share between 0 and 1, such as 0.2")
        return None
    seed = node.get(SEED)
    drawn = None if seed is None else values.count(seed, problems, "a seed", low=0)
    return None if number is None else Split(number, drawn, node.place)


READERS: dict[str, values.KeyReader] = {
    "validation": _validation,
    "patience": partial(values.count, what="`patience`"),
    "restore": partial(values.word, what="`restore`", choices=RESTORED),
}

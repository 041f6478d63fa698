"""Short forms of a network file, written out: ``lr: 0.1``, ``l2: 0.1``, ``weight_decay: 0.01``, a list under ``bias:``.

Each function takes nodes and gives nodes, so that what reads them knows the long forms alone and places stay.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..catalogue import Parameter
from ..catalogue.optimizers import DEFAULT
from ..catalogue.registry import KINDS, names
from . import tree, values
from .kinds import Kinded
from .problems import Problems
from .scalars import looks_like_number
from .tree import Node, Scalar, is_null

RATE, PENALTY, OPTIMIZER = "learning_rate", "penalty", "optimizer"
DECAY, SHORT_RATE = "weight_decay", "lr"
UNITS = "units"
PENALTY_WORDS = ("regularization", "regularisation", "regularizer", "regulariser", "lambda")

Keyed = tuple[Scalar, Node]
"""A key and its value."""


def written_out(root: tree.Mapping, problems: Problems) -> tree.Mapping:
    """A file's keys with the short ones written out: ``lr``, a penalty by its kind, ``weight_decay``."""
    penalties = names(PENALTY)
    long: dict[str, Keyed] = {}
    penalty: list[Keyed] = []
    decay: Keyed | None = None
    for key, node in root.entries:
        if is_null(node) and key.text in (SHORT_RATE, DECAY, *penalties):
            values.nothing_after(key, problems)
        elif key.text == DECAY:
            decay = key, node
        elif key.text in penalties:
            penalty.append((key, node))
        else:
            _put(long, RATE if key.text == SHORT_RATE else key.text, (key, node), problems)
    if penalty:
        (first, _), *_ = penalty
        _put(long, PENALTY, (first, tree.Mapping(tuple(penalty), first.place)), problems)
    if decay is not None:
        key, optimizer = long.get(OPTIMIZER, (decay[0], decay[0]._replace(text=DEFAULT)))
        long[OPTIMIZER] = key, _with_option(optimizer, decay)
    return tree.Mapping(tuple((key._replace(text=text), node) for text, (key, node) in long.items()), root.place)


def refuse_vague(entry: Keyed, problems: Problems) -> bool:
    """Note a word such as ``regularization`` with the lines that it may stand for; whether it is one."""
    key, node = entry
    if key.text not in PENALTY_WORDS:
        return False
    factor = node.text if isinstance(node, Scalar) and looks_like_number(node.text) else "0.01"
    listed = [f"{one.name}: {factor} (λ {one.summary.partition(':')[0].partition(';')[0]} in the loss)"
              for one in KINDS[PENALTY].values()]  # fmt: skip
    remedy = f"write {', '.join(listed)}, or {DECAY}: {factor} (λ w in the update, not in the loss)"
    problems.add(key.place, f"`{key.text}` may mean several things", remedy + " on a line of its own, in column 1")
    return True


def refuse_inside(entry: Keyed, where: str, problems: Problems) -> bool:
    """Note what is a line of the whole file inside a layer or a loss; whether it is one."""
    key, _ = entry
    if key.text in (SHORT_RATE, DECAY, *names(PENALTY)):
        problems.add(key.place, f"`{key.text}` inside {where}", "it belongs to the whole file: begin it in column 1")
        return True
    return refuse_vague(entry, problems)


def _put(long: dict[str, Keyed], text: str, entry: Keyed, problems: Problems) -> None:
    """Keep an entry under its long key, once."""
    if text in long:
        first, later = sorted((long[text][0], entry[0]), key=lambda key: key.place)
        problems.add(later.place, f"`{later.text}` beside `{first.text}` (line {first.place.line}), which say the same",
                     "keep one of the two")  # fmt: skip
    else:
        long[text] = entry


def _with_option(optimizer: Node, option: Keyed) -> Node:
    """An optimizer, ``adam`` or ``{adam: …}``, with one more of its options."""
    if isinstance(optimizer, Scalar):
        return tree.Mapping(((optimizer, tree.Mapping((option,), option[0].place)),), optimizer.place)
    if not isinstance(optimizer, tree.Mapping) or not optimizer.entries:
        return optimizer
    (kind, options), *others = optimizer.entries
    own = options.entries if isinstance(options, tree.Mapping) else ()
    return tree.Mapping(((kind, tree.Mapping((*own, option), optimizer.place)), *others), optimizer.place)


def opened(of: Kinded, known: tuple[str, ...], problems: Problems) -> Kinded:
    """A layer with everything behind its kind, ``dense: {units: 2, activation: relu}``, as if its keys stood beside it.

    ``known`` are the keys that a layer of the kind may have beside its options.
    """
    content = of.content
    if not isinstance(content, tree.Mapping) or of.entry is None:
        return of
    if not any(key.text in (UNITS, *known, *of.entry.options()) for key, _ in content.entries):
        return of
    other_keys = {key.text: (key, node) for key, node in of.other_keys}
    for key, node in content.entries:
        if key.text != UNITS:
            _put(other_keys, key.text, (key, node), problems)
    return of._replace(content=content.get(UNITS), other_keys=list(other_keys.values()))


def each_for_itself(own: Mapping[str, Node], parameters: Mapping[str, Parameter]) -> dict[str, Node]:
    """A layer's keys, with several numbers under the key of what all units share, ``bias: [0.1, 0.2]``, as one for
    each unit."""
    found: dict[str, Node] = {}
    for key, node in own.items():
        parameter = parameters.get(key)
        shared = parameter is not None and key == parameter.shared and parameter.key not in own
        found[parameter.key if parameter and shared and _is_list(node) else key] = node
    return found


def _is_list(node: Node) -> bool:
    """Whether a value is several: a list, a named list, or a table of several numbers."""
    match node:
        case tree.Sequence() | tree.Mapping(((_, tree.Sequence()),), _):
            return True
        case tree.Mapping(entries, _) if len(entries) > 1:
            return all(isinstance(inner, Scalar) and looks_like_number(inner.text) for _, inner in entries)
        case _:
            return False

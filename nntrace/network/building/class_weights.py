"""How much each class counts in a loss: a number for each sample, that of its target's class."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from ...catalogue import Loss
from ...errors import quoted, suggestion
from ...spec.model import Items, Labelled, Number, Value
from ..model import WEIGHT, Cell, Tensor
from .draft import Draft
from .targets import class_names, no_class


def class_weights(draft: Draft, value: Value, loss: Loss, targets: Tensor, outputs: Tensor) -> Tensor | None:
    """The weight of each sample, or of the only one; ``None`` where that is the file's mistake, which is noted."""
    problems, size = draft.problems, outputs.shape[-1]
    if loss.targets not in ("class", "classes"):
        remedy = "leave it out, or take cross_entropy or hinge"
        problems.add(value.place, "`class_weights` beside a loss that takes no class", remedy)
        return None
    known = class_names(draft, outputs)
    weights = _by_class(draft, value, known, size)
    if weights is None:
        return None
    if targets.typed is None or no_class(targets) is not None:
        problems.add(
            value.place, "`class_weights` beside targets that are not classes", "name the class of each sample"
        )
        return None
    chosen = {cell[:-1]: weights[cell[-1]] for cell, number in targets.typed.items() if number}
    shape = () if draft.count is None else (draft.count,)
    names: dict[Cell, str] = {} if shape else {(): WEIGHT}
    return Tensor(WEIGHT, WEIGHT, shape, "target", names, typed=chosen, sampled=bool(shape))


def _by_class(draft: Draft, value: Value, known: Mapping[str, int], size: int) -> dict[int, Fraction] | None:
    match value:
        case Items(items, _):
            given = dict(enumerate(items))
        case Labelled(entries, _):
            for name, _inner in entries:
                if name.text not in known:
                    draft.problems.add(name.place, f"no class {quoted(name.text)}", suggestion(name.text, [*known]))
                    return None
            given = {known[name.text]: inner for name, inner in entries}
        case _:
            given = {}
    numbers = {place: one.value for place, one in given.items() if isinstance(one, Number) and one.value >= 0}
    if len(numbers) != size or len(given) != size:
        remedy = f"give {size} numbers from 0 on, such as [{', '.join(['1'] * size)}], or one by each class's name"
        draft.problems.add(value.place, f"`class_weights` do not give a number for each of {size} classes", remedy)
        return None
    for one in given.values():
        if isinstance(one, Number):
            draft.names.count(one)
    return numbers

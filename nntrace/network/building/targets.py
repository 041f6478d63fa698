"""The targets of a network: one for each output, or the name of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from ...catalogue import Loss
from ...errors import quoted, suggestion
from ...spec.model import Items, Labelled, Name, Number, Value
from ..model import Cell, Tensor
from .draft import Draft
from .leaves import elements


def targets_of(draft: Draft, current: Tensor) -> Tensor | None:
    """The targets, whose number must be that of the last result; a class target is the name of one of these."""
    value, size = draft.spec.targets, current.shape[-1]
    if value is None:
        return None
    classes = _classes(draft, current)
    if draft.samples is not None:
        declared = draft.samples.declared(value, "y", "target", size)
        draft.samples.check_width(draft.tensors["x"].shape[1], declared.shape[1])
        targets = draft.add(draft.samples.filled(declared, draft.tensors["x"].shape[1], classes))
        known = targets.typed is not None or targets.array is not None
        if targets.one_hot is not None and known and not _is_class(targets):
            message = "the targets are said to be one-hot, and those of a sample are not"
            draft.problems.add(
                value.place, message, "give a 1 for the class and 0 for the others, or leave `one_hot` out"
            )
    elif isinstance(value, Name) and value.text in classes:
        return _of_class(draft, classes[value.text], size)
    elif _is_no_target(draft, value, classes, size):
        return _of_class(draft, 0, size)
    else:
        targets = draft.given(value, "y", "y", "target")
    if targets.shape[-1] != size:
        draft.problems.add(
            value.place,
            f"there {'is' if targets.shape[-1] == 1 else 'are'} {draft.counted(targets.shape[-1], 'target')} for "
            f"{draft.counted(size, 'output')}",
            "give one target for each element of the last result",
        )
    return targets


def _of_class(draft: Draft, chosen: int, size: int) -> Tensor:
    """One for the class, zeros for the others."""
    typed: dict[Cell, Fraction] = {(place,): Fraction(place == chosen) for place in range(size)}
    return draft.add(Tensor("y", "y", (size,), "target", typed=typed, structural=True))


def _is_no_target(draft: Draft, value: Value, classes: Mapping[str, int], size: int) -> bool:
    """Whether a value gives a target no number, and seems to be meant for a class; that is noted."""
    names = [name for name in _names(value) if name.text not in {*draft.names.numbers, *draft.names.tensors}]
    outputs = [name for name in names if name.text in classes]
    alone = isinstance(value, Name) or (isinstance(value, Items) and len(value.items) == 1)
    for_each = "give one target for each output, such as targets: {t1: 1.0, …}"
    if isinstance(value, Number):
        message, place = "`targets` cannot be one number", value.place
        remedy = f"write a list, such as [{value.text}], or a table, such as {{t: {value.text}}}"
        if size > 1:
            remedy = (
                f"name the right class, as in targets: {next(iter(classes))}; {suggestion('', classes)}; or {for_each}"
            )
    elif outputs:
        message, place = f"{quoted(outputs[0].text)} is an output, and gives a target no number", outputs[0].place
        remedy = "write a number, such as targets: {t1: 1.0}"
        if size > 1:
            remedy = f"for this class write targets: {outputs[0].text}, without brackets; or {for_each}"
    elif names and alone and size > 1:
        message, place = f"there is no output {quoted(names[0].text)}", names[0].place
        remedy = f"{suggestion(names[0].text, classes)}; or {for_each}"
    else:
        return False
    draft.problems.add(place, message, remedy)
    return True


def _names(value: Value) -> list[Name]:
    """The names that stand for numbers in a value."""
    match value:
        case Name():
            return [value]
        case Items(items, _):
            return [name for item in items for name in _names(item)]
        case Labelled(entries, _):
            return [name for _, inner in entries for name in _names(inner)]
        case _:
            return []


def _classes(draft: Draft, last: Tensor) -> dict[str, int]:
    """The places of the last result's elements by name; where activations gave them none, by those before these."""
    before = last
    activations = [step for step in draft.steps if step.edges and not step.is_learned]
    for step in reversed(activations):
        if step.output == before.key and not before.names:
            before = draft.tensors[step.argument]
    earlier = {name: cell[-1] for cell, name in before.names.items()}
    return earlier | {name: place for place, name in enumerate(elements(last))}


def check_targets(draft: Draft, loss: Loss, kind: str, targets: Tensor, outputs: int) -> None:
    """Some losses take only targets from 0 to 1, or a class."""
    assert draft.spec.targets is not None
    if loss.targets == "class" and targets.shape[-1] == outputs and not _is_class(targets):
        draft.problems.add(
            draft.spec.targets.place,
            f"{kind} takes the right class among two outputs or more",
            "name it, as in targets: dog, or give 1 for it and 0 for the others; "
            "max(0, 1 - t s) of a single output with t = 1 or -1 is not among the losses",
        )
        return
    if loss.targets == "any" or targets.typed is None:
        return
    wrong = [number for number in targets.typed.values() if not 0 <= number <= 1]
    if wrong:
        draft.problems.add(
            draft.spec.targets.place,
            f"{kind} takes targets from 0 to 1, not {float(wrong[0]):g}",
            "give 0 or 1 for each output" if loss.targets == "bits" else "give a distribution, or name the class",
        )


def sum_to_one(targets: Tensor) -> bool:
    """Whether the targets, of every sample, sum to exactly 1."""
    if targets.one_hot is not None:
        return True
    sums: dict[Cell, Fraction] = {}
    for cell, number in (targets.typed or {}).items():
        sums[cell[:-1]] = sums.get(cell[:-1], Fraction(0)) + number
    return bool(sums) and all(total == 1 for total in sums.values())


def _is_class(targets: Tensor) -> bool:
    """Whether of the targets, of every sample, one is 1 and the others are 0; unknown numbers may be."""
    if targets.shape[-1] < 2:
        return False
    rows: dict[Cell, list[float]] = {}
    for cell in targets.cells() if targets.typed or targets.array is not None else ():
        number = targets.array[cell] if targets.array is not None else (targets.typed or {}).get(cell, 0)
        rows.setdefault(cell[:-1], []).append(float(number))
    return all(sorted(row) == [0] * (len(row) - 1) + [1] for row in rows.values())

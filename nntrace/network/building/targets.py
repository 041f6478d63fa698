"""The targets of a network: one for each output, or the name of one of them."""

from __future__ import annotations

from fractions import Fraction

from ...catalogue import Loss, find
from ...errors import quoted, suggestion
from ...spec.model import Items, Labelled, Name, Number, Place, Value, inside
from ..classes import class_layer
from ..model import Cell, Tensor
from .classes import Classes, ClassTarget, class_target, numbers_of_class
from .draft import Draft
from .leaves import elements


def targets_of(draft: Draft, current: Tensor) -> Tensor | None:
    """The targets, whose number must be that of the last result; a class target is one of these, by name or number."""
    value, size = draft.spec.targets, current.shape[-1]
    if value is None:
        return None
    classes = Classes(class_names(draft, current), draft.problems)
    for label in numbers_of_class(value) if size > 1 else ():
        draft.names.numbers.pop(label, None)
    if draft.samples is not None:
        declared = draft.samples.declared(value, default_name(draft), "target", size or 1)
        fits = draft.samples.check_width(draft.tensors["x"].shape[1], declared.shape[1])
        if size == 0 or not fits:  # the outputs could not be read: a target may be a class of theirs
            return draft.add(declared)
        targets = draft.add(draft.samples.filled(declared, draft.tensors["x"].shape[1], classes))
        known = targets.typed is not None or targets.array is not None
        if targets.one_hot is not None and known and (wrong := no_class(targets)) is not None:
            message = "the targets are said to be one-hot, and those of a sample are not"
            place = _place(draft, targets, wrong)
            draft.problems.add(place, message, "give a 1 for the class and 0 for the others, or leave `one_hot` out")
    elif (found := class_target(value)) and _is_class(found, classes, size):
        return _of_class(draft, classes.place(found.which, found.first), size, found.name)
    elif _is_no_target(draft, value, classes, size):
        return _of_class(draft, 0, size)
    else:
        targets = draft.given(value, "y", default_name(draft), "target")
    if targets.shape[-1] != size > 0:  # no outputs are those of a layer that could not be read
        given = f"there {'is' if targets.shape[-1] == 1 else 'are'} {draft.counted(targets.shape[-1], 'target')}"
        remedy = "give one target for each element of the last result"
        draft.problems.add(value.place, f"{given} for {draft.counted(size, 'output')}", remedy)
    return targets


def default_name(draft: Draft) -> str:
    """What targets are called that the file gives no name: y, or t where something else is y, or one of y1, y2, …"""
    others = {name.rstrip("0123456789") for name in draft.defined}
    own = [name for name, _ in draft.spec.targets.entries] if isinstance(draft.spec.targets, Labelled) else []
    return "t" if "y" in others and not any(name.text == "y" for name in own) else "y"


def _is_class(found: ClassTarget, classes: Classes, size: int) -> bool:
    """Whether targets in the form of a class are one: a single output has none, and a name is one of an output's."""
    if isinstance(found.which, Name):
        return found.which.text in classes.names or (size > 1 and (found.name or found.first) is not None)
    return size > 1 or found.first is not None


def _of_class(draft: Draft, chosen: int, size: int, label: Name | None = None) -> Tensor:
    """One for the class, zeros for the others; under the name of the file, where it gives one."""
    typed: dict[Cell, Fraction] = {(place,): Fraction(place == chosen) for place in range(size)}
    tensor = Tensor("y", default_name(draft), (size,), "target", typed=typed, structural=True)
    return draft.add(tensor if label is None else draft.leaves.called(tensor, label))


def _is_no_target(draft: Draft, value: Value, classes: Classes, size: int) -> bool:
    """Whether a value gives a target no number, and seems to be meant for a class; that is noted."""
    known = {*draft.names.numbers, *draft.names.tensors}
    names = [name for name in inside(value) if isinstance(name, Name) and name.text not in known]
    outputs = [name for name in names if name.text in classes.names]
    only = value.items[0] if isinstance(value, Items) and len(value.items) == 1 else value
    if isinstance(value, Labelled) and len(value.entries) == 1 < size and _of_classes(draft):
        only = value.entries[0][1]
    alone = isinstance(only, Name)
    for_each = "give one target for each output, such as targets: {t1: 1.0, …}"
    if isinstance(only, Number) and (size > 1 or only is value):
        message, place = "`targets` cannot be one number", value.place
        remedy = f"write a list, such as [{only.text}], or a table, such as {{t: {only.text}}}"
        if size > 1:
            by_number = classes.readings(only)
            if isinstance(value, Labelled):
                message = f"there is 1 target for {draft.counted(size, 'output')}"
            named = f"name the class; {suggestion('', classes.names)}"
            remedy = f"{f'write {by_number}' if by_number else named}; or {for_each}"
    elif outputs:
        message, place = f"{quoted(outputs[0].text)} is an output, and gives a target no number", outputs[0].place
        remedy = "write a number, such as targets: {t1: 1.0}"
        if size > 1:
            remedy = f"for this class write targets: {outputs[0].text}, without brackets; or {for_each}"
    elif names and alone and size > 1:
        message, place = f"there is no output {quoted(names[0].text)}", names[0].place
        remedy = f"{suggestion(names[0].text, classes.names)}; or {for_each}"
    else:
        return False
    draft.problems.add(place, message, remedy)
    return True


def _of_classes(draft: Draft) -> bool:
    """Whether the loss is one of classes: a single number for several outputs then seems to be one."""
    entry = find("loss", draft.spec.loss.kind.text) if draft.spec.loss else None
    return entry is not None and entry.build().targets in ("class", "classes")


def class_names(draft: Draft, last: Tensor) -> dict[str, int]:
    """The places of the last result's elements by name; where activations gave them none, by those before these."""
    named = class_layer(last, draft.steps, draft.tensors)
    earlier = {name: cell[-1] for cell, name in named.names.items() if cell}
    return earlier | {name: place for place, name in enumerate(elements(last))}


def check_targets(draft: Draft, loss: Loss, kind: str, targets: Tensor, outputs: int) -> None:
    """Some losses take only targets from 0 to 1, or a class."""
    assert draft.spec.targets is not None
    single = targets.shape[-1] < 2
    wrong = None if single else no_class(targets)
    if loss.targets == "class" and targets.shape[-1] == outputs and (single or wrong is not None):
        draft.problems.add(
            draft.spec.targets.place if wrong is None or draft.samples is None else _place(draft, targets, wrong),
            f"{kind} takes the right class among two outputs or more",
            "name it, as in targets: dog, or give 1 for it and 0 for the others; "
            "max(0, 1 - t s) of a single output with t = 1 or -1 is not among the losses",
        )
    if loss.targets not in ("bits", "classes") or targets.typed is None:
        return
    wrong = next((cell for cell, number in targets.typed.items() if not 0 <= number <= 1), None)
    if wrong is not None:
        message = f"{kind} takes targets from 0 to 1, not {float(targets.typed[wrong]):g}"
        bits = loss.targets == "bits"
        remedy = "give 0 or 1 for each output" if bits else "give a distribution, or name the class"
        draft.problems.add(_place(draft, targets, wrong), message, remedy)


def _place(draft: Draft, targets: Tensor, cell: Cell) -> Place:
    """Where the file has the number of a target: in its sample, where there are samples."""
    assert draft.spec.targets is not None
    all_targets = draft.spec.targets.place if draft.samples is None else draft.samples.place
    return targets.places.get(cell, all_targets)


def sum_to_one(targets: Tensor) -> bool:
    """Whether the targets, of every sample, sum to exactly 1."""
    if targets.one_hot is not None or targets.structural:
        return True
    if (array := targets.array) is not None:
        return bool(array.size and ((array == 0) | (array == 1)).all() and (array.sum(axis=-1) == 1).all())
    sums: dict[Cell, Fraction] = {}
    for cell, number in (targets.typed or {}).items():
        sums[cell[:-1]] = sums.get(cell[:-1], Fraction(0)) + number
    return bool(sums) and all(total == 1 for total in sums.values())


def is_one_hot(targets: Tensor) -> bool:
    """Whether of the targets of every sample one is 1 and the others 0."""
    if targets.structural:
        return True
    return sum_to_one(targets) and all(number in (0, 1) for number in (targets.typed or {}).values())


def no_class(targets: Tensor) -> Cell | None:
    """The first target of a sample of which not one target is 1 and the others are 0; unknown numbers may be."""
    rows: dict[Cell, list[float]] = {}
    if targets.structural:
        return None
    for cell in targets.cells() if targets.typed or targets.array is not None else ():
        number = targets.array[cell] if targets.array is not None else (targets.typed or {}).get(cell, 0)
        rows.setdefault(cell[:-1], []).append(float(number))
    wrong = (sample for sample, row in rows.items() if sorted(row) != [0] * (len(row) - 1) + [1])
    return next(((*sample, 0) for sample in wrong), None)

"""A network file's text → a ``Spec``, or all of its problems at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError, nearest, printable, quoted
from ..limits import USUAL, Limits
from . import conventions, losses, not_yet, passes, shorthands, training, tree, validation, values
from .layers import layer_keys, layers
from .model import Labelled, Layer, LossSpec, Name, Null, Penalty, Place, Spec, Value
from .problems import Problems, split_lines
from .samples import samples
from .tree import Node, describe, is_null

REQUIRED = {
    "inputs": "give the inputs and their values, such as inputs: {x1: 0.5, x2: 1.0}",
    "layers": "give the layers, such as layers: [dense: [h1, h2]], or layers: [] for none",
}

ALONE = "parameters"
"""The key of a file without layers: there is no network, and the gradients are given."""
OF_LAYERS = (
    "inputs",
    "targets",
    "samples",
    "layers",
    "loss",
    "penalty",
    "report",
    "values",
    "samples_per_step",
    "order",
)


def read(text: str, source: str, folder: Path | None, limits: Limits = USUAL) -> Spec:
    """The network that a text describes.

    ``source`` is what messages call it, ``folder`` where its relative files are looked for. Raises a ``SpecError``
    with every problem of the text, or another ``UserError`` where there is nothing to read.
    """
    text = text.removeprefix("\ufeff")
    lines = split_lines(text)
    problems = Problems(source, lines, limits)
    root = tree.parse(text, problems)
    if is_null(root):
        raise UserError(f"{printable(source)} is empty\n  it needs at least `inputs` and `layers`")
    if not isinstance(root, tree.Mapping):
        problems.fail(root.place, f"a network file is a table of keys, and this is {describe(root)}",
                      "begin with `inputs:` and `layers:`")  # fmt: skip
    spec = _spec(shorthands.written_out(root, problems), source, lines, folder, problems)
    not_yet.refuse(spec, problems)
    problems.raise_if_any()
    return spec


def _spec(root: tree.Mapping, source: str, lines: tuple[str, ...], folder: Path | None, problems: Problems) -> Spec:
    found = _read_keys(root, problems)
    if root.get(ALONE) is None:
        layers = found.get("layers") or ()
        needed = [key for key in REQUIRED if key != "inputs" or not (layers and layers[0].formula)]
        meant = {_meant(word.text) for word, _ in root.entries if word.text not in READERS}
        for key, remedy in REQUIRED.items():
            if root.get(key) is None and key in needed and key not in meant:
                problems.add(Place(1, 1), f"`{key}` is missing", remedy)
    for word, _ in root.entries if root.get(ALONE) is not None else ():
        if word.text in OF_LAYERS:
            problems.add(
                word.place, f"`{word.text}` beside `{ALONE}`, which are of no layer", "take one of the two out"
            )
    if (loss := found.get("loss")) and loss.result:
        losses.check_result(loss, found.get("layers", ()), problems)
    return Spec(
        source=source,
        lines=lines,
        folder=folder,
        title=found.get("title"),
        inputs=found.get("inputs"),
        targets=found.get("targets"),
        samples=found.get("samples"),
        layers=found.get("layers", ()),
        loss=found.get("loss"),
        penalty=_penalty(found, problems),
        report=found.get("report", ()),
        values=found.get("values") or Labelled((), Place(1, 1)),
        frozen=found.get("frozen", ()),
        learning_rate=found.get("learning_rate"),
        passes=passes.passes(found, problems),
        validation=validation.validation(found, problems),
        optimizer=found.get("optimizer"),
        clip=found.get("clip"),
        parameters=found.get("parameters"),
        gradients=found.get("gradients"),
        conventions=conventions.conventions(found, root, problems),
        places={key.text: key.place for key, _ in root.entries},
        limits=problems.limits,
    )


def _read_keys(root: tree.Mapping, problems: Problems) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, node in root.entries:
        if key.text in not_yet.KEYS:
            not_yet.refuse_key(key, problems)
        elif key.text not in READERS:
            _refuse_unknown(key, node, root, problems)
        elif is_null(node) and key.text != "title":
            values.nothing_after(key, problems)
        else:
            found[key.text] = READERS[key.text](node, problems)
    _refuse_nested(found, problems)
    return found


def _refuse_nested(found: Mapping[str, Any], problems: Problems) -> None:
    """Inputs and targets that stand in the table of values are one list too."""
    given: Labelled = found.get("values") or Labelled((), Place(1, 1))
    for key in ("inputs", "targets"):
        for name, value in given.entries:
            if isinstance(named := found.get(key), Name) and named.text == name.text:
                values.refuse_nested(value, problems, key)


def _penalty(found: dict[str, Any], problems: Problems) -> Penalty | None:
    """The penalty, which stands beside the loss or inside it."""
    loss: LossSpec | None = found.get("loss")
    if loss and loss.upstream:
        for key in ("targets", "report", "penalty"):
            if found.get(key):
                place = found["report"][0].kind.place if key == "report" else found[key].place
                problems.add(place, f"`{key}` beside upstream gradients, of a loss that is not known",
                             "take one of the two out")  # fmt: skip
        for key in ("iterations", "epochs"):
            if (count := found.get(key)) and count.value > 1:
                message = f"more than one {key[:-1]} with upstream gradients: after a step they are others"
                problems.add(count.place, message, f"leave `{key}` out")
    at_top: Penalty | None = found.get("penalty")
    inside = loss.penalty if loss else None
    if at_top and inside:
        problems.add(max(at_top.place, inside.place), "a second penalty", "put all kinds into one: {l1: 0.1, l2: 0.01}")
    if at_top and not loss:
        problems.add(at_top.place, "a penalty needs a loss beside it", "add a line loss: …")
    return at_top or inside


def _refuse_unknown(key: tree.Scalar, node: Node, root: tree.Mapping, problems: Problems) -> None:
    if key.text in layer_keys():
        problems.add(
            key.place, f"`{key.text}` outside of a layer", "indent it under its layer, in the column of `dense`"
        )
    elif key.text in losses.LOSS_KEYS:
        problems.add(key.place, f"`{key.text}` outside of the loss", losses.with_key(root.get("loss"), key, node))
    elif key.text.startswith(tuple(f"{known} {bracket}" for known in READERS for bracket in "{[")):
        remedy = f"write it between the key and its value: {key.text.partition(' ')[0]}: …"
        problems.add(key.place, f"a colon is missing in {quoted(key.text)}", remedy)
    elif not shorthands.refuse_vague((key, node), problems):
        values.unknown_key(key, "a network file", READERS, problems)


def _meant(word: str) -> str | None:
    """The key that an unknown one is a slip for: the key itself without its colon, or one spelled otherwise."""
    first = word.partition(" ")[0]
    return first if first in READERS else nearest(word, READERS)


def _title(node: Node, problems: Problems) -> str | None:
    if not isinstance(node, tree.Scalar):
        problems.add(
            node.place,
            f"`title` cannot be {describe(node)}",
            "write one line of text; put it in quotes where it has : or [",
        )
        return None
    return None if is_null(node) else printable(" ".join(node.text.split()))


def _layers(node: Node, problems: Problems) -> tuple[Layer, ...]:
    return layers(node, problems, READERS)


def _inputs(node: Node, problems: Problems) -> Value | None:
    return values.given(node, problems, "inputs")


def _targets(node: Node, problems: Problems) -> Value | None:
    return values.given(node, problems, "targets")


def _values(node: Node, problems: Problems) -> Labelled | None:
    """The table of given values: a number for a name, or for a tensor a nested list, a file or a scheme."""
    if not isinstance(node, tree.Mapping):
        problems.add(node.place, f"`values` is not a table but {describe(node)}", "write {w11: 1.0, w12: -0.5}")
        return None
    if not node.entries:
        return Labelled((), node.place)
    found = values.table(node, problems, elements=False)
    for _, value in found.entries:
        if isinstance(value, (Null, Name, Labelled)):
            problems.add(
                value.place, "`values` has no number here", "give a number, a nested list of numbers or {file: …}"
            )
    return found


def _frozen(node: Node, problems: Problems) -> tuple[Name, ...]:
    return values.names(node, problems, "`frozen`", elements=True)


READERS: dict[str, Callable[[Node, Problems], Any]] = {
    "title": _title,
    "inputs": _inputs,
    "targets": _targets,
    "samples": samples,
    "layers": _layers,
    "loss": losses.loss,
    "penalty": losses.penalty,
    "report": losses.report,
    "values": _values,
    "frozen": _frozen,
    "learning_rate": training.learning_rate,
    **passes.READERS,
    **validation.READERS,
    "optimizer": training.optimizer,
    "clip": training.clip,
    "parameters": training.parameters,
    "gradients": training.gradients,
    **conventions.READERS,
}
"""Every key of a network file, and the function that reads it."""

"""A network file's text → a ``Spec``, or all of its problems at once."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ..catalogue.registry import names
from ..errors import UserError, nearest, printable, quoted
from ..limits import USUAL, Limits
from . import conventions, layers, losses, passes, shorthands, training, tree, validation, values
from .formula import LET
from .model import Labelled, LossSpec, Name, Null, Penalty, Place, Spec
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
    "inputs", "targets", "samples", "layers", "loss", "penalty", "report", "values", "samples_per_step", "order",
)  # fmt: skip


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
    problems.raise_if_any(spec)
    return spec


def _spec(root: tree.Mapping, source: str, lines: tuple[str, ...], folder: Path | None, problems: Problems) -> Spec:
    found = _read_keys(root, problems)
    listed = found.get("layers", ())
    if root.get(ALONE) is None:
        needed = [key for key in REQUIRED if key != "inputs" or not _begins_with_formulas(root.get("layers"))]
        meant = {_meant(word.text) for word, _ in root.entries if word.text not in READERS}
        for key in needed:
            if root.get(key) is None and key not in meant:
                problems.add(Place(1, 1), f"`{key}` is missing", REQUIRED[key])
    else:
        for word, _ in root.entries:
            if word.text in OF_LAYERS:
                message = f"`{word.text}` beside `{ALONE}`, which are of no layer"
                problems.add(word.place, message, "take one of the two out")
    if (loss := found.get("loss")) and loss.result:
        losses.check_result(loss, listed, problems)
    given = {key: value for key, value in found.items() if key in Spec._fields and value is not None}
    together = {
        "penalty": _penalty(found, problems),
        "passes": passes.passes(found, problems),
        "validation": validation.validation(found, problems),
        "conventions": conventions.conventions(found, root, problems),
        "places": {key.text: key.place for key, _ in root.entries},
    }
    return Spec(source, lines, folder, limits=problems.limits, **{**given, **together})


def _begins_with_formulas(layers: Node | None) -> bool:
    """Whether the first layer is of formulas, which need no inputs."""
    match layers:
        case tree.Sequence((tree.Mapping() as first, *_)):
            return first.get(LET) is not None
        case _:
            return False


def _read_keys(root: tree.Mapping, problems: Problems) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word, node in root.entries:
        noted, apart = len(problems.found), problems.apart
        if word.text not in READERS:
            _refuse_unknown(word, node, root, problems)
        elif is_null(node) and word.text != "title":
            values.nothing_after(word, problems)
        else:
            found[word.text] = READERS[word.text](node, problems)
        if _meant(word.text) in APART:
            problems.apart = apart + len(problems.found) - noted
        elif _meant(word.text) in JUDGED and len(problems.found) > noted:
            problems.apart = 0
    for key in ("inputs", "targets"):  # those that stand in the table of values are one list too
        for name, value in found["values"].entries if found.get("values") else ():
            if isinstance(named := found.get(key), Name) and named.text == name.text:
                values.refuse_nested(value, problems, key)
    return found


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
                message = f"more than one {key[:-1]} with upstream gradients: after one step they would change"
                problems.add(count.place, message, f"leave `{key}` out")
    at_top: Penalty | None = found.get("penalty")
    inside = loss.penalty if loss else None
    if at_top and inside:
        problems.add(max(at_top.place, inside.place), "a second penalty", "put all kinds into one: {l1: 0.1, l2: 0.01}")
    if at_top and not loss:
        problems.add(at_top.place, "a penalty needs a loss beside it", "add a line loss: …")
    return at_top or inside


def _refuse_unknown(key: tree.Scalar, node: Node, root: tree.Mapping, problems: Problems) -> None:
    if key.text in layers.layer_keys():
        remedy = "indent it under its layer, in the column of `dense`"
        problems.add(key.place, f"`{key.text}` outside of a layer", remedy)
    elif key.text in losses.LOSS_KEYS:
        problems.add(key.place, f"`{key.text}` outside of the loss", losses.with_key(root.get("loss"), key, node))
    elif key.text.startswith(tuple(f"{known} {bracket}" for known in READERS for bracket in "{[")):
        remedy = f"write it between the key and its value: {key.text.partition(' ')[0]}: …"
        problems.add(key.place, f"a colon is missing in {quoted(key.text)}", remedy)
    elif sort := next((sort for sort in ("optimizer", "loss") if key.text in names(sort)), None):
        remedy = f"write {sort}: {key.text}, or with options {sort}: {{{key.text}: …}}"
        problems.add(key.place, f"`{key.text}` is a kind of `{sort}`, and no key of a network file", remedy)
    elif not shorthands.refuse_vague((key, node), problems):
        values.unknown_key(key, "a network file", READERS, problems)


def _meant(word: str) -> str | None:
    """The key that an unknown one is a slip for: the key itself without its colon, or one spelled otherwise."""
    first = word.partition(" ")[0]
    return first if first in READERS else nearest(word, READERS)


def _title(node: Node, problems: Problems) -> str | None:
    if not isinstance(node, tree.Scalar):
        remedy = "write one line of text; put it in quotes where it has : or ["
        problems.add(node.place, f"`title` cannot be {describe(node)}", remedy)
        return None
    return None if is_null(node) else printable(" ".join(node.text.split()))


def _values(node: Node, problems: Problems) -> Labelled | None:
    """The table of given values: a number for a name, or for a tensor a nested list, a file or a scheme."""
    if not isinstance(node, tree.Mapping):
        problems.add(node.place, f"`values` is not a table but {describe(node)}", "write {w11: 1.0, w12: -0.5}")
        return None
    if not node.entries:
        return Labelled((), node.place)
    found = values.table(node, problems)
    for _, value in found.entries:
        if isinstance(value, (Null, Name, Labelled)):
            remedy = "give a number, a nested list of numbers or {file: …}"
            problems.add(value.place, "`values` has no number here", remedy)
    return found


READERS: dict[str, values.KeyReader] = {
    "title": _title,
    "inputs": partial(values.given, what="inputs"),
    "targets": partial(values.given, what="targets"),
    "samples": samples,
    "layers": lambda node, problems: layers.layers(node, problems, READERS),
    "loss": losses.loss,
    "penalty": losses.penalty,
    "report": losses.report,
    "values": _values,
    "frozen": partial(values.names, what="`frozen`", elements=True),
    "learning_rate": training.learning_rate,
    **passes.READERS,
    **validation.READERS,
    "optimizer": training.optimizer,
    "clip": training.clip,
    **training.TABLES,
    **conventions.READERS,
}
"""Every key of a network file, and the function that reads it."""
APART = ("title", "learning_rate", "optimizer", "clip", "relu_at_zero", "log", "rounding", "digits", "decimals",
         "iterations", "epochs", "patience", "restore")  # fmt: skip
"""The keys that no name and no size of the network hangs on."""
JUDGED = ("targets", "samples", "loss")
"""The keys whose numbers decide what else is right."""

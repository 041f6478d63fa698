"""The entries of ``layers``: a kind, the names of its result, its parameters and its options."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..catalogue import KINDS, Entry, Parameter
from ..errors import quoted
from . import kinds, shorthands, sources, tree, values
from .formula import LET
from .kinds import Kinded
from .model import GivenSize, Items, Labelled, Layer, SourceNames, Value
from .problems import Problems
from .scalars import looks_like_number
from .tree import Node, describe, is_null

ACTIVATION = "activation"


def parameter_keys(entry: Entry) -> dict[str, Parameter]:
    """The keys under which a file gives an entry's parameters, those of one shared by all places among them."""
    keys: dict[str, Parameter] = {}
    for parameter in entry.parameters():
        keys[parameter.key] = parameter
        if parameter.shared is not None:
            keys[parameter.shared] = parameter
    return keys


def layer_keys() -> tuple[str, ...]:
    """Every key that a layer of some kind may have beside its kind."""
    own = dict.fromkeys(key for entry in KINDS["layer"].values() for key in parameter_keys(entry))
    return (*own, ACTIVATION, sources.FROM)


def layers(node: Node, problems: Problems, of_file: Collection[str]) -> tuple[Layer, ...]:
    """The list of layers, which may be empty; ``of_file`` are the keys that belong to the whole file."""
    if not isinstance(node, tree.Sequence):
        remedy = "begin each layer with `- `, such as `- dense: [h1, h2]`"
        problems.add(node.place, f"`layers` is not a list but {describe(node)}", remedy)
        return ()
    activations = sum(isinstance(item, tree.Mapping) and item.get(ACTIVATION) is not None for item in node.items)
    problems.fail_beyond("layers", len(node.items) + activations, node.place)
    found: list[Layer | None] = []
    for item in node.items:
        if isinstance(item, tree.Mapping) and item.get(LET) is not None:
            from . import lets

            found += lets.lines(item, problems)
        else:
            found.append(_layer(item, problems, of_file))
    return tuple(layer for layer in found if layer is not None)


def _layer(node: Node, problems: Problems, of_file: Collection[str]) -> Layer | None:
    second = "give each kind an entry of its own, with its own `- `"
    keys = layer_keys()
    of = kinds.kinded(node, "a layer", ("layer", "activation"), keys, problems, second)
    if of is None:
        return None
    if of.entry is not None and of.entry.kind == "activation":
        return _activation(of, problems)
    parameters = {} if of.entry is None else parameter_keys(of.entry)
    known = keys if of.entry is None else (*parameters, ACTIVATION, sources.FROM)
    of = shorthands.opened(of, known, problems)
    own: dict[str, Node] = {}
    for key, inner in of.other_keys:
        if key.text in known and is_null(inner):
            values.nothing_after(key, problems)
        elif key.text in known:
            own[key.text] = inner
    other_keys = [
        one
        for one in of.other_keys
        if one[0].text not in known
        and not _misplaced(one[0], of, of_file, problems)
        and not shorthands.refuse_inside(one, "a layer", problems)
    ]
    for key, _ in of.other_keys:
        kept = next((one.key for one in parameters.values() if one.shared == key.text), None)
        if key.text in own and kept in own:
            remedy = f"`{kept}` has one for each unit, `{key.text}` one shared by all: keep one of them"
            problems.add(key.place, f"`{key.text}` beside `{kept}`", remedy)
    own = shorthands.each_for_itself(own, parameters)
    activation = own.get(ACTIVATION)
    return Layer(
        kind=of.kind,
        result=_result(of.content, problems) if of.entry else None,
        parameters=_parameters(own, parameters, problems),
        options=kinds.options(of, other_keys, "a layer", known, problems),
        activation=_activation_key(activation, problems) if activation is not None else None,
        source=sources.source(own[sources.FROM], problems) if sources.FROM in own else None,
    )


def _misplaced(key: tree.Scalar, of: Kinded, of_file: Collection[str], problems: Problems) -> bool:
    """Note a key of the whole file inside a layer, and a tensor by its name alone; whether it is one of these."""
    if of.entry is None or (key.text not in of_file and not key.text[-1:].isdecimal()):
        return False
    own = next((one for one in of.entry.parameters() if key.text.rstrip("0123456789") == one.symbol.name), None)
    if own is not None:
        problems.add(key.place, f"{quoted(key.text)} is no key of a layer",
                     f"write {own.key}: {{{key.text}: …}}, or {own.key}: … alone")  # fmt: skip
    elif key.text in of_file and key.text not in of.entry.options():
        problems.add(key.place, f"`{key.text}` inside a layer", "it belongs to the whole file: begin it in column 1")
    else:
        return False
    return True


def _parameters(own: Mapping[str, Node], parameters: Mapping[str, Parameter], problems: Problems) -> dict[str, Value]:
    """The values of the parameters in the order of the file; rows of a matrix may have labels."""
    found: dict[str, Value] = {}
    for key, node in own.items():
        if key in parameters:
            labelled = key == parameters[key].key and len(parameters[key].symbol.index) > 1
            value = _parameter(node, labelled, problems)
            if value is not None:
                found[key] = value
    return found


def _activation_key(node: Node, problems: Problems) -> Layer | None:
    second = "keep one; the other can be a layer after this one"
    of = kinds.kinded(node, "an activation", ("activation",), (), problems, second)
    if of is None:
        return None
    for key, _ in of.other_keys:
        if key.text == sources.FROM:
            problems.add(key.place, f"`{key.text}` inside `{ACTIVATION}`, which reads the layer that it stands on",
                         f"give it to the layer, or make {quoted(of.kind.text)} a layer of its own")  # fmt: skip
    return _activation(of._replace(other_keys=[one for one in of.other_keys if one[0].text != sources.FROM]), problems)


def _activation(of: Kinded, problems: Problems) -> Layer:
    keys = layer_keys()
    of = shorthands.opened(of, (sources.FROM,), problems)
    source: SourceNames | None = None
    for key, inner in of.other_keys:
        if key.text == sources.FROM and is_null(inner):
            values.nothing_after(key, problems)
        elif key.text == sources.FROM:
            source = sources.source(inner, problems)
        elif of.entry and key.text in keys:
            remedy = f"give it to a layer such as `{next(iter(KINDS['layer']))}`"
            problems.add(key.place, f"{quoted(of.kind.text)} has no `{key.text}`", remedy)
    other_keys = [(key, inner) for key, inner in of.other_keys if key.text not in keys]
    options = kinds.options(of, other_keys, f"the activation {quoted(of.kind.text)}", (), problems)
    return Layer(of.kind, _result(of.content, problems), options=options, source=source)


def _result(node: Node | None, problems: Problems) -> Value | None:
    """What names a result: a list of its elements, a word for the tensor, a count, or a table of one of these."""
    match node:
        case None:
            return None
        case tree.Scalar() if node.plain and looks_like_number(node.text):
            return values.count(node, problems, "the number of units")
        case tree.Scalar():
            return values.name(node, problems, "a result")
        case tree.Sequence():
            return _name_list(node, problems)
        case tree.Mapping():
            return _size(node, problems) or _named_result(node, problems)


def _name_list(node: tree.Sequence, problems: Problems) -> Value:
    if not node.items:
        remedy = "name its elements, as in [h1, h2], or give their count"
        problems.add(node.place, "a layer's result has no names here", remedy)
    return Items(values.names(node, problems, "a layer's result"), node.place)


def _size(node: Node, problems: Problems) -> GivenSize | None:
    """``{size: 2}``."""
    found = values.special(node, problems, sizes=True) if isinstance(node, tree.Mapping) else None
    return found if isinstance(found, GivenSize) else None


def _named_result(node: tree.Mapping, problems: Problems) -> Value | None:
    """``{z1: [h1, h2]}`` or ``{z1: {size: 2}}``."""
    if len(node.entries) != 1:
        remedy = "name it as in [h1, h2], or {z1: [h1, h2]}, or {z1: {size: 2}}"
        problems.add(node.place, "a layer has one result", remedy)
        return None
    (key, inner), *_ = node.entries
    label = values.name(key, problems, "a result")
    content = _name_list(inner, problems) if isinstance(inner, tree.Sequence) else _size(inner, problems)
    if content is None:
        remedy = "name its elements, {z1: [h1, h2]}, or give their count, {z1: {size: 2}}"
        problems.add(inner.place, f"a result cannot be {describe(inner)}", remedy)
    return Labelled(((label, content),), node.place) if label and content else None


def _parameter(node: Node, labelled: bool, problems: Problems) -> Value | None:
    """A matrix, whose outer labels may be elements such as ``x[1]``, or a vector, which is named by name only."""
    if isinstance(node, tree.Mapping):
        return values.special(node, problems, sizes=False) or values.table(node, problems, elements=labelled)
    return values.value(node, problems)

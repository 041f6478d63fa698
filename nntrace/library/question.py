"""What ``nntrace derive`` is asked: tensors, labels and numbers, as typed, against the network's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ..errors import UserError, counted, quoted, suggestion
from .words import typed_number

if TYPE_CHECKING:
    from ..network.model import Network
    from ..network.quantities import Quantity
    from ..solution.derive.question import Question

DERIVED_BY = ("input", "parameter", "unit")
"""The roles of the tensors that a loss is derived by."""


def question(
    network: Network,
    wrt: Sequence[str],
    names: Sequence[str],
    at: Sequence[str],
    with_numbers: bool,
    stability: bool = False,
) -> Question:
    """The question that the options put. Raises a ``UserError`` for a name that no tensor has."""
    from ..network.quantities import differentiated_by, is_loss
    from ..solution.derive.question import Question, nameable

    wrt = [differentiated_by(network, name) for name in wrt]
    keys = _names(network)
    labels: dict[str, str] = {}
    jacobians: dict[tuple[str, str], str] = {}
    if names:
        known = dict(nameable(network))
        taken = _taken(network, keys)
    for name in names:
        label, result, argument = _label(name)
        pair = str(network.loss) if is_loss(network, result) else _key(result, keys), _key(argument, keys)
        if label in taken or label in (*labels.values(), *jacobians.values()):
            raise UserError(f"--name {name!r}: {quoted(label)} is a name already\n  choose another label")
        if pair not in known:
            derivative = f"∂{result}/∂{argument}"
            remedy = suggestion(derivative, known.values())
            raise UserError(f"--name: {derivative} is nothing that is derived\n  {remedy}")
        if pair[1] in labels if pair[0] == network.loss else pair in jacobians:
            raise UserError(f"--name {name!r}: {known[pair]} has a label already\n  give each derivative one")
        if pair[0] == network.loss:
            labels[pair[1]] = label
        else:
            jacobians[pair] = label
    tensors = tuple(_derived_by(network, name, keys) for name in wrt if name in keys)
    elements = tuple(one for name in wrt if name not in keys for one in _elements(network, name, keys))
    tried: dict[str, tuple[tuple[Fraction, ...], ...]] = {}
    for text in at:
        key, numbers = _tried(network, text, keys)
        tried[key] = (*tried.get(key, ()), numbers)
    return Question(tensors, elements, labels, jacobians, tried, with_numbers, stability)


def _names(network: Network) -> dict[str, str]:
    """The tensors' keys by the names that they have on the sheet; the loss of a batch is the one of all samples."""
    from ..solution.formulas.layout import Layout

    formulas = Layout(network)
    worked = {step.output for step in network.layer_steps() if not step.edges}  # what an activation works out first
    known = {formulas.name(key).name: key for key in network.tensors if key != network.loss and key not in worked}
    return known if network.loss is None else {**known, formulas.name(network.loss).name: network.loss}


def _label(text: str) -> tuple[str, str, str]:
    """``δ0=∂L/∂z2`` as its label, the result and the argument; ``d`` may stand for ``∂``."""
    from ..spec.scalars import Fault, name

    label, sign, derivative = (part.strip() for part in text.partition("="))
    above, slash, below = (part.strip() for part in derivative.partition("/"))
    found = name(label) if label else Fault("", "")
    if not sign or not slash or isinstance(found, Fault) or above[:1] not in "∂d" or below[:1] not in "∂d":
        raise UserError(f"--name {text!r} names no derivative\n  write a label, = and a derivative: --name δ0=∂L/∂z2")
    return found, above[1:], below[1:]


def _key(name: str, keys: Mapping[str, str]) -> str:
    if name not in keys:
        raise UserError(f"--name: there is no tensor {quoted(name)}\n  {suggestion(name, keys)}")
    return keys[name]


def _derived_by(network: Network, name: str, keys: Mapping[str, str]) -> str:
    """The key of a tensor that the loss is derived by."""
    if network.tensors[keys[name]].role not in DERIVED_BY:
        raise UserError(f"--wrt: nothing is derived by {quoted(name)}\n  {suggestion(name, _asked_for(network, keys))}")
    return keys[name]


def _asked_for(network: Network, keys: Mapping[str, str]) -> list[str]:
    """The names of the tensors that the loss can be derived by: no target, no part of the loss."""
    return [name for name, key in keys.items() if network.tensors[key].role in DERIVED_BY]


def _taken(network: Network, keys: Mapping[str, str]) -> set[str]:
    """What a label cannot be: a name of the network, or a letter that formulas write themselves."""
    from ..network.building.names import RESERVED

    elements = {name for tensor in network.tensors.values() for name in tensor.names.values()}
    sizes = {str(size) for tensor in network.tensors.values() for size in tensor.sizes}
    classes = {tensor.one_hot for tensor in network.tensors.values() if tensor.one_hot is not None}
    return {*keys, *elements, *sizes, *classes, *RESERVED, *"ijklnpΣ∂"}


def _elements(network: Network, name: str, keys: Mapping[str, str]) -> list[Quantity]:
    """Single elements by their names (``w21``, ``W1[2,1]``, ``h1``); in a batch, one for all samples."""
    from ..network.quantities import find

    reached = network.reached() if network.loss is not None else set()
    found = find(network, name)
    known = [one for one in found if one.uses[0].key in reached and one.role not in ("target", "loss")]
    if not known:
        shown = any(one.role in ("target", "loss") for one in found)
        problem = "nothing is derived by" if shown else "there is no tensor"
        raise UserError(f"--wrt: {problem} {quoted(name)}\n  {suggestion(name, _asked_for(network, keys))}")
    return list({(one.symbol.name, one.symbol.index): one for one in known}.values())


def _tried(network: Network, text: str, keys: Mapping[str, str]) -> tuple[str, tuple[Fraction, ...]]:
    """``z2=1000,0,-1000``: the argument of a layer and the numbers to try it at."""
    name, sign, typed = (part.strip() for part in text.partition("="))
    if not sign or not typed:
        raise UserError(f"--at {text!r} gives no numbers\n  write a tensor, = and numbers: --at z2=1000,0,-1000")
    from ..solution.derive.stability.formulas import can_fail

    readers = {step.argument: step for step in network.layer_steps() if step.edges and can_fail(step)}
    key = keys.get(name)
    if key not in readers:
        names = [shown for shown, one in keys.items() if one in readers]
        problem = "there is no tensor" if key is None else "nothing that can overflow reads"
        raise UserError(f"--at: {problem} {quoted(name)}\n  {suggestion(name, names)}")
    numbers = tuple(typed_number(part, f"--at {text}") for part in typed.split(","))
    tensor = network.tensors[key]
    size = tensor.written_shape[-1]
    alone = len(numbers) == 1 and readers[key].operation.is_elementwise  # every element by itself
    if isinstance(size, int) and len(numbers) != size and not alone:
        given = f"{counted(len(numbers), 'number')}, and {quoted(name)} has {size} elements"
        raise UserError(f"--at {text!r} gives {given}\n  give one for each")
    return key, numbers

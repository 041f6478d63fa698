"""A network file with other hidden activations, or with a hidden layer repeated."""

from __future__ import annotations

from fractions import Fraction

from ..catalogue.registry import find, names
from ..errors import UserError, quoted, suggestion
from .model import Init, Labelled, Layer, Name, Number, Place, Spec, Value

NOWHERE = Place(1, 1)
ACTIVATION = "activation"
WEIGHTS = "weights"


def with_activation(spec: Spec, kind: str) -> Spec:
    """The file with every activation but the last layer's replaced. Raises a ``UserError`` for a kind that is none."""
    if find(ACTIVATION, kind) is None:
        known = names(ACTIVATION)
        raise UserError(f"there is no activation {quoted(kind)}\n  {suggestion(kind, known)}")
    if not spec.layers:
        return spec
    kept = 2 if _is_activation(spec.layers[-1]) else 1  # the last activation belongs to the loss
    hidden = (_replaced(layer, kind) for layer in spec.layers[:-kept])
    return spec._replace(layers=(*hidden, *spec.layers[-kept:]))


def _is_activation(layer: Layer) -> bool:
    return find(ACTIVATION, layer.kind.text) is not None


def _replaced(layer: Layer, kind: str) -> Layer:
    if _is_activation(layer):
        return layer._replace(kind=Name(kind, layer.kind.place), options={})
    if layer.activation is not None:
        return layer._replace(activation=_replaced(layer.activation, kind))
    return layer


def repeated(spec: Spec, place: int, times: int, seed: int | None) -> Spec:
    """The file with the layer at a place, and the activation after it, so many times in all.

    Each copy has the weights of the first; with a ``seed`` it has some drawn anew by the scheme of the first.
    """
    layer = spec.layers[place]
    after = spec.layers[place + 1 : place + 2]
    tail = after if after and _is_activation(after[0]) else ()
    for later in spec.layers[place + 1 + len(tail) :]:
        for value in later.parameters.values():
            if isinstance(value, Labelled) and any(isinstance(row, Labelled) for _, row in value.entries):
                message = "the layers after the repeated one have weights with labels, which say what they read"
                raise UserError(f"{message}\n  give matrices without labels: weights: [[…], […]]")
    number = 1 + sum(bool(one.parameters) for one in spec.layers[:place])
    parameters: dict[str, Value] = {
        key: Name(_name(value, f"{key[0].upper() if key == WEIGHTS else key[0]}{number}"), NOWHERE)
        for key, value in layer.parameters.items()
    }
    copies: list[Layer] = []
    for copy in range(1, times):
        own = parameters
        if seed is not None:
            own = {**layer.parameters, WEIGHTS: _drawn(layer.parameters[WEIGHTS], seed + copy)}
        activation = layer.activation and layer.activation._replace(result=None)
        result = None if seed is None else layer.result
        copies.append(layer._replace(result=result, parameters=own, activation=activation))
        copies += [one._replace(result=None) for one in tail]
    end = place + 1 + len(tail)
    return spec._replace(layers=(*spec.layers[:end], *copies, *spec.layers[end:]))


def _name(value: Value, otherwise: str) -> str:
    """What a file calls a whole tensor of parameters."""
    match value:
        case Labelled(((name, _),), _):
            return name.text
        case Name():
            return value.text
        case _:
            return otherwise


def _drawn(weights: Value, seed: int) -> Init:
    """The same scheme with another seed."""
    if not isinstance(weights, Init):
        message = "a seed draws weights by the scheme of the repeated layer, and that has given ones"
        raise UserError(f"{message}\n  write weights: {{init: he_normal}} there, or leave --seed out to copy them")
    return weights._replace(options={**weights.options, "seed": Number(str(seed), Fraction(seed), NOWHERE)})

"""A network file with other hidden activations, or with a hidden layer repeated."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction

from ..catalogue.registry import find, names
from ..errors import UserError, quoted, suggestion
from .model import GivenSize, Init, Items, Labelled, Layer, Name, Null, Number, Place, Spec, Value

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


def repeated(spec: Spec, place: int, names: Sequence[str], times: int, seed: int | None) -> Spec:
    """The file with the layer at a place, and the activation after it, so many times in all.

    ``names`` are those of the results of the layer and of its activations. The last copy has these, so that what reads
    them reads the last; the ones before it have a number behind. Each copy has the parameters of the first; with a
    ``seed`` it has weights drawn anew by the scheme of the first.
    """
    layer = spec.layers[place]
    after = spec.layers[place + 1 : place + 2]
    tail = after if after and _is_activation(after[0]) and after[0].source is None else ()
    copies: list[Layer] = []
    for copy in range(1, times + 1):
        one = layer
        if copy > 1:
            parameters = {key: _of_first(value) for key, value in layer.parameters.items()}
            if seed is not None:
                parameters[WEIGHTS] = _drawn(layer.parameters[WEIGHTS], seed + copy - 1)
            one = layer._replace(parameters=parameters, source=None, again=True)
        copies += (one, *tail) if copy == times else _numbered(one, tail, names, f"_{copy}")
    return spec._replace(layers=(*spec.layers[:place], *copies, *spec.layers[place + 1 + len(tail) :]))


def _of_first(value: Value) -> Value:
    """Nothing in place of a parameter, but that it is turned stays."""
    match value:
        case Labelled(((_, Name()),)):
            return value
        case _:
            return Null(NOWHERE)


def _numbered(layer: Layer, tail: Sequence[Layer], names: Sequence[str], number: str) -> Iterator[Layer]:
    """A layer and its activations with a number behind every name of their results."""
    own = [one for one in (layer, layer.activation, *tail) if one is not None]
    made = [one._replace(result=_named(one.result, name, number)) for one, name in zip(own, names, strict=False)]
    units = {names[0], *(name.text for name in _elements(layer.result))}
    parameters = {key: _relabelled(value, units, number) for key, value in layer.parameters.items()}
    first = made[0]._replace(parameters=parameters, activation=layer.activation and made[1])
    return iter((first, *made[len(own) - len(tail) :]))


def _named(result: Value | None, name: str, number: str) -> Value:
    """A result that is called by its name and a number, and its elements, where they have names, so too."""
    label = Name(name + number, NOWHERE)
    match result:
        case Number(_, count):
            return Labelled(((label, GivenSize(int(count), None, NOWHERE)),), NOWHERE)
        case GivenSize() | Labelled(((_, GivenSize()),)):
            size = result if isinstance(result, GivenSize) else result.entries[0][1]
            return Labelled(((label, size),), NOWHERE)
        case Items() | Labelled():
            names = tuple(Name(one.text + number, one.place) for one in _elements(result))
            while len(names) > 1 and label.text in (one.text for one in names):  # a default name that no sheet shows
                label = Name(label.text + "′", NOWHERE)
            return names[0] if len(names) == 1 else Labelled(((label, Items(names, NOWHERE)),), NOWHERE)
        case _:
            return label


def _elements(result: Value | None) -> Iterator[Name]:
    """The names of a result's elements."""
    match result:
        case (Items() as listed) | Labelled(((_, Items() as listed),)):
            yield from listed.names


def _relabelled(value: Value, units: Collection[str], number: str) -> Value:
    """A table of weights of which the rows that are called by units have a number behind these."""
    if not isinstance(value, Labelled):
        return value
    rows = []
    for label, row in value.entries:
        name, bracket, index = label.text.partition("[")
        rows.append((Name(name + number + bracket + index, label.place) if name in units else label, row))
    return Labelled(tuple(rows), value.place)


def _drawn(weights: Value, seed: int) -> Init:
    """The same scheme with another seed."""
    if not isinstance(weights, Init):
        message = "a seed draws weights by the scheme of the repeated layer, and that has given ones"
        raise UserError(f"{message}\n  write weights: {{init: he_normal}} there, or leave --seed out to copy them")
    return weights._replace(options={**weights.options, "seed": Number(str(seed), Fraction(seed), NOWHERE)})

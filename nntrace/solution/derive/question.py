"""What a derivation is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType

from ...network.model import Network
from ...network.quantities import Quantity
from ...record import Record
from .calculus.jacobians import Jacobians
from .naming.symbols import Symbols


class Question(Record):
    """What is asked: gradients by some tensors (by their keys) and some ``elements``, all where there are none;
    ``labels`` for gradients and ``jacobians``; the numbers to try a layer's stability at; whether the network's
    numbers stand beside; and whether ``stability`` is shown also where some gradients alone are asked for."""

    wrt: tuple[str, ...] = ()
    elements: tuple[Quantity, ...] = ()
    labels: Mapping[str, str] = MappingProxyType({})
    jacobians: Mapping[tuple[str, str], str] = MappingProxyType({})
    at: Mapping[str, tuple[tuple[Fraction, ...], ...]] = MappingProxyType({})
    with_numbers: bool = False
    stability: bool = False


def nameable(network: Network) -> Iterator[tuple[tuple[str, str], str]]:
    """The derivatives that a label can stand for, by the keys of result and argument, as they are written."""
    symbols = Symbols(network, {}, {})
    jacobians = Jacobians(symbols)
    name = symbols.formulas.name
    loss = str(network.loss)
    for step in reversed(symbols.layers()):
        if network.loss is not None and (
            network.samples is None or symbols.formulas.readers(step.output)
        ):  # else each sample's own alone is by it
            yield (loss, step.output), f"∂{symbols.loss.name}/∂{name(step.output).name}"
        for edge in step.edges:
            key = step.arguments[edge.argument]
            if network.loss is not None:
                yield (loss, key), f"∂{symbols.loss.name}/∂{name(key).name}"
            if (found := jacobians.matrix(step, edge.argument)) is not None and found.body is not None:
                yield (step.output, key), f"∂{name(step.output).name}/∂{name(key).name}"

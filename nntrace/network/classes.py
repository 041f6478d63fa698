"""What the classes are called: by the outputs, or, where activations gave these no names, by the layer before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..catalogue import LOGIT
from ..expr import Sym
from .model import BoundOperation, Cell, Network, Tensor


def class_layer(outputs: Tensor, steps: Sequence[BoundOperation], tensors: Mapping[str, Tensor]) -> Tensor:
    """The result whose elements have the names of the classes; the outputs where no result before them has names."""
    found = outputs
    for step in reversed(steps):
        if step.output == found.key and not found.names and LOGIT in step.arguments:
            found = tensors[step.arguments[LOGIT]]
    return found if found.names else outputs


def class_symbol(network: Network, outputs: Tensor, cell: Cell) -> Sym:
    """A class by its cell among the outputs, as a sheet writes it."""
    named = class_layer(outputs, network.steps, network.tensors)
    return (named if named.given_name(cell) is not None else outputs).unmarked(cell)

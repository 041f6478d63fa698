"""Which steps of a network are affine, one on the other, and which step ends such a stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ....expr.properties import is_affine
from ....network.model import BoundOperation, Network


class Stack(NamedTuple):
    """Affine layers, each of which reads the one before it; and the step that ends the stack, which is not shown to
    be affine. ``layers`` are none where two such steps follow each other."""

    layers: tuple[BoundOperation, ...]
    end: BoundOperation | None


def stacks(network: Network) -> Iterator[Stack]:
    """The stacks of a network in order. An identity leaves everything as it is, and a line of a program is no layer."""
    layers: list[BoundOperation] = []
    for step in network.layer_steps():
        if not step.edges or step.operation.is_identity:
            continue
        if is_map(network, step):
            layers.append(step)
            continue
        yield Stack(tuple(layers), step)
        layers = []
    if layers:
        yield Stack(tuple(layers), None)


def is_map(network: Network, step: BoundOperation) -> bool:
    """Whether a step is an affine map from a vector to a vector."""
    return are_vectors(network, step) and is_affine(step.operation.formula, step.operation.arguments)


def are_vectors(network: Network, step: BoundOperation) -> bool:
    """Whether what a step reads and its result have one index each, in a batch for each sample."""
    tensors = (network.tensors[key] for key in (step.argument, step.output))
    return all(len(tensor.shape) == 1 + tensor.sampled for tensor in tensors)

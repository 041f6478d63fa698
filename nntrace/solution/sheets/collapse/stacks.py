"""Which steps of a network are affine, one on the other, and which step ends such a stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ....expr.properties import is_affine
from ....network.model import BoundOperation, Network
from ....record import Record


class Stack(Record):
    """Affine layers, each of which reads the one before it; and the step that ends the stack, which is not shown to
    be affine. ``layers`` are none where two such steps follow each other."""

    layers: tuple[BoundOperation, ...]
    end: BoundOperation | None
    argument: str
    """The key of the tensor that its first step reads, past identities."""


def stacks(network: Network) -> Iterator[Stack]:
    """The stacks of a network in order. An identity leaves everything as it is, and a line of a program is no layer."""
    layers: list[BoundOperation] = []
    first = ""
    same: dict[str, str] = {}
    """What identities read, by their results."""
    for step in network.layer_steps():
        if not step.edges:
            continue
        read = same.get(step.argument, step.argument)
        if layers and joins(network, step, {first, *(layer.output for layer in layers)}, same):
            layers.append(step)
            continue
        if step.operation.is_identity:
            same[step.output] = read
            continue
        if layers and read != layers[-1].output:  # a branch
            yield Stack(tuple(layers), None, first)
            layers = []
        first = first if layers else read
        if is_map(network, step):
            layers.append(step)
            continue
        yield Stack(tuple(layers), step, first)
        layers = []
    if layers:
        yield Stack(tuple(layers), None, first)


def joins(network: Network, step: BoundOperation, known: set[str], same: Mapping[str, str]) -> bool:
    """Whether a step reads several tensors, all of one stack, and is affine in them together, as an addition is."""
    reads = {same.get(key, key) for key in read_tensors(step)}
    if len(reads) < 2 or not reads <= known:
        return False
    tensors = (network.tensors[key] for key in (*reads, step.output))
    vectors = all(len(tensor.shape) == 1 + tensor.sampled for tensor in tensors)
    return vectors and is_affine(step.operation.formula, step.operation.arguments)


def past_identities(network: Network) -> dict[str, str]:
    """What is read past identities, by their results."""
    found: dict[str, str] = {}
    for step in network.layer_steps():
        if step.operation.is_identity and step.edges:
            found[step.output] = found.get(step.argument, step.argument)
    return found


def is_map(network: Network, step: BoundOperation) -> bool:
    """Whether a step is an affine map from a vector to a vector."""
    one = len(read_tensors(step)) == 1 and are_vectors(network, step)
    return one and is_affine(step.operation.formula, step.operation.arguments)


def read_tensors(step: BoundOperation) -> tuple[str, ...]:
    """The keys of the tensors that a step reads and does not own, each once."""
    return tuple(dict.fromkeys(step.arguments[name] for name in step.operation.arguments))


def are_vectors(network: Network, step: BoundOperation) -> bool:
    """Whether what a step reads and its result have one index each, in a batch for each sample."""
    tensors = (network.tensors[key] for key in (step.argument, step.output))
    return all(len(tensor.shape) == 1 + tensor.sampled for tensor in tensors)

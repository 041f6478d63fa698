"""Which steps of a network are affine in one earlier result, by whatever branches they read it, and which steps are
not."""

from __future__ import annotations

from collections.abc import Iterator

from ....expr.properties import is_affine
from ....network.model import BoundOperation, Network
from ....record import Record


class Stack(Record):
    """Affine layers, each of which reads the ``argument`` or layers before it, so that the last one is one affine map
    of that; and the step that reads the last and is not shown to be affine. ``layers`` are none where two such steps
    follow each other."""

    layers: tuple[BoundOperation, ...]
    end: BoundOperation | None
    argument: str
    """The key of the tensor that its first step reads, past identities."""


def stacks(network: Network) -> Iterator[Stack]:
    """The stacks of a network in order. An identity leaves everything as it is, and a line of a program is no layer."""
    same = past_identities(network)
    roots: dict[str, str] = {}
    """Of each affine step's result the key of what it is an affine map of."""
    affine: dict[str, BoundOperation] = {}
    """The affine steps by their results."""
    listed: set[str] = set()
    steps = [step for step in network.layer_steps() if step.edges]

    def below(result: str) -> tuple[BoundOperation, ...]:
        """The affine steps that lead to a result, itself the last."""
        leading, waiting = set(), [result]
        while waiting:
            key = waiting.pop()
            if key in affine and key not in leading:
                leading.add(key)
                waiting.extend(same.get(one, one) for one in read_tensors(affine[key]))
        return tuple(step for key, step in affine.items() if key in leading)

    read = {same.get(key, key) for step in steps if step.output not in same for key in read_tensors(step)}
    for step in steps:
        if step.output in same:
            continue
        sources = list(dict.fromkeys(same.get(key, key) for key in read_tensors(step)))
        found = {roots.get(key, key) for key in sources}
        if len(found) == 1 and is_map(network, step):
            roots[step.output] = found.pop()
            affine[step.output] = step
            continue
        for key in sources[:-1]:
            if key in roots and key not in listed:
                yield Stack(below(key), None, roots[key])
                listed.add(key)
        last = sources[-1]
        yield Stack(below(last) if last in roots and last not in listed else (), step, roots.get(last, last))
        listed.add(last)
    for key, root in roots.items():
        if key not in read and key not in listed:
            yield Stack(below(key), None, root)


def past_identities(network: Network) -> dict[str, str]:
    """What is read past identities, by their results."""
    found: dict[str, str] = {}
    for step in network.layer_steps():
        if step.operation.is_identity and step.edges and not network.tensors[step.output].overridden:
            found[step.output] = found.get(step.argument, step.argument)
    return found


def is_map(network: Network, step: BoundOperation) -> bool:
    """Whether a step is an affine map from vectors to a vector, in all that it reads together, as an addition is; where
    a number is given in place of its result, it is none."""
    given = network.tensors[step.output].overridden
    return not given and are_vectors(network, step) and is_affine(step.operation.formula, step.operation.arguments)


def read_tensors(step: BoundOperation) -> tuple[str, ...]:
    """The keys of the tensors that a step reads and does not own, each once."""
    return tuple(dict.fromkeys(step.arguments[name] for name in step.operation.arguments))


def are_vectors(network: Network, step: BoundOperation) -> bool:
    """Whether what a step reads and its result have one index each, in a batch for each sample."""
    tensors = (network.tensors[key] for key in (*read_tensors(step), step.output))
    return all(len(tensor.shape) == 1 + tensor.sampled for tensor in tensors)

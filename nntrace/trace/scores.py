"""How well a network does on a set of samples: its loss, the loss without the penalty, the share of right classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..catalogue import OUTPUT, TARGET, find
from ..network.model import BoundOperation, Network
from ..record import Record
from .trace import Trace
from .tracing import told_from_zero

if TYPE_CHECKING:
    from ..network.model import Array
    from .program import Program


class Scores(Record):
    """``data`` is the loss without the penalty; ``accuracy`` is known where the targets are classes."""

    loss: float
    data: float
    accuracy: float | None


class Scorer:
    """Scores the parameters of a trace on the samples of one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._program: Program | None = None

    def of(self, trace: Trace) -> Scores:
        """The scores of a trace's parameters."""
        from .arrays import ArrayTrace, given_arrays
        from .program import Program

        network = self.network
        if self._program is None:
            self._program = Program(network)
        own = trace.given_arrays()
        given = {**given_arrays(network), **{key: own[key] for key in network.parameters}}
        scored = ArrayTrace(network, given, self._program, trace.memory)
        assert network.loss is not None
        keys = (network.loss, network.data or network.loss)
        loss, data = (told_from_zero(scored, key, float(scored.arrays[key])) for key in keys)
        return Scores(loss, data, accuracy(network, scored.arrays))


def accuracy(network: Network, arrays: dict[str, Array]) -> float | None:
    """The share of samples whose class is the one with the largest output; of a single output, on its side of 1/2.

    ``None`` where the targets are no classes, or there is one sample alone.
    """
    import numpy as np

    step = compared(network)
    if step is None or network.samples is None:
        return None
    outputs, targets = arrays[step.arguments[OUTPUT]], arrays[step.arguments[TARGET]]
    is_bit = bool(np.isin(targets, (0, 1)).all())
    if is_bit and takes_one_bit(network, step):
        return float(np.mean(same_side(outputs, targets)))
    if targets.shape[-1] > 1 and is_bit and bool((targets.sum(axis=-1) == 1).all()):
        return float(np.mean(same_class(outputs, targets)))
    return None


def same_numbers(outputs: Array, targets: Array) -> Any:
    """Which samples have their targets as results."""
    return (outputs == targets).all(axis=-1)


def same_class(outputs: Array, targets: Array) -> Any:
    """Of which samples the output of the target's class is the largest, and no other as large."""
    return ((outputs == outputs.max(axis=-1, keepdims=True)) == (targets > 0)).all(axis=-1)


def same_side(outputs: Array, targets: Array) -> Any:
    """Of which samples the output is 0.5 or more where the target is 1, and less where it is 0."""
    return ((outputs >= 0.5) == (targets > 0)).all(axis=-1)


def takes_classes(step: BoundOperation) -> bool:
    """Whether a loss compares outputs with the class of a sample."""
    entry = find("loss", step.kind)
    return entry is not None and entry.example().targets in ("class", "classes")


def takes_one_bit(network: Network, step: BoundOperation) -> bool:
    """Whether a loss compares a single output with a target of 0 or 1: the class is its side of 1/2."""
    entry = find("loss", step.kind)
    is_single = network.tensors[step.arguments[TARGET]].shape[-1:] == (1,)
    return is_single and entry is not None and entry.example().targets == "bits"


def mistakes(trace: Trace) -> int:
    """How many of a trace's samples have another result than their target."""
    import numpy as np

    step = compared(trace.network)
    if step is None:
        return 0
    right = same_numbers(trace.arrays[step.arguments[OUTPUT]], trace.arrays[step.arguments[TARGET]])
    return int(np.count_nonzero(~right))


def compared(network: Network) -> BoundOperation | None:
    """The step that compares outputs with targets."""
    return next((step for step in network.loss_steps() if {OUTPUT, TARGET} <= step.arguments.keys()), None)

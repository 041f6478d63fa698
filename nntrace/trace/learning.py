"""A step of a training: what it works out is the loss and its gradients, and it overwrites its own parameters."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ..network.model import Network
from .amount import Amount
from .array_update import overwrite
from .arrays import ArrayTrace, data, own_copies
from .program import Program
from .trace import Trace
from .update import Limit, Memory, Update, shared_lines

if TYPE_CHECKING:
    from ..network.model import Array


class StepSamples:
    """The samples of a step: a network that has no others, their arrays, and a program for networks of as many."""

    def __init__(self, network: Network, program: Program) -> None:
        self.network, self.program, self.data = network, program, data(network)


class LearningTrace(ArrayTrace):
    """A trace whose step overwrites its parameters and states: its own numbers are gone after that."""

    @classmethod
    def following(cls, trace: Trace, samples: StepSamples) -> LearningTrace:
        """The next step of a trace. The trace itself keeps its numbers, unless it is such a step."""
        given, memory = (trace.given_arrays(), trace.memory) if isinstance(trace, cls) else own_copies(trace)
        return cls(samples.network, {**given, **samples.data}, samples.program, memory)

    @cached_property
    def _learned(self) -> tuple[float, dict[str, Array]]:
        return self.program.learned(self._given)

    @cached_property
    def gradients(self) -> dict[str, Array]:
        return self._learned[1]

    def value_of_loss(self) -> Amount:
        return Amount(self._learned[0])

    def updated(self, only: Limit | None = None) -> Update:
        assert only is None
        shared = shared_lines(self)
        numbers = (self._given, *self.memory.states.values())
        kept = [(own[key], places, own[key][places]) for key, places in self.program.resting.items() for own in numbers]
        overwrite(self, self._given, self.memory, shared)
        for array, places, old in kept:
            array[places] = old
        memory = Memory(self.memory.done + 1, self.memory.states)
        return Update(self, LearningTrace(self.network, self._given, self.program, memory), shared, {})

"""Many steps of one network: of all that is worked out, only the latest numbers are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from ..network.model import Element, Network
from ..network.portion import chosen, portion
from ..record import Record
from .amount import unless_zero
from .scores import Scorer, Scores, mistakes
from .trace import Trace
from .tracing import in_floats, told_from_zero
from .update import Update

if TYPE_CHECKING:
    from ..network.model import Array
    from .learning import StepSamples
    from .program import Program


class Portions:
    """The samples of each step. The networks of samples in order are kept, and one program for each number of them.

    ``of`` limits the gradients to tensors of these roles.
    """

    def __init__(self, network: Network, of: tuple[str, ...] | None = None) -> None:
        self.network = network
        self.of = of
        self._networks: dict[Sequence[int], Network] = {}
        self._programs: dict[int, Program] = {}
        self._samples: dict[Sequence[int], StepSamples] = {}

    def trace(self, trace: Trace) -> Trace:
        """The trace with the samples of its next step."""
        if self.network.samples_per_step is None and (self.of is None or trace.elementwise):
            return trace
        places = chosen(self.network, trace.memory.done)
        if trace.elementwise:
            return trace.in_network(self._network(places))
        if self.of is None:
            network = self._network(places)
            return trace.in_network(network, self._program(network))
        from .learning import LearningTrace, StepSamples

        samples = self._samples.get(places)
        if samples is None:
            network = self._network(places)
            samples = StepSamples(network, self._program(network))
            if isinstance(places, range):
                self._samples[places] = samples
        return LearningTrace.following(trace, samples)

    def _network(self, places: Sequence[int]) -> Network:
        if self.network.samples_per_step is None:
            return self.network
        network = self._networks.get(places) or portion(self.network, places)
        if isinstance(places, range):
            self._networks[places] = network
        return network

    def _program(self, network: Network) -> Program:
        from .program import Program

        size = network.samples or 0
        if size not in self._programs:
            self._programs[size] = Program(network, self.of)
        return self._programs[size]


class Epoch(Record):
    """What a pass over the samples came to: ``loss`` is the mean of its steps', each taken before its update.

    ``done`` are the steps done in all, ``rate`` the last step's learning rate; ``validation`` what the other samples
    say after the pass. ``mistakes`` are the samples with a wrong result, where a training ends without any.
    """

    number: int
    done: int
    loss: float
    rate: float
    validation: Scores | None
    mistakes: int = 0


class Diverged(Record):
    """The step in which a number first was none: its ``trace``, the update before it, and the tensor of the number."""

    step: int
    trace: Trace
    before: Update | None
    element: Element


class Course:
    """A training on its way, epoch by epoch.

    ``trace`` has the latest parameters and states, with all samples; ``asked_to_stop`` is looked at after each step.
    """

    def __init__(
        self, trace: Trace, validation: Network | None = None, asked_to_stop: Callable[[], bool] = lambda: False
    ) -> None:
        self.network = trace.network
        self.trace = in_floats(trace)
        self.scorer = None if validation is None else Scorer(validation)
        self.asked_to_stop = asked_to_stop
        self.diverged: Diverged | None = None
        self.stopped = False
        self._portions = Portions(self.network, ("parameter",))
        self._earlier = self.trace
        self._zero: tuple[list[Array], float] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be done for one of these reasons."""
        return self.stopped or self.diverged is not None

    def epoch(self, most: int | None = None) -> Epoch | None:
        """The rest of the present pass, or ``most`` steps of it; ``None`` where not one step came to its end."""
        size = self.network.steps_per_pass
        done = self.trace.memory.done
        left = size - done % size
        trace = start = self.trace
        total, samples, rate, wrong = 0.0, 0, 0.0, 0
        for _ in range(left if most is None else min(most, left)):
            before = self._portions.trace(trace)
            loss = before.value_of_loss().number
            if not isfinite(loss):
                last = self._step_before(before.memory.done)
                self.diverged = Diverged(before.memory.done + 1, before, last, first_without_number(before))
                break
            wrong += mistakes(before) if self.network.only_mistakes else 0
            update = before.updated()
            trace = in_floats(update.after)
            count = before.network.samples or 1
            total, samples, rate = total + loss * count, samples + count, update.rate.number
            del before, update  # their gradients' place in memory is that of the next step's
            if self.asked_to_stop():
                self.stopped = True
                break
        if not samples:
            return None
        if not total:
            total = self._told_from_zero(start, trace.memory.done)
        self.trace, self._earlier = trace.in_network(self.network), start
        now = self.trace.memory.done
        scores = self.scorer.of(self.trace) if self.scorer is not None else None
        return Epoch(done // size + 1, now, total / samples or total, rate, scores, wrong)

    def _told_from_zero(self, start: Trace, stop: int) -> float:
        """The sum of an epoch's losses that are all 0 as doubles, from as many digits as it takes: the epoch is done
        once more, unless it starts where the last such one did."""
        import numpy as np

        own = [start.given_arrays()[key] for key in self.network.parameters]
        if self._zero is None or not all(map(np.array_equal, own, self._zero[0])):
            total, trace = 0.0, start
            while trace.memory.done < stop:
                before = self._portions.trace(trace)
                loss = before.value_of_loss().number
                assert before.network.loss is not None
                found = unless_zero(told_from_zero(before, before.network.loss, loss))
                total += found * (before.network.samples or 1)
                trace = in_floats(before.updated().after)
            self._zero = own, total
        return self._zero[1]

    def _step_before(self, done: int) -> Update | None:
        """The step before another, worked out once more from the last trace of which all numbers are kept."""
        trace = self.trace if self.trace.memory.done < done else self._earlier
        if trace.memory.done == done:
            return None
        while trace.memory.done < done - 1:
            trace = in_floats(self._portions.trace(trace).updated().after)
        return Portions(self.network).trace(trace.in_network(self.network)).updated()


def first_without_number(trace: Trace) -> Element:
    """The first element that is infinite or no number: of the parameters, else of the results in order."""
    import numpy as np

    network = trace.network
    for key in (*network.parameters, *(step.output for step in network.steps)):
        places = np.argwhere(~np.isfinite(trace.arrays[key]))
        if len(places):
            return Element(key, tuple(int(place) for place in places[0]))
    assert network.loss is not None
    return Element(network.loss, ())

"""A run of a training: what each epoch came to, why it ended, and the parameters that it leaves."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from math import isfinite, nan

from ...network.model import Network
from ...network.quantities import few_learned
from ...record import Record
from ...spec.model import Validation
from ...trace.amount import unless_zero
from ...trace.course import Course, Diverged, Epoch
from ...trace.scores import Scorer, Scores
from ...trace.trace import Trace
from ..content.results import RunResults

Watch = Callable[[Epoch], None]
"""What is told of each epoch as it ends."""
MOST_IN_PROGRESS = 6
"""In a table of steps or epochs so many parameters have columns; where there are more, none has."""


class Plan(Record):
    """What a run does: the network on its samples, the one on the samples to validate with, and when to stop."""

    network: Network
    validation: Network | None
    stopping: Validation
    asked_to_stop: Callable[[], bool] = lambda: False
    watch: Watch = lambda epoch: None

    @property
    def steps(self) -> int:
        """How many steps are asked for."""
        return self.network.iterations


class Columns:
    """The numbers of each epoch, eight bytes each: ``epoch``, ``rate``, ``loss`` and those of the validation; where a
    training counts its ``mistakes``, these, and the ``parameters`` if they are few."""

    def __init__(self, network: Network) -> None:
        self.only_mistakes = network.only_mistakes
        few = few_learned(network, MOST_IN_PROGRESS) if network.only_mistakes else []
        self.parameters = {one: array("d") for one in few}
        self.epoch, self.rate, self.loss = array("d"), array("d"), array("d")
        self.validation, self.accuracy = array("d"), array("d")
        self.mistakes = array("q")

    def __len__(self) -> int:
        return len(self.loss)

    def take(self, epoch: Epoch, trace: Trace) -> None:
        """One more epoch, after which the parameters are those of the trace."""
        for one, numbers in self.parameters.items():
            numbers.append(trace.value(one.uses[0]).number)
        self.epoch.append(epoch.number)
        self.rate.append(epoch.rate)
        self.loss.append(epoch.loss)
        self.mistakes.extend([epoch.mistakes] if self.only_mistakes else ())
        scores = epoch.validation
        if scores is not None:
            self.validation.append(unless_zero(scores.loss))
            self.accuracy.append(nan if scores.accuracy is None else scores.accuracy)

    @property
    def has_accuracy(self) -> bool:
        return any(map(isfinite, self.accuracy))


class TrainingRun(Record):
    """A training that is over. ``before`` and ``after`` are the scores of its own samples at its ends, ``first`` and
    ``final`` its traces; ``validation`` the final scores of the others. ``ended`` says why where it ended early, and
    ``best`` is the epoch that the parameters are of, where the best ones were restored. ``gradients`` are those of
    single samples that an epoch takes.
    """

    columns: Columns
    first: Trace
    final: Trace
    before: Scores
    after: Scores
    validation: Scores | None
    diverged: Diverged | None
    ended: str
    best: int | None
    interrupted: bool

    def results(self, name: str, loss: str, word: str = "") -> RunResults:
        """The numbers of each epoch for a program."""
        columns = self.columns
        curves: dict[str, list[float | None]] = {
            "epoch": [int(one) for one in columns.epoch],
            "learning rate": list(columns.rate),
            loss: list(columns.loss),
        }
        if columns.validation:
            curves[f"{loss} of the validation samples"] = list(columns.validation)
        if columns.has_accuracy:
            curves["accuracy of the validation samples"] = list(columns.accuracy)
        if columns.mistakes:
            curves["mistakes"] = list(columns.mistakes)
        curves |= {one.name: list(numbers) for one, numbers in columns.parameters.items()}
        return RunResults(name, word, curves)


def faultless(number: int) -> str:
    """Why a training that counts its mistakes ends with a pass."""
    return f"Pass {number} makes no mistake: nothing is left to learn."


def run(plan: Plan, trace: Trace) -> TrainingRun:
    """Train from a trace on, until the steps are done, the run diverges, patience ends or somebody asks to stop."""
    course, columns = Course(trace, plan.validation, plan.asked_to_stop), Columns(plan.network)
    own = Scorer(plan.network)
    before = own.of(trace)
    waiting = _Waiting(plan.stopping)
    stop = trace.memory.done + plan.steps
    ended = ""
    while course.trace.memory.done < stop and not course.is_over:
        epoch = course.epoch(stop - course.trace.memory.done)
        if epoch is None:
            break
        columns.take(epoch, course.trace)
        plan.watch(epoch)
        if waiting.ends_with(epoch, course.trace):
            ended = f"Stopped early: {waiting.words(epoch)}."
            break
        if plan.network.only_mistakes and not epoch.mistakes and not course.is_over:
            ended = faultless(epoch.number)
            break
    final = waiting.best if waiting.restores and waiting.best is not None else course.trace
    scores = None if course.scorer is None else course.scorer.of(final)
    restored = waiting.epoch if waiting.restores else None
    return TrainingRun(
        columns, trace, final, before, own.of(final), scores, course.diverged, ended, restored, course.stopped
    )  # fmt: skip


class _Waiting:
    """Patience: how long the loss has not become lower than ever before."""

    def __init__(self, stopping: Validation) -> None:
        self.patience = None if stopping.patience is None else int(stopping.patience.value)
        self.restores = self.patience is not None and stopping.restore == "best"
        self.best: Trace | None = None
        self.epoch = 0
        self._lowest = float("inf")

    def ends_with(self, epoch: Epoch, trace: Trace) -> bool:
        """Whether patience ends with this epoch, after which the parameters are those of the trace."""
        loss = epoch.loss if epoch.validation is None else epoch.validation.loss
        if loss < self._lowest:
            self._lowest, self.epoch = loss, epoch.number
            self.best = trace if self.restores else None
        return self.patience is not None and epoch.number - self.epoch >= self.patience

    def words(self, epoch: Epoch) -> str:
        which = "training" if epoch.validation is None else "validation"
        return f"the {which} loss was lowest after epoch {self.epoch} and not lower in {self.patience} epochs since"

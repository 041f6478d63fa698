"""The numbers of a sheet as a program gets them: by the user's names, and not rounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...record import Record


class LossValue(Record):
    """The loss's name, its value, and its value after the update."""

    name: str
    before: float
    after: float | None = None


class RunResults(Record):
    """One run of a training: what it is called, how it went, and by the words over each column its numbers."""

    name: str
    word: str
    curves: Mapping[str, Sequence[float | None]]


class Results(Record):
    """The numbers of a sheet by the user's names, for a program; ``None`` where a command does not compute them.

    A value is a float, or nested lists of floats by tensor name where elements have no names. In a batch ``samples``
    has the values of each sample and its loss; ``state`` has what an optimizer remembers after the step. ``passed()``
    has the gradients that a sheet goes through and does not give to a program. ``runs`` are
    the curves of trainings, or of a flow.
    """

    values: Mapping[str, Any] | None = None
    samples: Sequence[Mapping[str, Any]] | None = None
    gradients: Mapping[str, Any] | None = None
    updated: Mapping[str, Any] | None = None
    state: Mapping[str, Mapping[str, Any]] | None = None
    learning_rate: float | Mapping[str, float] | None = None
    loss: LossValue | None = None
    iterations: Sequence[Results] | None = None
    passed: Callable[[], Mapping[str, Any]] | None = None
    runs: Sequence[RunResults] | None = None

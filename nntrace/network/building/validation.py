"""The samples to learn from and those to validate with: of the file, or split off from those to learn from."""

from __future__ import annotations

from ...record import Record
from ...spec.model import Spec, Split
from ...spec.problems import Problems
from ..model import Network
from ..portion import portion, shuffled
from .build import build

DRAWN = -1
"""The shuffle that a split takes its samples from: the one before the first pass."""


class Sets(Record):
    """One network on the samples that it learns from, and on those that it is validated with, if there are any."""

    training: Network
    validation: Network | None


def sets(network: Network, spec: Spec, anywhere: bool = False) -> Sets:
    """The two networks of a file. Raises a ``SpecError`` where a split leaves nothing on one side."""
    given = spec.validation.samples
    if given is None:
        return Sets(network, None)
    if not isinstance(given, Split):
        other = spec._replace(samples=given, validation=spec.validation._replace(samples=None))
        return Sets(network, build(other._replace(passes=spec.passes._replace(samples_per_step=None)), anywhere))
    count = network.samples or 0
    held_out = round(count * given.share.value)
    problems = Problems(spec.source, spec.lines, spec.limits)
    size = network.samples_per_step or 1
    if not 0 < held_out <= count - size:
        left = f"{held_out} of {count} samples to validate with, and {count - held_out} to learn from"
        remedy = "give another share, or more samples" if size == 1 else "give another share, or fewer samples_per_step"
        problems.fail(given.place, f"this split leaves {left}", remedy)
    order = shuffled(int(given.seed.value) if given.seed else 0, DRAWN, count)
    learned = portion(network, tuple(sorted(order[held_out:])))
    if network.epochs is not None:
        per = learned.steps_per_pass
        training = network.training._replace(per=per if network.training.per > 1 else 1)
        learned = learned._replace(iterations=network.epochs * per, training=training)
    return Sets(learned, portion(network, tuple(sorted(order[:held_out]))))

"""The runs of a comparison, from what is typed: learning rates, optimizers and samples per step, each with each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import log10
from random import Random
from typing import TYPE_CHECKING

from ..errors import UserError
from ..library.words import need_layers, need_loss, typed_number, with_rate
from ..record import Record
from .options import Compared, Lasting, Reading
from .run import read_network
from .words import with_count, with_optimizer

if TYPE_CHECKING:
    from ..network.model import Network
    from ..solution.sheets.comparison import Variant
    from ..solution.sheets.runs import Plan
    from ..spec import Spec
    from ..trace.course import Epoch

MOST_RUNS = 26
ALL = "all"
FORMS = "write numbers, --lr 0.1,0.4, or draw some: --lr log:0.01:1:20 or --lr linear:0.01:1:20"


class Planned(Record):
    """A run that is ready, the file it is of, and the network of that file with all its samples."""

    name: str
    rate: Fraction | None
    plan: Plan
    spec: Spec
    network: Network

    def variant(self, asked_to_stop: Callable[[], bool], watch: Callable[[Epoch], None]) -> Variant:
        """The same, with who stops it and who watches it."""
        from ..solution.sheets.comparison import Variant

        rate = None if self.rate is None else float(self.rate)
        return Variant(self.name, rate, self.plan._replace(asked_to_stop=asked_to_stop, watch=watch))


class Typed(Record):
    """What one run has in place of the file's own, each as typed; ``name`` tells it from the others."""

    name: str
    rate: str | None
    optimizer: str | None
    batch: str | None

    def planned(self, reading: Reading, changes: Sequence[str], lasting: Lasting) -> Planned:
        """The networks of the run."""
        from ..network.building.validation import sets
        from ..solution.sheets.runs import Plan

        rate = None if self.rate is None else typed_number(self.rate, f"--lr {self.rate}")
        network, spec = read_network(reading, changes, adjusted=lambda spec: self._adjusted(spec, lasting))
        need_layers(spec)
        need_loss(network.loss)
        if not network.loss_is_known:
            raise UserError("this network has a given gradient and no loss to train on\n  nntrace step does its step")
        network = with_rate(network, rate)
        learned, validation = sets(network, spec, reading.allow_files)
        return Planned(self.name, rate, Plan(learned, validation, spec.validation), spec, network)

    def _adjusted(self, spec: Spec, lasting: Lasting) -> Spec:
        from ..spec.model import Number, Place

        if self.optimizer is not None:
            spec = with_optimizer(spec, self.optimizer)
        if self.batch is not None:
            count = None if self.batch == ALL else typed_number(self.batch, f"--batch {self.batch}")
            if count is not None and (count.denominator != 1 or count < 1):
                raise UserError(f"--batch {self.batch}: no number of samples\n  give a whole number from 1, or all")
            number = None if count is None else Number(self.batch, count, Place(1, 1, f"--batch {self.batch}"))
            spec = spec._replace(passes=spec.passes._replace(samples_per_step=number))
        return with_count(spec, lasting)


def variants(compared: Compared) -> list[Typed]:
    """Every run that the options ask for. Raises a ``UserError`` for too many, or for a list that is none."""
    rates = [rate for text in compared.lr for rate in _rates(text, compared.seed or 0)]
    optimizers = [kind for text in compared.optimizer for kind in _pieces(text)]
    batches = [count for text in compared.batch for count in _pieces(text)]
    found = []
    nothing: list[str | None] = [None]
    for rate, optimizer, batch in product(rates or nothing, optimizers or nothing, batches or nothing):
        parts = ((rate, rates, "lr "), (optimizer, optimizers, ""), (batch, batches, "batch "))
        name = ", ".join(f"{word}{one}" for one, every, word in parts if one is not None and len(every) > 1)
        found.append(Typed(name, rate, optimizer, batch))
    if len(found) > MOST_RUNS:
        raise UserError(f"{len(found)} runs to compare, and a picture holds {MOST_RUNS}\n  compare fewer")
    return found


def _rates(text: str, seed: int) -> Iterator[str]:
    """``0.1,0.4`` as it is; ``log:0.01:1:20`` as so many drawn rates, in order."""
    if ":" not in text:
        yield from _pieces(text)
        return
    match = re.fullmatch(r"(log|linear):([^:]+):([^:]+):([^:]+)", text)
    if match is None:
        raise UserError(f"--lr {text!r} is no list of rates\n  {FORMS}")
    is_logarithmic = match[1] == "log"
    low, high, count = (float(typed_number(part, f"--lr {text}")) for part in match.groups()[1:])
    if not 0 < low < high or count != int(count) or not 1 <= count <= MOST_RUNS:
        message = f"--lr {text!r}: needs 0 < from < to, and how many, from 1 to {MOST_RUNS}"
        raise UserError(f"{message}\n  {FORMS}")
    draw = Random(f"{seed} learning rates").random
    places = sorted(draw() for _ in range(int(count)))
    first, last = (log10(low), log10(high)) if is_logarithmic else (low, high)
    for place in places:
        number = first + place * (last - first)
        yield f"{10**number if is_logarithmic else number:.3g}"


def _pieces(text: str) -> Iterator[str]:
    """A list with commas; those inside brackets belong to what stands there."""
    depth, piece = 0, ""
    for sign in text:
        depth += (sign in "{[(") - (sign in "}])")
        if sign == "," and depth == 0:
            yield piece.strip()
            piece = ""
        else:
            piece += sign
    yield piece.strip()

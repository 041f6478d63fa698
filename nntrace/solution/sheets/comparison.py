"""Trainings side by side: one picture, one table, and a word for each curve with the rule behind it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from math import floor, isfinite, log10
from operator import itemgetter

from ...expr import Expr
from ...record import Record
from ..content.model import Block, Note, Remark, Section, Solution, Table, table
from ..content.results import LossValue, Results
from .calculation import Sheet
from .runs import Plan, TrainingRun, run
from .settings import Settings
from .step import Trained
from .train import curve, curves_plot, loss_of_epoch, number_words, told_from_zero

SLOW, CLOSE, FAST, RISES = 0.5, 0.05, 0.1, 1 / 3
FEWEST_FOR_DECADES = 5
RULES = {
    "diverges": "some number stopped being finite, or the last loss lies above the first.",
    "oscillates": "the loss rose in at least a third of the epochs, and the rises add up to half of the fall or more.",
    "good": "the last loss is the lowest, or within 5 % of the best curve's fall of it.",
    "too low": "it fell by less than half of what the best curve fell, or by the end still falls (in the last tenth of "
    "the epochs by more than 1 % of its own fall).",
    "too high": "it fell fast at first but stays above the best curve: none of the above.",
}
"""How a curve gets its word: the first of these that holds."""
BY_RATE = {
    "too low": "it ends above the best curve, whose rate is higher.",
    "too high": "it ends above the best curve, whose rate is lower.",
}
"""The last two where the curves differ by their rates: a shape alone may look like either."""


class Variant(Record):
    """A run to compare: what it is called, its learning rate if that is what differs, and what it does."""

    name: str
    rate: float | None
    plan: Plan


class Shape(Record):
    """A curve as its word is told from: the loss at the start, then of each epoch; whether it stopped being finite; the
    rate, if that is what the curves differ by."""

    losses: Sequence[float]
    diverged: bool
    rate: float | None = None

    @property
    def fall(self) -> float:
        return self.losses[0] - self.losses[-1]


def words(shapes: Sequence[Shape]) -> list[str]:
    """The word for each curve, by ``RULES`` and ``BY_RATE``."""
    converging = [one for one in shapes if not _diverges(one)]
    best = min(converging, key=lambda one: one.losses[-1], default=None)
    return ["diverges" if _diverges(one) or best is None else _word(one, best) for one in shapes]


def _diverges(shape: Shape) -> bool:
    return shape.diverged or not isfinite(shape.losses[-1]) or shape.losses[-1] > shape.losses[0]


def _word(shape: Shape, best: Shape) -> str:
    losses, count = shape.losses, len(shape.losses) - 1
    rises = [after - before for before, after in itertools.pairwise(losses) if after > before]
    if len(rises) >= max(2.0, RISES * count) and sum(rises) >= SLOW * shape.fall:
        return "oscillates"
    if losses[-1] - best.losses[-1] <= CLOSE * best.fall:
        return "good"
    if shape.rate is not None and best.rate is not None:
        return "too low" if shape.rate < best.rate else "too high"
    late = losses[-1 - max(1, round(FAST * count))] - losses[-1]
    if shape.fall < SLOW * best.fall or late > 0.01 * shape.fall:
        return "too low"
    return "too high"


def compare(variants: Sequence[Variant], settings: Settings) -> Trained:
    """Train each, and set them side by side."""
    runs = []
    for one in variants:
        sheet = Sheet(one.plan.network, settings)
        sheet.exact_iterations = 0
        runs.append(run(one.plan, sheet.trace))
        if runs[-1].interrupted:
            break
    solution = _Comparison(sheet, variants[: len(runs)], runs).solution()
    return Trained(solution, runs[-1].final, runs[-1].interrupted)


class _Comparison:
    def __init__(self, sheet: Sheet, variants: Sequence[Variant], runs: Sequence[TrainingRun]) -> None:
        self.sheet = sheet
        self.variants = variants
        self.runs = runs
        self.loss = sheet.network.loss_symbol
        self.losses = [(one.before.loss, *one.columns.loss) for one in runs]
        shapes = [
            Shape(losses, one.diverged is not None, variant.rate)
            for losses, variant, one in zip(self.losses, variants, runs, strict=True)
        ]
        self.rules = RULES if any(one.rate is None for one in variants) else RULES | BY_RATE
        self.words = words(shapes)

    def solution(self) -> Solution:
        every = zip(self.variants, self.runs, self.words, strict=True)
        results = Results(
            loss=LossValue(self.loss.name, self.runs[0].before.loss),
            runs=[one.results(variant.name, self.loss.name, word) for variant, one, word in every],
        )
        section = Section("comparison", tuple(self._blocks()), (f"{len(self.runs)} runs",))
        return self.sheet.solution([section], results, updating=True)

    def _blocks(self) -> Iterator[Block]:
        names: list[Note] = [
            (f"{variant.name}: {word}",) for variant, word in zip(self.variants, self.words, strict=True)
        ]
        yield table(self._columns())
        networks = [one.plan.network for one in self.variants]
        yield loss_of_epoch(self.loss, any(one.samples_per_step for one in networks), from_start=True)
        yield from told_from_zero(networks, (loss for losses in self.losses for loss in losses))
        curves = [
            curve(name, (0.0, *one.columns.epoch), losses)
            for name, one, losses in zip(names, self.runs, self.losses, strict=True)
        ]
        plot = curves_plot(self.loss, curves, self.runs[0].before.loss)
        yield plot
        if any(not y <= plot.high for one in curves for _, y in one.points):
            yield Remark(("A curve that reaches the top of the picture goes on above it.",))
        for word in dict.fromkeys(self.words):
            yield Remark((f"{word}: {self.rules[word]}",))
        rates = [variant.rate for variant in self.variants if variant.rate is not None and variant.rate > 0]
        if len(rates) == len(self.variants) >= FEWEST_FOR_DECADES:
            yield from decades(rates)
        if any(one.interrupted for one in self.runs):
            yield Remark(("Interrupted: the rest of the list was not run, and the last curve is not complete.",))

    def _columns(self) -> Iterator[tuple[Note, Iterable[Expr | str]]]:
        digits = self.sheet.writer.digits
        networks = [one.plan.network for one in self.variants]
        yield ("run",), [one.name for one in self.variants]
        for word, chosen in ((" first", itemgetter(0)), (" last", itemgetter(-1)), (" lowest", min)):
            yield (self.loss, word), [number_words(digits, chosen(losses)) for losses in self.losses]
        yield ("updates an epoch",), [str(one.steps_per_pass) for one in networks]
        yield ("gradients an epoch",), [str(one.samples or 1) for one in networks]
        yield ("word",), self.words


def decades(rates: Sequence[float]) -> Iterator[Block]:
    """How many of the rates fall into each decade, drawn as bars."""
    yield Remark(("How the learning rates are spread",), heading=True)
    found = [floor(log10(rate) + 1e-12) for rate in rates]
    counts = {power: found.count(power) for power in range(min(found), max(found) + 1)}
    rows = tuple(
        ((f"{10.0**power:g} to {10.0 ** (power + 1):g}",), (str(count),), ("#" * count,))
        for power, count in counts.items()
    )
    yield Table((("decade",), ("rates",), ("",)), rows)
    most = max(counts, key=lambda power: counts[power])
    if len(counts) > 1 and most == max(counts) and counts[most] > 2 * (len(rates) - counts[most]):  # as linear draws do
        share = f"{counts[most]} of {len(rates)} rates lie between {10.0**most:g} and {10.0 ** (most + 1):g}"
        yield Remark((f"{share}. On a logarithmic scale (--lr log:{min(rates):g}:{max(rates):g}:{len(rates)} --seed 0) "
                      "each decade gets about as many.",))  # fmt: skip

"""The sheet of a training: what each epoch came to, the curves, why it ended, and what to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from math import inf, isfinite
from sys import float_info

from ...catalogue.update_rule import new
from ...errors import counted
from ...expr import Expr, Num, Sym
from ...network.model import Network
from ...trace.amount import Amount, Beyond
from ...trace.trace import Trace
from ...trace.tracing import is_small
from ..checking.checks import with_telling_digits
from ..content.model import Block, Check, Curve, Note, Plot, Remark, Section, Solution, listed, table
from ..content.results import LossValue, Results
from ..numbers.digits import Digits
from ..numbers.results import state_results, updated_results
from .calculation import Sheet
from .gap import gap
from .iterations import MOST_ROWS, spread
from .runs import Columns, Plan, TrainingRun, run
from .settings import Settings
from .step import Trained

MOST_POINTS = 2000
"""Points of one curve."""
ROUNDING = Decimal("1e-15")
"""Two losses whose ratio is no farther from 1 than this may differ by the roundings of double precision alone."""
AS_BEFORE = ": as far as double precision shows, it is what it was before"
BEYOND = 1.5
"""How many times the loss before the training a picture reaches at most."""


def train(plan: Plan, settings: Settings) -> Trained:
    """Train, and say how it went."""
    sheet = Sheet(plan.network, settings)
    sheet.exact_iterations = 0
    done = run(plan, sheet.trace)
    return Trained(_Training(sheet, plan, done).solution(), done.final, done.interrupted)


class _Training:
    def __init__(self, sheet: Sheet, plan: Plan, done: TrainingRun) -> None:
        self.sheet = sheet
        self.plan = plan
        self.run = done
        self.loss = sheet.network.loss_symbol

    def solution(self) -> Solution:
        done, final = self.run, self.run.final
        sections = [
            Section("training", tuple(self._blocks()), self._heading()),
            Section("checks", tuple(self._checks())),
        ]
        results = Results(
            updated=updated_results(final, None),
            state=state_results(final, None),
            loss=LossValue(self.loss.name, done.before.loss, done.after.loss),
            runs=[done.results("", self.loss.name)],
        )
        return self.sheet.solution([one for one in sections if one.blocks], results, updating=True)

    def _heading(self) -> Note:
        training, count = self.sheet.network.training, len(self.run.columns)
        kind = "" if training.rule.is_plain else f", {training.kind}"
        rate: Note = ()
        if count and len(set(self.run.columns.rate)) == 1:
            rate = (", learning rate ", self.typed(self.run.columns.rate[0]))
        return (f"{count} epoch{'s' if count != 1 else ''}{kind}", *rate)

    def number(self, number: float) -> Expr | str:
        """A rounded number, or the word for what is none."""
        return number_words(self.sheet.writer.digits, number)

    def typed(self, number: float) -> Expr:
        """A number of few digits as it was typed."""
        exact = Fraction(repr(number)) if isfinite(number) else None
        return self.sheet.writer.digits.show(Amount(number, exact)).number

    def _blocks(self) -> Iterator[Block]:
        columns, network = self.run.columns, self.sheet.network
        if len(columns):
            yield table(self._columns(columns))
            if not self.sheet.writer.full and len(columns) > MOST_ROWS:
                how = "(--full shows all, -o losses.csv writes them)"
                yield Remark((f"… {len(columns) - MOST_ROWS} more epochs between these {how}",))
            yield loss_of_epoch(self.loss, network.samples_per_step is not None, bool(columns.validation))
            yield from told_from_zero([network], (*columns.loss, *columns.validation))
        if len(columns) > 1:
            curves = [curve(("training",), columns.epoch, columns.loss)]
            if columns.validation:
                curves.append(curve(("validation",), columns.epoch, columns.validation))
            yield curves_plot(self.loss, curves, self.run.before.loss)
        yield from self._ending()
        yield from self._scores()
        if self.plan.validation is not None and self.run.validation is not None:
            yield from gap(self.number, self.loss, self.run, (network, self.plan.validation))

    def _columns(self, columns: Columns) -> Iterator[tuple[Note, Iterable[Expr | str]]]:
        places = spread(len(columns), len(columns) if self.sheet.writer.full else MOST_ROWS)

        def cells(numbers: Sequence[float], write: Callable[[float], Expr | str]) -> list[Expr | str]:
            return [write(numbers[place]) for place in places]

        only_mistakes = self.sheet.network.only_mistakes
        yield ("pass" if only_mistakes else "epoch",), cells(columns.epoch, "{:.0f}".format)
        if only_mistakes:
            yield ("mistakes",), cells(columns.mistakes, str)
        for one, numbers in columns.parameters.items():
            yield (new(one.symbol),), cells(numbers, self.typed)
        yield (self.loss,), cells(columns.loss, self.number)
        if columns.validation:
            yield (self.loss, " validation"), cells(columns.validation, self.number)
        if columns.has_accuracy:
            yield ("accuracy validation",), cells(columns.accuracy, self.typed)
        if len(set(columns.rate)) > 1:
            yield ("learning rate",), cells(columns.rate, self.typed)

    def _ending(self) -> Iterator[Remark]:
        """Why the run ended before its time."""
        done = self.run
        if done.diverged is not None:
            yield Remark(("Stopped: it diverges",), heading=True)
            yield from self._divergence()
        if done.interrupted:
            yield Remark(
                (f"Interrupted after {done.final.memory.done} steps: what follows is as of the last complete one.",)
            )
        if done.ended:
            yield Remark((done.ended,))
        if done.best is not None:
            yield Remark((f"The parameters are those after epoch {done.best}, the best (restore: best).",))

    def _divergence(self) -> Iterator[Remark]:
        """The first number that is none, and what it is made of."""
        found = self.run.diverged
        assert found is not None
        trace, element = found.trace, found.element
        network = trace.network
        symbol, value = network.symbol(element), float(trace.arrays[element.key][element.cell])
        words: Note = (f"In step {found.step}, ", symbol, " is ", self.number(value))
        if network.tensors[element.key].role == "parameter" and found.before is not None:
            old = float(found.before.before.arrays[element.key][element.cell])
            slope = float(found.before.before.ahead.totals[element.key][element.cell])
            words = (*words, ": the update before it had the old value ", self.number(old), ", the gradient ",
                     self.number(slope), " and the learning rate ", self.number(found.before.rate.number))  # fmt: skip
        else:
            step = network.made_by[element.key]
            keys = dict.fromkeys(step.arguments.values())
            read = listed((Sym(network.tensors[key].name or key), " ", self._largest(trace, key)) for key in keys)
            words = (*words, f" ({step.kind}); the largest numbers in what it reads: ", *read)
        yield Remark((*words, "."))
        yield Remark(("A smaller learning rate, clip: {norm: 1} or smaller starting weights keep the numbers finite.",))

    def _largest(self, trace: Trace, key: str) -> Expr | str:
        import numpy as np

        return self.number(float(np.max(np.abs(trace.arrays[key]), initial=0.0)))

    def _scores(self) -> Iterator[Remark]:
        done = self.run
        ours = "All" if done.validation is None else "Training"
        yield Remark((f"{ours} samples: ", self.loss, " ≈ ", self.number(done.before.loss), " before, ",
                      self.number(done.after.loss), " after", *self._accuracy(done.after.accuracy)))  # fmt: skip
        if done.validation is not None:
            yield Remark(("Validation samples, after: ", self.loss, " ≈ ", self.number(done.validation.loss),
                          *self._accuracy(done.validation.accuracy)))  # fmt: skip

    def _accuracy(self, share: float | None) -> Note:
        return () if share is None else (", accuracy ", self.typed(share))

    def _checks(self) -> Iterator[Check]:
        if self.sheet.network.only_mistakes:
            count = self.run.columns.mistakes[-1] if len(self.run.columns) else 0
            yield Check((f"{counted(count, 'mistake')} in the last pass",), "note" if count else "ok")
            return
        before, after = self.run.before.loss, self.run.after.loss
        ours = "all" if self.run.validation is None else "the training"
        words: Note = (self.loss, f" of {ours} samples after the training ≈ ")
        if _is_close(before, after):
            yield Check((*words, self.number(after), AS_BEFORE), "note")
            return
        fell = isfinite(after) and (not isfinite(before) or _decimal(after) < _decimal(before))
        old, new = self.number(before), self.number(after)
        if old == new:
            old, new = (
                one.number for one in with_telling_digits(self.sheet.writer.digits, Amount(before), Amount(after))
            )
        words = (*words, new, " < " if fell else " ≥ ", old)
        yield Check(words if fell else (*words, ": this training did not lower it"), "ok" if fell else "note")


def _decimal(number: float) -> Decimal:
    return number.true if isinstance(number, Beyond) else Decimal(number)


def _is_close(before: float, after: float) -> bool:
    """Whether two losses are the same, as far as double precision shows."""
    if not isfinite(before) or not isfinite(after):
        return False
    old, new = _decimal(before), _decimal(after)
    return abs(old - new) <= ROUNDING * max(abs(old), abs(new))


def loss_of_epoch(loss: Sym, by_steps: bool, validated: bool = False, from_start: bool = False) -> Remark:
    """What the loss of an epoch is, that of its validation, and that which stands before all epochs."""
    what = " is the mean over an epoch's steps, each before its own update"
    what = what if by_steps else " is the loss before the update of its epoch"
    if from_start:
        start = " first, at epoch 0, is the loss of all samples before the training; then "
        return Remark((loss, start, loss, f"{what}."))
    if not validated:
        return Remark((loss, f"{what}."))
    return Remark((loss, f"{what}, ", loss, " validation the one after it."))


def told_from_zero(networks: Iterable[Network], losses: Iterable[float]) -> Iterator[Remark]:
    """What a loss of 0.0 is where no more than doubles are known of it."""
    if 0.0 in losses and not all(map(is_small, networks)):
        yield Remark(("0.0 is a loss that double precision does not tell from 0.",))


def number_words(digits: Digits, number: float) -> Expr | str:
    """A rounded number, or the word for what is none, or is so small that a double has not all of its digits."""
    if isinstance(number, Beyond):
        return Num(digits.rounded(number.true))
    if not isfinite(number):
        return "∞" if number in (inf, -inf) else "not a number"
    if 0 < abs(number) < float_info.min:
        return "< 1e-307" if number > 0 else "> -1e-307"
    return digits.show(Amount(number)).number


def curve(name: Note, across: Sequence[float], up: Sequence[float]) -> Curve:
    """A curve of at most so many points as a picture can show."""
    return Curve(name, [(across[place], up[place]) for place in spread(len(up), MOST_POINTS)])


def curves_plot(loss: Sym, curves: Sequence[Curve], before: float) -> Plot:
    """Losses over epochs, from 0 to the highest, or not far above the loss ``before`` where one leaves the page."""
    finite = [y for one in curves for _, y in one.points if isfinite(y)]
    start = before if isfinite(before) else 0.0
    high = min(max(finite, default=1.0), BEYOND * start) if start > 0 else max(finite, default=1.0)
    low = min(0.0, min(finite, default=0.0))
    return Plot(("epoch",), (loss,), tuple(curves), low, high if high - low > float_info.min else low + 1)

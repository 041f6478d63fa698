"""Several plain steps: a sheet for each iteration where they are few, a table of the loss where they are many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ...catalogue.update_rule import new
from ...expr import Expr, Sym
from ...network.model import Network
from ...network.portion import chosen
from ...network.quantities import Quantity, few_learned, parameters
from ...record import Record
from ...trace.amount import Amount
from ...trace.course import Portions
from ...trace.scores import mistakes
from ...trace.trace import Trace
from ...trace.tracing import in_elements, in_floats
from ...trace.update import Update
from ..content.model import Block, Family, Note, Remark, Section, Solution, Step, Stretch, Table, table
from ..content.results import LossValue, Results
from ..numbers.results import (
    gradient_results,
    loss_of,
    sample_results,
    value_results,
)
from ..steps.forward import numbers_of, samples_of
from .calculation import Sheet, is_small
from .runs import MOST_IN_PROGRESS, faultless
from .step import Trained, limited, results_of, step_sheet

MOST_FULL = 4
"""So many iterations of a small network have a sheet each."""
MOST_ROWS = 24
MOST_EXACT = 10
"""After so many iterations of a long training its numbers are floats."""
MOST_KEPT = 1_000_000
"""Of more new numbers of parameters, over all iterations, only those of sheets and of the last one are kept."""


class Iterations:
    """The iterations of one network, from its first ``sheet`` on."""

    def __init__(self, sheet: Sheet, only: Sequence[Quantity] | None) -> None:
        self.sheet = sheet
        self.network = sheet.network
        self.only = only
        self.portions = Portions(self.network)

    def trained(self) -> Trained:
        """A sheet of its own for each iteration that is shown, and what all of them come to where some are not."""
        trace, sheet, count = self.sheet.trace, self.sheet, self.network.iterations
        numbers = self._traced_numbers(self.portions.trace(trace).network)
        is_long = count > MOST_ROWS and not self.network.only_mistakes
        self.sheet.exact_iterations = MOST_EXACT if is_long else None
        sections: list[Section] = []
        sheets: dict[int, Solution] = {}
        each: list[_Short] = []
        wrong, ended = 0, ""
        for number in range(1, count + 1):
            trace = self.portions.trace(trace)
            if number in numbers:
                sheet = sheet.following(in_elements(trace))
                own, results, update = step_sheet(sheet, self.only)
                own = [_numbered(section, sheet, number) for section in own]
                sections += own
                sheets[number] = self._solution(own, results)
            else:
                update = trace.updated(limited(self.only))
            if is_long and number >= MOST_EXACT:  # exact numbers grow too long
                update = update._replace(after=in_floats(update.after))
            wrong += mistakes(update.before) if self.network.only_mistakes else 0
            keeps = number == count or count * len(self.only or parameters(self.network)) <= MOST_KEPT
            results = sheets[number].results if number in numbers else self._results(update, keeps)
            if number == count:
                results = results._replace(passed=partial(self._gradients, update.before))
            each.append(self._short(results, update))
            trace = update.after
            if self.network.only_mistakes and trace.memory.done % self.network.steps_per_pass == 0:
                if not wrong:
                    ended = faultless(trace.memory.done // self.network.steps_per_pass)
                    break
                wrong = 0
        count = len(each)
        final = trace.in_network(self.network)
        overall = self._over_all([one.results for one in each], final)
        if len(numbers) < count or count > MOST_FULL:
            blocks = [*self._progress(each, final), *([Remark((ended,))] if ended else ())]
            if len(numbers) < count:
                how = "--trace 1,2 shows some" + (", --full all" if is_small(self.network) else "")
                which = "most iterations" if numbers else "each iteration"
                blocks.append(Remark((f"The working of {which} is left out ({how}).",)))
            sections.append(Section("update", tuple(blocks), (f"{count} iterations",)))
        if not sheets:
            return Trained(self._solution(sections, overall), final)
        bare = self._solution([], overall)._replace(sections=())
        every = (sheets.get(number, bare._replace(results=one.results)) for number, one in enumerate(each, 1))
        return Trained(self._solution(sections, overall, tuple(every)), final)

    def _traced_numbers(self, network: Network) -> Collection[int]:
        """Which iterations have a sheet of their own, from 1: those asked for, else all where they are few."""
        count, traced = self.network.iterations, self.sheet.settings.traced
        is_whole = is_small(network) and (count <= MOST_FULL or self.sheet.writer.full)
        return traced or (range(1, count + 1) if is_whole else ())

    def _gradients(self, trace: Trace) -> dict[str, Any]:
        """The gradients of the last iteration."""
        return gradient_results(trace, self.only or parameters(self.network))

    def _results(self, update: Update, keeps: bool) -> Results:
        """What an iteration without a sheet comes to, in full with the numbers that it started from."""
        trace, own = update.before, results_of(update, self.only, keeps)
        if not self.sheet.writer.full:
            return own
        return own._replace(
            values=value_results(trace),
            samples=sample_results(trace),
            gradients=gradient_results(trace, parameters(trace.network)),
        )

    def _solution(self, sections: list[Section], results: Results, each: tuple[Solution, ...] = ()) -> Solution:
        return self.sheet.solution(sections, results, each, updating=True, asked=self.only or ())

    def _short(self, results: Results, update: Update) -> _Short:
        """What an iteration comes to, with the numbers of the parameters where they are few."""
        after = update.after
        named = few_learned(self.network, MOST_IN_PROGRESS, self.only)
        loss = update.before.value_of_loss() if self.network.loss_is_known else None
        return _Short(results, loss, {one.symbol: after.value(one.uses[0]) for one in named})

    def _progress(self, each: Sequence[_Short], final: Trace) -> Iterator[Block]:
        """The loss from iteration to iteration, and the parameters where they are few; of many iterations a choice."""
        digits = self.sheet.writer.digits
        network = self.network
        some = network.samples_per_step is not None
        places = spread(len(each), MOST_ROWS if not self.sheet.writer.full else len(each))

        def columns() -> Iterator[tuple[Note, Iterable[Expr | str]]]:
            yield ("iteration",), [str(place + 1) for place in places]
            if some:
                yield ("samples",), [numbers_of(chosen(network, network.training.done + place)) for place in places]
            losses = [each[place].loss for place in places]
            if network.loss_is_known:
                yield (network.loss_symbol, " before"), [digits.show(one).number for one in losses if one is not None]
            for symbol in each[0].updated:
                yield (new(symbol),), [digits.show(each[place].updated[symbol]).number for place in places]

        yield table(columns())
        if left_out := len(each) - len(places):
            yield Remark((f"… {left_out} more iterations between these (--full shows all)",))
        if some:
            yield Remark((network.loss_symbol, " before is the loss of the iteration's own samples."))
        if not network.loss_is_known:
            return
        of_all = " of all samples" if some else ""
        last = final.value_of_loss()
        shown_last = digits.show(last)
        relation = "≈" if shown_last.rounded or last.rounded else "="
        yield Remark((network.loss_symbol, f"{of_all} after the last iteration {relation} ", shown_last.number))

    def _over_all(self, results: Sequence[Results], final: Trace) -> Results:
        """Of several iterations: the loss before the first and after the last, and what the last one left.

        Where an iteration has only some of the samples, these two are the loss of all samples.
        """
        first, last = results[0].loss, results[-1].loss
        if self.network.samples_per_step is not None:
            loss = loss_of(self.sheet.trace, final)
        else:
            loss = None if first is None or last is None else LossValue(first.name, first.before, last.after)
        left = Results(updated=results[-1].updated, state=results[-1].state, learning_rate=results[0].learning_rate)
        return left._replace(loss=loss, iterations=results)


class _Short(Record):
    """What one of many iterations comes to: its results, the loss before it, and a few parameters after it."""

    results: Results
    loss: Amount | None
    updated: Mapping[Sym, Amount]


def _numbered(section: Section, sheet: Sheet, iteration: int) -> Section:
    """A section of one iteration among several: it says so, and its steps' ids do."""
    own = f", {samples_of(sheet.network)}" if sheet.network.samples_per_step is not None else ""
    words: Note = (f"iteration {iteration}{own}",)
    each = (block.steps if isinstance(block, Family) else (block,) for block in section.blocks)
    blocks = tuple(_of_iteration(block, iteration) for blocks in each for block in blocks)
    return Section(section.name, blocks, (*words, ", ", *section.addition) if section.addition else words)


def _of_iteration(block: Block, iteration: int) -> Block:
    prefix = f"I{iteration}."
    if isinstance(block, Step):
        return block._replace(id=block.id and prefix + block.id, iteration=iteration)
    if isinstance(block, Table):
        rows = tuple(
            row._replace(letter=prefix + row.letter)
            if isinstance(row, Stretch)
            else ((prefix + str(row[0][0]),), *row[1:])
            for row in block.rows
        )
        steps = tuple(step._replace(id=prefix + step.id, iteration=iteration) for step in block.steps)
        return Table(block.columns, rows, steps)
    return block


def spread(count: int, most: int) -> list[int]:
    """At most ``most`` places of a range, its first and its last among them, the others evenly between."""
    if count <= most:
        return list(range(count))
    return sorted({round(place * (count - 1) / (most - 1)) for place in range(most)})

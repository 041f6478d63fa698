"""One training step on a sheet: forward, loss, backward, the update, and its checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...network.quantities import Parts, Quantity, frozen, learned, parameters, quantity
from ...record import Record
from ...trace.amount import Amount
from ...trace.trace import Trace
from ...trace.update import Update
from ..content.model import Block, Note, Remark, Section, Solution
from ..content.results import Results
from ..numbers.results import (
    gradient_results,
    loss_of,
    rate_results,
    sample_results,
    state_results,
    updated_results,
    value_results,
)
from ..steps.forward import first_of
from ..steps.update import Updates
from .calculation import MOST_VALUES, MOST_WITH_PATHS, Sheet
from .verdicts import verdicts

if TYPE_CHECKING:
    from ..steps.matrix import MatrixForms


class StepSheet(Record):
    """What one training step comes to: its sections, its numbers, and the update itself."""

    sections: list[Section]
    results: Results
    update: Update


class Trained(Record):
    """The sheet of a training, the trace that it ends with, and whether somebody stopped it before its time."""

    solution: Solution
    final: Trace
    interrupted: bool = False


def step_sheet(sheet: Sheet, only: Sequence[Quantity] | None) -> StepSheet:
    """One training step; ``only`` limits it to these parameters."""
    update = sheet.trace.updated(limited(only))
    step = _Step(sheet, only, update)
    every = parameters(sheet.network)
    values = value_results(step.there.trace) | ({} if step.is_here else updated_results(sheet.trace, None))
    results = results_of(update, only)._replace(
        values=values,
        samples=sample_results(step.there.trace),
        gradients=gradient_results(sheet.trace.ahead, every),
    )
    return StepSheet([section for section in step.sections() if section.blocks], results, update)


def results_of(update: Update, only: Sequence[Quantity] | None, keeps: bool = True) -> Results:
    """What an update comes to; whether it ``keeps`` the numbers of every parameter."""
    return Results(
        updated=updated_results(update.after, only) if keeps else None,
        state=state_results(update.after, only) if keeps else None,
        learning_rate=rate_results(update),
        loss=loss_of(update.before, update.after),
    )


def limited(only: Sequence[Quantity] | None) -> dict[str, Quantity] | None:
    """The parameters that an update is limited to, by name."""
    return {one.name: one for one in only} if only is not None else None


def _sheet_of(ahead: Trace, sheet: Sheet) -> Sheet:
    """The sheet of the point ahead, where the parameters have names of their own."""
    from ...network.ahead import named_ahead

    program = None if ahead.elementwise else ahead.program
    return sheet.following(ahead.in_network(named_ahead(sheet.network), program))


class _Step:
    """The sections of one step. ``there`` is the sheet of the point where the optimizer takes the gradients."""

    def __init__(self, sheet: Sheet, only: Sequence[Quantity] | None, update: Update) -> None:
        self.sheet = sheet
        self.update = update
        self.named = only is not None
        self.asked: Sequence[Quantity] = list(only) if only is not None else parameters(sheet.network)
        ahead = sheet.trace.ahead
        self.is_here = ahead is sheet.trace
        self.there = sheet if self.is_here else _sheet_of(ahead, sheet)
        self.updates = Updates(self.there.writer, sheet.ids, sheet.families, update)

    def sections(self) -> Iterator[Section]:
        """Forward, loss, backward, update, checks."""
        there = self.there
        asked = self.asked if self.is_here else [quantity(there.network, one.uses[0]) for one in self.asked]
        needed = there.backward.needed(asked) if self.named else there.units_backward()
        forward = there.forward_section()
        yield forward if self.is_here else forward._replace(blocks=(*self._ahead(), *forward.blocks))
        yield there.loss_section(verdicts(there.writer))
        yield from there.backward_sections(Parts((needed, asked)), asked, self.named)
        yield Section("update", self._update(), self._heading())
        yield Section("checks", there.checks(asked, self.update))

    def _ahead(self) -> Iterator[Block]:
        """Where the gradients are taken, parameter by parameter."""
        learnt, others = first_of(learned(self.sheet.network), self.sheet.writer.full, MOST_WITH_PATHS)
        yield Remark(("Gradients are taken ahead, at these numbers of the parameters",), heading=True)
        yield from self.updates.given()
        for one in learnt:
            yield self.updates.ahead_step(one, quantity(self.there.network, one.uses[0]).symbol)
        yield from others
        yield Remark(("With these numbers",), heading=True)

    def _heading(self) -> Note:
        """The optimizer, unless it is the plain one, and the learning rate; of some tensors another one."""
        training, digits = self.update.before.network.training, self.sheet.writer.digits
        kind = "" if self.update.rule.is_plain else f"{training.kind}, "
        others: Note = ()
        for name, rate in training.rates.called.items() if training.rates is not None else ():
            others = (*others, f", {name}: ", digits.show(Amount(float(rate), rate)).number)
        return (f"{kind}learning rate ", digits.show(self.update.rate).number, *others)

    def _update(self) -> tuple[Block, ...]:
        """The lines for one parameter; of several a table, and where more is worked out, the lines too."""
        sheet, updates = self.sheet, self.updates
        first: list[Block] = [] if not self.is_here else [*updates.given()]
        if self.is_here and self.update.rule.ahead is not None:
            first.append(Remark(("Gradients are taken ahead, which is where the parameters are: nothing moves yet.",)))
        first += updates.shared_steps()
        matrices = () if self.named else self.there.matrices(self._matrices)
        if sheet.view == "matrix" and len(matrices) > 1:
            others = [one for one in self.asked if not sheet.matrix_forms.is_updated(one.uses[0].key)]
            return (*first, *matrices[1:], *(self._table(others) if others else ()))
        if len(self.asked) == 1 and not frozen(sheet.network, self.asked[0]):
            return (*first, *updates.steps(self.asked[0]), *matrices)
        if not self.asked:
            return (Remark(("There are no parameters to update.",)),)
        return (*first, *self._table(self.asked), *matrices)

    def _matrices(self, forms: MatrixForms) -> Iterator[Block]:
        from ..steps.matrix_update import matrix_updates

        return matrix_updates(forms, self.update)

    def _table(self, asked: Sequence[Quantity]) -> tuple[Block, ...]:
        old = Remark(("All new values are computed from the old ones.",))
        full = self.sheet.writer.full
        lines: list[Block] = []
        if len(self.updates.rule.lines) > 1:
            moving = [one for one in asked[:MOST_VALUES] if not frozen(self.sheet.network, one)]
            chosen, others = first_of(moving, full, MOST_WITH_PATHS)
            lines += [*(step for one in chosen for step in [*self.updates.steps(one)][:-1]), *others]
        shown, others = first_of(asked, full, MOST_VALUES)
        return *lines, self.updates.table(shown), *others, old

"""One training step on a sheet: forward, loss, backward, the update, and its checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...expr import Num
from ...network.quantities import Quantity, frozen, parameters
from ...trace.amount import fraction
from ...trace.update import Update
from ..content.model import Block, Note, Remark, Results, Section
from ..numbers.results import gradient_results, sample_results, state_results, updated_results, value_results
from ..steps.forward import more
from ..steps.update import Updates
from .calculation import MOST_VALUES, MOST_WITH_PATHS, Sheet, loss_of


class StepSheet(NamedTuple):
    """What one training step comes to: its sections, its numbers, and the update itself."""

    sections: list[Section]
    results: Results
    update: Update


def step_sheet(sheet: Sheet, only: Sequence[Quantity] | None) -> StepSheet:
    """One training step; ``only`` limits it to these parameters."""
    every = parameters(sheet.network)
    asked = list(only) if only is not None else every
    update = sheet.trace.updated(limited(only))
    needed = sheet.backward.needed(asked) if only is not None else list(sheet.units_backward())
    sections = [
        sheet.forward_section(),
        sheet.loss_section(),
        *sheet.backward_sections([*needed, *asked], asked, only is not None),
        Section("update", _update_blocks(sheet, asked, only is None, update), _heading(sheet, update)),
        Section("checks", sheet.checks(asked, update)),
    ]
    results = Results(
        values=value_results(sheet.trace),
        samples=sample_results(sheet.trace),
        gradients=gradient_results(sheet.trace, every),
        updated=updated_results(update.after, only),
        state=state_results(update.after, only),
        learning_rate=rate_results(update),
        loss=loss_of(sheet.trace, update.after),
    )
    return StepSheet([section for section in sections if section.blocks], results, update)


def limited(only: Sequence[Quantity] | None) -> dict[str, Quantity] | None:
    """The parameters that an update is limited to, by name."""
    return {one.name: one for one in only} if only is not None else None


def rate_results(update: Update) -> float:
    """The learning rate."""
    rates = update.before.network.training.rates
    assert rates is not None
    return float(rates.default)


def _heading(sheet: Sheet, update: Update) -> Note:
    """The optimizer, unless it is the plain one, and the learning rate."""
    rates = update.before.network.training.rates
    assert rates is not None
    kind = f"{update.before.network.training.kind}, " if len(update.rule.lines) > 1 else ""
    shown: Num = sheet.writer.digits.show(fraction(rates.default)).number
    return (f"{kind}learning rate ", shown)


def _update_blocks(sheet: Sheet, asked: Sequence[Quantity], every: bool, update: Update) -> tuple[Block, ...]:
    """The lines for one parameter; of several a table, and where the optimizer remembers something, the lines too."""
    written = Updates(sheet.writer, sheet.ids, sheet.families, update)
    matrices: tuple[Block, ...] = ()
    if every:
        from ..steps.matrix_update import matrix_updates

        matrices = sheet.matrices(lambda forms: matrix_updates(forms, update))
    if sheet.view == "matrix" and len(matrices) > 1:
        others = [one for one in asked if not sheet.matrix_forms.is_updated(one.uses[0].key)]
        return (*written.given(), *matrices[1:], *(_table(sheet, written, others) if others else ()))
    if len(asked) == 1 and not frozen(sheet.network, asked[0]):
        return (*written.given(), *written.steps(asked[0]))
    if not asked:
        return (Remark(("There are no parameters to update.",)),)
    return (*written.given(), *_table(sheet, written, asked), *matrices)


def _table(sheet: Sheet, written: Updates, asked: Sequence[Quantity]) -> tuple[Block, ...]:
    old = Remark(("All new values are computed from the old ones.",))
    lines: list[Block] = []
    if len(written.rule.lines) > 1:
        moving = [one for one in asked[:MOST_VALUES] if not frozen(sheet.network, one)]
        shown = moving[:MOST_WITH_PATHS]
        lines += [step for one in shown for step in written.lines_before(one)]
        if len(moving) > len(shown):
            lines.append(more(len(moving) - len(shown)))
    if sheet.writer.full or len(asked) <= MOST_VALUES:
        return *lines, written.table(asked), old
    return *lines, written.table([*asked[:MOST_VALUES]]), more(len(asked) - MOST_VALUES), old

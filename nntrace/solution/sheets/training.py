"""The sheet of a training: one step, or several."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import UserError, counted
from ...network.model import Network
from ...network.quantities import Quantity
from ...trace.trace import Trace
from .calculation import Sheet
from .settings import Settings
from .step import Trained, step_sheet


def training(
    network: Network, settings: Settings, only: Sequence[Quantity] | None = None, trace: Trace | None = None
) -> Trained:
    """Forward, backward and the update, as often as the file says; ``only`` limits it to these parameters."""
    for number in settings.traced:
        if number > network.iterations:
            message = f"there is no iteration {number} to trace: {counted(network.iterations, 'iteration')}"
            raise UserError(f"{message}\n  do more with --iterations {number}, or trace an earlier one")
    sheet = Sheet(network, settings, trace)
    if network.iterations == 1 and network.samples_per_step is None:
        one = step_sheet(sheet, only)
        return Trained(sheet.solution(one.sections, one.results, updating=True, asked=only or ()), one.update.after)
    from .iterations import Iterations

    return Iterations(sheet, only).trained()

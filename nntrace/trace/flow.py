"""How large the gradient is at each layer, and by which factors it changed on its way there."""

from __future__ import annotations

import itertools
from math import sqrt
from typing import TYPE_CHECKING

from ..network.model import BoundOperation, Cell, Network
from ..record import Record
from .trace import Trace

if TYPE_CHECKING:
    from ..network.model import Array


class LayerFlow(Record):
    """A layer with parameters: the key of its result, the size of that, the norm of δ over all of them.

    ``through_weights`` is ‖Wᵀδ‖/‖δ‖ of the layer after it, ``through_slopes`` ‖f′ ⊙ ·‖/‖·‖ of what stands between; both
    are ``None`` at the last one, and their product is the norm here over the norm there. ``dead`` and ``saturated`` are
    the units whose slopes are 0, or at most ``FLAT``, in every sample.
    """

    key: str
    size: int
    norm: float
    through_weights: float | None
    through_slopes: float | None
    dead: tuple[Cell, ...] = ()
    saturated: tuple[Cell, ...] = ()

    @property
    def root_mean_square(self) -> float:
        """Of δ over units and samples."""
        return self.norm / sqrt(self.size)


FLAT = 0.01


def layers_in_chain(network: Network) -> tuple[BoundOperation, ...] | None:
    """The layers with parameters where each reads what the one before it leads to; ``None`` where they don't."""
    steps = [step for step in network.layer_steps() if step.edges]
    for before, step in itertools.pairwise(steps):
        if before.output not in step.arguments.values():
            return None
    return tuple(step for step in steps if step.is_learned)


def flow(trace: Trace) -> list[LayerFlow]:
    """Every layer with parameters, from the first to the last; of a chain of layers."""
    import numpy as np

    network, gradients = trace.network, trace.gradients
    steps = layers_in_chain(network) or ()
    norms = {step.output: float(np.linalg.norm(gradients[step.output])) for step in steps}
    found: list[LayerFlow] = []
    for step, after in zip(steps, (*steps[1:], None), strict=True):
        delta = gradients[step.output]
        if after is None:
            found.append(LayerFlow(step.output, delta.size, norms[step.output], None, None))
            continue
        came = gradients[after.argument]
        arrived = float(np.linalg.norm(came))
        dead, saturated = _flat(network, step.output, delta, came)
        found.append(
            LayerFlow(
                step.output,
                delta.size,
                norms[step.output],
                _ratio(arrived, norms[after.output]),
                _ratio(norms[step.output], arrived),
                dead,
                saturated,
            )
        )
    return found


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom else 0.0


def _flat(network: Network, key: str, delta: Array, came: Array) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """The units that are dead and those that are saturated, told from δ = f′ ⊙ ∂L/∂a where ∂L/∂a is not 0."""
    import numpy as np

    if delta.shape != came.shape:
        return (), ()
    known = came != 0
    slopes = np.abs(np.divide(delta, came, out=np.full(came.shape, np.nan), where=known))
    by_unit = slopes if network.tensors[key].sampled else slopes[None]
    with np.errstate(invalid="ignore"):
        largest = np.where(np.isnan(by_unit), -1.0, by_unit).max(axis=0)
    dead = tuple(tuple(map(int, cell)) for cell in np.argwhere(largest == 0))
    saturated = tuple(tuple(map(int, cell)) for cell in np.argwhere((largest > 0) & (largest <= FLAT)))
    return dead, saturated

"""How large the gradient is at each layer, and by which factors it changed on its way there."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, nan, sqrt
from sys import float_info
from typing import TYPE_CHECKING

from ..network.model import BoundOperation, Cell, Element, Network
from ..record import Record
from .amount import unless_zero
from .trace import Trace

if TYPE_CHECKING:
    from ..network.model import Array


class LayerFlow(Record):
    """A layer with parameters: the key of its result, the size of that, the norm of δ over all of them.

    ``through_weights`` is ‖Wᵀδ‖/‖δ‖ of the layer after it, ``through_slopes`` ‖f′ ⊙ ·‖/‖·‖ of what stands between; both
    are ``None`` at the last one, and their product is the norm here over the norm there. ``dead`` and ``saturated`` are
    the units whose slopes are 0, or at most ``FLAT``, in every sample. ``forks``: several steps read what it leads to,
    and layers that learn come after, so that what comes back from these is a sum and no product of factors.
    """

    key: str
    size: int
    norm: float
    through_weights: float | None
    through_slopes: float | None
    dead: tuple[Cell, ...] = ()
    saturated: tuple[Cell, ...] = ()
    forks: bool = False

    @property
    def root_mean_square(self) -> float:
        """Of δ over units and samples."""
        return self.norm / sqrt(self.size)


FLAT = 0.01


def learned_layers(network: Network) -> tuple[BoundOperation, ...]:
    """The steps that learn: layers with parameters, and formulas that read some."""
    return tuple(step for step in network.layer_steps() if step.edges and _is_learned(network, step))


def _is_learned(network: Network, step: BoundOperation) -> bool:
    parameters = (network.tensors[key].role == "parameter" for key in step.arguments.values())
    return step.is_learned or (step.is_formula and any(parameters))


def flow(trace: Trace) -> list[LayerFlow]:
    """Every layer that learns, in the order of the network."""
    network = trace.network
    steps = learned_layers(network)
    norms = {step.output: _norm(_gradient(trace, step.output)) for step in steps}
    readers: dict[str, list[BoundOperation]] = {}
    for one in network.steps:
        for key in {one.key(edge.argument) for edge in one.edges}:
            readers.setdefault(key, []).append(one)
    found: list[LayerFlow] = []
    for step in steps:
        delta, way = _gradient(trace, step.output), _way_on(network, readers, step)
        plain = LayerFlow(step.output, delta.size, norms[step.output], None, None)
        if way.after is None:
            found.append(plain._replace(forks=way.forks))
            continue
        came = _gradient(trace, way.read)
        arrived = _norm(came)
        dead, saturated = _flat(network, step.output, delta, came) if way.is_elementwise else ((), ())
        through = ratio(arrived, norms[way.after.output]), ratio(norms[step.output], arrived)
        found.append(
            plain._replace(through_weights=through[0], through_slopes=through[1], dead=dead, saturated=saturated)
        )
    return found


def _gradient(trace: Trace, key: str) -> Array:
    """The gradient by a tensor as doubles; of a trace by elements each is the nearest, and 0 for 0 alone."""
    import numpy as np

    tensor = trace.network.tensors[key]
    if not trace.elementwise:
        return trace.gradients.get(key, np.zeros(tensor.shape))
    found = np.zeros(tensor.shape)
    for cell in tensor.cells():
        found[cell] = unless_zero(trace.gradient(Element(key, cell)).number)
    return found


def _norm(numbers: Array) -> float:
    """The root of the sum of squares, which as doubles may be 0 where the numbers are not."""
    import numpy as np

    size = float(np.max(np.abs(numbers), initial=0.0))
    return size * float(np.linalg.norm(numbers / size)) if 0 < size < inf else size


class _Way(Record):
    """What a layer's result leads to: the layer that learns ``after`` it, and the key of what that one reads; none
    where it leads to the loss, or ``forks``. ``is_elementwise``: what stands between takes each element by itself."""

    after: BoundOperation | None
    read: str
    is_elementwise: bool
    forks: bool = False


def _way_on(network: Network, readers: Mapping[str, list[BoundOperation]], step: BoundOperation) -> _Way:
    """Follow a layer's result as long as a single step reads it."""
    key, alone = step.output, True
    while True:
        reading = readers.get(key, [])
        if len(reading) > 1:
            return _Way(None, key, alone, forks=_leads_to_learned(network, readers, key))
        if not reading or network.tensors[reading[0].output].role != "unit":
            return _Way(None, key, alone)
        (reader,) = reading
        if _is_learned(network, reader):
            return _Way(reader, key, alone)
        alone = alone and reader.operation.is_elementwise
        key = reader.output


def _leads_to_learned(network: Network, readers: Mapping[str, list[BoundOperation]], key: str) -> bool:
    """Whether some layer that learns comes after a tensor: of a softmax at the end several lines read the logits."""
    reached = {key}
    for step in network.steps:
        if step in readers.get(key, ()) or not reached.isdisjoint(step.arguments.values()):
            if _is_learned(network, step):
                return True
            reached.add(step.output)
    return False


def ratio(top: float, bottom: float) -> float:
    """How one size stands to another; NaN where one is so small that a double has not all of its digits."""
    found = top / bottom if bottom else 0.0
    is_faint = 0 < bottom < float_info.min or 0 < top < float_info.min <= found
    return nan if is_faint else found


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

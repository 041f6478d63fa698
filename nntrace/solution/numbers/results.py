"""The numbers of a sheet by the user's names, for a program to read: scalars by name, else nested lists by tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from ...expr.lazy import Lazy
from ...network.building.loss import SAMPLE_LOSS
from ...network.model import Cell, Element, Tensor, own_number
from ...network.quantities import Quantity, by_tensor, frozen, parameters
from ...trace.trace import Trace
from ...trace.update import Update
from ..content.results import LossValue

if TYPE_CHECKING:
    from ...network.model import Array

    Arrays = Callable[[], dict[str, Array]]


def value_results(trace: Trace) -> dict[str, Any]:
    """Inputs, targets, parameters, units and the parts of the loss."""
    result: dict[str, Any] = {}
    for tensor in trace.network.tensors.values():
        if tensor.key == trace.network.loss or tensor.role == "constant" or tensor.sampled:
            continue
        if not (tensor.left_out and trace.left_out(Element(tensor.key, ()))):
            plain = _plain(trace, lambda: trace.arrays, tensor)
            _add(result, tensor, lambda element: trace.value(element).number, plain)
    return result


def loss_of(trace: Trace, after: Trace | None = None) -> LossValue | None:
    """The loss of a trace, and of the trace after it; ``None`` where it is not known."""
    network = trace.network
    if network.loss is None or not network.loss_is_known:
        return None
    later = after.value_of_loss().number if after else None
    return LossValue(network.loss_symbol.name, trace.value_of_loss().number, later)


def sample_results(trace: Trace) -> Sequence[dict[str, Any]] | None:
    """The values that belong to each sample of a batch, and its loss."""
    return None if trace.network.samples is None else _Samples(trace)


class _Samples(Lazy[dict[str, Any]]):
    """The values of each sample, made when they are looked at: a page shows few of them."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.tensors = [tensor for tensor in trace.network.tensors.values() if tensor.sampled]

    def __len__(self) -> int:
        return self.trace.network.samples or 0

    def at(self, place: int) -> dict[str, Any]:
        trace, network = self.trace, self.trace.network
        values: dict[str, Any] = {}
        number = {} if network.samples_per_step is None else {"sample": own_number(network.chosen, place) + 1}
        result: dict[str, Any] = {**number, "values": values}
        for tensor in self.tensors:
            one = tensor._replace(shape=tensor.sample_shape, sampled=False)
            if tensor.key == SAMPLE_LOSS:
                result["loss"] = trace.value(Element(tensor.key, (place,))).number
            elif not (tensor.left_out and trace.left_out(Element(tensor.key, (place,)))):
                _add(values, one, lambda one: trace.value(Element(one.key, (place, *one.cell))).number, None)
        return result


def gradient_results(trace: Trace, asked: Sequence[Quantity]) -> dict[str, Any]:
    """The gradients of these quantities; a tensor without names as a whole where all of it is asked."""
    return _by_name(trace, asked, lambda one: trace.total(one).number, lambda: trace.gradients)


def updated_results(after: Trace, only: Sequence[Quantity] | None) -> dict[str, Any]:
    """The parameters after the update: all of them, or those that were updated."""
    network = after.network
    asked = parameters(network) if only is None else [one for one in only if not frozen(network, one)]
    return _by_name(after, asked, lambda one: after.value(one.uses[0]).number, lambda: after.arrays)


def state_results(after: Trace, only: Sequence[Quantity] | None) -> dict[str, Any] | None:
    """What the optimizer remembers of the parameters after the update, by state; ``None`` where it has no states."""
    moved = [one for one in (only or parameters(after.network)) if not frozen(after.network, one)]
    states = {name: _state(after, name, moved) for name in after.memory.states}
    return states or None


def rate_results(update: Update) -> float | dict[str, float]:
    """The learning rate, or by the file's names where some tensors have another."""
    rates = update.before.network.training.rates
    called = {} if rates is None else rates.called
    default = update.rate.number
    return {"default": default, **{name: float(rate) for name, rate in called.items()}} if called else default


def _state(after: Trace, name: str, asked: Sequence[Quantity]) -> dict[str, Any]:
    own = after.memory.states[name]

    def number(one: Quantity) -> float:
        return after.memory.state(name, one.uses[0]).number

    return _by_name(after, asked, number, lambda: dict(own))


def _plain(trace: Trace, arrays: Arrays, tensor: Tensor) -> Array | None:
    """The array of a tensor whose numbers are floats, one for each cell; else they are taken one by one."""
    simple = not (tensor.names or tensor.missing or trace.elementwise)
    return arrays().get(tensor.key) if simple else None


def _by_name(
    trace: Trace, asked: Sequence[Quantity], number: Callable[[Quantity], float], arrays: Arrays
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, members in by_tensor(asked).items():
        tensor = trace.network.tensors[key]
        if tensor.sampled or tensor.names or not tensor.shape or len(members) < _count(tensor):
            result.update((one.name, number(one)) for one in members)
            continue
        plain = _plain(trace, arrays, tensor)
        numbers = {one.uses[0]: number(one) for one in members} if plain is None else {}
        _add(result, tensor, numbers.__getitem__, plain)
    return result


def _add(result: dict[str, Any], tensor: Tensor, number: Callable[[Element], float], plain: Array | None) -> None:
    """A tensor's numbers under its elements' names, or as nested lists under its own."""
    if tensor.names:
        for cell, name in tensor.names.items():
            result.setdefault(name, number(Element(tensor.key, cell)))
        if len(tensor.names) == _count(tensor):
            return
    result[tensor.name or tensor.key] = _nested(tensor, number, ()) if plain is None else (plain + 0.0).tolist()


def _nested(tensor: Tensor, number: Callable[[Element], float], cell: Cell) -> Any:
    if len(cell) < len(tensor.shape):
        return [_nested(tensor, number, (*cell, place)) for place in range(tensor.shape[len(cell)])]
    return None if cell in tensor.missing else number(Element(tensor.key, cell))


def _count(tensor: Tensor) -> int:
    """How many cells there are."""
    return prod(tensor.shape) - len(tensor.missing)

"""The numbers of a sheet by the user's names, for a program to read: scalars by name, else nested lists by tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..network.model import Cell, Element, Tensor
from ..network.quantities import Quantity, frozen
from ..trace.trace import Trace
from .ids import update_order


def value_results(trace: Trace) -> dict[str, Any]:
    """Inputs, targets, parameters, units and the parts of the loss."""
    result: dict[str, Any] = {}
    for tensor in trace.network.tensors.values():
        if tensor.key != trace.network.loss:
            _add(result, trace, tensor, lambda element: trace.value(element).number)
    return result


def gradient_results(trace: Trace, asked: Sequence[Quantity]) -> dict[str, Any]:
    """The gradients of these quantities; a tensor without names as a whole where all of it is asked."""
    return _by_name(trace, asked, lambda one: trace.total(one).number)


def updated_results(after: Trace, only: Sequence[Quantity] | None) -> dict[str, Any]:
    """The parameters after the update: all of them, or those that were updated."""
    asked = list(update_order(after.network)) if only is None else [o for o in only if not frozen(after.network, o)]
    return _by_name(after, asked, lambda one: after.value(one.uses[0]).number)


def _by_name(trace: Trace, asked: Iterable[Quantity], number: Callable[[Quantity], float]) -> dict[str, Any]:
    numbers: dict[Element, float] = {}
    named: dict[str, float] = {}
    whole: dict[str, list[Quantity]] = {}
    for one in asked:
        element = one.uses[0]
        tensor = trace.network.tensors[element.key]
        numbers[element] = number(one)
        if tensor.names or not tensor.shape:
            named[one.name] = numbers[element]
        else:
            whole.setdefault(element.key, []).append(one)
            named[one.name] = numbers[element]
    result: dict[str, Any] = {}
    for one_name, value in named.items():
        result[one_name] = value
    for key, members in whole.items():
        tensor = trace.network.tensors[key]
        if len(members) == sum(1 for _ in tensor.cells()):
            for member in members:
                del result[member.name]
            _add(result, trace, tensor, numbers.__getitem__)
    return result


def _add(result: dict[str, Any], trace: Trace, tensor: Tensor, number: Callable[[Element], float]) -> None:
    """A tensor's numbers under its elements' names, or as nested lists under its own."""
    if tensor.names:
        for cell in tensor.cells():
            symbol = tensor.symbol(cell)
            if cell in tensor.names:
                result.setdefault(symbol.name, number(Element(tensor.key, cell)))
        if len(tensor.names) == sum(1 for _ in tensor.cells()):
            return
    result[tensor.name or tensor.key] = _nested(tensor, number, ())


def _nested(tensor: Tensor, number: Callable[[Element], float], cell: Cell) -> Any:
    if len(cell) < len(tensor.shape):
        return [_nested(tensor, number, (*cell, place)) for place in range(tensor.shape[len(cell)])]
    return None if cell in tensor.missing else number(Element(tensor.key, cell))

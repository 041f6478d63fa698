"""The numbers that a trace over arrays starts from, element by element."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

from .amount import NOTHING, Amount, measured
from .elements import ElementTrace
from .update import Amounts, Memory

if TYPE_CHECKING:
    from ..network.model import Array, Tensor
    from .trace import Trace


def from_arrays(trace: Trace) -> ElementTrace:
    """The parameters and states of a trace over arrays, element by element."""
    network = trace.network
    states = {
        state: {key: _amounts(network.tensors[key], array) for key, array in every.items()}
        for state, every in trace.memory.states.items()
    }
    return ElementTrace(network, _given(trace), trace.program, Memory(trace.memory.done, states))


def with_digits(trace: Trace) -> ElementTrace:
    """The same numbers as a trace over arrays starts from, element by element, with as many digits as it takes."""
    return ElementTrace(trace.network, _given(trace, measured), trace.program)


def _given(trace: Trace, number: Callable[[float], Amount] = Amount) -> dict[str, Amounts]:
    network, arrays = trace.network, trace.given_arrays()
    own = {key: _amounts(network.tensors[key], arrays[key], number) for key in network.parameters}
    return {**ElementTrace(network)._given, **own}


def _amounts(tensor: Tensor, array: Array, number: Callable[[float], Amount] = Amount) -> Amounts:
    cells = product(*map(range, tensor.shape))
    return {cell: NOTHING if cell in tensor.missing else number(float(array[cell])) for cell in cells}

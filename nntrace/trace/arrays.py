"""A trace over whole arrays, for networks of any size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..expr import Expr, Partial, partial_key, symbols
from ..expr.contractions import Arguments
from ..expr.evaluate import plan
from ..network.model import Cell, Element, Network, Tensor
from .amount import Amount
from .array_update import array_memory, arrays_ahead, lines_of, overwrite, put_in, shared_number
from .program import DATA, GIVEN, Program
from .trace import Trace
from .update import Kept, Limit, Memory, Update, moved, shared_lines

if TYPE_CHECKING:
    from ..network.model import Array
    from ..network.tensor_parts import PartsOf


def given_arrays(network: Network) -> dict[str, Array]:
    """Inputs, targets and parameters by tensor key; where there is no connection, a zero."""
    return {key: array_of(tensor) for key, tensor in network.tensors.items() if tensor.role in GIVEN}


def data(network: Network) -> dict[str, Array]:
    """The given numbers that are no parameters."""
    return {key: array_of(tensor) for key, tensor in network.tensors.items() if tensor.role in DATA}


def array_of(tensor: Tensor) -> Array:
    """The given numbers of one tensor."""
    if tensor.array is not None:
        return tensor.array
    array = np.zeros(tensor.shape)
    for cell, number in (tensor.typed or {}).items():
        array[cell] = float(number)
    return array


class ArrayTrace(Trace):
    """A trace in floating point; none of its numbers is exact."""

    elementwise = False

    def __init__(
        self,
        network: Network,
        given: Mapping[str, Array] | None = None,
        program: Program | None = None,
        memory: Memory | None = None,
    ) -> None:
        super().__init__(network, program)
        self._given = dict(given) if given is not None else given_arrays(network)
        self.memory = memory if memory is not None else array_memory(network)

    def given_arrays(self) -> dict[str, Array]:
        return self._given

    def value(self, element: Element) -> Amount:
        return Amount(float(self.arrays[element.key][element.cell]) + 0.0)  # -0.0 is 0.0

    def gradient(self, element: Element) -> Amount:
        array = self.gradients.get(element.key)
        return Amount(0.0, Fraction(0)) if array is None else Amount(float(array[element.cell]) + 0.0)

    def shared_number(self, formula: Expr, known: Mapping[str, Amount], which: slice = slice(None)) -> Amount:
        return shared_number(self, formula, known, which)

    def at_point_ahead(self) -> Trace:
        there = arrays_ahead(self, self._given)
        if all(np.array_equal(array, self._given[key]) for key, array in there.items()):
            return self
        return ArrayTrace(self.network, {**self._given, **there}, self.program, self.memory)

    def updated(self, only: Limit | None = None) -> Update:
        shared = shared_lines(self)
        given, memory = own_copies(self)
        lines = lines_of(self.network, overwrite(self, given, memory, shared))

        def put(key: str, old: Array, new: Array) -> Array:
            return put_in(Kept(self.network, key, only), old, new)

        given, memory = moved(self, self._given, lines, put)
        return Update(self, ArrayTrace(self.network, given, self.program, memory), shared, lines)

    def in_network(self, network: Network, program: Program | None = None) -> Trace:
        own = {key: self._given[key] for key in network.parameters}
        return ArrayTrace(network, {**own, **data(network)}, program, self.memory)

    def in_parts(self, network: Network, parts: PartsOf) -> Trace:
        given = {key: array for key, array in self._given.items() if key not in parts}
        given |= {part.tensor.key: self._given[key][part.slices] for key, own in parts.items() for part in own}
        return ArrayTrace(network, given, memory=Memory(self.memory.done, {}))

    def precisely(self) -> Trace:
        return self


def own_copies(trace: Trace) -> tuple[dict[str, Array], Memory]:
    """A trace's given numbers and memory, of the parameters and the states copies that may be overwritten."""
    given, states = trace.given_arrays(), trace.memory.states
    copies = {name: {key: array.copy() for key, array in own.items()} for name, own in states.items()}
    given = {**given, **{key: given[key].copy() for key in trace.network.parameters}}
    return given, Memory(trace.memory.done, copies)


def summed(
    trace: Trace,
    body: Expr,
    indices: Sequence[str],
    places: Sequence[Cell],
    sizes: Mapping[str, int],
    extra: Mapping[str, Amount],
) -> Amount:
    """A formula over keys, and over symbols that have ``extra`` numbers, added up over some places of its indices."""
    arrays: dict[str, Array] = {}
    for one in symbols(body):
        if isinstance(one, Partial):
            key, found = one.by.name, trace.totals if one.by.name in trace.network.parameters else trace.gradients
            arrays[partial_key(one.of.name, key)] = found.get(key, np.zeros(trace.network.tensors[key].shape))
        elif one.name in extra:
            arrays[one.name] = np.asarray(extra[one.name].number)
        else:
            arrays[one.name] = trace.arrays[one.name]
    with np.errstate(all="ignore"):  # an overflow is an infinity
        every = plan(body, tuple(indices))(Arguments(arrays, sizes))
        return Amount(float(every[tuple(map(list, zip(*places, strict=True)))].sum()))

"""Which kind of trace a network gets: element by element where it is small or carries rounded numbers, else arrays."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from ..expr import Expr, Max, Sum, children
from ..expr.bind import extent
from ..network.model import BoundOperation, Element, Network
from .trace import Trace

MOST_PRODUCTS = 20_000
"""How many products one pass over a network may take for its elements to be kept one by one."""


def trace_of(network: Network) -> Trace:
    """The trace of a network's given numbers, by its conventions: what is carried is kept element by element."""
    if is_small(network) or network.conventions.rounding.places is not None:
        from .elements import ElementTrace

        return ElementTrace(network)
    from .arrays import ArrayTrace

    return ArrayTrace(network)


def is_small(network: Network) -> bool:
    """Whether a network is traced element by element."""
    return sum(_products(network, step) for step in network.steps) <= MOST_PRODUCTS


def _products(network: Network, step: BoundOperation) -> int:
    """How many products a step takes: one for each element, times those of the sums that run inside one another."""
    return prod(network.tensors[step.output].shape) * _inside(step.operation.formula, step.sizes)


def _inside(formula: Expr, sizes: Mapping[str, int]) -> int:
    """How many products one element of a formula takes."""
    operands = [_inside(part, sizes) for part in children(formula)]
    if isinstance(formula, Sum | Max):
        return extent(formula.over, sizes) * sum(operands)
    return max(1, sum(count for count in operands if count > 1))


def in_floats(trace: Trace) -> Trace:
    """The same without exact numbers: after many updates none is short enough. What is carried stays so."""
    if not trace.elementwise or trace.network.conventions.rounding.places is not None:
        return trace
    from .array_update import in_arrays
    from .arrays import ArrayTrace

    return ArrayTrace(trace.network, trace.given_arrays(), trace.program, in_arrays(trace.network, trace.memory))


def in_elements(trace: Trace) -> Trace:
    """The same element by element again, where the network is small: what was typed is exact, the rest in floats."""
    if trace.elementwise or not is_small(trace.network):
        return trace
    from .from_arrays import from_arrays

    return from_arrays(trace)


def told_from_zero(trace: Trace, key: str, number: float) -> float:
    """A single number of a trace over arrays; where it is 0 as a double and the network is small, from as many digits
    as it takes. A float is then ``Beyond`` where it has not all of them."""
    if number or trace.network.conventions.rounding.places is not None or not is_small(trace.network):
        return number
    from .from_arrays import with_digits

    return with_digits(trace).value(Element(key, ())).number

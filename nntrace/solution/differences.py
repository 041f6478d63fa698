"""Central differences: a gradient by another way, and whether it crosses a kink on the way."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import partial
from math import nan
from typing import TYPE_CHECKING, NamedTuple

from ..expr import Call, Cases, Condition, Expr, Indicator, Num, children, free_indices
from ..expr.evaluate import Arguments, Run, plan
from ..network.adjoint import adjoint
from ..network.model import Element, Network, Step
from ..network.quantities import Quantity
from ..trace.trace import Trace

if TYPE_CHECKING:
    from ..network.model import Array

STEP = 1e-5
AGREEMENT = 1e-6


class Differences:
    """Central differences (L(q + h) - L(q - h)) / 2h over one trace, and whether a kink lies between the two."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.network = trace.network
        self._decisions = list(_decisions(self.network))
        self._copies: dict[str, Array] = {}

    def of(self, found: Quantity) -> Difference:
        """The difference quotient by one quantity."""
        network = self.network
        assert network.loss is not None
        first = found.uses[0]
        size = STEP * self._scale(first)
        above, below = (self._moved(found, sign * size) for sign in (1, -1))
        apart = above.value - below.value
        quotient = (above.loss - below.loss) / apart if apart else nan
        kink = any(map(operator.ne, above.decided, below.decided))
        return Difference(
            quotient, kink, abs(float(self.trace.arrays[network.loss])) * 1e-9 / size + 1e-9 if size else 0.0
        )

    def _scale(self, element: Element) -> float:
        """How large a number is; a probability that a loss takes the logarithm of, how far it is from 0 and 1."""
        value = self.trace.value(element).number
        if any(step.key(edge.argument) == element.key for step in self.network.steps for edge in step.bypassed):
            return min(abs(value), abs(1 - value))
        return max(1.0, abs(value))

    def _moved(self, found: Quantity, by: float) -> _Moved:
        """The network with a quantity moved, in all its uses; a unit is held where it was moved to."""
        network, arrays = self.network, self.trace.arrays
        assert network.loss is not None
        moved = {use.key: self._copy(use.key) for use in found.uses}
        for key, cell in found.uses:
            moved[key][cell] += by
        after = self.trace.program.forward({**arrays, **moved}, moved if found.role == "unit" else {})
        first = found.uses[0]
        decided = [decided(after).tobytes() for decided in self._decisions]
        result = _Moved(float(after[first.key][first.cell]), float(after[network.loss]), decided)
        for key, cell in found.uses:
            moved[key][cell] = arrays[key][cell]
        return result

    def _copy(self, key: str) -> Array:
        """An array to move one of its numbers in, and back."""
        if key not in self._copies:
            self._copies[key] = self.trace.arrays[key].copy()
        return self._copies[key]


class _Moved(NamedTuple):
    """What comes of a quantity's move: its value, the loss, and how each condition turns out, over all its cells."""

    value: float
    loss: float
    decided: list[bytes]


class Difference(NamedTuple):
    """One central difference: its value, whether it crosses a kink, and below what it can tell nothing."""

    quotient: float
    kink: bool
    resolution: float

    def agrees(self, gradient: float) -> bool:
        """Whether the difference quotient is the gradient, within what the difference itself can tell."""
        return abs(self.quotient - gradient) <= AGREEMENT * max(abs(gradient), abs(self.quotient)) + self.resolution


def _decisions(network: Network) -> Iterator[Callable[[dict[str, Array]], Array]]:
    """Every condition that a derivative stands on, over the whole network, as a function of the arrays."""
    kink = network.conventions.relu_at_zero
    known: dict[tuple[int, str], list[Run]] = {}
    for step in network.steps:
        for operation, argument in step.edges:
            key = (id(operation), argument)
            if key not in known:
                derived = adjoint(operation, argument, kink).derived
                conditions = dict.fromkeys((*_conditions(derived), *_conditions(operation.formula)))
                known[key] = [plan(Indicator(one), tuple(free_indices(Indicator(one)))) for one in conditions]
            for run in known[key]:
                yield partial(_decided, run, step)


def _decided(run: Run, step: Step, arrays: dict[str, Array]) -> Array:
    bound = {symbol: arrays[key] for symbol, key in step.arguments.items()} | {
        step.operation.output.name: arrays[step.output]
    }
    decided: Array = run(Arguments(bound, step.sizes))
    return decided


def _conditions(node: Expr) -> Iterator[Condition]:
    match node:
        case Indicator(condition) | Cases(condition):
            yield condition
        case Call("sign", (argument,)):
            yield Condition(argument, ">", Num(0))
    for part in children(node):
        yield from _conditions(part)

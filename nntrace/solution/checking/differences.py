"""Central differences: a gradient by another way, and whether it crosses a kink on the way."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import reduce
from math import fsum, isfinite, nan
from operator import getitem
from typing import Any, Literal

from ...expr import Cases, Condition, Expr, Indicator
from ...expr.bind import walk
from ...expr.functions import turns
from ...network.chain_rule import adjoint
from ...network.model import BoundOperation, Cell, Element, Network
from ...network.quantities import Quantity
from ...record import Record
from ...trace.amount import Amount
from ...trace.trace import Trace

STEP = 1e-5
AGREEMENT = 1e-6
SMOOTH = 20
"""How many times farther apart the slopes of a smooth loss may be at ten times the distance."""


class Differences:
    """Central differences (L(q + h) - L(q - h)) / 2h over one trace, and whether a kink lies between the two."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.network = trace.network
        self.formulas = trace.formulas
        self.values = trace.floats
        self._decisions = self.formulas.conditions(list(_decisions(self.network)))
        self._copies: dict[str, Any] = {}
        assert self.network.loss is not None
        self._loss, true = float(self.values[self.network.loss]), trace.value_of_loss().number
        self._error = abs(true - self._loss) if isfinite(true) else 0.0

    def is_lost(self) -> bool:
        """Whether doubles are too coarse for the loss itself, as after 10¹⁶ + 1 - 10¹⁶: no difference is one of it."""
        return self._error > AGREEMENT * max(abs(self._loss), STEP)

    def confirming(self, found: Quantity, gradient: float) -> Difference:
        """The difference quotient that a gradient is held against: where the loss bends too much for the usual step,
        two of them extrapolated, with finer steps as long as these can tell a gradient that is wrong by a thousandth.

        Source: Richardson, The Deferred Approach to the Limit, 1927.
        """
        usual = self.of(found)
        if usual.crossing or usual.agrees(gradient):
            return usual
        for step in (2 * STEP, STEP, STEP / 10, STEP / 100, STEP / 1000):
            wide, near = self.of(found, step), self.of(found, step / 2)
            better = Difference((4 * near.quotient - wide.quotient) / 3, near.crossing, 2 * near.resolution)
            if better.resolution > abs(gradient) * 1e-4:
                break
            if not wide.crossing and better.agrees(gradient):
                return better
        return usual

    def of(self, found: Quantity, step: float = STEP) -> Difference:
        """The difference quotient by one quantity."""
        first = found.uses[0]
        size = step * self._scale(first)
        above, below = (self._moved(found, sign * size) for sign in (1, -1))
        apart = above.value - below.value
        quotient = (above.loss - below.loss) / apart if apart else nan
        resolution = max(abs(self._loss) * 1e-9, self._error) / size + 1e-9 if size else 0.0
        if not _differ(above, below):
            return Difference(quotient, "", resolution)
        return Difference(quotient, *self._at_a_decision(found, size, resolution))

    def _at_a_decision(self, found: Quantity, size: float, resolution: float) -> tuple[Crossing, float]:
        """What lies where a formula goes over from one case to the other, and what the difference can tell there.

        Nearer to it, a jump is as high as before, and at a kink the slopes are as far apart; otherwise both shrink, and
        the difference quotient is one of the slopes between. At the number itself, several conventions may together
        give a slope that neither side has.
        """
        above, here, below = (self._moved(found, sign * size, slope=True) for sign in (1, 0, -1))
        nearer, below_nearer = (self._moved(found, sign * size / 10, slope=True) for sign in (1, -1))
        gap, gap_nearer = _apart(above, here, below), _apart(nearer, here, below_nearer)
        if not _differ(nearer, below_nearer):  # the decision is farther off, and both cases may run into each other
            is_smooth = gap <= max(SMOOTH * gap_nearer, AGREEMENT * abs(nearer.slope))
            return ("", resolution + gap) if is_smooth else ("kink", resolution)
        if abs(nearer.loss - below_nearer.loss) > max(abs(above.loss - below.loss) / 2, resolution * size):
            return "jump", resolution
        return ("kink", resolution) if gap_nearer > gap / 2 else ("", resolution + gap)

    def _scale(self, element: Element) -> float:
        """How large a number is; a probability that a loss takes the logarithm of, how far it is from 0 and 1."""
        value = self.trace.value(element).number
        if any(step.key(edge.argument) == element.key for step in self.network.steps for edge in step.bypassed):
            return min(abs(value), abs(1 - value))
        return max(1.0, abs(value))

    def _moved(self, found: Quantity, by: float, slope: bool = False) -> _Moved:
        """The network with a quantity moved, in all its uses; a unit is held where it was moved to.

        ``slope``: with the gradient there.
        """
        network, formulas = self.network, self.formulas
        assert network.loss is not None
        moved = {use.key: self._copy(use.key) for use in found.uses}
        for key, cell in found.uses:
            if cell:
                _number(moved[key], cell[:-1])[cell[-1]] += by
            else:
                moved[key] = moved[key] + by
        after = formulas.forward({**self.values, **moved}, moved if found.role == "unit" else {})
        first = found.uses[0]
        decided = [one.tobytes() if hasattr(one, "tobytes") else one for one in self._decisions(after).values()]
        slopes = formulas.slopes(after) if slope else {}
        total = fsum(float(_number(slopes[key], cell)) for key, cell in found.uses if key in slopes)
        result = _Moved(float(_number(after[first.key], first.cell)), float(after[network.loss]), decided, total)
        for key, cell in found.uses:
            if cell:
                _number(moved[key], cell[:-1])[cell[-1]] = _number(self.values[key], cell)
        return result

    def _copy(self, key: str) -> Any:
        """A tensor to move one of its numbers in, and back."""
        if key not in self._copies:
            self._copies[key] = deepcopy(self.values[key])
        return self._copies[key]


def _number(numbers: Any, cell: Cell) -> Any:
    """What stands at a cell of an array or of nested lists: a number, or a row of them."""
    return reduce(getitem, cell, numbers)


class _Moved(Record):
    """What comes of a quantity's move: its value, the loss, how each condition turns out over all its cells, and the
    gradient by the quantity where it was asked for."""

    value: float
    loss: float
    decided: list[Any]
    slope: float


def _differ(above: _Moved, below: _Moved) -> bool:
    """Whether a condition turns out otherwise on the two sides."""
    return above.decided != below.decided


def _apart(*moved: _Moved) -> float:
    """How far apart the slopes are."""
    slopes = [one.slope for one in moved]
    return max(slopes) - min(slopes)


Crossing = Literal["", "kink", "jump"]


class Difference(Record):
    """One central difference: its value, what of the loss it crosses, and below what it can tell nothing."""

    quotient: float
    crossing: Crossing
    resolution: float

    def cannot_tell(self, gradient: Amount) -> bool:
        """Whether a gradient is too small for the difference to say anything of it, be it below all doubles."""
        return bool(gradient.sign) and abs(gradient.number) <= self.resolution

    def agrees(self, gradient: float) -> bool:
        """Whether the difference quotient is the gradient, within what the difference itself can tell."""
        return abs(self.quotient - gradient) <= AGREEMENT * max(abs(gradient), abs(self.quotient)) + self.resolution


def _decisions(network: Network) -> Iterator[tuple[BoundOperation, Indicator]]:
    """Every condition that a derivative stands on, over the whole network, by its step."""
    kink = network.conventions.relu_at_zero
    known: dict[tuple[int, str], list[Indicator]] = {}
    for step in network.steps:
        for operation, argument in step.edges:
            key = (id(operation), argument)
            if key not in known:
                derived = adjoint(operation, argument, kink).derived
                found = dict.fromkeys((*_conditions(derived), *_conditions(operation.formula)))
                known[key] = [Indicator(one) for one in found]
            for condition in known[key]:
                yield step, condition


def _conditions(formula: Expr) -> Iterator[Condition]:
    for node in walk(formula):
        yield from (node.condition,) if isinstance(node, Indicator | Cases) else turns(node)

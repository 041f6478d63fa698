"""A traced network: the values, the gradients and the update as numbers; no text.

Two kinds give the same: ``ElementTrace`` keeps an ``Amount`` for each element of a small network, exact where it can
be; ``ArrayTrace`` keeps whole arrays. Everything is computed when it is first asked for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..expr import Expr
from ..network.model import Element, Network
from ..network.quantities import Quantity
from .amount import Amount
from .update import Limit, Memory, Update, given_gradient

if TYPE_CHECKING:
    from ..network.model import Array
    from ..network.tensor_parts import PartsOf
    from .program import CompiledNetwork, Program


class Trace(ABC):
    """One pass over a network with one set of given numbers."""

    elementwise: bool
    """Whether the numbers are kept for each element, so that the arrays alone don't have them."""

    memory: Memory
    """What the optimizer remembers of the steps before."""

    def __init__(self, network: Network, program: Program | None = None) -> None:
        self.network = network
        self._program = program

    @property
    def program(self) -> Program:
        """The network's arithmetic over arrays."""
        if self._program is None:
            from .program import Program

            self._program = Program(self.network)
        return self._program

    @property
    def formulas(self) -> CompiledNetwork:
        """The network's arithmetic over ``floats``."""
        return self.program

    @property
    def floats(self) -> dict[str, Any]:
        """Every tensor by key, in floating point: as arrays, or as lists where the trace does without numpy."""
        return self.arrays

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """Every tensor by key, in floating point."""
        return self.program.forward(self.given_arrays())

    @cached_property
    def gradients(self) -> dict[str, Array]:
        """∂L/∂tensor by key in floating point, each use of a tied name for itself."""
        return self.program.gradients(self.arrays)

    @cached_property
    def totals(self) -> dict[str, Array]:
        """∂L/∂parameter by key in floating point, a tied name's gradient being the sum over its uses."""
        totals = self.program.totals(self.gradients)
        for key, numbers in self.network.training.gradients.items():
            totals[key] = totals[key].copy() if key in totals else 0 * self.given_arrays()[key]
            for element in (Element(key, cell) for cell in numbers):
                if (given := given_gradient(self, element)) is not None:
                    totals[key][element.cell] = given.number
        return totals

    @property
    def ahead(self) -> Trace:
        """The trace at the point where the optimizer takes the gradient: this one itself, unless it is elsewhere."""
        return self if self.network.training.rule.ahead is None else self._ahead  # kept, it would keep itself

    @cached_property
    def _ahead(self) -> Trace:
        return self.at_point_ahead()

    @abstractmethod
    def shared_number(self, formula: Expr, known: Mapping[str, Amount], which: slice = slice(None)) -> Amount:
        """The number of an optimizer's formula that may sum over the parameters that learn, or over some of them."""

    def result(self, amount: Amount) -> Amount:
        """What a numbered step leaves: the number itself, or what is carried of it."""
        return amount

    @abstractmethod
    def at_point_ahead(self) -> Trace:
        """The trace with each parameter at the point where the rule has its gradient taken."""

    @abstractmethod
    def given_arrays(self) -> dict[str, Array]:
        """Inputs, targets and parameters by key."""

    @abstractmethod
    def value(self, element: Element) -> Amount:
        """The value of one element."""

    @abstractmethod
    def gradient(self, element: Element) -> Amount:
        """∂L/∂element through this one use."""

    @abstractmethod
    def updated(self, only: Limit | None = None) -> Update:
        """One step of the network's optimizer; ``only`` limits it to these quantities by name."""

    @abstractmethod
    def precisely(self) -> Trace:
        """The same in full precision, from here on."""

    @abstractmethod
    def in_network(self, network: Network, program: Program | None = None) -> Trace:
        """The same parameters with the samples of another network, for which there may be a ``program`` already."""

    @abstractmethod
    def in_parts(self, network: Network, parts: PartsOf) -> Trace:
        """The same numbers in a network that has parts of these tensors in their place; nothing of the optimizer's."""

    def left_out(self, element: Element) -> bool:
        """Whether an element is no part of any formula: such as the shift of exponentials that need none."""
        return self.network.tensors[element.key].left_out and not self.value(element).number

    def needs_logits(self, element: Element) -> bool:
        """Whether a carried number was computed from the logits, the result before it being carried as a 0 or 1."""
        return False

    def total(self, quantity: Quantity) -> Amount:
        """∂L/∂quantity: the sum over its uses, unless the file gives it."""
        given = given_gradient(self, quantity.uses[0])
        if given is not None:
            return given
        first, *others = (self.gradient(use) for use in quantity.uses)
        for other in others:
            first = first.plus(other)
        return first

    def value_of_loss(self) -> Amount:
        """The loss."""
        assert self.network.loss is not None
        return self.value(Element(self.network.loss, ()))

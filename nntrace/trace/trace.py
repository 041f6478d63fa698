"""A traced network: the values, the gradients and the update as numbers; no text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .. import catalogue
from ..expr import exact
from ..expr.evaluate import Arguments, plan
from ..network.model import Cell, Element, Network
from ..network.quantities import Quantity, frozen, quantity
from .arrays import given_arrays
from .exact import Fractions, affordable, forward_fractions, given_fractions, gradient_fractions
from .program import Program

if TYPE_CHECKING:
    from ..network.model import Array

GRADIENT_DESCENT = catalogue.KINDS["optimizer"]["gradient_descent"].build()


class Amount(NamedTuple):
    """A number in full precision, and as a fraction where it is rational (within the budget).

    ``shown`` has its digits where these are carried on, ``rounded`` tells that it was rounded to them in this step.
    """

    number: float
    exact: Fraction | None = None
    shown: Decimal | None = None
    rounded: bool = False


class Trace:
    """One pass over a network with one set of given numbers. Everything is computed when it is first asked for."""

    def __init__(
        self,
        network: Network,
        given: Mapping[str, Array] | None = None,
        fractions: Mapping[str, Fractions] | None = None,
        program: Program | None = None,
    ) -> None:
        self.network = network
        self.program = program or Program(network)
        self._given = given if given is not None else given_arrays(network)
        self._given_fractions = fractions

    @property
    def elementwise(self) -> bool:
        """Whether the numbers are kept for each element, so that the arrays alone don't have them."""
        return bool(self.fractions)

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """Every tensor by key."""
        return self.program.forward(self._given)

    @cached_property
    def gradients(self) -> dict[str, Array]:
        """∂L/∂tensor by key, each use of a tied name for itself."""
        return self.program.gradients(self.arrays)

    @cached_property
    def totals(self) -> dict[str, Array]:
        """∂L/∂parameter by key, a tied name's gradient being the sum over its uses."""
        return self.program.totals(self.gradients)

    @cached_property
    def fractions(self) -> dict[str, Fractions]:
        """The exact values by key; empty for a network that is too large for them."""
        if not affordable(self.network):
            return {}
        if self._given_fractions == {}:
            return {}
        given = self._given_fractions if self._given_fractions is not None else given_fractions(self.network)
        return forward_fractions(self.network, given)

    @cached_property
    def gradient_fractions(self) -> dict[str, Fractions]:
        """The exact gradients by key; empty for a network that is too large for them."""
        return gradient_fractions(self.network, self.fractions) if self.fractions else {}

    def without_fractions(self) -> Trace:
        """The same trace without exact numbers: after many updates no number is short enough for them."""
        return Trace(self.network, self._given, {}, self.program)

    def precisely(self) -> Trace:
        """The same trace in full precision."""
        return self

    def value(self, element: Element) -> Amount:
        """The value of one element."""
        return self._amount(self.arrays[element.key], self.fractions.get(element.key), element.cell)

    def value_of_loss(self) -> Amount:
        """The loss."""
        assert self.network.loss is not None
        return self.value(Element(self.network.loss, ()))

    def gradient(self, element: Element) -> Amount:
        """∂L/∂element through this one use."""
        if element.key not in self.gradients:
            return Amount(0.0, Fraction(0))
        return self._amount(self.gradients[element.key], self.gradient_fractions.get(element.key), element.cell)

    def total(self, quantity: Quantity) -> Amount:
        """∂L/∂quantity: the sum over its uses."""
        parts = [self.gradient(use) for use in quantity.uses]
        fractions = [part.exact for part in parts if part.exact is not None]
        whole = sum(fractions, Fraction(0)) if len(fractions) == len(parts) else None
        return Amount(sum(part.number for part in parts) if whole is None else float(whole), whole)

    @staticmethod
    def _amount(array: Array, fractions: Fractions | None, cell: Cell) -> Amount:
        known = fractions.get(cell) if fractions else None
        return Amount(float(array[cell]) if known is None else float(known), known)

    def updated(self, rate: Fraction, only: Mapping[str, Quantity] | None = None) -> Trace:
        """The trace after one step of gradient descent; ``only`` limits the step to these quantities by name."""
        given, fractions = dict(self._given), self._updated_fractions(rate, only)
        run = plan(GRADIENT_DESCENT.formula, ())
        for key, gradient in self.totals.items():
            old = self._given[key]
            with np.errstate(all="ignore"):  # an overflow is an infinity
                new = np.asarray(run(Arguments({"w": old, "g": gradient, "lr": np.asarray(float(rate))}, {})))
            stays = kept(self.network, key, only)
            given[key] = np.where(stays, old, new) if stays.any() else new
        return Trace(self.network, given, fractions, self.program)

    def _updated_fractions(self, rate: Fraction, only: Mapping[str, Quantity] | None) -> dict[str, Fractions]:
        fractions = {key: self.fractions[key] for key in self._given if key in self.fractions}
        for key in self.network.parameters:
            if key not in fractions:
                continue
            stays = kept(self.network, key, only)
            old = fractions[key]
            fractions[key] = {
                cell: number if stays[cell] else self._new_fraction(key, cell, number, rate)
                for cell, number in old.items()
            }
        return fractions

    def _new_fraction(self, key: str, cell: Cell, old: Fraction | None, rate: Fraction) -> Fraction | None:
        gradient = self.total(quantity(self.network, Element(key, cell))).exact
        numbers = {"w": old, "g": gradient, "lr": rate}
        return exact(GRADIENT_DESCENT.formula, lambda name, _: numbers[name])


def kept(network: Network, key: str, only: Mapping[str, Quantity] | None) -> Array:
    """Which elements of a tensor keep their value: missing, frozen, not asked for, or given data."""
    tensor = network.tensors[key]
    stays = np.zeros(tensor.shape, dtype=bool) if only is None else np.ones(tensor.shape, dtype=bool)
    for asked in (only or {}).values():
        for use in asked.uses:
            if use.key == key:
                stays[use.cell] = False
    for cell in tensor.missing:
        stays[cell] = True
    if network.frozen:
        if tensor.name in network.frozen:
            stays[...] = True
        for cell in tensor.cells():
            if tensor.symbol(cell).name in network.frozen or frozen(network, quantity(network, Element(key, cell))):
                stays[cell] = True
    for cell, name in tensor.names.items():
        if any(network.tensors[use.key].role != "parameter" for use in network.uses[name]):
            stays[cell] = True
    return stays

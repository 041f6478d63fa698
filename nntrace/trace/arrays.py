"""A trace over whole arrays, for networks of any size."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..expr.evaluate import Arguments, plan
from ..network.model import Element, Network, Tensor
from .amount import Amount
from .program import GIVEN, Program
from .trace import GRADIENT_DESCENT, Chosen, Kept, Trace

if TYPE_CHECKING:
    from ..network.model import Array


def given_arrays(network: Network) -> dict[str, Array]:
    """Inputs, targets and parameters by tensor key; where there is no connection, a zero."""
    return {key: array_of(tensor) for key, tensor in network.tensors.items() if tensor.role in GIVEN}


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
        self, network: Network, given: Mapping[str, Array] | None = None, program: Program | None = None
    ) -> None:
        super().__init__(network, program)
        self._given = dict(given) if given is not None else given_arrays(network)

    def given_arrays(self) -> dict[str, Array]:
        return self._given

    def value(self, element: Element) -> Amount:
        return Amount(float(self.arrays[element.key][element.cell]))

    def gradient(self, element: Element) -> Amount:
        array = self.gradients.get(element.key)
        return Amount(0.0, Fraction(0)) if array is None else Amount(float(array[element.cell]))

    def updated(self, rate: Fraction, only: Chosen | None = None) -> Trace:
        given = dict(self._given)
        run = plan(GRADIENT_DESCENT.formula, ())
        for key, gradient in self.totals.items():
            old = given[key]
            with np.errstate(all="ignore"):  # an overflow is an infinity
                new = np.asarray(run(Arguments({"w": old, "g": gradient, "lr": np.asarray(float(rate))}, {})))
            given[key] = self._with_kept(key, old, new, only)
        return ArrayTrace(self.network, given, self.program)

    def _with_kept(self, key: str, old: Array, new: Array, only: Chosen | None) -> Array:
        """The new numbers, where they are not to be kept from the old ones."""
        kept = Kept(self.network, key, only)
        result, other = (old.copy(), new) if kept.everything else (new, old)
        for cell in kept.exceptions:
            result[cell] = other[cell]
        return result

    def in_network(self, network: Network, like: Trace | None = None) -> Trace:
        own = {key: self._given[key] for key in network.parameters}
        return ArrayTrace(network, {**given_arrays(network), **own}, like._program if like else None)

    def in_floats(self) -> Trace:
        return self

    def precisely(self) -> Trace:
        return self

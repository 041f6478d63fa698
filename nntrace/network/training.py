"""How the parameters of a network learn: the optimizer's formulas, the learning rates, what is remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from ..catalogue import UpdateRule


class Rates(NamedTuple):
    """The learning rate: one for all parameters, and others for some tensors by their keys."""

    default: Fraction
    by_tensor: Mapping[str, Fraction] = {}

    def of(self, key: str) -> Fraction:
        """The learning rate of a tensor."""
        return self.by_tensor.get(key, self.default)

    def every(self) -> Iterator[Fraction]:
        """All of them."""
        yield self.default
        yield from self.by_tensor.values()


class Training(NamedTuple):
    """An optimizer for one network. ``kind`` is the catalogue's name for it.

    ``rates`` is ``None`` where no learning rate is given. ``start`` has the states before the first step where these
    are not those of the rule: by state, then by the key and cell of the parameter. ``done``: how many steps were done
    before.
    """

    kind: str
    rule: UpdateRule
    rates: Rates | None = None
    start: Mapping[str, Mapping[str, Mapping[tuple[int, ...], Fraction]]] = {}
    done: int = 0

    def with_rate(self, rate: Fraction) -> Training:
        """The same at one rate for every parameter and step."""
        return self._replace(rates=Rates(rate))

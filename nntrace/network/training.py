"""How the parameters of a network learn: the optimizer's formulas, the learning rates, what is remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from ..catalogue import UpdateRule
from ..catalogue.update_rule import k
from ..expr import Sym
from ..record import Record

GivenNumber = Fraction | float
"""A number of the file: as typed, or from an array."""
ByCell = Mapping[str, Mapping[tuple[int, ...], GivenNumber]]
"""Numbers by the key and cell of a parameter."""


class Rates(Record):
    """The learning rate: one for all parameters, and others for some tensors by their keys.

    ``listed`` are those of one step after another, the last of which holds. ``called`` says what the file calls the
    tensors with rates of their own.
    """

    default: Fraction
    by_tensor: Mapping[str, Fraction] = {}
    listed: tuple[Fraction, ...] = ()
    called: Mapping[str, Fraction] = {}

    def of(self, key: str, past: int) -> Fraction:
        """The learning rate of a tensor, after so many steps (or passes)."""
        if self.listed:
            return self.listed[min(past, len(self.listed) - 1)]
        return self.by_tensor.get(key, self.default)

    def every(self) -> Iterator[Fraction]:
        """All of them."""
        yield self.default
        yield from self.by_tensor.values()
        yield from self.listed


class Training(Record):
    """An optimizer for one network. ``kind`` is the catalogue's name for it.

    ``rule`` has all of its formulas, those of clipping and of a schedule among them; ``at_one_rate`` is the same
    without a schedule. ``rates`` is ``None`` where no learning rate is given. ``start`` has the states before the first
    step, by their names, where these are not those of the rule; ``done`` says how many steps were done before.
    ``gradients`` are given instead of worked out, of each parameter one, or one for each iteration. A schedule counts
    one for every ``per`` steps.
    """

    kind: str
    rule: UpdateRule
    at_one_rate: UpdateRule
    rates: Rates | None = None
    start: Mapping[str, ByCell] = {}
    done: int = 0
    gradients: Mapping[str, Mapping[tuple[int, ...], tuple[GivenNumber, ...]]] = {}
    per: int = 1

    def with_rate(self, rate: Fraction) -> Training:
        """The same at one rate for every parameter and step."""
        return self._replace(rates=Rates(rate), rule=self.at_one_rate)

    def past(self, done: int) -> int:
        """What a schedule has counted after so many steps."""
        return done // self.per

    def counts(self, done: int) -> dict[Sym, int]:
        """The rule's symbols that count something, in the step after so many."""
        past = self.past(done)
        every = {**self.rule.lengths, self.rule.number: done + 1, k: past}
        every |= {symbol: past // period for symbol, period in self.rule.periods.items()}
        letters = self.rule.letters
        return {symbol: count for symbol, count in every.items() if symbol.name in letters}

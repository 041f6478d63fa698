"""Rounding as one does by hand: every numbered result is rounded as shown *before* it is used again.

A result is computed from the digits carried so far, exactly where the operation is rational, and then rounded half
away from zero. Nothing inside a step is rounded: no term, no local derivative, no lr × gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from ..expr import Expr, approximate, exact, partial_key
from ..network.adjoint import LOSS, adjoint
from ..network.model import Cell, Edge, Element, Network, Step
from ..network.quantities import Quantity, quantity
from ..spec.model import Rounding
from .trace import GRADIENT_DESCENT, Amount, Trace, kept

if TYPE_CHECKING:
    from ..network.model import Array

Amounts = dict[Cell, Amount]

_CONTEXT = Context(prec=800, rounding=ROUND_HALF_UP)


def carried(amount: Amount, rule: Rounding) -> Amount:
    """The amount as it is carried on: exactly the digits that are shown."""
    if amount.exact is None and not isfinite(amount.number):
        return amount
    value = _decimal(amount)
    shown = rounded(value, rule)
    number = Fraction(shown)
    same = amount.exact == number
    if same and _short(value):
        shown = value
    return Amount(float(number), number, shown, not same)


def rounded(value: Decimal, rule: Rounding) -> Decimal:
    """A number rounded by the rule, half away from zero; decimals keep at least some significant digits."""
    assert rule.places is not None
    if not value:
        return Decimal(0)
    if rule.significant:
        last = value.adjusted() - rule.places + 1
    else:
        last = -rule.places
        if rule.at_least:
            last = min(last, value.adjusted() - rule.at_least + 1)
    return value.quantize(Decimal(1).scaleb(last), context=_CONTEXT)


def _decimal(amount: Amount) -> Decimal:
    if amount.exact is None:
        return Decimal(amount.number)
    return _CONTEXT.divide(Decimal(amount.exact.numerator), Decimal(amount.exact.denominator))


def _short(value: Decimal) -> bool:
    return len(value.as_tuple().digits) <= 10


class CarryTrace(Trace):
    """A trace whose every result is carried as rounded. ``rule`` has places."""

    def __init__(self, network: Network, given: Mapping[str, Amounts] | None = None) -> None:
        super().__init__(network)
        self.rule = network.conventions.rounding
        self._amounts = given if given is not None else _given(network, self.rule)

    elementwise = True

    @cached_property
    def values(self) -> dict[str, Amounts]:
        """Every tensor's elements by key."""
        values = dict(self._amounts)
        for step in self.network.steps:
            axes = [str(index) for index in step.operation.output.index]
            values[step.output] = {
                cell: carried(_element(step, step.operation.shown, _at(axes, cell), values, {}), self.rule)
                for cell in _cells(step, axes)
            }
        return values

    @cached_property
    def _gradients(self) -> dict[str, Amounts]:
        network = self.network
        if network.loss is None:
            return {}
        gradients: dict[str, Amounts] = {network.loss: {(): Amount(1.0, Fraction(1))}}
        for step in reversed(network.steps):
            if step.output not in gradients:
                continue
            if network.tensors[step.output].role == "unit":
                own = gradients[step.output]
                gradients[step.output] = {cell: carried(amount, self.rule) for cell, amount in own.items()}
            for edge in step.edges:
                self._back(gradients, step, edge)
        for step in network.steps:
            for edge in step.bypassed:
                self._back(gradients, step, edge)
        return gradients

    def _back(self, gradients: dict[str, Amounts], step: Step, edge: Edge) -> None:
        key, operation = step.key(edge.argument), edge.operation
        derived = adjoint(operation, edge.argument, self.network.conventions.relu_at_zero)
        partials = {partial_key(LOSS.name, operation.output.name): gradients[step.output]}
        axes = [str(index) for index in derived.argument.index]
        own = gradients.setdefault(key, {})
        for cell in _cells(step, axes):
            if cell in self.network.tensors[key].missing:
                own[cell] = Amount(0.0, Fraction(0))
                continue
            added = _element(step, derived.formula, _at(axes, cell), self.values, partials)
            own[cell] = _plus(own[cell], added) if cell in own else added

    def without_fractions(self) -> Trace:
        return self

    def precisely(self) -> Trace:
        given = {
            key: np.array([amounts[cell].number for cell in np.ndindex(*tensor.shape)]).reshape(tensor.shape)
            for key, tensor in self.network.tensors.items()
            if (amounts := self._amounts.get(key)) is not None
        }
        fractions = {key: {cell: one.exact for cell, one in own.items()} for key, own in self._amounts.items()}
        return Trace(self.network, given, fractions, self.program)

    def value(self, element: Element) -> Amount:
        return self.values[element.key][element.cell]

    def gradient(self, element: Element) -> Amount:
        own = self._gradients.get(element.key)
        return Amount(0.0, Fraction(0)) if own is None else own[element.cell]

    def total(self, quantity: Quantity) -> Amount:
        parts = [self.gradient(use) for use in quantity.uses]
        whole = parts[0]
        for part in parts[1:]:
            whole = _plus(whole, part)
        return carried(whole, self.rule) if whole.shown is None else whole

    def updated(self, rate: Fraction, only: Mapping[str, Quantity] | None = None) -> Trace:
        values = dict(self._amounts)
        for key in self.network.parameters:
            stays: Array = kept(self.network, key, only)
            values[key] = {
                cell: old if stays[cell] else self._new(Element(key, cell), old, rate)
                for cell, old in values[key].items()
            }
        return CarryTrace(self.network, values)

    def _new(self, element: Element, old: Amount, rate: Fraction) -> Amount:
        amounts = {
            "w": old,
            "g": self.total(quantity(self.network, element)),
            "lr": Amount(float(rate), rate),
        }
        return carried(_number(GRADIENT_DESCENT.formula, lambda name, _: amounts[name]), self.rule)


def _given(network: Network, rule: Rounding) -> dict[str, Amounts]:
    """The given numbers: as typed; those of files are rounded as they are shown."""
    given: dict[str, Amounts] = {}
    for key, tensor in network.tensors.items():
        if tensor.array is not None:
            cells = np.ndindex(*tensor.shape)
            given[key] = {cell: carried(Amount(float(tensor.array[cell])), rule) for cell in cells}
        elif tensor.typed is not None:
            given[key] = {cell: Amount(float(number), number) for cell, number in tensor.typed.items()}
            given[key].update((cell, Amount(0.0, Fraction(0))) for cell in tensor.missing)
    return given


def _cells(step: Step, axes: list[str]) -> list[Cell]:
    return list(product(*(range(step.sizes[axis]) for axis in axes)))


def _at(axes: list[str], cell: Cell) -> dict[str, int]:
    return dict(zip(axes, cell, strict=True))


def _element(
    step: Step,
    formula: Expr,
    index: Mapping[str, int],
    values: Mapping[str, Amounts],
    partials: Mapping[str, Amounts],
) -> Amount:
    """One element of a formula from what is carried, not yet rounded itself."""

    def value(name: str, cell: Cell) -> Amount:
        known = partials.get(name)
        return (values[step.key(name)] if known is None else known)[cell]

    return _number(formula, value, index, step.sizes)


def _number(
    formula: Expr,
    value: Callable[[str, Cell], Amount],
    index: Mapping[str, int] = {},
    sizes: Mapping[str, int] = {},
) -> Amount:
    """An expression's number: exact where it is rational."""
    whole = exact(formula, lambda name, cell: value(name, cell).exact, index, sizes)
    if whole is not None:
        return Amount(float(whole), whole)
    return Amount(approximate(formula, lambda name, cell: value(name, cell).number, index, sizes))


def _plus(one: Amount, other: Amount) -> Amount:
    if one.exact is not None and other.exact is not None:
        return Amount(float(one.exact + other.exact), one.exact + other.exact)
    return Amount(one.number + other.number)

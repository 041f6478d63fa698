"""The same numbers as fractions, where everything on the way is rational and the work stays within a budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from math import prod

from ..expr import Expr, exact, partial_key
from ..network.adjoint import LOSS, adjoint
from ..network.model import Cell, Network, Step

MOST_PRODUCTS = 20_000
"""How many products one pass over the network may take for its numbers to be computed exactly too."""

Fractions = dict[Cell, Fraction | None]


def affordable(network: Network) -> bool:
    """Whether the network is small enough for exact numbers; files and ``init`` never give any."""
    return sum(prod(step.sizes.values()) for step in network.steps) <= MOST_PRODUCTS


def given_fractions(network: Network) -> dict[str, Fractions]:
    """The given numbers as typed; a tensor from a file has none."""
    given: dict[str, Fractions] = {}
    for key, tensor in network.tensors.items():
        if tensor.typed is not None:
            given[key] = {**tensor.typed, **dict.fromkeys(tensor.missing, Fraction(0))}
    return given


def forward_fractions(network: Network, given: Mapping[str, Fractions]) -> dict[str, Fractions]:
    """Every tensor's exact elements by key, ``None`` where an element is not rational."""
    fractions = dict(given)
    for step in network.steps:
        axes = [str(index) for index in step.operation.output.index]
        fractions[step.output] = {
            cell: _element(step, step.numeric, dict(zip(axes, cell, strict=True)), fractions, {})
            for cell in _cells(step, axes)
        }
    return fractions


def gradient_fractions(network: Network, fractions: Mapping[str, Fractions]) -> dict[str, Fractions]:
    """The exact gradients by tensor key, each use of a tied name for itself."""
    if network.loss is None:
        return {}
    gradients: dict[str, Fractions] = {network.loss: {(): Fraction(1)}}
    kink = network.conventions.relu_at_zero
    for step in reversed(network.steps):
        if step.output not in gradients:
            continue
        for edge in step.edges:
            key, operation = step.key(edge.argument), edge.operation
            partial = partial_key(LOSS.name, operation.output.name)
            derived = adjoint(operation, edge.argument, kink)
            axes = [str(index) for index in derived.argument.index]
            own = gradients.setdefault(key, {})
            for cell in _cells(step, axes):
                if cell in network.tensors[key].missing:
                    own[cell] = Fraction(0)
                    continue
                index = dict(zip(axes, cell, strict=True))
                added = _element(step, derived.formula, index, fractions, {partial: gradients[step.output]})
                before = own.get(cell, Fraction(0))
                own[cell] = None if added is None or before is None else before + added
    return gradients


def _cells(step: Step, axes: list[str]) -> Iterator[Cell]:
    return product(*(range(step.sizes[axis]) for axis in axes))


def _element(
    step: Step,
    formula: Expr,
    index: Mapping[str, int],
    fractions: Mapping[str, Fractions],
    partials: Mapping[str, Fractions],
) -> Fraction | None:
    def value(name: str, cell: Cell) -> Fraction | None:
        known = partials.get(name)
        if known is None:
            known = fractions.get(step.key(name))
        return None if known is None else known.get(cell)

    return exact(formula, value, index, step.sizes)

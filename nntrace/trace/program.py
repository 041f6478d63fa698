"""The network's arithmetic over whole arrays: forward in order, gradients by reverse accumulation.

Plans are made once for a network; running one is a walk over a list, so depth meets no recursion limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..expr import partial_key
from ..expr.evaluate import Arguments, Run, plan
from ..network.adjoint import LOSS, adjoint
from ..network.model import Edge, Network, Step

if TYPE_CHECKING:
    from ..network.model import Array

GIVEN = ("input", "target", "parameter")


class _Instruction(NamedTuple):
    """One plan, bound: which arrays its symbols read, which tensor its result belongs to."""

    run: Run
    target: str
    symbols: tuple[tuple[str, str], ...]
    gradient: tuple[str, str] | None
    sizes: Mapping[str, int]


def _back(step: Step, edge: Edge, kink: int) -> _Instruction:
    """The gradient's way back through one edge of a step."""
    derived = adjoint(edge.operation, edge.argument, kink)
    axes = tuple(str(index) for index in derived.argument.index)
    gradient = (partial_key(LOSS.name, edge.operation.output.name), step.output)
    bound = (*step.arguments.items(), (step.operation.output.name, step.output))
    return _Instruction(plan(derived.formula, axes), step.key(edge.argument), bound, gradient, step.sizes)


class Program:
    """The plans of a network. ``of`` limits the gradients to these roles (default: of everything)."""

    def __init__(self, network: Network, of: tuple[str, ...] | None = None) -> None:
        self.network = network
        self._forward: list[_Instruction] = []
        self._backward: list[_Instruction] = []
        kink = network.conventions.relu_at_zero
        for step in network.steps:
            axes = tuple(str(index) for index in step.operation.output.index)
            bound = tuple(step.arguments.items())
            self._forward.append(_Instruction(plan(step.numeric, axes), step.output, bound, None, step.sizes))
        for step in reversed(network.steps):
            for edge in step.edges:
                role = network.tensors[step.key(edge.argument)].role
                if of is None or role not in GIVEN or role in of:
                    self._backward.append(_back(step, edge, kink))
        self._past = [_back(step, edge, kink) for step in reversed(network.steps) for edge in step.bypassed]

    def forward(self, given: Mapping[str, Array], held: Mapping[str, Array] = {}) -> dict[str, Array]:
        """Every tensor by key, from the given ones; a result that is ``held`` is not computed but taken from there.

        Overflow gives infinities and NaNs, without a warning.
        """
        arrays = {**given, **held}
        with np.errstate(all="ignore"):
            for run, target, symbols, _, sizes in self._forward:
                if target in held:
                    continue
                bound = {symbol: arrays[key] for symbol, key in symbols}
                arrays[target] = np.asarray(run(Arguments(bound, sizes)))
        return arrays

    def gradients(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """∂L/∂tensor by key, each use of a tied name for itself; zero where there is no connection."""
        network = self.network
        if network.loss is None:
            return {}
        gradients: dict[str, Array] = {network.loss: np.asarray(1.0)}
        with np.errstate(all="ignore"):
            for run, target, symbols, gradient, sizes in (*self._backward, *self._past):
                assert gradient is not None
                symbol, output = gradient
                if output not in gradients:
                    continue
                bound = {name: arrays[key] for name, key in symbols}
                bound[symbol] = gradients[output]
                result = np.asarray(run(Arguments(bound, sizes)))
                gradients[target] = gradients[target] + result if target in gradients else result
        for key in network.parameters:
            if key in gradients and network.tensors[key].missing:
                gradients[key] = gradients[key].copy()
                for cell in network.tensors[key].missing:
                    gradients[key][cell] = 0.0
        return gradients

    def totals(self, gradients: Mapping[str, Array]) -> dict[str, Array]:
        """The gradients of the parameters, those of a tied name added up over its uses."""
        network = self.network
        totals = {key: gradients[key] for key in network.parameters if key in gradients}
        for uses in network.uses.values():
            if len(uses) > 1:
                added = sum(float(gradients[use.key][use.cell]) for use in uses if use.key in gradients)
                for use in uses:
                    if use.key in totals:
                        if totals[use.key] is gradients[use.key]:
                            totals[use.key] = gradients[use.key].copy()
                        totals[use.key][use.cell] = added
        return totals

"""The network's arithmetic over whole arrays: forward in order, gradients by reverse accumulation.

Plans are made once for a network; running one is a walk over a list, so depth meets no recursion limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..expr import Expr, Partial, Sym, partial_key, symbols
from ..expr.contractions import Arguments, Run
from ..expr.evaluate import plan
from ..network.chain_rule import LOSS, Adjoint, ChainRule, Reader
from ..network.model import BoundOperation, Network
from ..record import Record

if TYPE_CHECKING:
    from ..network.model import Array

GIVEN = ("input", "target", "parameter", "constant")


class _Instruction(Record):
    """One plan, bound: under which keys it finds its symbols' arrays, under which its result is kept."""

    run: Run
    reads: tuple[tuple[str, str], ...]
    sizes: Mapping[str, int]
    target: str

    def result(self, arrays: Mapping[str, Array]) -> Array:
        bound = {symbol: arrays[key] for symbol, key in self.reads}
        return np.asarray(self.run(Arguments(bound, self.sizes)))


def _value(step: BoundOperation) -> _Instruction:
    """What computes a step's result."""
    return _bound(step, step.numeric, step.operation.output, step.output)


def _gradient(reader: Reader, derived: Adjoint) -> _Instruction:
    """The gradient's way back through one edge of a step."""
    return _bound(reader.step, derived.formula, derived.argument, _slope(reader.key))


def _bound(step: BoundOperation, formula: Expr, symbol: Sym, target: str) -> _Instruction:
    run, names = _planned(formula, symbol)
    reads = tuple((name, _slope(step.output) if partial else step.key(name)) for name, partial in names)
    return _Instruction(run, reads, step.sizes, target)


@lru_cache(maxsize=4096)
def _planned(formula: Expr, symbol: Sym) -> tuple[Run, tuple[tuple[str, bool], ...]]:
    """The plan of a symbol's formula, and the names that it looks up; whether each is a partial ∂L/∂output."""
    names = {
        partial_key(read.of.name, read.by.name) if isinstance(read, Partial) else read.name: isinstance(read, Partial)
        for read in symbols(formula)
    }
    return plan(formula, tuple(str(index) for index in symbol.index)), tuple(names.items())


def _slope(key: str) -> str:
    """The key of a tensor's gradient, beside the tensors' own."""
    return partial_key(LOSS.name, key)


class Program:
    """The plans of a network. ``of`` limits the gradients to tensors of these roles and the units on the way there."""

    def __init__(self, network: Network, of: tuple[str, ...] | None = None) -> None:
        self.network = network
        self._of = of
        self._forward = [_value(step) for step in network.steps]
        self._past = {step.output: step for step in network.steps if step.has_logits}
        self._backward: list[_Instruction] = []
        self._slopes = {network.loss: _slope(network.loss)} if network.loss else {}
        chain = ChainRule(network)
        for reader in chain.ways():
            role = network.tensors[reader.key].role
            wanted = of is None or (not reader.bypassed and (role not in GIVEN or role in of))
            if wanted and reader.step.output in self._slopes:
                self._slopes[reader.key] = _slope(reader.key)
                self._backward.append(_gradient(reader, chain.adjoint(reader)))

    def forward(self, given: Mapping[str, Array], held: Mapping[str, Array] = {}) -> dict[str, Array]:
        """Every tensor by key, from the given ones; a result that is ``held`` is not computed but taken from there.

        A loss that is computed past such a result reads it then, by its own formula. Overflow gives infinities and
        NaNs, without a warning.
        """
        arrays = {**given, **held}
        with np.errstate(all="ignore"):
            for instruction in self._forward:
                if instruction.target not in held:
                    past = self._past.get(instruction.target) if held else None
                    if past is not None and not held.keys().isdisjoint(past.arguments.values()):
                        instruction = _bound(past, past.operation.numeric, past.operation.output, past.output)
                    arrays[instruction.target] = instruction.result(arrays)
        return arrays

    def gradients(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """∂L/∂tensor by key, each use of a tied name for itself; zero where there is no connection."""
        network = self.network
        if network.loss is None:
            return {}
        known = {**arrays, _slope(network.loss): np.asarray(1.0)}
        with np.errstate(all="ignore"):
            for instruction in self._backward:
                target, result = instruction.target, instruction.result(known)
                known[target] = np.asarray(known[target] + result) if target in known else result
        gradients = {key: known[slope] for key, slope in self._slopes.items()}
        for key in network.parameters if self._of is None else ():
            if key not in gradients:  # no way leads from it to the loss
                gradients[key] = np.zeros(network.tensors[key].shape)
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

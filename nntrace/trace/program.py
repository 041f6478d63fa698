"""The network's arithmetic as plain Python, made from its formulas: values in order, gradients backward.

Each is one function, written and compiled once, over numpy's arrays or over lists of floats; ``source`` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..expr import Delta, Expr, Indicator, Num, Partial, Sym, product, rename, symbols
from ..expr.bind import free_indices
from ..network.chain_rule import ChainRule, Reader
from ..network.model import BoundOperation, Network
from .source import CompiledLines, SourceLine, SourceWriter

if TYPE_CHECKING:
    from ..network.model import Array

GIVEN = ("input", "target", "parameter", "constant")


def _slope(key: str) -> str:
    """The key of a tensor's gradient, beside the tensors' own."""
    return f"d {key}"


class CompiledNetwork:
    """The lines of a network. ``of`` limits the gradients to tensors of these roles and the units on the way there."""

    def __init__(self, network: Network, language: SourceWriter, of: tuple[str, ...] | None = None) -> None:
        self.network = network
        self._language = language
        self._of = of
        self._functions: dict[frozenset[str], CompiledLines] = {}

    def forward(self, given: Mapping[str, Any], overridden: Mapping[str, Any] = {}) -> dict[str, Any]:
        """Every tensor by key, from the given ones; an ``overridden`` result is not computed but taken from there.

        A loss that is computed past such a result reads it then, by its own formula. Overflow gives infinities and
        NaNs, without a warning.
        """
        kept = frozenset(overridden)
        if kept not in self._functions:
            self._functions[kept] = self._forward(kept)
        arrays = {**given, **overridden}
        with self._language.quiet():
            return arrays | self._functions[kept](arrays)

    def _forward(self, overridden: frozenset[str]) -> CompiledLines:
        lines = []
        for step in self.network.steps:
            if step.output not in overridden:
                is_read = step.has_logits and not overridden.isdisjoint(step.arguments.values())
                formula = step.operation.numeric if is_read else step.numeric
                lines.append(self._line(step, self._with_given(step, formula), step.operation.output, step.output))
        made = {line.target: line.target for line in lines}
        given = [key for key, tensor in self.network.tensors.items() if tensor.role in GIVEN]
        return CompiledLines("forward", self._language, [*given, *sorted(overridden - {*given})], made, lines)

    def _with_given(self, step: BoundOperation, formula: Expr) -> Expr:
        """A step's formula, and at the places of units that have given numbers these."""
        tensor = self.network.tensors[step.output]
        index = step.operation.output.index[tensor.sampled :]
        for cell, number in tensor.overridden.items():
            there = product(Delta(letter, place) for letter, place in zip(index, cell, strict=True))
            formula = formula * (1 - there) + Num(number) * there
        return formula

    @cached_property
    def _backward(self) -> CompiledLines:
        network = self.network
        lines: list[SourceLine] = []
        reached: dict[str, str] = {}
        chain = ChainRule(network)
        for reader in chain.ways():
            if self._wanted(reader) and (reader.step.output in reached or reader.step.output == network.loss):
                made = chain.adjoint(reader)
                line = self._line(reader.step, made.formula, made.argument, _slope(reader.key))
                if reader.key in reached:
                    line = line._replace(formula=Sym(line.target, line.axes) + line.formula)
                reached[reader.key] = line.target
                lines.append(line)
        read = {one.name: None for line in lines for one in symbols(line.formula) if isinstance(one, Sym)}
        given = [key for key in read if key not in reached.values()]
        return CompiledLines("backward", self._language, given, reached, lines)

    def _wanted(self, reader: Reader) -> bool:
        role = self.network.tensors[reader.key].role
        return self._of is None or (not reader.bypassed and (role not in GIVEN or role in self._of))

    def slopes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """∂L/∂tensor by key, for the tensors that a way leads to."""
        with self._language.quiet():
            return self._backward(values)

    def run(self, function: CompiledLines, values: Mapping[str, Any]) -> list[Any]:
        """The results of a function over the tensors, in order."""
        with self._language.quiet():
            return list(function(values).values())

    def _line(self, step: BoundOperation, formula: Expr, symbol: Sym, target: str) -> SourceLine:
        """A formula of a step over the tensors that its symbols stand for."""

        def named(one: Sym | Partial) -> Expr:
            if isinstance(one, Sym):
                return Sym(step.key(one.name), one.index)
            return Num(1) if step.output == self.network.loss else Sym(_slope(step.output), one.by.index)

        return SourceLine(target, tuple(map(str, symbol.index)), rename(formula, named), step.sizes)

    def conditions(self, found: list[tuple[BoundOperation, Indicator]]) -> CompiledLines:
        """What tells, for each condition of a step, where it holds."""
        lines = []
        for place, (step, condition) in enumerate(found, start=1):
            lines.append(self._line(step, condition, Sym("", tuple(free_indices(condition))), f"decided {place}"))
        read = {one.name: None for line in lines for one in symbols(line.formula) if isinstance(one, Sym)}
        return CompiledLines("decisions", self._language, read, {line.target: line.target for line in lines}, lines)

    @property
    def source(self) -> str:
        """The network as Python, each line under its formula."""
        parts = [self._forward(frozenset()).source, *([self._backward.source] if self.network.loss else [])]
        return "\n\n".join(parts)


class Program(CompiledNetwork):
    """The network over numpy's arrays."""

    def __init__(self, network: Network, of: tuple[str, ...] | None = None) -> None:
        from ..expr.evaluate import ArrayWriter

        super().__init__(network, ArrayWriter, of)

    def gradients(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """∂L/∂tensor by key, each use of a tied name for itself; zero where there is no connection."""
        import numpy as np

        network = self.network
        if network.loss is None:
            return {}
        gradients: dict[str, Array] = {network.loss: np.asarray(1.0), **self.slopes(arrays)}
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

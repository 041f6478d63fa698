"""The network's arithmetic as plain Python, made from its formulas: values in order, gradients backward.

Each is one function, written and compiled once, over numpy's arrays or over lists of floats; ``source`` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import fsum
from typing import TYPE_CHECKING, Any

from ..expr import Delta, Expr, Indicator, Num, Partial, Size, Sym, product, rename, symbols
from ..expr.bind import extent, free_indices, transform
from ..expr.letters import index_letters
from ..network.chain_rule import ChainRule, Reader
from ..network.misses import uncancelled_misses
from ..network.model import BoundOperation, Network
from .source import CompiledLines, SourceLine, SourceWriter, read_by, slope_key
from .update import Kept

if TYPE_CHECKING:
    from ..network.model import Array

DATA = ("input", "target", "constant", "factor")
GIVEN = (*DATA, "parameter")


def _with_sizes(line: SourceLine) -> Expr:
    """A formula with numbers for the sizes in it."""
    return transform(line.formula, lambda one: Num(extent(one.over, line.sizes)) if isinstance(one, Size) else None)


def _is_constant(formula: Expr) -> bool:
    """Whether a formula is the same number everywhere, without symbols and letters."""
    return not any(True for _ in symbols(formula)) and not any(True for _ in index_letters(formula))


class CompiledNetwork:
    """The lines of a network. ``of`` limits the gradients to tensors of these roles and the units on the way there."""

    def __init__(self, network: Network, language: SourceWriter, of: tuple[str, ...] | None = None) -> None:
        self.network = network
        self._language = language
        self._of = of
        self._functions: dict[frozenset[str], CompiledLines] = {}
        self._constant: dict[str, Expr] = {}
        """Gradients that are the same number at each place."""

    def forward(self, given: Mapping[str, Any], overridden: Mapping[str, Any] = {}) -> dict[str, Any]:
        """Every tensor by key, from the given ones; an ``overridden`` result is not computed but taken from there.

        A loss that is computed past such a result reads it then, by its own formula. Overflow gives infinities and
        NaNs, without a warning.
        """
        kept = frozenset(overridden)
        if kept not in self._functions:
            self._functions[kept] = self._forward(kept)
        arrays = {**given, **overridden}
        return arrays | self._functions[kept](arrays)

    def _compiled(
        self,
        name: str,
        lines: Sequence[SourceLine],
        given: Sequence[str] | None = None,
        results: Mapping[str, str] | None = None,
    ) -> CompiledLines:
        """Lines as a function of what they read, or of what is ``given``; of all that they make, or these results."""
        made = {line.target: line.target for line in lines} if results is None else results
        return CompiledLines(name, self._language, read_by(lines) if given is None else given, made, lines)

    def _forward(self, overridden: frozenset[str]) -> CompiledLines:
        given = [*self._given, *sorted(overridden - {*self._given})]
        return self._compiled("forward", self._values(overridden), given)

    @property
    def _given(self) -> list[str]:
        return [key for key, tensor in self.network.tensors.items() if tensor.role in GIVEN]

    def _values(self, overridden: frozenset[str] = frozenset(), unseen: bool = False) -> list[SourceLine]:
        """A line for every result that is not ``overridden``; what no formula needs is worked out where it is
        ``unseen``, which is faster than to ask for its needs."""
        lines = []
        for step in self.network.steps:
            if step.output not in overridden:
                is_read = step.has_logits and not overridden.isdisjoint(step.arguments.values())
                formula = step.operation.numeric if is_read else step.numeric
                if unseen and self.network.tensors[step.output].left_out:
                    formula = step.operation.formula
                formula = self._with_given(step, formula)
                lines.append(self._line(step, formula, step.operation.output, step.output, overridden))
        return lines

    def _with_given(self, step: BoundOperation, formula: Expr) -> Expr:
        """A step's formula, and at the places of units that have given numbers these."""
        tensor = self.network.tensors[step.output]
        index = step.operation.output.index[tensor.sampled :]
        for cell, number in tensor.overridden.items():
            there = product(Delta(letter, place) for letter, place in zip(index, cell, strict=True))
            formula = formula * (1 - there) + Num(number) * there
        return formula

    @cached_property
    def slopes(self) -> CompiledLines:
        """∂L/∂tensor by key, for the tensors that a way leads to."""
        lines, reached = self._ways
        return self._compiled("backward", lines, results=reached)

    @cached_property
    def _ways(self) -> tuple[list[SourceLine], dict[str, str]]:
        """A line for every way back, and the last line of each tensor by its key."""
        network = self.network
        lines: list[SourceLine] = []
        reached: dict[str, str] = {}
        chain = ChainRule(network)
        for reader in chain.ways():
            if self._wanted(reader) and (reader.step.output in reached or reader.step.output == network.loss):
                made = chain.computed(reader)
                line = self._line(reader.step, made.formula, made.argument, slope_key(reader.key))
                if reader.key in reached:
                    line = line._replace(formula=Sym(line.target, line.axes) + line.formula)
                    self._constant.pop(reader.key, None)
                elif _is_constant(number := _with_sizes(line)):
                    self._constant[reader.key] = number
                reached[reader.key] = line.target
                lines.append(line)
        return lines, reached

    @cached_property
    def _loss_and_slopes(self) -> CompiledLines:
        lines, reached = self._ways
        made = {key: target for key, target in reached.items() if self.network.tensors[key].role in GIVEN}
        assert self.network.loss is not None
        results = {self.network.loss: self.network.loss, **made}
        unread = {slope_key(key) for key in self._constant}.difference(made.values())
        read = (line for line in lines if line.target not in unread)
        return self._compiled("loss_and_slopes", [*self._values(unseen=True), *read], self._given, results)

    def _wanted(self, reader: Reader) -> bool:
        role = self.network.tensors[reader.key].role
        return self._of is None or (not reader.bypassed and (role not in GIVEN or role in self._of))

    def _line(
        self, step: BoundOperation, formula: Expr, symbol: Sym, target: str, overridden: frozenset[str] = frozenset()
    ) -> SourceLine:
        """A formula of a step over the tensors that its symbols stand for."""

        def named(one: Sym | Partial) -> Expr:
            if isinstance(one, Sym):
                return Sym(step.key(one.name), one.index)
            if step.output in self._constant:
                return self._constant[step.output]
            return Num(1) if step.output == self.network.loss else Sym(slope_key(step.output), one.by.index)

        over_keys, more = uncancelled_misses(rename(formula, named), self.network, overridden)
        return SourceLine(target, tuple(map(str, symbol.index)), over_keys, {**step.sizes, **more})

    def conditions(self, found: list[tuple[BoundOperation, Indicator]]) -> CompiledLines:
        """What tells, for each condition of a step, where it holds."""
        lines = [
            self._line(step, condition, Sym("", tuple(free_indices(condition))), f"decided {place}")
            for place, (step, condition) in enumerate(found, start=1)
        ]
        return self._compiled("decisions", lines)

    @property
    def source(self) -> str:
        """The network as Python, each line under its formula."""
        functions = [self._forward(frozenset()), *([self.slopes] if self.network.loss else [])]
        return "\n\n".join(part.source for part in functions)


class Program(CompiledNetwork):
    """The network over numpy's arrays."""

    def __init__(self, network: Network, of: tuple[str, ...] | None = None) -> None:
        from ..expr.evaluate import ArrayWriter

        super().__init__(network, ArrayWriter, of)

    def gradients(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """∂L/∂tensor by key, each use of a tied name for itself; zero where there is no connection."""
        import numpy as np

        if self.network.loss is None:
            return {}
        return self._with_missing({self.network.loss: np.asarray(1.0), **self.slopes(arrays)})

    def learned(self, given: Mapping[str, Array]) -> tuple[float, dict[str, Array]]:
        """The loss, and its gradients by the given tensors: forward and backward in one, nothing between is kept."""
        assert self.network.loss is not None
        found = self._loss_and_slopes(given)
        return float(found.pop(self.network.loss)), self._with_missing(found)

    def _with_missing(self, gradients: dict[str, Array]) -> dict[str, Array]:
        """The gradients, zeros where no way leads from a parameter to the loss or where there is no connection."""
        import numpy as np

        for key in self.network.parameters:
            tensor = self.network.tensors[key]
            if key not in gradients:
                gradients[key] = np.zeros(tensor.shape)
            elif tensor.missing:
                gradients[key] = gradients[key].copy()
                for cell in tensor.missing:
                    gradients[key][cell] = 0.0
        return gradients

    @property
    def source(self) -> str:
        """The network as Python: also what a training runs, where nothing between is looked at."""
        training = [self._loss_and_slopes.source] if self.network.loss else []
        return "\n\n".join((super().source, *training, self.update.source))

    @cached_property
    def resting(self) -> dict[str, tuple[list[int], ...]]:
        """The places, as numpy wants them, of each tensor's parameters that a step leaves as they are."""
        kept = {key: Kept(self.network, key, None).exceptions for key in self.network.parameters}
        return {key: tuple(map(list, zip(*cells, strict=True))) for key, cells in kept.items() if cells}

    @cached_property
    def rates(self) -> list[tuple[str, str]]:
        """Tensors of which each has another learning rate, and the keys of these rates."""
        from .update_lines import rates

        return [(key, rate) for rate, key in {rate: key for key, rate in rates(self.network)}.items()]

    @cached_property
    def counts(self) -> bool:
        """Whether the optimizer reads how many steps were done."""
        return self.network.training.rule.counts_steps

    @cached_property
    def update(self) -> CompiledLines:
        """One step of the optimizer, which overwrites the parameters and the states among the arrays.

        The arrays have them, the gradients and the numbers that all parameters share by the keys of ``update_lines``;
        the result is what each line comes to, by its target.
        """
        from .update_lines import update_lines

        return self._compiled("update", update_lines(self.network))

    def totals(self, gradients: Mapping[str, Array]) -> dict[str, Array]:
        """The gradients of the parameters, those of a tied name added up over its uses."""
        network = self.network
        totals = {key: gradients[key] for key in network.parameters if key in gradients}
        for uses in network.uses.values():
            if len(uses) > 1:
                added = fsum(float(gradients[use.key][use.cell]) for use in uses if use.key in gradients)
                for use in uses:
                    if use.key in totals:
                        if totals[use.key] is gradients[use.key]:
                            totals[use.key] = gradients[use.key].copy()
                        totals[use.key][use.cell] = added
        return totals

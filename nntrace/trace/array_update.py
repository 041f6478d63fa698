"""One step of an optimizer over whole arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..catalogue.update_rule import EVERY, every_g, g, lr, w
from ..expr import Expr, Sym
from ..expr.contractions import Arguments
from ..expr.evaluate import plan
from ..network.model import Cell, Network
from ..network.quantities import Unnamed, learned
from .amount import Amount
from .update import Arithmetic, Kept, Memory, Update, exactly, known_before, named, rate_of

if TYPE_CHECKING:
    from ..network.model import Array
    from .trace import Trace


def array_memory(network: Network) -> Memory:
    """The states before the first step."""
    training = network.training
    states: dict[str, dict[str, Array]] = {}
    for state in training.rule.states:
        first = float(exactly(training.rule.start.get(state, 0)))
        states[state.name] = {key: np.full(network.tensors[key].shape, first) for key in network.parameters}
        for key, numbers in training.start.get(state.name, {}).items():
            for cell, number in numbers.items():
                states[state.name][key][cell] = float(number)
    return Memory(training.done, states)


def in_arrays(network: Network, memory: Memory) -> Memory:
    """A memory of amounts as one of arrays."""
    states = {
        state: {key: _filled(network.tensors[key].shape, amounts) for key, amounts in own.items()}
        for state, own in memory.states.items()
    }
    return Memory(memory.done, states)


def state_array(trace: Trace, state: str, key: str) -> Array:
    """A state of a tensor's parameters."""
    own = trace.memory.states[state][key]
    return _filled(trace.network.tensors[key].shape, own) if isinstance(own, dict) else np.asarray(own)


def _filled(shape: tuple[int, ...], amounts: Mapping[Cell, Amount]) -> Array:
    array = np.zeros(shape)
    for cell, amount in amounts.items():
        array[cell] = amount.number
    return array


class ArrayArithmetic(Arithmetic):
    """The arithmetic of a trace that keeps whole arrays."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def shared(self, formula: Expr, known: Mapping[str, Amount], which: slice = slice(None)) -> Amount:
        every = self._every_gradient()[which]
        arrays = {name: np.asarray(one.number) for name, one in known.items()}
        return Amount(float(_worked_out(formula, {**arrays, every_g.name: every}, {EVERY: every.size})))

    def _every_gradient(self) -> Array:
        """The gradients of all parameters that learn, one after another."""
        totals = self.trace.ahead.totals
        found = [
            totals[part.tensor.key].ravel()
            if isinstance(part, Unnamed)
            else np.array([totals[one.uses[0].key][one.uses[0].cell] for one in part])
            for part in learned(self.trace.network).parts
        ]
        return np.concatenate(found) if found else np.zeros(0)


def array_lines(trace: Trace, given: Mapping[str, Array], shared: Mapping[Sym, Amount]) -> dict[Sym, dict[str, Array]]:
    """The lines of a step; what is to be kept is put back later."""
    rule = trace.network.training.rule
    lines: dict[Sym, dict[str, Array]] = {symbol: {} for symbol, _ in rule.lines}
    common = known_before(trace)
    for key in trace.ahead.totals:
        known = _known(trace, key, given[key], shared, common)
        known[g.name] = trace.ahead.totals[key]
        for symbol, formula in rule.lines:
            known[symbol.name + symbol.mark] = lines[symbol][key] = _worked_out(formula, known)
    return lines


def arrays_ahead(trace: Trace, given: Mapping[str, Array]) -> dict[str, Array]:
    """The parameters at the point where the gradient is taken."""
    formula = trace.network.training.rule.ahead
    assert formula is not None
    found: dict[str, Array] = {}
    for key in trace.network.parameters:
        there = _worked_out(formula, _known(trace, key, given[key], {}))
        found[key] = put_in(Kept(trace.network, key, None), given[key], there)
    return found


def column(update: Update, formula: Expr, key: str) -> Array:
    """A formula over the symbols of an optimizer for all parameters of a tensor."""
    known = _known(update.before, key, update.before.given_arrays()[key], update.shared)
    known[g.name] = update.before.ahead.totals[key]
    lines = {symbol.name + symbol.mark: own[key] for symbol, own in update.lines.items()}
    return _worked_out(formula, {**known, **lines})


def _known(
    trace: Trace,
    key: str,
    parameter: Array,
    shared: Mapping[Sym, Amount],
    common: Mapping[str, Amount] | None = None,
) -> dict[str, Array]:
    """What is known of a tensor before the step but its gradient, by the names of the optimizer's symbols.

    ``common`` is what all tensors share, where that is worked out already.
    """
    known = {name: np.asarray(one.number) for name, one in (known_before(trace) if common is None else common).items()}
    known |= {state: numbers[key] for state, numbers in trace.memory.states.items()}
    known |= {lr.name: np.asarray(float(rate_of(trace, key))), w.name: parameter}
    return known | {name: np.asarray(one.number) for name, one in named(shared).items()}


def _worked_out(formula: Expr, known: Mapping[str, Array], sizes: Mapping[str, int] = {}) -> Array:
    with np.errstate(all="ignore"):  # an overflow is an infinity
        return np.asarray(plan(formula, ())(Arguments(known, sizes)))


def put_in(kept: Kept, old: Array, new: Array) -> Array:
    """The new numbers of a tensor, where they are not to be kept from the old ones."""
    result, other = (old.copy(), new) if kept.everything else (new, old)
    if kept.exceptions and result is new:
        result = new.copy()  # the line itself keeps what it came to
    for cell in kept.exceptions:
        result[cell] = other[cell]
    return result

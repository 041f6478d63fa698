"""One step of an optimizer over whole arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..catalogue.update_rule import g, lr, t, w
from ..expr import Expr, Sym
from ..expr.evaluate import Arguments, plan
from ..network.model import Network
from .update import Kept, Memory, Update, constants, exactly, rate_of

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
    states: dict[str, dict[str, Array]] = {}
    for state, own in memory.states.items():
        states[state] = {key: np.zeros(network.tensors[key].shape) for key in own}
        for key, amounts in own.items():
            for cell, amount in amounts.items():
                states[state][key][cell] = amount.number
    return Memory(memory.done, states)


def array_lines(trace: Trace, given: Mapping[str, Array]) -> dict[Sym, dict[str, Array]]:
    """The lines of a step; what is to be kept is put back later."""
    rule = trace.network.training.rule
    lines: dict[Sym, dict[str, Array]] = {symbol: {} for symbol, _ in rule.lines}
    for key in trace.totals:
        known = _known(trace, key, given[key])
        for symbol, formula in rule.lines:
            known[symbol.name + symbol.mark] = lines[symbol][key] = _worked_out(formula, known)
    return lines


def column(update: Update, formula: Expr, key: str) -> Array:
    """A formula over the symbols of an optimizer for all parameters of a tensor."""
    known = _known(update.before, key, update.before.given_arrays()[key])
    lines = {symbol.name + symbol.mark: own[key] for symbol, own in update.lines.items()}
    return _worked_out(formula, {**known, **lines})


def _known(trace: Trace, key: str, parameter: Array) -> dict[str, Array]:
    """What is known of a tensor before the step, by the names of the optimizer's symbols."""
    network, memory = trace.network, trace.memory
    known = {symbol.name: np.asarray(one.number) for symbol, one in constants(network.training.rule).items()}
    known |= {state: numbers[key] for state, numbers in memory.states.items()}
    numbers = {t: float(memory.done + 1), lr: float(rate_of(network, key)), w: parameter, g: trace.totals[key]}
    return known | {symbol.name: np.asarray(number) for symbol, number in numbers.items()}


def _worked_out(formula: Expr, known: Mapping[str, Array]) -> Array:
    with np.errstate(all="ignore"):  # an overflow is an infinity
        return np.asarray(plan(formula, ())(Arguments(known, {})))


def put_in(kept: Kept, old: Array, new: Array) -> Array:
    """The new numbers of a tensor, where they are not to be kept from the old ones."""
    result, other = (old.copy(), new) if kept.everything else (new, old)
    if kept.exceptions and result is new:
        result = new.copy()  # the line itself keeps what it came to
    for cell in kept.exceptions:
        result[cell] = other[cell]
    return result

"""One step of an optimizer over whole arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..catalogue.update_rule import EVERY, every_g, g, lr, w
from ..expr import Expr, Sym
from ..expr.contractions import Arguments
from ..expr.evaluate import plan
from ..network.model import Cell, Network
from ..network.quantities import Unnamed, learned
from .amount import Amount
from .source import slope_key
from .update import Kept, Memory, Update, exactly, known_before, named, rate_of
from .update_lines import common_key, learning, state_key

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
        state: {key: filled(network.tensors[key].shape, amounts) for key, amounts in own.items()}
        for state, own in memory.states.items()
    }
    return Memory(memory.done, states)


def state_array(trace: Trace, state: str, key: str) -> Array:
    """A state of a tensor's parameters."""
    own = trace.memory.states[state][key]
    return filled(trace.network.tensors[key].shape, own) if isinstance(own, dict) else np.asarray(own)


def filled(shape: tuple[int, ...], amounts: Mapping[Cell, Amount]) -> Array:
    """Amounts by cell as an array, zeros elsewhere."""
    array = np.zeros(shape)
    for cell, amount in amounts.items():
        array[cell] = amount.number
    return array


def shared_number(trace: Trace, formula: Expr, known: Mapping[str, Amount], which: slice) -> Amount:
    """The number of a formula that sums over the gradients of some of the parameters that learn."""
    totals = trace.ahead.totals
    found = [
        totals[part.tensor.key].ravel()
        if isinstance(part, Unnamed)
        else np.array([totals[one.uses[0].key][one.uses[0].cell] for one in part])
        for part in learned(trace.network).parts
    ]
    every = np.concatenate(found or [np.zeros(0)])[which]
    arrays = {name: np.asarray(one.number) for name, one in known.items()}
    return Amount(float(_worked_out(formula, {**arrays, every_g.name: every}, {EVERY: every.size})))


def overwrite(
    trace: Trace, given: Mapping[str, Array], memory: Memory, shared: Mapping[Sym, Amount]
) -> dict[str, Array]:
    """A step that overwrites the parameters that are given and the states of the memory, also what is to be kept.

    The result has what each line comes to, by the keys of ``update_lines``.
    """
    arrays: dict[str, Any] = {**given, **{slope_key(key): array for key, array in trace.ahead.totals.items()}}
    for name, states in memory.states.items():
        arrays |= {state_key(Sym(name), key): array for key, array in states.items()}
    for tensor, key in trace.program.rates:
        arrays[key] = np.float64(rate_of(trace, tensor))
    if trace.program.counts:
        arrays |= {common_key(one): np.float64(n) for one, n in trace.network.training.counts(memory.done).items()}
    arrays |= {common_key(symbol): np.float64(amount.number) for symbol, amount in shared.items()}
    return trace.program.update(arrays)


def lines_of(network: Network, found: Mapping[str, Array]) -> dict[Sym, dict[str, Array]]:
    """What the lines of a step came to, by symbol and tensor."""
    *before, (last, _) = network.training.rule.lines
    keys = learning(network)
    lines = {symbol: {key: found[state_key(symbol, key)] for key in keys} for symbol, _ in before}
    return {**lines, last: {key: found[key] for key in keys}}


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


def _known(trace: Trace, key: str, parameter: Array, shared: Mapping[Sym, Amount]) -> dict[str, Array]:
    """What is known of a tensor before the step but its gradient, by the names of the optimizer's symbols."""
    known = {name: np.asarray(one.number) for name, one in named(known_before(trace)).items()}
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

"""One step of an optimizer: the numbers of each of its lines, for every parameter that moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from ..catalogue import UpdateRule
from ..catalogue.update_rule import g, lr, new, t, w
from ..expr import Expr, Sym
from ..network.model import Cell, Element, Network
from ..network.quantities import Quantity, frozen, quantity
from .amount import Amount, fraction

if TYPE_CHECKING:
    from .trace import Trace

Amounts = dict[Cell, Amount]
Chosen = Mapping[str, Quantity]
"""The quantities that an update is limited to, by name."""


class Memory(NamedTuple):
    """What an optimizer remembers: how many steps it has done, and its states by name and by the parameter's key.

    A state has the numbers of a tensor as the trace keeps them: amounts by cell, or an array.
    """

    done: int
    states: Mapping[str, Mapping[str, Any]]

    def state(self, name: str, element: Element) -> Amount:
        """A state of one parameter."""
        return _amount(self.states[name][element.key][element.cell])


class Update(NamedTuple):
    """A step from one trace to the next. ``lines`` has for each line of the rule its numbers by the parameter's key."""

    before: Trace
    after: Trace
    lines: Mapping[Sym, Mapping[str, Any]]

    @property
    def rule(self) -> UpdateRule:
        """The optimizer's formulas."""
        return self.before.network.training.rule

    @property
    def number(self) -> int:
        """Which step it is, counted from 1."""
        return self.after.memory.done

    def result(self, symbol: Sym, element: Element) -> Amount:
        """The number of a line, or of a state before the step, for one parameter."""
        if symbol not in self.lines:
            return self.before.memory.state(symbol.name, element)
        return _amount(self.lines[symbol][element.key][element.cell])

    def common(self, key: str) -> dict[Sym, Amount]:
        """The numbers that the parameters of a tensor share: the optimizer's options and the learning rate."""
        return {**constants(self.rule), lr: fraction(rate_of(self.before.network, key))}


def _amount(found: Any) -> Amount:
    return found if isinstance(found, Amount) else Amount(float(found))


def rate_of(network: Network, key: str) -> Fraction:
    """The learning rate of a tensor."""
    rates = network.training.rates
    assert rates is not None  # who asks for a step has made sure of it
    return rates.of(key)


def constants(rule: UpdateRule) -> dict[Sym, Amount]:
    """The numbers of the rule's options."""
    return {symbol: fraction(exactly(value)) for symbol, value in rule.constants.items()}


def exactly(value: float | Fraction) -> Fraction:
    """The number that was typed: 0.9 is 9/10, not the float next to it."""
    return value if isinstance(value, Fraction) else Fraction(str(value))


def element_memory(network: Network, given: Mapping[str, Amounts]) -> Memory:
    """The states before the first step, element by element."""
    training = network.training
    states = {}
    for state in training.rule.states:
        first = fraction(exactly(training.rule.start.get(state, 0)))
        own = training.start.get(state.name, {})
        states[state.name] = {
            key: {cell: fraction(own[key][cell]) if cell in own.get(key, {}) else first for cell in given[key]}
            for key in network.parameters
        }
    return Memory(training.done, states)


def element_lines(
    trace: Trace,
    given: Mapping[str, Amounts],
    number: Callable[[Expr, Callable[[str, Cell], Amount]], Amount],
    carry: Callable[[Amount], Amount],
    only: Chosen | None,
) -> dict[Sym, dict[str, Amounts]]:
    """The lines of a step, element by element; each is a numbered result, which is carried on as it is shown."""
    network, memory = trace.network, trace.memory
    rule = network.training.rule
    common = {**{symbol.name: number for symbol, number in constants(rule).items()}, t.name: fraction(memory.done + 1)}
    lines: dict[Sym, dict[str, Amounts]] = {symbol: {key: {} for key in network.parameters} for symbol, _ in rule.lines}
    for key in network.parameters:
        kept = Kept(network, key, only)
        common[lr.name] = fraction(rate_of(network, key))
        for cell, old in given[key].items():
            if cell in kept:
                continue
            own = {state: numbers[key][cell] for state, numbers in memory.states.items()}
            known = {**common, **own, w.name: old, g.name: trace.total(quantity(network, Element(key, cell)))}
            for symbol, formula in rule.lines:
                result = carry(number(formula, _lookup(known)))
                known[symbol.name + symbol.mark] = lines[symbol][key][cell] = result
    return lines


def _lookup(known: Mapping[str, Amount]) -> Callable[[str, Cell], Amount]:
    return lambda name, _: known[name]


def moved(
    trace: Trace, given: Mapping[str, Any], lines: Mapping[Sym, Mapping[str, Any]], put: Callable[[str, Any, Any], Any]
) -> tuple[dict[str, Any], Memory]:
    """The given numbers and the memory after a step. ``put`` puts the new numbers of a tensor in place of the old."""
    rule, memory = trace.network.training.rule, trace.memory
    parameter, _ = rule.lines[-1]
    after = {**given, **{key: put(key, given[key], numbers) for key, numbers in lines[parameter].items()}}
    states = {
        state.name: {
            **memory.states[state.name],
            **{key: put(key, memory.states[state.name][key], numbers) for key, numbers in lines[new(state)].items()},
        }
        for state in rule.states
    }
    return after, Memory(memory.done + 1, states)


class Kept:
    """Which elements of a tensor an update leaves as they are: missing, frozen, not chosen, or given data.

    They are the ``exceptions`` where ``everything`` else moves, or all but the exceptions.
    """

    def __init__(self, network: Network, key: str, only: Chosen | None) -> None:
        tensor = network.tensors[key]
        resting = set(tensor.missing)
        if network.frozen:
            cells = tensor.cells()
            resting |= {cell for cell in cells if frozen(network, quantity(network, Element(key, cell)))}
        for cell, name in tensor.names.items():
            if any(network.tensors[use.key].role != "parameter" for use in network.uses[name]):
                resting.add(cell)
        self.everything = only is not None
        self.exceptions = resting
        if only is not None:
            chosen = {use.cell for one in only.values() for use in one.uses if use.key == key}
            self.exceptions = chosen - resting

    def __contains__(self, cell: Cell) -> bool:
        return (cell in self.exceptions) != self.everything

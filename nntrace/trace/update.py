"""One step of an optimizer: the numbers of each of its lines, for every parameter that moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..catalogue import UpdateRule
from ..catalogue.update_rule import EVERY, every_g, g, lr, new, w
from ..expr import Expr, Sym
from ..network.model import Cell, Element, Network
from ..network.quantities import Quantity, frozen, learned, quantity
from ..network.training import GivenNumber
from ..record import Record
from .amount import Amount, evaluated, fraction

if TYPE_CHECKING:
    from .trace import Trace

Amounts = dict[Cell, Amount]
Limit = Mapping[str, Quantity]
"""The quantities that an update is limited to, by name."""


class Memory(Record):
    """What an optimizer remembers: how many steps it has done, and its states by name and by the parameter's key.

    A state has the numbers of a tensor as the trace keeps them: amounts by cell, or an array.
    """

    done: int
    states: Mapping[str, Mapping[str, Any]]

    def state(self, name: str, element: Element) -> Amount:
        """A state of one parameter."""
        return _amount(self.states[name][element.key][element.cell])


class Update(Record):
    """A step from one trace to the next.

    ``shared`` has the numbers of the lines that all parameters share, ``lines`` for each other line of the rule its
    numbers by the parameter's key.
    """

    before: Trace
    after: Trace
    shared: Mapping[Sym, Amount]
    lines: Mapping[Sym, Mapping[str, Any]]

    @property
    def rule(self) -> UpdateRule:
        """The optimizer's formulas."""
        return self.before.network.training.rule

    @property
    def counts(self) -> dict[Sym, int]:
        """The symbols that count something, such as the number of the step."""
        return self.before.network.training.counts(self.before.memory.done)

    @property
    def rate(self) -> Amount:
        """The learning rate, of the tensors that have none of their own."""
        return self.shared.get(lr) or fraction(rate_of(self.before, ""), typed=True)

    @property
    def every_rate(self) -> set[float]:
        """The learning rates of all tensors."""
        if lr in self.shared:
            return {self.shared[lr].number}
        return {float(rate_of(self.before, key)) for key in ("", *self.before.network.parameters)}

    def result(self, symbol: Sym, element: Element) -> Amount:
        """The number of a line, or of a state before the step, for one parameter."""
        if symbol not in self.lines:
            return self.before.memory.state(symbol.name, element)
        return _amount(self.lines[symbol][element.key][element.cell])

    def of_one(self, element: Element) -> dict[Sym, Amount]:
        """What one parameter has for itself: its states before the step, and its lines if it moves."""
        lines = {symbol: own.get(element.key, {}) for symbol, own in self.lines.items()}
        moves = all(not isinstance(own, dict) or element.cell in own for own in lines.values())
        return {one: self.result(one, element) for one in (self.rule.own if moves else self.rule.states)}

    def common(self, key: str) -> dict[Sym, Amount]:
        """The numbers that the parameters of a tensor share: the optimizer's options, the rate, the shared lines."""
        return {**constants(self.rule), lr: fraction(rate_of(self.before, key), typed=True), **self.shared}


def _amount(found: Any) -> Amount:
    return found if isinstance(found, Amount) else Amount(float(found))


def amount_of(number: GivenNumber) -> Amount:
    """A number of the file: exact where it was typed."""
    return fraction(number, typed=True) if isinstance(number, Fraction) else Amount(number)


def rate_of(trace: Trace, key: str) -> Fraction:
    """The learning rate of a tensor in the next step."""
    training = trace.network.training
    assert training.rates is not None  # who asks for a step has made sure of it
    return training.rates.of(key, training.past(trace.memory.done))


def constants(rule: UpdateRule) -> dict[Sym, Amount]:
    """The numbers of the rule's options."""
    return {symbol: fraction(exactly(value), typed=True) for symbol, value in rule.constants.items()}


def exactly(value: float | Fraction) -> Fraction:
    """The number that was typed: 0.9 is 9/10, not the float next to it."""
    return value if isinstance(value, Fraction) else Fraction(str(value))


def named(numbers: Mapping[Sym, Amount]) -> dict[str, Amount]:
    """Numbers of symbols without indices by what these are looked up by."""
    return {symbol.name + symbol.mark: number for symbol, number in numbers.items()}


def known_before(trace: Trace) -> dict[Sym, Amount]:
    """What all parameters share before a step: the options and the counts."""
    counts = trace.network.training.counts(trace.memory.done)
    return {**constants(trace.network.training.rule), **{one: fraction(count) for one, count in counts.items()}}


def given_gradient(trace: Trace, element: Element) -> Amount | None:
    """The gradient of a parameter in the next step where the file gives it."""
    numbers = trace.network.training.gradients.get(element.key, {}).get(element.cell)
    if numbers is None:
        return None
    return amount_of(numbers[trace.memory.done if len(numbers) > 1 else 0])


def shared_lines(trace: Trace) -> dict[Sym, Amount]:
    """The lines of a step that come first and once, each a numbered result."""
    found: dict[Sym, Amount] = {}
    rule = trace.network.training.rule
    known = named(known_before(trace)) if rule.shared else {}
    for symbol, formula in rule.shared:
        found[symbol] = known[symbol.name + symbol.mark] = trace.result(trace.shared_number(formula, known))
    return found


# -- element by element ------------------------------------------------------------------------------------------------


def shared_amount(trace: Trace, formula: Expr, known: Mapping[str, Amount], which: slice) -> Amount:
    """The number of a formula that sums over some of the parameters that learn, element by element."""
    every = learned(trace.network)
    places = range(len(every))[which]

    def value(name: str, cell: Cell) -> Amount:
        return trace.ahead.total(every[places[cell[0]]]) if name == every_g.name else known[name]

    return evaluated(formula, value, {}, {EVERY: len(places)})


def element_memory(network: Network, given: Mapping[str, Amounts]) -> Memory:
    """The states before the first step, element by element."""
    training = network.training
    states = {}
    for state in training.rule.states:
        first = fraction(exactly(training.rule.start.get(state, 0)), typed=True)
        own = training.start.get(state.name, {})
        states[state.name] = {
            key: {cell: amount_of(own[key][cell]) if cell in own.get(key, {}) else first for cell in given[key]}
            for key in network.parameters
        }
    return Memory(training.done, states)


def element_lines(
    trace: Trace, given: Mapping[str, Amounts], shared: Mapping[Sym, Amount], only: Limit | None
) -> dict[Sym, dict[str, Amounts]]:
    """The lines of a step, element by element; each is a numbered result, which is carried on as it is shown."""
    lines: dict[Sym, dict[str, Amounts]] = {
        symbol: {key: {} for key in trace.network.parameters} for symbol, _ in trace.network.training.rule.lines
    }
    for element, known in _known_of_each(trace, given, only):
        found = trace.ahead.total(quantity(trace.network, element))
        known |= {**named(shared), g.name: found}
        for symbol, formula in trace.network.training.rule.lines:
            result = trace.result(_of_one(formula, known))
            known[symbol.name + symbol.mark] = lines[symbol][element.key][element.cell] = result
    return lines


def elements_ahead(trace: Trace, given: Mapping[str, Amounts]) -> dict[str, Amounts]:
    """The parameters at the point where the gradient is taken."""
    formula = trace.network.training.rule.ahead
    assert formula is not None
    found = {key: dict(given[key]) for key in trace.network.parameters}
    for element, known in _known_of_each(trace, given, None):
        found[element.key][element.cell] = trace.result(_of_one(formula, known))
    return found


def _of_one(formula: Expr, known: Mapping[str, Amount]) -> Amount:
    """The number of a formula for one parameter."""
    return evaluated(formula, lambda name, _: known[name])


def _known_of_each(
    trace: Trace, given: Mapping[str, Amounts], only: Limit | None
) -> Iterator[tuple[Element, dict[str, Amount]]]:
    """Each element that moves, and what is known of it before the step but its gradient."""
    common = named(known_before(trace))
    for key in trace.network.parameters:
        kept = Kept(trace.network, key, only)
        common[lr.name] = fraction(rate_of(trace, key), typed=True)
        for cell, old in given[key].items():
            if cell not in kept:
                states = {state: numbers[key][cell] for state, numbers in trace.memory.states.items()}
                yield Element(key, cell), {**common, **states, w.name: old}


# -- what the step leaves ----------------------------------------------------------------------------------------------


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

    def __init__(self, network: Network, key: str, only: Limit | None) -> None:
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

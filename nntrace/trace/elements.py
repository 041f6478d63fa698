"""A trace element by element: exact where the numbers are rational, and rounded as one does by hand where wanted.

Under ``carry`` every numbered result is rounded as shown *before* it is used again: computed from the digits carried
so far, exactly where the operation is rational, and then rounded half away from zero. Nothing inside a step is
rounded: no term, no local derivative, no lr × gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial, reduce
from itertools import product
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..expr import Cases, Expr, Indicator, Sym, approximate, children, partial_key, symbols
from ..expr.bind import free_indices, transform
from ..expr.functions import spelled_out
from ..network.chain_rule import LOSS, Adjoint, ChainRule, Reader
from ..network.model import BoundOperation, Cell, Element, Network, Tensor
from ..network.quantities import Quantity
from ..spec.model import Rounding
from .amount import NOTHING, Amount, carried, decided, evaluated, fraction, measured
from .trace import Trace
from .update import (
    Amounts,
    Limit,
    Memory,
    Update,
    element_lines,
    element_memory,
    elements_ahead,
    given_gradient,
    moved,
    shared_amount,
    shared_lines,
)  # fmt: skip

if TYPE_CHECKING:
    from ..network.model import Array
    from ..network.tensor_parts import PartsOf
    from .program import CompiledNetwork, Program


class ElementTrace(Trace):
    """A trace whose every number is an ``Amount``; by the network's conventions it is carried as rounded."""

    elementwise = True

    def __init__(
        self,
        network: Network,
        given: Mapping[str, Amounts] | None = None,
        program: Program | None = None,
        memory: Memory | None = None,
    ) -> None:
        super().__init__(network, program)
        self.rule = network.conventions.rounding
        self._given = dict(given) if given is not None else self._as_given()
        self.memory = memory if memory is not None else element_memory(network, self._given)
        self._from_logits: set[Element] = set()

    def _as_given(self) -> dict[str, Amounts]:
        """The given numbers: as typed; under carry, floats of files and irrational ones are rounded as shown."""
        given: dict[str, Amounts] = {}
        for key, tensor in self.network.tensors.items():
            if tensor.array is not None or tensor.typed is not None:
                cells = product(*map(range, tensor.shape)) if tensor.array is not None else tensor.typed or ()
                given[key] = {cell: self._given_number(tensor, cell) for cell in cells}
                given[key].update(dict.fromkeys(tensor.missing, NOTHING))
        return given

    def _given_number(self, tensor: Tensor, cell: Cell) -> Amount:
        if (typed := tensor.typed_number(cell)) is not None:
            return self._as_carried(fraction(typed, typed=True))
        assert tensor.array is not None
        return self._as_carried(measured(float(tensor.array[cell])))

    def _as_carried(self, given: Amount) -> Amount:
        own = given if given.exact is not None else self.result(given)
        return own if own is given or own.exact in (None, given.number) else own._replace(typed=True)

    def given_arrays(self) -> dict[str, Array]:
        from .array_update import filled

        return {key: filled(self.network.tensors[key].shape, amounts) for key, amounts in self._given.items()}

    @cached_property
    def formulas(self) -> CompiledNetwork:
        from ..expr.loops import LoopWriter
        from .program import CompiledNetwork

        return CompiledNetwork(self.network, LoopWriter)

    @cached_property
    def floats(self) -> dict[str, Any]:
        given = {key: _listed(self.network.tensors[key].shape, amounts) for key, amounts in self._given.items()}
        return self.formulas.forward(given)

    def result(self, amount: Amount) -> Amount:
        return amount if self.rule.places is None else carried(amount, self.rule)

    @cached_property
    def values(self) -> dict[str, Amounts]:
        """Every tensor's elements by key."""
        values = dict(self._given)
        for step in self.network.steps:
            axes = [str(index) for index in step.operation.output.index]
            settled = _settled(step, values)
            values[step.output] = {
                cell: self.result(self._value(settled, _at(axes, cell), values)) for cell in _cells(step, axes)
            }
            tensor = self.network.tensors[step.output]
            for cell in values[step.output] if tensor.overridden else ():
                if (given := tensor.overridden.get(cell[tensor.sampled :])) is not None:
                    values[step.output][cell] = self._as_carried(fraction(given, typed=True))
        return values

    def _value(self, step: BoundOperation, index: Mapping[str, int], values: Mapping[str, Amounts]) -> Amount:
        """One element; from carried digits by the textbook's formula, unless what was carried is a logarithm's 0."""
        if self.rule.places is not None and step.has_logits:
            if isfinite(self._strictly(step, index, values)):
                return _element(step, step.operation.numeric, index, values, {})
            self._from_logits.add(Element(step.output, tuple(index.values())))
        return _element(step, step.numeric, index, values, {})

    def _strictly(self, step: BoundOperation, index: Mapping[str, int], values: Mapping[str, Amounts]) -> float:
        """What the textbook's formula comes to; where it takes ln(0), be it 0 times, no number."""

        def is_number(symbol: Expr) -> bool:
            return isinstance(symbol, Sym) and not self.network.tensors[step.key(symbol.name)].structural

        def product_of(node: Expr) -> Expr | None:
            spelled = spelled_out(node)
            if spelled is None or not any(map(is_number, symbols(children(node)[0]))):
                return None
            return transform(spelled, product_of)

        def value(name: str, cell: Cell) -> float:
            return values[step.key(name)][cell].number

        return approximate(transform(step.operation.numeric, product_of), value, index, step.sizes)

    def needs_logits(self, element: Element) -> bool:
        return bool(self.values) and element in self._from_logits

    @cached_property
    def _gradients(self) -> dict[str, Amounts]:
        """The gradients by key, each use of a tied name for itself; those of units are finished steps."""
        network = self.network
        if network.loss is None:
            return {}
        gradients: dict[str, Amounts] = {network.loss: {(): fraction(1)}}
        chain, carries = ChainRule(network), self.rule.places is not None
        finished: set[str] = set()
        for reader in chain.ways():
            output = reader.step.output
            if output not in gradients:
                continue
            if output not in finished and network.tensors[output].role == "unit":
                own = gradients[output]
                gradients[output] = {cell: self.result(own[cell]) for cell in network.tensors[output].cells()}
            finished.add(output)
            back = gradients.setdefault(reader.key, _Gradient(network.tensors[reader.key].missing))
            assert isinstance(back, _Gradient)
            derived = chain.adjoint(reader) if carries else chain.computed(reader)
            back.ways.append(partial(self._by, reader, derived, gradients[output]))
        return gradients

    def _by(self, reader: Reader, derived: Adjoint, slopes: Amounts, cell: Cell) -> Amount:
        """What comes back to an element by one reader of its tensor, from the gradient of that one's result."""
        partials = {partial_key(LOSS.name, reader.edge.operation.output.name): slopes}
        return _element(reader.step, derived.formula, _at(list(derived.axes), cell), self.values, partials)

    def value(self, element: Element) -> Amount:
        return self.values[element.key][element.cell]

    def gradient(self, element: Element) -> Amount:
        own = self._gradients.get(element.key)
        return NOTHING if own is None else own[element.cell]

    def total(self, quantity: Quantity) -> Amount:
        added = super().total(quantity)
        is_given = given_gradient(self, quantity.uses[0]) is not None
        return added if is_given or added.carried is not None else self.result(added)

    def shared_number(self, formula: Expr, known: Mapping[str, Amount], which: slice = slice(None)) -> Amount:
        return shared_amount(self, formula, known, which)

    def at_point_ahead(self) -> Trace:
        there = elements_ahead(self, self._given)
        pairs = ((own[cell], self._given[key][cell]) for key, own in there.items() for cell in own)
        if all(one._replace(typed=given.typed) == given for one, given in pairs):
            return self
        return ElementTrace(self.network, {**self._given, **there}, self._program, self.memory)

    def updated(self, only: Limit | None = None) -> Update:
        shared = shared_lines(self)
        lines = element_lines(self, self._given, shared, only)
        given, memory = moved(self, self._given, lines, lambda key, old, new: {**old, **new})
        return Update(self, ElementTrace(self.network, given, self._program, memory), shared, lines)

    def in_network(self, network: Network, program: Program | None = None) -> Trace:
        own = {key: self._given[key] for key in network.parameters}
        given = {**ElementTrace(network)._given, **own}
        return ElementTrace(network, given, program, self.memory)

    def in_parts(self, network: Network, parts: PartsOf) -> Trace:
        given = {key: amounts for key, amounts in self._given.items() if key not in parts}
        for key, own in parts.items():
            for part in own:
                cells = ((part.moved(cell), amount) for cell, amount in self._given[key].items())
                given[part.tensor.key] = {cell: amount for cell, amount in cells if cell is not None}
        return ElementTrace(network, given, memory=Memory(self.memory.done, {}))

    def precisely(self) -> Trace:
        if self.rule.places is None:
            return self
        network = self.network._replace(conventions=self.network.conventions._replace(rounding=Rounding()))
        given, unrounded = _without_digits(self._given), ElementTrace(network)._given
        for key, amounts in self._given.items():
            given[key] |= {cell: unrounded[key][cell] for cell, one in amounts.items() if one.is_rounded_given}
        states = {state: _without_digits(own) for state, own in self.memory.states.items()}
        return ElementTrace(network, given, self._program, Memory(self.memory.done, states))


class _Gradient(dict[Cell, Amount]):
    """∂L/∂tensor, each element's when it is looked at: the sum of what comes back by the ``ways`` to its readers."""

    def __init__(self, without: frozenset[Cell]) -> None:
        self.ways: list[Callable[[Cell], Amount]] = []
        super().__init__(dict.fromkeys(without, NOTHING))

    def __missing__(self, cell: Cell) -> Amount:
        first, *others = (way(cell) for way in self.ways)
        self[cell] = found = reduce(Amount.plus, others, first)
        return found


def _without_digits(amounts: Mapping[str, Amounts]) -> dict[str, Amounts]:
    """The same numbers, no digits of which are carried on."""
    return {
        key: {cell: one._replace(carried=None, rounded=False) for cell, one in own.items()}
        for key, own in amounts.items()
    }


def _listed(shape: tuple[int, ...], amounts: Amounts, cell: Cell = ()) -> Any:
    """The floats of a tensor as lists inside lists; where there is no connection, a zero."""
    if len(cell) == len(shape):
        return amounts.get(cell, NOTHING).number
    return [_listed(shape, amounts, (*cell, place)) for place in range(shape[len(cell)])]


def _cells(step: BoundOperation, axes: list[str]) -> list[Cell]:
    return list(product(*(range(step.sizes[axis]) for axis in axes)))


def _settled(step: BoundOperation, values: Mapping[str, Amounts]) -> BoundOperation:
    """A step without the distinctions that come out the same for every cell; what is not a number meets no need."""

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, Cases) or free_indices(Indicator(node.condition)):
            return None
        is_true = decided(node.condition, lambda name, cell: values[step.key(name)][cell], {}, step.sizes)
        return transform(node.then if is_true else node.otherwise, leaf)

    return step._replace(numeric=transform(step.numeric, leaf)) if step.reasons else step


def _at(axes: list[str], cell: Cell) -> dict[str, int]:
    return dict(zip(axes, cell, strict=True))


def _element(
    step: BoundOperation,
    formula: Expr,
    index: Mapping[str, int],
    values: Mapping[str, Amounts],
    partials: Mapping[str, Amounts],
) -> Amount:
    """One element of a formula, from the values before it."""

    def value(name: str, cell: Cell) -> Amount:
        known = partials.get(name)
        return (values[step.key(name)] if known is None else known)[cell]

    return evaluated(formula, value, index, step.sizes)

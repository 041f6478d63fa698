"""The chain rule, for every operation the same:

    adjoint(argument) = Σ over the output's indices of ∂L/∂output × ∂output/∂argument

derived once for an operation, in its own symbols, and then only bound. What a gradient is made of, who reads a tensor
and by which edge, is told here; elements, whole tensors, arrays and derivations are views of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogue import Operation
from ..expr import (
    Add,
    Delta,
    Expr,
    Neg,
    Partial,
    Sum,
    Sym,
    at,
    contract,
    differentiate,
    product,
    rename,
    sided,
    simplify,
)  # fmt: skip
from ..expr.bind import fresh, transform
from ..expr.letters import index_letters
from ..record import Record
from .model import BoundOperation, Edge, Network

LOSS = Sym("L")


class Adjoint(Record):
    """∂L/∂argument through one operation, in the indices of ``argument``.

    ``formula`` has the local derivative as it is used: the textbook's form where the catalogue declares one, else
    the derived one simplified. ``derived`` has it as the rules of differentiation give it, ``numeric`` as numbers
    are computed, in which 1 - a does not cancel.
    """

    argument: Sym
    formula: Expr
    derived: Expr
    numeric: Expr

    @property
    def axes(self) -> tuple[str, ...]:
        """The argument's index letters."""
        return tuple(map(str, self.argument.index))


class Reader(Record):
    """One reader of a tensor: the operation, and the edge by which the gradient comes back.

    ``bypassed``: the loss is fused with the activation before it, and leads past this tensor, which has its gradient
    for whoever asks.
    """

    step: BoundOperation
    edge: Edge
    bypassed: bool = False

    @property
    def key(self) -> str:
        """The key of the tensor that is read."""
        return self.step.key(self.edge.argument)

    @property
    def is_declared(self) -> bool:
        """Whether the catalogue declares the local derivative."""
        return self.edge.argument in self.edge.operation.declared

    @property
    def leads_past(self) -> bool:
        """Whether it leads from a loss past the activation that this is fused with."""
        return bool(self.step.bypassed) and not self.bypassed and self.is_declared

    @property
    def tells_places_apart(self) -> bool:
        """Whether the local derivative has another form at an element's own place than at the others."""
        return self.edge.operation.mixes(self.edge.argument) or self.leads_past


class ChainRule:
    """The gradients of one network: by which readers each comes back; ``everywhere``: also where none comes to."""

    def __init__(self, network: Network, everywhere: bool = False) -> None:
        self.network = network
        self.kink = network.conventions.relu_at_zero
        self._readers: dict[str, list[Reader]] = {}
        reached = network.reached()
        for step in network.steps:
            for edge in step.edges if everywhere or step.output in reached else ():
                self._add(Reader(step, edge))
            for edge in step.bypassed:
                self._add(Reader(step, edge, bypassed=True))

    def _add(self, reader: Reader) -> None:
        self._readers.setdefault(reader.key, []).append(reader)

    def readers(self, key: str, past: bool = True) -> list[Reader]:
        """Who reads a tensor, in the order of the network; with ``past``, a loss that leads past it among them."""
        return [one for one in self._readers.get(key, ()) if past or not one.bypassed]

    def ways(self) -> Iterator[Reader]:
        """Every way of the gradient, from the loss back to the given tensors; those to what is led past come last."""
        for past in (False, True):
            for step in reversed(self.network.steps):
                for edge in step.bypassed if past else step.edges:
                    yield Reader(step, edge, past)

    def adjoint(self, reader: Reader) -> Adjoint:
        """What comes back by a reader."""
        found = adjoint(reader.edge.operation, reader.edge.argument, self.kink)
        return found._replace(formula=self._at_given(reader, found.formula)) if self.is_given(reader) else found

    def is_given(self, reader: Reader) -> bool:
        """Whether a reader's result has given numbers, and its local derivative at these is to be told."""
        operation = reader.edge.operation
        has_slope = operation.is_elementwise or reader.is_declared
        return bool(self.network.tensors[reader.step.output].overridden) and has_slope

    def computed(self, reader: Reader) -> Adjoint:
        """What comes back by a reader, by the formula that numbers are computed from: where the result has a given
        number, from that, or from the argument."""
        found = self.adjoint(reader)
        return found if self.is_given(reader) else found._replace(formula=found.numeric)

    def _at_given(self, reader: Reader, formula: Expr) -> Expr:
        from .given_slopes import at_given  # few networks need it

        return at_given(reader.edge.operation, formula)


def keyed(formula: Expr, step: BoundOperation) -> Expr:
    """An operation's formula over the keys of the tensors that it is bound to."""

    def key(symbol: Sym) -> Sym:
        return Sym(step.key(symbol.name), symbol.index)

    return rename(formula, lambda one: Partial(LOSS, key(one.by)) if isinstance(one, Partial) else key(one))


_KNOWN: dict[tuple[int, str, int], tuple[Operation, Adjoint]] = {}


def adjoint(operation: Operation, argument: str, kink: int) -> Adjoint:
    """∂L/∂argument in terms of ∂L/∂output, for any operation; ``kink`` is the convention at a corner.

    Worked out once for an operation (kept by its identity, with the operation itself so that this stays its own).
    """
    key = (id(operation), argument, kink)
    if key not in _KNOWN:
        _KNOWN[key] = (operation, _derive(operation, argument, kink))
    return _KNOWN[key][1]


def _derive(operation: Operation, argument: str, kink: int) -> Adjoint:
    symbol = operation.argument(argument)
    primed = {str(index): f"{index}′" for index in symbol.index}
    by = Sym(symbol.name, tuple(primed.values()))
    derived = differentiate(operation.formula, by, kink)
    declared = operation.declared.get(argument)

    def tied(form: Expr) -> Expr:
        """An index that the output has too stays, and is tied to the argument's by a δ."""
        shared = {index: new for index, new in primed.items() if index in operation.output.index}
        own = {index: new for index, new in primed.items() if index not in shared}
        return product((at(sided(form, kink), own), *(Delta(i, j) for i, j in shared.items())))

    used = tied(declared[-1].form) if declared else simplify(derived)
    numeric = tied(operation.uncancelled[argument]) if argument in operation.uncancelled else used
    if operation.is_elementwise:
        numeric = transform(numeric, operation.complements.get)

    def chained(partial: Expr) -> Expr:
        gradient = product((Partial(LOSS, operation.output), partial))
        for index in operation.output.index:
            gradient = contract(str(index), gradient)
        return at(gradient, {new: index for index, new in primed.items()})

    computed = chained(numeric)
    if operation.sums_to_one:
        from ..expr.rules import distributed  # few networks need it

        computed = _less_their_mean(distributed(computed), operation.output)  # not a product for each pair of results
    return Adjoint(symbol, chained(used), chained(derived), computed)


def _less_their_mean(gradient: Expr, output: Sym) -> Expr:
    """With ∂L/∂output less its mean under a distribution, which changes nothing, as the results always sum to 1: of a
    result near 1 no digits cancel then."""
    *others, along = map(str, output.index)
    letter = fresh(along, {along, *index_letters(gradient)})
    each = Sym(output.name, (*others, letter))
    mean = Sum(letter, Partial(LOSS, each) * each)
    return rename(gradient, lambda one: Add((one, Neg(mean))) if isinstance(one, Partial) else one)

"""The same network where inputs and parameters that are only read in parts are tensors of their own.

Derivations, affine maps and matrix lines are about these; the numbers are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from ..catalogue import Operation, Parameter, Same
from ..expr import Add, Expr, Index, Partial, Sum, Sym, at, factors_of, product, rename, symbols
from ..expr.bind import transform
from ..expr.differentiate import placed
from ..expr.index import Segment, segment
from ..expr.structure import as_sum, terms_of
from .model import BoundOperation, Edge, Element, Network, Tensor
from .tensor_parts import SPLIT, AxisPart, PartsOf, parts_of, span_of


def apart(network: Network, roles: Collection[str] = SPLIT) -> Network:
    """The network with the parts of its tensors of these roles in their place."""
    return with_parts(network, parts_of(network, roles))


def with_parts(network: Network, split: PartsOf) -> Network:
    """The network with these parts in the place of what they are parts of."""
    if not split:
        return network

    def elements(uses: Iterable[Element]) -> Iterator[Element]:
        for use in uses:
            moved = ((part, part.moved(use.cell)) for part in split.get(use.key, ()))
            yield next((Element(part.tensor.key, cell) for part, cell in moved if cell is not None), use)

    tensors: dict[str, Tensor] = {}
    for key, tensor in network.tensors.items():
        tensors |= {part.tensor.key: part.tensor for part in split[key]} if key in split else {key: tensor}
    keys = (own for key in network.parameters for own in ([part.tensor.key for part in split.get(key, ())] or [key]))
    return network._replace(
        tensors=tensors,
        steps=tuple(_step(step, split, tensors) for step in network.steps),
        parameters=tuple(keys),
        uses={name: tuple(elements(uses)) for name, uses in network.uses.items()},
    )


def _step(step: BoundOperation, split: PartsOf, tensors: Mapping[str, Tensor]) -> BoundOperation:
    """A step over the parts that it reads."""
    if step.is_penalty:
        step = _summed_by_parts(step, split)
    return _StepParts(step, split).step(tensors) if any(key in split for key in step.arguments.values()) else step


def _summed_by_parts(penalty: BoundOperation, split: PartsOf) -> BoundOperation:
    """A penalty that sums over each part of a tensor by itself: Σ_i w_i² is Σ_k w_k² + Σ_l w_(l+2)²."""
    sizes = dict(penalty.sizes)

    def over_part(node: Expr, spans: Mapping[Index, AxisPart], number: int) -> Expr:
        if not isinstance(node, Sum):
            return node
        match spans[node.over]:
            case None:
                return Sum(node.over, over_part(node.body, spans, number))
            case int(place):
                return over_part(at(node.body, {node.over: place}), spans, number)
            case start, end:
                sizes[own := node.over + "′" * number] = end - start
                return Sum(own, over_part(at(node.body, {node.over: segment(own, start)}), spans, number))

    def leaf(node: Expr) -> Expr | None:
        match node:
            case Add(terms):
                return as_sum([one for term in terms for one in terms_of(transform(term, leaf))])
            case Sum():
                own = next((one for one in symbols(node) if isinstance(one, Sym) and one.name in split), None)
                if own is None:
                    return node
                places = [dict(zip(own.index, part.spans, strict=True)) for part in split[own.name]]
                return as_sum([over_part(node, spans, number) for number, spans in enumerate(places)])
            case _:
                return None

    made = penalty.operation.over(lambda formula: transform(formula, leaf))
    edges = tuple(Edge(made, edge.argument) for edge in penalty.edges)
    return penalty._replace(operation=made, edges=edges, numeric=made.numeric, sizes=sizes)


class _StepParts:
    """What one step reads, each part of a tensor under a symbol of its own."""

    def __init__(self, step: BoundOperation, split: PartsOf) -> None:
        self.original = step
        self.split = split
        self.arguments = {name: key for name, key in step.arguments.items() if key not in split}
        self.operations: dict[int, Operation] = {}
        """The operations over the parts, by those over the whole tensors."""

    def step(self, tensors: Mapping[str, Tensor]) -> BoundOperation:
        original = self.original
        operation = self._operation(original.operation)
        edges, bypassed = (tuple(self._edges(given)) for given in (original.edges, original.bypassed))
        sizes = dict(original.sizes)
        for name, key in self.arguments.items():  # the letters by which they are differentiated
            for one in self.operations.values():
                if any(isinstance(symbol, Sym) and symbol.name == name for symbol in symbols(one.formula)):
                    sizes |= one.extents(name, tensors[key].shape)
        same = original.numeric is original.operation.numeric
        return original._replace(
            operation=operation,
            arguments=self.arguments,
            sizes=sizes,
            edges=edges,
            bypassed=bypassed,
            numeric=operation.numeric if same else rename(original.numeric, self._named),
        )

    def _named(self, symbol: Sym | Partial) -> Sym | Partial:
        """A symbol, or the one of the part that it reads."""
        key = self.original.arguments.get(symbol.name, "") if isinstance(symbol, Sym) else ""
        if isinstance(symbol, Partial) or key not in self.split:
            return symbol
        spans = tuple(span_of(index, self.original.sizes) for index in symbol.index)
        number = [part.spans for part in self.split[key]].index(spans)
        kept = (index for index in symbol.index if not isinstance(index, int))
        name = f"{symbol.name}|{number}"
        self.arguments[name] = self.split[key][number].tensor.key
        return Sym(name, tuple(index.terms[0][1] if isinstance(index, Segment) else index for index in kept))

    def _operation(self, operation: Operation) -> Operation:
        if id(operation) not in self.operations:
            owned: list[Parameter] = []
            for parameter in operation.parameters:
                read = (one for one in symbols(operation.formula) if isinstance(one, Sym))
                own = dict.fromkeys(self._named(one) for one in read if one.name == parameter.symbol.name)
                owned += [parameter._replace(symbol=part) for part in own if isinstance(part, Sym)]
            plain = operation._replace(declared={}, parameters=()).over(lambda node: rename(node, self._named))
            declared = dict(self._declared(operation))
            self.operations[id(operation)] = plain._replace(declared=declared, parameters=tuple(owned))
        return self.operations[id(operation)]

    def _declared(self, operation: Operation) -> Iterator[tuple[str, tuple[Same, ...]]]:
        """The textbook's derivatives, those by a whole tensor as by each of its elements that is read."""

        def read(name: str, bound: Mapping[str, int]) -> tuple[Same, ...]:
            def part(node: Expr) -> Expr:
                for letter, place in bound.items():
                    node = product(factors_of(placed(node, letter, place)))
                return rename(node, self._named)

            return tuple(form.map(part) for form in operation.declared[name])

        for name in operation.declared:
            letters = tuple(map(str, operation.argument(name).index))
            if name in self.arguments:
                yield name, read(name, {})
            for number, (spans, _) in enumerate(self.split.get(self.original.arguments[name], ())):
                bound = {letter: span for letter, span in zip(letters, spans, strict=True) if isinstance(span, int)}
                if f"{name}|{number}" in self.arguments and len(bound) + spans.count(None) == len(spans):
                    yield f"{name}|{number}", read(name, bound)

    def _edges(self, given: Iterable[Edge]) -> Iterator[Edge]:
        for over_tensors, argument in given:
            operation = self._operation(over_tensors)
            names = (*operation.arguments, *(parameter.symbol.name for parameter in operation.parameters))
            for name in dict.fromkeys(names):
                if name == argument or name.startswith(f"{argument}|"):
                    yield Edge(operation, name)


def with_owned_parameters(network: Network) -> Network:
    """The network whose formulas own the parameters that they read, as layers do."""
    return network._replace(steps=tuple(_owning(network, step) if step.is_formula else step for step in network.steps))


def _owning(network: Network, step: BoundOperation) -> BoundOperation:
    made = step.operation
    owned = [name for name in made.arguments if network.tensors[step.arguments[name]].role == "parameter"]
    if len(owned) == len(made.arguments):
        return step
    made = made._replace(parameters=tuple(Parameter(made.argument(name), name) for name in owned))
    edges = tuple(Edge(made, edge.argument) for edge in step.edges)
    numeric = made.numeric if step.numeric is step.operation.numeric else step.numeric
    return step._replace(operation=made, edges=edges, numeric=numeric)

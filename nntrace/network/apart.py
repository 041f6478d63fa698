"""The same network where inputs and parameters that are only read in parts are tensors of their own: x1 and x2, or the
columns of W that meet one joined argument each. Derivations and affine maps are about these; the numbers are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from sys import maxsize

from ..catalogue import Operation, Parameter, Same
from ..expr import Expr, Index, Partial, Sym, factors_of, product, rename, symbols
from ..expr.differentiate import placed
from ..expr.index import Segment
from ..record import Record
from .model import BoundOperation, Cell, Edge, Element, Network, Tensor

LETTERS = "abcdefghijklmnopqrstuvwxyz"
"""What is written after a tensor's name to tell its parts."""

AxisPart = int | tuple[int, int] | None
"""Where a part lies on one axis: at one place, from one place up to another, or on all of it."""


class TensorPart(Record):
    """A part of a tensor, by where it lies on each axis, as a tensor of its own."""

    spans: tuple[AxisPart, ...]
    tensor: Tensor

    def moved(self, cell: Cell) -> Cell | None:
        """A cell of the whole tensor in this part; ``None`` where it is in another one."""
        if any(place not in _reach(span) for span, place in zip(self.spans, cell, strict=True)):
            return None
        pairs = zip(self.spans, cell, strict=True)
        return tuple(place - (span[0] if span else 0) for span, place in pairs if not isinstance(span, int))

    @property
    def slices(self) -> tuple[int | slice, ...]:
        """Where it lies, as an array takes it."""
        return tuple(span if isinstance(span, int) else slice(*span) if span else slice(None) for span in self.spans)


PartsOf = Mapping[str, Sequence[TensorPart]]
"""The parts of tensors, by the keys of these."""

SPLIT = ("input", "parameter")


def parts_of(network: Network, roles: Collection[str] = SPLIT) -> dict[str, tuple[TensorPart, ...]]:
    """The parts of the inputs and parameters of which no step reads all, by the keys of these."""
    taken = {tensor.name or key for key, tensor in network.tensors.items()}
    taken |= {name for tensor in network.tensors.values() for name in tensor.names.values()}
    readings = _reads(network)
    split: dict[str, tuple[TensorPart, ...]] = {}
    for key, tensor in network.tensors.items():
        if tensor.role in roles and (spans := _spans(tensor, readings.get(key, ()))):
            split[key] = tuple(_tensor_parts(network, tensor, spans, taken))
    return split


def apart(network: Network, roles: Collection[str] = SPLIT) -> Network:
    """The network with these parts in the place of what they are parts of."""
    split = parts_of(network, roles)
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


def _reads(network: Network) -> dict[str, dict[tuple[AxisPart, ...], None]]:
    """Where each tensor is read, by its key."""
    found: dict[str, dict[tuple[AxisPart, ...], None]] = {}
    for step in network.steps:
        for read in _read(step):
            spans = tuple(_span(index, step.sizes) for index in read.index)
            found.setdefault(step.key(read.name), {})[spans] = None
    return found


def _spans(tensor: Tensor, readings: Iterable[tuple[AxisPart, ...]]) -> list[tuple[AxisPart, ...]]:
    """The parts in which a tensor is read, none of which is all of it and no two overlap; else nothing."""
    found = dict.fromkeys(readings)
    if any(all(map(_is_all, spans, tensor.shape)) or (0, -1) in spans for spans in found):
        return []
    if any(all(map(_meet, one, other)) for one, other in combinations(found, 2)):
        return []
    for cell in tensor.cells() if found else ():
        places: tuple[AxisPart, ...] = (None, *cell[1:]) if tensor.sampled else cell
        if not any(all(map(_meet, places, spans)) for spans in found):
            found[places] = None
    sampled = int(tensor.sampled)
    single = [spans[sampled:] for spans in found if all(isinstance(span, int) for span in spans[sampled:])]
    return list(found) if all(cell in tensor.names for cell in single) else []


def _read(step: BoundOperation) -> Iterator[Sym]:
    """Every symbol that a step reads by one of its formulas."""
    operations = (step.operation, *(edge.operation for edge in (*step.edges, *step.bypassed)))
    for formula in (step.numeric, *(one for operation in operations for one in (operation.formula, operation.numeric))):
        yield from (one for one in symbols(formula) if isinstance(one, Sym) and one.name in step.arguments)


def _span(index: Index, sizes: Mapping[str, int]) -> AxisPart:
    match index:
        case int():
            return index
        case Segment(((_, letter),), offset):
            return offset, offset + sizes[letter]
        case str():
            return None
        case _:
            return 0, -1


def _reach(span: AxisPart) -> range:
    """The places of a span; all of an axis has no end."""
    match span:
        case None:
            return range(maxsize)
        case int():
            return range(span, span + 1)
        case (start, end):
            return range(start, end)


def _is_all(span: AxisPart, size: int) -> bool:
    """Whether a span is all of an axis."""
    return span is None or len(_reach(span)) == size


def _meet(one: AxisPart, other: AxisPart) -> bool:
    """Whether two spans of one axis have a place in common."""
    first, second = _reach(one), _reach(other)
    return max(first.start, second.start) < min(first.stop, second.stop)


def _tensor_parts(
    network: Network, tensor: Tensor, spans: Iterable[tuple[AxisPart, ...]], taken: set[str]
) -> Iterator[TensorPart]:
    known = {count: size for one in network.tensors.values() for count, size in zip(one.shape, one.sizes, strict=False)}
    letters = iter(LETTERS)
    for number, place in enumerate(spans):
        shape = tuple(
            size if span is None else span[1] - span[0]
            for span, size in zip(place, tensor.shape, strict=True)
            if not isinstance(span, int)
        )
        own = TensorPart(place, tensor._replace(key=f"{tensor.key}|{number}", shape=shape))
        cells = {cell: moved for cell in tensor.cells() if (moved := own.moved(cell)) is not None}
        given = ((moved[tensor.sampled :], tensor.given_name(cell)) for cell, moved in cells.items())
        names = {cell: name for cell, name in given if name is not None}
        if len(shape) == tensor.sampled:
            name = names[()]
        else:
            free = (f"{tensor.name or tensor.key}{letter}" for letter in letters)
            name = next(one for one in free if one not in taken)
            taken.add(name)
        typed = tensor.typed
        yield own._replace(
            tensor=own.tensor._replace(
                name=name,
                names=names,
                array=None if tensor.array is None else tensor.array[own.slices],
                typed=typed and {moved: typed[cell] for cell, moved in cells.items() if cell in typed},
                missing=frozenset(moved for cell in tensor.missing if (moved := own.moved(cell)) is not None),
                places={},
                sizes=tuple(known.get(size, size) for size in shape) if tensor.sizes else (),
            )
        )


def _step(
    step: BoundOperation, split: Mapping[str, tuple[TensorPart, ...]], tensors: Mapping[str, Tensor]
) -> BoundOperation:
    """A step over the parts that it reads."""
    return _StepParts(step, split).step(tensors) if any(key in split for key in step.arguments.values()) else step


class _StepParts:
    """What one step reads, each part of a tensor under a symbol of its own."""

    def __init__(self, step: BoundOperation, split: Mapping[str, tuple[TensorPart, ...]]) -> None:
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
        spans = tuple(_span(index, self.original.sizes) for index in symbol.index)
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

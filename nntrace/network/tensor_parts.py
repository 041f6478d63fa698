"""The parts of tensors that are only read in parts: x1 and x2, or the columns of W that meet one argument each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, count
from sys import maxsize

from ..expr import Index, Sym, symbols
from ..expr.index import Segment
from ..record import Record
from .model import BoundOperation, Cell, Network, Tensor

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


def _reads(network: Network) -> dict[str, dict[tuple[AxisPart, ...], None]]:
    """Where each tensor is read, by its key; a penalty on all of it sums over its parts as well."""
    found: dict[str, dict[tuple[AxisPart, ...], None]] = {}
    for step in network.steps:
        for read in _read(step):
            if step.is_penalty and f"{read.name}.mask" not in step.arguments:
                continue
            spans = tuple(span_of(index, step.sizes) for index in read.index)
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


def span_of(index: Index, sizes: Mapping[str, int]) -> AxisPart:
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
    known = {size: label for one in network.tensors.values() for size, label in zip(one.shape, one.sizes, strict=False)}
    letters = (letter * times for times in count(1) for letter in LETTERS)
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

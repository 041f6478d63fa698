"""Families of steps: of a large tensor in floating point, the steps that differ in nothing but elements and numbers.

A step of a wide layer has hundreds of terms, and a tensor of weights has a hundred thousand steps. What they all say
is found once, with the indices of the tensor left free; each step is then a look into arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from math import isfinite, prod
from operator import mul

from ..expr import Add, Expr, Index, Mul, Partial, Sym
from ..network.model import Element, Tensor
from .element import Writer
from .ids import Ids
from .model import Column, Family, Note, SectionName, Slot, Step


class Families:
    """The families of one sheet; what several of them read is looked up once."""

    def __init__(self, writer: Writer, ids: Ids) -> None:
        self.writer = writer
        self.ids = ids
        self._columns: dict[Expr, Column] = {}
        self._floats: dict[Expr, list[float]] = {}

    def has(self, tensor: Tensor) -> bool:
        """Whether the steps of a tensor can be a family: all are shown, each element has its place and a float."""
        return self.writer.full and self.is_plain(tensor)

    def is_plain(self, tensor: Tensor) -> bool:
        """Whether the elements of a tensor are told by their places alone."""
        told = tensor.names or tensor.missing or tensor.by_column or tensor.sampled or tensor.structural
        return not told and not self.writer.trace.elementwise

    def family(
        self,
        section: SectionName,
        result: Sym | Partial,
        body: Expr,
        axes: Sequence[Index],
        step: Callable[[int], Step],
        notes: tuple[Note, ...] = (),
        start: int = 0,
    ) -> Family | None:
        """The steps of a tensor from ``body``, their formula over keys and the free indices ``axes``.

        ``None`` where the formula is no sum of products, or a number is none.
        """
        found = self._products(body, tuple(axes))
        own = self._known(result)
        if found is None or own is None:
            return None
        columns, terms = found
        element = _tensor(result)
        strides = list(dict.fromkeys(slot.strides for term in terms for slot in term))
        factors = [
            [(self._floats[columns[slot.column]], slot.base, strides.index(slot.strides)) for slot in term]
            for term in terms
        ]
        shape = own.shape

        def addends(place: int) -> list[Decimal]:
            cell = _cell(place, shape)
            moved = [sum(map(mul, one, cell)) for one in strides]
            values = [prod([floats[base + moved[at]] for floats, base, at in term]) for term in factors]
            return self.writer.digits.decimals(values)

        letter = "F" if section == "forward" else "B"
        return Family(
            section,
            letter,
            self.ids.number(letter, Element(element, (0,) * len(shape))),
            start,
            own,
            tuple(self._columns[column] for column in columns),
            terms,
            addends,
            step,
            notes,
        )

    def _products(
        self, body: Expr, axes: tuple[Index, ...]
    ) -> tuple[list[Sym | Partial], tuple[tuple[Slot, ...], ...]] | None:
        columns: list[Sym | Partial] = []
        places: dict[tuple[type, str], int] = {}
        terms: list[tuple[Slot, ...]] = []
        for term in body.terms if isinstance(body, Add) else (body,):
            slots: list[Slot] = []
            for factor in term.factors if isinstance(term, Mul) else (term,):
                if not isinstance(factor, Sym | Partial):
                    return None
                key = _tensor(factor)
                column = places.get((type(factor), key))
                if column is None:
                    first = _first(factor, len(_index(factor)))
                    if not self._reads(factor) or self._known(first) is None:
                        return None
                    column = places[type(factor), key] = len(columns)
                    columns.append(first)
                slots.append(_slot(column, _index(factor), self.writer.network.tensors[key].shape, axes))
            terms.append(tuple(slots))
        several = len(terms) > 1 and any(len(term) > 1 for term in terms)
        return (columns, tuple(terms)) if several or len(terms[0]) > 1 else None

    def _reads(self, factor: Sym | Partial) -> bool:
        tensor = self.writer.network.tensors.get(_tensor(factor))
        return tensor is not None and self.is_plain(tensor)

    def _known(self, first: Sym | Partial) -> Column | None:
        """The column of a tensor, or of its gradient, by the symbol of its first element; if its numbers are finite."""
        if first not in self._columns:
            trace, key = self.writer.trace, _tensor(first)
            arrays = trace.gradients if isinstance(first, Partial) else trace.arrays
            if key not in arrays:
                return None
            floats = arrays[key].ravel().tolist()
            if not all(map(isfinite, floats)):
                return None
            self._floats[first] = floats
            shape = self.writer.network.tensors[key].shape
            self._columns[first] = Column(
                self.writer.name(first), shape, self.writer.decimals(key, isinstance(first, Partial))
            )
        return self._columns[first]


def _tensor(symbol: Sym | Partial) -> str:
    return symbol.by.name if isinstance(symbol, Partial) else symbol.name


def _index(symbol: Sym | Partial) -> tuple[Index, ...]:
    return symbol.by.index if isinstance(symbol, Partial) else symbol.index


def _first(symbol: Sym | Partial, dimensions: int) -> Sym | Partial:
    first = Sym(_tensor(symbol), (0,) * dimensions)
    return Partial(symbol.of, first) if isinstance(symbol, Partial) else first


def _slot(column: int, index: tuple[Index, ...], shape: tuple[int, ...], axes: tuple[Index, ...]) -> Slot:
    base, strides, stride = 0, dict.fromkeys(axes, 0), 1
    for place, size in zip(reversed(index), reversed(shape), strict=True):
        if isinstance(place, int):
            base += place * stride
        else:
            strides[place] += stride
        stride *= size
    return Slot(column, base, tuple(strides.values()))


def _cell(place: int, shape: tuple[int, ...]) -> list[int]:
    cell: list[int] = []
    for size in reversed(shape):
        place, index = divmod(place, size)
        cell.insert(0, index)
    return cell

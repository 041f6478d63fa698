"""Families of steps: of a large tensor in floating point, the steps that differ in nothing but elements and numbers.

A step of a wide layer has hundreds of terms, and a tensor of weights has a hundred thousand steps. What they all say
is found once, with the indices of the tensor left free; each step is then a look into arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import product as cells_of
from typing import TYPE_CHECKING

from ..expr import Add, Expr, Index, Mul, Partial, Sum, Sym
from ..expr.bind import extent
from ..expr.literals import Literals
from ..network.model import Element, Tensor
from .element import Writer
from .ids import Ids
from .model import Column, Family, Note, SectionName, Slot, Step

if TYPE_CHECKING:
    from ..network.model import Array


class Families:
    """The families of one sheet; what several of them read is looked up once."""

    def __init__(self, writer: Writer, ids: Ids) -> None:
        self.writer = writer
        self.ids = ids
        self._columns: dict[Expr, Column] = {}
        self._arrays: dict[Expr, Array] = {}

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
        sizes: Mapping[str, int] = {},
    ) -> Family | None:
        """The steps of a tensor from ``body``, their formula over keys and the free indices ``axes``.

        ``sizes`` are those of the indices that it sums over. ``None`` where the formula is no sum of products, or a
        number is none.
        """
        found = self._products(body, tuple(axes), sizes)
        own = self._known(result)
        if found is None or own is None:
            return None
        columns, terms = found
        element = _tensor(result)
        letter = "F" if section == "forward" else "B"
        return Family(
            section,
            letter,
            self.ids.number(letter, Element(element, (0,) * len(own.shape))),
            start,
            own,
            tuple(self._columns[column] for column in columns),
            terms,
            self._addends([self._arrays[column] for column in columns], terms, own.shape),
            step,
            notes,
        )

    def _addends(
        self, columns: Sequence[Array], terms: Sequence[Sequence[Slot]], shape: tuple[int, ...]
    ) -> Callable[[int], Literals]:
        """The numbers of a step's terms: factor after factor, those of one tensor at once."""
        import numpy as np

        groups: dict[tuple[int, int], list[tuple[int, Slot]]] = {}
        for row, term in enumerate(terms):
            for place, slot in enumerate(term):
                groups.setdefault((place, slot.column), []).append((row, slot))
        factors = [
            (
                np.array([row for row, _ in group]),
                columns[column],
                np.array([slot.base for _, slot in group]),
                np.array([slot.strides for _, slot in group], dtype=int),
            )
            for (_, column), group in sorted(groups.items())
        ]

        def addends(place: int) -> Literals:
            cell = np.array(np.unravel_index(place, shape), dtype=int)
            values = np.ones(len(terms))
            with np.errstate(all="ignore"):
                for rows, floats, base, strides in factors:
                    values[rows] *= floats[base + strides @ cell]
            return self.writer.digits.literals(values)

        return addends

    def _products(
        self, body: Expr, axes: tuple[Index, ...], sizes: Mapping[str, int]
    ) -> tuple[list[Sym | Partial], tuple[tuple[Slot, ...], ...]] | None:
        columns: list[Sym | Partial] = []
        places: dict[tuple[type, str], int] = {}
        terms: list[tuple[Slot, ...]] = []
        for term in body.terms if isinstance(body, Add) else (body,):
            over, product = _summed(term)
            slots: list[Slot] = []
            for factor in product.factors if isinstance(product, Mul) else (product,):
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
                shape = self.writer.network.tensors[key].shape
                slots.append(_slot(column, _index(factor), shape, (*axes, *over)))
            for place in cells_of(*(range(extent(index, sizes)) for index in over)):
                terms.append(tuple(slot.at(place) for slot in slots))
        told = len(terms) == 1 or any(len(term) > 1 for term in terms)
        return (columns, tuple(terms)) if told else None

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
            numbers = self.writer.literals(key, isinstance(first, Partial))
            if not all(map(Decimal.is_finite, numbers.others.values())):
                return None
            self._arrays[first] = arrays[key].ravel()
            self._columns[first] = Column(self.writer.name(first), self.writer.network.tensors[key].shape, numbers)
        return self._columns[first]


def _summed(term: Expr) -> tuple[tuple[str, ...], Expr]:
    """A sum as (what it runs over, its addend)."""
    over: list[str] = []
    while isinstance(term, Sum):
        over.append(term.over)
        term = term.body
    return tuple(over), term


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

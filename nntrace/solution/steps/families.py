"""Families of steps: of a large tensor in floating point, the steps that differ in nothing but elements and numbers.

A step of a wide layer has hundreds of terms, and a tensor of weights has a hundred thousand steps. What they all say
is found once, with the indices of the tensor left free; each step is then a look into arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import product as cells_of
from types import MappingProxyType
from typing import TYPE_CHECKING

from ...expr import Add, Call, Div, Expr, Index, Mul, Neg, Num, Partial, Pow, Sum, Sym, children, factors_of, terms_of
from ...expr.bind import extent, transform
from ...expr.functions import row_of
from ...expr.literals import Literals
from ...network.model import Element, Network, Tensor
from ...record import Record
from ..content.model import ElementColumn, Family, Note, SectionName, Slot, Step, mark
from ..formulas.element import Writer
from ..formulas.terms import sum_inside
from .ids import Ids

if TYPE_CHECKING:
    from ...network.model import Array


class ElementFormula(Record):
    """The formula over keys of every element of a tensor: ``result`` is the first of these, ``axes`` are its free
    indices, ``sizes`` those of the indices that it sums over."""

    result: Sym | Partial
    body: Expr
    axes: tuple[Index, ...]
    sizes: Mapping[str, int] = MappingProxyType({})


class Families:
    """The families of one sheet; what several of them read is looked up once."""

    def __init__(self, writer: Writer, ids: Ids) -> None:
        self.writer = writer
        self.ids = ids
        self._columns: dict[Expr, ElementColumn] = {}
        self._arrays: dict[Expr, Array] = {}

    def has(self, tensor: Tensor) -> bool:
        """Whether the steps of a tensor can be a family: all are shown, each element has its place and a float."""
        return self.writer.full and self.is_plain(tensor)

    def is_plain(self, tensor: Tensor) -> bool:
        """Whether the elements of a tensor are told by their places alone."""
        has_exceptions = tensor.names or tensor.missing or tensor.by_column or tensor.sampled or tensor.structural
        return not has_exceptions and not self.writer.trace.elementwise

    def family(
        self,
        section: SectionName,
        formula: ElementFormula,
        step: Callable[[int], Step],
        notes: tuple[Note, ...] = (),
        start: int = 0,
    ) -> Family | None:
        """The steps of a tensor by their formula.

        ``None`` where the formula is neither a sum of products nor made of elements and smooth functions alone, or
        where a number is none.
        """
        result, body, axes, sizes = formula
        columns: dict[Expr, ElementColumn] = {}

        def slot(factor: Sym | Partial, axes: tuple[Index, ...]) -> Slot | None:
            first, (key, index, _) = _first(factor), _element(factor).values()
            tensor = self.writer.network.tensors.get(key)
            column = self._known(first) if tensor is not None and self.is_plain(tensor) else None
            if column is None:
                return None
            columns.setdefault(first, column)
            return _slot(list(columns).index(first), index, column.shape, axes)

        pattern = None
        if isinstance(body, Add | Sum):
            terms = _products(body, axes, sizes, slot)
        else:
            pattern, terms = _pattern(body, axes, slot, self.writer.network)
        own = self._known(result)
        if not terms or own is None:
            return None
        element = _element(result).name
        letter = "F" if section == "forward" else "B"
        return Family(
            section,
            letter,
            self.ids.number(letter, Element(element, (0,) * len(own.shape))),
            start,
            own,
            tuple(columns.values()),
            pattern,
            terms,
            self._addends([self._arrays[column] for column in columns], terms, own.shape),
            step,
            self._arrays[result].item,
            notes,
        )

    def _addends(
        self, columns: Sequence[Array], terms: Sequence[Sequence[Slot]], shape: tuple[int, ...]
    ) -> Callable[[range], Literals]:
        """The numbers of the terms of some steps: factor after factor, those of one tensor at once."""
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
                np.array([slot.strides for _, slot in group], dtype=int).T,
            )
            for (_, column), group in sorted(groups.items())
        ]

        def addends(places: range) -> Literals:
            cells = np.array(np.unravel_index(places, shape), dtype=int).T
            values = np.ones((len(places), len(terms)))
            with np.errstate(all="ignore"):
                for rows, floats, base, strides in factors:
                    values[:, rows] *= floats[base + cells @ strides]
            return self.writer.digits.literals(values.ravel())

        return addends

    def _known(self, first: Sym | Partial) -> ElementColumn | None:
        """The column of a tensor, or of its gradient, by the symbol of its first element; if its numbers are finite."""
        if first not in self._columns:
            trace, key = self.writer.trace, _element(first).name
            arrays = trace.gradients if isinstance(first, Partial) else trace.arrays
            if key not in arrays:
                return None
            numbers = self.writer.literals(key, isinstance(first, Partial))
            if not all(map(Decimal.is_finite, numbers.others.values())):
                return None
            self._arrays[first] = arrays[key].ravel() + 0.0  # -0.0 is 0.0
            self._columns[first] = ElementColumn(
                self.writer.name(first), self.writer.network.tensors[key].shape, numbers
            )
        return self._columns[first]


Find = Callable[[Sym | Partial, tuple[Index, ...]], Slot | None]
"""Where in which column an element is, by these indices."""


def _products(
    body: Add | Sum, axes: tuple[Index, ...], sizes: Mapping[str, int], find: Find
) -> tuple[tuple[Slot, ...], ...]:
    """The slots of the terms of a sum of products; none where it is no such sum, or of single elements only."""
    terms: list[tuple[Slot, ...]] = []
    for term in terms_of(body):
        over, product = _summed(term)
        slots: list[Slot] = []
        for factor in factors_of(product):
            found = find(factor, (*axes, *over)) if isinstance(factor, Sym | Partial) else None
            if found is None:
                return ()
            slots.append(found)
        for place in cells_of(*(range(extent(index, sizes)) for index in over)):
            terms.append(tuple(slot.at(place) for slot in slots))
    return tuple(terms) if any(len(term) > 1 for term in terms) else ()


def _pattern(
    body: Expr, axes: tuple[Index, ...], find: Find, network: Network
) -> tuple[Expr, tuple[tuple[Slot, ...], ...]]:
    """A formula with a mark for each element, and its slots; none where it takes a decision or has a terms line."""
    slots: list[Slot | None] = []

    def marked(part: Expr) -> Expr | None:
        if not isinstance(part, Sym | Partial):
            return None
        slots.append(find(part, axes))
        return mark(len(slots) - 1)

    if sum_inside(body, network) is not None or not _is_smooth(body):
        return body, ()
    pattern = transform(body, marked)
    found = tuple(slot for slot in slots if slot is not None)
    return pattern, (found,) if found and len(found) == len(slots) else ()


def _is_smooth(node: Expr) -> bool:
    """Whether a formula is made of elements, constants and smooth functions: no step of it is a decision."""
    match node:
        case Sym() | Partial() | Num():
            return True
        case Add() | Mul() | Div() | Pow() | Neg():
            return all(map(_is_smooth, children(node)))
        case Call():
            row = row_of(node)
            return row is not None and row.smooth and all(map(_is_smooth, children(node)))
        case _:
            return False


def _summed(term: Expr) -> tuple[tuple[str, ...], Expr]:
    """A sum as (what it runs over, its addend)."""
    over: list[str] = []
    while isinstance(term, Sum):
        over.append(term.over)
        term = term.body
    return tuple(over), term


def _element(symbol: Sym | Partial) -> Sym:
    """An element of a tensor, or what a gradient is by."""
    return symbol.by if isinstance(symbol, Partial) else symbol


def _first(symbol: Sym | Partial) -> Sym | Partial:
    """The same for the first element."""
    name, index, _ = _element(symbol).values()
    first = Sym(name, (0,) * len(index))
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

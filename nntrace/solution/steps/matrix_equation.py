"""An equation between whole matrices as a step: formula = numbers put in = value, with the shapes beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import partial

from ...expr import ONE, Call, Expr, Indicator, Literal, Num, Ones, Partial, Size, Sym, Transpose, Whole
from ...expr.bind import extent, transform
from ...expr.lazy import Lazy
from ...expr.matrices import Axes
from ...network.model import BoundOperation, Cell, Element
from ...network.quantities import quantity
from ...record import Record
from ...trace.amount import Amount
from ..content.model import Line, Note, SectionName, Step
from ..formulas.element import Writer
from ..formulas.naming import PRIME
from ..formulas.shapes import shapes
from ..formulas.tensor import TensorFormulas
from ..numbers.digits import NumbersShown

MOST_LINES = 8
SHOWN_FIRST, SHOWN_LAST = 3, 1


class MatrixEquation(Record):
    """``name = body`` between matrices over keys: how far the letters run, which of them run down and across, in what
    order they are the ``indices`` of the result, and the result's ``value`` at a cell."""

    name: Expr
    body: Expr
    sizes: Mapping[str, int]
    axes: Axes
    indices: tuple[str, ...]
    value: Callable[[Cell], Amount]


class EquationWriter:
    """Writes equations between matrices over keys, with the numbers of one trace."""

    def __init__(self, writer: Writer, formulas: TensorFormulas) -> None:
        self.writer = writer
        self.network = writer.network
        self.formulas = formulas
        self._numbers: Mapping[str, Callable[[Cell], Amount]] = {}
        activations = (step for step in self.network.layer_steps() if formulas.is_elementwise(step))
        self._slopes = {step.of(Sym(step.argument), mark=PRIME): step for step in activations}

    def knowing(self, writer: Writer, numbers: Mapping[str, Callable[[Cell], Amount]]) -> EquationWriter:
        """The same with a writer that knows more, and with the numbers of further matrices by their names."""
        other = copy(self)
        other.writer, other._numbers = writer, numbers
        return other

    def step(
        self,
        id: str,
        section: SectionName,
        equation: MatrixEquation,
        before: tuple[Line, ...] = (),
        reason: Note = (),
    ) -> Step:
        """Formula = numbers put in = value; ``≈`` from the first number on that is rounded here."""
        name, body, sizes, axes, indices, value = equation
        show = NumbersShown(self.writer.digits)
        body = sized(body, sizes)
        numbers = self._substituted(body, sizes, show)
        in_formula = show.rounded

        def finished(cell: Cell) -> Num:
            amount = value(cell)
            show.rounded = show.rounded or amount.rounded  # what this step leaves, where it is carried on rounded
            return show(amount)

        rows = self.rows(axes, sizes, finished, indices)
        result: Expr = Literal(rows) if axes != (None, None) else (rows[0][0] or Num(0))
        formula = Line("formula", "=", self.named(body), (shapes(body, axes, sizes),))
        lines = [*before, formula]
        if numbers not in (body, result):
            lines.append(Line("substitution", "≈" if in_formula else "=", numbers))
        lines.append(Line("value", "≈" if show.rounded else "=", result))
        down, across = (1 if axis is None else extent(axis, sizes) for axis in axes)
        every = _Values(down, across, lambda *place: value(_cell(axes, indices, place)).number)
        values = every if axes != (None, None) else every[0][0]
        return Step(id, section, name, tuple(lines), values, None, reason)

    def named(self, body: Expr) -> Expr:
        """A matrix expression over keys in the tensors' names."""

        def leaf(node: Expr) -> Expr | None:
            match node:
                case Whole(Partial(_, by), down, across):
                    return Whole(self.formulas.gradient_name(by.name), down, across)
                case Whole(Sym(name, _, mark), down, across) if name + mark in self._numbers:
                    return Whole(Sym(name, (), mark), down, across)
                case Whole(Sym(name, _, mark) as symbol, down, across) if name in self.network.tensors:
                    tensor = self.formulas.element(symbol) or self.formulas.name(name)
                    return Whole(Sym(tensor.name, tensor.index, mark or tensor.mark), down, across)
                case _:
                    return None

        return transform(body, leaf)

    def gradient(self, element: Element) -> Amount:
        """∂L/∂element as its numbered step leaves it."""
        trace = self.writer.trace
        if trace.elementwise and self.formulas.has_matrix(element.key):
            return trace.total(quantity(self.network, element))
        return trace.gradient(element)

    def _substituted(self, body: Expr, sizes: Mapping[str, int], show: NumbersShown) -> Expr:
        """A matrix of numbers for each symbol, a transposed one for its transpose."""

        def leaf(node: Expr) -> Expr | None:
            match node:
                case Transpose(inner):
                    found = transform(inner, leaf)
                    if not isinstance(found, Literal):
                        return found if isinstance(found, Num) else Transpose(found)
                    return Literal(tuple(zip(*found.rows, strict=True)))
                case Whole(symbol, down, across):
                    own = symbol.by if isinstance(symbol, Partial) else symbol
                    return self._literal((down, across), sizes, own, self._numbers_of(symbol, show))
                case Ones(over):
                    places = self._places(int(over))
                    return Literal(tuple((None if place is None else ONE,) for place in places))
                case Sym(name, ()) if name in self.writer.counts:
                    return Num(self.writer.counts[name])
                case Sym(name, ()) if name in self.writer.extra:
                    return show(self.writer.extra[name])
                case Call(function, (Whole(Sym(key, _, _) as own, down, across),), options) if (
                    slopes := self._slopes.get(Call(function, (Sym(key),), options))
                ):
                    slope = partial(self._slope, slopes, show=show)
                    return self._literal((down, across), sizes, own, slope)
                case _:
                    return None

        return transform(body, leaf)

    def _numbers_of(self, symbol: Sym | Partial, show: NumbersShown) -> Callable[[Cell], Num]:
        """The number of each element of a tensor or a gradient."""
        if isinstance(symbol, Partial):
            return lambda cell: show(self.gradient(Element(symbol.by.name, cell)))
        if (known := self._numbers.get(symbol.name + symbol.mark)) is not None:
            return lambda cell: show(known(cell))
        tensor = self.network.tensors[symbol.name]
        if tensor.role == "constant":  # a mask counts
            counts = tensor.typed or {}
            return lambda cell: Num(int(counts[cell]))
        return lambda cell: show(self.writer.trace.value(Element(tensor.key, cell)))

    def _slope(self, step: BoundOperation, cell: Cell, show: NumbersShown) -> Num:
        """The local derivative of an elementwise activation; a constant as the formula's."""
        body = self.writer.write(self.formulas.slope(step), step, step.at(cell)).body
        if isinstance(body, Indicator):
            return Num(int(self.writer.holds(body.condition)))
        return body if isinstance(body, Num) else show(self.writer.evaluate(body))

    def _literal(self, axes: Axes, sizes: Mapping[str, int], symbol: Sym, number: Callable[[Cell], Num]) -> Expr:
        indices = tuple(str(index) for index in symbol.index)
        rows = self.rows(axes, sizes, number, indices)
        if axes == (None, None):
            assert rows[0][0] is not None
            return rows[0][0]
        return Literal(rows)

    def rows(
        self, axes: Axes, sizes: Mapping[str, int], content: Callable[[Cell], Expr | None], indices: tuple[str, ...]
    ) -> tuple[tuple[Expr | None, ...], ...]:
        """The cells of a matrix, those in the middle of a large one left out."""
        down, across = (self._places(1 if axis is None else extent(axis, sizes)) for axis in axes)
        return tuple(
            tuple(None if r is None or c is None else content(_cell(axes, indices, (r, c))) for c in across)
            for r in down
        )

    def _places(self, count: int) -> list[int | None]:
        if self.writer.full or count <= MOST_LINES:
            return list(range(count))
        return [*range(SHOWN_FIRST), None, *range(count - SHOWN_LAST, count)]


class _Values(Lazy[list[float]]):
    """The numbers of a matrix, each row made when it is looked at."""

    def __init__(self, down: int, across: int, number: Callable[[int, int], float]) -> None:
        self._down = down
        self._across = across
        self._number = number

    def __len__(self) -> int:
        return self._down

    def at(self, place: int) -> list[float]:
        return [self._number(place, column) for column in range(self._across)]


def _cell(axes: Axes, indices: tuple[str, ...], place: tuple[int, int]) -> Cell:
    """A tensor's cell at a place of the matrix."""
    return tuple(int(index) if index.isdigit() else place[axes.index(index)] for index in indices)


def sized(body: Expr, sizes: Mapping[str, int]) -> Expr:
    """Columns of ones by their sizes, and the sizes as numbers."""

    def leaf(node: Expr) -> Expr | None:
        match node:
            case Ones(over) if not over.isdigit():
                return Ones(str(extent(over, sizes)))
            case Size(over):
                return Num(extent(over, sizes))
            case _:
                return None

    return transform(body, leaf)

"""A layer as an affine map z = A x + c between matrices: A is its derivative, c its value at x = 0."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from ....expr import Expr, Num, Ones, Size, Sym, Whole, free_indices, terms_of, total
from ....expr.bind import extent, transform
from ....expr.index import number_of
from ....expr.letters import index_letters, relettered
from ....expr.matrices import IDENTITY, Axes
from ....expr.ones import is_number, repeated
from ....expr.properties import constant_part, linear_part, variables
from ....network.model import BoundOperation, Element, Network
from ....trace.amount import Amount, evaluated, fraction
from ....trace.trace import Trace
from ...content.model import Note
from ...formulas.shapes import shapes, size_of
from ...formulas.tensor import TensorFormulas
from .algebra import AffineMap, Algebra, Named, of_one_place
from .grids import Grid
from .known_matrices import KnownMatrices


class AffineMaps:
    """The affine maps of one network, with the numbers of every matrix in them. ``trace`` is ``None`` where there are
    none. The letters of a stack's matrices are ``j0`` for its inputs, ``j1`` for the first layer's results, …"""

    def __init__(
        self, network: Network, trace: Trace | None, formulas: TensorFormulas, algebra: Algebra, known: KnownMatrices
    ) -> None:
        self.network = network
        self.trace = trace
        self.formulas = formulas
        self.algebra = algebra
        self.known = known
        self._sizes: dict[str, str] = {}
        """How far the letters run, as the file has it."""

    # -- letters and layout ------------------------------------------------------------------------------------------

    def start(self, key: str) -> None:
        """Begin a stack that reads this tensor."""
        self._sizes = {"j0": self._size(key)}

    def shapes(self, body: Expr, axes: Axes) -> Note:
        """The shapes of a product, and of its result."""
        return shapes(body, axes, self._sizes)

    def _size(self, key: str) -> str:
        """How many values a tensor has, as the file has it; of one sample, in a batch."""
        return str(self.network.tensors[key].written_shape[-1])

    # -- one layer ---------------------------------------------------------------------------------------------------

    def of_each(self, step: BoundOperation, level: int, levels: Mapping[str, int]) -> list[tuple[int, AffineMap]]:
        """The maps of a layer from each tensor that it reads, by their ``levels``; its constant is the last one's. The
        layer is the ``level``-th of its stack, counted from 1."""
        operation, own = step.operation, f"j{level}"
        self._sizes[own] = self._size(step.output)
        result = str(operation.output.index[-1])
        letters = {one: f"{one}_{level}" for one in index_letters(operation.formula) if one in step.sizes}
        letters[result] = own
        derivatives: dict[int, list[tuple[str, str, Expr]]] = {}
        sizes = {own: self.network.tensors[step.output].shape[-1]}
        for by in variables(operation.formula, operation.arguments):
            key, letter = step.arguments[by.name], str(by.index[-1])
            derivative = linear_part(operation.formula, Sym(by.name, (*operation.output.index[:-1], letter)))
            derivatives.setdefault(levels[key], []).append((key, letter, derivative))
            sizes[f"j{levels[key]}"] = self.network.tensors[key].shape[-1]
        sizes = {**{new: step.sizes[letter] for letter, new in letters.items() if letter in step.sizes}, **sizes}
        self._sizes.update(self.formulas.written_sizes({one: sizes[one] for one in sizes.keys() - self._sizes}))

        def keyed(formula: Expr, read: Mapping[str, str] = {}) -> Expr:
            return relettered(self.formulas.keyed(formula, step), {**letters, **read})

        def named(matrix: Whole, formula: Expr, by: Axes, grid: Grid | None) -> Named:
            found = Named(matrix, self._elements(formula, step), tuple(filter(None, by)))
            self.known.add(found.name, grid)
            return found

        maps: list[tuple[int, AffineMap]] = []
        for at, parts in derivatives.items():
            (key, letter, _), axes = parts[0], self.algebra.axes(own, f"j{at}")
            derivative = total(one for _, _, one in parts)
            linear = keyed(derivative, {letter: f"j{at}"})
            matrix, grid = self._formed(linear, axes, sizes), self._grid(linear, axes, sizes)
            given: tuple[Named, ...] = ()
            if matrix is None:
                matrix = Whole(self.free_name("A", self.formulas.name(key).name, step), *axes)
                given = (named(matrix, derivative, self.algebra.axes(result, letter), grid),)
            maps.append((at, AffineMap(matrix, None, grid, None, given)))
        rest, axes = constant_part(operation.formula, operation.arguments), self.algebra.axes(own)
        constant = keyed(rest)
        if constant != Num(0):
            (at, last), grid = maps[-1], self._grid(constant, axes, sizes)
            vector = self._vector(constant, axes, sizes)
            given = last.named
            if vector is None:
                vector = Whole(self.free_name("c", "", step), *axes)
                given = (*given, named(vector, rest, self.algebra.axes(result), grid))
            maps[-1] = at, last._replace(constant=vector, constant_numbers=grid, named=given)
        return maps

    def _formed(self, formula: Expr, axes: Axes, sizes: Mapping[str, int]) -> Expr | None:
        """A formula over keys as a matrix with exactly these axes, in the tensors' names."""
        if not set(free_indices(formula)) <= set(axes):
            return None
        found = self.formulas.matrix_or_number(formula, axes)
        if found is None or is_number(found):
            return None
        terms = [repeated(term, axes) if is_number(term) else term for term in terms_of(found)]
        return self._in_names(total(terms), sizes)

    def _vector(self, formula: Expr, axes: Axes, sizes: Mapping[str, int]) -> Expr | None:
        """A constant part as a vector, a number in it times a column of ones."""
        found: list[Expr] = []
        for term in terms_of(formula):
            form = self._formed(term, axes, sizes)
            if form is None and not free_indices(term):
                number = self.formulas.matrix_or_number(term, (None, None))
                one_place = all(axis is None or sizes.get(axis) == 1 for axis in axes)
                if number is not None:
                    vector = of_one_place(number, axes) if one_place else repeated(number, axes)
                    form = self._in_names(vector, sizes)
            if form is None:
                return None
            found.append(form)
        return total(found)

    @cached_property
    def taken(self) -> set[str]:
        """The names that stand for something: of tensors, of their elements, of matrices given by their elements."""
        names = {self.formulas.name(key).name for key in self.network.tensors}
        return names | {name for tensor in self.network.tensors.values() for name in tensor.names.values()}

    def free_name(self, letter: str, read: str, step: BoundOperation) -> Sym:
        """A name for a matrix that nothing else has: ``A1`` of z1, ``A_h`` of a result that a user calls h, ``A_h_x``
        of what such a result takes from x beside others."""
        result, symbol = self.formulas.name(step.output).name, step.operation.output.name
        level = step.output.removeprefix(symbol) if result == step.output != symbol else ""
        found = f"{letter}{level}" if level else f"{letter}_{result}"
        while found in self.taken:
            found += f"_{read or result}"
        self.taken.add(found)
        return Sym(found)

    def _elements(self, formula: Expr, step: BoundOperation) -> Expr:
        """A layer's formula in the tensors' names, its letters kept."""
        sizes = self.formulas.written_sizes(step.sizes)

        def leaf(node: Expr) -> Expr | None:
            match node:
                case Size(over):
                    return size_of(sizes[over])
                case Sym(key, index):
                    return Sym(self.formulas.name(key).name, index)
                case _:
                    return None

        return transform(self.formulas.keyed(formula, step), leaf)

    def _in_names(self, form: Expr, sizes: Mapping[str, int]) -> Expr:
        """A matrix form in the tensors' names, with the numbers of each kept, and with sizes as the file has them."""

        def leaf(node: Expr) -> Expr | None:
            match node:
                case Whole(Sym(key) as symbol, down, across) if key in self.network.tensors:
                    name = self.formulas.element(symbol) or self.formulas.name(key)
                    self.known.add(name, self._grid(symbol, (down, across), sizes))
                    return Whole(name, down, across)
                case Whole(symbol, down, across) if symbol == IDENTITY and self.trace is not None:
                    count = extent(down or "", sizes)
                    self.known.add(IDENTITY, [[fraction(int(i == j)) for j in range(count)] for i in range(count)])
                    return None
                case Ones(over):
                    return Ones(self._sizes.get(over, over))
                case Size(over):
                    return size_of(self._sizes.get(over, over))
                case _:
                    return None

        return transform(form, leaf)

    # -- numbers -----------------------------------------------------------------------------------------------------

    def vector(self, key: str, mark: tuple[int, ...]) -> Grid:
        """A vector's numbers, a column or a row; in a batch those of the sample ``mark``."""
        assert self.trace is not None
        places = range(self.network.tensors[key].shape[-1])
        found = [self.trace.value(Element(key, (*mark, place))) for place in places]
        return [[one] for one in found] if self.algebra.columns else [found]

    def _grid(self, formula: Expr, axes: Axes, sizes: Mapping[str, int]) -> Grid | None:
        """The numbers of a formula over keys, by the letters that run down and across."""
        if self.trace is None:
            return None
        down, across = (range(1 if axis is None else extent(axis, sizes)) for axis in axes)
        return [[self._amount(formula, _bound(axes, (row, column)), sizes) for column in across] for row in down]

    def _amount(self, formula: Expr, index: Mapping[str, int], sizes: Mapping[str, int]) -> Amount:
        assert self.trace is not None
        trace, tensors = self.trace, self.network.tensors

        def value(key: str, cell: tuple[int, ...]) -> Amount:
            return fraction(0) if cell in tensors[key].missing else trace.value(Element(key, cell))

        if isinstance(formula, Sym):  # most often: an element of a matrix
            return value(formula.name, tuple(number_of(one, index) for one in formula.index))
        return evaluated(formula, value, index, sizes)


def _bound(axes: Axes, place: tuple[int, int]) -> dict[str, int]:
    return {axis: one for axis, one in zip(axes, place, strict=True) if axis is not None}

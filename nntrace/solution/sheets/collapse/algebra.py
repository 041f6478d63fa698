"""The algebra of affine maps between vectors: put into each other, multiplied out, and their numbers."""

from __future__ import annotations

from ....expr import ONE, Add, Expr, MatMul, Mul, Neg, Sym, Whole, terms_of, total
from ....expr.bind import transform
from ....expr.matrices import IDENTITY, Axes, shape
from ....expr.ones import is_number
from ....record import Record
from .grids import Grid, plus, times


class Named(Record):
    """A matrix that has no form in the layer's own ones, under a name: what its elements are, by these letters,
    the row's before the column's."""

    matrix: Whole
    elements: Expr
    letters: tuple[str, ...]

    @property
    def name(self) -> Sym:
        """The name that it has."""
        assert isinstance(self.matrix.symbol, Sym)
        return self.matrix.symbol


class AffineMap(Record):
    """z = A x + c as expressions between matrices, and their numbers where the network has some. ``named`` are the
    matrices in them that the layer's own ones don't give."""

    matrix: Expr
    constant: Expr | None
    matrix_numbers: Grid | None
    constant_numbers: Grid | None
    named: tuple[Named, ...] = ()


class Algebra:
    """How maps are written and multiplied, where vectors are ``columns`` (A x + c) or rows (x A + c)."""

    def __init__(self, columns: bool) -> None:
        self.columns = columns

    def axes(self, results: str, inputs: str | None = None) -> Axes:
        """How a matrix from some values to others, or a vector of values, lies; by the letters that count them."""
        return (results, inputs) if self.columns else (inputs, results)

    def applied(self, affine: AffineMap, source: Expr) -> Expr:
        """A x + c."""
        product = self.product(affine.matrix, source)
        return product if affine.constant is None else Add((product, affine.constant))

    def product(self, matrix: Expr, inner: Expr) -> Expr:
        """The matrix times what it is applied to, from the left or from the right; numbers and signs come first."""
        if isinstance(matrix, Neg):
            return Neg(self.product(matrix.body, inner))
        left, right = (matrix, inner) if self.columns else (inner, matrix)
        numbers, factors = (one + two for one, two in zip(_factors(left), _factors(right), strict=True))
        kept = tuple(one for one in factors if not _is_identity(one)) or factors[:1]
        if is_number(inner) and _is_identity(matrix):
            return inner
        body = MatMul(kept) if len(kept) > 1 else kept[0]
        return Mul((*numbers, body)) if numbers else body

    def after(self, outer: AffineMap, inner: AffineMap) -> AffineMap:
        """One map after another, multiplied out: A2 (A1 x + c1) + c2 = A2 A1 x + (A2 c1 + c2)."""
        through = [] if inner.constant is None else [self._through(outer, term) for term in terms_of(inner.constant)]
        terms = [*through, *(() if outer.constant is None else terms_of(outer.constant))]
        return AffineMap(
            self.product(outer.matrix, inner.matrix),
            total(terms) if terms else None,
            self._times(outer.matrix_numbers, inner.matrix_numbers),
            plus(self._times(outer.matrix_numbers, inner.constant_numbers), outer.constant_numbers),
        )

    def added(self, one: AffineMap, other: AffineMap) -> AffineMap:
        """The sum of two maps of the same vector: (A1 + A2) x + (c1 + c2)."""
        constants = [affine.constant for affine in (one, other) if affine.constant is not None]
        return AffineMap(
            total((one.matrix, other.matrix)),
            total(constants) if constants else None,
            plus(one.matrix_numbers, other.matrix_numbers),
            plus(one.constant_numbers, other.constant_numbers),
        )

    def _through(self, outer: AffineMap, term: Expr) -> Expr:
        """A term of a constant, taken through the next map; its sign stays in front."""
        return Neg(self.product(outer.matrix, term.body)) if isinstance(term, Neg) else self.product(outer.matrix, term)

    def _times(self, matrix: Grid | None, inner: Grid | None) -> Grid | None:
        """The numbers of ``product``, where there are some."""
        if matrix is None or inner is None:
            return None
        return times(matrix, inner) if self.columns else times(inner, matrix)

    def image(self, affine: AffineMap, inputs: Grid) -> Grid:
        """The numbers of A x + c."""
        found = plus(self._times(affine.matrix_numbers, inputs), affine.constant_numbers)
        assert found is not None
        return found


def of_one_place(number: Expr, axes: Axes) -> Expr:
    """A number as the vector that it alone is: its symbols that are numbers are matrices of one place, multiplied as
    others are."""
    match number:
        case Neg(body):
            return Neg(of_one_place(body, axes))
        case Mul(parts):
            numbers = tuple(part for part in parts if shape(part) is None)
            others = [part for part in parts if shape(part) is not None]
            if not others:
                return number
            laid: list[Axes] = [(axes[0] or axes[1],) * 2] * len(others)
            laid[-1 if axes[0] else 0] = axes
            factors = tuple(map(of_one_place, others, laid))
            body = MatMul(factors) if len(factors) > 1 else factors[0]
            return Mul((*numbers, body)) if numbers else body
        case _:
            return transform(number, lambda node: _at(axes, node) if isinstance(node, Whole) else None)


def _at(axes: Axes, tensor: Whole) -> Whole:
    """A number with these axes; a vector keeps its own."""
    return Whole(tensor.symbol, *axes) if (tensor.down, tensor.across) == (None, None) else tensor


def _is_identity(node: Expr) -> bool:
    return isinstance(node, Whole) and node.symbol == IDENTITY


def _factors(node: Expr) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """The numbers and the matrices that a product is of."""
    match node:
        case Mul(parts) if any(shape(part) is not None for part in parts):
            *others, matrix = sorted(parts, key=lambda part: (not is_number(part), shape(part) is not None))
            more, factors = _factors(matrix)
            return (*others, *more), factors
        case MatMul(factors):
            return (), factors
        case _ if is_number(node):
            return () if node == ONE else (node,), ()
        case _:
            return (), (node,)

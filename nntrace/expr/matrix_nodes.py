"""What a formula between whole matrices is made of, beside the nodes of scalars."""

from __future__ import annotations

from .nodes import Expr, Partial, Sym


class MatrixExpr(Expr):
    """What stands only in a formula between whole matrices, where symbols are ``Whole``."""

    __slots__ = ()


class Whole(MatrixExpr):
    """A whole tensor as a matrix: the symbol it is written by, and the indices that run down and across.

    ``None`` stands for a single row or column: ``Whole(Sym("x"), "i", None)`` is a column vector.
    """

    __slots__ = ("symbol", "down", "across")
    symbol: Sym | Partial
    down: str | None
    across: str | None


class Ones(MatrixExpr):
    """A column of ones, as long as an index runs."""

    __slots__ = ("over",)
    over: str


class Dimensions(MatrixExpr):
    """How many rows and columns a matrix has, as they are written: ``[2×K]``; of any tensor, how long its axes are."""

    __slots__ = ("sizes",)
    sizes: tuple[str, ...]


class Transpose(MatrixExpr):
    """The transposed matrix."""

    __slots__ = ("body",)
    body: Expr


class MatMul(MatrixExpr):
    """A product of matrices."""

    __slots__ = ("factors",)
    factors: tuple[Expr, ...]


class Hadamard(MatrixExpr):
    """A product element by element, of matrices of one shape."""

    __slots__ = ("factors",)
    factors: tuple[Expr, ...]


class HadamardDiv(MatrixExpr):
    """A quotient element by element."""

    __slots__ = ("top", "bottom")
    top: Expr
    bottom: Expr


class HadamardPow(MatrixExpr):
    """Each element to a power."""

    __slots__ = ("base", "exponent")
    base: Expr
    exponent: Expr


class Literal(MatrixExpr):
    """A matrix of numbers, row by row; ``None`` is a cell that is left out of a large one."""

    __slots__ = ("rows",)
    rows: tuple[tuple[Expr | None, ...], ...]

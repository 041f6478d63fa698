"""One number for all elements of a matrix, written with a column and a row of ones."""

from __future__ import annotations

from .matrices import Axes, shape
from .matrix_nodes import MatMul, Ones, Transpose
from .nodes import Div, Expr, Mul, Neg
from .structure import product


def is_number(node: Expr) -> bool:
    """Whether a matrix form is a number, which fits any shape."""
    return shape(node) in (None, (None, None))


def repeated(number: Expr, axes: Axes) -> Expr:
    """A number as the matrix that has it everywhere: ``1_j 1_iᵀ x`` for ``1_iᵀ x``, ``c × 1_j`` for ``c``."""
    down, across = axes
    column = () if down is None else (Ones(down),)
    row = () if across is None else (Transpose(Ones(across)),)
    match number:
        case _ if not column and not row:
            return number
        case MatMul(factors):
            return MatMul((*column, *factors, *row))
        case Neg(body):
            return Neg(repeated(body, axes))
        case Div(top, bottom) if shape(top) is not None:
            return Div(repeated(top, axes), bottom)
        case Mul(factors) if products := [one for one in factors if isinstance(one, MatMul)]:
            others = [one for one in factors if one is not products[-1]]
            return Mul((*others, repeated(products[-1], axes)))
        case _:
            return product((number, MatMul((*column, *row)) if column and row else (*column, *row)[0]))

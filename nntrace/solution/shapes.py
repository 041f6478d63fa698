"""The shapes beside a line in matrix form: ``[2×3][3×1] + [2×1] = [2×1]``."""

from __future__ import annotations

from collections.abc import Callable

from ..expr import Add, Expr, Hadamard, HadamardDiv, MatMul, Mul, Neg, shape
from ..expr.matrices import Axes
from .model import Note

SizeOf = Callable[[str | None], str]
"""How the number of values of an index is written; of ``None`` it is 1."""


def shapes(body: Expr, axes: Axes, size: SizeOf) -> Note:
    """The shapes of the matrices of an expression, and of its result."""
    result = written(axes, size)
    parts = _of(body, size)
    return (result,) if parts == result or not _has_product(body) else (f"{parts} = {result}",)


def written(axes: Axes, size: SizeOf) -> str:
    """``[2×3]``."""
    return f"[{size(axes[0])}×{size(axes[1])}]"


def _has_product(node: Expr) -> bool:
    match node:
        case MatMul():
            return True
        case Add(parts) | Hadamard(parts) | Mul(parts):
            return any(map(_has_product, parts))
        case Neg(body):
            return _has_product(body)
        case HadamardDiv(top, bottom):
            return _has_product(top) or _has_product(bottom)
        case _:
            return False


def _of(node: Expr, size: SizeOf) -> str:
    """The shapes of what stands between the operators; numbers have none."""
    match node:
        case Add(terms):
            return " + ".join(found for term in terms if (found := _of(term, size)))
        case Neg(body):
            return _of(body, size)
        case Hadamard(parts):
            return " ⊙ ".join(found for part in parts if (found := _of(part, size)))
        case Mul(parts):
            return "".join(_of(part, size) for part in parts)
        case MatMul(factors):
            return "".join(written(axes, size) for factor in factors if (axes := shape(factor)))
        case _:
            axes = shape(node)
            return written(axes, size) if axes is not None and axes != (None, None) else ""

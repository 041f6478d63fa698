"""The shapes beside a line in matrix form: ``[2×3][3×1] + [2×1] = [2×1]``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...expr import Add, Dimensions, Expr, Hadamard, HadamardDiv, MatMul, Mul, Neg
from ...expr.matrices import Axes, shape
from ..content.model import Note

SizeOf = Callable[[str | None], str]
"""How the number of values of an index is written; of ``None`` it is 1."""


def shapes(body: Expr, axes: Axes, size: SizeOf) -> Note:
    """The shapes of the matrices of an expression, and of its result."""
    result = (dimensions(axes, size),)
    sizes = _of(body, size)
    return result if sizes == result or not _has_product(body) else (*sizes, " = ", *result)


def dimensions(axes: Axes, size: SizeOf) -> Dimensions:
    """``[2×3]``."""
    return Dimensions(size(axes[0]), size(axes[1]))


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


def _of(node: Expr, size: SizeOf, inside: bool = False) -> Note:
    """The shapes of what stands between the operators; ``inside`` of a product, a sum is bracketed.

    A number beside a matrix has none; one added to each element of a product, or worked out by one, says what it is.
    """
    match node:
        case Add((first, *others)) if _has_product(node):
            found = _of(first, size, isinstance(first, Add))
            for term in others:
                sign, body = (" - ", term.body) if isinstance(term, Neg) else (" + ", term)
                found += (sign, *_of(body, size, isinstance(body, Add)))
            return ("(", *found, ")") if inside else found
        case Neg(body):
            return ("-", *_of(body, size, True))
        case Hadamard(parts):
            return _between(" ⊙ ", [_of(part, size, True) for part in parts])
        case HadamardDiv(top, bottom):
            return (*_of(top, size, True), " ⊘ ", *_of(bottom, size, True))
        case Mul(parts):
            return _scaled(parts, size)
        case MatMul(factors):
            return tuple(dimensions(axes, size) for factor in factors if (axes := shape(factor)))
        case _:
            axes = shape(node)
            return ("number",) if axes is None or axes == (None, None) else (dimensions(axes, size),)


def _scaled(factors: tuple[Expr, ...], size: SizeOf) -> Note:
    """The shapes of a product of numbers and at most one matrix; a number that a product of matrices gives is shown."""
    shaped = [part for part in factors if shape(part) is not None]
    if not shaped:
        return ("number",)
    *before, last = shaped
    numbers = [part for part in before if isinstance(part, MatMul)]
    single = Dimensions("1", "1")
    return _between(" × ", [*(("(", *_of(part, size), " = ", single, ")") for part in numbers), _of(last, size, True)])


def _between(sign: str, notes: Sequence[Note]) -> Note:
    """Several notes with a sign between them."""
    first, *others = notes
    return first + tuple(part for note in others for part in (sign, *note))

"""The shapes beside a line in matrix form: ``[2×3][3×1] + [2×1] = [2×1]``."""

from __future__ import annotations

from collections.abc import Mapping

from ...expr import Add, Dimensions, Expr, Hadamard, HadamardDiv, MatMul, Mul, Neg, Num, Sym, children
from ...expr.bind import origin
from ...expr.matrices import Axes, shape
from ..content.model import Note, listed

LetterSizes = Mapping[str, object]
"""How many values the index letters have, as numbers or as written; what is no letter is a size itself."""


def shapes(body: Expr, axes: Axes, sizes: LetterSizes) -> Note:
    """The shapes of the matrices of an expression, and of its result."""
    result = (_dimensions(axes, sizes),)
    found = _of(body, sizes)
    return result if found == result or not _has_product(body) else (*found, " = ", *result)


def size_of(written: str) -> Expr:
    """A size as a number or a symbol."""
    return Num(int(written)) if written.isdigit() else Sym(written)


def _dimensions(axes: Axes, sizes: LetterSizes) -> Dimensions:
    """``[2×3]``; without an index 1."""
    along = ("1" if axis is None else sizes.get(axis, sizes.get(origin(axis), axis)) for axis in axes)
    return Dimensions(tuple(map(str, along)))


def _has_product(node: Expr) -> bool:
    operations = isinstance(node, Add | Hadamard | Mul | Neg | HadamardDiv)
    return isinstance(node, MatMul) or (operations and any(map(_has_product, children(node))))


def _of(node: Expr, sizes: LetterSizes, inside: bool = False) -> Note:
    """The shapes of what stands between the operators; ``inside`` of a product, a sum is bracketed.

    A number beside a matrix has none; one added to each element of a product, or worked out by one, says what it is.
    """
    match node:
        case Add((first, *others)) if _has_product(node):
            found = _of(first, sizes, isinstance(first, Add))
            for term in others:
                sign, body = (" - ", term.body) if isinstance(term, Neg) else (" + ", term)
                found += (sign, *_of(body, sizes, isinstance(body, Add)))
            return ("(", *found, ")") if inside else found
        case Neg(body):
            return ("-", *_of(body, sizes, True))
        case Hadamard(parts):
            return listed((_of(part, sizes, True) for part in parts), " ⊙ ")
        case HadamardDiv(top, bottom):
            return (*_of(top, sizes, True), " ⊘ ", *_of(bottom, sizes, True))
        case Mul(parts):
            return _scaled(parts, sizes)
        case MatMul(factors):
            return tuple(_dimensions(axes, sizes) for factor in factors if (axes := shape(factor)))
        case _:
            axes = shape(node)
            return ("number",) if axes is None or axes == (None, None) else (_dimensions(axes, sizes),)


def _scaled(factors: tuple[Expr, ...], sizes: LetterSizes) -> Note:
    """The shapes of a product of numbers and at most one matrix; a number that a product of matrices gives is shown."""
    shaped = [part for part in factors if shape(part) is not None]
    if not shaped:
        return ("number",)
    *others, last = shaped
    single = Dimensions(("1", "1"))
    numbers = [("(", *_of(part, sizes), " = ", single, ")") for part in others if isinstance(part, MatMul)]
    return listed([*numbers, _of(last, sizes, True)], " × ")

"""Evaluation over whole tensors: one formula in index notation becomes a plan of numpy calls, made once.

A sum over a product becomes a matrix product, everything else broadcasts. ``plan(z_formula, ("n", "j"))`` gives a
function of the arrays whose result has these axes, in this order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial, reduce
from math import prod
from typing import Any

import numpy as np

from ..record import Record
from .bind import at, extent, free_indices, fresh, kronecker
from .functions import FUNCTIONS, Function
from .index import Affine, Index, Segment, letters_of, number_of
from .nodes import (
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Size,
    Sum,
    Sym,
    partial_key,
)  # fmt: skip
from .scalar import RELATIONS

Array = np.ndarray[Any, np.dtype[np.float64]]
Letters = tuple[str, ...]


class Arguments(Record):
    """What a plan is run on: arrays by symbol name (``partial_key`` for ∂a/∂b), and how far each index runs."""

    arrays: Mapping[str, Array]
    sizes: Mapping[str, int]


Run = Callable[[Arguments], Any]


class _Part(Record):
    axes: Letters
    run: Run


@lru_cache(maxsize=4096)
def plan(node: Expr, axes: Letters) -> Run:
    """A function from ``Arguments`` to the array of the expression, with one axis for each index named.

    Every free index of the expression must be among ``axes``; an axis it lacks is filled by repeating.
    """
    part = _build(node)
    missing = [axis for axis in axes if axis not in part.axes]
    if not missing:
        return _ordered(part, axes).run
    aligned = _aligned(part, axes).run

    def repeated(arguments: Arguments) -> Any:
        return np.broadcast_to(aligned(arguments), tuple(extent(axis, arguments.sizes) for axis in axes)).copy()

    return repeated


def _build(node: Expr) -> _Part:
    match node:
        case Num(value):
            number = float(value)
            return _Part((), lambda _: number)
        case Sym(name, index, mark):
            return _symbol(name + mark, index)
        case Partial(of, by):
            return _symbol(partial_key(of.name, by.name), by.index)
        case Size(over):
            return _Part((), lambda arguments: float(extent(over, arguments.sizes)))
        case Add(terms):
            return _sum_of_terms(terms)
        case Neg(body):
            return _apply(np.negative, _build(body))
        case Mul(factors):
            return _multiply([_build(factor) for factor in factors])
        case Div(top, bottom):
            return _apply(np.true_divide, _build(top), _build(bottom))
        case Pow(base, Num(2)):
            return _apply(np.square, _build(base))
        case Pow(base, exponent):
            return _apply(np.power, _build(base), _build(exponent))
        case Call(function, args):
            return _call(FUNCTIONS[function], [_build(arg) for arg in args])
        case Sum():
            return _contraction(node)
        case Max(over, body):
            return _largest(over, _build(body))
        case Delta(i, j):
            return _kronecker(i, j)
        case Indicator(condition):
            return _apply(np.float64, _condition(condition))
        case Cases(condition, then, otherwise):
            return _apply(np.where, _condition(condition), _build(then), _build(otherwise))
        case _:
            raise TypeError(f"no array for {node!r}")


def _symbol(name: str, index: tuple[Index, ...]) -> _Part:
    if any(isinstance(i, Segment) for i in index) and (part := _segmented(name, index)) is not None:
        return part
    if any(isinstance(i, Affine) for i in index):
        return _gathered(name, index)
    axes = tuple(i for i in index if isinstance(i, str))
    if len(set(axes)) < len(axes):
        distinct = tuple(dict.fromkeys(axes))
        letters = {axis: chr(97 + place) for place, axis in enumerate(distinct)}
        pattern = "".join(letters[axis] for axis in axes) + "->" + "".join(letters.values())
        diagonal = _symbol(name, tuple(f"{place}" if isinstance(i, str) else i for place, i in enumerate(index)))
        return _Part(distinct, lambda arguments: np.einsum(pattern, diagonal.run(arguments)))
    if len(axes) == len(index):
        return _Part(axes, lambda arguments: arguments.arrays[name])
    picks = tuple(slice(None) if isinstance(i, str) else number_of(i, {}) for i in index)
    return _Part(axes, lambda arguments: arguments.arrays[name][picks])


def _segmented(name: str, index: tuple[Index, ...]) -> _Part | None:
    """A tensor read along segments of its axes, by different letters: a part of the array, not copied."""
    letters = [letter for one in index for letter in letters_of(one)]
    if len(set(letters)) < len(letters) or any(type(one) is Affine for one in index):
        return None

    def taken(one: Index, sizes: Mapping[str, int]) -> slice | int:
        match one:
            case Segment(((_, letter),), offset):
                return slice(offset, offset + extent(letter, sizes))
            case str():
                return slice(None)
            case _:
                return number_of(one, {})

    def run(arguments: Arguments) -> Any:
        return arguments.arrays[name][tuple(taken(one, arguments.sizes) for one in index)]

    return _Part(tuple(letters), run)


def _gathered(name: str, index: tuple[Index, ...]) -> _Part:
    """A tensor read at affine indices: x[p + r] is looked up at every p and r."""
    axes = tuple(dict.fromkeys(letter for one in index for letter in letters_of(one)))

    def run(arguments: Arguments) -> Any:
        return arguments.arrays[name][tuple(_places(one, axes, arguments.sizes) for one in index)]

    return _Part(axes, run)


def _places(index: Index, axes: Letters, sizes: Mapping[str, int]) -> Any:
    """The numbers that an index takes, along these axes."""
    grids: Any = np.ix_(*(np.arange(extent(axis, sizes)) for axis in axes))
    return number_of(index, dict(zip(axes, grids, strict=True)))


def _apply(function: Callable[..., Any], *parts: _Part) -> _Part:
    """A function applied elementwise, the parts' axes aligned to their union."""
    axes = tuple(dict.fromkeys(axis for part in parts for axis in part.axes))
    runs = [_aligned(part, axes).run for part in parts]
    if len(runs) == 1:
        only = runs[0]
        return _Part(axes, lambda arguments: function(only(arguments)))
    if len(runs) == 2:
        first, second = runs
        return _Part(axes, lambda arguments: function(first(arguments), second(arguments)))
    return _Part(axes, lambda arguments: function(*(run(arguments) for run in runs)))


def _call(row: Function, parts: list[_Part]) -> _Part:
    """A function of the table; one of any number of arguments takes two at a time."""
    function = getattr(np, row.numpy) if isinstance(row.numpy, str) else row.numpy
    return reduce(partial(_apply, function), parts) if row.arity is None else _apply(function, *parts)


def _sum_of_terms(terms: tuple[Expr, ...]) -> _Part:
    """Terms added from left to right; a ``Neg`` after the first is subtracted."""
    result = _build(terms[0])
    for term in terms[1:]:
        if isinstance(term, Neg):
            result = _apply(np.subtract, result, _build(term.body))
        else:
            result = _apply(np.add, result, _build(term))
    return result


def _multiply(parts: list[_Part]) -> _Part:
    result = parts[0]
    for part in parts[1:]:
        result = _apply(np.multiply, result, part)
    return result


def _condition(condition: Condition) -> _Part:
    return _apply(RELATIONS[condition.relation], _build(condition.left), _build(condition.right))


def _kronecker(i: Index, j: Index) -> _Part:
    decided = kronecker(i, j)
    if isinstance(decided, Num):
        return _build(decided)
    axes = tuple(dict.fromkeys((*letters_of(i), *letters_of(j))))
    return _Part(axes, lambda a: np.equal(_places(i, axes, a.sizes), _places(j, axes, a.sizes)) * 1.0)


def _aligned(part: _Part, axes: Letters) -> _Part:
    """The part with its axes in this order, and an axis of length 1 where it lacks one."""
    if part.axes == axes or not part.axes:
        return part
    present = tuple(axis for axis in axes if axis in part.axes)
    run = _ordered(part, present).run
    lacking = len(axes) - len(present)
    if axes[lacking:] == present:
        return _Part(axes, run)  # numpy itself adds axes in front
    spread = tuple(slice(None) if axis in part.axes else None for axis in axes)
    return _Part(axes, lambda arguments: run(arguments)[spread])


def _ordered(part: _Part, axes: Letters) -> _Part:
    if part.axes == axes:
        return part
    order = tuple(part.axes.index(axis) for axis in axes)
    return _Part(axes, lambda arguments: part.run(arguments).transpose(order))


def _largest(over: str, part: _Part) -> _Part:
    if over not in part.axes:
        return part
    place = part.axes.index(over)
    kept = tuple(axis for axis in part.axes if axis != over)
    return _Part(kept, lambda arguments: part.run(arguments).max(axis=place))


def _contraction(node: Sum) -> _Part:
    """Σ over some indices: factors without them stay outside, the others become matrix products."""
    over: list[str] = []
    body: Expr = node
    while isinstance(body, Sum):
        inner = fresh(body.over, {*over, *free_indices(body)})
        over.append(inner)
        body = body.body if inner == body.over else at(body.body, {body.over: inner})
    over, factors = _picked(over, list(body.factors) if isinstance(body, Mul) else [body])
    sign = 1
    for place, factor in enumerate(factors):
        if isinstance(factor, Neg):
            factors[place], sign = factor.body, -sign
    outside = [factor for factor in factors if not set(over) & set(free_indices(factor))]
    groups = _same_axes([_build(factor) for factor in factors if factor not in outside])
    lacking = [index for index in over if not any(index in part.axes for part in groups)]
    summed = [index for index in over if index not in lacking]
    result = groups[0] if groups else _Part((), lambda _: 1.0)
    for place, part in enumerate(groups[1:], start=2):
        later = {axis for other in groups[place:] for axis in other.axes}
        result = _pair(result, part, tuple(i for i in summed if i not in later))
    done = tuple(axis for axis in summed if axis in result.axes)
    if done:
        result = _reduce(result, done)
    for index in lacking:
        result = _multiply([result, _build(Size(index))])
    if outside:
        result = _multiply([*map(_build, outside), *([result] if over else [])])
    return result if sign > 0 else _apply(np.negative, result)


def _picked(over: list[str], factors: list[Expr]) -> tuple[list[str], list[Expr]]:
    """A δ of a summed index and its namesake, which runs as far, picks one addend: Σ_j′ g_j′ δ_j′j = g_j."""
    for delta in factors:
        match delta:
            case Delta(str(i), str(j)) if i != j and i.rstrip("′") == j.rstrip("′") and (i in over or j in over):
                index, other = (i, j) if i in over else (j, i)
                rest = [at(factor, {index: other}) for factor in factors if factor is not delta]
                return _picked([name for name in over if name != index], rest)
    return over, factors


def _same_axes(parts: list[_Part]) -> list[_Part]:
    """Factors over the same axes multiplied elementwise first."""
    groups: dict[frozenset[str], _Part] = {}
    for part in parts:
        key = frozenset(part.axes)
        groups[key] = _apply(np.multiply, groups[key], part) if key in groups else part
    return list(groups.values())


def _reduce(part: _Part, over: Letters) -> _Part:
    places = tuple(part.axes.index(axis) for axis in over)
    kept = tuple(axis for axis in part.axes if axis not in over)
    return _Part(kept, lambda arguments: part.run(arguments).sum(axis=places))


def _pair(left: _Part, right: _Part, over: Letters) -> _Part:
    """Σ over ``over`` of left × right: one matrix product; without shared indices to sum, elementwise."""
    shared = [axis for axis in left.axes if axis in right.axes]
    contracted = tuple(axis for axis in over if axis in shared)
    alone = [tuple(axis for axis in over if axis in part.axes and axis not in shared) for part in (left, right)]
    left, right = (_reduce(part, axes) if axes else part for part, axes in zip((left, right), alone, strict=True))
    if not contracted:
        return _apply(np.multiply, left, right)
    kept = tuple(axis for axis in shared if axis not in contracted)
    rows = tuple(axis for axis in left.axes if axis not in shared)
    columns = tuple(axis for axis in right.axes if axis not in shared)
    first, second = _ordered(left, (*kept, *rows, *contracted)).run, _ordered(right, (*kept, *contracted, *columns)).run
    product: Callable[[Array, Array], Array] = np.dot
    if kept or len(contracted) > 1 or len(rows) > 1 or len(columns) > 1:
        product = partial(_product, len(kept), len(contracted))
    return _Part((*kept, *rows, *columns), lambda arguments: product(first(arguments), second(arguments)))


def _product(kept: int, summed: int, left: Array, right: Array) -> Array:
    """The matrix product of arrays of any rank, one for each place along the axes in front that both keep."""
    front, rows = left.shape[:kept], left.shape[kept : left.ndim - summed]
    middle, columns = right.shape[kept : kept + summed], right.shape[kept + summed :]
    first = left.reshape(*front, prod(rows), prod(middle))
    second = right.reshape(*front, prod(middle), prod(columns))
    result: Array = np.matmul(first, second)
    return result.reshape(front + rows + columns)

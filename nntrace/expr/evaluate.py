"""Evaluation over whole tensors: one formula in index notation becomes a plan of numpy calls, made once.

A sum over a product becomes a matrix product, everything else broadcasts. ``plan(z_formula, ("n", "j"))`` gives a
function of the arrays whose result has these axes, in this order.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial, reduce
from typing import Any

import numpy as np

from .bind import at, extent, free_indices, fresh, kronecker, origin
from .contractions import (
    Arguments,
    Letters,
    PlannedArray,
    Run,
    aligned,
    apply,
    largest,
    multiply,
    ordered,
    same_axes,
    sum_along,
    sum_of_products,
)  # fmt: skip
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


@lru_cache(maxsize=4096)
def plan(node: Expr, axes: Letters) -> Run:
    """A function from ``Arguments`` to the array of the expression, with one axis for each index named.

    Every free index of the expression must be among ``axes``; an axis it lacks is filled by repeating.
    """
    part = _build(node)
    missing = [axis for axis in axes if axis not in part.axes]
    if not missing:
        return ordered(part, axes).run
    filled = aligned(part, axes).run

    def repeated(arguments: Arguments) -> Any:
        return np.broadcast_to(filled(arguments), tuple(extent(axis, arguments.sizes) for axis in axes)).copy()

    return repeated


def _build(node: Expr) -> PlannedArray:
    match node:
        case Num(value):
            number = float(value)
            return PlannedArray((), lambda _: number)
        case Sym(name, index, mark):
            return _symbol(name + mark, index)
        case Partial(of, by):
            return _symbol(partial_key(of.name, by.name), by.index)
        case Size(over):
            return PlannedArray((), lambda arguments: float(extent(over, arguments.sizes)))
        case Add(terms):
            return _sum_of_terms(terms)
        case Neg(body):
            return apply(np.negative, _build(body))
        case Mul(factors):
            return multiply([_build(factor) for factor in factors])
        case Div(top, bottom):
            return apply(np.true_divide, _build(top), _build(bottom))
        case Pow(base, Num(2)):
            return apply(np.square, _build(base))
        case Pow(base, exponent):
            return apply(np.power, _build(base), _build(exponent))
        case Call(function, args):
            return _call(FUNCTIONS[function], [_build(arg) for arg in args])
        case Sum():
            return _contraction(node)
        case Max(over, body):
            return largest(over, _build(body))
        case Delta(i, j):
            return _kronecker(i, j)
        case Indicator(condition):
            return apply(np.float64, _condition(condition))
        case Cases(condition, then, otherwise):
            return apply(np.where, _condition(condition), _build(then), _build(otherwise))
        case _:
            raise TypeError(f"no array for {node!r}")


def _symbol(name: str, index: tuple[Index, ...]) -> PlannedArray:
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
        return PlannedArray(distinct, lambda arguments: np.einsum(pattern, diagonal.run(arguments)))
    if len(axes) == len(index):
        return PlannedArray(axes, lambda arguments: arguments.arrays[name])
    picks = tuple(slice(None) if isinstance(i, str) else number_of(i, {}) for i in index)
    return PlannedArray(axes, lambda arguments: arguments.arrays[name][picks])


def _segmented(name: str, index: tuple[Index, ...]) -> PlannedArray | None:
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

    return PlannedArray(tuple(letters), run)


def _gathered(name: str, index: tuple[Index, ...]) -> PlannedArray:
    """A tensor read at affine indices: x[p + r] is looked up at every p and r."""
    axes = tuple(dict.fromkeys(letter for one in index for letter in letters_of(one)))

    def run(arguments: Arguments) -> Any:
        return arguments.arrays[name][tuple(_places(one, axes, arguments.sizes) for one in index)]

    return PlannedArray(axes, run)


def _places(index: Index, axes: Letters, sizes: Mapping[str, int]) -> Any:
    """The numbers that an index takes, along these axes."""
    grids: Any = np.ix_(*(np.arange(extent(axis, sizes)) for axis in axes))
    return number_of(index, dict(zip(axes, grids, strict=True)))


def _call(row: Function, parts: list[PlannedArray]) -> PlannedArray:
    """A function of the table; one of any number of arguments takes two at a time."""
    function = getattr(np, row.numpy) if isinstance(row.numpy, str) else row.numpy
    return reduce(partial(apply, function), parts) if row.arity is None else apply(function, *parts)


def _sum_of_terms(terms: tuple[Expr, ...]) -> PlannedArray:
    """Terms added from left to right; a ``Neg`` after the first is subtracted."""
    result = _build(terms[0])
    for term in terms[1:]:
        if isinstance(term, Neg):
            result = apply(np.subtract, result, _build(term.body))
        else:
            result = apply(np.add, result, _build(term))
    return result


def _condition(condition: Condition) -> PlannedArray:
    return apply(RELATIONS[condition.relation], _build(condition.left), _build(condition.right))


def _kronecker(i: Index, j: Index) -> PlannedArray:
    decided = kronecker(i, j)
    if isinstance(decided, Num):
        return _build(decided)
    axes = tuple(dict.fromkeys((*letters_of(i), *letters_of(j))))
    return PlannedArray(axes, lambda a: np.equal(_places(i, axes, a.sizes), _places(j, axes, a.sizes)) * 1.0)


def _contraction(node: Sum) -> PlannedArray:
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
    groups = same_axes([_build(factor) for factor in factors if factor not in outside])
    lacking = [index for index in over if not any(index in part.axes for part in groups)]
    summed = [index for index in over if index not in lacking]
    result = groups[0] if groups else PlannedArray((), lambda _: 1.0)
    for place, part in enumerate(groups[1:], start=2):
        later = {axis for other in groups[place:] for axis in other.axes}
        result = sum_of_products(result, part, tuple(i for i in summed if i not in later))
    done = tuple(axis for axis in summed if axis in result.axes)
    if done:
        result = sum_along(result, done)
    for index in lacking:
        result = multiply([result, _build(Size(index))])
    if outside:
        result = multiply([*map(_build, outside), *([result] if over else [])])
    return result if sign > 0 else apply(np.negative, result)


def _picked(over: list[str], factors: list[Expr]) -> tuple[list[str], list[Expr]]:
    """A δ of a summed index and its namesake, which runs as far, picks one addend: Σ_j′ g_j′ δ_j′j = g_j."""
    for delta in factors:
        match delta:
            case Delta(str(i), str(j)) if i != j and origin(i) == origin(j) and (i in over or j in over):
                index, other = (i, j) if i in over else (j, i)
                rest = [at(factor, {index: other}) for factor in factors if factor is not delta]
                return _picked([name for name in over if name != index], rest)
    return over, factors

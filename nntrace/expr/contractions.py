"""Arrays with named axes, planned before they are computed: how they are aligned, multiplied and summed.

A sum over what two of them share is one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import prod
from typing import Any

import numpy as np

from ..record import Record

Array = np.ndarray[Any, np.dtype[np.float64]]
Letters = tuple[str, ...]


class Arguments(Record):
    """What a plan is run on: arrays by symbol name (``partial_key`` for ∂a/∂b), and how far each index runs."""

    arrays: Mapping[str, Array]
    sizes: Mapping[str, int]


Run = Callable[[Arguments], Any]


class PlannedArray(Record):
    axes: Letters
    run: Run


def apply(function: Callable[..., Any], *parts: PlannedArray) -> PlannedArray:
    """A function applied elementwise, the parts' axes aligned to their union."""
    axes = tuple(dict.fromkeys(axis for part in parts for axis in part.axes))
    runs = [aligned(part, axes).run for part in parts]
    if len(runs) == 1:
        only = runs[0]
        return PlannedArray(axes, lambda arguments: function(only(arguments)))
    if len(runs) == 2:
        first, second = runs
        return PlannedArray(axes, lambda arguments: function(first(arguments), second(arguments)))
    return PlannedArray(axes, lambda arguments: function(*(run(arguments) for run in runs)))


def multiply(parts: list[PlannedArray]) -> PlannedArray:
    result = parts[0]
    for part in parts[1:]:
        result = apply(np.multiply, result, part)
    return result


def aligned(part: PlannedArray, axes: Letters) -> PlannedArray:
    """The part with its axes in this order, and an axis of length 1 where it lacks one."""
    if part.axes == axes or not part.axes:
        return part
    present = tuple(axis for axis in axes if axis in part.axes)
    run = ordered(part, present).run
    lacking = len(axes) - len(present)
    if axes[lacking:] == present:
        return PlannedArray(axes, run)  # numpy itself adds axes in front
    spread = tuple(slice(None) if axis in part.axes else None for axis in axes)
    return PlannedArray(axes, lambda arguments: run(arguments)[spread])


def ordered(part: PlannedArray, axes: Letters) -> PlannedArray:
    if part.axes == axes:
        return part
    order = tuple(part.axes.index(axis) for axis in axes)
    return PlannedArray(axes, lambda arguments: part.run(arguments).transpose(order))


def largest(over: str, part: PlannedArray) -> PlannedArray:
    if over not in part.axes:
        return part
    place = part.axes.index(over)
    kept = tuple(axis for axis in part.axes if axis != over)
    return PlannedArray(kept, lambda arguments: part.run(arguments).max(axis=place))


def same_axes(parts: list[PlannedArray]) -> list[PlannedArray]:
    """Factors over the same axes multiplied elementwise first."""
    groups: dict[frozenset[str], PlannedArray] = {}
    for part in parts:
        key = frozenset(part.axes)
        groups[key] = apply(np.multiply, groups[key], part) if key in groups else part
    return list(groups.values())


def sum_along(part: PlannedArray, over: Letters) -> PlannedArray:
    places = tuple(part.axes.index(axis) for axis in over)
    kept = tuple(axis for axis in part.axes if axis not in over)
    return PlannedArray(kept, lambda arguments: part.run(arguments).sum(axis=places))


def sum_of_products(left: PlannedArray, right: PlannedArray, over: Letters) -> PlannedArray:
    """Σ over ``over`` of left × right: one matrix product; without shared indices to sum, elementwise."""
    shared = [axis for axis in left.axes if axis in right.axes]
    contracted = tuple(axis for axis in over if axis in shared)
    alone = [tuple(axis for axis in over if axis in part.axes and axis not in shared) for part in (left, right)]
    left, right = (sum_along(part, axes) if axes else part for part, axes in zip((left, right), alone, strict=True))
    if not contracted:
        return apply(np.multiply, left, right)
    kept = tuple(axis for axis in shared if axis not in contracted)
    rows = tuple(axis for axis in left.axes if axis not in shared)
    columns = tuple(axis for axis in right.axes if axis not in shared)
    first, second = ordered(left, (*kept, *rows, *contracted)).run, ordered(right, (*kept, *contracted, *columns)).run
    product: Callable[[Array, Array], Array] = np.dot
    if kept or len(contracted) > 1 or len(rows) > 1 or len(columns) > 1:
        product = partial(_product, len(kept), len(contracted))
    return PlannedArray((*kept, *rows, *columns), lambda arguments: product(first(arguments), second(arguments)))


def _product(kept: int, summed: int, left: Array, right: Array) -> Array:
    """The matrix product of arrays of any rank, one for each place along the axes in front that both keep."""
    front, rows = left.shape[:kept], left.shape[kept : left.ndim - summed]
    middle, columns = right.shape[kept : kept + summed], right.shape[kept + summed :]
    first = left.reshape(*front, prod(rows), prod(middle))
    second = right.reshape(*front, prod(middle), prod(columns))
    result: Array = np.matmul(first, second)
    return result.reshape(front + rows + columns)

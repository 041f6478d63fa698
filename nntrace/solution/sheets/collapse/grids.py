"""Matrices of numbers, row by row, each number exact where it can be."""

from __future__ import annotations

from functools import reduce

from ....expr import Literal
from ....trace.amount import Amount
from ...numbers.digits import Digits, NumbersShown

Grid = list[list[Amount]]


def times(left: Grid, right: Grid) -> Grid:
    """The product of two matrices."""
    columns = list(zip(*right, strict=True))
    return [[_dot(row, column) for column in columns] for row in left]


def plus(one: Grid | None, other: Grid | None) -> Grid | None:
    """The sum of two matrices of one shape, one of which there may not be."""
    if one is None or other is None:
        return other if one is None else one
    return [[left.plus(right) for left, right in zip(*rows, strict=True)] for rows in zip(one, other, strict=True)]


def literal(grid: Grid, digits: Digits) -> tuple[Literal, bool]:
    """A matrix as it is shown, and whether any of its numbers is rounded."""
    show = NumbersShown(digits)
    return Literal(tuple(tuple(map(show, row)) for row in grid)), show.rounded


def numbers(grid: Grid) -> list[list[float]]:
    """The numbers of a matrix."""
    return [[amount.number for amount in row] for row in grid]


def _dot(left: list[Amount], right: tuple[Amount, ...]) -> Amount:
    return reduce(Amount.plus, (one.times(two) for one, two in zip(left, right, strict=True)))

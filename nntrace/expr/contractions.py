"""Arrays with named axes as Python texts: how they are aligned, multiplied and summed.

A sum over what two of them share is one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial, reduce
from math import isfinite, prod
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

SUM, PRODUCT, MINUS, POWER, ATOM = range(5)
"""How tightly a text binds, from a sum to a name or a call."""


class ArrayText(Record):
    """An expression as Python: the axes of its array, its text and how tightly that binds.

    ``constant``: it is worked out from numbers of the formula alone. ``truth``: its array is one of truth values, which
    count as 1 and 0.
    """

    axes: Letters
    text: str
    binds: int = ATOM
    constant: bool = False
    truth: bool = False

    def within(self, binds: int) -> str:
        """The text as an operand, in brackets where it binds less tightly."""
        return self.text if self.binds >= binds else f"({self.text})"


def number(value: float) -> ArrayText:
    text = repr(value) if isfinite(value) else f"float({str(value)!r})"
    return ArrayText((), text, MINUS if value < 0 else ATOM, constant=True)


def _is_divisor(text: str) -> bool:
    """Whether a text is a number that one can divide by."""
    return text.replace(".", "").isdigit() and float(text) != 0


def as_numbers(part: ArrayText) -> ArrayText:
    """Truth values as the numbers 1 and 0."""
    return part._replace(text=f"1.0 * {part.within(PRODUCT)}", binds=PRODUCT, truth=False) if part.truth else part


def call(name: str, *operands: ArrayText) -> ArrayText:
    """A function called elementwise, the arguments' axes aligned to their union."""
    axes = tuple(dict.fromkeys(axis for part in operands for axis in part.axes))
    return ArrayText(axes, f"{name}({', '.join(aligned(as_numbers(part), axes).text for part in operands)})")


def operation(sign: str, binds: int, left: ArrayText, right: ArrayText) -> ArrayText:
    """Two operands, aligned, with a sign between them; of truth values alone it gives truth values."""
    axes = tuple(dict.fromkeys((*left.axes, *right.axes)))
    left, right = aligned(left, axes), aligned(right, axes)
    text = f"{left.within(binds)} {sign} {right.within(binds + 1)}"
    return ArrayText(axes, text, binds, left.constant and right.constant, left.truth and right.truth)


def binary(sign: str, binds: int, left: ArrayText, right: ArrayText, function: str = "") -> ArrayText:
    """An operation on numbers; between two numbers of the formula a ``function`` of numpy, which raises nothing."""
    if function and left.constant and right.constant and not _is_divisor(right.text):
        return call(f"np.{function}", left, right)
    return operation(sign, binds, as_numbers(left), as_numbers(right))


def multiply(operands: list[ArrayText]) -> ArrayText:
    """A product from left to right. Truth values beside numbers count by themselves; the number 1 is left out."""
    return reduce(partial(operation, "*", PRODUCT), [part for part in operands if part.text != "1.0"] or operands[:1])


def aligned(part: ArrayText, axes: Letters, fill: bool = False) -> ArrayText:
    """The part with its axes in this order, and an axis of length 1 where it lacks one (numpy adds those in front)."""
    if part.axes == axes or not part.axes:
        return part
    part = ordered(part, tuple(axis for axis in axes if axis in part.axes))
    if not fill and axes[len(axes) - len(part.axes) :] == part.axes:
        return part
    spread = ", ".join(":" if axis in part.axes else "None" for axis in axes)
    return part._replace(text=f"{part.within(ATOM)}[{spread}]", binds=ATOM)


def ordered(part: ArrayText, axes: Letters) -> ArrayText:
    if part.axes == axes:
        return part
    order = tuple(part.axes.index(axis) for axis in axes)
    turned = ".T" if order == (1, 0) else f".transpose{order}"
    return part._replace(axes=axes, text=part.within(ATOM) + turned, binds=ATOM)


def reduced(method: str, part: ArrayText, over: Letters) -> ArrayText:
    """The sum or the largest along some axes, of those that it has."""
    places = tuple(part.axes.index(axis) for axis in over if axis in part.axes)
    if not places:
        return part
    kept = tuple(axis for axis in part.axes if axis not in over)
    axis = f"axis={places[0] if len(places) == 1 else places}" if kept else ""
    return ArrayText(kept, f"{part.within(ATOM)}.{method}({axis})")


def same_axes(operands: list[ArrayText]) -> list[ArrayText]:
    """Factors over the same axes multiplied elementwise first."""
    groups: dict[frozenset[str], ArrayText] = {}
    for part in operands:
        key = frozenset(part.axes)
        groups[key] = multiply([groups[key], part]) if key in groups else part
    return list(groups.values())


def product(pattern: str, left: Array, right: Array) -> Array:
    """A contraction of arrays of any rank as matrix products, one for each place along the axes that both keep."""
    first, second, made = pattern.replace("->", ",").split(",")
    kept = [axis for axis in made if axis in first and axis in second]
    summed = [axis for axis in first if axis in second and axis not in made]
    rows, columns = ([axis for axis in own if axis in made and axis not in kept] for own in (first, second))
    left = left.transpose([first.index(axis) for axis in (*kept, *rows, *summed)])
    right = right.transpose([second.index(axis) for axis in (*kept, *summed, *columns)])
    front, above = left.shape[: len(kept)], left.shape[len(kept) : left.ndim - len(summed)]
    middle, behind = prod(right.shape[len(kept) : len(kept) + len(summed)]), right.shape[len(kept) + len(summed) :]
    result: Array = left.reshape(*front, prod(above), middle) @ right.reshape(*front, middle, prod(behind))
    return result.reshape(front + above + behind)

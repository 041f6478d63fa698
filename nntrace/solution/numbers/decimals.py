"""Decimal texts of many floats, each rounded correctly to some significant digits.

Python's own formatting rounds correctly too, one number after the other. Here the digits of all of them come from
integer arithmetic over arrays; only a number so near a half that a product of floats cannot tell is left to Python.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ...network.model import Array

    Letters = np.ndarray[Any, np.dtype[np.uint8]]

SMALLEST_EXPONENT = -4
"""No number is below 10 to this power."""
MANY = 1500
"""For fewer numbers Python's formatting is faster."""
MOST_DIGITS = 9
"""So many digits fit a 32-bit integer."""
_UNSURE = 1e-4
"""A product of nine digits and a part is this near the true one."""


def decimal_texts(numbers: Array, significant: int) -> list[str]:
    """``numbers[i]`` in positional writing, 10⁻⁴ ≤ |number| < 10^significant: ``-0.0215000``."""
    if numbers.size < MANY or significant > MOST_DIGITS:
        return _formatted(numbers, significant)
    size = np.abs(numbers)
    steps = np.arange(SMALLEST_EXPONENT, significant + 1)
    exponents = np.searchsorted(10.0 ** steps[1:], size, side="right") + SMALLEST_EXPONENT
    scaled = size * (10.0 ** (significant - 1 - steps))[exponents - SMALLEST_EXPONENT]
    integers = np.rint(scaled)
    unsure = (np.abs(np.abs(scaled - integers) - 0.5) < _UNSURE) | (integers >= 10**significant)
    texts = _placed(numbers < 0, exponents, _digits(integers, significant)).tobytes().decode("ascii").split()
    places = np.flatnonzero(unsure)
    for place, text in zip(places.tolist(), _formatted(numbers[places], significant), strict=True):
        texts[place] = text
    return texts


def _formatted(numbers: Array, significant: int) -> list[str]:
    if not numbers.size:
        return []
    return ("\n".join([f"%#.{significant}g"] * numbers.size) % tuple(numbers.tolist())).split("\n")


def _digits(integers: Array, significant: int) -> Letters:
    """The letters ``digits[i, place]`` of integers below 10^significant."""
    left = integers.astype(np.int32)
    groups = -(-significant // 3)
    found = np.empty((left.size, groups), "S3")
    for group in reversed(range(groups)):
        rest = left // 1000
        found[:, group] = _of_three().take(left - 1000 * rest, mode="clip")
        left = rest
    return found.view(np.uint8).reshape(left.size, -1)[:, 3 * groups - significant :]


@lru_cache
def _of_three() -> np.ndarray[Any, np.dtype[np.bytes_]]:
    return np.array([f"{number:03}" for number in range(1000)], "S3")


def _placed(
    negative: np.ndarray[Any, np.dtype[np.bool_]], exponents: np.ndarray[Any, np.dtype[np.intp]], digits: Letters
) -> np.ndarray[Any, np.dtype[np.void]]:
    """A row of letters for each number: its sign, its digits with the point among them or zeros before them, blanks."""
    count, significant = digits.shape
    width = len("-0.") - SMALLEST_EXPONENT - 1 + significant + len(" ")
    packed = np.ascontiguousarray(digits).view(f"V{significant}").ravel()  # whole rows are moved at once
    rows = np.empty(count, f"V{width}")
    for exponent in range(int(exponents.min()), int(exponents.max()) + 1):
        places = np.flatnonzero(exponents == exponent)
        own = packed[places].view(np.uint8).reshape(-1, significant)
        row = np.full((places.size, width), ord(" "), np.uint8)
        row[negative[places], 0] = ord("-")
        before = max(0, exponent + 1)
        lead = "" if before else "0." + "0" * -(exponent + 1)
        row[:, 1 : 1 + len(lead)] = np.frombuffer(lead.encode(), np.uint8)
        start = 1 + len(lead)
        row[:, start : start + before] = own[:, :before]
        if before:
            row[:, start + before] = ord(".")
            start += 1
        row[:, start + before : start + significant] = own[:, before:]
        rows[places] = row.view(f"V{width}").ravel()
    return rows

"""Plots: the same curves as characters and as a picture."""

from __future__ import annotations

from decimal import Decimal
from math import floor, isfinite, log10

from ...expr import Num
from ...solution.content.model import Curve, Plot

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What a curve is called inside a picture, so that no colour is needed to tell it."""


LONGEST_WHOLE = 1e7
"""Beside an axis whole numbers below this one have all their digits."""


def letter(place: int) -> str:
    """The letter of a curve."""
    return LETTERS[place % len(LETTERS)]


def tick(number: float) -> Num:
    """A number beside an axis."""
    return Num(int(number) if number.is_integer() and abs(number) < LONGEST_WHOLE else Decimal(f"{number:.4g}"))


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers along an axis, at most so many."""
    if not high > low:
        return [low]
    power: float = 10.0 ** floor(log10((high - low) / most))
    width = next(power * times for times in (1, 2, 5, 10, 20) if (high - low) / (power * times) <= most - 1)
    first = -floor(-low / width)
    return [number * width for number in range(first, floor(high / width + 1e-9) + 1)]


def ticks_across(plot: Plot, most: int = 6) -> list[float]:
    """Round numbers along the lower axis; whole ones where it counts something."""
    counts = all(float(x).is_integer() for curve in plot.curves for x, _ in curve.points)
    return [number for number in ticks(*reach(plot), most) if not counts or round(number, 9).is_integer()]


def reach(plot: Plot) -> tuple[float, float]:
    """From where to where the points go across."""
    across = [x for curve in plot.curves for x, _ in curve.points]
    low, high = min(across, default=0.0), max(across, default=1.0)
    return (low, high) if high > low else (low, low + 1)


def inside(plot: Plot, curve: Curve) -> list[tuple[float, float]]:
    """The points of a curve, up to where it leaves the picture for good; in between cut at its border."""
    visible: list[tuple[float, float]] = []
    for x, y in curve.points:
        visible.append((x, min(max(y, plot.low), plot.high) if isfinite(y) else plot.high))
    while len(visible) > 2 and visible[-1][1] == visible[-2][1] == plot.high:
        visible.pop()
    return visible

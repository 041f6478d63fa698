"""Which slope stands at a kink: told from numbers, on both sides of every boundary that a derivative has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from itertools import pairwise, product
from math import isfinite
from typing import Literal

from ...expr import Cases, Condition, Expr, Indicator, Rule, Sym, approximate, at, differentiate, expand
from ...expr.bind import free_indices, walk
from ...expr.functions import at_jump, turns
from ...expr.index import number_of
from ...expr.scalar import RELATIONS
from ..content.model import Note, listed

EXTENT, FARTHEST, PLACES, DRAWS = 3, 6, 32, 4
STEP, LEAST = 1e-6, 1e-3
BISECTIONS = 60


def some_number(name: str, cell: tuple[int, ...], draw: int = 0) -> float:
    """A number for an element, the same whenever it is asked for; above 0 in the first draw."""
    from random import Random

    return Random(f"{draw} {name}{cell}").uniform(-1.5 if draw else 0.25, 2)


def equal_extents() -> Mapping[str, int]:
    """How far the letters run, each as far as any other."""
    return defaultdict(lambda: EXTENT)


def kink_note(formula: Expr, by: Sym, kink: int, article: str) -> Note:
    """What a sheet says of the kinks of a formula as a function of one element; nothing where it has none."""
    found = set(_kinks(formula, by, kink))
    conventions = sorted({convention for _, convention in found if convention}, key=repr)
    sides = {side for side, convention in found if not convention}
    of_kink = (slope_taken(sides, kink, article),) if sides else ()
    return listed([*((*convention, ", by convention") for convention in conventions), of_kink], "; ")


def has_sided_kink(formula: Expr, by: Sym, kink: int) -> bool:
    """Whether a formula has a kink in an element at which the slope of a side is taken."""
    return any(not convention for _, convention in _kinks(formula, by, kink))


def slope_taken(sides: Collection[str], kink: int, article: str) -> str:
    """``at a kink the left slope (relu_at_zero: 0)``, or where several sides are taken, or none, that of one."""
    slope = f"the {next(iter(sides))} slope" if len(sides) == 1 else "the slope on one side"
    return f"at {article} kink {slope} (relu_at_zero: {kink})"


def side_taken(here: bool, before: bool, after: bool) -> Literal["left", "right", ""]:
    """On which side of its boundary a condition turns out as it does there; nothing where on both, or on neither."""
    return "" if before == after else "left" if here == before else "right"


def _kinks(formula: Expr, by: Sym, kink: int) -> Iterator[tuple[str, Rule]]:
    """Where the slopes on both sides differ, for some numbers in place of all other symbols: which one is taken,
    ``left`` or ``right``, and by what convention neither of them is."""
    letters = dict.fromkeys((*map(str, by.index), *free_indices(formula)))
    place = {letter: number % EXTENT for number, letter in enumerate(letters)}
    slope = expand(at(differentiate(formula, by, kink), place), equal_extents())
    element = (by.name, tuple(number_of(index, place) for index in by.index))
    boundaries = dict.fromkeys(_turns(slope))
    for draw, (condition, convention) in product(range(DRAWS), boundaries):
        value = partial(_value, element=element, draw=draw)
        difference = partial(value, condition.left - condition.right)
        for boundary in _zeros(difference):
            left, right = (value(slope, boundary + step) for step in (-STEP, STEP))
            if isfinite(left) and isfinite(right) and abs(left - right) > LEAST * (1 + abs(left)):
                around = (0, difference(boundary - STEP), difference(boundary + STEP))
                yield side_taken(*(RELATIONS[condition.relation](one, 0) for one in around)), convention


def _turns(slope: Expr) -> Iterator[tuple[Condition, Rule]]:
    """The boundaries of a derivative, with the convention for the value of a function that jumps there."""
    for node in walk(slope):
        if isinstance(node, Cases | Indicator):
            yield node.condition, ()
        if convention := at_jump(node):
            yield from ((condition, convention) for condition in turns(node))


def _value(node: Expr, number: float, element: tuple[str, tuple[int, ...]], draw: int) -> float:
    """An expression without free indices where the element has this number, and every other symbol some number."""

    def look(name: str, cell: tuple[int, ...]) -> float:
        return number if (name, cell) == element else some_number(name, cell, draw)

    try:
        return approximate(node, look)
    except (OverflowError, ZeroDivisionError):
        return float("nan")


def _zeros(difference: Callable[[float], float]) -> Iterator[float]:
    """Where a function of one number changes its sign."""
    places = [FARTHEST * (2 * place / PLACES - 1) + 0.0371 for place in range(PLACES + 1)]
    for (low, first), (high, second) in pairwise((place, difference(place)) for place in places):
        if first * second < 0:
            for _ in range(BISECTIONS):
                middle = (low + high) / 2
                low, high = (middle, high) if difference(middle) * first > 0 else (low, middle)
            yield (low + high) / 2

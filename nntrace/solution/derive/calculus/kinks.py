"""Which slope stands at a kink: told from numbers, on both sides of every boundary that a derivative has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import isfinite
from random import Random

from ....expr import Cases, Condition, Expr, Indicator, Rule, Sym, approximate, at, differentiate, expand
from ....expr.bind import free_indices, walk
from ....expr.functions import at_jump, turns
from ....expr.scalar import RELATIONS
from ....record import Record
from ...content.model import Note, listed

EXTENT, FARTHEST, PLACES, DRAWS = 3, 6, 32, 4
STEP, LEAST = 1e-6, 1e-3
BISECTIONS = 60


class Kink(Record):
    """A place where the slopes on both sides differ: which one is taken, ``left`` or ``right``, or by what convention
    neither of them is."""

    side: str
    convention: Rule = ()


class EqualExtents(dict[str, int]):
    """How far the letters run, each as far as any other."""

    def __missing__(self, letter: str) -> int:
        return EXTENT


def some_number(name: str, cell: tuple[int, ...], draw: int = 0) -> float:
    """A number for an element, the same whenever it is asked for; above 0 in the first draw."""
    return Random(f"{draw} {name}{cell}").uniform(-1.5 if draw else 0.25, 2)


def kinks(formula: Expr, by: Sym, kink: int) -> set[Kink]:
    """The kinks of a formula as a function of one element, for some numbers in place of all other symbols."""
    letters = dict.fromkeys((*map(str, by.index), *free_indices(formula)))
    place = {letter: number % EXTENT for number, letter in enumerate(letters)}
    slope = expand(at(differentiate(formula, by, kink), place), EqualExtents())
    element = at(by, place)
    assert isinstance(element, Sym)
    found = set()
    boundaries = dict.fromkeys(_turns(slope))
    for line, (condition, convention) in product((_Line(element, draw) for draw in range(DRAWS)), boundaries):
        for boundary in line.zeros(condition):
            left, right = (line.value(slope, boundary + step) for step in (-STEP, STEP))
            if isfinite(left) and isfinite(right) and abs(left - right) > LEAST * (1 + abs(left)):
                on_left = line.holds(condition, boundary - STEP)
                side = "left" if RELATIONS[condition.relation](0, 0) == on_left else "right"
                found.add(Kink("" if convention else side, convention))
    return found


def kink_note(found: set[Kink], kink: int, article: str) -> Note:
    """What a sheet says of these; nothing of none."""
    conventions = sorted({one.convention for one in found} - {()}, key=repr)
    sides = {one.side for one in found} - {""}
    slope = f"the {next(iter(sides))} slope" if len(sides) == 1 else "the slope on one side"
    of_kink: Note = (f"at {article} kink {slope} (relu_at_zero: {kink})",) if sides else ()
    return listed([*((*convention, ", by convention") for convention in conventions), of_kink], "; ")


def _turns(slope: Expr) -> Iterator[tuple[Condition, Rule]]:
    """The boundaries of a derivative, with the convention for the value of a function that jumps there."""
    for node in walk(slope):
        if isinstance(node, Cases | Indicator):
            yield node.condition, ()
        if convention := at_jump(node):
            yield from ((condition, convention) for condition in turns(node))


class _Line:
    """Numbers for every symbol, of which one element runs along a line."""

    def __init__(self, element: Sym, draw: int) -> None:
        self.element = element
        self.draw = draw

    def value(self, node: Expr, number: float) -> float:
        """An expression without free indices where the element has this number."""

        def look(name: str, cell: tuple[int, ...]) -> float:
            if (name, cell) == (self.element.name + self.element.mark, self.element.index):
                return number
            return some_number(name, cell, self.draw)

        try:
            return approximate(node, look)
        except (OverflowError, ZeroDivisionError):
            return float("nan")

    def holds(self, condition: Condition, number: float) -> bool:
        return bool(RELATIONS[condition.relation](self._difference(condition, number), 0))

    def _difference(self, condition: Condition, number: float) -> float:
        return self.value(condition.left, number) - self.value(condition.right, number)

    def zeros(self, condition: Condition) -> Iterator[float]:
        """Where the two sides of a condition become equal."""
        places = [FARTHEST * (2 * place / PLACES - 1) + 0.0371 for place in range(PLACES + 1)]
        values = [self._difference(condition, place) for place in places]
        for low, high, first, second in zip(places, places[1:], values, values[1:], strict=False):
            if first * second < 0:
                yield self._between(condition, low, high)

    def _between(self, condition: Condition, low: float, high: float) -> float:
        sign = self._difference(condition, low)
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if self._difference(condition, middle) * sign > 0:
                low = middle
            else:
                high = middle
        return (low + high) / 2

"""A plot in LaTeX's own picture environment, which needs no package: each curve with a letter on it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from ...solution.content.model import Note, Plot
from . import inside, letter, reach, tick, ticks, ticks_across

WIDTH, HEIGHT = 110.0, 60.0
"""In millimetres."""
MOST_POINTS = 60


def picture_lines(plot: Plot, note: Callable[[Note], str]) -> Iterator[str]:
    """The picture, line by line; ``note`` writes running text."""
    left, right = reach(plot)

    def place_of(x: float, y: float) -> tuple[float, float]:
        return (x - left) / (right - left) * WIDTH, (y - plot.low) / (plot.high - plot.low) * HEIGHT

    yield r"\begin{center}\setlength{\unitlength}{1mm}"
    yield rf"\begin{{picture}}({WIDTH + 24:g},{HEIGHT + 18:g})(-20,-12)"
    yield rf"\put(0,0){{\line(1,0){{{WIDTH:g}}}}}\put(0,0){{\line(0,1){{{HEIGHT:g}}}}}"
    for number in ticks(plot.low, plot.high):
        yield rf"\put(-2,{place_of(left, number)[1]:.2f}){{\makebox(0,0)[r]{{{note((tick(number),))}}}}}"
    for number in ticks_across(plot):
        yield rf"\put({place_of(number, plot.low)[0]:.2f},-4){{\makebox(0,0){{{note((tick(number),))}}}}}"
    yield rf"\put({WIDTH / 2:g},-9){{\makebox(0,0){{{note(plot.across)}}}}}"
    yield rf"\put(0,{HEIGHT + 3:g}){{\makebox(0,0)[l]{{{note(plot.up)}}}}}"
    for number, curve in enumerate(plot.curves):
        every = inside(plot, curve)
        chosen = sorted({round(step * (len(every) - 1) / MOST_POINTS) for step in range(MOST_POINTS + 1)})
        points = [place_of(*every[place]) for place in chosen] if every else []
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            middle = f"({(x0 + x1) / 2:.2f},{(y0 + y1) / 2:.2f})"
            yield rf"\qbezier({x0:.2f},{y0:.2f}){middle}({x1:.2f},{y1:.2f})"
        if points:
            x, y = points[min(len(points) - 1, (number + 1) * len(points) // (len(plot.curves) + 1))]
            yield rf"\put({x:.2f},{y + 2:.2f}){{\makebox(0,0){{{letter(number)}}}}}"
    yield r"\end{picture}\\"
    names = "; ".join(f"{letter(number)}: {note(curve.name)}" for number, curve in enumerate(plot.curves))
    yield names + r"\end{center}"

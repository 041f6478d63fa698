"""A plot in characters: lines of dots with a letter on each, in ASCII the letters alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ...errors import UserError
from ...expr.script import Script
from ...expr.text import text
from ...solution.content.model import Plot
from ..page.breaking import sentence, words, wrapped
from . import inside, letter, reach, tick, ticks

HEIGHT = 15
NO_DOTS = "\u2800"


def plot_lines(plot: Plot, width: int, script: Script) -> Iterator[str]:
    """The picture's lines, at most as wide as given, and under it which letter is which curve."""
    try:
        from plotille import Canvas
    except ImportError:
        message = "curves in characters are drawn by the package plotille, which is not installed"
        raise UserError(
            f"{message}\n  pip install plotille, or write another format: -o sheet.html, -o losses.csv"
        ) from None

    labels = {
        round((plot.high - y) / (plot.high - plot.low) * (HEIGHT - 1)): text(tick(y), script)
        for y in ticks(plot.low, plot.high)
    }
    margin = max(map(len, labels.values()), default=1)
    room = max(10, width - margin - 2)
    left, right = reach(plot)
    above = (plot.high - plot.low) / (4 * HEIGHT)  # a dot on the border itself would be outside
    beyond = (right - left) / (2 * room - 1) if script.ascii else 0.0  # the last letter has a column of its own
    canvas = Canvas(room, HEIGHT, xmin=left, ymin=plot.low, xmax=right + beyond, ymax=plot.high + above)
    for curve in plot.curves:
        points = inside(plot, curve)
        for (x0, y0), (x1, y1) in itertools.pairwise(points) if not script.ascii else ():
            canvas.line(x0, y0, x1, y1)
    for place, curve in enumerate(plot.curves):
        points = inside(plot, curve)
        if script.ascii:  # a letter for each column
            shares = [number / (room - 1) for number in range(room)]
            chosen = [round(share * (len(points) - 1)) for share in shares]
        else:
            shares = [(number + (place + 1) / (len(plot.curves) + 1)) / 2 for number in (0, 1)]
            chosen = [min(int(share * len(points)), len(points) - 1) for share in shares]
        for x, y in (points[at] for at in dict.fromkeys(chosen)):
            canvas.text(x, y, letter(place))
    side, corner = ("|", "+") if script.ascii else ("│", "└")
    yield from (" " * (margin + 1) + line for line in wrapped(words(plot.up, script), room))
    for place, line in enumerate(canvas.plot().split("\n")[:HEIGHT]):
        yield f"{labels.get(place, ''):>{margin}} {side}{line.replace(NO_DOTS, ' ')}".rstrip()
    yield " " * margin + " " + corner + ("-" if script.ascii else "─") * room
    first, last = (text(tick(x), script) for x in (left, right))
    yield " " * (margin + 2) + _across(first, last, room, sentence(words(plot.across, script)))
    for place, curve in enumerate(plot.curves):
        lines = wrapped(words(curve.name, script), room - 3)
        yield from (f"{' ' * (margin + 2)}{'' if line else letter(place):3}{part}" for line, part in enumerate(lines))


def _across(first: str, last: str, room: int, name: str) -> str:
    between = room - len(first) - len(last)
    return f"{first}{name:^{between}}{last}" if len(name) <= between else f"{first} {last}"

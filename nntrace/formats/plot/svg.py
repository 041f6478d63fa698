"""A plot as a picture: our own SVG, each curve with a colour, a pattern of dashes and a letter.

The colours are those of Okabe and Ito (Color Universal Design, 2008), which people with any colour vision tell apart;
the picture has its own white ground, so that it is the same on a dark page.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ...expr.script import UNICODE
from ...expr.text import text
from ...solution.content.model import Plot
from ..page.breaking import sentence, words
from . import inside, letter, reach, tick, ticks, ticks_across

WIDTH, HEIGHT = 600, 380
"""So wide that its numbers can still be read on a telephone."""
LEFT, RIGHT, TOP, BOTTOM = 84, 24, 28, 48
LINE = 18
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8A6500", "#56B4E9", "#000000")
DASHES = ("", "9 4", "2 3", "10 3 2 3", "16 3 2 3 2 3", "20 4 8 4")


def svg_lines(plot: Plot) -> Iterator[str]:
    """The picture, line by line."""
    height = HEIGHT + LINE * len(plot.curves)
    across, up, *names = (
        escape(sentence(words(note, UNICODE)))
        for note in (plot.across, plot.up, *(curve.name for curve in plot.curves))
    )
    curves = "; ".join(f"{letter(place)} {name}" for place, name in enumerate(names))
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="14" fill="#222" role="img" aria-label="{up}, by {across}: {curves}">'
    )
    yield f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
    left, right = reach(plot)

    def x_of(x: float) -> float:
        return LEFT + (x - left) / (right - left) * (WIDTH - LEFT - RIGHT)

    def y_of(y: float) -> float:
        return TOP + (plot.high - y) / (plot.high - plot.low) * (HEIGHT - TOP - BOTTOM)

    foot = HEIGHT - BOTTOM
    for y in ticks(plot.low, plot.high):
        yield f'<path d="M{LEFT} {y_of(y):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y_of(y) + 4:.1f}" text-anchor="end">{_number(y)}</text>'
    for x in ticks_across(plot, 9):
        yield f'<text x="{x_of(x):.1f}" y="{foot + 18}" text-anchor="middle">{_number(x)}</text>'
    yield f'<path d="M{LEFT} {TOP}V{foot}H{WIDTH - RIGHT}" fill="none" stroke="#222"/>'
    yield f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{foot + 38}" text-anchor="middle">{across}</text>'
    yield f'<text x="{LEFT}" y="{TOP - 10}">{up}</text>'
    for place, curve in enumerate(plot.curves):
        colour, dashes = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"'
        points = [(x_of(x), y_of(y)) for x, y in inside(plot, curve)]
        yield f'<polyline {style} points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
        x, y = points[min(len(points) - 1, (place + 1) * len(points) // (len(plot.curves) + 1))]
        bold = f'fill="{colour}" font-weight="bold" stroke="#fff" stroke-width="4" paint-order="stroke"'
        yield f'<text x="{x + 4:.1f}" y="{y - 5:.1f}" {bold}>{letter(place)}</text>'
        row = HEIGHT + LINE * place + 4
        yield f'<path d="M{LEFT} {row - 4}h44" {style}/>'
        yield f'<text x="{LEFT + 54}" y="{row}">{letter(place)}  {names[place]}</text>'
    yield "</svg>"


def _number(number: float) -> str:
    return text(tick(number), UNICODE).replace("-", "−")

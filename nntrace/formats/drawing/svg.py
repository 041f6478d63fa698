"""A figure as SVG that needs nothing else: on a light ground, and where a page says so on its own."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ...solution.content.model import Note
from .shapes import Box, Figure, Point, Stroke, Writing, spoken, text_width

COLOURS = {
    "ink": "#1b1b1b", "quiet": "#5a5a5a", "path 1": "#0072b2", "path 2": "#c8500a", "path 3": "#00805c",
    "path 4": "#a8568a",
}  # fmt: skip
"""Of a light ground; told apart by colour-blind readers (after Okabe and Ito, 2008), and by their line styles."""
PAPER = "#ffffff"
FONT = "'DejaVu Sans', 'Noto Sans', 'Segoe UI', Roboto, system-ui, sans-serif"
HEAD = 7.0
"""The length of an arrow's head."""


def svg(figure: Figure, ground: bool = True) -> Iterator[str]:
    """The picture's lines, with its units in words for those who do not see it; ``ground``: on paper of its own."""
    width, height = _short(figure.width), _short(figure.height)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="{FONT}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{_words(figure.caption)}">'
    yield f"<desc>{_words(figure.described)}</desc>"
    if ground:
        yield f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
    for shape in figure.shapes:
        match shape:
            case Stroke():
                yield from _stroke(shape)
            case Box(centre, wide, high):
                place = f'x="{_short(centre.x - wide / 2)}" y="{_short(centre.y - high / 2)}"'
                size = f'width="{_short(wide)}" height="{_short(high)}" rx="7"'
                yield f'<rect class="unit" {place} {size} fill="{PAPER}" stroke="{COLOURS["ink"]}"/>'
            case Writing():
                yield from _writing(shape)
    yield "</svg>"


def _stroke(stroke: Stroke) -> Iterator[str]:
    colour, kind = COLOURS[stroke.ink], stroke.ink.replace(" ", "-")
    first, *others = stroke.points
    tip, before = stroke.points[-1], stroke.points[-2]
    if stroke.arrow:  # the line ends inside its head
        others[-1] = _towards(tip, before, HEAD - 1)
    letter = "L" if len(others) == 1 else "C"
    way = f"M{_pair(first)} {letter}{' '.join(map(_pair, others))}"
    dash = f' stroke-dasharray="{" ".join(map(_short, stroke.dash))}"' if stroke.dash else ""
    line = f'fill="none" stroke="{colour}" stroke-width="{_short(stroke.width)}"{dash}'
    yield f'<path class="line {kind}" d="{way}" {line}/>'
    if stroke.arrow:
        back = _towards(tip, before, HEAD)
        across = Point((tip.y - back.y) * 0.42, (back.x - tip.x) * 0.42)
        sides = (Point(back.x + across.x, back.y + across.y), tip, Point(back.x - across.x, back.y - across.y))
        yield f'<path class="head {kind}" d="M{" L".join(map(_pair, sides))} Z" fill="{colour}"/>'


def _towards(start: Point, end: Point, far: float) -> Point:
    """A point so far from the start on the way to the end."""
    x, y = end.x - start.x, end.y - start.y
    share = far / max((x * x + y * y) ** 0.5, far)
    return Point(start.x + share * x, start.y + share * y)


def _writing(writing: Writing) -> Iterator[str]:
    x, y = writing.place
    if writing.halo:
        wide = text_width(spoken(writing.text), writing.size)
        place = f'x="{_short(x - wide / 2)}" y="{_short(y - writing.size)}"'
        size = f'width="{_short(wide)}" height="{_short(1.3 * writing.size)}"'
        yield f'<rect class="halo" {place} {size} fill="{PAPER}"/>'
    place = f'x="{_short(x)}" y="{_short(y)}" text-anchor="{writing.anchor}"'
    look = f'font-size="{_short(writing.size)}" fill="{COLOURS[writing.ink]}"'
    bold = ' font-weight="bold"' if writing.bold else ""
    yield f'<text class="{writing.ink}" {place} {look}{bold}>{_words(writing.text)}</text>'


def _words(note: Note) -> str:
    return escape(spoken(note))


def _pair(point: Point) -> str:
    return f"{_short(point.x)} {_short(point.y)}"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")

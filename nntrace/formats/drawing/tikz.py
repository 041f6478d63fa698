"""A figure as TikZ: lines and letters as LaTeX draws them, one point to a picture's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...solution.content.model import Note
from .shapes import Box, Figure, Point, Stroke, Writing
from .svg import COLOURS

SCALE = 0.75
"""Points of LaTeX to one of the picture."""
_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}


def tikz(figure: Figure, words: Callable[[Note], str]) -> Iterator[str]:
    """The picture's lines, scaled down where it is wider than a line; ``words`` writes a text so that nothing in it has
    a meaning."""
    for name, colour in COLOURS.items():
        yield rf"\definecolor{{{_colour(name)}}}{{HTML}}{{{colour[1:].upper()}}}"
    yield r"\begingroup\noindent\sbox0{%"
    yield rf"\begin{{tikzpicture}}[x={SCALE}bp, y=-{SCALE}bp, >=latex, inner sep=1pt]"
    for shape in figure.shapes:
        match shape:
            case Stroke():
                yield _stroke(shape)
            case Box(centre, wide, high):
                first, last = (_pair(centre.x + side * wide / 2, centre.y + side * high / 2) for side in (-1, 1))
                yield rf"\draw[draw={_colour('ink')}, rounded corners=4pt] {first} rectangle {last};"
            case Writing():
                yield _writing(shape, words)
    yield r"\end{tikzpicture}}%"
    yield r"\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi\par\endgroup"


def _stroke(stroke: Stroke) -> str:
    dash = "".join(f"{'off' if place % 2 else 'on'} {SCALE * part:g}bp " for place, part in enumerate(stroke.dash))
    looks = [f"draw={_colour(stroke.ink)}", f"line width={SCALE * stroke.width:g}bp"]
    looks += ["->"] if stroke.arrow else []
    looks += [f"dash pattern={dash.rstrip()}"] if dash else []
    first, *handles, last = map(_point, stroke.points)
    way = f".. controls {' and '.join(handles)} .." if handles else "--"
    return rf"\draw[{', '.join(looks)}] {first} {way} {last};"


def _writing(writing: Writing, words: Callable[[Note], str]) -> str:
    size = r"\footnotesize" if writing.size > 12 else r"\scriptsize"
    font = size + (r"\bfseries" if writing.bold else "")
    looks = [f"anchor={_ANCHORS[writing.anchor]}", f"text={_colour(writing.ink)}", f"font={font}"]
    looks += ["fill=white"] if writing.halo else []
    return rf"\node[{', '.join(looks)}] at {_point(writing.place)} {{{words(writing.text)}}};"


def _colour(name: str) -> str:
    return "nntrace" + name.replace(" ", "")


def _point(point: Point) -> str:
    return _pair(*point)


def _pair(x: float, y: float) -> str:
    return f"({x:.1f}, {y:.1f})"

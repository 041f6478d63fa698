"""What a picture is made of once it is laid out: boxes, lines and texts, their places in points from the top left."""

from __future__ import annotations

import unicodedata
from math import fsum
from typing import Literal

from ...errors import printable
from ...expr import Num
from ...expr.script import UNICODE
from ...expr.text import text
from ...record import Record
from ...solution.content.model import Note
from ...solution.content.picture import NumberedName
from ..page.breaking import sentence, words

Ink = Literal["ink", "quiet", "path 1", "path 2", "path 3", "path 4"]
"""What a line or a text is for; a notation has a colour for each."""
PATH_INKS: tuple[Ink, ...] = ("path 1", "path 2", "path 3", "path 4")
DASHES: tuple[tuple[float, ...], ...] = ((), (7, 4), (2, 3), (9, 3, 2, 3))
"""The line styles of the marked paths: each is told by its colour, and by these where there is none."""
LONGEST = 24
"""Characters of a name; a longer one is cut, and stands whole in the picture's description."""
Anchor = Literal["start", "middle", "end"]


class Point(Record):
    x: float
    y: float


class Box(Record):
    """A unit's frame, round its centre."""

    centre: Point
    width: float
    height: float


class Stroke(Record):
    """A line: straight between two points, or by two further ones a curve. It may end in an arrow."""

    points: tuple[Point, ...]
    ink: Ink = "quiet"
    width: float = 1.0
    dash: tuple[float, ...] = ()
    arrow: bool = False


class Writing(Record):
    """A text on its base line: words, expressions. ``halo``: what lies under it is covered."""

    place: Point
    text: Note
    size: float = 12.0
    anchor: Anchor = "middle"
    ink: Ink = "ink"
    bold: bool = False
    halo: bool = False


DrawnShape = Box | Stroke | Writing


class Figure(Record):
    """A picture laid out. ``caption`` is what it says in words, for those who do not see it."""

    width: float
    height: float
    shapes: tuple[DrawnShape, ...]
    caption: Note
    described: Note


def text_width(text: str, size: float) -> float:
    """About how wide a text is in a sans-serif type."""
    wide = fsum(1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.62 for sign in text
               if not unicodedata.combining(sign))  # fmt: skip
    return wide * size


def spoken(note: Note) -> str:
    """A text as it is drawn, its numbers with true minus signs."""
    parts = (number_text(part) if isinstance(part, Num) else part for part in note)
    return printable(sentence(words(tuple(parts), UNICODE)))


def joined(label: NumberedName) -> str:
    """A name and its number."""
    return f"{cut(text(label.name, UNICODE))} {number_text(label.number)}".rstrip()


def number_text(number: Num | None) -> str:
    """A number with a true minus sign; nothing where it is not known."""
    return "" if number is None else text(number, UNICODE).replace("-", "−")


def cut(name: str) -> str:
    """A name short enough for a picture."""
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def moved(shape: DrawnShape, down: float) -> DrawnShape:
    """The shape so much further down."""
    match shape:
        case Box(Point(x, y)):
            return shape._replace(centre=Point(x, y + down))
        case Stroke(points):
            return shape._replace(points=tuple(Point(x, y + down) for x, y in points))
        case Writing(Point(x, y)):
            return shape._replace(place=Point(x, y + down))

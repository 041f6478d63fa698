"""Where everything of a picture stands: layers side by side, units under each other, labels where there is room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ...errors import UserError
from ...expr.script import UNICODE
from ...expr.text import text
from ...solution.content.model import Note
from ...solution.content.picture import DrawnLayer, DrawnUnit, NumberedName, Picture
from .edges import LABEL, MOST_LABELS, SMALL, Edges
from .shapes import (
    DASHES,
    PATH_INKS,
    Box,
    DrawnShape,
    Figure,
    Point,
    Stroke,
    Writing,
    cut,
    joined,
    moved,
    number_text,
    spoken,
    text_width,
)  # fmt: skip

MARGIN = 16.0
SIZE = 13.0
ROW = 17.0
"""The height of a line of text."""
PADDING = 9.0
BETWEEN_UNITS = 24.0
BETWEEN_LAYERS = 40.0
"""Between branches of one depth."""
LEAST_GAP = 64.0
STEEPEST = 0.35
"""Where edges are many, the room for them against the height of their layers."""


def figure(picture: Picture) -> Figure:
    """The picture laid out."""
    return _Layout(picture).figure()


def stacked(pictures: Sequence[Picture]) -> Figure:
    """The pictures of a sheet under each other, each below its caption. Raises a ``UserError`` where there are none."""
    if not pictures:
        remedy = "forward, grad, step and draw have one, of 2 to 24 layers, inputs and loss among them"
        raise UserError(f"there is no picture of this\n  {remedy}")
    shapes: list[DrawnShape] = []
    described: list[str] = []
    y = wide = 0.0
    for each in map(figure, pictures):
        caption = Writing(Point(MARGIN, y + MARGIN + 4), each.caption, SIZE, "start", bold=True)
        shapes += [caption, *(moved(shape, y + ROW) for shape in each.shapes)]
        y += ROW + each.height
        wide = max(wide, each.width, 2 * MARGIN + text_width(spoken(each.caption), SIZE))
        described.append(spoken(each.described))
    return Figure(wide, y, tuple(shapes), pictures[0].caption, ("; ".join(described),))


class _Layout:
    """One picture while it is laid out."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.units = picture.units
        self.columns = [list(group) for _, group in groupby(picture.layers, key=lambda layer: layer.depth)]
        self.widths = [max(self._width(unit) for layer in column for unit in layer.units) for column in self.columns]
        self.slots = [
            max(width, *(text_width(_heading(layer), SMALL) for layer in column))
            for width, column in zip(self.widths, self.columns, strict=True)
        ]
        """The room of each column: that of its boxes, or of a heading that is wider."""
        self.room = max(map(self._room, self.units))
        self.depth = [place for place, column in enumerate(self.columns) for layer in column for _ in layer.units]

    def figure(self) -> Figure:
        heights = list(map(self._tall, self.columns))
        lefts, right = self._lefts()
        top = MARGIN + ROW
        frames: list[Box] = []
        writings: list[Writing] = []
        each = zip(self.columns, lefts, self.slots, self.widths, heights, strict=True)
        for column, left, slot, width, height in each:
            y = top + (max(heights) - height) / 2
            for layer in column:
                heading = Point(left + slot / 2, y + ROW - 5)
                writings.append(Writing(heading, (_heading(layer),), SMALL, ink="quiet"))
                frames += self._frames(layer, Point(left + slot / 2, y + ROW + 4), width, writings)
                y += self._height(layer) + BETWEEN_LAYERS
        edges = Edges(self.picture, self.depth, frames, [one for one in writings if one.halo])
        strokes, labels = edges.drawn()
        bottom = top + max(heights) + ROW
        legend = list(self._legend(bottom))
        bottom += ROW * len(self.picture.paths)
        if edges.unwritten:
            note = f"{edges.unwritten} weights are not written: there is no room between so many edges."
            writings.append(Writing(Point(MARGIN, bottom), (note,), SMALL, "start", "quiet"))
            bottom += ROW
        texts = [one for one in (*writings, *legend) if isinstance(one, Writing) and one.anchor == "start"]
        wide = max((one.place.x + text_width(spoken(one.text), one.size) for one in texts), default=0.0)
        over = max(0.0, -edges.highest)
        shapes = (moved(shape, over) for shape in (*strokes, *frames, *writings, *labels, *legend))
        return Figure(max(right, wide) + MARGIN, bottom + over, tuple(shapes), self.picture.caption, self._described())

    # -- units -------------------------------------------------------------------------------------------------------

    def _width(self, unit: DrawnUnit) -> float:
        name, number = _label_texts(unit.label)
        widths = [text_width(name, SIZE), text_width(number, SIZE)]
        widths += [text_width(joined(addend), SMALL) for addend in unit.addends]
        return max(*widths, 28.0) + 2 * PADDING

    def _lines(self, unit: DrawnUnit) -> int:
        return 1 + (unit.label.number is not None)

    def _height(self, layer: DrawnLayer) -> float:
        """How tall a layer is with its heading."""
        gaps = sum(ROW for unit in layer.units if unit.left_out)
        return ROW + 4 + gaps + self.room * len(layer.units) + BETWEEN_UNITS * (len(layer.units) - 1)

    def _room(self, unit: DrawnUnit) -> float:
        return ROW * self._lines(unit) + PADDING + SMALL * 1.3 * len(unit.addends)

    def _lefts(self) -> tuple[list[float], float]:
        """The left side of each column, and the right side of the last one."""
        lefts, x = [], MARGIN
        for place, slot in enumerate(self.slots):
            lefts.append(x)
            x += slot + (self._gap(place) if place + 1 < len(self.slots) else 0)
        return lefts, x

    def _gap(self, place: int) -> float:
        """The room between a column and the next: edges need some, and their labels more."""
        tall = max(self._tall(column) for column in self.columns[place : place + 2])
        between = [edge for edge in self.picture.edges
                   if self.depth[edge.start] == place and self.depth[edge.end] == place + 1]  # fmt: skip
        labels = [joined(edge.weight) for edge in between if edge.weight]
        if not labels:
            return LEAST_GAP
        if len(labels) > MOST_LABELS:
            return max(LEAST_GAP, tall * STEEPEST)
        stretch = 1.6 + max(0.0, 2.2 * len(labels) * LABEL / tall - 1)
        return LEAST_GAP / 2 + stretch * max(text_width(label, SMALL) for label in labels)

    def _tall(self, column: Sequence[DrawnLayer]) -> float:
        return sum(map(self._height, column)) + BETWEEN_LAYERS * (len(column) - 1)

    def _frames(self, layer: DrawnLayer, top: Point, width: float, writings: list[Writing]) -> Iterator[Box]:
        x, y = top
        plus = "" if self.picture.backward else "+ "
        for unit in layer.units:
            if unit.left_out:
                writings.append(Writing(Point(x, y - 4), (f"⋮ {unit.left_out} more",), SMALL, ink="quiet"))
                y += ROW
            height = ROW * self._lines(unit) + PADDING
            name, number = _label_texts(unit.label)
            writings.append(Writing(Point(x, y + ROW - 1), (name,), SIZE, bold=True))
            if number:
                writings.append(Writing(Point(x, y + 2 * ROW - 2), (number,), SIZE))
            for place, addend in enumerate(unit.addends):
                line = Point(x, y + height + SMALL * (1.2 + 1.3 * place))
                writings.append(Writing(line, (f"{plus}{joined(addend)}",), SMALL, ink="quiet", halo=True))
            yield Box(Point(x, y + height / 2), width, height)
            y += self.room + BETWEEN_UNITS

    # -- words -------------------------------------------------------------------------------------------------------

    def _legend(self, y: float) -> Iterator[Stroke | Writing]:
        for number, note in enumerate(self.picture.paths):
            line = (Point(MARGIN, y - 4), Point(MARGIN + 44, y - 4))
            yield Stroke(line, PATH_INKS[number % len(PATH_INKS)], 2.4, DASHES[number % len(DASHES)])
            yield Writing(Point(MARGIN + 54, y), (spoken(note),), SMALL, "start")
            y += ROW

    def _described(self) -> Note:
        """The units in words, layer by layer."""
        sentences: list[str] = []
        for layer in self.picture.layers:
            named = (joined(unit.label) for unit in layer.units)
            sentences.append(f"{spoken(layer.names)}: {', '.join(named)}")
        return ("; ".join(sentences),)


def _label_texts(label: NumberedName) -> tuple[str, str]:
    return cut(text(label.name, UNICODE)), number_text(label.number)


def _heading(layer: DrawnLayer) -> str:
    return cut(spoken(layer.names))

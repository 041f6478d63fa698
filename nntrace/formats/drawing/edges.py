"""The edges of a picture: lines between the boxes of its units, curves over the layers that they pass, their labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ...record import Record
from ...solution.content.picture import DrawnEdge, Picture
from .shapes import DASHES, PATH_INKS, Box, Point, Stroke, Writing, joined, spoken, text_width

SMALL = 11.0
"""The size of a label."""
LABEL = 15.0
"""The height of a label's line."""
BASELINE = 4.0
"""How far the letters of a label stand below its middle."""
MOST_LABELS = 30
"""So many weights are written between two layers; of more, none is."""
ALONG = tuple(share / 100 for share in sorted(range(14, 84, 2), key=lambda share: abs(share - 30)))
"""Where along its edge a label may stand, the best place first."""
BESIDE = 4.0
"""How far apart paths are that go along the same edge."""
CLEAR = 26.0
"""How far a curve stays from the layers that it passes, and from the next one."""
LEAN = 0.15
"""How far its handles lean inwards, in parts of its width: it comes to a unit from the side, past those above it."""

Drawn = tuple[DrawnEdge, tuple[Point, ...]]
"""An edge and where it goes."""


class _Area(Record):
    """A place on the page that something covers."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Area) -> bool:
        """Whether some of it is the other's too."""
        beside = self.right <= other.left or self.left >= other.right
        return not (beside or self.bottom <= other.top or self.top >= other.bottom)


class Edges:
    """The edges between boxes: those of the units, one after the other, each in the column that ``depth`` says.

    ``addends`` are written below the boxes.
    """

    def __init__(
        self, picture: Picture, depth: Sequence[int], boxes: Sequence[Box], addends: Iterable[Writing]
    ) -> None:
        self.picture = picture
        self.depth = depth
        self.boxes = boxes
        self.taken = [
            *map(_around, boxes),
            *(_of_text(one.place, text_width(spoken(one.text), SMALL)) for one in addends),
        ]
        """What no label may cover."""
        self.unwritten = 0
        """How many weights found no room."""
        self.highest = 0.0
        """Where the highest curve is, if it is above the page."""

    def drawn(self) -> tuple[list[Stroke], list[Writing]]:
        """The lines, those of the marked paths last, so that they lie on top; and the labels."""
        groups: dict[tuple[int, int], list[Drawn]] = {}
        passing: list[int] = []
        for edge in self.picture.edges:
            ends = self.depth[edge.start], self.depth[edge.end]
            if ends[1] - ends[0] > 1 and edge.start not in passing:
                passing.append(edge.start)
            groups.setdefault(ends, []).append((edge, self._points(edge, passing)))
        plain: list[Stroke] = []
        marked: list[Stroke] = []
        labels: list[Writing] = []
        for group in groups.values():
            many = len(group) > MOST_LABELS
            for edge, points in group:
                along = points[::-1] if self.picture.backward else points
                if edge.paths:
                    marked += self._marked(edge, along)
                else:
                    plain.append(Stroke(along, width=0.4 if many else 1.0, arrow=not many))
            labels += self._labels(group)
        return plain + marked, labels

    def _points(self, edge: DrawnEdge, passing: Sequence[int]) -> tuple[Point, ...]:
        """A straight line to the next layer; over the layers between two that are further apart, a curve."""
        start, end = self.boxes[edge.start], self.boxes[edge.end]
        first = Point(start.centre.x + start.width / 2, start.centre.y)
        last = Point(end.centre.x - end.width / 2, end.centre.y)
        if self.depth[edge.end] - self.depth[edge.start] <= 1:
            return first, last
        between = [box for box, depth in zip(self.boxes, self.depth, strict=True)
                   if self.depth[edge.start] < depth < self.depth[edge.end]]  # fmt: skip
        sides = (min(map(_left, between)), max(map(_right, between)))
        lean = LEAN * (last.x - first.x)
        flat = first, Point(first.x + lean, 0), Point(last.x - lean, 0), last
        shares = [_when(flat, x) for x in sides]
        peak = min(map(_top, between)) - CLEAR * (1 + passing.index(edge.start))
        high = min((peak - _at(flat, share).y) / (3 * share * (1 - share)) for share in shares)
        points = first, flat[1]._replace(y=high), flat[2]._replace(y=high), last
        self.highest = min(self.highest, *(_at(points, share / 10).y - CLEAR / 2 for share in range(2, 9)))
        return points

    def _marked(self, edge: DrawnEdge, along: tuple[Point, ...]) -> Iterator[Stroke]:
        """One line for each path, beside each other."""
        for place, number in enumerate(edge.paths):
            shift = BESIDE * (place - (len(edge.paths) - 1) / 2)
            shifted = tuple(Point(point.x, point.y + shift) for point in along)
            yield Stroke(shifted, PATH_INKS[number % len(PATH_INKS)], 2.4, DASHES[number % len(DASHES)], True)

    def _labels(self, group: Sequence[Drawn]) -> list[Writing]:
        """The weights of the edges between two layers, all of them or none."""
        weighted = [(joined(edge.weight), points) for edge, points in group if edge.weight is not None]
        before = len(self.taken)
        found: list[Writing] = []
        for weight, points in weighted:
            place = self._free(points, text_width(weight, SMALL)) if len(weighted) <= MOST_LABELS else None
            if place is None:
                del self.taken[before:]
                self.unwritten += len(weighted)
                return []
            found.append(Writing(place, (weight,), SMALL, halo=True))
        return found

    def _free(self, points: tuple[Point, ...], width: float) -> Point | None:
        """A place on an edge where a text covers no other one."""
        for share in ALONG:
            x, y = _at(points, share)
            own = _of_text(Point(x, y + BASELINE), width)
            if not any(map(own.meets, self.taken)):
                self.taken.append(own)
                return Point(x, y + BASELINE)
        return None


def _at(points: tuple[Point, ...], share: float) -> Point:
    """A point of a line or of a curve."""
    while len(points) > 1:
        points = tuple(
            Point(one.x + share * (other.x - one.x), one.y + share * (other.y - one.y))
            for one, other in pairwise(points)
        )
    return points[0]


def _when(points: tuple[Point, ...], x: float) -> float:
    """Where a curve is so far across."""
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if _at(points, middle).x < x else (low, middle)
    return low


def _of_text(place: Point, width: float) -> _Area:
    """What a label covers whose middle stands at ``place``, on its baseline."""
    middle = place.y - BASELINE
    return _Area(place.x - width / 2 - 1, middle - LABEL / 2, place.x + width / 2 + 1, middle + LABEL / 2)


def _around(box: Box) -> _Area:
    return _Area(_left(box), _top(box), _right(box), _top(box) + box.height)


def _left(box: Box) -> float:
    return box.centre.x - box.width / 2


def _right(box: Box) -> float:
    return box.centre.x + box.width / 2


def _top(box: Box) -> float:
    return box.centre.y - box.height / 2

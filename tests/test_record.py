"""Records are tuples with named fields, as ``typing.NamedTuple`` makes them, and the program has no others."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import pytest

import nntrace
from nntrace.record import Record


class Point(Record):
    """Two fields, one with a default."""

    across: int
    up: int = 0

    @property
    def total(self) -> int:
        return self.across + self.up


class Named(Point):
    def again(self) -> Point:
        return super()._replace(up=self.up + 1)


class Empty(Record):
    pass


def test_a_record_is_a_tuple_with_names() -> None:
    point = Point(1)
    assert point == (1, 0) == Point(up=0, across=1)
    assert (point.across, point.up, point.total) == (1, 0, 1)
    assert point._replace(up=2) == Point(1, up=2)
    assert isinstance(point._replace(up=2), Point)
    assert point._asdict() == {"across": 1, "up": 0}
    assert repr(point) == "Point(across=1, up=0)"
    assert Point._fields == Point.__match_args__ == ("across", "up")
    match point:
        case Point(across, up=0):
            assert across == 1
    assert Empty() == ()


def test_what_inherits_from_a_record_has_its_fields() -> None:
    assert Named(1).again() == (1, 1)
    assert type(Named(1).again()) is Named


@pytest.mark.parametrize("given", [((), {}), ((1, 2, 3), {}), ((1,), {"across": 1}), ((1,), {"left": 2})])
def test_fields_that_do_not_fit_are_refused(given: tuple[tuple[int, ...], dict[str, int]]) -> None:
    with pytest.raises(TypeError, match=r"across|up|arguments|left"):
        Point(*given[0], **given[1])
    with pytest.raises(TypeError, match="left"):
        Point(1)._replace(left=1)  # type: ignore[call-arg]


def test_a_record_is_frozen_and_can_be_copied() -> None:
    point = Point(1)
    with pytest.raises(AttributeError):
        point.across = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        point.left = 2  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(point)) == copy.deepcopy(point) == point


def test_the_program_has_no_other_named_tuples() -> None:
    sources = Path(nntrace.__file__).parent.rglob("*.py")
    found = [path.name for path in sources if re.search(r"\(NamedTuple\b|@dataclass\n", path.read_text("utf-8"))]
    assert found == []


def test_annotations_that_are_no_texts() -> None:
    """As in a module without ``from __future__ import annotations``: from Python 3.14 on they are evaluated late."""
    made: dict[str, type[Record]] = {"Record": Record}
    text = "class Late(Record):\n    across: int\n    up: 'Late | None' = None\nclass Bare(Record):\n    pass"
    exec(compile(text, "late.py", "exec", dont_inherit=True), made)
    assert made["Late"]._fields == ("across", "up")
    assert made["Late"](1) == (1, None)
    assert made["Bare"]._fields == ()

"""What the form of a network file has and the program has not: each a row, deleted when the feature is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..record import Record
from .model import Place, Spec
from .problems import Problems
from .tree import Scalar

KEYS = {  # keys that nothing reads, and what works instead
    "for": "write the steps out as layers",
}


class Unsupported(Record):
    """A feature that is read but not supported: where a file uses it, and what works instead."""

    feature: str
    places: Callable[[Spec], Iterable[Place]]
    remedy: str


ROWS: tuple[Unsupported, ...] = ()


def refuse(spec: Spec, problems: Problems) -> None:
    """Note every use of a feature that is not supported yet."""
    for row in ROWS:
        for place in row.places(spec):
            problems.add(place, f"{row.feature} is not supported yet", row.remedy)


def refuse_key(key: Scalar, problems: Problems) -> None:
    """Note a key of ``KEYS``."""
    problems.add(key.place, f"`{key.text}` is not supported yet", KEYS[key.text])

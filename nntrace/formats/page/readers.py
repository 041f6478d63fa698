"""The factors of a family's steps, looked up among the texts of whole tensors: many at once, by slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...record import Record
from ...solution.content.model import Slot


class _Stretch(Record):
    """Factors in equal distances of each other, in a formula and in the texts of a tensor's elements."""

    places: slice
    texts: list[str]
    base: int
    distance: int
    times: int
    strides: int


class Readers:
    """The texts of a formula's factors, looked up for one step after the other."""

    def __init__(self, slots: Sequence[Slot], texts: list[list[str]], strides: list[tuple[int, ...]]) -> None:
        self.texts = texts
        groups: dict[tuple[int, int], list[int]] = {}
        for place, (slot, own) in enumerate(zip(slots, texts, strict=True)):
            groups.setdefault((id(own), strides.index(slot.strides)), []).append(place)
        self._runs = [
            _Stretch(
                slice(places[0], places[-1] + 1, step),
                texts[places[0]],
                slots[places[0]].base,
                distance,
                len(places),
                at,
            )
            for (_, at), group in groups.items()
            for places, step, distance in _evenly(group, [slots[place].base for place in group])
        ]

    def read(self, moved: Sequence[int]) -> list[str]:
        """The factors of the step that is moved so far, by each of the strides."""
        found = [""] * len(self.texts)
        for places, texts, base, distance, times, at in self._runs:
            first = base + moved[at]
            found[places] = texts[first : first + distance * times : distance] if distance else [texts[first]] * times
        return found


def _evenly(places: list[int], bases: list[int]) -> Iterator[tuple[list[int], int, int]]:
    """Stretches in which both go on in equal steps, the bases not downwards; with these steps."""
    start = 0
    while start < len(places):
        stop, step, distance = start + 1, 1, 1
        if stop < len(places) and bases[stop] >= bases[start]:
            step, distance = places[stop] - places[start], bases[stop] - bases[start]
            while stop < len(places) and (places[stop], bases[stop]) == (
                places[stop - 1] + step,
                bases[stop - 1] + distance,
            ):
                stop += 1
        yield places[start:stop], step, distance
        start = stop

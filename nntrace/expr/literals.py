"""Many numbers at once, each with exactly the digits to be shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from .lazy import Lazy


class Literals(Lazy[Decimal]):
    """Numbers as text, such as ``-0.0215``; one becomes a ``Decimal`` where it is looked at.

    ``texts`` are in positional writing, with a digit before the point. The few numbers that are not written so (very
    small or large ones, infinities) stand in ``others`` by their places, and have an empty text.
    """

    def __init__(self, texts: list[str], others: Mapping[int, Decimal]) -> None:
        self.texts = texts
        self.others = others

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[Decimal]:
        return (Decimal(text) if text else self.others[place] for place, text in enumerate(self.texts))

    def at(self, place: int) -> Decimal:
        text = self.texts[place]
        return Decimal(text) if text else self.others[place]

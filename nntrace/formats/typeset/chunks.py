"""Chunks of a formula put beside each other, in whatever language."""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum

from .language import Chunk, Language, Sign

OPERATOR = 2.5
"""How wide an operator or a relation is with the room around it, against a digit."""
COMMA = 0.9
"""How wide a comma is with the room behind it."""


class ChunkWriter:
    """Puts chunks together in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def led(self, sign: Sign, inner: list[Chunk], depth: int) -> list[Chunk]:
        """A sign before the first chunk, where a line may break."""
        return self._juxtaposed(self.language.infix(sign), inner, depth, OPERATOR)

    def _sign(self, sign: Sign, depth: int = 0) -> Chunk:
        return Chunk(self.language.sign(sign), 1, depth)

    def _words(self, words: str, depth: int = 0) -> Chunk:
        return Chunk(self.language.words(words), 0.9 * len(words), depth)

    def _put(self, before: str, text: str) -> str:
        return f"{before}{self.language.between}{text}"

    def _juxtaposed(self, lead: str, inner: list[Chunk], depth: int, wide: float = 0.5) -> list[Chunk]:
        first, *others = inner
        return [Chunk(self._put(lead, first.text), first.width + wide, depth), *others]

    def _around(self, before: str, inner: list[Chunk], after: str, wide: float = 0.7) -> list[Chunk]:
        """Text so ``wide`` set against the first and the last chunk, without a space."""
        first, *others = inner
        inner = [first._replace(text=before + first.text, width=first.width + (wide if before else 0)), *others]
        last = inner[-1]
        return [*inner[:-1], last._replace(text=last.text + after, width=last.width + (wide if after else 0))]

    def joined(self, chunks: Iterable[Chunk], depth: int = 0) -> Chunk:
        """The chunks beside each other as one."""
        texts, widths, _ = zip(*chunks, strict=True)
        return Chunk(self.language.between.join(texts), fsum(widths), depth)

    def _fraction(self, top: Chunk, bottom: Chunk, depth: int) -> Chunk:
        return Chunk(self.language.fraction(top.text, bottom.text), max(top.width, bottom.width) + 1, depth)

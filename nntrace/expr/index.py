"""Indices: a letter that is free (``j``), a number (counted from 0), or an affine form in letters (``2 p + r - 1``).

>>> at_letter("p") + "r"
Affine(((1, 'p'), (1, 'r')), 0)
"""

from __future__ import annotations

from collections.abc import Mapping

from .node import Frozen


class Affine(Frozen):
    """A sum of letters, each times a whole number, and an ``offset``, as a convolution reads its argument.

    Build it from ``at_letter``; no letter stands in it twice, and none with the factor 0.
    """

    __slots__ = ("terms", "offset")
    terms: tuple[tuple[int, str], ...]
    offset: int

    def __add__(self, other: Affine | str | int) -> Affine:
        added = _affine(other)
        factors = {letter: factor for factor, letter in self.terms}
        for factor, letter in added.terms:
            factors[letter] = factors.get(letter, 0) + factor
        terms = tuple((factor, letter) for letter, factor in factors.items() if factor)
        return Affine(terms, self.offset + added.offset)

    def __sub__(self, other: Affine | str | int) -> Affine:
        return self + _affine(other) * -1

    def __mul__(self, factor: int) -> Affine:
        return Affine(tuple((factor * own, letter) for own, letter in self.terms if factor), factor * self.offset)

    __rmul__ = __mul__

    @property
    def from_one(self) -> Affine:
        """The form where everything counts from 1, as it is written: p + r is p + r - 1 then."""
        return Affine(self.terms, self.offset + 1 - sum(factor for factor, _ in self.terms))

    @property
    def is_letter(self) -> bool:
        """Whether it is written as nothing but a letter, as the first segment of an axis is."""
        return len(self.terms) == 1 and self.terms[0][0] == 1 and not self.offset


class Segment(Affine):
    """A letter that runs along a segment of an axis, from ``offset`` on: no plain letter, be it the first segment."""

    __slots__ = ()


Index = str | int | Affine


def segment(letter: str, offset: int) -> Segment:
    """The places of an axis from ``offset`` on, as far as the letter runs."""
    return Segment(((1, letter),), offset)


def at_letter(letter: str) -> Affine:
    """A letter to reckon with: ``2 * at_letter("p") + "r"``."""
    return Affine(((1, letter),), 0)


def _affine(index: Index) -> Affine:
    match index:
        case Affine():
            return index
        case str():
            return at_letter(index)
        case _:
            return Affine((), index)


def letters_of(index: Index) -> tuple[str, ...]:
    """The letters of an index, in the order they are written."""
    match index:
        case str():
            return (index,)
        case Affine(terms):
            return tuple(letter for _, letter in terms)
        case _:
            return ()


def bound(index: Index, binding: Mapping[str, Index]) -> Index:
    """An index with its letters bound to numbers, or renamed; a plain letter or number where it has become one."""
    match index:
        case str():
            return binding.get(index, index)
        case Affine(terms, offset):
            found = Affine((), offset)
            for factor, letter in terms:
                found = found + factor * _affine(binding.get(letter, letter))
            return Segment(found.terms, found.offset) if found.terms and isinstance(index, Segment) else _plain(found)
        case _:
            return index


def number_of(index: Index, binding: Mapping[str, int]) -> int:
    """The number that an index is, all of its letters being bound."""
    match index:
        case str():
            return binding[index]
        case Affine(terms, offset):
            return offset + sum(factor * binding[letter] for factor, letter in terms)
        case _:
            return index


def _plain(index: Affine) -> Index:
    if not index.terms:
        return index.offset
    if index.terms[0][0] == 1 and len(index.terms) == 1 and not index.offset:
        return index.terms[0][1]
    return index

"""A family of steps in one notation: its texts, made once for each element and each number, and how they go together.

What stands around them (operators, brackets, names) is learned from the printer itself, by printing the first step
with a mark for each factor: nothing here knows how a product is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import islice
from operator import mul
from typing import Literal, Protocol

from ...expr import Add, Expr, Num, Sym, product
from ...expr.atoms import number_texts
from ...expr.bind import cell_at, transform
from ...expr.literals import Literals
from ...expr.script import Script
from ...expr.text import element_texts, pieces
from ...record import Record
from ...solution.content.model import Family, LineKind, mark
from .readers import Readers

AT_ONCE = 20_000
"""The terms of neighbouring sums that are worked out together."""
_MARK = re.compile(r"@(\d+)@")
_POSITIVE, _NEGATIVE, _POWER = Num(Decimal("7.0")), Num(Decimal("-7.0")), Num(Decimal("7.0E-9"))


class PieceOfText(Protocol):
    """A part of a formula that is never broken, and how deep it lies."""

    @property
    def text(self) -> str: ...
    @property
    def depth(self) -> int: ...


class Printer(Protocol):
    """One notation: a formula in pieces to be joined by single spaces, a tensor's elements and many numbers."""

    def pieces(self, node: Expr) -> Sequence[PieceOfText]: ...
    def elements(self, first: Expr, shape: tuple[int, ...]) -> list[str]: ...
    def numbers(self, values: Literals) -> list[str]: ...
    def lead(self, sign: Literal["+", "-"]) -> str:
        """What stands before a term that is added or subtracted."""


class PlainText:
    """Plain text in one script."""

    def __init__(self, script: Script) -> None:
        self.script = script

    def pieces(self, node: Expr) -> Sequence[PieceOfText]:
        return pieces(node, self.script)

    def elements(self, first: Expr, shape: tuple[int, ...]) -> list[str]:
        return element_texts(first, shape, self.script)

    def numbers(self, values: Literals) -> list[str]:
        return number_texts(values, self.script)

    def lead(self, sign: Literal["+", "-"]) -> str:
        return f"{sign} "


class FamilyTexts:
    """A family's texts.

    ``readers`` look up the factors of a step, in names and then in numbers, to be put into the ``frame``.
    """

    def __init__(self, family: Family, printer: Printer) -> None:
        self.family = family
        self.printer = printer
        self._plus, self._minus = printer.lead("+"), printer.lead("-")
        self.slots = [slot for term in family.terms for slot in term]
        self.names = [printer.elements(column.first, column.shape) for column in family.columns]
        self.numbers = [printer.numbers(column.numbers) for column in family.columns]
        self.result_names = printer.elements(family.result.first, family.result.shape)
        self.result_numbers = printer.numbers(family.result.numbers)
        self.frame = _pattern(family, printer) if family.pattern is not None else _sum_of_products(family, printer)
        self.formula = " ".join(self.frame.pieces)
        """The frame on one line."""
        self.strides = list(dict.fromkeys(slot.strides for slot in self.slots))

    @cached_property
    def readers(self) -> list[Readers]:
        """The elements in names, and in numbers unless there is nothing but one: its number is the result."""
        alone = isinstance(self.family.pattern, Sym)
        forms = [self._names_in_place, *([] if alone else [self._numbers_in_place])]
        keys = [(slot.column, brackets) for slot, brackets in zip(self.slots, self.frame.brackets, strict=True)]
        found = []
        for form in forms:
            texts = {key: form(*key) for key in dict.fromkeys(keys)}
            found.append(Readers(self.slots, [texts[key] for key in keys], self.strides))
        return found

    def _names_in_place(self, column: int, brackets: Brackets) -> list[str]:
        """The names of a column, in brackets where a power would seem to belong to a part of them."""
        return [f"({name})" for name in self.names[column]] if brackets.name else self.names[column]

    def _numbers_in_place(self, column: int, brackets: Brackets) -> list[str]:
        """The numbers of a column, with brackets around those that need them."""
        texts = self.numbers[column]
        if brackets.negative:
            texts = [f"({text})" if text[0] == "-" else text for text in texts]
        for place, number in self.family.columns[column].numbers.others.items() if brackets.power else ():
            if number > 0:
                texts = texts.copy() if texts is self.numbers[column] else texts
                texts[place] = f"({texts[place]})"
        return texts

    @cached_property
    def terms(self) -> list[str]:
        """The terms of a sum, with a place for each factor."""
        pieces = iter(self.frame.pieces)
        return [" ".join(islice(pieces, len(term))) for term in self.family.terms]

    def rows(self) -> Iterator[range]:
        """The places of the steps, those along the last axis together."""
        *_, size = self.family.result.shape or (1,)
        starts = range(0, len(self.result_names), size)
        return filter(None, (range(max(start, self.family.start), start + size) for start in starts))

    def columns(self, places: range, factors: list[list[str]], ids_first: bool = True) -> Iterator[tuple[object, ...]]:
        """For each of some neighbours what its lines are made of: its number, its name, the factors, its result."""
        each, number = slice(places.start, places.stop), self.family.number
        ids = range(number + places.start, number + places.stop)
        formula = (self.result_names[each], *factors, self.result_numbers[each])
        return zip(*((ids, *formula) if ids_first else (*formula, ids)), strict=True)

    def sums(self) -> Iterator[tuple[int, list[str]]]:
        """The places of the steps, each with the numbers of its addends; those of many steps are worked out at once."""
        places, size = self.family.places, len(self.family.terms)
        for start in places[:: max(1, AT_ONCE // size)]:
            some = range(start, min(start + max(1, AT_ONCE // size), places.stop))
            numbers = self.printer.numbers(self.family.addends(some)) if self.family.has_terms else []
            for number, place in enumerate(some):
                yield place, numbers[number * size : (number + 1) * size]

    def moved(self, place: int) -> list[int]:
        """How far the factors of a step are from those of the first, by each of the strides."""
        cell = cell_at(place, self.family.result.shape)
        return [sum(map(mul, strides, cell)) for strides in self.strides]

    def forms(self, place: int) -> Iterator[tuple[LineKind, str]]:
        """The forms of a step, each on one line."""
        moved = self.moved(place)
        kinds: tuple[LineKind, ...] = ("formula", "substitution")
        for kind, readers in zip(kinds, self.readers, strict=False):
            yield kind, self.formula % tuple(readers.read(moved))
        if self.family.pattern is None and self.family.has_terms:
            numbers = self.printer.numbers(self.family.addends(range(place, place + 1)))
            yield "terms", self.addends(numbers).replace("\n", " ")
        yield "value", self.result_numbers[place]

    def addends(self, numbers: list[str]) -> str:
        """The terms line, one on a line: the first number as it is, of the others the sign in front."""
        return f"\n{self._plus}".join(numbers).replace(f"\n{self._plus}-", f"\n{self._minus}")

    def along(self, places: range) -> tuple[list[str], list[list[str]]]:
        """For neighbours along the last axis each form, in which what is the same for all is put in, and the texts of
        the others' factors."""
        moved = self.moved(places[0])
        factors: list[list[str]] = []
        forms: list[str] = []
        for readers in self.readers:
            texts = []
            for slot, own in zip(self.slots, readers.texts, strict=True):
                first = slot.base + moved[self.strides.index(slot.strides)]
                step = slot.strides[-1] if slot.strides else 0
                texts.append("%s" if step else own[first])
                if step:
                    factors.append(own[first : first + step * len(places) : step])
            forms.append(self.formula % tuple(texts))
        return forms, factors


class Brackets(Record):
    """What has brackets in an element's place: its name, a negative number, one with a power of ten."""

    name: bool
    negative: bool
    power: bool


class Frame(Record):
    """What stands around a formula's elements: its pieces with ``%s`` for each element, how deep each lies, and what
    has brackets in the place of each element."""

    pieces: list[str]
    depths: list[int]
    brackets: list[Brackets]


def _pattern(family: Family, printer: Printer) -> Frame:
    """The frame of a pattern, learned by printing it with names and with numbers for its marks."""
    pattern = family.pattern
    assert pattern is not None
    count = len(family.terms[0])

    def printed(factors: Sequence[Expr]) -> list[str]:
        put = {mark(slot): factor for slot, factor in enumerate(factors)}
        filled = transform(pattern, lambda part: put.get(part) if isinstance(part, Sym) else None)
        return [piece.text for piece in printer.pieces(filled)]

    named = printer.pieces(pattern)
    order = [int(place) for piece in named for place in _MARK.findall(piece.text)]
    assert order == list(range(count)), "a formula is printed in the order in which it is walked"
    frame = [_MARK.sub("%s", piece.text.replace("%", "%%")) for piece in named]
    plainly = [_text(_POSITIVE, printer)] * count
    assert printed([_POSITIVE] * count) == _put(frame, plainly)
    brackets: list[Brackets] = []
    for slot, factor in enumerate(family.terms[0]):
        needed = []
        for tried in (family.columns[factor.column].first, _NEGATIVE, _POWER):
            factors: list[Expr] = [_POSITIVE] * count
            texts = plainly.copy()
            factors[slot], texts[slot] = tried, f"({_text(tried, printer)})"
            with_brackets = printed(factors) == _put(frame, texts)
            texts[slot] = _text(tried, printer)
            assert with_brackets or printed(factors) == _put(frame, texts)
            needed.append(with_brackets)
        brackets.append(Brackets(*needed))
    return Frame(frame, [piece.depth for piece in named], brackets)


def _text(node: Expr, printer: Printer) -> str:
    return " ".join(piece.text for piece in printer.pieces(node))


def _put(frame: list[str], texts: list[str]) -> list[str]:
    return ("\n".join(frame) % tuple(texts)).split("\n")


def _sum_of_products(family: Family, printer: Printer) -> Frame:
    """The frame of a sum: of its first term, and of one of each size behind it."""

    def frame(*sizes: int) -> list[tuple[str, int, Brackets]]:
        slots = iter(range(sum(sizes)))
        products = tuple(product(map(mark, islice(slots, size))) for size in sizes)
        short = family._replace(pattern=Add(products), terms=(tuple(family.terms[0][:1]) * sum(sizes),))
        return list(zip(*_pattern(short, printer), strict=True))

    first, *others = map(len, family.terms)
    every = frame(first, *others[:1])[:first]
    of_size = {size: frame(first, size)[first:] for size in set(others)}
    for size in others:
        every += of_size[size]
    return Frame(*map(list, zip(*every, strict=True)))

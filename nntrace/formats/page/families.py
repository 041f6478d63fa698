"""A family of steps as rows: its texts are written once for each element and each number, then put together.

What stands around them (operators, brackets, names) is learned from the printer itself, by printing the first step
with a mark for each factor: nothing here knows how a product is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import accumulate, chain, islice
from operator import add, mul
from typing import NamedTuple

from ...expr import Add, Expr, Mul, Neg, Num, Sym
from ...expr.literals import Literals
from ...expr.text import Script, number_texts, pieces, plain, subscript, text
from ...solution.model import Column, Family, Slot
from .breaking import Body, body_of, full_lines
from .rows import Page, Row, Span, columns
from .steps import Equation, Form, equation_rows, hangs

_NAME = Sym("@")
_POSITIVE, _NEGATIVE = Num(Decimal("7.0")), Num(Decimal("-7.0"))
_BATCH = 512
"""Steps of a line each that are put together at once."""


def family_rows(family: Family, page: Page, ids: int) -> Iterator[Row]:
    """The rows of a family's steps. On a plain page, where they fit, one row is all lines of a step, or many steps."""
    written = _Written(family, page, ids)
    found: Iterator[str | int] = iter(family.places)
    if page.plain and written.is_narrow and not family.notes:
        found = written.products() if written.is_single else map(written.sum, family.places)
    for one in found:
        if isinstance(one, str):
            yield Row((Span(one),), page.section)
        else:
            yield from equation_rows(family.id(one), [written.equation(one)], (), page, ids)


class _Written:
    """A family's texts on one page."""

    def __init__(self, family: Family, page: Page, ids: int) -> None:
        script = page.script
        self.family = family
        self.page = page
        self.script = script
        self.ids = ids
        self.slots = [slot for term in family.terms for slot in term]
        self.is_single = len(family.terms) == 1
        self.names = [_names(column, script) for column in family.columns]
        self.numbers = [number_texts(column.numbers, script) for column in family.columns]
        self.result_names = _names(family.result, script)
        self.result_numbers = number_texts(family.result.numbers, script)
        first, *others = map(len, family.terms)
        around = _frames((first, *others[:1]), script)[:first]
        frames = {size: _frames((first, size), script)[first:] for size in set(others)}
        around += chain.from_iterable(map(frames.__getitem__, others))
        self.before, self.brackets, self.depths = map(list, zip(*around, strict=True))
        heads = "".join((self.result_names[0], *(names[0] for names in self.names), *self.before))
        self.is_narrow = columns(heads) == len(heads)
        """Whether a column is a letter everywhere: names differ only in their indices."""
        self.about = plain("≈", script)
        self.signs = max(columns("="), columns(self.about))
        self.strides = list(dict.fromkeys(slot.strides for slot in self.slots))

    @cached_property
    def _readers(self) -> list[_Readers]:
        """The factors in names, and in numbers unless there is a single one: its number is the result."""
        bracketed = [_bracketed(texts) for texts in self.numbers]
        numbers = [
            (bracketed if brackets else self.numbers)[slot.column]
            for slot, brackets in zip(self.slots, self.brackets, strict=True)
        ]
        names = [self.names[slot.column] for slot in self.slots]
        return [_Readers(self.slots, texts, self.strides) for texts in (names, numbers)[: len(self.slots)]]

    def _moved(self, place: int) -> list[int]:
        cell = _cell(place, self.family.result.shape)
        return [sum(map(mul, strides, cell)) for strides in self.strides]

    def equation(self, place: int) -> Equation:
        """A step's equation."""
        family, moved = self.family, self._moved(place)

        def form(relation: str, readers: _Readers) -> Form:
            notes = family.notes if relation == "=" else ()
            return Form(relation, self._body(readers, moved), "body", notes, joins=relation == "=")

        forms = [form(relation, readers) for relation, readers in zip(("=", self.about), self._readers, strict=False)]
        if not self.is_single:
            addends = self._addends(family.addends(place)).split("\n")
            forms.append(Form(self.about, Body(addends, [0] * len(addends)), "body", (), joins=False))
        forms.append(Form(self.about, Body([self.result_numbers[place]], [0]), "value", (), joins=False))
        return Equation(self.result_names[place], forms, compact=self.is_single)

    def _body(self, readers: _Readers, moved: list[int]) -> Body:
        """The formula with these factors. Where no product has to be broken itself, each term is a single piece."""
        read = readers.read(moved)
        if not self.is_single and self._longest_term <= self._least_room:
            terms = (self._terms % tuple(read)).split("\n")
            return Body(terms, [0] * len(terms))
        return Body(list(map(add, self.before, read)), self.depths)

    def products(self) -> Iterator[str | int]:
        """The lines of steps that are one product, many at once; the place of a step that has no such line."""
        family, width = self.family, self.page.width
        places = iter(family.places)
        body = " ".join(before.replace("%", "%%") + "%s" for before in self.before)
        lead = f"{family.letter}%-{self.ids - 1 - len(family.letter)}d %s{' ' * self.signs}="
        form = f"{lead} {' '.join(f'{body} {self.about}' for _ in self._readers)} %s"
        numbers = range(family.number + family.start, family.number + len(self.result_names))
        names, values = self.result_names[family.start :], self.result_numbers[family.start :]
        moved = [_flat(strides, family.result.shape)[family.start :] for strides in self.strides]
        factors = [
            [texts[slot.base + further] for further in moved[self.strides.index(slot.strides)]]
            for readers in self._readers
            for slot, texts in zip(self.slots, readers.texts, strict=True)
        ]
        lines = map(form.__mod__, zip(numbers, names, *factors, values, strict=True))
        while batch := list(islice(lines, _BATCH)):
            if max(map(len, batch)) <= width:
                yield "\n".join(batch)
                next(islice(places, len(batch) - 1, None))
            else:
                yield from (line if len(line) <= width else place for line, place in zip(batch, places, strict=False))

    def sum(self, place: int) -> str | int:
        """The lines of a step that is a sum; its place where a line of it is not to be had so simply."""
        family, moved = self.family, self._moved(place)
        lead = f"{family.id(place).ljust(self.ids - 1)} {self.result_names[place]}"
        body = len(lead) + self.signs + 2
        room = self.page.width - body
        addends = self._addends(family.addends(place))
        if hangs(body, self.page.width) or max(self._longest_term, *map(len, addends.split("\n"))) > room:
            return place
        margin = "\n" + " " * body
        about = f"\n{' ' * (body - 1 - len(self.about))}{self.about} "
        formulas = (self._terms % tuple(readers.read(moved)) for readers in self._readers)
        forms = (
            "\0".join(full_lines(terms, room)).replace("\n", " ").replace("\0", margin)
            for terms in (*formulas, addends)
        )
        return f"{lead}{' ' * self.signs}= {about.join(forms)}{about}{self.result_numbers[place]}"

    @cached_property
    def _terms(self) -> str:
        """The formula's terms, one on a line, with a place for each factor."""
        firsts = set(accumulate(map(len, self.family.terms[:-1])))
        around = (before.replace("%", "%%") + "%s" for before in self.before)
        return "".join(
            text if place == 0 else f"\n{text}" if place in firsts else f" {text}" for place, text in enumerate(around)
        )

    @cached_property
    def _longest_term(self) -> int:
        """No term is longer than this, in names or in numbers."""
        names = [max(map(len, texts)) for texts in self.names]
        numbers = [max(map(len, texts)) + len("()") for texts in self.numbers]
        rooms = [max(names[slot.column], numbers[slot.column]) for slot in self.slots]
        sizes: Iterator[int] = iter(map(add, map(len, self.before), rooms))
        return max(sum(islice(sizes, len(term))) + len(term) - 1 for term in self.family.terms)

    @cached_property
    def _least_room(self) -> int:
        """No line of a formula has less room than this, wherever its relation stands."""
        longest = max(self.ids, len(self.family.id(self.family.places[-1])) + 1) + columns(self.result_names[-1])
        return self.page.width - longest - 8 if self.is_narrow else 0

    def _addends(self, addends: Literals) -> str:
        """The terms line, one on a line: the first number as it is, of the others the sign in front."""
        plus, minus = self._plus_and_minus
        return f"\n{plus}".join(number_texts(addends, self.script)).replace(f"\n{plus}-", f"\n{minus}")

    @cached_property
    def _plus_and_minus(self) -> list[str]:
        """What stands before a term that is added, and before one that is subtracted."""
        terms = Add((_POSITIVE, _POSITIVE, Neg(_POSITIVE)))
        return [piece.text.removesuffix(text(_POSITIVE, self.script)) for piece in pieces(terms, self.script)[1:]]


def _frames(sizes: Sequence[int], script: Script) -> list[tuple[str, bool, int]]:
    """How products of so many factors are added: before each factor what, whether a negative number has brackets
    there, and how deep it lies."""

    def marked(mark: Expr) -> Body:
        products = [mark if size == 1 else Mul((mark,) * size) for size in sizes]
        return body_of(pieces(products[0] if len(products) == 1 else Add(tuple(products)), script))

    named, positive, negative = map(marked, (_NAME, _POSITIVE, _NEGATIVE))
    before = [around.partition(text(_NAME, script))[0] for around in named.texts]
    bare = text(_NEGATIVE, script)
    brackets = [around.endswith(f"({bare})") for around in negative.texts]
    as_said = [around + (f"({bare})" if own else bare) for around, own in zip(before, brackets, strict=True)]
    assert as_said == negative.texts
    assert [around + text(_POSITIVE, script) for around in before] == positive.texts
    return list(zip(before, brackets, named.depths, strict=True))


class _Run(NamedTuple):
    """Factors in equal distances of each other, in a formula and in the texts of a tensor's elements."""

    places: slice
    texts: list[str]
    base: int
    distance: int
    times: int
    strides: int


class _Readers:
    """The texts of a formula's factors, looked up for one step after the other."""

    def __init__(self, slots: Sequence[Slot], texts: list[list[str]], strides: list[tuple[int, ...]]) -> None:
        self.texts = texts
        groups: dict[tuple[int, int], list[int]] = {}
        for place, (slot, own) in enumerate(zip(slots, texts, strict=True)):
            groups.setdefault((id(own), strides.index(slot.strides)), []).append(place)
        self._runs = [
            _Run(
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


def _bracketed(texts: list[str]) -> list[str]:
    """Numbers as factors: negative ones in brackets."""
    return [f"({text})" if text[0] == "-" else text for text in texts]


def _names(column: Column, script: Script) -> list[str]:
    """The texts of a column's elements: that of the first, with the other indices."""
    first = subscript((0,) * len(column.shape))
    head = text(column.first, script).removesuffix(first)
    if not column.shape:
        return [head]
    cells = [f"{head}["]
    for place, size in enumerate(column.shape):
        end = "]" if place == len(column.shape) - 1 else ","
        each = [f"{index + 1}{end}" for index in range(size)]
        cells = [cell + index for cell in cells for index in each]
    return cells


def _cell(place: int, shape: tuple[int, ...]) -> list[int]:
    """The indices of a place."""
    cell: list[int] = []
    for size in reversed(shape):
        place, index = divmod(place, size)
        cell.insert(0, index)
    return cell


def _flat(strides: tuple[int, ...], shape: tuple[int, ...]) -> list[int]:
    """How far a slot moves, for each place."""
    moved = [0]
    for stride, size in zip(strides, shape, strict=True):
        moved = [before + stride * index for before in moved for index in range(size)]
    return moved

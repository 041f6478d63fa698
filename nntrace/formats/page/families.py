"""A family of steps as rows: its texts are written once for each element and each number, then put together.

What stands around them (operators, brackets, names) is learned from the printer itself, by printing the first step
with a mark for each factor: nothing here knows how a product is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import islice
from operator import add, mul
from typing import NamedTuple

from ...expr import Add, Neg, Num, Sym, product
from ...expr.bind import transform
from ...expr.text import Script, element_texts, number_texts, pieces, plain, text
from ...solution.model import Family, Slot, mark
from .breaking import Body, enumerated, full_lines, sentence
from .rows import Page, Row, Span, columns, joined
from .steps import Equation, Form, below, equation_rows, hangs

AT_ONCE = 20_000
"""The terms of neighbouring sums that are worked out together."""
_MARK = re.compile(r"@(\d+)@")
_POSITIVE, _NEGATIVE, _POWER = Num(Decimal("7.0")), Num(Decimal("-7.0")), Num(Decimal("7.0E-9"))


def family_rows(family: Family, page: Page, ids: int) -> Iterator[Row]:
    """The rows of a family's steps. On a plain page, where they fit, one row is all lines of a step, or many steps."""
    written = _Written(family, page, ids)
    found: Iterator[str | int] = iter(family.places)
    if page.plain and written.is_narrow and family.pattern is None:
        found = written.sums()
    elif page.plain and written.is_narrow and not family.notes:
        found = written.lines()
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
        self.names = [element_texts(column.first, column.shape, script) for column in family.columns]
        self.numbers = [number_texts(column.numbers, script) for column in family.columns]
        self.result_names = element_texts(family.result.first, family.result.shape, script)
        self.result_numbers = number_texts(family.result.numbers, script)
        self.frame = _pattern(family, script) if family.pattern is not None else _sum_of_products(family, script)
        heads = "".join((self.result_names[0], *(names[0] for names in self.names), *self.frame.pieces))
        self.is_narrow = columns(heads) == len(heads)
        """Whether a column is a letter everywhere: names differ only in their indices."""
        self.about = plain("≈", script)
        self.signs = max(columns("="), columns(self.about))
        self.strides = list(dict.fromkeys(slot.strides for slot in self.slots))
        self._strides_of = [self.strides.index(slot.strides) for slot in self.slots]
        self._body_on_a_line = " ".join(self.frame.pieces)
        self._below: dict[int, str] = {}

    @cached_property
    def _readers(self) -> list[_Readers]:
        """The elements in names, and in numbers unless there is nothing but one: its number is the result."""
        alone = isinstance(self.family.pattern, Sym)
        texts = [[self.names[slot.column] for slot in self.slots], *([] if alone else [self._numbers_in_place()])]
        return [_Readers(self.slots, each, self.strides) for each in texts]

    def _numbers_in_place(self) -> list[list[str]]:
        """For each slot the numbers of its column, with brackets around those that need them there."""
        texts: dict[tuple[int, bool, bool], list[str]] = {}
        keys = [(slot.column, *brackets) for slot, brackets in zip(self.slots, self.frame.brackets, strict=True)]
        for key in dict.fromkeys(keys):
            column, negative, powers = key
            texts[key] = _bracketed(self.numbers[column]) if negative else self.numbers[column]
            awkward = [
                place for place, number in self.family.columns[column].numbers.others.items() if powers and number > 0
            ]
            if awkward:
                texts[key] = texts[key].copy()
                for place in awkward:
                    texts[key][place] = f"({texts[key][place]})"
        return [texts[key] for key in keys]

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
        if family.pattern is None:
            addends = self._addends(number_texts(family.addends(range(place, place + 1)), self.script)).split("\n")
            forms.append(Form(self.about, Body(addends, [0] * len(addends)), "body", (), joins=False))
        forms.append(Form(self.about, Body([self.result_numbers[place]], [0]), "value", (), joins=False))
        return Equation(self.result_names[place], forms, compact=family.pattern is not None)

    def _body(self, readers: _Readers, moved: list[int]) -> Body:
        """The formula with these elements. Where no product has to be broken itself, each term is a single piece."""
        read = tuple(readers.read(moved))
        if self.family.pattern is None and self._longest_term <= self._least_room:
            terms = (self._terms % read).split("\n")
            return Body(terms, [0] * len(terms))
        return Body(("\n".join(self.frame.pieces) % read).split("\n"), self.frame.depths)

    def lines(self) -> Iterator[str | int]:
        """The steps that are a line each, those along the last axis at once; the place of a step that is none."""
        family, width = self.family, self.page.width
        *_, last = family.result.shape or (1,)
        for start in range(0, len(self.result_names), last):
            places = range(max(start, family.start), start + last)
            batch = self._row(places) if places else []
            if batch and max(map(len, batch)) <= width:
                yield "\n".join(batch)
            else:
                yield from (line if len(line) <= width else place for line, place in zip(batch, places, strict=True))

    def _row(self, places: range) -> list[str]:
        """The lines of neighbours along the last axis: what is the same for all is put in first."""
        family = self.family
        moved = self._moved(places[0])
        factors: list[list[str]] = []
        forms: list[str] = []
        for readers in self._readers:
            texts = []
            for slot, own, at in zip(self.slots, readers.texts, self._strides_of, strict=True):
                first, step = slot.base + moved[at], slot.strides[-1] if slot.strides else 0
                texts.append("%s" if step else own[first])
                if step:
                    factors.append(own[first : first + step * len(places) : step])
            forms.append(f"{self._body_on_a_line % tuple(texts)} {self.about}")
        lead = f"{family.letter}%-{self.ids - 1 - len(family.letter)}d %s{' ' * self.signs}="
        form = " ".join((lead, *forms, "%s"))
        numbers = range(family.number + places.start, family.number + places.stop)
        each = slice(places.start, places.stop)
        return list(
            map(form.__mod__, zip(numbers, self.result_names[each], *factors, self.result_numbers[each], strict=True))
        )

    def sums(self) -> Iterator[str | int]:
        """The lines of one sum after the other; the place of one whose lines are not to be had so simply."""
        family, size = self.family, len(self.family.terms)
        some = max(1, AT_ONCE // size)
        for start in range(family.places.start, family.places.stop, some):
            places = range(start, min(start + some, family.places.stop))
            numbers = number_texts(family.addends(places), self.script)
            for number, place in enumerate(places):
                yield self._sum(place, self._addends(numbers[number * size : (number + 1) * size]))

    def _sum(self, place: int, addends: str) -> str | int:
        family, moved = self.family, self._moved(place)
        lead = f"{family.id(place).ljust(self.ids - 1)} {self.result_names[place]}"
        body = len(lead) + self.signs + 2
        room = self.page.width - body
        if hangs(body, self.page.width) or max(self._longest_term, *map(len, addends.split("\n"))) > room:
            return place
        margin = "\n" + " " * body
        about = f"\n{' ' * (body - 1 - len(self.about))}{self.about} "
        formulas = (self._terms % tuple(readers.read(moved)) for readers in self._readers)
        forms = [
            "\0".join(full_lines(terms, room)).replace("\n", " ").replace("\0", margin)
            for terms in (*formulas, addends)
        ]
        if family.notes:
            if forms[0].find("\n") < 0 or body + forms[0].find("\n") + 2 + self._widest_note <= self.page.width:
                return place  # there may be room for the notes beside the first line
            forms[0] += self._notes_below(body)
        return f"{lead}{' ' * self.signs}= {about.join(forms)}{about}{self.result_numbers[place]}"

    @cached_property
    def _widest_note(self) -> int:
        return columns(sentence(enumerated(self.family.notes, self.script)))

    def _notes_below(self, body: int) -> str:
        if body not in self._below:
            rows = below(list(self.family.notes), self.page, body)
            self._below[body] = "".join(f"\n{joined(row)}" for row in rows)
        return self._below[body]

    @cached_property
    def _terms(self) -> str:
        """The formula's terms, one on a line, with a place for each factor."""
        pieces = iter(self.frame.pieces)
        return "\n".join(" ".join(islice(pieces, len(term))) for term in self.family.terms)

    @cached_property
    def _longest_term(self) -> int:
        """No term is longer than this, in names or in numbers."""
        names = [max(map(len, texts)) for texts in self.names]
        numbers = [max(map(len, texts)) + len("()") for texts in self.numbers]
        rooms = [max(names[slot.column], numbers[slot.column]) for slot in self.slots]
        sizes: Iterator[int] = iter(map(add, map(len, self.frame.pieces), rooms))
        return max(sum(islice(sizes, len(term))) for term in self.family.terms)

    @cached_property
    def _least_room(self) -> int:
        """No line of a formula has less room than this, wherever its relation stands."""
        longest = max(self.ids, len(self.family.id(self.family.places[-1])) + 1) + columns(self.result_names[-1])
        return self.page.width - longest - 8 if self.is_narrow else 0

    def _addends(self, numbers: list[str]) -> str:
        """The terms line, one on a line: the first number as it is, of the others the sign in front."""
        plus, minus = self._plus_and_minus
        return f"\n{plus}".join(numbers).replace(f"\n{plus}-", f"\n{minus}")

    @cached_property
    def _plus_and_minus(self) -> list[str]:
        """What stands before a term that is added, and before one that is subtracted."""
        terms = Add((_POSITIVE, _POSITIVE, Neg(_POSITIVE)))
        return [piece.text.removesuffix(text(_POSITIVE, self.script)) for piece in pieces(terms, self.script)[1:]]


class _Frame(NamedTuple):
    """What stands around a formula's elements: its pieces with ``%s`` for each element, how deep each lies, and for
    each element whether a negative number has brackets there, and one with a power of ten."""

    pieces: list[str]
    depths: list[int]
    brackets: list[tuple[bool, bool]]


def _pattern(family: Family, script: Script) -> _Frame:
    """The frame of a pattern, learned by printing it with names and with numbers for its marks."""
    pattern = family.pattern
    assert pattern is not None
    count = len(family.terms[0])

    def printed(numbers: Sequence[Num]) -> list[str]:
        put = {mark(slot): number for slot, number in enumerate(numbers)}
        filled = transform(pattern, lambda part: put.get(part) if isinstance(part, Sym) else None)
        return [piece.text for piece in pieces(filled, script)]

    named = pieces(pattern, script)
    order = [int(place) for piece in named for place in _MARK.findall(piece.text)]
    assert order == list(range(count)), "a formula is printed in the order in which it is walked"
    frame = [_MARK.sub("%s", piece.text.replace("%", "%%")) for piece in named]
    plainly = [text(_POSITIVE, script)] * count
    assert printed([_POSITIVE] * count) == _put(frame, plainly)
    brackets: list[tuple[bool, bool]] = []
    for slot in range(count):
        needed = []
        for number in (_NEGATIVE, _POWER):
            numbers, texts = [_POSITIVE] * count, plainly.copy()
            numbers[slot], texts[slot] = number, f"({text(number, script)})"
            with_brackets = printed(numbers) == _put(frame, texts)
            texts[slot] = text(number, script)
            assert with_brackets or printed(numbers) == _put(frame, texts)
            needed.append(with_brackets)
        brackets.append((needed[0], needed[1]))
    return _Frame(frame, [piece.depth for piece in named], brackets)


def _put(frame: list[str], texts: list[str]) -> list[str]:
    return ("\n".join(frame) % tuple(texts)).split("\n")


def _sum_of_products(family: Family, script: Script) -> _Frame:
    """The frame of a sum: of its first term, and of one of each size behind it."""

    def frame(*sizes: int) -> list[tuple[str, int, tuple[bool, bool]]]:
        slots = iter(range(sum(sizes)))
        products = tuple(product(map(mark, islice(slots, size))) for size in sizes)
        short = family._replace(pattern=Add(products), terms=(tuple(family.terms[0][:1]) * sum(sizes),))
        return list(zip(*_pattern(short, script), strict=True))

    first, *others = map(len, family.terms)
    every = frame(first, *others[:1])[:first]
    of_size = {size: frame(first, size)[first:] for size in set(others)}
    for size in others:
        every += of_size[size]
    return _Frame(*map(list, zip(*every, strict=True)))


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


def _cell(place: int, shape: tuple[int, ...]) -> list[int]:
    """The indices of a place."""
    cell: list[int] = []
    for size in reversed(shape):
        place, index = divmod(place, size)
        cell.insert(0, index)
    return cell

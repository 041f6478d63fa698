"""A family of steps as rows: its texts are written once for each element and each number, then put together.

What stands around them (operators, brackets, names) is learned from the printer itself, by printing the first step
with a mark for each factor: nothing here knows how a product is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from operator import add, mul

from ...expr import Add, Expr, Mul, Neg, Num, Sym
from ...expr.text import Script, number_text, number_texts, pieces, plain, subscript, text
from ...solution.model import Column, Family, Slot
from .breaking import Body, body_of
from .rows import Page, Row, Span, columns
from .steps import Equation, Form, equation_rows

_NAME = Sym("@")
_POSITIVE, _NEGATIVE = Num(Decimal("7.0")), Num(Decimal("-7.0"))


def family_rows(family: Family, page: Page, ids: int) -> Iterator[Row]:
    """The rows of a family's steps; a product of few factors is one row on a plain page, where it fits."""
    written = _Written(family, page, ids)
    rows = written.single_rows(page, ids) if written.is_single and page.plain else (None for _ in family.places)
    for place, row in zip(family.places, rows, strict=True):
        if row is not None:
            yield row
        else:
            yield from equation_rows(family.id(place), [written.equation(place)], (), page, ids)


class _Written:
    """A family's texts in one script."""

    def __init__(self, family: Family, page: Page, ids: int) -> None:
        script = page.script
        self.family = family
        self.script = script
        self.slots = [slot for term in family.terms for slot in term]
        self.is_single = len(family.terms) == 1
        self.names = [_names(column, script) for column in family.columns]
        self.numbers = [_Numbers(column.numbers, script) for column in family.columns]
        named, positive, negative = (self._frame(mark) for mark in (_NAME, _POSITIVE, _NEGATIVE))
        self.before = [around.partition(text(_NAME, script))[0] for around in named.texts]
        self.depths = named.depths
        bare, bracketed = text(_NEGATIVE, script), f"({text(_NEGATIVE, script)})"
        self.brackets = [around.endswith(bracketed) for around in negative.texts]
        as_said = [
            before + (bracketed if brackets else bare)
            for before, brackets in zip(self.before, self.brackets, strict=True)
        ]
        assert as_said == negative.texts
        assert [before + text(_POSITIVE, script) for before in self.before] == positive.texts
        self.narrow = columns(whole := "".join((*self._heads(), *self.before))) == len(whole)
        longest = max(ids, len(family.id(family.places[-1])) + 1) + columns(self._result_names[-1])
        self.least = page.width - longest - 8 if self.narrow else 0
        """No line of a formula is shorter than this."""
        self._strides = list(dict.fromkeys(slot.strides for slot in self.slots))
        self._readers = [(slot, self._strides.index(slot.strides)) for slot in self.slots]

    def _frame(self, mark: Expr) -> Body:
        """The formula's pieces with a mark for each factor."""
        products = [mark if len(term) == 1 else Mul((mark,) * len(term)) for term in self.family.terms]
        return body_of(pieces(products[0] if self.is_single else Add(tuple(products)), self.script))

    def _heads(self) -> list[str]:
        return [self._result_names[0], *(names[0] for names in self.names)]

    @cached_property
    def _name_readers(self) -> list[tuple[list[str], int, int]]:
        return [(self.names[slot.column], slot.base, at) for slot, at in self._readers]

    @cached_property
    def _number_readers(self) -> list[tuple[list[str], int, int]]:
        return [(self._texts(slot, brackets), slot.base, at) for (slot, at), brackets in self._with_brackets()]

    def _with_brackets(self) -> Iterator[tuple[tuple[Slot, int], bool]]:
        return zip(self._readers, self.brackets, strict=True)

    def _texts(self, slot: Slot, brackets: bool) -> list[str]:
        numbers = self.numbers[slot.column]
        return numbers.bracketed if brackets else numbers.texts

    @cached_property
    def _result_names(self) -> list[str]:
        return _names(self.family.result, self.script)

    @cached_property
    def _result_numbers(self) -> list[str]:
        return _Numbers(self.family.result.numbers, self.script).texts

    def equation(self, place: int) -> Equation:
        """A step's equation."""
        family, script = self.family, self.script
        cell = _cell(place, family.result.shape)
        moved = [sum(map(mul, strides, cell)) for strides in self._strides]
        about = plain("≈", script)

        def form(relation: str, readers: list[tuple[list[str], int, int]]) -> Form:
            read = [texts[base + moved[at]] for texts, base, at in readers]
            notes = family.notes if relation == "=" else ()
            return Form(relation, self._body(read), "body", notes, joins=relation == "=")

        forms = [form("=", self._name_readers), form(about, self._number_readers)]
        if not self.is_single:
            forms.append(Form(about, self._sum(family.addends(place)), "body", (), joins=False))
        forms.append(Form(about, Body([self._result_numbers[place]], [0]), "value", (), joins=False))
        return Equation(self._result_names[place], forms, compact=self.is_single)

    def _body(self, read: list[str]) -> Body:
        """The formula with these factors. Where no product has to be broken itself, each term is a single piece."""
        if not self.is_single:
            terms = (self._terms % tuple(read)).split("\n")
            if max(map(len, terms)) <= self.least:
                return Body(terms, [0] * len(terms))
        return Body(list(map(add, self.before, read)), self.depths)

    @cached_property
    def _terms(self) -> str:
        """The formula's terms, one on a line, with a place for each factor."""
        firsts = set(accumulate(map(len, self.family.terms[:-1])))
        around = (before.replace("%", "%%") + "%s" for before in self.before)
        return "".join(
            text if place == 0 else f"\n{text}" if place in firsts else f" {text}" for place, text in enumerate(around)
        )

    def _sum(self, addends: Sequence[Decimal]) -> Body:
        """The terms line: the first number as it is, of the others the sign in front."""
        plus, minus = self._signs
        sizes = number_texts(map(Decimal.copy_abs, addends), self.script)
        texts = [
            minus + size if addend.is_signed() else plus + size for addend, size in zip(addends, sizes, strict=True)
        ]
        texts[0] = number_text(addends[0], self.script)
        return Body(texts, [0] * len(texts))

    @cached_property
    def _signs(self) -> list[str]:
        """What stands before a term that is added, and before one that is subtracted."""
        terms = Add((_POSITIVE, _POSITIVE, Neg(_POSITIVE)))
        return [piece.text.removesuffix(text(_POSITIVE, self.script)) for piece in pieces(terms, self.script)[1:]]

    def single_rows(self, page: Page, ids: int) -> Iterator[Row | None]:
        """Each step on a row of its own; ``None`` for one that does not fit the page."""
        family, places = self.family, self.family.places
        about = plain("≈", self.script)
        space = " " * (1 + max(map(columns, ("=", about))) - columns("="))
        body = " ".join(before + "%s" for before in (one.replace("%", "%%") for one in self.before))
        form = f"%s%s{space}= {body} {about} {body} {about} %s"
        moved = [_flat(strides, family.result.shape)[family.start :] for strides in self._strides]
        columns_of = [
            [read[base + further] for further in moved[at]]
            for read, base, at in (*self._name_readers, *self._number_readers)
        ]
        led = [f"{family.id(place)}".ljust(ids - 1) + " " for place in places]
        texts = zip(
            led,
            self._result_names[family.start :],
            *columns_of,
            self._result_numbers[family.start :],
            strict=True,
        )
        for row in map(form.__mod__, texts):
            if (len(row) if self.narrow else columns(row)) <= page.width:
                yield Row((Span(row),), page.section)
            else:
                yield None


class _Numbers:
    """The texts of a column's numbers, bare and with brackets around negative ones."""

    def __init__(self, numbers: Sequence[Decimal], script: Script) -> None:
        self.numbers = numbers
        self.texts = number_texts(numbers, script)

    @cached_property
    def bracketed(self) -> list[str]:
        return [f"({text})" if number < 0 else text for number, text in zip(self.numbers, self.texts, strict=True)]


def _names(column: Column, script: Script) -> list[str]:
    """The texts of a column's elements: that of the first, with the other indices."""
    first = subscript((0,) * len(column.shape))
    head = text(column.first, script).removesuffix(first)
    cells = [""]
    for size in column.shape:
        each = [f"{place + 1}" for place in range(size)]
        cells = [f"{cell},{index}" if cell else index for cell in cells for index in each]
    return [f"{head}[{cell}]" for cell in cells] if column.shape else [head]


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

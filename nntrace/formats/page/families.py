"""A family of steps as rows of a page: on a plain one all lines of a step, or of many steps, are made at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice, starmap
from operator import add

from ...expr.atoms import number_texts
from ...expr.script import plain
from ...solution.content.model import Family
from .breaking import Body, enumerated, full_lines, sentence
from .family_texts import FamilyTexts, PlainText
from .readers import Readers
from .rows import Page, Row, Span, columns, joined
from .steps import Equation, WrittenLine, below, equation_rows, hangs


def family_rows(family: Family, page: Page, ids: int) -> Iterator[Row]:
    """The rows of a family's steps. On a plain page, where they fit, one row is all lines of a step, or many steps."""
    texts = _PageFamily(family, page, ids)
    found: Iterator[str | int] = iter(family.places)
    if page.plain and texts.is_narrow and family.pattern is None:
        found = texts.steps()
    elif page.plain and texts.is_narrow and not family.notes:
        found = texts.lines()
    for one in found:
        if isinstance(one, str):
            yield Row((Span(one),), page.section)
        else:
            yield from equation_rows(family.id(one), [texts.equation(one)], (), page, ids)


class _PageFamily(FamilyTexts):
    """A family's texts on one page."""

    def __init__(self, family: Family, page: Page, ids: int) -> None:
        super().__init__(family, PlainText(page.script))
        self.script = page.script
        self.page = page
        self.ids = ids
        heads = "".join((self.result_names[0], *(names[0] for names in self.names), *self.frame.pieces))
        self.is_narrow = columns(heads) == len(heads)
        """Whether a column is a letter everywhere: names differ only in their indices."""
        self.about = plain("≈", page.script)
        self.signs = max(columns("="), columns(self.about))
        self._below: dict[int, str] = {}

    def equation(self, place: int) -> Equation:
        """A step's equation."""
        family, moved = self.family, self.moved(place)
        names, *numbers = (self._body(readers, moved) for readers in self.readers)
        forms = [WrittenLine("=", names, "body", family.notes, joins=True)]
        forms += (WrittenLine(self.about, one, "body", (), joins=False) for one in numbers)
        if family.pattern is None and family.has_terms:
            addends = self.addends(number_texts(family.addends(range(place, place + 1)), self.script)).split("\n")
            forms.append(WrittenLine(self.about, Body(addends, [0] * len(addends)), "body", (), joins=False))
        forms.append(WrittenLine(self.about, Body([self.result_numbers[place]], [0]), "value", (), joins=False))
        return Equation(self.result_names[place], forms, compact=family.pattern is not None)

    def _body(self, readers: Readers, moved: list[int]) -> Body:
        """The formula with these elements. Where no product has to be broken itself, each term is a single piece."""
        read = tuple(readers.read(moved))
        if self.family.pattern is None and self._longest_term <= self._least_room:
            terms = ("\n".join(self.terms) % read).split("\n")
            return Body(terms, [0] * len(terms))
        return Body(("\n".join(self.frame.pieces) % read).split("\n"), self.frame.depths)

    def lines(self) -> Iterator[str | int]:
        """The steps that are a line each, those along the last axis at once; the place of a step that is none."""
        width = self.page.width
        for places in self.rows():
            batch = self._row(places)
            if max(map(len, batch)) <= width:
                yield "\n".join(batch)
            else:
                yield from (line if len(line) <= width else place for line, place in zip(batch, places, strict=True))

    def _row(self, places: range) -> list[str]:
        """The lines of neighbours along the last axis: what is the same for all is put in first."""
        family = self.family
        factor_texts, factors = self.along(places)
        forms = [f"{form} {self.about}" for form in factor_texts]
        lead = f"{family.letter}%-{self.ids - 1 - len(family.letter)}d %s{' ' * self.signs}="
        form = " ".join((lead, *forms, "%s"))
        return list(map(form.__mod__, self.columns(places, factors)))

    def steps(self) -> Iterator[str | int]:
        """The lines of one sum after the other; the place of one whose lines are not to be had so simply."""
        return starmap(self._sum, self.sums())

    def _sum(self, place: int, numbers: list[str]) -> str | int:
        family, moved = self.family, self.moved(place)
        lead = f"{family.id(place).ljust(self.ids - 1)} {self.result_names[place]}"
        body = len(lead) + self.signs + 2
        room = self.page.width - body
        longest = max(self._longest_term, max(map(len, numbers), default=0) + len("+ "))
        if hangs(body, self.page.width) or longest > room:
            return place
        margin = "\0" + " " * body  # a line end, while one between two terms of a line is none
        about = f"\0{' ' * (body - 1 - len(self.about))}{self.about} "
        formulas = (terms % tuple(readers.read(moved)) for terms, readers in self._formulas)
        every = (*formulas, self.addends(numbers)) if family.has_terms else formulas
        forms = [margin.join(full_lines(terms, room)) for terms in every]
        if family.notes:
            first, *others = forms[0].split("\0", 1)
            if not others or body + len(first) + 2 + self._widest_note <= self.page.width:
                return place  # there may be room for the notes beside the first line
            forms[0] += self._notes_below(body)
        lines = f"{lead}{' ' * self.signs}= {about.join(forms)}{about}{self.result_numbers[place]}"
        return lines.replace("\n", " ").replace("\0", "\n")

    @cached_property
    def _formulas(self) -> list[tuple[str, Readers]]:
        """The terms of each form, and the readers of their factors; what all steps have in common is put in."""
        same = [not any(slot.strides) for slot in self.slots]
        moving = [slot for slot, fixed in zip(self.slots, same, strict=True) if not fixed]
        found: list[tuple[str, Readers]] = []
        for readers in self.readers:
            each = zip(self.slots, readers.texts, same, strict=True)
            common = tuple(texts[slot.base] if fixed else "%s" for slot, texts, fixed in each)
            texts = [texts for texts, fixed in zip(readers.texts, same, strict=True) if not fixed]
            found.append(("\n".join(self.terms) % common, Readers(moving, texts, self.strides)))
        return found

    @cached_property
    def _widest_note(self) -> int:
        return columns(sentence(enumerated(self.family.notes, self.script)))

    def _notes_below(self, body: int) -> str:
        if body not in self._below:
            rows = below(list(self.family.notes), self.page, body)
            self._below[body] = "".join(f"\0{joined(row)}" for row in rows)
        return self._below[body]

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

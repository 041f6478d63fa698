"""Steps in LaTeX, for the formats that write formulas in it; the steps of a family are put together from arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain, islice, starmap
from math import fsum
from typing import Literal, cast

from ...expr import Expr
from ...expr.literals import Literals
from ...record import Record
from ...solution.content.model import ElementColumn, Family, Step, listed
from ..page.family_texts import FamilyTexts
from .alignment import aligned, note_in_formula
from .formulas import Formulas
from .language import Chunk, Sign
from .rows import BESIDE, FormulaRow, lines
from .sheet import Manuscript, element

_HERE = "\0"


class LatexSteps(Manuscript):
    """How a step is set down in LaTeX: on one line, or as lines that are aligned."""

    has_running_notes = False
    """Whether what is said beside a line is running text, which goes on below by itself."""

    def line(self, id: str, formula: str, note: str) -> str:
        """A step that is one formula, with a note where these are running text."""
        raise NotImplementedError

    def block(self, id: str, lines: Sequence[str]) -> Iterator[str]:
        """A step of several lines, each with ``&`` between its columns."""
        raise NotImplementedError

    def step(self, step: Step, rows: list[FormulaRow]) -> Iterator[str]:
        language = self.formulas.language
        if len(rows) == 1 and rows[0].name is not None and (self.has_running_notes or not rows[0].notes):
            (row,) = rows
            name = rows[0].name
            if len(lines(row, self.width - name.width)) == 1:
                body = language.between.join(chunk.text for chunk in row.chunks)
                sign = language.sign(cast("Sign", row.relation))
                yield self.line(step.id, f"{name.text} {sign} {body}", self.note(listed(row.notes)))
                return
        yield from self.block(step.id, aligned(rows, self.formulas, self.width))

    def family(self, family: Family) -> Iterator[str]:
        texts = _LatexFamily(family, self)
        if family.pattern is None:
            yield from texts.steps()
        elif texts.is_short and (self.has_running_notes or not family.notes):
            yield from texts.lines()
        else:
            yield from texts.blocks()


class FormulaPrinter:
    """Formulas of one sheet for a family: their pieces, the elements of a tensor, many numbers."""

    def __init__(self, formulas: Formulas) -> None:
        self.formulas = formulas

    def pieces(self, node: Expr) -> list[Chunk]:
        return self.formulas.chunks(node)

    def elements(self, first: Expr, shape: tuple[int, ...]) -> list[str]:
        """The elements row by row: the first one's text, with the other indices."""
        if not shape:
            return [self.formulas.text(first)]
        before, after = self.formulas.text(element(first, (_HERE,))).split(self.formulas.index(_HERE))
        cells = [""]
        apart = max(shape) > 9
        for size in shape:
            each = [f"{index + 1}" for index in range(size)]
            cells = [f"{cell},{index}" if cell and apart else cell + index for cell in cells for index in each]
        if apart and len(shape) > 1:  # indices of one digit each need no comma
            joined = [cell.replace(",", "") for cell in cells]
            cells = [one if len(one) == len(shape) else cell for one, cell in zip(joined, cells, strict=True)]
        if before.rstrip(" ").endswith("_"):  # one digit needs no braces
            cells = [cell if len(cell) == 1 else f"{{{cell}}}" for cell in cells]
        return [f"{before}{cell}{after}" for cell in cells]

    def lead(self, sign: Literal["+", "-"]) -> str:
        language = self.formulas.language
        return f"{language.infix(sign)}{language.between}"

    def numbers(self, values: Literals) -> list[str]:
        if not values.others:
            return values.texts
        texts = values.texts.copy()
        for place, value in values.others.items():
            texts[place] = self.formulas.number(value).text
        return texts


class _Form(Record):
    """A sum's terms on lines: so many on each, the lines of one text with a place for each factor."""

    per_line: int
    lines: str


class _LatexFamily(FamilyTexts):
    """A family's steps in one manuscript."""

    def __init__(self, family: Family, manuscript: LatexSteps) -> None:
        super().__init__(family, FormulaPrinter(manuscript.formulas))
        self.manuscript = manuscript
        self.about = manuscript.formulas.language.sign("≈")
        self.note = manuscript.note(listed(family.notes))
        self.name = self._widest(family.result)

    # -- how wide ----------------------------------------------------------------------------------------------------

    @cached_property
    def _widths(self) -> list[list[float]]:
        """How wide each slot's factor is at most: in names, in numbers."""
        names = list(map(self._widest, self.family.columns))
        numbers = [max(map(_long, column.numbers.texts)) + 1.5 for column in self.family.columns]
        if any(column.numbers.others for column in self.family.columns):
            numbers = [max(number, 14.0) for number in numbers]
        return [[widths[slot.column] for slot in self.slots] for widths in (names, numbers)]

    def _widest(self, column: ElementColumn) -> float:
        """How wide the name of a tensor's last element is."""
        last = element(column.first, tuple(size - 1 for size in column.shape))
        return self.manuscript.formulas.one(last).width

    @cached_property
    def is_short(self) -> bool:
        """Whether every step is a line."""
        signs = 2.5 * len(self.frame.pieces)
        result = max(map(_long, self.result_numbers))
        width = fsum(fsum(widths) + signs for widths in self._widths[: len(self.readers)]) + result
        return self.name + width + BESIDE * 3 <= self.manuscript.width

    # -- steps that are products or calls ----------------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """The steps that are a line each, those along the last axis at once."""
        family = self.family
        line = self.manuscript.line(_HERE, "\1", self.note)
        frame = line.replace("%", "%%").replace(_HERE, f"{family.letter}%d")
        for places in self.rows():
            forms, factors = self.along(places)
            formula = f" {self.about} ".join((f"%s = {forms[0]}", *forms[1:], "%s"))
            columns = self.columns(places, factors, line.index(_HERE) < line.index("\1"))
            yield "\n".join(map(frame.replace("\1", formula).__mod__, columns))

    def blocks(self) -> Iterator[str]:
        """The steps with a line for each form."""
        family = self.family
        for places in self.rows():
            forms, factors = self.along(places)
            note = f" && {self._words}" if self.note else ""
            every = [f"%s &= {forms[0]}{note}", *(f"&{self.about} {form}" for form in (*forms[1:], "%s"))]
            framed = "\n".join(self.manuscript.block(_HERE, [line.replace("%s", "\1") for line in every]))
            frame = framed.replace("%", "%%").replace(_HERE, f"{family.letter}%d").replace("\1", "%s")
            columns = self.columns(places, factors, framed.index(_HERE) < framed.index("\1"))
            yield "\n".join(map(frame.__mod__, columns))

    # -- steps that are sums -----------------------------------------------------------------------------------------

    def steps(self) -> Iterator[str]:
        """The steps, each with its sum on as many lines as it takes."""
        return chain.from_iterable(starmap(self._sum, self.sums()))

    def _sum(self, place: int, numbers: list[str]) -> Iterator[str]:
        moved = self.moved(place)
        first, *others = (
            form.lines % tuple(readers.read(moved)) for form, readers in zip(self._forms, self.readers, strict=True)
        )
        rows = [f"{self.result_names[place]} &= {first}"]
        if self.note:
            rows.append(f"&{self.manuscript.formulas.language.indent}{self._words}")
        rows += [f"&{self.about} {other}" for other in others]
        if numbers:
            terms = self.addends(numbers).split("\n")
            rows.append(f"&{self.about} {_on_lines(terms, self._addends_per_line, self._break)}")
        rows.append(f"&{self.about} {self.result_numbers[place]}")
        yield from self.manuscript.block(self.family.id(place), "\n".join(rows).split("\n"))

    @cached_property
    def _forms(self) -> list[_Form]:
        forms = []
        for widths in self._widths:
            each = iter(widths)
            widest = max(fsum(islice(each, len(term))) + 2.5 * len(term) for term in self.family.terms)
            per_line = max(1, int(self._room // widest))
            forms.append(_Form(per_line, _on_lines(self.terms, per_line, self._break)))
        return forms

    @property
    def _room(self) -> float:
        return self.manuscript.width - self.name - BESIDE - 2

    @property
    def _break(self) -> str:
        return f"\n&{self.manuscript.formulas.language.indent}"

    @cached_property
    def _addends_per_line(self) -> int:
        digits = max(map(_long, self.result_numbers)) + 5
        return max(1, int(self._room // (digits + 2.5)))

    @cached_property
    def _words(self) -> str:
        return note_in_formula(self.family.notes, self.manuscript.formulas)


def _long(number: str) -> int:
    return len(number) if number[:1] != "\\" else 14


def _on_lines(terms: Sequence[str], per_line: int, between: str) -> str:
    return between.join(" ".join(terms[start : start + per_line]) for start in range(0, len(terms), per_line))

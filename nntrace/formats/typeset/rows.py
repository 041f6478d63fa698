"""A numbered step as rows of formulas: a name, relations under each other, what is said beside them.

The forms of a quantity share a row as plain text has them: all of a compact step, chain, rule and formula of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from math import fsum
from typing import cast

from ...expr import Add, Expr, Neg
from ...record import Record
from ...solution.content.model import Line, Note, Step
from ..page.breaking import Body, broken
from .formulas import Formulas
from .language import Chunk, Sign

BESIDE = 2.6
"""How wide a relation is."""


class FormulaRow(Record):
    """``name relation chunks``: one row of an equation; the name is left out under the first.

    ``sign``: it is an addend of the row above, and leads with this instead of a relation. ``joins``: the next form may
    stand on the same row.
    """

    name: Chunk | None
    relation: str
    chunks: list[Chunk]
    notes: tuple[Note, ...]
    joins: bool = False
    sign: str = ""

    @property
    def width(self) -> float:
        """How wide it is without its name."""
        return fsum(chunk.width for chunk in self.chunks) + BESIDE


def step_rows(step: Step, formulas: Formulas, width: float) -> list[FormulaRow]:
    """The rows of a step on a page so wide: what is derived beside it, and its own equation, with its reason."""
    last = max(place for place, line in enumerate(step.lines) if line.left is None)
    rows = _other_equations(step.lines[:last], formulas, width)
    own = _equation(step.name, [line for line in step.lines if line.left is None], step.compact, formulas, width)
    notes = own[0].notes
    if step.case is not None:
        first, *others = notes or ((),)
        notes = ((step.case, ": ", *first) if first else (step.case,), *others)
    reason = (step.reason,) if step.reason else ()
    own[0] = own[0]._replace(notes=(*notes, *reason))
    return [*rows, *own, *_other_equations(step.lines[last:], formulas, width)]


def _other_equations(lines: Sequence[Line], formulas: Formulas, width: float) -> list[FormulaRow]:
    """The equations of other quantities among a step's lines."""
    others = (line for line in lines if line.left is not None)
    return [
        row
        for left, group in groupby(others, key=lambda line: line.left)
        for row in _equation(cast("Expr", left), list(group), True, formulas, width)
    ]


def _equation(name: Expr, lines: list[Line], compact: bool, formulas: Formulas, width: float) -> list[FormulaRow]:
    left = formulas.one(name)
    forms = [form for line in lines for form in _forms(line, formulas)]
    room = width - left.width
    on_one_line = compact and not any(form.sign for form in forms) and fsum(form.width for form in forms) <= room
    rows: list[FormulaRow] = []
    for form in forms:
        if rows:
            above = rows[-1]
            apart = form.notes and above.notes  # each beside its own form
            joins = on_one_line or (form.joins and above.joins and not apart)
            if joins and above.width + form.width <= room:
                led = _led(form, formulas)
                rows[-1] = above._replace(chunks=[*above.chunks, *led], notes=(*above.notes, *form.notes))
                continue
        rows.append(form)
    rows[0] = rows[0]._replace(name=left)
    return rows


def _led(form: FormulaRow, formulas: Formulas) -> list[Chunk]:
    """The form's chunks, its relation before the first: the best place of all to break a line."""
    return formulas.led(cast("Sign", form.relation), form.chunks, -1)


def _forms(line: Line, formulas: Formulas) -> Iterator[FormulaRow]:
    """The line as one row, or each of its addends as one."""
    match line.body:
        case Add((first, *others)) if line.summands:
            yield FormulaRow(None, line.relation, formulas.chunks(Add((first,))), line.notes[:1])
            for place, term in enumerate(others, start=1):
                sign, body = ("-", term.body) if isinstance(term, Neg) else ("+", term)
                chunks = formulas.term(body)
                yield FormulaRow(None, "", chunks, line.notes[place : place + 1], sign=sign)
        case other:
            joins = line.kind in ("chain", "rule", "formula")
            yield FormulaRow(None, line.relation, formulas.chunks(other), line.notes, joins)


def lines(row: FormulaRow, width: float) -> list[tuple[int, list[Chunk]]]:
    """The row's chunks on lines so wide, each with how far in it stands; broken as plain text is."""
    if row.width <= width or len(row.chunks) < 2:
        return [(0, row.chunks)]
    ends = [round(end) for end in accumulate(chunk.width for chunk in row.chunks)]
    texts = ["x" * max(1, end - start - 1) for start, end in pairwise([0, *ends])]
    placed = broken(Body(texts, [chunk.depth for chunk in row.chunks]), max(8, round(width)), inside=bool(row.sign))
    result, start = [], 0
    for indent, text in placed:
        end = start + text.count(" ") + 1
        result.append((indent, row.chunks[start:end]))
        start = end
    return result

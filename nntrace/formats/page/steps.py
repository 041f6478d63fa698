"""A numbered step as rows: ``F1  h1 = …``, the ``=`` signs under each other, the notes in a column of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ...expr import Add, Condition, Neg
from ...expr.script import plain
from ...expr.text import pieces, term_pieces, text
from ...record import Record
from ...solution.content.model import Line, Note, Step
from .breaking import Body, body_of, broken, enumerated, sentence, wrapped
from .grids import continued, filled, with_places
from .rows import Page, Row, Span, TextRole, columns, drawing, length

NOTES = 60
GAP = 3
"""The column where notes stand, unless the step's lines reach further."""
DOT = "· "
"""What leads a line that goes on with a product of matrices, which has no sign inside a line."""
HANG = 4
"""The column of the relations where the name before them would take half of the page."""


class WrittenLine(Record):
    """``relation body``: one form of a quantity, or one addend of it with its sign for a relation."""

    relation: str
    body: Body
    role: TextRole
    notes: tuple[Note, ...]
    joins: bool
    addend: bool = False
    grids: list[list[str]] | None = None

    @property
    def spans(self) -> list[Span]:
        return [Span(self.relation, "relation"), Span(" "), Span(" ".join(self.body.texts), self.role)]


class Equation(Record):
    """``name form form …``: the step's ``own`` quantity, or another one (a local derivative) beside it."""

    name: str
    forms: list[WrittenLine]
    compact: bool
    own: bool = True

    def width(self, signs: int) -> int:
        """How long it is on a single line, the first relation set in this many columns."""
        return signs - columns(self.forms[0].relation) + sum(length(form.spans) + 1 for form in self.forms) - 1


class Lines(Record):
    """Rows that belong together, a form and its continuations, and the notes beside the first of them."""

    rows: list[list[Span]]
    notes: list[Note]
    joins: bool
    deepest: int = 0
    """How far in the row stands that is furthest inside of brackets."""


def step_rows(step: Step, page: Page, ids: int) -> Iterator[Row]:
    """The step's rows; the id stands in a column of this width.

    Matrices stand row under row unless some line would be wider than the page: then the widest are written in line.
    """
    for room in range(max(page.width - 3 * HANG, 1), 0, -HANG):
        equations = _equations(step, page, room)
        rows = equation_rows(step.id, equations, step.reason, page, ids)
        if not any(form.grids for equation in equations for form in equation.forms):
            return rows
        own_rows = list(rows)
        if all(length(row.spans) <= page.width for row in own_rows):
            break
    return iter(own_rows)


def equation_rows(id: str, equations: list[Equation], reason: Note, page: Page, ids: int) -> Iterator[Row]:
    """The rows of a step's equations, of which one is its own."""
    names = max(columns(equation.name) for equation in equations)
    signs = max(columns(form.relation) for equation in equations for form in equation.forms)
    at = max(ids, columns(id) + 1) + names + 1
    short = all((one.compact or len(one.forms) == 1) and at + one.width(signs) <= page.width for one in equations)
    if short and page.script.symbolic:  # no relation stands under another one but the first of each
        signs = max(columns(equation.forms[0].relation) for equation in equations)
    body = at + signs + 1
    hanging = not short and (hangs(body, page.width) or body + _widest_matrix(equations) > page.width - HANG)
    grids = any(form.grids for equation in equations for form in equation.forms)
    lines, own = _equation_lines(id, equations, page, (ids, HANG if hanging else at, signs), hanging)
    if page.script.symbolic and not hanging and not grids and _is_cramped(lines, page.width):
        hung = _equation_lines(id, equations, page, (ids, HANG, signs), hanging=True)
        if _overflows(lines, page.width) or _height(hung[0]) < _height(lines):
            hanging, (lines, own) = True, hung
    if hanging:
        body = HANG + signs + 1
        if not grids and (excess := max(length(row) for line in lines for row in line.rows) - page.width) > 0:
            less = min(excess, HANG - 1)
            lines, own = _equation_lines(id, equations, page, (ids, HANG - less, signs), hanging)
            body -= less
    yield from _placed(lines, own, reason, page, body)


def _equation_lines(
    id: str, equations: list[Equation], page: Page, places: tuple[int, int, int], hanging: bool
) -> tuple[list[Lines], int]:
    """The equations' lines, and which of these is the first of the step's own equation.

    ``places`` are the columns that the id takes, that the relations stand at, and that a relation takes.
    ``hanging``: below the name.
    """
    ids, at, signs = places
    lines: list[Lines] = []
    own = 0
    for equation in equations:
        left_lines = _lines(equation, page, at, signs)
        lead = [Span(("" if lines else id).ljust(ids - 1) + " ", "id"), Span(equation.name, "name")]
        first = left_lines[0].rows
        if hanging:
            lines.append(Lines([lead], [], joins=False))
        else:
            first[0][:1] = [*lead, Span(" " * (columns(first[0][0].text) - length(lead)))]
        if equation.own:
            own = len(lines)
        lines += left_lines
    return lines, own


def _is_cramped(lines: list[Lines], width: int) -> bool:
    """Whether a formula is wider than the page, or broken inside of what is broken."""
    return _overflows(lines, width) or any(line.deepest >= HANG for line in lines)


def _overflows(lines: list[Lines], width: int) -> bool:
    return any(length(row) > width for line in lines for row in line.rows)


def _height(lines: list[Lines]) -> int:
    return sum(len(line.rows) for line in lines)


def hangs(body: int, width: int) -> bool:
    """Whether what stands before an equation's body would take half of the page: its lines then hang below its name."""
    return body > width // 2


def _widest_matrix(equations: list[Equation]) -> int:
    return max((len(grid[0]) for one in equations for form in one.forms for grid in form.grids or ()), default=0)


def _equations(step: Step, page: Page, room: int) -> list[Equation]:
    """The local derivatives, the step's own equation, and what follows from it; a matrix stands row under row where it
    fits the room."""
    last = max(place for place, line in enumerate(step.lines) if line.left is None)
    own = [form for line in step.lines if line.left is None for form in _forms(line, page, room)]
    if step.case is not None:
        own[0] = own[0]._replace(notes=_in_case(step.case, own[0].notes))
    compact = step.compact and not any(form.addend for form in own)
    equation = Equation(text(step.name, page.script), own, compact)
    before, after = (_other_equations(lines, page, room) for lines in (step.lines[:last], step.lines[last:]))
    return [*before, equation, *after]


def _other_equations(lines: Sequence[Line], page: Page, room: int) -> Iterator[Equation]:
    """The equations of other quantities among a step's lines."""
    others = (line for line in lines if line.left is not None)
    for left, group in groupby(others, key=lambda line: line.left):
        if left is not None:
            forms = [form for line in group for form in _forms(line, page, room)]
            yield Equation(text(left, page.script), forms, compact=True, own=False)


def _in_case(case: Condition, notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """The condition under which a step holds, before what is beside its first form."""
    first, *others = notes or ((),)
    return ((case, ": ", *first) if first else (case,), *others)


def _forms(line: Line, page: Page, room: int) -> list[WrittenLine]:
    """The line as one form, or each of its addends as one."""
    script = page.script
    role: TextRole = "value" if line.kind == "value" else "body"
    relation = plain(line.relation, script)
    match line.body:
        case Add((first, *others)) if line.summands:
            lead = body_of(pieces(Add((first,)), script))
            forms = [WrittenLine(relation, lead, role, line.notes[:1], joins=False, addend=True)]
            for place, term in enumerate(others, start=1):
                sign, body = ("-", term.body) if isinstance(term, Neg) else ("+", term)
                addend = body_of(term_pieces(body, script))
                forms.append(WrittenLine(sign, addend, role, line.notes[place : place + 1], joins=False, addend=True))
            return forms
        case other:
            joins = line.kind in ("chain", "rule", "formula")
            placed, grids = with_places(other, script, room)
            return [WrittenLine(relation, body_of(pieces(placed, script)), role, line.notes, joins, grids=grids)]


def _lines(equation: Equation, page: Page, at: int, signs: int) -> list[Lines]:
    """The equation's lines, relations at this column: all forms on one where it is compact and fits, else one for
    each form, though chain, rule and formula share a line where they fit."""
    width = page.width
    on_one_line = equation.compact and at + equation.width(signs) <= width
    result: list[Lines] = []
    for form in equation.forms:
        apart = form.notes and result and result[-1].notes  # each beside its own form
        if result and (on_one_line or (form.joins and result[-1].joins and not apart)):
            line = [*result[-1].rows[0], Span(" "), *form.spans]
            if len(result[-1].rows) == 1 and length(line) <= width:
                result[-1].rows[0] = line
                result[-1].notes.extend(form.notes)
                continue
        room = width - at - signs - 1
        (_, first), *more = broken(form.body, room, inside=form.addend)
        space = Span(" " * (at + signs - columns(form.relation)))
        if form.grids:
            if more:  # leave room for the sign of a product that goes on
                (_, first), *more = broken(form.body, room - columns(DOT), inside=form.addend)
            texts = [first, *(text for _, text in more)]
            first, *below = filled(first, form.grids)
            more = [(0, line) for line in below] + [
                (indent, line)
                for before, (indent, text) in zip(texts, more, strict=False)
                for line in filled(continued(before, text, plain(DOT, page.script)), form.grids)
            ]
        rows = [[space, Span(form.relation, "relation"), Span(" "), Span(first, form.role)]]
        rows += [[Span(" " * (at + signs + 1 + indent)), Span(text, form.role)] for indent, text in more]
        deepest = max((indent for indent, _ in more), default=0)
        result.append(Lines(rows, list(form.notes), form.joins, deepest))
    return result


def _placed(lines: list[Lines], own: int, reason: Note, page: Page, body: int) -> Iterator[Row]:
    """The rows with their notes: beside the first row of their lines, in one column, or below where they do not fit."""
    reasons = [reason] if reason else []
    if not reasons and not any(line.notes for line in lines):
        yield from (page.row(*row) for line in lines for row in line.rows)
        return
    texts = [
        sentence(enumerated(line.notes + (reasons if place == own else []), page.script))
        for place, line in enumerate(lines)
    ]
    column = _column(lines, texts, page.width)
    for place, (line, words) in enumerate(zip(lines, texts, strict=True)):
        fits = bool(words) and column + columns(words) <= page.width
        if fits:
            line.rows[0] += [Span(" " * (column - length(line.rows[0]))), Span(words, "note")]
            reasons = [] if place == own else reasons
        yield from (page.row(*row) for row in line.rows)
        if line.notes and not fits:
            yield from below(line.notes, page, body)
    if reasons:
        yield from below(reasons, page, body)


def _column(lines: list[Lines], texts: list[str], width: int) -> int:
    """Where the step's notes stand: right of its longest line, or as far right as lets all of them fit."""
    taken = max((length(line.rows[0]) for line, text in zip(lines, texts, strict=True) if text), default=0)
    longest = 1 + max(length(row) for line in lines for row in line.rows)
    column = max(NOTES, longest, taken + GAP)
    widest = max(columns(text) for text in texts)
    if column + widest <= width:
        return column
    return width - widest if width - widest >= taken + 2 else column


def below(notes: list[Note], page: Page, body: int) -> Iterator[Row]:
    """Notes on lines of their own: under the body they belong to where it leaves room for them."""
    sign = drawing(page.script).below
    texts = enumerated(notes, page.script)
    indent = body if body + columns(sign) + columns(sentence(texts)) <= page.width else min(HANG, page.width // 8)
    for place, words in enumerate(wrapped(texts, page.width - indent - columns(sign))):
        yield page.row(Span(" " * indent), Span(sign if place == 0 else " " * columns(sign)), Span(words, "note"))

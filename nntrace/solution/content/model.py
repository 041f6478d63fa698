"""A worked solution as data: sections of numbered steps, tables and notes, holding expressions and numbers.

Nothing here is finished text: a format decides how an expression is written, where a line breaks, what is bold.
A number inside an expression is a ``Num`` with a ``Decimal`` that has exactly the digits to be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from operator import mul
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ...expr import Condition, Expr, Sym
from ...expr.literals import Literals
from ...record import Record

if TYPE_CHECKING:
    from .picture import Picture
    from .results import Results

Note = tuple[str | Expr | Condition, ...]
"""Words and expressions, to be written one after the other (the words carry their own spaces)."""


def listed(parts: Iterable[Note | Expr], between: str = ", ", last: str = "") -> Note:
    """Those parts that are not empty as one note, with a comma or another sign ``between`` them; before the ``last``
    one may be a word instead."""
    notes = [note for part in parts if (note := part if isinstance(part, tuple) else (part,))]
    signs = (last or between if place == len(notes) else between for place, _ in enumerate(notes, start=1))
    return tuple(word for sign, note in zip(signs, notes, strict=True) for word in (sign, *note))[1:]


LineKind = Literal["chain", "local", "rule", "formula", "substitution", "terms", "value"]
SectionName = Literal[
    "given", "conventions", "forward", "loss", "backward", "paths", "update", "checks",
    "network", "shapes", "jacobian", "loss gradient", "gradients", "stability", "collapse",
    "training", "comparison", "flow",
]  # fmt: skip


Rows = Sequence[list[float]]
"""The numbers of a matrix, row by row."""
Nested = float | Sequence["Nested | None"]
"""A number, or nested lists of numbers by the indices of a tensor; ``None`` where there is none."""


class Line(Record):
    """One form of a step's quantity: ``relation body``.

    ``left`` is given where the line is an equation of its own (a local derivative derived beside the step).
    ``notes`` has one note for each summand of the body, or a single one for the whole line, or none.
    ``summands``: each addend of the body stands on a line of its own, beside its note (the chain rule over paths).
    """

    kind: LineKind
    relation: str
    body: Expr
    notes: tuple[Note, ...] = ()
    left: Expr | None = None
    summands: bool = False


class Step(Record):
    """One numbered result: ``name = line = line = … = value``. A line that is only on the way has an empty ``id``.

    ``compact`` steps stand on one physical line where it fits (a product, a call); the others have one line
    for each form, though chain, rule and formula share the first where they fit. At least one line has no ``left``.
    ``sample`` and ``iteration`` count from 1.
    ``value`` is the number in full precision, ``exact`` the same as a fraction where it is rational; the value of a
    step in matrix form is rows of numbers, that of a step in index notation nested lists by its indices. ``case`` is
    the condition on its indices under which a derivation's step holds.
    """

    id: str
    section: SectionName
    name: Expr
    lines: tuple[Line, ...]
    value: Nested | None
    exact: Fraction | None
    reason: Note = ()
    compact: bool = False
    sample: int | None = None
    iteration: int | None = None
    case: Condition | None = None


class ElementColumn(Record):
    """The elements of a tensor in a row: the symbol of the first, how far its indices go, and the number of each."""

    first: Expr
    shape: tuple[int, ...]
    numbers: Literals


class Slot(Record):
    """A factor in each step of a family: which column it is of, and where in it.

    That is ``base``, and for each index of the step's own quantity so much further as ``strides`` says.
    """

    column: int
    base: int
    strides: tuple[int, ...]

    def at(self, last: Sequence[int]) -> Slot:
        """The factor with the last indices bound."""
        kept = len(self.strides) - len(last)
        return Slot(self.column, self.base + sum(map(mul, self.strides[kept:], last)), self.strides[:kept])


def mark(slot: int) -> Sym:
    """What stands for a slot in the pattern of a family."""
    return Sym(f"@{slot}@")


class Family(Record):
    """The steps of a tensor whose formulas differ in nothing but the elements in them, told by arrays.

    They are ``step(place)`` for the places of the tensor from ``start``. That is the same as what the arrays say: the
    id is ``letter`` and ``number`` + place. The formula, with ``notes``, is a sum of ``terms``, which are products, and
    ``addends(places)`` are their numbers, step after step (told where it ``has_terms``); or it is ``pattern``, with a
    mark for each slot of the only one of ``terms``, and has no further line. All numbers are rounded ones;
    ``value(place)`` is in full precision.
    """

    section: SectionName
    letter: str
    number: int
    start: int
    result: ElementColumn
    columns: tuple[ElementColumn, ...]
    pattern: Expr | None
    terms: tuple[tuple[Slot, ...], ...]
    addends: Callable[[range], Literals]
    step: Callable[[int], Step]
    value: Callable[[int], float]
    notes: tuple[Note, ...] = ()
    has_terms: bool = True

    @property
    def places(self) -> range:
        """The places of its steps in the tensor."""
        return range(self.start, len(self.result.numbers))

    @property
    def steps(self) -> Iterator[Step]:
        """Its steps, each with its expressions."""
        return map(self.step, self.places)

    def id(self, place: int) -> str:
        """The id of a step."""
        return f"{self.letter}{self.number + place}"


class Quantities(Record):
    """Names and numbers, to be set side by side as a homework's table of given values."""

    pairs: tuple[tuple[Note, Note], ...]


class Matrix(Record):
    """A tensor of one or two dimensions: ``rows`` of numbers (a missing connection is ``None``), or all of its numbers
    row by row, or none of them where it is too large to print; ``note`` then says how large and where from.
    ``rounded``: some of the numbers are."""

    name: Expr
    shape: tuple[int, ...]
    rows: tuple[tuple[Expr | None, ...], ...] | Literals
    note: Note = ()
    rounded: bool = False


T = TypeVar("T")


class Again(Iterable[T]):
    """What a function gives, asked anew by each who goes through it: no row is made before it is written."""

    def __init__(self, ask: Callable[[], Iterator[T]]) -> None:
        self.ask = ask

    def __iter__(self) -> Iterator[T]:
        return self.ask()


class Stretch(Record):
    """Rows of a table that tell a whole tensor, element by element: an id, which is ``letter`` and ``number`` + place;
    the element; a number of each of ``numbers``."""

    letter: str
    number: int
    first: Expr
    shape: tuple[int, ...]
    numbers: tuple[Literals, ...]


class Table(Record):
    """Rows under named columns; a cell is an expression, words, or a note of both.

    ``steps`` are the numbered steps that the rows stand for, for a format that lists steps instead.
    """

    columns: tuple[Note, ...]
    rows: Iterable[tuple[Note, ...] | Stretch]
    steps: Iterable[Step] = ()


def table(columns: Iterable[tuple[Note, Iterable[Expr | str]]]) -> Table:
    """A table by its columns: the words over each, and its cells."""
    titles, cells = zip(*columns, strict=True)
    return Table(titles, tuple(tuple((cell,) for cell in row) for row in zip(*cells, strict=True)))


class Remark(Record):
    """A sentence between the steps. A ``heading`` stands over what follows ("The same over its paths")."""

    words: Note
    heading: bool = False


class Check(Record):
    """One of the checks that a sheet ends with. ``note``: it does not hold, or was skipped, for the reason given."""

    words: Note
    status: Literal["ok", "note", "failed"]


class Curve(Record):
    """A line of a plot: its name, and its points from left to right."""

    name: Note
    points: Sequence[tuple[float, float]]


class Plot(Record):
    """Curves over one pair of axes: what stands ``across`` and ``up``, and how far up the picture reaches.

    A curve that leaves the picture ends at its border.
    """

    across: Note
    up: Note
    curves: tuple[Curve, ...]
    low: float
    high: float


Block = Step | Family | Quantities | Matrix | Table | Remark | Check | Plot


class Section(Record):
    """A named part of the sheet. ``addition`` is written after its name ("Update, learning rate 0.1"); a ``title``
    stands in place of the name."""

    name: SectionName
    blocks: Iterable[Block]
    addition: Note = ()
    title: Note = ()


class Solution(Record):
    """The whole sheet. ``conventions`` has the file's own forms, ``agreed`` says the same in sentences.

    Several iterations stand in ``sections`` one after the other, and in ``iterations`` each as a sheet of its own
    (without these where only their results are kept). ``symbolic``: products of symbols are written without a sign.
    ``legend`` says what the letters of a derivation mean. ``changes`` are the numbers that the command has changed,
    each as it was typed; ``tensors()`` the names that stand for a whole vector or matrix. ``pictures()`` are drawn by
    formats that have room for them, each at the beginning of its section; a sheet without blocks is its pictures alone.
    An excerpt has no head: it is set into another text.
    """

    title: str | None
    source: str
    conventions: Mapping[str, Any]
    agreed: tuple[Note, ...]
    sections: tuple[Section, ...]
    results: Results
    iterations: tuple[Solution, ...] = ()
    symbolic: bool = False
    legend: Mapping[str, str] | None = None
    changes: tuple[tuple[Sym, str], ...] = ()
    tensors: Callable[[], frozenset[str]] = frozenset
    pictures: Callable[[], Mapping[SectionName, Picture]] = dict
    is_excerpt: bool = False

"""A whole sheet, part by part in its order, to be set down by a format that knows how each part looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby, islice
from math import fsum

from ...expr import Condition, Expr, Num
from ...expr.bind import cell_at
from ...expr.nodes import Partial, Sym
from ...expr.script import Script, plain
from ...record import Record
from ...solution.content.model import (
    Block,
    Check,
    Family,
    Matrix,
    Note,
    Plot,
    Quantities,
    Remark,
    Section,
    Solution,
    Step,
    Stretch,
    Table,
)
from ...solution.content.outline import CONVENTIONS, heading, outline, source
from ...solution.content.picture import Picture
from .formulas import Formulas
from .language import Chunk, Language
from .numbers import in_rows, listing
from .rows import FormulaRow, step_rows
from .running_text import words_and_formulas

MOST_BESIDE = 12
"""The most names and numbers side by side."""
BETWEEN = 2.2
"""How wide the room between two columns is, in digits."""
LOOKAHEAD = 64
"""The rows of a table that decide which of its columns are of numbers."""


class HeadedRows(Record):
    """A table's columns and rows; ``numbers`` tells for each column whether it is one of numbers."""

    columns: Sequence[Note]
    rows: Iterable[tuple[Note, ...]]
    numbers: Sequence[bool]


class Manuscript:
    """One format's way to set down the parts of a sheet. Every method gives lines; a line may hold line ends."""

    draws = False
    """Whether the format has pictures in a sheet."""
    is_paper = False
    """Whether its pages have an end at the right."""
    before_sizes = ""
    """What stands between a matrix's name and its sizes."""
    before_note = ""
    """What stands between a formula and a note beside it."""
    marks: Mapping[str, str] = {}
    """What stands behind a check, by how it came out."""

    def __init__(self, solution: Solution, language: Language, width: float, script: Script) -> None:
        self.solution = solution
        self.formulas = Formulas(language, solution.tensors(), solution.symbolic)
        self.width = width
        self.script = script

    # -- what a format writes ----------------------------------------------------------------------------------------

    def preamble(self) -> Iterator[str]:
        """What a document begins with."""
        return iter(())

    def opening(self, sections: Sequence[Section]) -> Iterator[str]:
        """What a document begins with, the title and the source."""
        yield from self.preamble()
        if self.solution.title:
            yield self.headed(1, self.words(self.solution.title))
        if not self.solution.is_excerpt:
            yield self.source(self.note(source(self.solution)))

    def source(self, line: str) -> str:
        """The line that tells which network the sheet is of."""
        return f"{line}\n"

    def headed(self, level: int, words: str) -> str:
        """A heading: of the sheet (level 1), of a section, of a part of a section."""
        raise NotImplementedError

    def heading(self, words: Note, section: Section, place: int) -> Iterator[str]:
        """What stands over a section, the ``place``-th of the sheet."""
        yield self.headed(2, self.note(words))

    def listed(self, kind: str, items: Iterable[tuple[str, str]]) -> Iterator[str]:
        """A list of sentences, each with what it is: a list of one ``kind`` or another."""
        raise NotImplementedError

    def step(self, step: Step, rows: list[FormulaRow]) -> Iterator[str]:
        """A numbered step."""
        raise NotImplementedError

    def family(self, family: Family) -> Iterator[str]:
        """The steps of a family, one after the other."""
        for step in family.steps:
            yield from self.step(step, step_rows(step, self.formulas, self.width))

    def band(self, names: list[str], numbers: list[str]) -> Iterator[str]:
        """Names over numbers, side by side."""
        raise NotImplementedError

    def matrix(self, matrix: Matrix) -> Iterator[str]:
        """A tensor's numbers, or where they come from."""
        sign = self.formulas.language.sign
        sizes = f" {sign('×')} ".join(map(str, matrix.shape))
        head = f"{self.formulas.text(matrix.name)}{self.before_sizes}[{sizes}]"
        note = self.note(matrix.note)
        beside = f"{self.before_note}{note}" if note else ""
        if (numbers := in_rows(matrix, self.formulas, self.width)) is not None:
            yield self.display(f"{head} {sign('≈' if matrix.rounded else '=')} {numbers}")
            if note:
                yield f"{beside if self.is_paper else note}\n"
            return
        yield f"{self.formula(head)}{beside}\n"
        if matrix.rows:
            yield from self.verbatim(listing(matrix, self.script))

    def display(self, formula: str) -> str:
        """A formula on a line of its own."""
        raise NotImplementedError

    def verbatim(self, lines: Iterator[str]) -> Iterator[str]:
        """Lines of plain text, as they are."""
        raise NotImplementedError

    def table(self, table: HeadedRows) -> Iterator[str]:
        """Rows under headed columns."""
        raise NotImplementedError

    def remark(self, words: Note) -> Iterator[str]:
        """A sentence between the steps."""
        yield f"{self.paragraph(words)}\n"

    def plot(self, plot: Plot) -> Iterator[str]:
        """Curves."""
        raise NotImplementedError

    def picture(self, picture: Picture) -> Iterator[str]:
        """A picture of the network, in a format that has room for it."""
        return iter(())

    def closing(self) -> Iterator[str]:
        """What a document ends with."""
        return iter(())

    # -- what they share ---------------------------------------------------------------------------------------------

    def checked(self, check: Check) -> tuple[str, str]:
        """How a check came out, and its words with that."""
        lead = "note: " if check.status == "note" else ""
        mark = plain(self.marks.get(check.status, ""), self.script)
        return check.status, f"{lead}{self.paragraph(check.words)}{mark}"

    def bands(self, given: Quantities) -> Iterator[Sequence[tuple[Note, Note]]]:
        """As many names and numbers at a time as stand beside each other on a page."""
        band: list[tuple[Note, Note]] = []
        wide = 0.0
        for pair in given.pairs:
            own = max(map(self.wide, pair)) + BETWEEN
            if band and (len(band) == MOST_BESIDE or wide + own > self.width):
                yield band
                band, wide = [], 0.0
            band.append(pair)
            wide += own
        if band:
            yield band

    def wide(self, note: Note) -> float:
        """About how wide running text is, in digits."""
        parts = words_and_formulas(note, self.formulas)
        return fsum(len(part) if isinstance(part, str) else self.formulas.joined(part).width for part in parts)

    def words(self, text: str) -> str:
        """Words in running text, with nothing in them that means anything to the format."""
        raise NotImplementedError

    def formula(self, written: str) -> str:
        """A formula in running text."""
        raise NotImplementedError

    def running(self, chunks: list[Chunk]) -> str:
        """A formula in running text, from its chunks."""
        return self.formula(self.formulas.joined(chunks).text)

    def paragraph(self, words: Note) -> str:
        """Running text at the start of a line."""
        return self.note(words)

    def note(self, note: Iterable[str | Expr | Condition]) -> str:
        """Words and formulas in running text."""
        return "".join(
            self.words(part) if isinstance(part, str) else self.running(part)
            for part in words_and_formulas(note, self.formulas)
        )


def manuscript_lines(manuscript: Manuscript) -> Iterator[str]:
    """The sheet's lines, made as they are asked for."""
    solution = manuscript.solution
    sections = list(outline(solution))
    pictures = dict(solution.pictures()) if manuscript.draws else {}
    yield from manuscript.opening(sections)
    for place, section in enumerate(sections):
        if words := heading(section):
            yield from manuscript.heading(words, section, place)
        if section is CONVENTIONS:
            yield from manuscript.listed("agreed", (("", manuscript.paragraph(note)) for note in solution.agreed))
        if (picture := pictures.pop(section.name, None)) is not None:
            yield from manuscript.picture(picture)
        for checks, group in groupby(section.blocks, key=lambda block: isinstance(block, Check)):
            if checks:
                own = (block for block in group if isinstance(block, Check))
                yield from manuscript.listed("checked", map(manuscript.checked, own))
            else:
                for block in group:
                    yield from _block(block, manuscript)
    yield from manuscript.closing()


def _block(block: Block, manuscript: Manuscript) -> Iterator[str]:
    match block:
        case Step():
            return manuscript.step(block, step_rows(block, manuscript.formulas, manuscript.width))
        case Family():
            return manuscript.family(block)
        case Quantities():
            return chain.from_iterable(
                manuscript.band(*(list(map(manuscript.note, column)) for column in zip(*band, strict=True)))
                for band in manuscript.bands(block)
            )
        case Matrix():
            return manuscript.matrix(block)
        case Table(columns, rows):
            return chain.from_iterable(map(manuscript.table, _grids(columns, rows, manuscript)))
        case Remark(words, is_heading):
            return iter([manuscript.headed(3, manuscript.note(words))]) if is_heading else manuscript.remark(words)
        case Check():
            return manuscript.listed("checked", [manuscript.checked(block)])
        case Plot():
            return manuscript.plot(block)


def _grids(
    columns: tuple[Note, ...], rows: Iterable[tuple[Note, ...] | Stretch], manuscript: Manuscript
) -> Iterator[HeadedRows]:
    """The table with every stretch of it row by row; one too wide for paper in parts, each with what names its rows."""
    every = chain.from_iterable(_stretched(row) if isinstance(row, Stretch) else (row,) for row in rows)
    sample = list(islice(every, LOOKAHEAD))
    numbers = [any(is_number(row[place]) for row in sample) for place in range(len(columns))]
    whole = chain(sample, every)
    widths = [max(map(manuscript.wide, cells)) + BETWEEN for cells in zip(columns, *sample, strict=True)]
    if not manuscript.is_paper or fsum(widths) <= manuscript.width:
        yield HeadedRows(columns, whole, numbers)
        return
    names = list(range(max(1, numbers.index(True) if True in numbers else 1)))
    parts = [names]
    for place in range(len(names), len(columns)):
        if len(parts[-1]) > len(names) and fsum(widths[one] for one in (*parts[-1], place)) > manuscript.width:
            parts.append(names)
        parts[-1] = [*parts[-1], place]
    while group := list(islice(whole, LOOKAHEAD)):
        for part in parts:
            cells = [tuple(row[place] for place in part) for row in group]
            yield HeadedRows([columns[place] for place in part], cells, [numbers[place] for place in part])


def is_number(cell: Note) -> bool:
    """Whether a cell holds a number alone."""
    return len(cell) == 1 and isinstance(cell[0], Num)


def _stretched(stretch: Stretch) -> Iterator[tuple[Note, ...]]:
    for place, numbers in enumerate(zip(*stretch.numbers, strict=True)):
        own = element(stretch.first, cell_at(place, stretch.shape))
        yield ((f"{stretch.letter}{stretch.number + place}",), (own,), *((Num(number),) for number in numbers))


def element(first: Expr, index: tuple[str | int, ...]) -> Expr:
    """The element of a tensor with this index, from its first one."""
    match first:
        case Partial(of, Sym(name, known, mark)):
            return Partial(of, Sym(name, index if known else (), mark))
        case Sym(name, known, mark):
            return Sym(name, index if known else (), mark)
        case _:
            return first

"""The sheet of fixed width: golden sheets, and what holds for every sheet at every width."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count, islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntrace.expr import HALF, Add, Condition, Div, Expr, Indicator, Mul, Neg, Num, Partial, Rest, Sym, maximum
from nntrace.expr.script import ASCII, UNICODE
from nntrace.expr.text import pieces
from nntrace.formats import render
from nntrace.formats.page import Row, rows
from nntrace.formats.page.breaking import words, wrapped
from nntrace.formats.page.rows import columns
from nntrace.solution.content.model import Line, LineKind, Note, Section, Solution, Step, Table
from nntrace.solution.content.results import Results

WIDE = 10_000
SHEET = Path(__file__).parent / "golden" / "sheet.txt"


@pytest.mark.parametrize("script", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("name", ["homework", "furniture"])
def test_golden(
    name: str, width: int, script: object, golden: Callable[[str, str], None], request: pytest.FixtureRequest
) -> None:
    lines = list(render(request.getfixturevalue(name), "txt", width=width, script=script))  # type: ignore[arg-type]
    assert all(line == line.rstrip() for line in lines)
    assert max(map(columns, lines)) <= width
    golden(f"{name}-{width}{'-ascii' if script is ASCII else ''}.txt", "\n".join(lines) + "\n")


def test_the_homework_is_the_sheet_that_was_agreed(homework: Solution) -> None:
    lines = list(render(homework, "txt", width=120, script=UNICODE))
    sheet = [line for line in lines[lines.index("Forward") :] if line]  # without the blank lines between sections
    assert sheet == SHEET.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("width", [1, 5, 20, 30, 45, 400, WIDE])
def test_no_width_is_too_small_or_too_large(width: int, homework: Solution, furniture: Solution) -> None:
    for solution in (homework, furniture):
        lines = list(render(solution, "txt", width=width, script=UNICODE))
        assert "".join(lines).count("2.0") == "".join(render(solution, "txt", width=WIDE, script=UNICODE)).count("2.0")


def test_ascii_is_a_twin_with_the_same_lines(homework: Solution, furniture: Solution) -> None:
    for solution in (homework, furniture):
        unicode = list(render(solution, "txt", width=WIDE, script=UNICODE))
        twin = list(render(solution, "txt", width=WIDE, script=ASCII))
        assert len(twin) == len(unicode)
        assert all(line.isascii() for line in twin)
        assert all(line.isascii() for line in render(solution, "txt", width=40, script=ASCII))


# ----------------------------------------------------------------------------------------------- random steps

names = st.sampled_from(["x", "w21", "δ_h1", "ŷ", "权重", "a_much_longer_name"]).map(Sym)
numbers = st.decimals(-1000, 1000, places=3).map(Num)
leaves = names | numbers | st.tuples(names, names).map(lambda two: Partial(*two))


def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=5).map(tuple)
    return (
        several.map(Add)
        | several.map(Mul)
        | inner.map(Neg)
        | st.tuples(inner, inner).map(lambda two: Div(*two))
        | st.tuples(inner, inner).map(lambda two: maximum(*two))
        | inner.map(lambda body: HALF * body**2)
        | inner.map(lambda body: Indicator(Condition(body, ">", Num(0))))
        | inner.map(lambda body: Add((body, Rest(781, Num(Decimal("0.4127"))), body)))
    )


expressions = st.recursive(leaves, larger, max_leaves=12)
notes: st.SearchStrategy[Note] = st.lists(
    st.sampled_from(["via o1", " and because of ", "rule"]) | names, max_size=4
).map(tuple)
kinds: st.SearchStrategy[LineKind] = st.sampled_from(("chain", "rule", "formula", "substitution", "terms", "value"))
lines = st.tuples(
    kinds,
    st.sampled_from(["=", "≈"]),
    expressions,
    st.lists(notes, max_size=3).map(tuple),
    st.none() | names,
    st.booleans(),
).map(lambda fields: Line(*fields))
own_lines = st.tuples(kinds, st.just("="), expressions).map(lambda fields: Line(*fields))
steps = st.tuples(
    st.sampled_from(["F1", "B9p", "I2.F113"]),
    st.just("forward"),
    leaves,
    st.tuples(st.lists(lines, max_size=4), own_lines).map(lambda both: (*both[0], both[1])),
    st.just(1.0),
    st.none(),
    notes,
    st.booleans(),
).map(lambda fields: Step(*fields))


def sheet(*steps: Step) -> Solution:
    return Solution(None, "net.yaml", {}, (), (Section("forward", steps),), Results())


def laid_out(step: Step, width: int) -> list[Row]:
    return [row for row in rows(sheet(step), width, UNICODE) if row.section and row.spans[-1].role != "heading"]


@given(steps, st.integers(20, 130))
def test_a_line_is_no_longer_than_the_page_unless_a_single_piece_is(step: Step, width: int) -> None:
    written = {piece.text for line in step.lines for piece in pieces(line.body)}
    written |= {text[2:] for text in written} | {" ".join(piece.text for piece in pieces(step.name))}
    written |= {" ".join(piece.text for piece in pieces(line.left)) for line in step.lines if line.left}
    for row in laid_out(step, width):
        if sum(columns(span.text) for span in row.spans) > width:
            last = row.spans[-1]
            assert last.text in written or (last.role == "note" and " " not in last.text)


@given(steps, st.integers(1, 130))
def test_broken_lines_have_the_same_words_in_the_same_order(step: Step, width: int) -> None:
    def said(width: int) -> tuple[list[str], Counter[str]]:
        spans = [span for row in laid_out(step, width) for span in row.spans]
        formulas = [word for span in spans if span.role not in ("", "note") for word in span.text.split()]
        remarks = [word.strip(",") for span in spans if span.role == "note" for word in span.text.split()]
        return formulas, Counter(filter(None, remarks))

    assert said(width) == said(WIDE)


@given(steps, st.integers(20, 130))
def test_relations_stand_under_each_other(step: Step, width: int) -> None:
    first = [row.spans for row in laid_out(step, width) if any(span.role == "relation" for span in row.spans)]
    ends = set()
    for spans in first:
        place = next(place for place, span in enumerate(spans) if span.role == "relation")
        ends.add(sum(columns(span.text) for span in spans[: place + 1]))
    assert len(ends) == 1


# ----------------------------------------------------------------------------------------------- single rules


def test_a_break_is_before_the_operator_that_binds_least() -> None:
    a, b, c, d = map(Sym, ("aaaa", "bbbb", "cccc", "dddd"))
    step = Step("F1", "forward", Sym("x"), (Line("formula", "=", a * b + c * d),), 1.0, None)
    assert ["".join(span.text for span in row.spans) for row in laid_out(step, 26)] == [
        "F1  x = aaaa × bbbb",
        "        + cccc × dddd",
    ]


def test_words_are_wrapped_and_expressions_are_not() -> None:
    note: Note = ("because (", Sym("a") * Sym("b") * Sym("c"), "), and so on")
    assert wrapped(words(note, UNICODE), 18) == ["because", "(a × b × c), and", "so on"]


def test_control_characters_do_not_reach_the_page() -> None:
    solution = Solution("a\x1b[31mred\ntitle", "net.yaml", {}, (), (), Results())
    assert next(iter(render(solution, "txt", width=80, script=UNICODE))) == "a [31mred title"


def endless_steps() -> Iterator[Step]:
    line = Line("value", "=", Num(Decimal("1.0")))
    return (Step(f"F{place}", "forward", Sym("x"), (line,), 1.0, None) for place in count(1))


def test_long_listings_stream() -> None:
    table = Table((("id",), ("value",)), ((("x",), (Num(Decimal(place)),)) for place in count()))
    for block in (endless_steps(), [table]):
        solution = Solution(None, "net.yaml", {}, (), (Section("forward", block),), Results())
        assert len(list(islice(render(solution, "txt", width=80, script=UNICODE), 2000))) == 2000


def test_columns_are_those_of_rich() -> None:
    from rich.cells import cell_len

    for code in (*range(0x20, 0x7F), *range(0xA1, 0x3100)):
        assert columns(chr(code) + "x") == cell_len(chr(code) + "x"), hex(code)


def test_plain_text_loads_neither_rich_nor_numpy() -> None:
    code = (
        "import sys; from nntrace.formats import render; from nntrace.expr.script import UNICODE;"
        "from nntrace.solution.content.model import Solution; from nntrace.solution.content.results import Results;"
        "list(render(Solution('δ', 'x', {}, (), (), Results()), 'txt', width=80, script=UNICODE));"
        "sys.exit(bool({'rich', 'numpy', 'json'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Every formula is written in each language so that it reads back as the one of plain text: same tree, same numbers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import inf
from typing import Any

import pytest
import typeset_reader as typeset
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reader import Read, read

from nntrace.expr import (
    Add,
    Call,
    Cases,
    Condition,
    Div,
    Expr,
    Indicator,
    Literal,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Rest,
    Sum,
    Sym,
    maximum,
)  # fmt: skip
from nntrace.expr.text import text
from nntrace.formats.typeset.formulas import Formulas
from nntrace.formats.typeset.language import Language
from nntrace.formats.typeset.latex import Latex
from nntrace.formats.typeset.mathml import MathML
from nntrace.formats.typeset.numbers import in_rows
from nntrace.formats.typeset.typst import Typst
from nntrace.solution.content.model import Matrix

LANGUAGES: dict[str, tuple[Language, Callable[[str], str]]] = {
    "latex": (Latex(), typeset.latex),
    "markdown": (Latex(markdown=True), typeset.latex),
    "typst": (Typst(), typeset.typst),
    "mathml": (MathML(), typeset.mathml),
}
each_language = pytest.mark.parametrize("name", LANGUAGES)


def alike(node: Any) -> Any:
    """A tree without what typesetting changes: a constant fraction is a quotient, names are their characters."""
    if not isinstance(node, Read):
        return node
    kind = "over" if node.kind == "fraction" else node.kind
    if kind == "symbol":
        of, _, by = node.parts[0].partition("/∂")
        return Read(kind, (f"{typeset.bare(of)}/∂{typeset.bare(by)}" if by else typeset.bare(of),))
    return Read(kind, tuple(map(alike, node.parts)))


def assert_reads_back(node: Expr, name: str) -> None:
    language, back = LANGUAGES[name]
    written = Formulas(language).text(node)
    assert alike(read(back(written))) == alike(read(text(node))), written


x, y, w, h, o, z = Sym("x"), Sym("y"), Sym("w21"), Sym("h1", (), "⁽²⁾"), Sym("δ_o1"), Sym("z1", (0,))
half, minus = Div(Num(1), Num(2)), Num(Decimal("-1.5"))
ROWS: list[Expr] = [
    Add((x, Neg(Add((y, w))))),
    Mul((half, Pow(Add((x, Neg(y))), Num(2)))),
    Mul((minus, x, minus)),
    Add((minus, minus)),
    Neg(Div(x, y)),
    Pow(Div(x, y), Num(2)),
    Pow(half, Num(2)),
    Pow(z, Num(2)),
    Pow(h, Num(2)),
    Pow(Partial(x, y), Num(2)),
    Div(Div(x, y), Div(y, x)),
    Div(x, Neg(y)),
    Mul((Div(x, y), Neg(x))),
    Mul((Add((x, y)), Add((x, Neg(y))))),
    Call("exp", (Neg(Pow(x, Num(2))),)),
    Pow(Call("exp", (x,)), Num(2)),
    maximum(0, Neg(x)),
    Mul((Indicator(Condition(x, ">", Num(0))), Partial(Sym("MSE"), w))),
    Add((x, Rest(781, Num(Decimal("-0.4127"))), y)),
    Add((x, Rest(1, None, "path"))),
    Mul((x, Sum("i", Mul((Sym("w", ("i",)), Sym("x", ("i",))))))),
    Cases(Condition(x, "≥", Num(0)), x, Mul((Num(Decimal("0.01")), x))),
    Num(Decimal("4.92000E-5")),
    Mul((Num(Decimal("4.92000E-5")), Num(Decimal("-3E-12")))),
    Call("abs", (Add((x, Neg(y))),)),
    Call("sqrt", (Div(x, y),)),
    Div(Add(tuple([x, y] * 20)), y),
    Sym("W1", (1, 0)),
    Sym("W1", (11, 2)),
    Sym("ŷ", (0,)),
    Sym("w21", (), "⁺"),
    Sym("net_h1"),
]


@each_language
@pytest.mark.parametrize("node", ROWS, ids=[text(node)[:40] for node in ROWS])
def test_a_formula_reads_back(node: Expr, name: str) -> None:
    assert_reads_back(node, name)


names = st.sampled_from(["x", "w21", "δ_h1", "ŷ", "net", "a1", "σ"]).map(Sym)
elements = st.tuples(st.sampled_from(["W1", "b2", "V"]), st.integers(0, 20), st.integers(0, 8)).map(
    lambda parts: Sym(parts[0], parts[1:])
)
numbers = st.decimals(-1000, 1000, places=3).map(Num) | st.sampled_from(["1E-9", "-2.5E+12"]).map(
    lambda digits: Num(Decimal(digits))
)
leaves = names | elements | numbers | st.tuples(names, names).map(lambda two: Partial(*two))


def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    conditions = st.tuples(inner, st.sampled_from("><≥≤≠="), inner).map(lambda parts: Condition(*parts))
    return (
        several.map(Add)
        | several.map(Mul)
        | inner.map(Neg)
        | st.tuples(inner, inner).map(lambda two: Div(*two))
        | st.tuples(inner, st.integers(-3, 3)).map(lambda two: Pow(two[0], Num(two[1])))
        | st.tuples(inner, inner).map(lambda two: maximum(*two))
        | st.sampled_from(["ln", "tanh", "sqrt", "abs", "exp"]).flatmap(
            lambda name: inner.map(lambda body: Call(name, (body,)))
        )
        | conditions.map(Indicator)
        | st.tuples(conditions, inner, inner).map(lambda parts: Cases(*parts))
        | inner.map(lambda body: Sum("i", body))
        | inner.map(lambda body: Add((body, Rest(781, Num(Decimal("0.4127"))), body)))
    )


@each_language
@settings(max_examples=150, deadline=None)
@example(node=Call("abs", (Sym("x"),)) ** 0)
@example(node=Call("abs", (Sym("x") - Call("abs", (Sym("y"),)) ** 2,)) ** 2)
@given(node=st.recursive(leaves, larger, max_leaves=10))
def test_any_formula_reads_back(name: str, node: Expr) -> None:
    assert_reads_back(node, name)


@each_language
def test_two_names_are_never_written_alike(name: str) -> None:
    formulas = Formulas(LANGUAGES[name][0])
    different = [Sym("w12"), Sym("w_12"), Sym("w1_2"), Sym("w_1_2"), Sym("w", (0, 1)), Sym("w′"), Sym("w")]
    written = [formulas.text(symbol) for symbol in different]
    assert len(set(written)) == len(different), written


@each_language
def test_a_true_minus_and_bold_matrices(name: str) -> None:
    formulas = Formulas(LANGUAGES[name][0], frozenset({"W1", "δ2"}))
    bold = {"latex": r"\mathbf{W}^{[1]}", "markdown": r"\mathbf{W}^{[1]}", "typst": r"upright(bold(W))^(\[1\])"}
    if name in bold:
        assert formulas.text(Sym("W1")) == bold[name]
    else:
        assert '<mi class="b">W</mi>' in formulas.text(Sym("W1"))
        assert "−" in formulas.text(minus)
    assert formulas.text(Sym("W1")) != formulas.text(Sym("W1", (0, 0)))


@pytest.mark.parametrize(
    ("name", "upright", "lying"), [("latex", r"\vdots", r"\dots"), ("typst", "⋮", "…"), ("mathml", "⋮", "…")]
)
def test_a_cut_matrix_keeps_its_rows_apart(name: str, upright: str, lying: str) -> None:
    """Between rows the dots are upright, beside numbers they lie."""
    small = Num(Decimal("-1.25237E-5"))
    rows = ((minus, None, small), (None, None, None), (small, None, Num(Decimal("0.125"))))
    written = Formulas(LANGUAGES[name][0]).text(Literal(rows))
    assert (written.count(upright), written.count(lying)) == (3, 2)


def test_the_width_of_a_matrix_has_the_room_behind_its_points() -> None:
    """A number that is not the widest may have the point that all others are put under."""
    formulas = Formulas(Latex())
    digits = ("123456.0", "0.123456")
    column = Literal(tuple((Num(Decimal(one)),) for one in digits))
    assert formulas.one(column).width >= len("123456.123456")
    small = Literal((*column.rows, (Num(Decimal("4.92E-5")),)))
    assert formulas.one(small).width == formulas.one(column).width  # no point to be put there


@each_language
def test_a_wide_matrix_has_smaller_letters_or_is_written_row_after_row(name: str) -> None:
    language, back = LANGUAGES[name]
    for columns in (2, 5, 8, 30):
        matrix = Literal(((Num(Decimal("-1.25237E-11")),) * columns, (Num(Decimal("0.5")),) * columns))
        chunks = Formulas(language).chunks(matrix)
        assert back(Formulas(language).text(matrix)) == text(matrix)
        assert max(chunk.width for chunk in chunks) < 68  # with a name and a sign, a page's width
        assert len(chunks) == (1 if columns < 8 else 2 * columns)


def test_given_numbers_too_wide_for_the_page_are_a_listing() -> None:
    numbers = tuple(Num(Decimal(f"-0.{place}12345")) for place in range(1, 10))
    wide = Matrix(Sym("b2"), (9,), (numbers,))
    assert in_rows(wide, Formulas(Latex()), inf) is None  # not even in the smallest letters
    narrower = wide._replace(shape=(7,), rows=(numbers[:7],))
    assert in_rows(narrower, Formulas(Latex()), 60) is None
    assert in_rows(narrower, Formulas(Latex()), inf) is not None


@pytest.mark.parametrize("latex", [Latex(), Latex(markdown=True)])
def test_letters_that_join_stay_in_one_piece(latex: Latex) -> None:
    """Each letter of a Persian name in a box of its own would run from left to right, unjoined."""
    assert latex.letters("خروجی", bold=False) == r"\mathrm{\text{خروجی}}"
    assert latex.words("نام: ورودی") == r"\text{نام: ورودی}"
    assert latex.number("۱") == r"\text{۱}"
    assert latex.letters("aβ", bold=False) == r"\mathrm{a\beta }"

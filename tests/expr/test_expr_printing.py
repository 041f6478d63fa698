"""What is printed is what is meant: text read back by an independent reader has the expression's value."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import Phase, assume, find, given, settings

from nntrace.expr import (
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Expr,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Partial,
    Rest,
    Size,
    Sum,
    Sym,
    approximate,
    children,
    xln,
)  # fmt: skip
from nntrace.expr.script import ASCII, UNICODE, Script, plain
from nntrace.expr.text import pieces, text
from tests.expr.expressions import SIZES, Numbers, close, expressions, kinds, walk
from tests.reader import evaluate, numbers, read

NUMBERS = Numbers(seed=1)
SYMBOLS = {script: NUMBERS.printed(script.ascii) for script in (UNICODE, ASCII)}
SCRIPTS = pytest.mark.parametrize("script", [UNICODE, ASCII], ids=["unicode", "ascii"])


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_the_strategy_draws_every_kind(kind: type[Expr]) -> None:
    find(
        expressions(),
        lambda node: any(type(part) is kind for part in walk(node)),
        settings=settings(database=None, phases=[Phase.generate], max_examples=5000),
    )


def looks_like_an_entropy(node: Expr) -> bool:
    """A product with a logarithm, which reads as x ln y: there 0 × ln(0) is 0, while of a product it is undefined."""
    logarithms = (part for part in children(node) if isinstance(part, Call) and part.function == "ln")
    return isinstance(node, Mul) and any(True for _ in logarithms)


@settings(max_examples=200)
@given(node=expressions())
def test_text_read_back_has_the_same_value(node: Expr) -> None:
    assume(not any(looks_like_an_entropy(part) for part in walk(node)))
    expected = approximate(node, NUMBERS, sizes=SIZES)
    for script in (UNICODE, ASCII):
        written = text(node, script)
        read(written)
        try:
            value = evaluate(written, SYMBOLS[script], SIZES)
        except ArithmeticError:
            continue
        if math.isfinite(expected) and math.isfinite(value):
            assert close(value, expected, 1e-12, 0), written


@given(node=expressions())
def test_ascii_is_ascii_and_says_the_same(node: Expr) -> None:
    written = text(node, ASCII)
    assert written.isascii()
    assert len(pieces(node, ASCII)) == len(pieces(node, UNICODE))


@SCRIPTS
@given(node=expressions())
def test_pieces_join_to_the_text_and_cut_no_number(script: Script, node: Expr) -> None:
    parts = pieces(node, script)
    written = text(node, script)
    assert " ".join(part.text for part in parts) == written
    rest, ends = 0, []
    for part in parts:
        assert part.text
        assert part.text == part.text.strip()
        rest += len(part.text) + 1
        ends.append(rest - 1)
    for number in set(numbers(written)):
        start = -1
        while (start := written.find(number, start + 1)) >= 0:
            assert not any(start < end < start + len(number) for end in ends[:-1]), (number, parts)


a, b, h = Sym("a"), Sym("b"), Sym("h1")
LONG = Rest(781, Num(Decimal("0.4127")))

TEXTS: list[tuple[Expr, str, str]] = [
    (Num(Decimal("2.0")), "2.0", "2.0"),
    (Num(Decimal("-0.0")), "0.0", "0.0"),
    (Num(Decimal("4.92000E-5")), "4.92000×10⁻⁵", "4.92000e-5"),
    (Num(Decimal("-4.92000E-5")), "-4.92000×10⁻⁵", "-4.92000e-5"),
    (Num(Decimal("2E+3")), "2.0×10³", "2.0e3"),
    (Num(Decimal("12345678901")), "1.2345678901×10¹⁰", "1.2345678901e10"),
    (Num(Decimal("1234567890")), "1234567890", "1234567890"),
    (Num(Decimal("0.000439")), "0.000439", "0.000439"),
    (Num(Fraction(1, 2)), "1/2", "1/2"),
    (Num(Fraction(4, 2)), "2", "2"),
    (Sym("W1", (1, 0)), "W1[2,1]", "W1[2,1]"),
    (Sym("W", ("j", "i")), "W_ji", "W_ji"),
    (Sym("W", (0, "i")), "W[1,i]", "W[1,i]"),
    (Sym("W", ("j′", "i")), "W_j′i", "W_j'i"),
    (Sym("w21", (), "⁺"), "w21⁺", "w21+"),
    (Sym("w", (0,), "⁺") ** 2, "(w[1]⁺)²", "(w[1]+)^2"),
    (Sym("s1", (), "⁽ⁿ⁾") ** 2, "(s1⁽ⁿ⁾)²", "(s1(n))^2"),
    (Sym("ŷ", ("k",)), "ŷ_k", "yhat_k"),
    (Partial(Sym("MSE"), Sym("w21")), "∂MSE/∂w21", "dMSE/dw21"),
    (Partial(Sym("L"), Sym("W1", (1, 0))), "∂L/∂W1[2,1]", "dL/dW1[2,1]"),
    (Size("k"), "n_k", "n_k"),
    (Size("k′"), "n_k′", "n_k'"),
    (Delta("i", "j′"), "1[i = j′]", "1[i = j']"),
    (Delta(0, 1), "1[1 = 2]", "1[1 = 2]"),
    (Indicator(Condition(h, "≥", Num(0))), "1[h1 ≥ 0]", "1[h1 >= 0]"),
    (Call("max", (Num(0), h)), "max(0, h1)", "max(0, h1)"),
    (Call("abs", (a - b,)), "|a - b|", "|a - b|"),
    (Call("exp", (Neg(Num(Decimal("0.0"))),)), "e^{-0.0}", "e^{-0.0}"),
    (Call("exp", (a + b,)), "e^{a + b}", "e^{a + b}"),
    (Sum("i", Sym("W", ("j", "i")) * a) + Sym("b", ("j",)), "Σ_i W_ji × a + b_j", "sum_i W_ji * a + b_j"),
    (a * b + LONG, "a × b + … 781 more terms, together 0.4127", "a * b + ... 781 more terms, together 0.4127"),
    (a + Rest(1, None), "a + … 1 more term", "a + ... 1 more term"),
    (a + Rest(2, None, "path"), "a + … 2 more paths", "a + ... 2 more paths"),
    (Max("i", Sym("x", ("i",))), "max_i x_i", "max_i x_i"),
    (2 * Max("i", Sym("x", ("i",)) * a) - b, "2 × max_i x_i × a - b", "2 * max_i x_i * a - b"),
    (Max("i", Sym("x", ("i",))) * a, "(max_i x_i) × a", "(max_i x_i) * a"),
    (Max("i", a - b) / a, "(max_i (a - b)) / a", "(max_i (a - b)) / a"),
    (Call("max", (Num(0), a, -b)), "max(0, a, -b)", "max(0, a, -b)"),
    (Call("pi", ()) / 2, "π / 2", "pi / 2"),
    (Call("min", (a,)), "min(a)", "min(a)"),
    (Call("sin", (a + b,)) ** 2, "sin(a + b)²", "sin(a + b)^2"),
    (Call("relu", (a,)), "relu(a)", "relu(a)"),
    (xln(a, b), "a × ln(b)", "a * ln(b)"),
    (-xln(1 - a, 1 - b), "-(1 - a) × ln(1 - b)", "-(1 - a) * ln(1 - b)"),
    (a * xln(a, b), "a × (a × ln(b))", "a * (a * ln(b))"),
    (xln(-a, b) ** 2, "((-a) × ln(b))²", "((-a) * ln(b))^2"),
    (Cases(Condition(a, ">", Num(0)), a, b), "a if a > 0, else b", "a if a > 0, else b"),
    (Add(()), "0", "0"),
    (Mul(()), "1", "1"),
    (Mul((a,)), "a", "a"),
    (Mul((a + b,)), "(a + b)", "(a + b)"),
]  # fmt: skip


@pytest.mark.parametrize(("node", "unicode", "ascii"), TEXTS, ids=[row[1] for row in TEXTS])
def test_text(node: Expr, unicode: str, ascii: str) -> None:
    assert text(node, UNICODE) == unicode
    assert text(node, ASCII) == ascii


ŷ, Z = Sym("ŷ", ("k",)), Sym("Z")
W, x = Sym("W", ("j", "i")), Sym("x", ("i",))
PRODUCTS: list[tuple[tuple[Expr, ...], str]] = [
    ((W, x), "W_ji x_i"),
    ((Num(2), a - b, x), "2 (a - b) x_i"),
    ((Num(Decimal("0.02")), W), "0.02 W_ji"),
    ((Num(Decimal("1E-5")), W), "1.0×10⁻⁵ × W_ji"),
    ((Num(2), Num(Decimal("0.01")), W), "2 × 0.01 × W_ji"),
    ((Num(1) / 2, Num(2), a - b, Num(-1)), "1/2 × 2 × (a - b) × (-1)"),
    ((Num(1) / 3, a, 1 - a), "1/3 × a (1 - a)"),
    ((Neg(1 / ŷ), ŷ, 1 - ŷ), "(-1/ŷ_k) × ŷ_k (1 - ŷ_k)"),
    ((Neg(1 / ŷ), Neg(ŷ * x)), "(-1/ŷ_k) × (-ŷ_k x_i)"),
    ((Partial(a, ŷ), Partial(ŷ, b)), "∂a/∂ŷ_k × ∂ŷ_k/∂b"),
    ((Partial(a, ŷ), ŷ, 1 - ŷ), "∂a/∂ŷ_k × ŷ_k (1 - ŷ_k)"),
    ((a, Call("sqrt", (Num(2),)), 1 - a), "a × sqrt(2) × (1 - a)"),
    ((Num(0), Z), "0 Z"),
    ((a - b, ŷ * (1 - ŷ)), "(a - b) × ŷ_k (1 - ŷ_k)"),
    ((a * Sum("i", x), b), "(a Σ_i x_i) × b"),
    ((a, b * Sum("i", x)), "a × b Σ_i x_i"),
    ((a, Num(2) * Num(3)), "a × (2 × 3)"),
]


@pytest.mark.parametrize(("factors", "written"), PRODUCTS, ids=[row[1] for row in PRODUCTS])
def test_one_product_has_one_way_of_multiplying(factors: tuple[Expr, ...], written: str) -> None:
    """Side by side, or with × between all; only what leads a product of symbols is set apart as a link of its own."""
    assert text(Mul(factors), UNICODE._replace(symbolic=True)) == written


@pytest.mark.parametrize(("words", "ascii"), [
    ("10⁻³²³", "10^-323"), ("beyond 1.8×10³⁰⁸, the largest", "beyond 1.8*10^308, the largest"), ("x²", "x^2"),
    ("h1⁽¹²⁾", "h1(12)"), ("w21⁺", "w21+"),
])  # fmt: skip
def test_superscripts_in_words(words: str, ascii: str) -> None:
    assert plain(words, ASCII) == ascii

"""Simplifying never changes a value, is done when it is done, and gives what one would write by hand."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given

from nntrace.expr import (
    Add,
    Div,
    Expr,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Sum,
    Sym,
    approximate,
    at,
    exact,
    exp,
    expand,
    simplify,
    sqrt,
)
from nntrace.expr.text import text
from tests.expr.expressions import SIZES, Numbers, close, expressions, walk

NUMBERS = Numbers(seed=3)

a, b, t, y = Sym("a"), Sym("b"), Sym("t"), Sym("y")
half = Div(Num(1), Num(2))
x = Sym("x", ("i",))

SIMPLIFIED: list[tuple[Expr, str]] = [
    (Mul((half, Num(2), t - y, Num(-1))), "y - t"),
    (Mul((Num(2), t - y, Num(-1))), "2 × (y - t)"),
    (Neg(a - b), "b - a"),
    (Neg(a + b), "-(a + b)"),
    (-1 * a, "-a"),
    (1 * a, "a"),
    (0 * a, "0"),
    (a + 0, "a"),
    (a - a, "0"),
    (a + a, "2 × a"),
    (3 * a - a, "2 × a"),
    (a - 1, "a - 1"),
    (1 - a, "1 - a"),
    (Num(-1) + a, "a - 1"),
    (Neg(Num(1)) - a, "-1 - a"),
    (-a + b, "b - a"),
    (-a - b, "-a - b"),
    (Neg(Neg(a)), "a"),
    (a * b * a, "a² × b"),
    (a**2 * a**3, "a⁵"),
    (a * a**-1, "1"),
    (a**1, "a"),
    (a**0, "1"),
    (Pow(a, Num(-1)), "a⁻¹"),
    (a / a, "1"),
    (a**2 / a, "a"),
    (a / 1, "a"),
    (a / -1, "-a"),
    (-a / b, "-a / b"),
    (a / -b, "-a / b"),
    (2 * a / (4 * b), "a / (2 × b)"),
    (Div(Num(4), Num(6)), "2/3"),
    (Div(Num(0), a), "0"),
    (Div(a, Num(0)), "a / 0"),
    (half + half, "1"),
    (half - Num(Fraction(1, 3)), "1/6"),
    (Mul((half, Mul((Num(-3), a)))), "-3/2 × a"),
    (exp(-a) * -1, "-e^{-a}"),
    (Sum("i", 1 * x), "Σ_i x_i"),
    (Num(Decimal("0.1")) * 2, "2 × 0.1"),
    (Num(Decimal("2.0")) + Num(Decimal("3.0")), "2.0 + 3.0"),
    (a * (1 - a), "a × (1 - a)"),
    (a * (1 / (a / b)) * (1 / b), "1"),
    (-a * (1 / a), "-1"),
    (a**3 * (b / a), "a² × b"),
    ((1 / b) * (exp(b) / a) * t, "(1 / b) × (e^{b} / a) × t"),  # nothing stands above and below
    (1 / (a / b), "b / a"),
    (t * (1 / a) / b, "t / (a × b)"),
    (t / a / exp(Num(2)), "(t / a) / e^{2}"),  # a constant stays by itself
    (2 * (t / (2 * a)) * b, "(t / a) × b"),
    (3 * (t / (2 * a)), "3 × (t / (2 × a))"),
    (sqrt(a) ** 2, "a"),
    (t / (sqrt(a) * sqrt(a) ** 2), "t / (sqrt(a) × a)"),
    (4 * a * b / (2 * b**2) ** 2, "a / b³"),
    (4 * a / (2 * a) ** 10**9, "4 × a / (2 × a)¹⁰⁰⁰⁰⁰⁰⁰⁰⁰"),
    (-(4 * a * b) / (2 * b**2) ** 2, "-a / b³"),
    (t / (2 * b) ** 2, "t / (2 × b)²"),
]  # fmt: skip


@pytest.mark.parametrize(("node", "expected"), SIMPLIFIED, ids=[text(row[0]) for row in SIMPLIFIED])
def test_simplified(node: Expr, expected: str) -> None:
    assert text(simplify(node)) == expected


def is_defined(node: Expr, index: dict[str, int]) -> bool:
    """Whether every part of the expression has a number: no division by zero, no root of a negative."""
    written = expand(at(node, {**index}), SIZES)
    return all(math.isfinite(approximate(part, NUMBERS)) for part in walk(written) if not isinstance(part, Partial))


@given(node=expressions(scope=("j",)))
def test_the_value_is_unchanged(node: Expr) -> None:
    index = {"j": 1}
    before, after = (approximate(one, NUMBERS, index, SIZES) for one in (node, simplify(node)))
    rational = exact(node, NUMBERS.fraction, index, SIZES)
    if rational is not None:
        assert exact(simplify(node), NUMBERS.fraction, index, SIZES) == rational, text(simplify(node))
    elif is_defined(node, index) and abs(before) < 1e9:
        assert close(before, after, 1e-6, 1e-6), text(simplify(node))


@example(node=Add((Num(Decimal("-1.5")), Add((Num(Decimal("-1.5")), Sym("n"))))))
@given(node=expressions(scope=("j",)))
def test_simplifying_again_changes_nothing(node: Expr) -> None:
    once = simplify(node)
    assert simplify(once) == once, f"{text(node)}: {text(once)}"

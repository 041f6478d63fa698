"""Where a lecturer writes brackets: every kind of operand in every place of every operator."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from nntrace.expr import (
    Call,
    Cases,
    Condition,
    Div,
    Expr,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Sum,
    Sym,
    absolute,
    exp,
    ln,
    tanh,
    xln,
)  # fmt: skip
from nntrace.expr.text import text

a, b, c = Sym("a"), Sym("b"), Sym("c")
x = Sym("x", ("i",))
cases = Cases(Condition(a, ">", Num(0)), a, b)

OPERANDS: dict[str, Expr] = {
    "a": a,
    "2": Num(2),
    "-2": Num(-2),
    "-1.5": Num(Decimal("-1.5")),
    "4.9×10⁻⁵": Num(Decimal("4.9E-5")),
    "a + b": a + b,
    "a - b": a - b,
    "-a": -a,
    "a × b": a * b,
    "a / b": a / b,
    "1/2": Div(Num(1), Num(2)),
    "1/2 (one number)": Num(Fraction(1, 2)),
    "-1/2": Neg(Div(Num(1), Num(2))),
    "(-1) / 2": Div(Num(-1), Num(2)),
    "-1/2 (one number)": Num(Fraction(-1, 2)),
    "a²": a**2,
    "e^{a}": exp(a),
    "tanh(a)": tanh(a),
    "Σ_i x_i": Sum("i", x),
    "max_i x_i": Max("i", x),
    "a × ln(b)": xln(a, b),
    "π": Call("pi", ()),
    "∂a/∂b": Partial(a, b),
    "1[a > b]": Indicator(Condition(a, ">", b)),
    "a if a > 0, else b": cases,
}

# operand: + c, c +, c -, -, × c, c ×, / c, c /, ²
GRID = """
a                  | a + c                    | c + a                    | c - a                    | -a                    | a × c                    | c × a                    | a / c                    | c / a                    | a²
2                  | 2 + c                    | c + 2                    | c - 2                    | -2                    | 2 × c                    | c × 2                    | 2 / c                    | c / 2                    | 2²
-2                 | -2 + c                   | c + (-2)                 | c - (-2)                 | -(-2)                 | (-2) × c                 | c × (-2)                 | (-2) / c                 | c / (-2)                 | (-2)²
-1.5               | -1.5 + c                 | c + (-1.5)               | c - (-1.5)               | -(-1.5)               | (-1.5) × c               | c × (-1.5)               | (-1.5) / c               | c / (-1.5)               | (-1.5)²
4.9×10⁻⁵           | 4.9×10⁻⁵ + c             | c + 4.9×10⁻⁵             | c - 4.9×10⁻⁵             | -4.9×10⁻⁵             | 4.9×10⁻⁵ × c             | c × 4.9×10⁻⁵             | 4.9×10⁻⁵ / c             | c / (4.9×10⁻⁵)           | (4.9×10⁻⁵)²
a + b              | a + b + c                | c + (a + b)              | c - (a + b)              | -(a + b)              | (a + b) × c              | c × (a + b)              | (a + b) / c              | c / (a + b)              | (a + b)²
a - b              | a - b + c                | c + (a - b)              | c - (a - b)              | -(a - b)              | (a - b) × c              | c × (a - b)              | (a - b) / c              | c / (a - b)              | (a - b)²
-a                 | -a + c                   | c - a                    | c - (-a)                 | -(-a)                 | (-a) × c                 | c × (-a)                 | (-a) / c                 | c / (-a)                 | (-a)²
a × b              | a × b + c                | c + a × b                | c - a × b                | -a × b                | a × b × c                | c × (a × b)              | a × b / c                | c / (a × b)              | (a × b)²
a / b              | a / b + c                | c + a / b                | c - a / b                | -a / b                | (a / b) × c              | c × (a / b)              | (a / b) / c              | c / (a / b)              | (a / b)²
1/2                | 1/2 + c                  | c + 1/2                  | c - 1/2                  | -1/2                  | 1/2 × c                  | c × (1/2)                | (1/2) / c                | c / (1/2)                | (1/2)²
1/2 (one number)   | 1/2 + c                  | c + 1/2                  | c - 1/2                  | -1/2                  | 1/2 × c                  | c × (1/2)                | (1/2) / c                | c / (1/2)                | (1/2)²
-1/2               | -1/2 + c                 | c - 1/2                  | c - (-1/2)               | -(-1/2)               | (-1/2) × c               | c × (-1/2)               | (-1/2) / c               | c / (-1/2)               | (-1/2)²
(-1) / 2           | (-1) / 2 + c             | c + (-1) / 2             | c - (-1) / 2             | -(-1) / 2             | ((-1) / 2) × c           | c × ((-1) / 2)           | ((-1) / 2) / c           | c / ((-1) / 2)           | ((-1) / 2)²
-1/2 (one number)  | -1/2 + c                 | c + (-1/2)               | c - (-1/2)               | -(-1/2)               | (-1/2) × c               | c × (-1/2)               | (-1/2) / c               | c / (-1/2)               | (-1/2)²
a²                 | a² + c                   | c + a²                   | c - a²                   | -a²                   | a² × c                   | c × a²                   | a² / c                   | c / a²                   | (a²)²
e^{a}              | e^{a} + c                | c + e^{a}                | c - e^{a}                | -e^{a}                | e^{a} × c                | c × e^{a}                | e^{a} / c                | c / e^{a}                | (e^{a})²
tanh(a)            | tanh(a) + c              | c + tanh(a)              | c - tanh(a)              | -tanh(a)              | tanh(a) × c              | c × tanh(a)              | tanh(a) / c              | c / tanh(a)              | tanh(a)²
Σ_i x_i            | Σ_i x_i + c              | c + Σ_i x_i              | c - Σ_i x_i              | -Σ_i x_i              | (Σ_i x_i) × c            | c × Σ_i x_i              | (Σ_i x_i) / c            | c / (Σ_i x_i)            | (Σ_i x_i)²
max_i x_i          | max_i x_i + c            | c + max_i x_i            | c - max_i x_i            | -max_i x_i            | (max_i x_i) × c          | c × max_i x_i            | (max_i x_i) / c          | c / (max_i x_i)          | (max_i x_i)²
a × ln(b)          | a × ln(b) + c            | c + a × ln(b)            | c - a × ln(b)            | -a × ln(b)            | (a × ln(b)) × c          | c × (a × ln(b))          | a × ln(b) / c            | c / (a × ln(b))          | (a × ln(b))²
π                  | π + c                    | c + π                    | c - π                    | -π                    | π × c                    | c × π                    | π / c                    | c / π                    | π²
∂a/∂b              | ∂a/∂b + c                | c + ∂a/∂b                | c - ∂a/∂b                | -∂a/∂b                | ∂a/∂b × c                | c × ∂a/∂b                | (∂a/∂b) / c              | c / (∂a/∂b)              | (∂a/∂b)²
1[a > b]           | 1[a > b] + c             | c + 1[a > b]             | c - 1[a > b]             | -1[a > b]             | 1[a > b] × c             | c × 1[a > b]             | 1[a > b] / c             | c / 1[a > b]             | 1[a > b]²
a if a > 0, else b | (a if a > 0, else b) + c | c + (a if a > 0, else b) | c - (a if a > 0, else b) | -(a if a > 0, else b) | (a if a > 0, else b) × c | c × (a if a > 0, else b) | (a if a > 0, else b) / c | c / (a if a > 0, else b) | (a if a > 0, else b)²
"""  # noqa: E501  (a table is read along its rows)
ROWS = [[cell.strip() for cell in row.split("|")] for row in GRID.strip().splitlines()]
PLACES = {
    "+ c": lambda node: node + c,
    "c +": lambda node: c + node,
    "c -": lambda node: c - node,
    "-": lambda node: Neg(node),
    "× c": lambda node: node * c,
    "c ×": lambda node: c * node,
    "/ c": lambda node: node / c,
    "c /": lambda node: c / node,
    "²": lambda node: Pow(node, Num(2)),
}


def test_the_grid_has_every_operand() -> None:
    assert [row[0] for row in ROWS] == list(OPERANDS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_operator_by_operand_by_side(row: list[str]) -> None:
    name, *expected = row
    assert text(OPERANDS[name]) == name.removesuffix(" (one number)")
    assert {place: text(build(OPERANDS[name])) for place, build in PLACES.items()} == dict(
        zip(PLACES, expected, strict=True)
    )


t, y = Sym("t"), Sym("y")
DEEPER: list[tuple[Expr, str]] = [
    (Mul((Div(Num(1), Num(2)), Num(2), t - y, Num(-1))), "1/2 × 2 × (t - y) × (-1)"),
    (Neg(Neg(Neg(a))), "-(-(-a))"),
    (a - Neg(Neg(b)), "a - (-(-b))"),
    (Neg(Num(-2) * a), "-(-2) × a"),
    (-(a + b) + c, "-(a + b) + c"),
    ((a / b) / (b / c), "(a / b) / (b / c)"),
    ((a**2) ** 3, "(a²)³"),
    (a**-1, "a⁻¹"),
    (a**12, "a¹²"),
    (Pow(a, b + 1), "a^{b + 1}"),
    (Pow(a, -b), "a^{-b}"),
    (Pow(a, Div(Num(1), Num(2))), "a^{1/2}"),
    (a / (b * c), "a / (b × c)"),
    (a * (b / c), "a × (b / c)"),
    (Mul((a, Sum("i", x))) / b, "(a × Σ_i x_i) / b"),
    (Mul((a, Sum("i", x))) * b, "a × (Σ_i x_i) × b"),
    (a * Sum("i", x * Sum("j", Sym("W", ("j", "i")))), "a × Σ_i x_i × Σ_j W_ji"),
    (Sum("i", x + a), "Σ_i (x_i + a)"),
    (Mul((a, Max("i", x))) / b, "(a × max_i x_i) / b"),
    (Sum("i", exp(x - Max("j", Sym("x", ("j",))))), "Σ_i e^{x_i - max_j x_j}"),
    (Max("i", -x), "max_i (-x_i)"),
    (Sum("i", xln(t, x)), "Σ_i t × ln(x_i)"),
    (xln(a + b, x) / b, "(a + b) × ln(x_i) / b"),
    (Sum("i", -x), "Σ_i (-x_i)"),
    (ln(a) * exp(-a), "ln(a) × e^{-a}"),
    (a + Div(Num(1), Num(-2)), "a + 1 / (-2)"),
    (Cases(Condition(a, ">", b), cases, cases), "(a if a > 0, else b) if a > b, else a if a > 0, else b"),
    (Indicator(Condition(cases, ">", Num(0))), "1[(a if a > 0, else b) > 0]"),
    (1 - a**2, "1 - a²"),
]  # fmt: skip


@pytest.mark.parametrize(("node", "expected"), DEEPER, ids=[row[1] for row in DEEPER])
def test_brackets_inside_brackets(node: Expr, expected: str) -> None:
    assert text(node) == expected


@pytest.mark.parametrize(("inside", "written"), [
    (a - b, "|a - b|"), (absolute(a), "|(|a|)|"), (absolute(a) - b, "|(|a| - b)|"), (b - absolute(a), "|(b - |a|)|"),
    (b * absolute(a), "|(b × |a|)|"), (exp(absolute(a)), "|e^{|a|}|"),
])  # fmt: skip
def test_two_bars_are_no_norm(inside: Expr, written: str) -> None:
    assert text(absolute(inside)) == written

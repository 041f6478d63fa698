"""The reader that other tests lean on: what it reads, what it must refuse, and how far a rounded digit reaches."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from tests.reader import IrrationalError, ReadError, evaluate, evaluate_exact, interval, numbers, read, symbols

READ = [
    ("2.0 × 1.0 + (-1.0) × 0.5 + 0.5", 2.0),
    ("-1.0 + 1.0 - 0.5", -0.5),
    ("1/2 × (1.0 - 0.0)² + 1/2 × (0.5 - (-1.5))²", 2.5),
    ("1/2 * (1.0 - 0.0)^2 + 1/2 * (0.5 - (-1.5))^2", 2.5),
    ("max(0, -0.5)", 0.0),
    ("-2²", -4.0),
    ("(-2)²", 4.0),
    ("2⁻³", 0.125),
    ("2^(-3)", 0.125),
    ("4^{1/2}", 2.0),
    ("e^{-0.0}", 1.0),
    ("4.92000×10⁻⁵ × 2", 9.84e-5),
    ("4.92000e-5 * 2", 9.84e-5),
    ("|1.0 - |-3||", 2.0),
    ("1[2.0 > 0] × 3 + 1[1 = 2]", 3.0),
    ("1[0 >= 0] + 1[1 != 2]", 2.0),
    ("1 if 2 > 3, else 4 if 5 ≤ 5, else 6", 4.0),
    ("1.0 + … 781 more terms, together 0.4127", 1.4127),
    ("1.0 + ... 1 more term, together -0.25", 0.75),
    ("8 / 2 / 2 × 3", 6.0),
    ("2 × Σ_i i × 3 + 1", 19.0),
    ("π / pi + sign(-2.0) + erf(0)", 0.0),
    ("max(0, 3.0, -1, 2)", 3.0),
    ("min(0, 3.0, -1, 2) × max(2)", -2.0),
    ("sin(π / 2) + cos(0)", 2.0),
    ("max_i i × 3 + 1", 7.0),
    ("2 × max_i (-i) - 0.5", -2.5),
    ("Σ_i max_i i", 4.0),
    ("0 × ln(0) + 2 × (0.0 × ln(-1))", 0.0),
    ("-0 * ln(0.0) * 3", 0.0),
]


@pytest.mark.parametrize(("text", "value"), READ, ids=[row[0] for row in READ])
def test_reads(text: str, value: float) -> None:
    assert math.isclose(evaluate(text, sizes={"i": 2}), value, rel_tol=1e-15, abs_tol=0)


REFUSED = [
    "", "2.0 × -1", "--3", "2 + -3", "2 - -3", "2 / -3", "2 +3", "2  + 3", "2+3", "(2", "2)", "2 3", "2 ×",
    "ln(1, 2)", "max(1,2)", "sinh(x)", "1 / 1/2", "1/2²", "1/2 / 3", "3 × 1/2", "x if y", "x if y > 0", "1[x]",
    "1[x > 0", "|x", "e^{x", "2^-3", "x²⁻", "∂L/x", "∂L", "… 3 more term", "… 1 more terms, together 2.0", "2x",
    "2.", ".5", "×", "2 × Σ_i", "3 × max_i -2", "max_i -2", "max_i + 2", "max()",
    " 2", "2 ", "2\n+ 3", "-(-(-3)", "4.9×10 + 1 ×",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_refuses(text: str) -> None:
    with pytest.raises(ReadError):
        read(text)


def test_symbols_are_read_whole() -> None:
    text = "w21⁺ + W1[2,1] × ∂MSE/∂w21 - δ_o1′ / ∂L/∂W[1,2] + ŷ_k"
    assert symbols(text) == ["w21⁺", "W1[2,1]", "∂MSE/∂w21", "δ_o1′", "∂L/∂W[1,2]", "ŷ_k"]
    assert symbols("w21+ - lr * dMSE/dw21 + delta_o1'") == ["w21+", "lr", "dMSE/dw21", "delta_o1'"]
    assert numbers("1/2 × w21 + 4.92×10⁻⁵") == ["1", "2", "4.92×10⁻⁵"]
    with pytest.raises(ReadError, match="no value for b1"):
        evaluate("b1", {"b2": 1.0})
    with pytest.raises(ReadError, match="no value for … 3 more terms"):
        evaluate("2.0 × (b1 + … 3 more terms)", {"b1": 1.0})


def test_free_indices_are_bound() -> None:
    values = {"W[2,1]": 3.0, "W[2,2]": 5.0, "x[1]": 1.0, "x[2]": 10.0}
    assert evaluate("Σ_i W_ji × x_i", values, {"i": 2}, {"j": 1}) == 53.0
    assert evaluate("sum_i 1[i = 2] * x_i / n_i", values, {"i": 2}) == 5.0


def test_exact() -> None:
    assert evaluate_exact("1/3 × (0.1 + x) - e^{0}", {"x": Fraction(1, 5)}) == Fraction(-9, 10)
    assert evaluate_exact("sqrt(9/4) - max(1/2, 1, x)", {"x": Fraction(0)}) == Fraction(1, 2)
    with pytest.raises(IrrationalError, match="no fraction for exp"):
        evaluate_exact("e^{1}")


def test_times_zero() -> None:
    """The irrational is 0 there and so is the logarithm after it; what is undefined stays so."""
    for text in ("e^{1} × 3 × 0", "0 × π × e^{1}", "(1 - 1) × sqrt(2)", "0 × ln(0)", "0 × ln(-2)", "0 × ln(e^{1})"):
        assert evaluate_exact(text) == evaluate(text) == 0, text
    for text in (
        "0 × (1 / 0)",
        "ln(0) × 0",
        "0 × sqrt(-1)",
        "0 × 0⁻¹",
        "0 × ln(1 / 0)",
        "0 × (ln(0) + 1)",
        "2 × ln(0)",
    ):
        for run in (evaluate_exact, evaluate):
            with pytest.raises(ArithmeticError):
                run(text)
    for text in ("0.0 × ln(0)", "0 × ln(0.0)"):
        assert interval(text, False) == pytest.approx((0, 0), abs=1e-300)
    with pytest.raises(ArithmeticError):
        interval("0.0 × ln(0)", True)


INTERVALS = [
    ("0.33", True, 0.325, 0.335),
    ("4.92×10⁻⁵", True, 4.915e-5, 4.925e-5),
    ("2 × 3", True, 6, 6),
    ("2.0 × 3.0", False, 6, 6),
    ("2.0 × 3.0", True, 1.95 * 2.95, 2.05 * 3.05),
    ("0.1 - 0.30", lambda digits: digits == "0.30", -0.205, -0.195),
    ("(-0.5 + 0.4)²", True, 0, 0.04),
    ("1.0 / 2.0", True, 0.95 / 2.05, 1.05 / 1.95),
    ("|-0.1 + 0.1|", True, 0, 0.1),
    ("max(0, -0.2)", True, 0, 0),
    ("min(0.5, 0.2)", True, 0.15, 0.25),
    ("1[0.0 > 0]", True, 0, 1),
    ("1[0.1 > 0]", True, 1, 1),
    ("e^{-1.0}", True, math.exp(-1.05), math.exp(-0.95)),
    ("2.0⁻¹", True, 1 / 2.05, 1 / 1.95),
    ("x × 2", False, 2, 6),
]


@pytest.mark.parametrize(("text", "rounded", "low", "high"), INTERVALS, ids=[row[0] for row in INTERVALS])
def test_interval(text: str, rounded: bool, low: float, high: float) -> None:
    found = interval(text, rounded, {"x": (1, 3)})
    assert found == pytest.approx((low, high), rel=1e-12, abs=1e-300)
    assert (found[0] <= low and high <= found[1]) or found == pytest.approx((low, high), rel=1e-14)

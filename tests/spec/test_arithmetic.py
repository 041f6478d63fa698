"""Numbers of a file that are written as arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from nntrace.spec.arithmetic import is_arithmetic, number
from nntrace.spec.model import Irrational
from nntrace.spec.scalars import Fault

EXACT = {
    "0.7/5": Fraction(7, 50), "1/3 + 1/6": Fraction(1, 2), "-2^2": Fraction(-4), "2^3^2": Fraction(512),
    "(1 - 0.1) * 10": Fraction(9), "sqrt(9/4)": Fraction(3, 2), "2 ** -1": Fraction(1, 2),
    "abs(-3) + max(1, 2)": Fraction(5),
    "exp(0) + ln(1) + cos(0)": Fraction(2), "1e-3*2": Fraction(1, 500), "3/4": Fraction(3, 4),
}  # fmt: skip
ROUNDED = {
    "sqrt(2)": math.sqrt(2), "1 + sin(pi/4)": 1 + math.sin(math.pi / 4), "e^2": math.e**2, "pi": math.pi,
    "2^0.5": 2**0.5, "1/sqrt(3)": 1 / math.sqrt(3), "tanh(0.5) - 1": math.tanh(0.5) - 1,
}  # fmt: skip
WITHOUT_VALUE = ("1/(2-2)", "sqrt(-1)", "ln(0)", "0^-1", "(-8)^(1/3)", "2^5000", "exp(1000)")
NO_ARITHMETIC = ("w(2)", "h-1", "a/b", "(", "2 +", "sqrt()", "sqrt(1, 2)", "1 2", "@2")


@pytest.mark.parametrize(("text", "value"), EXACT.items())
def test_what_is_rational_is_exact(text: str, value: Fraction) -> None:
    found = number(text)
    assert found == value
    assert not isinstance(found, Irrational)


@pytest.mark.parametrize(("text", "value"), [(text, value) for text, value in ROUNDED.items() if text != "pi"])
def test_what_is_not_is_a_float(text: str, value: float) -> None:
    found = number(text)
    assert isinstance(found, Irrational)
    assert float(found) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("text", WITHOUT_VALUE)
def test_what_has_no_value_says_so(text: str) -> None:
    assert isinstance(number(text), Fault)


@pytest.mark.parametrize("text", NO_ARITHMETIC)
def test_what_is_a_name_stays_one(text: str) -> None:
    assert not is_arithmetic(text)

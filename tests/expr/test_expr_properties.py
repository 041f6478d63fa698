"""What is told of a formula: that it is affine, against midpoints by numbers; that something in it jumps or turns."""

from __future__ import annotations

from fractions import Fraction

import pytest

from nntrace.expr import (
    Cases,
    Condition,
    Expr,
    Indexed,
    Indicator,
    Max,
    Num,
    Size,
    Sum,
    absolute,
    at_letter,
    exact,
    exp,
    maximum,
    sign,
    tanh,
)  # fmt: skip
from nntrace.expr.properties import constant_part, has_kink, is_affine, linear_part, variables

x, y, W, b = Indexed("x"), Indexed("y"), Indexed("W"), Indexed("b")
i, j = x["i"], x["j"]
positive = Condition(j, ">", Num(0))

AFFINE = {
    "dense": Sum("i", W["j", "i"] * i) + b["j"],
    "convolution": Sum("r", b["r"] * x[at_letter("j") + "r"]) + 1,
    "centred": j - Sum("i", i) / Size("j"),
    "of two arguments": b["j"] * j - 3 * y["j"] + exp(b["j"]),
    "cancelled": j**2 / j,
    "a case of a parameter": Cases(Condition(b["j"], ">", Num(0)), j, 2 * j),
    "constant": b["j"],
}
OTHERS = {
    "square": (j**2, False),
    "product of the arguments": (j * y["j"], False),
    "radial basis": (exp(-Sum("i", (i - W["j", "i"]) ** 2)), False),
    "tanh": (tanh(j), False),
    "relu": (maximum(0, j), True),
    "two relus": (maximum(0, j) - maximum(0, -j), True),
    "absolute": (absolute(j), True),
    "sign, of slope 0": (sign(j), True),
    "a step, of slope 0": (Indicator(positive) + b["j"], True),
    "a jump between equal slopes": (Cases(positive, j + 1, j), True),
    "largest": (Max("i", i), True),
}


@pytest.mark.parametrize("formula", AFFINE.values(), ids=AFFINE)
def test_an_affine_formula_keeps_midpoints(formula: Expr) -> None:
    assert is_affine(formula, ("x", "y"))
    assert not has_kink(formula, ("x", "y"))
    numbers = {"x": ((3, -2, 5), (-7, 4, 2)), "y": ((1, 8, 2), (3, -4, 0)), "b": ((2, -1, 3),) * 2}

    def at_weight(weight: Fraction) -> Fraction:
        def value(name: str, cell: tuple[int, ...]) -> Fraction | None:
            if name == "W":
                return Fraction(cell[0] - 2 * cell[1])
            low, high = (Fraction(one[cell[0]]) for one in numbers[name])
            return low + weight * (high - low)

        found = exact(_without_exponential(formula), value, {"j": 0}, {"i": 3, "j": 3, "r": 2})
        assert found is not None
        return found

    assert 2 * at_weight(Fraction(1, 2)) == at_weight(Fraction(0)) + at_weight(Fraction(1))


def _without_exponential(formula: Expr) -> Expr:
    """e^b is a constant that is not rational: it stands on both sides alike."""
    terms = getattr(formula, "terms", (formula,))
    kept = [term for term in terms if term != exp(b["j"])]
    return sum(kept[1:], kept[0])


@pytest.mark.parametrize(("formula", "kink"), OTHERS.values(), ids=OTHERS)
def test_what_is_not_shown_to_be_affine(formula: Expr, kink: bool) -> None:
    assert not is_affine(formula, ("x", "y"))
    assert has_kink(formula, ("x", "y")) == kink


def test_the_parts_of_an_affine_formula() -> None:
    formula = Sum("i", W["j", "i"] * (x["i"] - b["i"])) + 1
    (by,) = variables(formula, ("x",))
    assert by.name == "x"
    assert by.index[0] not in ("i", "j")
    assert linear_part(formula, by) == W["j", by.index[0]]
    assert constant_part(formula, ("x",)) == Sum("i", W["j", "i"] * -b["i"]) + 1
    assert constant_part(AFFINE["dense"], ("x",)) == b["j"]

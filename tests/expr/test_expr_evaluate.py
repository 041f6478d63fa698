"""A whole tensor at once equals its elements one by one: numpy's plan against the scalar interpreter."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntrace.expr import (
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
    Pow,
    Rest,
    Size,
    Sum,
    Sym,
    approximate,
    at,
    maximum,
    partial_key,
)  # fmt: skip
from nntrace.expr.contractions import Arguments
from nntrace.expr.evaluate import plan
from nntrace.expr.text import text
from tests.expr.expressions import LOSS, MARK, SIZES, TENSORS, Numbers, expressions

NUMBERS = Numbers(seed=4, low=-1.5, high=1.5)


def arrays() -> dict[str, np.ndarray]:
    made = {
        key: np.zeros([SIZES[axis] for axis in axes])
        for name, axes in TENSORS.items()
        for key in (name, name + MARK, partial_key(LOSS, name))
    }
    for name, array in made.items():
        for cell in np.ndindex(array.shape):
            array[cell] = NUMBERS(name, cell)
    return made


ARGUMENTS = Arguments(arrays(), SIZES)


def check(node: Expr, axes: tuple[str, ...]) -> None:
    """Every element of the plan's result, with its axes in the order asked for, is the scalar interpreter's number."""
    with np.errstate(all="ignore"):
        result = np.asarray(plan(node, axes)(ARGUMENTS))
    assert result.shape == tuple(SIZES[axis] for axis in axes), text(node)
    for cell in itertools.product(*(range(SIZES[axis]) for axis in axes)):
        expected = approximate(node, NUMBERS, dict(zip(axes, cell, strict=True)), SIZES)
        if math.isfinite(expected) and abs(expected) < 1e12:
            assert math.isclose(result[cell], expected, rel_tol=1e-8, abs_tol=1e-8), (text(node), cell)


@settings(max_examples=150)
@given(node=expressions(scope=("n", "j", "i"), without=(Rest,)), axes=st.permutations(["n", "j", "i"]))
def test_every_element_of_random_formulas(node: Expr, axes: list[str]) -> None:
    check(node, tuple(axes))


def S(name: str, *index: int | str) -> Sym:
    return Sym(name, index)


x, y, W, X, V, b = S("x", "i"), S("y", "j"), S("W", "j", "i"), S("X", "n", "i"), S("V", "j", "k"), Sym("b")
z = Sum("i", W * X) + y
positive = Condition(z, ">", Num(0))

FORMULAS: list[tuple[Expr, str]] = [
    (z, "nj"),
    (z, "jn"),
    (maximum(0, z), "nj"),
    (Indicator(positive), "nj"),
    (Cases(positive, z, b * z), "nj"),
    (Sum("n", X * S("X", "n", 0)), "i"),
    (Sum("n", Sum("j", X * W * y)), "i"),
    (Sum("j", Sum("k", V)), ""),
    (Sum("j", Sum("j", y)), ""),
    (Sum("j", y * Sum("j", y)), ""),
    (Sum("i", Num(2)), ""),
    (Sum("i", b), "n"),
    (Sum("i", Size("i") * x), ""),
    (Sum("i", x * W * x), "j"),
    (Sum("k", V * S("ŷ", "k") * S("y", "k")), "j"),
    (Sum("j", V * S("V", "j", "j")), "k"),
    (S("V", "j", "j"), "j"),
    (S("V", "j", "j") * S("V", "k", "j"), "kj"),
    (S("W", "j", 1), "j"),
    (S("W", 1, "i"), "ji"),
    (Sum("j", Delta("j", "k") * y), "k"),
    (Sum("j", Delta("j", 1) * y), ""),
    (Sum("j", Delta("j", "j")), ""),
    (Sum("j", y * Delta("j", "j")), ""),
    (Sum("j", Neg(y) * W), "i"),
    (Sum("j", Neg(W * y)), "i"),
    (Sum("j", (W - y) * y), "i"),
    (Sum("j", y / W), "i"),
    (Partial(Sym(LOSS), y) * x, "ij"),
    (Sym("y", ("j",), MARK), "j"),
    (Pow(x, Num(2)) + Pow(x, Num(-1)), "i"),
    (Call("exp", (y,)) / Sum("j", Call("exp", (y,))), "j"),
    (Max("i", x), ""),
    (Max("j", W * y), "i"),
    (Max("n", X) - x, "i"),
    (Max("j", S("V", "j", "j")), ""),
    (Max("i", b), ""),
    (Max("i", b), "n"),
    (Call("exp", (y - Max("j", y),)), "j"),
    (Sum("j", W * Max("n", X)), "i"),
    (Max("i", Max("i", x) * x), ""),
    (Num(1), ""),
    (Num(1), "nj"),
    (Size("k"), "j"),
    (Delta("i", "j"), "ji"),
    (Indicator(Condition(Num(1), ">", Num(0))), ""),
    (Mul((y,)), "j"),
]  # fmt: skip


@pytest.mark.parametrize(("node", "axes"), FORMULAS, ids=[f"{text(node)} [{axes}]" for node, axes in FORMULAS])
def test_every_element(node: Expr, axes: str) -> None:
    check(node, tuple(axes))


RENAMED: list[tuple[Expr, dict[str, int | str]]] = [
    (Sum("i", x * W), {"j": "i"}),
    (Sum("i", x / Size("i") * W), {"j": "i"}),
    (Sum("i", Sum("i", x) * W), {"j": "i"}),
    (Max("i", x * W), {"j": "i"}),
]


@pytest.mark.parametrize(("node", "binding"), RENAMED, ids=[text(row[0]) for row in RENAMED])
def test_an_index_renamed_out_of_the_way_keeps_its_size(node: Expr, binding: dict[str, int | str]) -> None:
    """The sum over i becomes one over i′, which no table of sizes knows."""
    sizes = {"i": 2}
    arguments = Arguments({"x": np.array([2.0, 3.0]), "W": np.array([[1.0, 2.0], [3.0, 4.0]])}, sizes)
    moved = at(node, binding)
    assert plan(moved, ("i",))(arguments) == pytest.approx(
        plan(node, ("j",))(Arguments(arguments.arrays, {"i": 2, "j": 2}))
    )
    number = approximate(moved, lambda name, cell: float(arguments.arrays[name][cell]), {"i": 1}, sizes)
    assert number == pytest.approx(plan(moved, ("i",))(arguments)[1])


def test_a_renamed_inner_index_captures_nothing() -> None:
    node = Sum("i", Sum("i", S("x", "i") * S("x", "i′")))
    arguments = Arguments({"x": np.array([2.0, 3.0])}, {"i": 2})
    assert plan(node, ("i′",))(arguments) == pytest.approx([20.0, 30.0])


def test_matrix_products_use_no_large_intermediate() -> None:
    """Σ_i W_ji X_ni over 784 inputs: a product of 400 MB if it were broadcast first."""
    rng = np.random.default_rng(0)
    big = {"W": rng.normal(size=(128, 784)), "X": rng.normal(size=(500, 784)), "y": rng.normal(size=128)}
    result = plan(z, ("n", "j"))(Arguments(big, {"i": 784, "j": 128, "n": 500}))
    assert np.allclose(result, big["X"] @ big["W"].T + big["y"])


def test_what_has_no_array_says_so() -> None:
    with pytest.raises(TypeError, match="no array for Rest"):
        plan(Rest(3, None), ())

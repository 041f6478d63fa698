"""Derivatives: against SymPy, against difference quotients, and by hand where an index or a kink is the point."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from nntrace.expr import (
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Pow,
    Rest,
    Size,
    Sum,
    Sym,
    approximate,
    at,
    contract,
    cos,
    differentiate,
    exp,
    expand,
    free_indices,
    ln,
    maximum,
    minimum,
    product,
    simplify,
    sin,
    symbols,
    tanh,
    total,
    xln,
)  # fmt: skip
from nntrace.expr.functions import FUNCTIONS
from nntrace.expr.index import Affine
from nntrace.expr.text import text
from tests.expr.derivatives import central
from tests.expr.expressions import SIZES, TENSORS, Numbers, arity, close, expressions, walk
from tests.expr.in_sympy import in_sympy

a, b, x = Sym("a"), Sym("b"), Sym("x")
t, y = Sym("t"), Sym("y")


def xs(*index: int | str) -> Sym:
    return Sym("x", index)


def W(*index: int | str) -> Sym:
    return Sym("W", index)


WRITTEN_OUT: list[tuple[Expr, Sym, str]] = [
    (a, a, "1"),
    (b, a, "0"),
    (Sym("a", (), "⁺"), a, "0"),
    (Num(3), a, "0"),
    (3 * a, a, "3"),
    (-a, a, "-1"),
    (a + b, a, "1"),
    (a * b * a, a, "b × a + a × b"),
    (a / b, a, "1 / b"),
    (a / b, b, "(-a) / b²"),
    ((a + 1) / a, a, "(a - (a + 1)) / a²"),
    (a**2, a, "2 × a"),
    (a**3, a, "3 × a²"),
    (a**-1, a, "(-1) × a⁻²"),
    (Div(Num(1), Num(2)) * (t - y) ** 2, y, "1/2 × 2 × (t - y) × (-1)"),
    (exp(-a), a, "e^{-a} × (-1)"),
    (ln(a), a, "1 / a"),
    (tanh(a), a, "1 - tanh(a)²"),
    (maximum(0, a), a, "1[a > 0]"),
    (Call("sqrt", (a,)), a, "1 / (2 × sqrt(a))"),
    (Pow(Num(2), a), a, "2^{a} × ln(2)"),
    (Indicator(Condition(a, ">", Num(0))), a, "0"),
    (Cases(Condition(a, ">", Num(0)), a, Num(Decimal("0.01")) * a), a, "1 if a > 0, else 0.01"),
    (Cases(Condition(a, ">", Num(0)), 2 * a, a + a), b, "0"),
    (Cases(Condition(a, "=", Num(0)), 2 * a, a), a, "2 if a = 0, else 1"),
    (xs(0), xs(0), "1"),
    (xs(0), xs(1), "0"),
    (xs(0) ** xs(1), xs("q"), "x[2] × x[1]^{x[2] - 1} × 1[1 = q] + 1[2 = q] × (x[1]^{x[2]} × ln(x[1]))"),
    (xs("j"), xs("q"), "1[j = q]"),
    (xs("j"), xs(1), "1[j = 2]"),
    (W("j", "i"), W("p", "q"), "1[j = p] × 1[i = q]"),
    (Sum("i", xs("i")), xs(1), "1"),
    (Sum("i", xs("i")), xs("q"), "1"),
    (Sum("i", xs("i")), a, "0"),
    (Sum("i", xs("i")), xs("i"), "1"),
    (Sum("i", xs("i") ** 2), xs("q"), "2 × x_q"),
    (Sum("i", W("j", "i") * xs("i")), xs("q"), "W_jq"),
    (Sum("i", W("j", "i") * xs("i")), xs("i"), "W_ji"),
    (Sum("i", W("j", "i") * xs("i")), W("p", "q"), "1[j = p] × x_q"),
    (Sum("i", W("j", "i") * xs("i")) + Sym("b", ("j",)), W(0, 1), "1[j = 1] × x[2]"),
    (Sum("i", exp(xs("i"))), xs("q"), "e^{x_q}"),
    (a * Sum("j", xs("j")), a, "Σ_j x_j"),
    (Sum("j", a * xs("j")), a, "Σ_j x_j"),
    (Call("abs", (a,)), a, "sign(a)"),
    (Call("sign", (a,)), a, "0"),
    (Call("pi", ()) * a, a, "π"),
    (sin(a**2), a, "cos(a²) × 2 × a"),
    (cos(a), a, "-sin(a)"),
    (minimum(6, a), a, "1[a ≤ 6]"),
    (maximum(a, 0), a, "1[a > 0]"),
    (maximum(a, b), a, "1[b ≤ a]"),
    (maximum(0, a, b), a, "1[a > 0] × 1[b ≤ a]"),
    (Call("erf", (a,)), a, "(2 / sqrt(π)) × e^{-a²}"),
    (xln(t, y), y, "t / y"),
    (xln(t, y), t, "ln(y)"),
    (xln(1 - t, 1 - y), y, "((1 - t) / (1 - y)) × (-1)"),
    (Rest(3, Num(Decimal("0.5"))) + a, a, "1"),
    (Size("k") * a, a, "n_k"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("node", "by", "expected"), WRITTEN_OUT, ids=[f"d({text(n)}) by {text(s)}" for n, s, _ in WRITTEN_OUT]
)
def test_the_result_is_written_out(node: Expr, by: Sym, expected: str) -> None:
    assert text(differentiate(node, by)) == expected


relu, leaky = maximum(0, a), Cases(Condition(a, ">", Num(0)), a, Num(Decimal("0.01")) * a)
mirrored = Cases(Condition(a, "<", Num(0)), Num(Decimal("0.01")) * a, a)
KINKS: list[tuple[Expr, float, float]] = [
    (relu, 0, 1),
    (-relu, 0, -1),
    (leaky, 0.01, 1),
    (Cases(Condition(a, "≥", Num(0)), a, Num(Decimal("0.01")) * a), 0.01, 1),
    (mirrored, 0.01, 1),
    (Cases(Condition(a, "≤", Num(0)), Num(Decimal("0.01")) * a, a), 0.01, 1),
    (Sum("i", relu), 0, 2),
    (maximum(a, 0), 0, 1),
    (minimum(0, a), 1, 0),
    (minimum(a, 0), 1, 0),
    (maximum(0, a, 3 * a), 0, 3),
    (minimum(a, 3 * a, 0), 3, 0),
    (maximum(a), 1, 1),
]


@pytest.mark.parametrize(("node", "left", "right"), KINKS, ids=[text(row[0]) for row in KINKS])
def test_at_a_kink_the_convention_picks_the_side(node: Expr, left: float, right: float) -> None:
    for point, kink, slope in (
        (0.0, 0, left),
        (0.0, 1, right),
        (-1.0, 0, left),
        (-1.0, 1, left),
        (1.0, 0, right),
        (1.0, 1, right),
    ):
        assert approximate(differentiate(node, a, kink), lambda name, cell, at=point: at, {}, {"i": 2}) == slope


@pytest.mark.parametrize("kink", [0, 1])
@pytest.mark.parametrize("function", [maximum, minimum])
def test_one_of_the_equal_arguments_has_the_slope(function: Callable[..., Expr], kink: int) -> None:
    """The slopes by the arguments are 0, but 1 by one that is the value: with equal ones too a subgradient."""
    arguments = [xs(place) for place in range(3)]
    for values in itertools.product((-1.0, 0.0, 2.0), repeat=3):
        for node in (function(*arguments), function(arguments[0], 0, arguments[2], arguments[1])):
            by_each = [differentiate(node, by, kink) for by in arguments]
            slopes = [approximate(slope, lambda name, cell, at=values: at[cell[0]]) for slope in by_each]
            value = approximate(node, lambda name, cell, at=values: at[cell[0]])
            assert sorted(slopes) in ([0, 0, 1], [0, 0, 0] if value == 0 else [])
            assert all(slope == 0 or values[place] == value for place, slope in enumerate(slopes))
            if node.args == tuple(arguments):
                assert sum(slopes) == 1


@pytest.mark.parametrize("kink", [0, 1])
def test_the_slope_of_the_absolute_value_is_the_sign(kink: int) -> None:
    for number, slope in ((-2.0, -1), (0.0, 0), (2.0, 1)):
        found = differentiate(Call("abs", (a,)), a, kink)
        assert approximate(found, lambda name, cell, at=number: at) == slope


Drawn = st.SearchStrategy[Expr]


def smooth(inner: Drawn) -> Drawn:
    """Larger expressions that are smooth for positive symbols; roots and logarithms only of positive arguments."""
    positive = st.one_of(st.sampled_from([a, b]), inner.map(exp))
    return st.one_of(
        st.tuples(inner, inner).map(Add),
        st.tuples(inner, inner).map(Mul),
        inner.map(Neg),
        st.tuples(inner, positive).map(lambda pair: Div(*pair)),
        st.tuples(inner, st.integers(2, 3).map(Num)).map(lambda pair: Pow(*pair)),
        st.tuples(positive, inner).map(lambda pair: Pow(*pair)),
        *(st.tuples(*arguments(function, inner, positive)).map(partial(Call, function)) for function in SMOOTH),
    )


SMOOTH = sorted(function for function, row in FUNCTIONS.items() if row.turns is None)


def arguments(function: str, inner: Drawn, positive: Drawn) -> list[Drawn]:
    """What a function may be applied to: anything, or only what is positive."""
    return {"ln": [positive], "sqrt": [positive], "xln": [inner, positive]}.get(function, [inner] * arity(function))


@settings(max_examples=40, deadline=None)
@given(
    node=st.recursive(st.sampled_from([a, b, Num(2), Num(Fraction(1, 3)), Num(Decimal("0.7"))]), smooth, max_leaves=5)
)
def test_scalar_derivatives_are_those_of_sympy(node: Expr) -> None:
    numbers = {"a": 0.6, "b": 1.3}
    expected = sympy.diff(in_sympy(node, positive=True), sympy.Symbol("a", positive=True))
    value = complex(expected.evalf(30, subs={sympy.Symbol(name, positive=True): at for name, at in numbers.items()}))
    found = approximate(differentiate(node, a), lambda name, _: numbers[name])
    if abs(value) < 1e12 and math.isfinite(found):
        assert close(found, value.real, 1e-8), text(node)


NUMBERS = Numbers(seed=2, low=0.3, high=1.7)


def _at_its_boundary(node: Expr) -> bool:
    """Whether cases compare a thing with itself: there the convention takes a side, wherever one looks."""
    if not isinstance(node, Cases):
        return False
    left, right = node.condition.left, node.condition.right
    constant = not [*symbols(left), *symbols(right)] and not {*free_indices(left), *free_indices(right)}
    return left == right or (
        constant and approximate(left, NUMBERS, {}, SIZES) == approximate(right, NUMBERS, {}, SIZES)
    )


@settings(max_examples=150)
@given(node=expressions(scope=("j",), without=(Rest,)), by=st.sampled_from(["x", "y", "V", "o1"]), data=st.data())
def test_random_derivatives_are_difference_quotients(node: Expr, by: str, data: st.DataObject) -> None:
    """By a cell, and by a symbol with indices of its own that is then bound to this cell."""
    axes = TENSORS[by]
    cell = data.draw(st.tuples(*(st.integers(0, SIZES[axis] - 1) for axis in axes)))
    index = {"j": data.draw(st.integers(0, SIZES["j"] - 1))}
    expected = central(node, NUMBERS.cells, (by, cell), index, SIZES)
    if not math.isfinite(expected) or abs(expected) > 1e4 or any(_at_its_boundary(part) for part in walk(node)):
        return
    bound = approximate(differentiate(node, Sym(by, cell)), NUMBERS, index, SIZES)
    named = tuple("pq"[place] for place in range(len(cell)))
    sizes = SIZES | {letter: SIZES[axis] for letter, axis in zip(named, axes, strict=True)}
    free = approximate(differentiate(node, Sym(by, named)), NUMBERS, index | dict(zip(named, cell, strict=True)), sizes)
    if math.isfinite(bound):
        assert close(bound, expected, 1e-4, 1e-5), text(node)
    if math.isfinite(bound) and math.isfinite(free):
        assert close(free, bound), text(node)


@given(
    factors=st.lists(
        st.one_of(
            st.builds(Delta, st.sampled_from(["j", "k"]), st.sampled_from(["j", "k", "p", 0, 1])),
            st.sampled_from([Sym("y", ("j",)), Sym("y", ("k",)), Sym("y", ("p",)), Sym("V", ("j", "k")), Num(2)]),
            st.just(Delta("j", "p") - Sym("y", ("j",))),
            st.just(Neg(Delta("j", "k"))),
            st.just(Sum("p", Sym("y", ("p",)) * Sym("V", ("p", "j")))),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_contraction_is_the_sum_written_out(factors: list[Expr]) -> None:
    body = product(factors)
    index = {"k": 2, "p": 1}
    for term in (body, total((body, Sym("y", ("j",)))), Neg(body)):
        sizes = {**SIZES, "p": 3}
        short = contract("j", term)
        assert close(approximate(short, NUMBERS, index, sizes), approximate(Sum("j", term), NUMBERS, index, sizes)), (
            text(short)
        )


def test_contraction_distributes_only_where_every_term_has_a_delta() -> None:
    """Σ_j (δ_jp - y_j) stays one sum over a difference; Σ_j g_j (δ_jp a + δ_jk b) falls into its terms."""
    y_j, g = Sym("y", ("j",)), Sym("g", ("j",))
    mixed = g * (Delta("j", "p") - y_j)
    assert contract("j", mixed) == Sum("j", mixed)
    assert text(contract("j", g * (Delta("j", "p") * a + Delta("j", "k") * b))) == "g_p × a + g_k × b"
    assert text(contract("j", g * (Delta("j", "p") - 2))) == "Σ_j g_j × (1[j = p] - 2)"


def test_contraction_takes_no_letter_out_of_its_sum() -> None:
    """1[j = k + 1] is within Σ_k, and where it leaves j to be k + 1, k has no meaning outside."""
    inner = Sum("k", Delta("j", Affine(((1, "k"),), 1)) * Sym("y", ("k",)))
    assert text(contract("j", inner * Sym("g", ("j",)))) == "Σ_j (Σ_k 1[j = k + 1] × y_k) × g_j"


def test_the_largest_shares_its_slope_among_equals() -> None:
    """max z by z_q: 1 where z_q alone is the largest, a half where two are, which is a slope between both sides."""
    z = Sym("z", ("k",))
    slope = differentiate(Max("k", z), Sym("z", ("q",)))
    for numbers, expected in [((1, 3, 2), (0, 1, 0)), ((3, 1, 3), (0.5, 0, 0.5)), ((-1, -1, -1), (1 / 3,) * 3)]:
        found = [approximate(slope, lambda _, cell, own=numbers: own[cell[0]], {"q": q}, {"k": 3}) for q in range(3)]
        assert found == pytest.approx(expected)


def test_an_index_of_the_other_symbol_is_not_captured() -> None:
    """Σ_i Σ_q W_qi x_i g_q by x_q: the q of x is not the q that is summed."""
    z = Sum("i", Sum("q", W("q", "i") * xs("i") * Sym("g", ("q",))))
    sizes = {"i": 2, "q": 3, "p": 2}
    values = {"W": 2.0, "x": 3.0, "g": 5.0}
    for index in (0, 1):
        for slope in (differentiate(z, xs("q")), at(differentiate(z, xs("p")), {"p": "q"}), differentiate(z, xs("i"))):
            found = approximate(slope, lambda name, _: values[name], {"q": index, "i": index}, sizes)
            assert found == 30.0, text(slope)


def test_softmax_by_index() -> None:
    """∂ŷ_k/∂z_q = ŷ_k (δ_kq - ŷ_q)."""
    z = {0: 0.3, 1: -1.2, 2: 0.8}

    def at_index(i: str) -> Sym:
        return Sym("z", (i,))

    softmax = exp(at_index("k")) / Sum("j", exp(at_index("j")))
    total_ = sum(map(math.exp, z.values()))
    for k in z:
        for q in z:
            expected = math.exp(z[k]) / total_ * ((k == q) - math.exp(z[q]) / total_)
            for by, index in (
                (Sym("z", ("q",)), {"k": k, "q": q}),
                (Sym("z", ("j",)), {"k": k, "j": q}),
                (Sym("z", (q,)), {"k": k}),
            ):
                found = differentiate(softmax, by)
                assert math.isclose(
                    approximate(found, lambda _, cell: z[cell[0]], index, {"j": 3}), expected, rel_tol=1e-12
                )


def test_written_out_and_derived_commute() -> None:
    """d(Σ written out) = (dΣ) written out."""
    z = Sum("i", W("j", "i") * xs("i") ** 2)
    whole = differentiate(expand(at(z, {"j": 0}), {"i": 2}), xs(1))
    part = expand(at(differentiate(z, xs("q")), {"j": 0, "q": 1}), {"i": 2})
    assert text(simplify(whole)) == text(simplify(part)) == "2 × W[1,2] × x[2]"

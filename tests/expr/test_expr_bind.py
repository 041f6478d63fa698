"""Binding indices and symbols: what is bound, what is left alone, and what would be captured."""

from __future__ import annotations

import copy
import math
import pickle
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nntrace.expr import (
    Add,
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
    children,
    expand,
    free_indices,
    negative,
    product,
    rebuild,
    rename,
    substitute,
    symbols,
    total,
)  # fmt: skip
from nntrace.expr.text import text
from tests.expr.expressions import SIZES, Numbers, close, expressions, walk

NUMBERS = Numbers(seed=6)
a, b, c = Sym("a"), Sym("b"), Sym("c")


def x(i: int | str) -> Sym:
    return Sym("x", (i,))


def W(j: int | str, i: int | str) -> Sym:
    return Sym("W", (j, i))


z = Sum("i", W("j", "i") * x("i")) + Sym("b", ("j",))

AT: list[tuple[Expr, dict[str, int | str], str]] = [
    (x("i"), {"i": 0}, "x[1]"),
    (x("i"), {"i": "p"}, "x_p"),
    (x("i"), {"j": 0}, "x_i"),
    (W("j", "i"), {"j": "i", "i": "j"}, "W_ij"),
    (z, {"j": 1}, "Σ_i W[2,i] × x_i + b[2]"),
    (z, {"i": 1}, "Σ_i W_ji × x_i + b_j"),
    (z, {"j": "i"}, "Σ_i′ W_ii′ × x_i′ + b_i"),
    (Sum("i", W("j", "i") * x("i′")), {"j": "i"}, "Σ_i′′ W_ii′′ × x_i′"),
    (Sum("i", Sum("j", W("j", "i"))), {"i": 0, "j": 0}, "Σ_i Σ_j W_ji"),
    (Sum("j", W("j", "i")), {"i": "j"}, "Σ_j′ W_j′j"),
    (Sum("j", Size("j") * W("j", "i")), {"i": "j"}, "Σ_j′ n_j′ × W_j′j"),
    (Max("i", W("j", "i")), {"i": 0, "j": 1}, "max_i W[2,i]"),
    (Max("j", W("j", "i")), {"i": "j"}, "max_j′ W_j′j"),
    (Delta("i", "j"), {"i": 0}, "1[1 = j]"),
    (Delta("i", "j"), {"i": "j"}, "1"),
    (Delta("i", "j"), {"i": 0, "j": 1}, "0"),
    (Size("i"), {"i": 0}, "n_i"),
    (Size("i"), {"i": "p"}, "n_p"),
    (Partial(Sym("L"), x("i")), {"i": 0}, "∂L/∂x[1]"),
    (Indicator(Condition(x("i"), ">", Num(0))), {"i": 1}, "1[x[2] > 0]"),
    (Cases(Condition(x("i"), ">", Num(0)), x("i"), Num(0)), {"i": 1}, "x[2] if x[2] > 0, else 0"),
    (Sym("w", ("i",), "⁺"), {"i": 1}, "w[2]⁺"),
]  # fmt: skip


@pytest.mark.parametrize(("node", "binding", "expected"), AT, ids=[f"{text(row[0])} at {row[1]}" for row in AT])
def test_at(node: Expr, binding: dict[str, int | str], expected: str) -> None:
    assert text(at(node, binding)) == expected


@given(node=expressions(scope=("i", "j", "n")), i=st.integers(0, 1), j=st.integers(0, 2), n=st.integers(0, 3))
def test_binding_is_evaluating_there(node: Expr, i: int, j: int, n: int) -> None:
    index = {"i": i, "j": j, "n": n}
    bound = at(node, {**index})
    assert not free_indices(bound)
    assert close(approximate(node, NUMBERS, index, SIZES), approximate(bound, NUMBERS, {}, SIZES), 0, 0)


@given(body=expressions(scope=("j", "k"), depth=2, without=(Num,)), j=st.integers(0, 2), k=st.integers(0, 2))
def test_swapping_index_names_captures_nothing(body: Expr, j: int, k: int) -> None:
    for node in (body, Sum("j", body), Sum("k", body), Max("j", body), Max("k", body)):
        swapped = at(node, {"j": "k", "k": "j"})
        before = approximate(node, NUMBERS, {"j": j, "k": k}, SIZES)
        assert close(before, approximate(swapped, NUMBERS, {"j": k, "k": j}, SIZES), 0, 0), text(swapped)


@given(node=expressions(scope=("j",)), j=st.integers(0, 2))
@example(node=Indicator(Condition(Num(0), ">", Pow(Num(0) * Num(Decimal("-1.5")), Num(-1)))), j=0)
def test_expanding_changes_no_value_and_leaves_no_sum(node: Expr, j: int) -> None:
    """Where no part is an infinity, whose sign may hang on that of a 0: the 0 that a product is has none any more."""
    written = expand(at(node, {"j": j}), SIZES)
    assert not any(isinstance(part, Sum | Max | Size) for part in walk(written))
    before, after = approximate(node, NUMBERS, {"j": j}, SIZES), approximate(written, NUMBERS)
    if abs(before) < 1e12 and not any(math.isinf(approximate(part, NUMBERS)) for part in walk(written)):
        assert close(before, after, 1e-6, 1e-6), text(written)


EXPANDED: list[tuple[Expr, tuple[Sym, ...], str]] = [
    (Sum("i", x("i")), (), "x[1] + x[2]"),
    (at(z, {"j": 1}), (), "W[2,1] × x[1] + W[2,2] × x[2] + b[2]"),
    (at(z, {"j": 1}), (W(1, 0),), "W[2,2] × x[2] + b[2]"),
    (at(z, {"j": 1}), (Sym("b", (1,)),), "W[2,1] × x[1] + W[2,2] × x[2]"),
    (Sum("i", Neg(W(0, "i") * x("i"))), (W(0, 0),), "-W[1,2] × x[2]"),
    (Sum("i", x("i")), (x(0), x(1)), "0"),
    (Sum("i", Partial(Sym("L"), x("i"))), (x(0),), "∂L/∂x[2]"),
    (Sum("i", Sum("j", W("j", "i"))), (), "W[1,1] + W[2,1] + W[3,1] + W[1,2] + W[2,2] + W[3,2]"),
    (a * Sum("j", W("j", 0)), (), "a × (W[1,1] + W[2,1] + W[3,1])"),
    (Max("i", x("i")), (), "max(x[1], x[2])"),
    (Max("i", Sum("j", W("j", "i"))) - a, (), "max(W[1,1] + W[2,1] + W[3,1], W[1,2] + W[2,2] + W[3,2]) - a"),
    (at(Max("i", W("j", "i")), {"j": "i"}), (), "max(W[i,1], W[i,2])"),
    (a / Size("j"), (), "a / 3"),
    (a * b + c, (b,), "c"),
    (Sum("i", x("i") ** 2) / Size("i"), (), "(x[1]² + x[2]²) / 2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("node", "absent", "expected"), EXPANDED, ids=[f"{text(row[0])} without {row[1]}" for row in EXPANDED]
)
def test_expand(node: Expr, absent: tuple[Sym, ...], expected: str) -> None:
    assert text(expand(node, {"i": 2, "j": 3}, lambda symbol: symbol in absent)) == expected


def test_rename_and_substitute() -> None:
    node = a * b + Partial(Sym("L"), a) - Sum("i", x("i"))
    assert text(rename(node, lambda symbol: symbol)) == text(node)
    assert text(rename(node, lambda symbol: Sym("s") if isinstance(symbol, Sym) else Sym("d"))) == "s × s + d - Σ_i s"
    assert text(substitute(node, {a: b + c, Partial(Sym("L"), a): Num(2)})) == "(b + c) × b + 2 - Σ_i x_i"
    assert text(substitute(a * b, {a: b, b: a})) == "b × a"
    assert substitute(node, {}) is node


def test_symbols_come_in_the_order_they_are_written() -> None:
    node = Cases(Condition(a, ">", b), c * a, Partial(Sym("L"), x(0)) + Rest(2, Num(1)))
    assert list(symbols(node)) == [a, b, c, a, Partial(Sym("L"), x(0))]


def test_free_indices() -> None:
    assert list(free_indices(z)) == ["j"]
    assert list(free_indices(Sum("i", W("j", "i")) + x("i") * Delta("p", 0))) == ["j", "i", "p"]
    assert list(free_indices(Max("i", W("j", "i")))) == ["j"]


@given(node=expressions(scope=("j",)))
def test_a_node_is_its_parts(node: Expr) -> None:
    assert rebuild(node, children(node)) == node
    assert pickle.loads(pickle.dumps(node)) == node == copy.deepcopy(node)
    assert hash(pickle.loads(pickle.dumps(node))) == hash(node)
    with pytest.raises(AttributeError, match=f"{type(node).__name__} is frozen"):
        node.name = "other"  # type: ignore[attr-defined]


def test_operators_build_and_simplify_nothing() -> None:
    assert a * 1 == Mul((a, Num(1)))
    assert a + b + c == Add((a, b, c))
    assert a + (b + c) == Add((a, Add((b, c))))
    assert 1 - a == Add((Num(1), Neg(a)))
    assert -Neg(a) == Neg(Neg(a))
    assert 2 * a * b == Mul((Num(2), a, b))
    assert a * 0 != Num(0)


def test_totals_and_products_leave_out_what_was_never_there() -> None:
    assert total((Num(0), a, a + b)) == Add((a, a, b))
    assert total(()) == Num(0)
    assert product((Num(1), a, a * b)) == Mul((a, a, b))
    assert product(()) == Num(1)
    assert product((a, Num(0))) == Num(0)
    assert negative(negative(a)) == a
    assert negative(Num(1)) == Num(-1)
    assert negative(Num(0)) == Num(0)

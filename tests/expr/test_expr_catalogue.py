"""The whole catalogue: declared derivative = derived = central difference, at every index. New entries need no edit."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pytest

from nntrace.catalogue import KINDS, Entry, Loss, Operation, find, names
from nntrace.catalogue.activations import a, elementwise, z
from nntrace.expr import HALF, Expr, Size, Sum, Sym, exp, free_indices, symbols
from tests.expr.derivatives import Cells, wrong_derivatives

SIZES = {"i": 3, "j": 2, "k": 3, "n": 2}
CONVENTIONS = {"vectors": ("columns", "rows"), "bias": ("each", "shared", "none"), "relu_at_zero": (0, 1)}
ENTRIES = [entry for entries in KINDS.values() for entry in entries.values()]


def operations(entry: Entry) -> list[Operation]:
    """An entry's formulas, one for every combination of the conventions it knows."""
    choices = [[(name, choice) for choice in CONVENTIONS[name]] for name in entry.conventions() if name in CONVENTIONS]
    made: list[Any] = [entry.build(**dict(chosen)) for chosen in product(*choices)]
    return [_operation(one) if isinstance(one, Loss) else one for one in made]


def _operation(loss: Loss) -> Operation:
    total: Expr = Sum("k", loss.part)
    return Operation(Sym("L"), total / Size("k") if loss.reduction == "mean" else total)


def numbers(operation: Operation, seed: int) -> Cells:
    """Arguments' numbers in (0.1, 0.9), of either sign unless they are a loss's, which may be probabilities."""
    draw = random.Random(seed)
    signs = (1,) if operation.output.name == "L" else (1, -1)
    cells: Cells = {}
    for symbol in symbols(operation.formula):
        assert isinstance(symbol, Sym)
        for cell in product(*(range(SIZES[str(axis)]) for axis in symbol.index)):
            cells[symbol.name, cell] = draw.choice(signs) * draw.uniform(0.1, 0.9)
    return cells


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind} {entry.name}")
def test_declared_is_derived_is_central_difference(entry: Entry) -> None:
    for operation, seed, kink in product(operations(entry), range(4), (0, 1)):
        assert wrong_derivatives(operation, numbers(operation, seed), SIZES, kink) == []


@pytest.mark.parametrize("factor", [1.0005, 0.9995])
def test_a_derivative_off_by_a_twentieth_of_a_percent_is_caught(factor: float) -> None:
    from decimal import Decimal

    from nntrace.expr import Num

    right = elementwise(1 / (1 + exp(-z)), a * (1 - a))
    assert wrong_derivatives(right, numbers(right, 0), SIZES) == []
    wrong = elementwise(1 / (1 + exp(-z)), a * (1 - a) * Num(Decimal(str(factor))))
    found = wrong_derivatives(wrong, numbers(wrong, 0), SIZES)
    assert len(found) == SIZES["j"]
    assert all("declared" in line for line in found)


def test_a_forgotten_factor_of_a_loss_is_caught() -> None:
    y, t = Sym("y", ("k",)), Sym("t", ("k",))
    wrong = Operation(Sym("L"), Sum("k", HALF * (t - y) ** 2), {"y": (t - y,)})
    assert len(wrong_derivatives(wrong, numbers(wrong, 0), SIZES)) == SIZES["k"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind} {entry.name}")
def test_an_entry_is_a_formula_with_a_docstring(entry: Entry) -> None:
    assert entry.summary.endswith((".", ";", ":")) or "." in (entry.build.__doc__ or "")
    assert all(find(entry.kind, word) is entry for word in (entry.name, *entry.aliases))
    for operation in operations(entry):
        assert set(free_indices(operation.formula)) <= set(operation.output.index)
        read = {symbol.name for symbol in symbols(operation.formula) if isinstance(symbol, Sym)}
        assert set(operation.declared) <= read
        assert operation.output.name + operation.output.mark not in read


@pytest.mark.parametrize("kind", KINDS)
def test_no_word_means_two_entries(kind: str) -> None:
    words = names(kind)
    assert len(set(words)) == len(words)
    assert find(kind, "no such entry") is None


def test_a_signature_is_the_schema_of_the_options() -> None:
    from typing import Literal

    def entry(slope: float = 0.01, *, bias: str = "each") -> None:
        """A line.

        More."""

    def other(units: int, mode: Literal["max", "mean"] = "max", bare: bool = False) -> None:
        """Another."""

    made = Entry("activation", "entry", (), entry)
    assert {name: tuple(option) for name, option in made.options().items()} == {"slope": ("number", 0.01, ())}
    assert made.conventions() == ("bias",)
    assert made.summary == "A line."
    import inspect

    globals()["Literal"] = Literal
    options = Entry("layer", "other", (), other).options()
    assert tuple(options["units"]) == ("count", inspect.Parameter.empty, ())
    assert tuple(options["mode"]) == ("word", "max", ("max", "mean"))
    assert tuple(options["bare"]) == ("flag", False, ())

"""The whole catalogue: declared derivative = derived = central difference, at every index, and numbers that hold out.

New entries, new options and new fusions need no edit.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
import sympy

from nntrace.catalogue import KINDS, Entry, Fusion, Loss, Operation, Option, Same, find, names
from nntrace.catalogue.activations import a, elementwise, z
from nntrace.catalogue.registry import NEEDED
from nntrace.expr import (
    HALF,
    Cases,
    Expr,
    Size,
    Sum,
    Sym,
    approximate,
    at,
    differentiate,
    exp,
    expand,
    free_indices,
    ln,
    symbols,
)
from nntrace.expr.contractions import Arguments
from nntrace.expr.evaluate import plan
from tests.expr.derivatives import Cells, cells_of, computed, named, sizes_for, slope, wrong_derivatives
from tests.expr.in_sympy import element, in_sympy

SIZES = {"i": 3, "j": 2, "k": 3, "n": 2}
CONVENTIONS = {"vectors": ("columns", "rows"), "log": ("e", "2", "10"), "arguments": (2, 3)}
EVERY = [entry for entries in KINDS.values() for entry in entries.values()]
OPERATIONS = ("layer", "activation", "loss", "penalty")
"""The kinds of entries that give an operation; the others say how a parameter starts or learns."""
ENTRIES = [entry for entry in EVERY if entry.kind in OPERATIONS]
MOST = (-1000.0, -1.0, 0.0, 1.0, 1000.0)


class Case(NamedTuple):
    """One form of an entry, and the range of its arguments: between 0 and 1 where they may be probabilities."""

    operation: Operation
    probabilities: bool


def built(entry: Entry) -> list[Any]:
    """An entry built with every combination of the conventions it knows and of some values of each option."""
    choices = [[(name, choice) for choice in CONVENTIONS[name]] for name in entry.conventions()]
    choices += [[(name, value) for value in values(option)] for name, option in entry.options().items()]
    made = [entry.build(**dict(chosen)) for chosen in product(*choices)]
    return [variant for one in made for variant in (variants(one) if isinstance(one, Operation) else (one,))]


def variants(operation: Operation) -> list[Operation]:
    """An operation with each of its parameters given, shared by all places, or left out where it may be."""
    ways = [
        [one.key, *([one.shared] if one.shared else []), *([""] if one.optional else [])]
        for one in operation.parameters
    ]
    return [operation.with_parameters(given) for given in product(*ways)] if ways else [operation]


def values(option: Option) -> tuple[Any, ...]:
    """What is tried of an option: every word, and a number that a file gives beside the default."""
    if option.type == "number":
        return option.default, Fraction(3, 10)
    return {"flag": (False, True), "word": option.choices}.get(option.type, (option.default,))


def cases(entry: Entry) -> list[Case]:
    return [
        Case(_operation(one), one.targets != "any") if isinstance(one, Loss) else Case(one, False)
        for one in built(entry)
    ]


def operations(entry: Entry) -> list[Operation]:
    return [case.operation for case in cases(entry)]


def _operation(loss: Loss) -> Operation:
    total: Expr = Sum("k", loss.part)
    return Operation(Sym("L"), total / Size("k") if loss.reduction == "mean" else total)


def numbers(operation: Operation, seed: int, probabilities: bool = False) -> Cells:
    """Arguments' numbers in (0.1, 0.9); unless they may be probabilities, of either sign and, half the time, wider."""
    draw = random.Random(seed)
    signs, wide = ((1,), 1) if probabilities else ((1, -1), (1, 4.5)[seed % 2])
    cells: Cells = {}
    for symbol in symbols(operation.formula):
        assert isinstance(symbol, Sym)
        for cell in cells_of(symbol, sizes_for(operation, SIZES)):
            cells[symbol.name, cell] = draw.choice(signs) * draw.uniform(0.1, 0.9) * wide
    return cells


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind} {entry.name}")
def test_declared_is_derived_is_central_difference(entry: Entry) -> None:
    for (operation, probabilities), seed, kink in product(cases(entry), range(6), (0, 1)):
        sizes = sizes_for(operation, SIZES)
        assert wrong_derivatives(operation, numbers(operation, seed, probabilities), sizes, kink) == []


@pytest.mark.grid
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind} {entry.name}")
def test_sympy_has_the_same_derivatives(entry: Entry) -> None:
    """Derived and declared, of every cell by every cell, with options and conventions as they are drawn."""
    for (operation, probabilities), seed in product(cases(entry), range(2)):
        sizes = sizes_for(operation, SIZES)
        cells = numbers(operation, seed, probabilities)
        known = cells | computed(operation, operation.formula, cells, sizes)
        subs = {element(Sym(name, cell)): number for (name, cell), number in cells.items()}
        for cell in cells_of(operation.output, sizes):
            whole = in_sympy(expand(at(operation.formula, named(operation.output, cell)), sizes))
            for argument in {one for one in symbols(operation.formula) if isinstance(one, Sym)}:
                by = Sym(argument.name, tuple(f"{axis}′" for axis in argument.index), argument.mark)
                derived = differentiate(operation.formula, by)
                declared = operation.declared.get(argument.name, ())
                own = operation.argument(argument.name) if operation.mixes(argument.name) else argument
                for other in cells_of(argument, sizes):
                    expected = float(sympy.diff(whole, element(Sym(argument.name, other))).evalf(20, subs=subs))
                    here = named(operation.output, cell)
                    found = [approximate(derived, lambda n, c, k=known: k[n, c], here | named(by, other), sizes)]
                    index = named(own, other) | here
                    if operation.mixes(argument.name) or all(
                        index[str(axis)] == place for axis, place in zip(argument.index, other, strict=True)
                    ):
                        found += [
                            approximate(form, lambda n, c, k=known: k[n, c], index, sizes) for _, form in declared
                        ]
                    assert found == pytest.approx([expected] * len(found), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("entry", KINDS["activation"].values(), ids=lambda entry: entry.name)
def test_every_form_between_the_safe_and_the_plain_formula_is_equal(entry: Entry) -> None:
    for operation, seed in product(operations(entry), range(4)):
        sizes, cells = sizes_for(operation, SIZES), numbers(operation, seed)
        plain = computed(operation, operation.formula, cells, sizes)
        assert bool(operation.equal) == (operation.stable is not None)
        assert not operation.equal or operation.equal[-1].form == operation.formula
        for one in operation.equal:
            assert computed(operation, one.form, cells, sizes) == pytest.approx(plain, rel=1e-12, abs=1e-15)


def array_of(symbol: Sym, formula: Expr, cells: Cells, sizes: Mapping[str, int]) -> np.ndarray:
    """A formula as numpy computes it, from cells."""
    arrays: dict[str, np.ndarray] = {}
    for name, cell in cells:
        shape = [1 + max(other[axis] for key, other in cells if key == name) for axis in range(len(cell))]
        arrays.setdefault(name, np.zeros(shape))[cell] = cells[name, cell]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        return np.asarray(plan(formula, tuple(map(str, symbol.index)))(Arguments(arrays, sizes)))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind} {entry.name}")
def test_the_numbers_formula_is_the_textbooks(entry: Entry) -> None:
    """What the numbers come from equals the textbook's formula where that does not overflow."""
    for (operation, probabilities), seed in product(cases(entry), range(4)):
        sizes, cells = sizes_for(operation, SIZES), numbers(operation, seed, probabilities)
        textbook = computed(operation, operation.formula, cells, sizes)
        assert computed(operation, operation.numeric, cells, sizes) == pytest.approx(textbook, rel=1e-13, abs=1e-15)
        assert operation.sheet_formula in (operation.formula, operation.numeric)
        assert not operation.program or operation.stable is not None


@pytest.mark.parametrize("entry", KINDS["activation"].values(), ids=lambda entry: entry.name)
def test_an_activation_is_finite_at_a_thousand(entry: Entry) -> None:
    """Its value and its used derivative, by the scalar interpreter; the program and the value by numpy too.

    The scalar e^x is ∞ beyond the floats, and numpy warns there: neither may be seen where a stable formula is given.
    """
    for operation in operations(entry):
        sizes = sizes_for(operation, SIZES | {"j": 3})
        (argument,) = {symbol for symbol in symbols(operation.formula) if symbol.index == operation.output.index}
        for numbers_ in product(MOST, repeat=3):
            cells: Cells = {(argument.name, (place,)): number for place, number in enumerate(numbers_)}
            known = cells | computed(operation, operation.numeric, cells, sizes)
            assert all(map(math.isfinite, known.values())), (entry.name, known)
            by = operation.argument(argument.name) if operation.mixes(argument.name) else argument
            for (_, form), cell in product(
                operation.declared.get(argument.name, ())[-1:], cells_of(operation.output, sizes)
            ):
                index = named(by, cell) | named(operation.output, cell)
                assert math.isfinite(approximate(form, lambda name, at, known=known: known[name, at], index, sizes))
            if operation.stable is not None:
                for symbol, line, *_ in (*operation.program, (operation.output, operation.stable)):
                    found = array_of(symbol, line, known, sizes)
                    for cell in cells_of(symbol, sizes):
                        assert found[cell] == pytest.approx(known[symbol.name, cell], rel=1e-14, abs=1e-300)


class Composed(NamedTuple):
    """A loss after the activation it cancels against: both with symbols over k."""

    loss: Loss
    activation: Operation
    fusion: Fusion

    def cells(self, logits: list[float], targets: list[float], formula: Expr) -> Cells:
        """Arguments, program and result, by the loss's names: z, t and y."""
        cells: Cells = {("z", (place,)): number for place, number in enumerate(logits)}
        known = cells | computed(self.activation, formula, cells, FUSED)
        known |= {("t", (place,)): number for place, number in enumerate(targets)}
        output = self.activation.output.name
        return {("y" if name == output else name, cell): number for (name, cell), number in known.items()}

    def value(self, part: Expr, cells: Cells) -> float:
        """The parts of all outputs together."""
        return approximate(Sum("k", part), lambda name, cell: cells[name, cell], {}, FUSED)

    def gradient(self, cells: Cells, form: Expr | None = None) -> list[float]:
        """The fused derivative, or a form of it, by each of the activation's arguments."""
        used = form or self.fusion.derivative
        places = range(FUSED["k"])
        return [approximate(used, lambda name, cell: cells[name, cell], {"k": k}, FUSED) for k in places]


FUSED = {"i": 3, "j": 3, "k": 3}
FUSIONS = [
    pytest.param(Composed(loss, find("activation", word).build(), fusion), id=f"{word} {entry.name} {place}")  # type: ignore[union-attr]
    for entry in KINDS["loss"].values()
    for place, loss in enumerate(built(entry))
    for word, fusion in loss.fused.items()
]


def targets_of(kind: str, draw: random.Random) -> list[list[float]]:
    """One-hot vectors, distributions, and, where a loss takes bits, each between 0 and 1 by itself."""
    size = FUSED["k"]
    one_hot = [[float(place == right) for place in range(size)] for right in range(size)]
    shares = [draw.random() for _ in range(size)]
    distribution = [share / sum(shares) for share in shares]
    bits = [shares, [0.0] * size, [1.0] * size, [0.0, 1.0, 0.25]]
    return [*one_hot, distribution, *({"classes": [], "bits": bits}[kind])]


@pytest.mark.parametrize("composed", FUSIONS)
def test_a_fusion_is_the_composition(composed: Composed) -> None:
    """Its part is the loss's part of the activation's result, its derivative that part's difference quotient."""
    loss, activation, fusion = composed
    draw = random.Random(1)
    for _ in range(5):
        logits = [draw.uniform(-3, 3) for _ in range(FUSED["k"])]
        for targets in targets_of(loss.targets, draw):
            cells = composed.cells(logits, targets, activation.formula)
            for form in (fusion.part, *(one.form for one in fusion.equal)):
                assert composed.value(form, cells) == pytest.approx(composed.value(loss.part, cells), rel=1e-12)
            for k, found in enumerate(composed.gradient(cells)):

                def moved(step: float, at: int = k, logits: list[float] = logits, t: list[float] = targets) -> float:
                    shifted = [number + step * (place == at) for place, number in enumerate(logits)]
                    return composed.value(loss.part, composed.cells(shifted, t, activation.formula))

                assert found == pytest.approx(slope(moved), rel=1e-6, abs=1e-9)
            if fusion.uncancelled is not None and (fusion.normal is None or sorted(targets) == [0, 0, 1]):
                found = composed.gradient(cells, fusion.uncancelled)
                assert found == pytest.approx(composed.gradient(cells), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("entry", KINDS["activation"].values(), ids=lambda entry: entry.name)
def test_a_sum_that_may_cancel_is_what_stands_for_it(entry: Entry) -> None:
    """Of a formula by cases in the last one, where the slope has it."""
    for operation, seed in product(operations(entry), range(4)):
        sizes, cells = sizes_for(operation, SIZES), numbers(operation, seed)
        known = cells | computed(operation, operation.formula, cells, sizes)
        for (whole, left), cell in product(operation.complements.items(), cells_of(operation.output, sizes)):
            if isinstance(operation.formula, Cases) and cells["z", cell] > 0:
                continue
            index = named(operation.output, cell)
            one, other = (approximate(form, lambda n, c, k=known: k[n, c], index, sizes) for form in (whole, left))
            assert one == pytest.approx(other, rel=1e-12)


@pytest.mark.parametrize("composed", FUSIONS)
def test_a_fusion_is_finite_at_a_thousand(composed: Composed) -> None:
    """Where the loss of the result itself is ln 0: at logits of ±1000 the right class may have the probability 0."""
    loss, activation, fusion = composed
    for logits in product(MOST, repeat=FUSED["k"]):
        for targets in targets_of(loss.targets, random.Random(2)):
            cells = composed.cells(list(logits), targets, activation.numeric)
            found = [composed.value(fusion.part, cells), *composed.gradient(cells)]
            assert all(map(math.isfinite, found)), (logits, targets)
            assert found[0] >= -1e-9
            parts = array_of(Sym("L", ("k",)), fusion.part, cells, FUSED)
            assert float(parts.sum()) == pytest.approx(found[0], rel=1e-13, abs=1e-13)
            slopes = array_of(Sym("d", ("k",)), fusion.derivative, cells, FUSED)
            assert slopes.tolist() == pytest.approx(found[1:], rel=1e-13, abs=1e-13)


def test_there_are_fusions_and_programs_to_try() -> None:
    assert {"softmax cross_entropy 0", "sigmoid binary_cross_entropy 0"} <= {str(row.id) for row in FUSIONS}
    every = [operation for entry in KINDS["activation"].values() for operation in operations(entry)]
    assert sum(bool(operation.program) for operation in every) >= 2
    assert sum(operation.stable is not None for operation in every) >= 3


@pytest.mark.parametrize("factor", [1.0005, 0.9995])
def test_a_derivative_off_by_a_twentieth_of_a_percent_is_caught(factor: float) -> None:
    from decimal import Decimal

    from nntrace.expr import Num

    right = elementwise(1 / (1 + exp(-z)), Same("right", a * (1 - a)))
    assert wrong_derivatives(right, numbers(right, 0), SIZES) == []
    wrong = elementwise(1 / (1 + exp(-z)), Same("wrong", a * (1 - a) * Num(Decimal(str(factor)))))
    found = wrong_derivatives(wrong, numbers(wrong, 0), SIZES)
    assert len(found) == SIZES["j"]
    assert all("declared" in line for line in found)


@pytest.mark.parametrize("factor", [1.0005, 0.9995])
def test_a_jacobian_off_by_a_twentieth_of_a_percent_is_caught(factor: float) -> None:
    """Of a partial that is not elementwise, at every pair of cells."""
    from decimal import Decimal

    from nntrace.expr import Num

    softmax: Operation = KINDS["activation"]["softmax"].build()
    sizes = sizes_for(softmax, SIZES)
    form = softmax.declared["z"][-1].form
    wrong = softmax._replace(declared={"z": (Same("wrong", form * Num(Decimal(str(factor)))),)})
    assert len(wrong_derivatives(wrong, numbers(softmax, 0), sizes)) == sizes["j"] ** 2
    diagonal = softmax._replace(declared={"z": (Same("wrong", a * (1 - a)),)})
    assert len(wrong_derivatives(diagonal, numbers(softmax, 0), sizes)) == sizes["j"] ** 2 - sizes["j"]


def test_a_wrong_stable_formula_is_told() -> None:
    wrong = elementwise(ln(1 + exp(z)), stable=ln(1 + exp(-z)))
    cells = numbers(wrong, 0)
    both = [computed(wrong, formula, cells, SIZES) for formula in (wrong.formula, wrong.numeric)]
    assert both[1] != pytest.approx(both[0], rel=1e-3)


def test_a_forgotten_factor_of_a_loss_is_caught() -> None:
    y, t = Sym("y", ("k",)), Sym("t", ("k",))
    wrong = Operation(Sym("L"), Sum("k", HALF * (t - y) ** 2), {"y": (Same("wrong", t - y),)})
    assert len(wrong_derivatives(wrong, numbers(wrong, 0), SIZES)) == SIZES["k"]


@pytest.mark.parametrize("entry", EVERY, ids=lambda entry: f"{entry.kind} {entry.name}")
def test_an_entry_has_a_docstring_and_is_found(entry: Entry) -> None:
    assert entry.summary.endswith((".", ";", ":")) or "." in (entry.build.__doc__ or "")
    assert all(find(entry.kind, word) is entry for word in (entry.name, *entry.aliases))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind} {entry.name}")
def test_an_operation_reads_what_is_known(entry: Entry) -> None:
    for operation in operations(entry):
        assert set(free_indices(operation.formula)) <= set(operation.output.index)
        read = {symbol.name for symbol in symbols(operation.formula) if isinstance(symbol, Sym)}
        assert set(operation.declared) <= read
        known = set(read)
        for symbol, line, *_ in (*operation.program, (operation.output, operation.numeric)):
            assert set(free_indices(line)) <= set(symbol.index)
            assert {part.name for part in symbols(line) if isinstance(part, Sym)} <= known
            assert symbol.name + symbol.mark not in known
            known.add(symbol.name + symbol.mark)
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
    assert {name: tuple(option) for name, option in made.options().items()} == {"slope": ("number", 0.01, (), "")}
    assert made.conventions() == ("bias",)
    assert made.summary == "A line."
    globals()["Literal"] = Literal
    options = Entry("layer", "other", (), other).options()
    assert tuple(options["units"]) == ("count", NEEDED, (), "")
    assert [name for name, option in options.items() if option.is_needed] == ["units"]
    assert tuple(options["mode"]) == ("word", "max", ("max", "mean"), "")
    assert tuple(options["bare"]) == ("flag", False, (), "")

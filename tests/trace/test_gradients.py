"""Values, gradients and updates of random networks, held against an oracle that nntrace has no part in.

Every check is a function that raises where nntrace is wrong; at the end the same functions are shown a catalogue with a
mistake in it, which they must find. ``NETWORKS=1000 pytest …`` draws more networks than the usual number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import oracle
import pytest
from networks import DRAWN, Network, generate
from stepping import stepped

import nntrace.network.building.operations as building
from nntrace.catalogue import KINDS, Same
from nntrace.expr import Num, approximate
from nntrace.expr.script import UNICODE
from nntrace.formats import render
from nntrace.library.words import with_rate
from nntrace.network.building.build import build
from nntrace.network.lookup import asked_quantities
from nntrace.network.model import Element
from nntrace.network.quantities import Quantity, find, quantity
from nntrace.solution.sheets.calculation import Sheet
from nntrace.solution.sheets.settings import Settings
from nntrace.solution.steps.paths import Paths
from nntrace.spec import read
from nntrace.trace.tracing import trace_of

ROUNDING = 1e-12
LARGEST_EXPONENT = 709
"""How far from the oracle, in sums of absolute contributions (see ``oracle``)."""
MOST_PATHS = 2000
Check = Callable[[Network, Sheet, oracle.Result], None]


def sheet_of(network: Network) -> Sheet:
    return Sheet(build(read(network.text, "generated", None)), Settings(full=True))


def one(sheet: Sheet, name: str) -> Quantity:
    """The quantity of this printed name."""
    (found,) = find(sheet.network, name)
    return found


def close(found: float, expected: Any, size: float, what: str, rounding: float = ROUNDING) -> None:
    expected = float(expected)
    allowed = rounding * max(size, 1e-290)
    same = found == expected or (math.isnan(found) and math.isnan(expected)) or not math.isfinite(size)
    assert same or abs(found - expected) <= allowed, f"{what}: {found!r}, not {expected!r} (within {allowed:.1e})"


names = oracle.with_gradients


# ------------------------------------------------------------------------------------------------------------ checks


def forward(network: Network, sheet: Sheet, truth: oracle.Result) -> None:
    """Every given number, unit, part and the loss; as arrays, as amounts and as fractions."""
    shown = {
        *network.inputs,
        *network.targets,
        *network.parameters,
        *network.units,
        *network.loss.parts,
        network.loss.name,
        *((network.penalty.name, network.penalty.data) if network.penalty else ()),
    }
    beside_a_kink = lost_zero(sheet)
    for name in shown:
        element = one(sheet, name).uses[0]
        expected, size = truth.values[name], truth.sizes[name]
        amount = sheet.trace.value(element)
        close(amount.number, expected, size, f"{name}")
        if not beside_a_kink:
            close(float(sheet.trace.arrays[element.key][element.cell]), expected, size, f"{name} in the array")
        if amount.exact is not None and isinstance(expected, Fraction):
            assert amount.exact == expected, f"{name} is {expected}, not {amount.exact}"


def gradients(network: Network, sheet: Sheet, truth: oracle.Result) -> None:
    """The gradient by every parameter, unit and input: autograd's, the tape's, and exactly where that is rational."""
    automatic = oracle.autograd_gradients(network, truth.decisions)
    for name in names(network):
        size = truth.contributions[name]
        close(automatic[name], truth.gradients[name], size, f"the oracle's own gradient by {name}")
        amount = sheet.trace.total(one(sheet, name))
        close(amount.number, automatic[name], size, f"the gradient by {name}")
        if amount.exact is not None and isinstance(truth.gradients[name], Fraction):
            assert amount.exact == truth.gradients[name], f"the gradient by {name} is {truth.gradients[name]}"


def arrays(network: Network, sheet: Sheet, truth: oracle.Result) -> None:
    """The gradients as whole arrays, those of tied names added up; an exact one is the float one."""
    if lost_zero(sheet):
        return
    for key, array in sheet.trace.totals.items():
        tensor = sheet.network.tensors[key]
        for cell in tensor.cells():
            found = quantity(sheet.network, Element(key, cell))
            close(
                float(array[cell]),
                truth.gradients[found.name],
                truth.contributions[found.name],
                f"the array at {found.name}",
            )
        for cell in tensor.missing:
            assert array[cell] == 0, f"there is no connection at {key}{cell}"


def lost_zero(sheet: Sheet) -> bool:
    """Whether a sum is exactly 0 in fractions and not in floats, so that the arrays stand beside the kink."""
    for key, tensor in sheet.network.tensors.items():
        array = sheet.trace.arrays[key]
        for cell in tensor.cells() if tensor.role == "unit" else ():
            if array[cell] != 0 and sheet.trace.value(Element(key, cell)).exact == 0:
                return True
    return False


def differences(network: Network, sheet: Sheet, truth: oracle.Result) -> None:
    """The central difference of the oracle's loss, where no kink lies between."""
    for name in names(network)[:: max(1, len(names(network)) // 4)]:
        if name in network.units:
            continue
        step = Fraction(1, 2**17)
        sides = [oracle.run(network, {**network.numbers, name: network.numbers[name] + by}) for by in (step, -step)]
        if any(side.decisions != truth.decisions for side in sides):
            continue
        above, below = (side.values[network.loss.name] for side in sides)
        quotient = float(above - below) / float(2 * step)
        scale = abs(quotient) + truth.contributions[name] + truth.sizes[network.loss.name]
        close(sheet.trace.total(one(sheet, name)).number, quotient, scale, f"the difference by {name}", 1e-6)


def paths(network: Network, sheet: Sheet, truth: oracle.Result) -> None:
    """The sum over all paths is the gradient."""
    if math.prod(len(layer.units) for layer in network.layers) > MOST_PATHS:
        return
    walked = Paths(sheet.writer, sheet.ids)
    for name in names(network):
        found = one(sheet, name)
        ways = [walked.from_element(use) for use in found.uses]
        assert all(len(way.best) == way.number for way in ways), f"{name}: not every path is there"
        total = math.fsum(path.size.number for way in ways for path in way.best)
        close(total, truth.gradients[name], truth.contributions[name], f"the sum over the paths of {name}")


def elements(network: Network, sheet: Sheet, truth: oracle.Result) -> None:
    """The written formula of every element evaluates to the array's value; of every gradient too."""
    trace, writer = sheet.trace, sheet.writer
    for step in sheet.network.steps:
        axes = [str(index) for index in step.operation.output.index]
        for cell in sheet.network.tensors[step.output].cells():
            written = writer.write(step.operation.formula, step, dict(zip(axes, cell, strict=True)))
            found = approximate(written.body, lambda key, at: float(trace.arrays[key][at]))
            name = quantity(sheet.network, Element(step.output, cell)).name
            saturated = oracle.fused(network) and step in sheet.network.loss_steps()  # -ln(1 - ŷ) loses its digits
            read = (trace.arrays[key] for key in step.arguments.values())
            saturated |= (
                math.isnan(found) and bool(step.operation.program) and max(map(np.max, read)) > LARGEST_EXPONENT
            )
            if name in truth.sizes and not saturated:
                close(found, float(trace.arrays[step.output][cell]), truth.sizes[name], f"the formula of {name}")
    for name in names(network):
        found = one(sheet, name)
        bodies = [summand.body for use in found.uses for summand in sheet.backward.gradients.summands(use)[0]]
        total = math.fsum(writer.evaluate(body).number for body in bodies)
        close(total, truth.gradients[name], truth.contributions[name], f"the written gradient of {name}")


def updates(network: Network, sheet: Sheet, truth: oracle.Result) -> None:
    """One step of gradient descent: new = old - lr × gradient, frozen ones keep their value, tied ones stay equal."""
    after = trace_of(with_rate(sheet.network, network.rate)).updated().after
    new: dict[str, Any] = dict(network.numbers)
    for name in dict.fromkeys((*network.inputs, *network.targets, *network.parameters)):
        found = one(sheet, name)
        old = network.numbers[name]
        learned = name in network.learned
        new[name] = old - network.rate * truth.gradients[name] if learned else old
        size = abs(float(old)) + float(network.rate) * truth.contributions.get(name, 0.0)
        values = [after.value(use) for use in found.uses]
        assert len({value.number for value in values}) == 1, f"the uses of {name} are no longer equal"
        assert len({float(after.arrays[use.key][use.cell]) for use in found.uses}) == 1, f"{name} is no longer tied"
        close(values[0].number, new[name], size if learned else 0.0, f"{name} after the step")
    again = oracle.run(network, new)
    name = network.loss.name
    if again.decisions == truth.decisions or all(isinstance(value, Fraction) for value in again.values.values()):
        rest = 100 * sum(float(network.rate) * truth.contributions[n] * again.contributions[n] for n in network.learned)
        close(after.value_of_loss().number, again.values[name], again.sizes[name] + rest, "the loss after the step")


CHECKS: tuple[Check, ...] = (forward, gradients, arrays, differences, paths, elements, updates)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_generated_networks(check: Check, drawn: list[tuple[Network, Sheet, oracle.Result]]) -> None:
    for network, sheet, truth in drawn:
        try:
            check(network, sheet, truth)
        except Exception as error:
            error.add_note(network.text)
            raise


@pytest.fixture(scope="module")
def drawn() -> list[tuple[Network, Sheet, oracle.Result]]:
    found = [generate(seed) for seed in sorted({*range(DRAWN), 348, 1002})]  # frozen values beside a penalty
    return [(network, sheet_of(network), oracle.run(network)) for network in found]


# ------------------------------------------------------------------------------------------------- testing the tester


def seeds_with(kind: str) -> Iterator[Network]:
    return (network for network in map(generate, range(400)) if any(layer.kind == kind for layer in network.layers))


def caught(check: Check, kind: str, most: int = 12) -> bool:
    """Whether the check finds what is wrong with an entry, in one of the first networks that have it."""
    for network, _ in zip(seeds_with(kind), range(most), strict=False):
        try:
            check(network, sheet_of(network), oracle.run(network))
        except AssertionError:
            return True
    return False


WRONG = [(Fraction(10005, 10000), "0.05 % off"), (Fraction(-1), "a wrong sign"), (Fraction(0), "nothing")]


@pytest.mark.parametrize("factor", [factor for factor, _ in WRONG], ids=[words for _, words in WRONG])
@pytest.mark.parametrize("kind", ["sigmoid", "tanh"])
@pytest.mark.parametrize("check", [gradients, arrays, paths, elements, updates, differences], ids=lambda c: c.__name__)
def test_a_wrong_derivative_is_caught(
    check: Check, kind: str, factor: Fraction, monkeypatch: pytest.MonkeyPatch
) -> None:
    if check is differences and factor > 1:
        pytest.skip("a central difference over all paths cannot tell so little")
    entry = KINDS["activation"][kind]

    def wrong() -> Any:
        made = entry.build()
        declared = {
            name: (*forms[:-1], Same("wrong", Num(factor) * forms[-1].form)) for name, forms in made.declared.items()
        }
        return made._replace(declared=declared)

    monkeypatch.setattr(building, "_OPERATIONS", {}, raising=False)
    assert not caught(check, kind)
    monkeypatch.setitem(KINDS["activation"], kind, entry._replace(build=wrong))
    monkeypatch.setattr(building, "_OPERATIONS", {}, raising=False)
    assert caught(check, kind)


def test_a_wrong_formula_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = KINDS["activation"]["tanh"]

    def wrong() -> Any:
        made = entry.build()
        return made._replace(formula=made.formula * Num(Fraction(10005, 10000)))

    monkeypatch.setitem(KINDS["activation"], "tanh", entry._replace(build=wrong))
    monkeypatch.setattr(building, "_OPERATIONS", {}, raising=False)
    assert caught(forward, "tanh")


@pytest.mark.parametrize("kind", ["layer", "activation", "loss", "penalty"])
def test_the_oracle_knows_every_entry(kind: str) -> None:
    """A new entry of the catalogue wants a line in ``oracle``, or in ``networks`` what it needs beside it."""
    drawn = [name for name, entry in KINDS[kind].items() if kind != "layer" or entry.parameters()]
    assert [name for name in drawn if not oracle.known(kind, name)] == []


def test_the_generator_draws_everything(drawn: list[tuple[Network, Sheet, oracle.Result]]) -> None:
    networks = [generate(seed) for seed in range(200)]
    text = "\n".join(network.text for network in networks)
    for word in (
        "null",
        "frozen:",
        "values:",
        "parts:",
        "bias:",
        "biases:",
        "relu_at_zero: 1",
        "vectors: rows",
        "[[",
        "penalty:",
        "on: all",
        "on: [",
        *KINDS["penalty"],
    ):
        assert word in text, f"no network has {word}"
    assert any(network.integers for network in networks)
    assert any(len(one(sheet, name).uses) > 1 for network, sheet, _ in drawn for name in network.parameters)
    assert any("[" in name for network in networks for name in network.units)
    assert len({len(network.layers) for network in networks}) >= 5


# --------------------------------------------------------------------------------------------------- depth and width


def chain(depth: int, kind: str) -> str:
    layers = "".join(
        f"  - dense: [h{n}]\n    weights: [[{'1.01' if n % 2 else '0.99'}]]\n    activation: {{{kind}: [a{n}]}}\n"
        for n in range(1, depth + 1)
    )
    return f"inputs: {{x1: 0.5}}\ntargets: {{t1: 1.0}}\nlayers:\n{layers}loss: half_squared_error\nlearning_rate: 0.1\n"


@pytest.mark.parametrize(("kind", "depth"), [("tanh", 1000), ("relu", 400), ("identity", 600)])
def test_a_deep_chain(kind: str, depth: int) -> None:
    """Many layers, up to 1,000: no recursion limit anywhere."""
    network = build(read(chain(depth, kind), "chain", None))
    first = asked_quantities(network, ["W1[1,1]"])
    sheet = Sheet(network, Settings())
    match kind:  # each command once
        case "tanh":
            solution = sheet.forward()
        case "relu":
            solution = stepped(network)
        case _:
            solution = sheet.gradient(first, named=True)
    assert sum(1 for _ in render(solution, "txt", width=100, script=UNICODE)) > depth
    found = sheet.trace.total(first[0]).number
    numbers = [0.5]
    slopes = 1.0
    for n in range(1, depth + 1):
        z = numbers[-1] * (1.01 if n % 2 else 0.99)
        numbers.append(math.tanh(z) if kind == "tanh" else z)
        slopes *= 1 - numbers[-1] ** 2 if kind == "tanh" else 1.0
        slopes *= (1.01 if n % 2 else 0.99) if n > 1 else 1.0
    assert found == pytest.approx((numbers[-1] - 1) * slopes * 0.5, rel=1e-9)


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """784-128-10 from files."""
    random = np.random.default_rng(0)
    arrays = {
        "x": random.random(784), "W1": random.normal(0, 0.05, (128, 784)), "b1": np.zeros(128),
        "W2": random.normal(0, 0.1, (10, 128)), "b2": np.zeros(10), "y": np.eye(10)[3],
    }  # fmt: skip
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    path = tmp_path / "net.yaml"
    path.write_text(
        "inputs: {file: x.npy}\ntargets: {file: y.npy}\nlayers:\n"
        "  - dense: 128\n    weights: {file: W1.npy}\n    biases: {file: b1.npy}\n    activation: sigmoid\n"
        "  - dense: 10\n    weights: {file: W2.npy}\n    biases: {file: b2.npy}\n    activation: sigmoid\n"
        "loss: half_squared_error\nlearning_rate: 0.1\n"
    )
    return path


def test_the_paths_of_a_wide_tensor_are_cut(wide: Path) -> None:
    from nntrace.spec import load

    network = build(load(str(wide)))
    sheet = Sheet(network, Settings(view="paths"))
    solution = sheet.gradient(asked_quantities(network, ["W1"]), named=True)
    lines = list(render(solution, "txt", width=100, script=UNICODE))
    assert len(lines) < 220
    assert sum("more like these (--full shows all)" in line for line in lines) == 1


def test_one_weight_of_a_wide_network(wide: Path) -> None:
    from nntrace.spec import load

    network = build(load(str(wide)))
    sheet = Sheet(network, Settings())
    solution = sheet.gradient(asked_quantities(network, ["W1[5,300]"]), named=True)
    lines = list(render(solution, "txt", width=100, script=UNICODE))
    assert len(lines) <= 130, f"{len(lines)} lines"
    x, W1, W2, y = (np.load(wide.parent / f"{name}.npy") for name in ("x", "W1", "W2", "y"))
    a1 = 1 / (1 + np.exp(-W1 @ x))
    a2 = 1 / (1 + np.exp(-W2 @ a1))
    delta = (W2.T @ ((a2 - y) * a2 * (1 - a2))) * a1 * (1 - a1)
    assert solution.results.gradients["W1[5,300]"] == pytest.approx(delta[4] * x[299], rel=1e-10)

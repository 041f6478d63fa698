"""A full listing of a wide network: put together from arrays, it is letter for letter what step after step prints."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from stepping import rated, stepped

from nntrace.catalogue import KINDS as CATALOGUE
from nntrace.expr.script import ASCII, UNICODE, Script
from nntrace.formats import render
from nntrace.formats.page import rows
from nntrace.network.building.build import build
from nntrace.network.model import Network
from nntrace.network.quantities import parameters
from nntrace.solution.content.model import Family, Solution
from nntrace.solution.numbers.digits import Digits
from nntrace.solution.sheets.calculation import Sheet
from nntrace.solution.sheets.settings import Settings
from nntrace.solution.steps.families import Families
from nntrace.spec import load
from nntrace.trace.arrays import ArrayTrace

ONE = """\
vectors: {vectors}
inputs: {{file: x.npy}}
targets: {{t: {{file: t.npy}}}}
layers:
  - {{dense: {hidden}, weights: {{file: W1.npy}}, biases: {{file: b1.npy}}, activation: {activation}}}
  - {{dense: 3, weights: {{V: {{file: W2.npy}}}}, biases: {{file: b2.npy}}, activation: {last}}}
loss: {loss}
"""
BATCH = """\
inputs: [p, q]
targets: [t]
samples: [[0.3, -1.2, 1], [0.5, 0.7, 0], [-0.1, 0.9, 1]]
layers:
  - {dense: 4, weights: {init: he_normal, seed: 1}, biases: {init: normal, std: 0.5, seed: 2}, activation: tanh}
  - {dense: [o], weights: {init: he_normal, seed: 3}, activation: sigmoid}
loss: bce
"""


def network(folder: Path, inputs: int, hidden: int, kind: str, vectors: str = "columns") -> Network:
    """A network of random floats, with a negative, a tiny, a huge and a short one among them, and a zero."""
    rng = np.random.default_rng(inputs)
    arrays = {
        "x": rng.normal(size=inputs),
        "W1": rng.normal(0, inputs**-0.5, (hidden, inputs)),
        "b1": rng.normal(size=hidden),
        "W2": rng.normal(0, hidden**-0.5, (3, hidden)),
        "b2": rng.normal(size=3),
        "t": np.array([0.0, 1.0, 0.0]),
    }
    arrays["x"][:4] = 0.0, -3e-7, 123456.5, 0.5
    arrays["W1"][0, :4] = -2e-9, 0.25, -1e-5, 3e12 if kind == "huge" else -1.5
    for name, array in arrays.items():
        flipped = vectors == "rows" and name.startswith("W")
        np.save(folder / f"{name}.npy", array.T if flipped else array)
    activation, last, loss = KINDS[kind]
    text = ONE.format(hidden=hidden, activation=activation, last=last, loss=loss, vectors=vectors)
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return build(load(str(path)))


KINDS = {
    "classes": ("relu", "softmax", "ce"),
    "numbers": ("sigmoid", "identity", "half_squared_error"),
    "huge": ("tanh", "sigmoid", "half_squared_error"),
}


def sheets(net: Network) -> list[Solution]:
    """Every value and every gradient, from arrays however small the network is."""
    net = rated(net)
    sheet = Sheet(net, Settings(full=True), ArrayTrace(net))
    step = stepped(net, sheet.settings, trace=sheet.trace)
    return [sheet.forward(), sheet.gradient(parameters(net), named=False), step]


def listing(solutions: list[Solution], format: str, width: int, script: Script) -> list[str]:
    return [
        line
        for one in solutions
        for text in render(one, format, width=width, script=script)
        for line in text.split("\n")
    ]


def families(solutions: list[Solution]) -> int:
    blocks = (block for one in solutions for section in one.sections for block in section.blocks)
    return sum(isinstance(block, Family) for block in blocks)


def both(net: Network, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Solution], list[Solution]]:
    """The sheets with families, and without."""
    compiled = sheets(net)
    monkeypatch.setattr(Families, "has", lambda self, tensor: False)
    return compiled, sheets(net)


@pytest.mark.grid
@pytest.mark.parametrize(
    ("kind", "sizes", "vectors"),
    [
        ("classes", (4, 2), "columns"),
        ("classes", (20, 9), "columns"),
        ("numbers", (14, 5), "rows"),
        ("huge", (5, 12), "columns"),
    ],
)
def test_a_listing_from_arrays_is_the_one_of_steps(
    tmp_path: Path, kind: str, sizes: tuple[int, int], vectors: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, stepwise = both(network(tmp_path, *sizes, kind, vectors), monkeypatch)
    assert families(compiled) >= 6
    assert families(stepwise) == 0
    widths = [20, 57, 120, 10000] if sizes[0] < 20 else [120]
    for width in widths:
        for script in (UNICODE, ASCII):
            assert listing(compiled, "txt", width, script) == listing(stepwise, "txt", width, script)
    coloured, by_step = ([row for one in each for row in rows(one, 80, UNICODE)] for each in (compiled, stepwise))
    assert coloured == by_step, "a terminal has the same roles too"
    assert listing(compiled, "json", 120, UNICODE) == listing(stepwise, "json", 120, UNICODE)


@pytest.mark.grid
@pytest.mark.parametrize("activation", list(CATALOGUE["activation"]))
def test_every_activation_is_listed_as_its_steps_are(
    tmp_path: Path, activation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, activation, (activation, "identity", "mse"))
    compiled, stepwise = both(network(tmp_path, 6, 5, activation), monkeypatch)
    for width, script in ((60, UNICODE), (120, UNICODE), (120, ASCII)):
        assert listing(compiled, "txt", width, script) == listing(stepwise, "txt", width, script)


def test_a_batch_is_listed_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(BATCH, encoding="utf-8")
    compiled, stepwise = both(build(load(str(path))), monkeypatch)
    for width in (40, 120):
        assert listing(compiled, "txt", width, UNICODE) == listing(stepwise, "txt", width, UNICODE)


@pytest.mark.parametrize("significant", [1, 2, 3, 4, 6, 10, 17])
def test_digits_of_many_floats_are_those_of_one(significant: int) -> None:
    """Against the decimal rounded half away from zero: halves, neighbours of powers of ten, short and extreme ones."""
    rng = np.random.default_rng(significant)
    drawn = (rng.normal(size=3000) * 10.0 ** rng.integers(-12, 14, 3000)).tolist()
    halves = [(number + 0.5) / 2**bits for bits in range(0, 24, 3) for number in (0, 1, 3, 12, 99, 1234, 314062)]
    powers = [10.0**power * near for power in range(-9, 12) for near in (1, 1 - 2e-16, 0.9999996, 0.99999949, 1.5)]
    extreme = [0.0, 5e-324, 1e-308, 1e308, float("inf")]
    numbers = drawn + halves + powers + extreme
    numbers += [-number for number in numbers]
    digits = Digits(significant)
    found = digits.literals(np.array([*numbers, float("nan")]))
    assert found[-1].is_nan()
    finite = [Decimal(number) for number in numbers]
    assert [str(one) for one in found][:-1] == [str(digits.rounded(one) if one.is_finite() else one) for one in finite]

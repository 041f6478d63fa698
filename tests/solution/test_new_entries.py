"""Entries that the catalogue does not have, registered for a test: every command works on them as on its own.

The gradients are those of autograd over a second writing of the same network; every printed line is proved by the
reader of the self-proof, which knows nothing of how an entry declares itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import autograd
import autograd.numpy as np
import pytest
import yaml
from shipped import tried
from test_matrix_view import wrong_lines
from test_self_proof import object_of, prove_sheet, stepped

from nntrace.catalogue import KINDS, Entry, Loss, Operation, Parameter
from nntrace.expr import Cases, Condition, Indexed, Max, Num, Size, Sum, Sym, at_letter, exp, maximum, sin, sqrt, xln
from nntrace.network.building.build import build
from nntrace.network.quantities import parameters
from nntrace.solution.sheets.calculation import Sheet
from nntrace.solution.sheets.settings import Settings
from nntrace.spec import read
from tests.conftest import Run

x, z, a = Indexed("x"), Indexed("z"), Indexed("a")
y, t = Indexed("y")["k"], Indexed("t")["k"]


def softmin() -> Operation:
    """e^-z[j] / Σ_i e^-z[i]."""
    return Operation(a["j"], exp(-z["j"]) / Sum("i", exp(-z["i"])), sums_to_one=True)


def layer_norm() -> Operation:
    """(z[j] - mean) / √(variance + 1/10), over the units of a layer. Source: Ba, Kiros, Hinton, 2016."""
    mean = Sum("l", z["l"]) / Size("l")
    variance = Sum("i", (z["i"] - mean) ** 2) / Size("i")
    return Operation(a["j"], (z["j"] - mean) / sqrt(variance + Num(1) / Num(10)))


def sine() -> Operation:
    """sin z."""
    return Operation(a["j"], sin(z["j"]))


def below_largest() -> Operation:
    """z[k] - max z: another result that mixes all elements."""
    return Operation(a["k"], z["k"] - Max("j", z["j"]))


def radial_basis() -> Operation:
    """e^(-|x - c[j]|² / (2 s[j]²)), with centres c and widths s of its own. Source: Broomhead, Lowe, 1988."""
    c, s = Indexed("c")["j", "i"], Indexed("s")["j"]
    distance = Sum("i", (x["i"] - c) ** 2)
    return Operation(
        z["j"], exp(-(distance / (2 * s**2))), parameters=(Parameter(c, "centers"), Parameter(s, "widths"))
    )


def convolution() -> Operation:
    """z[p] = Σ_r k[r] x[p + r] + b, in one dimension, without padding."""
    k, b = Indexed("k")["r"], Sym("b")
    body = Sum("r", k * x[at_letter("p") + "r"]) + b
    return Operation(z["p"], body, parameters=(Parameter(k, "kernel"), Parameter(b, "offset", is_bias=True)))


def focal() -> Loss:
    """-Σ (1 - y)² t ln y. Source: Lin et al., Focal Loss for Dense Object Detection, 2017."""
    return Loss(-((1 - y) ** 2 * xln(t, y)), "sum", targets="classes", after="softmax")


def cosine() -> Loss:
    """1 - Σ t y / (√Σ t² √Σ y²): no sum over the outputs."""
    lengths = sqrt(Sum("i", Indexed("t")["i"] ** 2)) * sqrt(Sum("i", Indexed("y")["i"] ** 2))
    return Loss(1 - Sum("k", t * y) / lengths, "whole")


def pinball() -> Loss:
    """Σ of 9/10 (t - y) where t > y, else (1/10) (y - t). Source: Koenker, Bassett, 1978."""
    return Loss(Cases(Condition(t - y, ">", Num(0)), Num(9) / Num(10) * (t - y), Num(1) / Num(10) * (y - t)), "sum")


def squared_hinge() -> Loss:
    """Σ over the classes but the right one of max(0, s_j - s_y + 1)²."""
    right = Sum("i", Indexed("t")["i"] * Indexed("y")["i"])
    return Loss((1 - t) * maximum(0, y - right + 1) ** 2, "sum", targets="class")


class Row(NamedTuple):
    """An entry, a network that uses it, and the network's loss by autograd, from its numbers by name."""

    kind: str
    build: Callable[[], Any]
    text: str
    loss: Callable[[Mapping[str, Any]], Any]


DENSE = """inputs: {x1: 0.5, x2: -1.5, x3: 2.0}
targets: [%s]
layers:
  - dense: 3
    weights: [[0.4, -0.3, 0.2], [0.1, 0.6, -0.5], [-0.7, 0.2, 0.3]]
    biases: [0.1, -0.2, 0.3]
%sloss: %s
learning_rate: 0.1
"""
X = np.array([0.5, -1.5, 2.0])
TARGETS = np.array([0.0, 1.0, 0.0])


def dense(numbers: Mapping[str, Any]) -> Any:
    return numbers["W1"] @ X + numbers["b1"]


def squares(output: Any) -> Any:
    return ((output - TARGETS) ** 2).sum() / 2


def soft(values: Any) -> Any:
    return np.exp(values) / np.exp(values).sum()


def normalised(values: Any) -> Any:
    centred = values - values.mean()
    return centred / np.sqrt((centred**2).mean() + 0.1)


def activation(name: str) -> str:
    return DENSE % ("0, 1, 0", f"  - {name}\n", "half_squared_error")


def radial(numbers: Mapping[str, Any]) -> Any:
    distance = ((X - numbers["c1"]) ** 2).sum(axis=1)
    output = np.exp(-distance / (2 * numbers["s1"] ** 2))
    return ((output - np.array([0.25, 0.5])) ** 2).sum() / 2


def convolved(numbers: Mapping[str, Any]) -> Any:
    inputs, kernel = np.array([0.5, -1.5, 2.0, 1.0]), numbers["k1"]
    output = np.array([inputs[place] * kernel[0] + inputs[place + 1] * kernel[1] for place in range(3)])
    return squares(np.tanh(output + numbers["b1"]))


def margin(numbers: Mapping[str, Any]) -> Any:
    output = dense(numbers)
    return sum(np.maximum(0, output[place] - output[1] + 1) ** 2 for place in (0, 2))


def tilted(numbers: Mapping[str, Any]) -> Any:
    apart = TARGETS - dense(numbers)
    return np.where(apart > 0, 0.9 * apart, -0.1 * apart).sum()


def angle(numbers: Mapping[str, Any]) -> Any:
    output = dense(numbers)
    return 1 - (output * TARGETS).sum() / (np.sqrt((TARGETS**2).sum()) * np.sqrt((output**2).sum()))


def focused(numbers: Mapping[str, Any]) -> Any:
    right = soft(dense(numbers))[1]
    return -((1 - right) ** 2) * np.log(right)


RADIAL = """inputs: {x1: 0.5, x2: -1.5, x3: 2.0}
targets: [0.25, 0.5]
layers:
  - radial_basis: [r1, r2]
    centers: [[0.4, -1.0, 1.5], [1.0, -2.0, 1.0]]
    widths: [1.5, 2.0]
loss: half_squared_error
learning_rate: 0.1
"""
CONVOLUTION = """inputs: {x1: 0.5, x2: -1.5, x3: 2.0, x4: 1.0}
targets: [0, 1, 0]
layers:
  - convolution: [f1, f2, f3]
    kernel: [0.5, -0.25]
    offset: 0.125
  - tanh: [g1, g2, g3]
loss: half_squared_error
learning_rate: 0.1
"""

ROWS = [
    Row("activation", softmin, activation("softmin"), lambda n: squares(soft(-dense(n)))),
    Row("activation", layer_norm, activation("layer_norm"), lambda n: squares(normalised(dense(n)))),
    Row("activation", below_largest, activation("below_largest"), lambda n: squares(dense(n) - np.max(dense(n)))),
    Row("activation", sine, activation("sine"), lambda n: squares(np.sin(dense(n)))),
    Row("layer", radial_basis, RADIAL, radial),
    Row("layer", convolution, CONVOLUTION, convolved),
    Row("loss", focal, DENSE % ("0, 1, 0", "  - softmax\n", "focal"), focused),
    Row("loss", cosine, DENSE % ("0, 1, 0", "", "cosine"), angle),
    Row("loss", pinball, DENSE % ("0, 1, 0", "", "pinball"), tilted),
    Row("loss", squared_hinge, DENSE % ("0, 1, 0", "", "squared_hinge"), margin),
]  # fmt: skip


@pytest.fixture(params=ROWS, ids=lambda row: row.build.__name__)
def row(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Row:
    """A row, with its entry in the catalogue for the time of the test."""
    found: Row = request.param
    name = found.build.__name__
    monkeypatch.setitem(KINDS[found.kind], name, Entry(found.kind, name, (), found.build))
    return found


def sheet(row: Row, view: Any = None) -> Sheet:
    return Sheet(build(read(row.text, "net.yaml", None)), Settings(view=view))


def test_an_entry_takes_at_most_fifteen_lines() -> None:
    import inspect

    assert all(len(inspect.getsource(row.build).splitlines()) <= 15 for row in ROWS)


def test_the_gradients_are_those_of_autograd(row: Row) -> None:
    one = sheet(row)
    found = object_of(one.gradient(parameters(one.network), named=False))
    numbers = {name: np.array(found["values"][name]) for name in found["gradients"]}
    assert found["loss"]["before"] == pytest.approx(float(row.loss(numbers)), rel=1e-12)
    expected = autograd.grad(row.loss)(numbers)
    assert set(found["gradients"]) == set(expected)
    for name, gradient in expected.items():
        assert np.array(found["gradients"][name]) == pytest.approx(gradient, rel=1e-12, abs=1e-14), name


@pytest.mark.grid
@pytest.mark.parametrize("view", tried([None, "delta", "paths"]))
def test_every_line_of_a_calculation_holds(row: Row, view: Any) -> None:
    one = sheet(row, view)
    asked = list(parameters(one.network))
    for solution in (one.forward(), one.gradient(asked, named=True), one.gradient(asked, named=False)):
        prove_sheet(solution, one.network)


def test_every_line_of_a_step_holds(row: Row) -> None:
    network = sheet(row).network
    prove_sheet(stepped(network._replace(iterations=1)), network)


def test_every_line_in_matrix_form_holds(row: Row) -> None:
    assert list(wrong_lines(sheet(row).network)) == []


@pytest.mark.grid
def test_every_command_runs(row: Row, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(row.text)
    for command in (["forward"], ["grad"], ["step"], ["derive", "--with-numbers"], ["collapse"]):
        for options in (["--width", "60", "--ascii"], ["-f", "json"]):
            done = run(*command, path, *options)
            assert (done.code, done.err) == (0, ""), (command, done)
            assert done.out


@pytest.mark.grid
def test_a_batch_is_the_mean_of_its_samples(row: Row) -> None:
    one = yaml.safe_load(row.text)
    first = [*one["inputs"].values()]
    samples = [(first, one["targets"]), ([number / 2 - 0.25 for number in first], one["targets"][::-1])]
    names = {"inputs": list(one["inputs"]), "targets": [f"t{place}" for place, _ in enumerate(one["targets"], 1)]}
    singles = [gradients({**one, "inputs": inputs, "targets": targets}) for inputs, targets in samples]
    batch = {**one, **names, "samples": [[*inputs, *targets] for inputs, targets in samples]}
    for name, found in gradients(batch).items():
        expected = (np.array(singles[0][name]) + np.array(singles[1][name])) / 2
        assert np.array(found) == pytest.approx(expected, rel=1e-12, abs=1e-14), name
    prove_sheet(
        stepped(build(read(yaml.safe_dump(batch), "net.yaml", None))), build(read(yaml.safe_dump(batch), "b", None))
    )


def gradients(file: dict[str, Any]) -> dict[str, Any]:
    """The gradients by every parameter of a network file, as JSON has them."""
    network = build(read(yaml.safe_dump(file), "net.yaml", None))
    found: dict[str, Any] = object_of(Sheet(network, Settings()).gradient(parameters(network), named=False))
    return found["gradients"]


def test_a_dead_unit_says_nothing_of_what_all_units_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every unit of a convolution has the kernel: one that is dead leaves it the gradient of the others."""
    monkeypatch.setitem(KINDS["layer"], "convolution", Entry("layer", "convolution", (), convolution))
    dead = CONVOLUTION.replace("tanh", "relu").replace("[0.5, -0.25]", "[-0.5, -0.25]")
    network = build(read(dead, "net.yaml", None))
    steps = object_of(Sheet(network, Settings()).gradient(parameters(network), named=False))["steps"]
    (step,) = (step for step in steps if step["name"] == "δ_f3")
    assert step["reason"] == "f3 = -1.125 ≤ 0"


def test_an_infinite_slope_says_what_is_divided_by(monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path) -> None:
    """The slope of sqrt at 0."""
    monkeypatch.setitem(KINDS["activation"], "root", Entry("activation", "root", (), root))
    path = tmp_path / "net.yaml"
    path.write_text("inputs: {x1: 0.0}\ntargets: {t1: 1.0}\nlayers:\n  - root: [a1]\nloss: half_squared_error\n")
    assert "divided by 0: 2 × sqrt(x1) = 0\n" in run("grad", path, "--param", "x1").out


def root() -> Operation:
    return Operation(a["j"], sqrt(z["j"]))


def test_a_jacobian_without_a_matrix_says_so(monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path) -> None:
    monkeypatch.setitem(KINDS["layer"], "convolution", Entry("layer", "convolution", (), convolution))
    path = tmp_path / "net.yaml"
    path.write_text(CONVOLUTION)
    assert "∂f/∂x has no matrix form here\n" in run("derive", path).out


def test_a_loss_that_needs_an_option(monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path) -> None:
    """Whether its targets are classes is known whatever the option is."""
    monkeypatch.setitem(KINDS["loss"], "sharp", Entry("loss", "sharp", (), sharp))
    path = tmp_path / "net.yaml"
    path.write_text("inputs: [x]\ntargets: [t]\nsamples: [[1.0, 0.5], [-2.0, 1.0]]\nlayers:\n"
                    "  - dense: [p]\n    weights: 0.5\nloss: {sharp: L, power: 2}\n")  # fmt: skip
    outcome = run("forward", path)
    assert outcome.code == 0, outcome.err


def sharp(power: int) -> Loss:
    return Loss((t - y) ** power, "sum")

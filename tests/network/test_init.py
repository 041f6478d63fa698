"""Numbers that a scheme draws: their mean and variance, the same ones everywhere, and a network file with them."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nntrace.catalogue import KINDS, find
from nntrace.catalogue.initialisers import Normal as NormalOf
from nntrace.network.building.build import build
from nntrace.network.building.drawing import draw, initial_array
from nntrace.network.building.extents import Fans
from nntrace.network.model import Network
from nntrace.spec import Problems, SpecError, read
from nntrace.spec.model import Init, Number, Place

if TYPE_CHECKING:
    from conftest import Run

    from nntrace.network.model import Array

HERE = Place(1, 1)
OPTIONS = {
    "constant": {"value": "1/3"},
    "uniform": {"low": "-0.1", "high": "0.2"},
    "normal": {"std": "0.5", "mean": "1"},
}


def drawn(scheme: str, shape: tuple[int, int], key: str = "W1", **options: str) -> Array:
    """The weights of a layer with ``shape`` (units, inputs)."""
    problems = Problems("net.yaml", ())
    written = {name: Number(text, Fraction(text), HERE) for name, text in (OPTIONS.get(scheme, {}) | options).items()}
    array = initial_array(Init(scheme, written, HERE), key, shape, Fans(shape[1], shape[0]), problems)
    assert problems.found == []
    assert array is not None
    return array


# Each scheme's mean and variance, and its limits, for a layer with 300 inputs and 500 units.
MOMENTS: dict[str, tuple[float, float, float]] = {
    "zeros": (0, 0, 0),
    "ones": (1, 0, 1),
    "constant": (1 / 3, 0, 1 / 3),
    "uniform": (0.05, 0.3**2 / 12, 0.2),
    "normal": (1, 0.25, math.inf),
    "xavier_uniform": (0, 2 / 800, math.sqrt(6 / 800)),
    "xavier_normal": (0, 2 / 800, math.inf),
    "he_uniform": (0, 2 / 300, math.sqrt(6 / 300)),
    "he_normal": (0, 2 / 300, math.inf),
    "lecun_uniform": (0, 1 / 300, math.sqrt(3 / 300)),
    "lecun_normal": (0, 1 / 300, math.inf),
}


def test_every_scheme_has_its_row() -> None:
    assert list(MOMENTS) == list(KINDS["init"]) == list(GOLDEN)


@pytest.mark.parametrize("scheme", MOMENTS)
def test_mean_and_variance(scheme: str) -> None:
    mean, variance, limit = MOMENTS[scheme]
    array = drawn(scheme, (500, 300))
    assert array.mean() == pytest.approx(mean, abs=4 * math.sqrt(variance / array.size) + 1e-12)
    assert array.var() == pytest.approx(variance, rel=0.02, abs=1e-20)
    assert abs(array).max() <= limit * (1 + 1e-5)
    if scheme.endswith("uniform"):
        assert abs(array).max() > 0.999 * limit
    elif scheme.endswith("normal"):
        scaled = (array - mean) / math.sqrt(variance)
        within = [(abs(scaled) < bound).mean() for bound in (1, 2, 3)]
        assert within == pytest.approx([0.6827, 0.9545, 0.9973], abs=0.005)


# The first numbers of W1 for 3 inputs, 2 units and seed 0. They must never change: sheets print them.
GOLDEN: dict[str, list[float]] = {
    "zeros": [0.0, 0.0, 0.0],
    "ones": [1.0, 1.0, 1.0],
    "constant": [1 / 3, 1 / 3, 1 / 3],
    "uniform": [0.000225, -0.023403, 0.016371],
    "normal": [0.593149, 0.400012, 0.857107],
    "xavier_uniform": [-0.3635, -0.53606, -0.24559],
    "xavier_normal": [-0.514631, -0.758932, -0.180747],
    "he_uniform": [-0.46928, -0.69205, -0.31705],
    "he_normal": [-0.664385, -0.979777, -0.233344],
    "lecun_uniform": [-0.33183, -0.48935, -0.22419],
    "lecun_normal": [-0.469791, -0.692807, -0.164999],
}


@pytest.mark.parametrize("scheme", GOLDEN)
def test_the_same_numbers_everywhere(scheme: str) -> None:
    first = drawn(scheme, (2, 3))
    assert first.ravel()[:3].tolist() == GOLDEN[scheme]
    for alias in find("init", scheme).aliases:  # type: ignore[union-attr]
        assert drawn(alias, (2, 3)).tolist() == first.tolist()
    if scheme not in ("zeros", "ones", "constant"):
        assert drawn(scheme, (2, 3), seed="0").tolist() == first.tolist()
        for other in (drawn(scheme, (2, 3), seed="1"), drawn(scheme, (2, 3), seed="-1"), drawn(scheme, (2, 3), "W2")):
            assert not np.isin(other, first).any()


def test_aliases() -> None:
    words = {alias: entry.name for entry in KINDS["init"].values() for alias in entry.aliases}
    assert words == {
        "glorot_uniform": "xavier_uniform",
        "glorot_normal": "xavier_normal",
        "kaiming_uniform": "he_uniform",
        "kaiming_normal": "he_normal",
    }


def test_normal_numbers_are_those_of_the_polar_method() -> None:
    """An independent writing of it: one point after the other, the logarithm from the C library."""
    stream = Random("7 W3")
    expected: list[float] = []
    while len(expected) < 1001:
        x, y = 2 * stream.random() - 1, 2 * stream.random() - 1
        if 0 < (s := x * x + y * y) < 1:
            factor = math.sqrt(-2 * math.log(s) / s)
            expected += [round(x * factor, 5), round(y * factor, 5)]
    assert draw(NormalOf(0, 1), 1001, "7 W3").tolist() == expected[:1001]


@pytest.mark.parametrize(
    ("low", "high", "longest"), [("-1e-9", "1e-9", 5), ("100", "100.0001", 13), ("-1e20", "1.7e20", 6)]
)
def test_digits_follow_the_width(low: str, high: str, longest: int) -> None:
    array = drawn("uniform", (4, 4), low=low, high=high)
    assert len(set(array.ravel().tolist())) == 16
    assert ((array >= float(low)) & (array <= float(high))).all()
    digits = (repr(number).partition("e")[0].replace(".", "").strip("-0") for number in array.ravel().tolist())
    assert max(map(len, digits)) == longest


def test_numbers_at_the_ends_of_floats() -> None:
    array = drawn("uniform", (4, 4), low="-1e308", high="1.7e308")
    assert len(set(array.ravel().tolist())) == 16
    assert drawn("normal", (2, 2), std="0", mean="1/3").tolist() == [[1 / 3] * 2] * 2
    assert drawn("normal", (2, 2), std="1e-310", mean="0").tolist() == [[0.0] * 2] * 2


def network(text: str) -> Network:
    return build(read(text, "net.yaml", None))


NET = """\
vectors: {vectors}
inputs: [1, 2, 3]
targets: [1, 0]
layers:
- dense: [h1, h2]
  weights: {{init: he_normal, seed: 3}}
  biases: {{B: {{init: uniform, low: -0.1, high: 0.1}}}}
- dense: {{size: 2}}
  weights: {{V: {{init: kaiming_normal, seed: 3}}}}
  bias: {{b: {{init: constant, value: 1/3}}}}
  activation: sigmoid
loss: mse
learning_rate: 0.1
"""


def test_what_a_network_says_of_it() -> None:
    tensors = network(NET.format(vectors="columns")).tensors
    assert {key: (tensor.name, tensor.shape, tensor.text) for key, tensor in tensors.items() if key[0] in "Wb"} == {
        "W1": ("W1", (2, 3), "he_normal, seed 3"),
        "b1": ("B", (2,), "uniform, low -0.1, high 0.1, seed 0"),
        "W2": ("V", (2, 2), "kaiming_normal, seed 3"),
        "b2": ("b", (), "constant, value 1/3"),
    }
    assert all(tensor.typed is None for key, tensor in tensors.items() if key[0] in "Wb")


def test_rows_are_columns_transposed(run: Run, tmp_path: Path) -> None:
    columns, rows = (network(NET.format(vectors=vectors)) for vectors in ("columns", "rows"))
    arrays = [(columns.tensors[key].array, rows.tensors[key].array) for key in ("W1", "W2", "b1", "b2")]
    for one, other in arrays:
        assert one is not None
        assert other is not None
        assert one.T.tolist() == other.tolist()
    losses = []
    for vectors in ("columns", "rows"):
        (tmp_path / "net.yaml").write_text(NET.format(vectors=vectors), "utf-8")
        losses.append(numbers(run, "forward", cwd=tmp_path)["loss"]["before"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-14)


@pytest.mark.parametrize(
    "units", ["[h1, h2]", "2", "{size: 2}", "{z: [h1, h2]}", "{z: {size: 2}}"], ids=lambda text: text
)
def test_where_the_number_of_units_comes_from(units: str) -> None:
    made = network(f"inputs: [1, 2, 3]\nlayers:\n- dense: {units}\n  weights: {{init: ones}}\n")
    assert made.tensors["W1"].shape == (2, 3)


def test_a_tensor_of_the_table_is_drawn_once() -> None:
    made = network(
        "inputs: [1, 2]\nvalues: {W: {init: he_normal}}\nlayers:\n"
        "- {dense: 2, weights: W}\n- {dense: [o1, o2], weights: W}\n"
    )
    assert [key for key in made.tensors if key[0] == "W"] == ["W1"]
    assert made.parameters == ("W1",)


LAYER = "inputs: [1, 2]\nlayers:\n- dense: 2\n  weights: "
PROBLEMS: list[tuple[str, str, str]] = [
    (LAYER + "{init: he_nromal}", "4:12: unknown init 'he_nromal'", "did you mean 'he_normal'? known here: zeros, "),
    (LAYER + "{init: he_normal, std: 2}", "4:35: 'he_normal' has no option 'std'", "known here: seed"),
    (LAYER + "{init: uniform, lwo: 0, high: 1}", "4:33: 'uniform' has no option 'lwo'",
     "did you mean 'low'? known here: low, high, seed"),
    (LAYER + "{init: uniform, low: 0}", "4:12: 'uniform' needs `high`", "write {init: uniform, low: -0.1, high: 0.1}"),
    (LAYER + "{init: constant}", "4:12: 'constant' needs `value`", "write {init: constant, value: 0.1}"),
    (LAYER + "{init: uniform, low: 1, high: 0}", "4:12: `low` is above `high`", "exchange the two"),
    (LAYER + "{init: normal, std: -1}", "4:12: `std` is negative", "a standard deviation is 0 or more"),
    (LAYER + "{init: normal, std: 1e308, mean: -1.7e308}", "4:12: the numbers drawn here are too large for a number",
     "give smaller options"),
    (LAYER + "{init: he_normal, seed: 1/2}", "4:36: `seed` cannot be '1/2'", "give a whole number"),
    (LAYER + "{init: he_normal, seed: x}", "4:36: 'x' is not a number", "write a number"),
    ("inputs: {a: 1, b: 2}\nlayers:\n- dense: 1\n  weights: {a: {init: ones}, b: [2]}",
     "4:16: an init cannot stand here", "give a number, a name, or null"),
    ("inputs: [1]\nlayers:\n- dense: h\n  weights: {init: ones}",
     "4:12: how many numbers to draw is not known: the layer does not say how many units it has",
     "name them, as in dense: [h1, h2], or give their count, dense: 2"),
    ("inputs: {x: {init: ones}}\nlayers: []", "1:13: an init cannot stand here", "give a list of numbers"),
    ("inputs: [1]\ntargets: {init: ones}\nlayers: []", "2:10: an init cannot stand here", "give a list of numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said", "remedy"), PROBLEMS, ids=[row[1] for row in PROBLEMS])
def test_problems(text: str, said: str, remedy: str) -> None:
    with pytest.raises(SpecError) as caught:
        network(text)
    (problem,) = caught.value.problems[:1]
    assert f"{problem.place.line}:{problem.place.column}: {problem.message}" == said
    assert problem.remedy.startswith(remedy)
    inits = [one for one in caught.value.problems if "init" in one.message or "drawn" in one.message]
    assert len(inits) <= 1


def numbers(run: Run, *arguments: object, cwd: Path) -> Any:
    code, out, err = run(*arguments, "-f", "json", cwd=cwd)
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_a_saved_network_goes_on(run: Run, tmp_path: Path, vectors: str) -> None:
    (tmp_path / "net.yaml").write_text(NET.format(vectors=vectors), "utf-8")
    losses = []
    for old, new in pairwise(["net.yaml", "1.yaml", "2.yaml", "3.yaml"]):
        step = numbers(run, "step", old, "--save", new, cwd=tmp_path)
        saved = numbers(run, "forward", new, cwd=tmp_path)
        assert {name: saved["values"][name] for name in step["updated"]} == step["updated"]
        assert saved["loss"]["before"] == pytest.approx(step["loss"]["after"], rel=1e-15, abs=0)  # an array has floats
        losses.append(step["loss"]["before"])
    assert losses == sorted(losses, reverse=True)
    assert {path.name for path in tmp_path.glob("1.*")} == {"1.yaml", "1.W1.npy", "1.B.npy", "1.V.npy", "1.b.npy"}
    assert "weights: {file: '1.W1.npy'}" in (tmp_path / "1.yaml").read_text("utf-8")


def test_a_sheet_says_where_the_numbers_come_from(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET.format(vectors="columns"), "utf-8")
    code, out, err = run("forward", cwd=tmp_path)
    assert (code, err) == (0, "")
    assert "from he_normal, seed 3" in out
    assert "from uniform, low -0.1, high 0.1, seed 0" in out
    first, *rest = out.partition("F1 ")[2].partition("F2 ")[0].splitlines()
    assert first.endswith("B[1]")
    assert all("≈" in line for line in rest)

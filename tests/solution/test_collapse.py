"""``collapse`` on layers that the catalogue does not have: what is merged is held against the network's own numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nntrace.catalogue import KINDS, Operation, Parameter
from nntrace.catalogue.registry import activation, layer
from nntrace.expr import Indexed, Size, Sum, Sym, at_letter, exp, maximum

if TYPE_CHECKING:
    from conftest import Run

x, z, a, w, U, c, s, g = map(Indexed, ("x", "z", "a", "w", "U", "c", "s", "g"))


def radial() -> Operation:
    """exp(-Σ (x - c)² / 2 s²): not affine."""
    far = Sum("i", (x["i"] - c["j", "i"]) ** 2)
    own = Parameter(c["j", "i"], "centres"), Parameter(s["j"], "widths")
    return Operation(z["j"], exp(-far / (2 * s["j"] ** 2)), parameters=own)


def convolution() -> Operation:
    """Σ w x + b along a line."""
    formula = Sum("r", w["r"] * x[at_letter("p") + "r"]) + Sym("b")
    return Operation(z["p"], formula, parameters=(Parameter(w["r"], "kernel"), Parameter(Sym("b"), "bias")))


def scaled() -> Operation:
    """g (x - c) + 1."""
    own = Parameter(g["j"], "gains"), Parameter(c["j"], "centres")
    return Operation(z["j"], g["j"] * (x["j"] - c["j"]) + 1, parameters=own)


def mixed() -> Operation:
    """2 Σ U (x - 3)."""
    return Operation(z["j"], 2 * Sum("k", U["j", "k"] * (x["k"] - 3)), parameters=(Parameter(U["j", "k"], "mixing"),))


def centred() -> Operation:
    """z less the mean."""
    return Operation(a["k"], z["k"] - Sum("i", z["i"]) / Size("k"))


def twice() -> Operation:
    """2 z + 1."""
    return Operation(a["k"], 2 * z["k"] + 1)


def folded() -> Operation:
    """relu(z) - relu(-z), which is z."""
    return Operation(a["k"], maximum(0, z["k"]) - maximum(0, -z["k"]))


@pytest.fixture(autouse=True)
def _entries(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("layer", "activation"):
        monkeypatch.setitem(KINDS, kind, dict(KINDS[kind]))
    for build in (radial, convolution, scaled, mixed):
        layer()(build)
    for build in (centred, twice, folded):
        activation()(build)


LAYERS = {
    "convolution": "convolution: 3\n  kernel: [1, -0.5]\n  bias: 0.25",
    "mixed": "mixed: 2\n  mixing: [[1, 2, 0], [0, 1, -1]]",
    "dense": "dense: 2\n  weights: [[1, 2, 0.5], [3, 1, -1]]\n  biases: [1, -2]",
    "scaled": "scaled: 2\n  gains: [2, 3]\n  centres: [0.5, 0.25]",
    "radial": "radial: 3\n  centres: [[0, 1], [1, 0], [2, 2]]\n  widths: [1, 2, 3]",
    "last": "dense: 1\n  weights: [[1, 2]]",
    "after": "dense: 1\n  weights: [[1, 2, 3]]",
}
START = "inputs: {x: [1, 2, 3, 0.5]}\nlayers:\n"
CONVOLVED = np.array([[1, -0.5, 0, 0], [0, 1, -0.5, 0], [0, 0, 1, -0.5]]), np.full(3, 0.25)
MAPS = {
    "convolution": CONVOLVED,
    "mixed": (2 * np.array([[1, 2, 0], [0, 1, -1]]), -6 * np.array([3, 0])),
    "dense": (np.array([[1, 2, 0.5], [3, 1, -1]]), np.array([1, -2])),
    "scaled": (np.diag([2, 3]), np.array([1 - 1, 1 - 0.75])),
    "identity": (np.eye(3), np.zeros(3)),
    "twice": (2 * np.eye(2), np.ones(2)),
    "centred": (np.eye(2) - 0.5, np.zeros(2)),
    "last": (np.array([[1, 2]]), np.zeros(1)),
}


def network(*layers: str) -> str:
    return START + "".join(f"- {LAYERS.get(one, one)}\n" for one in layers)


def sheet(run: Run, folder: Path, text: str) -> Any:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("collapse", "-f", "json", cwd=folder)
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.parametrize("layers", [
    ("convolution", "mixed"), ("convolution", "dense", "scaled", "last"), ("convolution", "identity", "mixed"),
    ("convolution", "mixed", "twice", "scaled", "centred", "last"), ("convolution", "dense", "centred", "scaled"),
], ids="-".join)  # fmt: skip
@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_any_affine_layers_in_a_row_are_one_map(
    run: Run, tmp_path: Path, layers: tuple[str, ...], vectors: str
) -> None:
    text = network(*layers)
    if vectors == "rows":  # a dense layer's weights have a row for each input then
        text = "vectors: rows\n" + text.replace("[[1, 2, 0.5], [3, 1, -1]]", "[[1, 3], [2, 1], [0.5, -1]]")
        text = text.replace("weights: [[1, 2]]", "weights: [[1], [2]]")
    found = sheet(run, tmp_path, text)
    matrix, constant = np.eye(4), np.zeros(4)
    for name in layers:
        own, bias = MAPS[name]
        matrix, constant = own @ matrix, own @ constant + bias
    values = {step["name"]: step["value"] for step in found["steps"]}
    assert np.allclose(values["W"] if vectors == "columns" else np.transpose(values["W"]), matrix, rtol=1e-14)
    assert np.allclose(np.ravel(values["b"]), constant, rtol=1e-14)
    assert [check["status"] for check in found["checks"]] == ["ok"]


def test_a_convolution_has_no_product_and_says_so(run: Run, tmp_path: Path) -> None:
    first, *_ = sheet(run, tmp_path, network("convolution", "mixed"))["steps"]
    rule, value = first["lines"]
    assert rule["text"] == "A1_pq = Σ_r w1_r × 1[p + r - 1 = q]"
    assert rule["note"] == "not a product of the layer's own matrices: given by its elements"
    assert first["value"] == CONVOLVED[0].tolist() == json.loads(value["text"])


def test_a_layer_that_is_not_affine_keeps_its_neighbours_apart(run: Run, tmp_path: Path) -> None:
    found = sheet(run, tmp_path, network("convolution", "mixed", "radial", "after"))
    (reason,) = [step["reason"] for step in found["steps"] if step["name"] == "z3_j"]

    def image(value: float) -> str:
        return f"{np.exp(-(value**2 + 1) / 2):.6g}"

    assert reason.startswith("an affine map takes midpoints to midpoints; halfway between the first of z3(-2, 0) ≈ ")
    ending = (
        f"but the first of z3(0, 0) ≈ {image(0)}, so z3 is not affine: z2 and z4 are not merged (with special "
        "weights they could still be one affine map)"
    )
    assert reason.endswith(ending)
    assert reason.count(image(2)) == 3


def test_one_number_of_each_sample_is_not_the_first_of_several(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("inputs: [x]\nsamples: [[1], [2]]\nlayers: [let: {y: x^2 - x}]\n", "utf-8")
    assert "halfway between y(-2) = 6 and y(2) = 2 is 4, but y(0) = 0" in run("collapse", cwd=tmp_path).out


def test_what_was_not_shown_is_not_said(run: Run, tmp_path: Path) -> None:
    """relu(z) - relu(-z) is z: nothing says that it keeps layers from being one map."""
    found = sheet(run, tmp_path, network("convolution", "mixed", "folded", "last"))
    (reason,) = [step["reason"] for step in found["steps"] if step["name"] == "a2"]
    assert reason == (
        "folded is defined by cases of z2, so it is not shown to be affine "
        "(none of the midpoints tried shows that it is not): "
        "z2 and z3 are not merged (with special weights they could still be one affine map)"
    )
    assert "is not affine" not in reason


def test_under_carry_the_merged_map_is_compared_without_rounding(run: Run, tmp_path: Path) -> None:
    text = network("convolution", "mixed").replace("0.25", "0.2583") + "rounding: {carry: 2}\n"
    (check,) = sheet(run, tmp_path, text)["checks"]
    assert check["status"] == "ok"
    assert "computed without rounding" in check["name"]


def test_a_layer_of_sizes_alone(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: {size: D}}\ntargets: {y: {size: K}}\nloss: mse\nlayers:\n- dense: {z1: {size: H}}\n"
    steps = sheet(run, tmp_path, text + "- twice\n- dense: {z2: {size: K}}\n")["steps"]
    lines = {step["name"]: step["lines"][0] for step in steps}
    assert (lines["W"]["text"], lines["W"]["note"]) == ("2 W2 W1", "[K×H][H×D] = [K×D]")
    assert lines["b"]["text"] == "2 W2 b1 + W2 1_H + b2"


BRANCHES = """\
inputs: {x: [1, 2]}
layers:
- dense: h
  weights: [[1, 2], [3, 4]]
- dense: u
  weights: [[0.5, 1], [-1, 2]]
- dense: v
  from: h
  weights: [[2, 1], [1, -1]]
- identity: w
- dense: y
  weights: [[1, 1], [0, 3]]
- {add: s, from: [y, u]}
- dense: o
  weights: [[1, 2]]
"""


def test_branches_that_meet_are_one_map(run: Run, tmp_path: Path) -> None:
    found = sheet(run, tmp_path, BRANCHES)
    values = {step["name"]: step["value"] for step in found["steps"]}
    h, u, v, y = ([[1, 2], [3, 4]], [[0.5, 1], [-1, 2]], [[2, 1], [1, -1]], [[1, 1], [0, 3]])
    assert values["W"] == (np.array([[1, 2]]) @ (np.array(y) @ v + u) @ h).tolist()
    assert [check["status"] for check in found["checks"]] == ["ok"]


def test_branches_that_an_activation_keeps_apart_are_merged_from_where_they_read(run: Run, tmp_path: Path) -> None:
    found = sheet(run, tmp_path, BRANCHES.replace("identity: w", "relu: w"))
    values = {step["name"]: step["value"] for step in found["steps"]}
    assert values["W_v"] == (np.array([[2, 1], [1, -1]]) @ [[1, 2], [3, 4]]).tolist()
    assert values["W_u"] == (np.array([[0.5, 1], [-1, 2]]) @ [[1, 2], [3, 4]]).tolist()
    assert [check["status"] for check in found["checks"]] == ["ok", "ok"]
    (step,) = [step for step in found["steps"] if step["name"] == "s_j"]
    assert step["lines"][0]["text"] == "y_j + u_j"
    assert step["reason"] == "s reads results that are not all affine maps of the same earlier result"


@pytest.mark.parametrize("given", ["v", "w"])
def test_a_given_number_is_not_merged_away(run: Run, tmp_path: Path, given: str) -> None:
    found = sheet(run, tmp_path, f'{BRANCHES}values: {{"{given}[1]": 0.7}}\n')
    (step,) = [step for step in found["steps"] if step["name"].startswith(given)]
    assert step["reason"] == f"{given} has a given number in place of its formula, and is not merged"
    assert {check["status"] for check in found["checks"]} == {"ok"}


def test_a_given_number_of_a_formula(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: -2, y: 5}\nlayers: [{let: {q: x + y, r: q - y}}]\nvalues: {q: 10}\n"
    reasons = {step["name"]: step["reason"] for step in sheet(run, tmp_path, text)["steps"]}
    assert reasons["q"] == "q has a given number in place of its formula, and is not merged"


def test_what_is_said_of_an_activation_is_true_of_as_many_units(run: Run, tmp_path: Path) -> None:
    """A softmax of one unit is always 1, which is affine; of three units it is tried on two."""
    for weights, called in (("[[1, 2]]", ""), ("[[1, 2], [0, 1], [2, 3]]", "the first of softmax(2, 0) ≈ ")):
        layers = f"- {{dense: z, weights: {weights}}}\n- softmax: p\n"
        (reason,) = (
            one["reason"]
            for one in sheet(run, tmp_path, f"inputs: {{x: [1, 2]}}\nlayers:\n{layers}")["steps"]
            if one["name"] == "p"
        )
        assert ("is not affine" in reason) == bool(called)
        assert called in reason


PICKED = """\
inputs: {x1: 1, x2: 2}
layers:
- {dense: [h1, h2], weights: [[1, 2], [3, 4]]}
- {tanh: b, from: h1}
- {multiply: m, from: [b, h2]}
- {add: s, from: [m, x2]}
targets: [1]
loss: mse
"""


def test_single_elements_are_written_without_the_place_where_they_stand(run: Run, tmp_path: Path) -> None:
    lines = {step["name"]: step["lines"][0]["text"] for step in sheet(run, tmp_path, PICKED)["steps"]}
    assert lines == {"h": "W1 x", "b": "tanh(h1)", "m": "b h2", "s": "m + x2"}
    assert "²" not in run("derive", cwd=tmp_path).out.partition("Jacobian, ∂m")[2].partition("Jacobian, ∂b")[0]


def test_parts_of_matrices_are_told_and_a_single_constant_is_a_number(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "inputs: {x: 1, y: 2, u: 3}\nlayers:\n- {dense: h, from: [x, u], weights: [[1, -1], [0.5, 2]]}\n"
        "- let: {e: y - (0.5*x + b)}\nvalues: {b: 2}\n",
        encoding="utf-8",
    )
    out = run("collapse", cwd=tmp_path).out
    assert "    W1a is column 1 of W1\n    W1b is column 2 of W1\n" in out
    assert "e = A_e X - b " in out


def test_a_product_of_two_branches_is_not_merged(run: Run, tmp_path: Path) -> None:
    found = sheet(run, tmp_path, BRANCHES.replace("{add: s,", "{multiply: s,"))
    (step,) = [step for step in found["steps"] if step["name"] == "s_j"]
    assert step["reason"] == "s has a derivative that depends on its argument, so it is not shown to be affine"


OF_A_FORMULA = "inputs: {x: SIZES}\nlayers: [{let: {k: mean(x * x) + sum(x)}}]\n"


@pytest.mark.parametrize(("sizes", "formula", "reason"), [
    ("[3, 1, 2]", "1/3 × Σ_j x_j x_j + Σ_i x_i", "halfway between k(-2, 0, 0) ≈ -0.666667 and k(2, 0, 0) ≈ 3.33333 "),
    ("[3, 1, 2, 4, 5]", "1/5 × Σ_j x_j x_j + Σ_i x_i",
     "with 4 zeros behind the first number, halfway between k(-2, 0, …) = -1.2 and k(2, 0, …) = 2.8 is "),
    ("{size: D}", "(1/D) × Σ_j x_j x_j + Σ_i x_i", "with D = 2, halfway between k(-2, 0) = 0 and k(2, 0) = 4 is 2, "),
])  # fmt: skip
def test_a_formula_is_tried_on_as_many_values_as_it_reads(
    run: Run, tmp_path: Path, sizes: str, formula: str, reason: str
) -> None:
    (step,) = sheet(run, tmp_path, OF_A_FORMULA.replace("SIZES", sizes))["steps"]
    assert step["lines"][0]["text"] == formula
    assert reason in step["reason"]


@pytest.mark.parametrize(("vectors", "name"), [("columns", "A_c_x_jq"), ("rows", "A_c_x_qj")])
def test_an_element_is_written_by_its_row_before_its_column(run: Run, tmp_path: Path, vectors: str, name: str) -> None:
    layers = "[{dense: a, weights: [[1, 2], [3, 4]]}, {concat: c, from: [a, x]}]"
    steps = sheet(run, tmp_path, f"inputs: {{x: [3, 1]}}\nvectors: {vectors}\nlayers: {layers}\n")["steps"]
    (step,) = [step for step in steps if step["name"] == "A_c_x"]
    assert step["lines"][0]["text"] == f"{name} = 1[j = q + 2]"
    by_rows = [[0, 0, 1, 0], [0, 0, 0, 1]]
    assert step["value"] == (by_rows if vectors == "rows" else np.transpose(by_rows).tolist())


def test_an_index_letter_is_no_name(run: Run, tmp_path: Path) -> None:
    layers = "[{dense: j, weights: q}, {concat: c, from: [j, x]}]"
    text = f"inputs: {{x: [3, 1]}}\nvalues: {{q: [[1, 2], [3, 4]]}}\nlayers: {layers}\n"
    texts = [step["lines"][0]["text"] for step in sheet(run, tmp_path, text)["steps"]]
    assert texts[:2] == ["A_c_hg = 1[h = g]", "A_c_x_hg = 1[h = g + 2]"]


def test_a_matrix_is_divided_by_a_number(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2]}\nvalues: {s: 2}\nlayers: [{let: {h: x / s, k: 'h[1] - h[2]'}}]\n"
    (step,) = [step for step in sheet(run, tmp_path, text)["steps"] if step["name"] == "W"]
    assert step["lines"][1]["text"] == "[[1, -1]] ([[1, 0], [0, 1]] / 2)"


def test_numbers_beyond_floats_are_compared_too(run: Run, tmp_path: Path) -> None:
    matrices = "- {dense: 2, weights: [[1e308, -1e308], [1e308, 1e308]]}\n- {dense: 2, weights: [[10, 10], [1, -1]]}\n"
    (tmp_path / "net.yaml").write_text(f"inputs: {{x: [1.0, 2.0]}}\nlayers:\n{matrices}", encoding="utf-8")
    code, out, err = run("collapse", tmp_path / "net.yaml")
    assert (code, err) == (0, "")
    assert out.rstrip().endswith("is the same: 2.00000×10³⁰⁹, -4.00000×10³⁰⁸ ✓")


@pytest.mark.parametrize("means", ["mean(x + v)", "mean((x - x)^2)", "2 + 3 * mean(x - v)"])
def test_a_mean_goes_on_into_a_layer(run: Run, tmp_path: Path, means: str) -> None:
    layers = (
        f"- let: {{u: {means}}}\n- {{dense: h, from: [u, x], weights: [[1, 2, 3], [0.5, -1, 2]], biases: [1, -2]}}\n"
    )
    text = f"inputs: {{x: [0.5, -1]}}\nvalues: {{v: [2, 3]}}\nlayers:\n{layers}"
    found = sheet(run, tmp_path, text + "loss: {upstream: [1, 1]}\n")
    assert [check["status"] for check in found["checks"]] == ["ok"]

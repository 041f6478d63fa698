"""Stacked layers as one affine map: the numbers against numpy, and the words where that cannot be."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nntrace.catalogue import KINDS

if TYPE_CHECKING:
    from conftest import Run

W1, B1 = [[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]], [0.5, -1.0, 2.0]
W2, B2 = [[2.0, -0.5, 1.0], [1.0, 0.0, -3.0]], [1.0, 0.5]
NET = """\
inputs: INPUTS
vectors: VECTORS
layers:
- dense: 3
  weights: W_1
  biases: [0.5, -1.0, 2.0]
- dense: 2
  weights: W_2
  BIAS
targets: [1, 2]
loss: mse
"""


def sheet(run: Run, folder: Path, text: str) -> Any:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("collapse", "-f", "json", cwd=folder)
    assert (code, err) == (0, "")
    return json.loads(out)


def network(vectors: str = "columns", bias: str = "biases: [1.0, 0.5]", inputs: str = "[1, 2]") -> str:
    def typed(matrix: list[list[float]]) -> str:
        return str(matrix if vectors == "columns" else np.transpose(matrix).tolist())

    text = NET.replace("VECTORS", vectors).replace("W_1", typed(W1)).replace("W_2", typed(W2))
    return text.replace("BIAS", bias).replace("INPUTS", inputs)


@pytest.mark.parametrize(("bias", "b2"), [
    ("biases: [1.0, 0.5]", B2), ("bias: {b: 0.25}", [0.25, 0.25]), ("", [0.0, 0.0])
], ids=["biases", "shared", "none"])  # fmt: skip
@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_the_merged_map(run: Run, tmp_path: Path, vectors: str, bias: str, b2: list[float]) -> None:
    found = sheet(run, tmp_path, network(vectors, bias))
    values = {step["name"]: step["value"] for step in found["steps"]}
    weights, merged = np.array(W2) @ W1, np.array(W2) @ B1 + b2
    own = "_z2" if "{b" in bias else ""
    assert np.allclose(
        values[f"W{own}"] if vectors == "columns" else np.transpose(values[f"W{own}"]), weights, rtol=1e-14
    )
    assert np.allclose(np.ravel(values[f"b{own}"]), merged, rtol=1e-14)
    assert np.allclose(np.ravel(values["z2"]), weights @ [1, 2] + merged, rtol=1e-14)
    assert [check["status"] for check in found["checks"]] == ["ok"]


def test_the_shipped_example(run: Run) -> None:
    steps = json.loads(run("collapse", "configs/stacked-linear.yaml", "-f", "json").out)["steps"]
    assert {step["name"]: step["value"] for step in steps if step["value"]} == {
        "W": [[0.5, 4.5]], "b": [[2.5]], "g": [[12.0]]
    }  # fmt: skip
    forward = json.loads(run("forward", "configs/stacked-linear.yaml", "-f", "json").out)["values"]
    assert forward["g"] == 0.5 * 1 + 4.5 * 2 + 2.5


@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_the_algebra(run: Run, tmp_path: Path, vectors: str) -> None:
    lines = [line["text"] for step in sheet(run, tmp_path, network(vectors))["steps"] for line in step["lines"]]
    wanted = {
        "columns": ["W2 (W1 x + b1) + b2", "W2 W1 x + (W2 b1 + b2)", "W2 W1", "W2 b1 + b2", "W x + b"],
        "rows": ["(x W1 + b1) W2 + b2", "x W1 W2 + (b1 W2 + b2)", "W1 W2", "b1 W2 + b2", "x W + b"],
    }
    assert set(wanted[vectors]) <= set(lines)


def test_sizes_without_numbers(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: {size: D}}\nlayers:\n- dense: {z1: {size: H}}\n- dense: {z2: {size: K}}\n"
    found = sheet(run, tmp_path, text + "targets: {y: {size: K}}\nloss: mse\n")
    steps = {step["name"]: step for step in found["steps"]}
    assert steps["W"]["lines"][0] == {"kind": "rule", "relation": "=", "text": "W2 W1", "note": "[K×H][H×D] = [K×D]"}
    assert steps["W"]["value"] is None


OPTIONS = {
    "leaky_relu": "{leaky_relu: null, alpha: 0.999}",
    "elu": "{elu: null, alpha: 3}",
    "gelu": "{gelu: null, form: tanh}",
}
REFUTED = re.compile(
    r"an affine map takes midpoints to midpoints; halfway between (.+) [=≈] (\S+) and "
    r"(.+) [=≈] (\S+) is (?:about )?(\S+), but (.+) [=≈] (\S+), "
    r"so (\w+) is not affine: z1 and z2 are not merged \(with special weights they could still be one affine map\)"
)


def test_what_is_shown_of_an_activation_is_not_said_of_the_layers(run: Run, tmp_path: Path) -> None:
    """relu(x) - relu(-x) is x, although relu is not affine."""
    text = (
        "inputs: {x: 3}\nlayers:\n- dense: [u, v]\n  weights: {x: {a: 1, b: -1}}\n- relu: [p, q]\n- dense: [s]\n"
        "  weights: {p: {c: 1}, q: {d: -1}}\n"
    )
    (reason,) = [step["reason"] for step in sheet(run, tmp_path, text)["steps"] if step["name"] == "a1"]
    assert reason.endswith(
        "so relu is not affine: z1 and s are not merged (with special weights they could still be one affine map)"
    )
    assert not any(word in reason for word in ("cannot", "do not multiply"))


@pytest.mark.parametrize("options", [False, True], ids=["plain", "options"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS["activation"] if kind != "identity"])
def test_an_activation_between_is_refuted_by_numbers(run: Run, tmp_path: Path, kind: str, options: bool) -> None:
    written = OPTIONS.get(kind, kind) if options else kind
    steps = sheet(run, tmp_path, network().replace("- dense: 2", f"- {written}\n- dense: 2"))["steps"]
    (reason,) = [step["reason"] for step in steps if step["name"] == "a1"]
    found = REFUTED.fullmatch(reason)
    assert found, reason
    low, first, high, second, halfway, middle, there, named = found.groups()
    assert named == kind
    assert halfway != there
    assert abs((float(first) + float(second)) / 2 - float(halfway)) < 1e-5
    points = [float(re.search(r"\((-?\d+)", one).group(1)) for one in (low, middle, high)]  # type: ignore[union-attr]
    assert points[0] + points[2] == 2 * points[1]
    assert not any(step["name"] == "W" for step in steps)


STACKS = """\
inputs: {a: 1.5, b: 2}
targets: {t: 0, u: 1}
layers:
- dense: 2
  weights: [[1, 2], [3, 4]]
  bias: s
- dense: 2
  weights: [[1, s], [3, 4]]
- tanh
- dense: 2
  weights: [[1, 2], [3, 4]]
- dense: 2
  weights: [[1, 2], [3, 0.1]]
values: {s: 0.5}
loss: mse
"""


def test_two_maps_have_names_of_their_own_and_every_name_is_defined(run: Run, tmp_path: Path) -> None:
    steps = sheet(run, tmp_path, STACKS)["steps"]
    assert [step["name"] for step in steps if step["name"][0] in "Wb"] == ["W_z2", "b_z2", "W_z4"]
    told = [line["note"] for step in steps for line in step["lines"] if step["name"] == "z4"]
    assert "multiplied out" not in told
    out = run("collapse", cwd=tmp_path).out
    assert "b1 [1×1] = [ s ]" in out
    assert "tanh(2) ≈ 0.964028" in out


def test_a_batch_shows_its_samples(run: Run, tmp_path: Path) -> None:
    text = STACKS.replace("{a: 1.5, b: 2}", "[a, b]").replace("{t: 0, u: 1}", "[t, u]")
    found = sheet(run, tmp_path, text + "samples: [[1, 2, 0, 1], [0.5, -1, 1, 0]]\n")
    values = {step["name"]: step["value"] for step in found["steps"]}
    for place, inputs in enumerate(([1, 2], [0.5, -1])):
        expected = np.array([[1, 0.5], [3, 4]]) @ (np.array([[1, 2], [3, 4]]) @ inputs + 0.5)
        assert np.allclose(np.ravel(values[f"z2⁽{'¹²'[place]}⁾"]), expected)
    assert [check["status"] for check in found["checks"]] == ["ok", "ok"]


def test_an_identity_between_changes_nothing(run: Run, tmp_path: Path) -> None:
    plain = sheet(run, tmp_path, network())
    found = sheet(run, tmp_path, network().replace("- dense: 2", "- identity\n- dense: 2"))
    values = [{step["name"]: step["value"] for step in one["steps"] if step["name"] in "Wb"} for one in (plain, found)]
    assert values[0] == values[1]


RESIDUAL = """\
inputs: {x: [1, 2]}
layers:
  - {dense: h, weights: [[1, 2], [0, 1]], biases: [1, 0]}
  - {dense: z, weights: [[0.5, 0], [1, 0.5]], biases: [0, 2]}
  - {add: s, from: [z, x]}
  - {dense: y, weights: [[1, 1]], biases: [3]}
"""
SKIP = """\
inputs: {x1: 1, x2: 2}
layers:
  - {dense: [z], weights: {x1: {w1: 1}, x2: {w2: 2}}, biases: {b: -1}}
  - {dense: [y], weights: {z: {v1: 0.5}, x1: {v2: -1}}}
"""
FORMULAS = """\
inputs: {x: [1, -2]}
values: {W: [[1, 2], [3, -1], [0.5, 1]], b: [0.1, 0.2, 0.3], V: [[1, 0.5, -1], [2, 0, 1]]}
layers:
  - let:
      h: W @ x + b
      o: 2 * (V @ h) - 1
"""
PARALLEL = """\
inputs: {x: [1, 2]}
layers:
  - {dense: u, from: x, weights: [[1, 2], [0, 1]], biases: [1, 0]}
  - {dense: v, from: x, weights: [[0.5, 0], [1, 0.5]]}
"""
JOINED = PARALLEL + "  - {concat: c, from: [u, v, 'x[2]']}\n  - {dense: [y], weights: [[1, 2, 3, 4, 5]]}\n"
SCALARS = """\
inputs: {x1: 2, x2: 3}
values: {w: 2}
layers:
  - let: {q: w*x1 + 3*x2, f: 4*q - x1 + 1}
"""


SINGLE = """\
inputs: {x: 2}
values: {a: 2, b: 3, c: 4}
layers:
  - let: {q: a*x + b, f: c*q + c*b + 2*c - 1}
"""


@pytest.mark.parametrize(
    ("text", "merged", "check"),
    [
        (PARALLEL + "  - {add: s, from: [u, v]}\n", "s = (W1 + W2) x + b1", "6.5, 4.0"),
        (PARALLEL + "  - let: {s: 2*u - v + x, m: mean(s)}\n", "m = A_m (2 W1 - W2 + I) x + 2 A_m b1", "8.25"),
        (JOINED, "y = W3 (A_c W1 + A_c_v W2 + A_c_x) x + W3 A_c b1", "29.5"),
        (SCALARS, "f = (A_f A_q + A_f_x) x + 1", "51"),
        (SINGLE, "f = A_f A_q x + (A_f b + c b + 2 c - 1)", "47"),
        (f"vectors: rows\n{SINGLE}", "f = x A_q A_f + (b A_f + c b + 2 c - 1)", "47"),
        (
            RESIDUAL,
            "y = W3 (W2 W1 + I) x + (W3 W2 b1 + W3 b2 + b3)",
            "18.0",
        ),
        (SKIP, "y = (A_y W1 + A_y_x) x + A_y b", "1.0"),
        (FORMULAS, "o = 2 V W x + (2 V b - 1_2)", "0.8, -15.0"),
    ],
)
def test_branches_and_formulas_are_one_map_where_they_are_affine(
    run: Run, tmp_path: Path, text: str, merged: str, check: str
) -> None:
    """Affine is told by differentiating, in all that a step reads together."""
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    sheet = run("collapse", cwd=tmp_path).out
    assert merged in sheet
    assert f"of the network on the inputs is the same: {check} ✓" in sheet

"""The gradient by the outputs given, the loss not: what follows from it, and nothing that claims to know the loss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from conftest import Run

NET = """\
inputs: {i1: 2.0, i2: -1.0}
layers:
- dense: [h1, h2]
  weights: {i1: {w11: 1.0, w12: -0.5}, i2: {w21: 0.5, w22: -1.0}}
  biases: {b1: 0.5, b2: -0.5}
  activation: {tanh: [o1, o2]}
loss: {upstream: [0.5, -1.0]}
learning_rate: 0.1
"""
BATCH = NET.replace("{i1: 2.0, i2: -1.0}", "[i1, i2]\nsamples: [[2.0, -1.0], [0.5, 0.25]]").replace(
    "[0.5, -1.0]}", "[[0.5, -1.0], [0.25, 3]]}"
)


def sheet(run: Run, folder: Path, text: str, *command: str) -> Any:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run(*command, "-f", "json", cwd=folder)
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.parametrize(("text", "rows", "upstream"), [
    (NET, [[2.0, -1.0]], [[0.5, -1.0]]), (BATCH, [[2.0, -1.0], [0.5, 0.25]], [[0.5, -1.0], [0.25, 3.0]])
], ids=["one", "batch"])  # fmt: skip
def test_the_gradients(run: Run, tmp_path: Path, text: str, rows: list[list[float]], upstream: Any) -> None:
    x, g = np.array(rows), np.array(upstream)
    weights = np.array([[1.0, -0.5], [0.5, -1.0]])
    delta = g * (1 - np.tanh(x @ weights + [0.5, -0.5]) ** 2)
    slopes = dict(zip(("w11", "w12", "w21", "w22"), (x.T @ delta).ravel(), strict=True))
    slopes |= dict(zip(("b1", "b2"), delta.sum(axis=0), strict=True))
    found = sheet(run, tmp_path, text, "step")
    assert found["gradients"] == pytest.approx(slopes, rel=1e-12)
    assert found["updated"]["w21"] == pytest.approx(0.5 - 0.1 * slopes["w21"], rel=1e-12)
    assert "loss" not in found
    assert all(step["section"] != "loss" for step in found["steps"])
    assert [check["name"] for check in found["checks"]] == [
        "all 6 gradients by central difference of Σ upstream × output"
    ]
    assert found["checks"][0]["status"] == "ok"


def test_the_given_gradient_begins(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET.replace("[0.5, -1.0]}", "{g1: 0.5, g2: -1.0}}"), encoding="utf-8")
    lines = run("step", cwd=tmp_path).out.splitlines()
    assert any(line.startswith("B1  ∂L/∂o1 = g1 = 0.5 ") and line.endswith(" given") for line in lines)
    assert any(line.split() == ["i1", "i2", "w11", "w12", "w21", "w22", "b1", "b2", "g1", "g2"] for line in lines)
    assert not any("loss" in line.lower() for line in lines)
    assert "Loss" not in run("forward", cwd=tmp_path).out
    (tmp_path / "batch.yaml").write_text(BATCH, encoding="utf-8")
    assert "Loss" not in run("step", "batch.yaml", cwd=tmp_path).out
    changed = sheet(run, tmp_path, NET, "grad", "-p", "o1", "-p", "h1", "--set", "g[1]=2")
    assert changed["gradients"]["o1"] == 2


def test_a_file_of_gradients(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "g.npy", np.array([[0.5, -1.0], [0.25, 3.0]]))
    typed = sheet(run, tmp_path, BATCH, "step")
    found = sheet(run, tmp_path, BATCH.replace("[[0.5, -1.0], [0.25, 3]]", "{file: g.npy}"), "step")
    assert found["gradients"] == pytest.approx(typed["gradients"], rel=1e-15)


WRONG = {
    "too many": (NET, "[0.5, -1.0]}", "[0.5, -1.0, 2]}", "net.yaml:7:18: there are 3 upstream gradients for 2 outputs"),
    "rows for one": (
        NET,
        "[0.5, -1.0]}",
        "[[0.5, -1.0]]}",
        "net.yaml:7:18: rows of upstream gradients, and no samples",
    ),
    "a row too short": (BATCH, "[0.25, 3]", "[3]", "net.yaml:8:32: this row is no list of 2 numbers"),
    "too few rows": (BATCH, ", [0.25, 3]", "", "net.yaml:8:18: the upstream gradients are no list of 2 rows"),
    "targets": (NET, "learning", "targets: [1, 2]\nlearning", "net.yaml:8:10: `targets` beside upstream gradients"),
}


@pytest.mark.parametrize(("text", "old", "new", "message"), WRONG.values(), ids=list(WRONG))
def test_wrong_gradients(run: Run, tmp_path: Path, text: str, old: str, new: str, message: str) -> None:
    assert old in text
    (tmp_path / "net.yaml").write_text(text.replace(old, new), encoding="utf-8")
    code, out, err = run("step", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert message in err

"""``step --save`` with an optimizer that remembers: a run from the saved file goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nntrace.catalogue import KINDS
from nntrace.network.building.build import build
from nntrace.spec import load
from nntrace.trace.arrays import ArrayTrace

if TYPE_CHECKING:
    from conftest import Run

HOMEWORK = (Path(__file__).resolve().parents[2] / "configs" / "homework3.yaml").read_text(encoding="utf-8")
ALONE = """\
parameters: {w: 1.0, V: [[0.5, -0.5], [1, 2]]}
gradients:
  w: [2.0, 1.5, -0.5, 0.25, -1]
  V: [[1, -1], [0.5, 3]]
learning_rate: {start: 0.1, step: {every: 2, times: 0.5}}
clip: {norm: 3}
"""
ONLINE = """\
inputs: [x]
targets: [t]
samples: [[1, 0], [2, 1], [-1, 1], [0.5, 0]]
layers: [{dense: y, weights: [[0.5]], biases: [0.1]}]
loss: mse
learning_rate: [0.1, 0.2, 0.05]
samples_per_step: 1
"""


STATES = "parameters: {a: 1, b: 2, m: 3, p: -1, s: 0.5, u: 0.25, v: -2}\ngradients: {"
STATES += ", ".join(f"{name}: [0.5, -1, {number}, 2, 0.25]" for number, name in enumerate("abmpsuv")) + "}\nlr: 0.1\n"
"""Parameters that are called as states are."""


def run_of(run: Run, folder: Path, *arguments: object) -> Any:
    code, out, err = run("step", *arguments, "-f", "json", cwd=folder)
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.grid
@pytest.mark.parametrize("kind", list(KINDS["optimizer"]))
@pytest.mark.parametrize("text", [HOMEWORK, ALONE, ONLINE, STATES], ids=["homework", "given", "online", "states"])
def test_two_runs_are_one(run: Run, tmp_path: Path, kind: str, text: str) -> None:
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    whole = run_of(run, tmp_path, "--optimizer", kind, "--iterations", 5)
    run_of(run, tmp_path, "--optimizer", kind, "--iterations", 3, "--save", "half.yaml")
    rest = run_of(run, tmp_path, "half.yaml", "--iterations", 2)
    assert_close(rest["updated"], whole["updated"])
    assert_close(rest.get("state", {}), whole.get("state", {}))
    assert [one["learning_rate"] for one in rest["iterations"]] == [
        one["learning_rate"] for one in whole["iterations"][3:]
    ]


@pytest.mark.parametrize(("kind", "own", "shown"), [
    ("{rmsprop: {momentum: 0.5, centered: true}}", "vab", "VAB"), ("adam", "mv", "MV"), ("nadam", "pmv", "PMV"),
])  # fmt: skip
def test_a_state_and_a_parameter_have_names_of_their_own(
    run: Run, tmp_path: Path, kind: str, own: str, shown: str
) -> None:
    (tmp_path / "net.yaml").write_text(f"{STATES}optimizer: {kind}\n", encoding="utf-8")
    step = run_of(run, tmp_path, "--iterations", 1, "--save", "next.yaml")
    assert [*step["state"]] == [*shown]
    out = run("step", "--iterations", "1", "--width", "200", cwd=tmp_path).out
    heads = next(line.split() for line in out.splitlines() if line.startswith("id "))
    assert {f"{one}⁺" for one in shown} <= {*heads}
    assert not {f"{one}⁺" for one in step["updated"]} & {*heads}
    saved = (tmp_path / "next.yaml").read_text(encoding="utf-8")
    assert all(f"    {one}: {{a: " in saved for one in own)


def assert_close(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name, inner in one.items():
            assert_close(inner, other[name])
    else:
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


def test_in_floats_every_digit_is_the_same(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(HOMEWORK, encoding="utf-8")
    run_of(run, tmp_path, "--optimizer", "adam", "--iterations", 30, "--save", "half.yaml")
    at = ArrayTrace(build(load(str(tmp_path / "half.yaml"))))
    run_of(run, tmp_path, "half.yaml", "--iterations", 1, "--save", "again.yaml")
    assert at.memory.done == 30
    for key, numbers in ArrayTrace(build(load(str(tmp_path / "again.yaml")))).given_arrays().items():
        if key in at.network.parameters:
            np.testing.assert_allclose(numbers, at.updated().after.given_arrays()[key], rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "optimizer: {adam: {start: {t: 1,\n    m: {w: 0.1},\n    v: {w: 0.001}}}}\n"),
        (
            "optimizer: {adam: {beta1: 0.5, eps: {inside: 1e-6}}}   # mine\n",
            "optimizer: {adam: {beta1: 0.5, eps: {inside: 1e-6}, start: {t: 1,\n    m: {w: 0.5},\n    v: {w: 0.001}}}}"
            "   # mine\n",
        ),
        (
            "optimizer:\n  adam:\n    amsgrad: true\n",
            "optimizer:\n  {adam: {amsgrad: true, start: {t: 1,\n    m: {w: 0.1},\n    v: {w: 0.001},\n"
            "    u: {w: 0.001}}}}\n",
        ),
    ],
)
def test_what_is_written(run: Run, tmp_path: Path, before: str, after: str) -> None:
    text = "parameters: {w: 1.0}\ngradients: {w: 1.0}\n%slearning_rate: 0.5\n"
    (tmp_path / "net.yaml").write_text(text % before, encoding="utf-8")
    asked = () if before else ("--optimizer", "adam")
    assert run("step", *asked, "--save", "new.yaml", "-q", cwd=tmp_path) == (0, "", "")
    expected = text.replace("1.0}\ngradients", "0.500000005}\ngradients") % (before and after)
    found = (tmp_path / "new.yaml").read_text(encoding="utf-8")
    lines = [line for line in found.splitlines() if not line.startswith("parameters")]
    assert "\n".join(lines[:]) + "\n" == "\n".join(expected.splitlines()[1:]) + "\n" + ("" if before else after)


def test_gradient_descent_needs_nothing_more(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(HOMEWORK, encoding="utf-8")
    run_of(run, tmp_path, "--save", "new.yaml")
    assert "optimizer" not in (tmp_path / "new.yaml").read_text(encoding="utf-8")


def test_states_of_a_tensor_from_a_file_go_into_files(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([[0.5, -0.25], [0.125, 1.0]]))
    (tmp_path / "net.yaml").write_text(
        "inputs: {x: [1, 2]}\ntargets: {y: [1, 0]}\n"
        "layers: [{dense: 2, weights: {W: {file: w.npy}}, biases: [0, 0.5]}]\n"
        "loss: mse\nlearning_rate: 0.1\noptimizer: momentum\n",
        encoding="utf-8",
    )
    whole = run_of(run, tmp_path, "--iterations", 4)
    run_of(run, tmp_path, "--iterations", 2, "--save", "half.yaml")
    assert (tmp_path / "half.v.W.npy").exists()
    rest = run_of(run, tmp_path, "half.yaml", "--iterations", 2)
    assert_close(rest["updated"], whole["updated"])
    code, _, err = run("step", "net.yaml", "--save", "half.yaml", cwd=tmp_path)
    assert (code, "is there already" in err) == (2, True)

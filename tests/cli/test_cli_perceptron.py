"""The perceptron's rule: updates from mistakes alone, one sample after another, until a pass makes none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

AND = "configs/perceptron.yaml"
ROWS = [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1]]
NET = """\
inputs: [x1, x2]
targets: [t]
samples: SAMPLES
layers:
- {dense: [z], weights: {x1: {w1: 0}, x2: {w2: 0}}, biases: {b: 0}, activation: ACTIVATION}
loss: perceptron
learning_rate: 1
epochs: 30
"""


def by_hand(samples: list[list[int]], passes: int, start: tuple[int, int, int]) -> tuple[list[int], list[int]]:
    """The mistakes of each pass, and w1, w2, b at the end."""
    w, found = list(start), []
    for _ in range(passes):
        wrong = 0
        for x1, x2, target in samples:
            error = int(w[0] * x1 + w[1] * x2 + w[2] > 0) - target
            wrong += error != 0
            w = [w[0] - error * x1, w[1] - error * x2, w[2] - error]
        found.append(wrong)
        if not wrong:
            break
    return found, w


def test_it_learns_and_and_ends(run: Run) -> None:
    code, out, _ = run("train", AND)
    assert code == 0
    counts, w = by_hand(ROWS, 20, (3, -1, -1))
    rows = out[out.index("Training") :].splitlines()
    table = [line.split()[:-1] for line in rows if line[:1].isdigit() and "│" not in line]
    after = [by_hand(ROWS, passes, (3, -1, -1))[1] for passes in range(1, len(counts) + 1)]
    assert table == [list(map(str, row)) for row in zip(range(1, 20), counts, *zip(*after, strict=True), strict=False)]
    (run_of,) = json.loads(run("train", AND, "-f", "json").out)["runs"]
    found = [run_of["curves"][name] for name in ("mistakes", "w1", "w2", "b")]
    assert list(map(list, zip(*found, strict=True))) == [[count, *w] for count, w in zip(counts, after, strict=True)]
    why = f"Pass {len(counts)} makes no mistake: nothing is left to learn."
    assert why in out
    assert why in run("step", AND).out
    for command in ("train", "step"):
        updated = json.loads(run(command, AND, "-f", "json").out)["updated"]
        assert updated == dict(zip(("w1", "w2", "b"), w, strict=True))
    assert f"Update, {4 * len(counts)} iterations" in run("step", AND).out


def test_what_no_line_parts_is_never_learned(run: Run, tmp_path: Path) -> None:
    samples = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]
    text = NET.replace("SAMPLES", str(samples)).replace("ACTIVATION", "step")
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    code, out, _ = run("train", cwd=tmp_path)
    assert code == 0
    counts, _ = by_hand(samples, 30, (0, 0, 0))
    assert len(counts) == 30
    assert f"note: {counts[-1]} mistakes in the last pass" in out


def test_an_update_is_one_of_a_single_sample_whose_delta_is_the_mistake(run: Run) -> None:
    out = run("step", AND, "--iterations", "4").out
    assert "I3.L1.3 L⁽³⁾ = (y - t) × z" in out
    assert "I3.B1.3 δ_z = ∂L/∂z = y - t" in out
    assert "I3.B2   ∂L/∂w1 = δ_z⁽³⁾ × x1⁽³⁾ = 1 × 1 = 1" in out
    assert "│ y is held fixed in L: no gradient goes through it" in out
    assert "held fixed" not in run("forward", AND).out + run("grad", "configs/homework3-q2-numbers.yaml").out


def test_there_is_no_gradient_by_the_result_that_is_held_fixed(run: Run) -> None:
    code, out, err = run("grad", AND, "-p", "y")
    assert (code, out) == (2, "")
    assert "there is no gradient by 'y⁽¹⁾': the gradient does not pass through it\n  ask for the one by 'z⁽¹⁾'" in err


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_another_activation_is_refused(run: Run, tmp_path: Path, activation: str) -> None:
    text = NET.replace("SAMPLES", "[[0, 1, 1]]").replace("ACTIVATION", activation)
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("train", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert "net.yaml:6:7: 'perceptron' takes what the last activation takes, and that is no step" in err
    assert "put activation: step on the last layer" in err


def test_a_parameter_that_is_no_number_ends_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "inputs: [x]\ntargets: [t]\nsamples: [[1, 1], [2, 1]]\n"
        "layers: [{dense: z, weights: {x: {w: 0.5}}}, {step: y}]\n"
        "loss: {perceptron: L}\noptimizer: {adagrad: {eps: 0}}\nlearning_rate: 0.1\n",
        encoding="utf-8",
    )
    assert "In step 2, w is not a number" in run("train", "--epochs", "3", cwd=tmp_path).out

"""What people type at first: each short form gives the sheet of the long one, and other words for a command work."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run

LONG = """\
inputs: {x1: 1.0, x2: -2.0}
targets: {t: 1.0}
layers:
- dense: [h1, h2]
  weights: [[0.5, 1.0], [1.0, -0.5]]
  biases: [0.1, 0.2]
- leaky_relu: [a1, a2]
  alpha: 0.2
- dense: [y]
  weights: [[1.0, 2.0]]
loss: {mse: L}
learning_rate: 0.1
"""
CLASSES = """\
inputs: {x1: 1.0, x2: -2.0}
targets: {u: 0, v: 1, w: 0}
layers:
- dense: [p1, p2, p3]
  weights: [[0.5, 1.0], [1.0, -0.5], [1, 2]]
- softmax
loss: {ce: L}
lr: 0.1
"""
BATCH = """\
inputs: [x1, x2]
targets: [u, v, w]
samples: [[0, 1, 0, 1, 0], [2, 1, 0, 0, 1]]
layers:
- dense: [p1, p2, p3]
  weights: [[0.5, 1.0], [1.0, -0.5], [1, 2]]
- softmax
loss: {ce: L}
lr: 0.1
"""


def sheet(run: Run, folder: Path, text: str, *command: str) -> dict[str, Any]:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run(*(command or ("step",)), "-f", "json", cwd=folder)
    assert (code, err) == (0, "")
    return dict(json.loads(out))


ROWS_OF_W = LONG.replace("[[1.0, 2.0]]", "[[1.0], [2.0]]") + "vectors: rows\n"
PLAIN = LONG.replace("[a1, a2]", "")
SAME: dict[str, tuple[str, list[tuple[str, str]], str]] = {
    # a file, what is typed in it instead, and what it stands for
    "lr": (LONG, [("learning_rate", "lr")], LONG),
    "one unit's weights": (LONG, [("[[1.0, 2.0]]", "[1.0, 2.0]")], LONG),
    "one unit's weights, by rows": (ROWS_OF_W, [("[[1.0], [2.0]]", "[1.0, 2.0]")], ROWS_OF_W),
    "a bare word": (LONG, [("[y]", "y")], LONG),
    "a bare word, and its row": (LONG, [("[y]", "y"), ("[[1.0, 2.0]]", "{y: {v1: 1.0, v2: 2.0}}")],
                                 LONG.replace("[[1.0, 2.0]]", "{a1: {v1: 1.0}, a2: {v2: 2.0}}")),
    "a bare word, and its list": (LONG, [("[y]", "y"), ("[[1.0, 2.0]]", "{y: [1.0, 2.0]}")],
                                  LONG.replace("[[1.0, 2.0]]", "{y: [1.0, 2.0]}")),
    "a list under bias": (LONG, [("biases", "bias")], LONG),
    "l2": (LONG + "l2: 0.1\n", [], LONG + "penalty: {l2: 0.1}\n"),
    "l1 and half_l2": (LONG + "l1: 0.1\nhalf_l2: 0.2\n", [], LONG + "penalty: {l1: 0.1, half_l2: 0.2}\n"),
    "weight_decay": (LONG + "weight_decay: 0.01\n", [],
                     LONG + "optimizer: {gradient_descent: {weight_decay: 0.01}}\n"),
    "weight_decay of an optimizer": (LONG + "weight_decay: 0.01\noptimizer: adam\n", [],
                                     LONG + "optimizer: {adam: {weight_decay: 0.01}}\n"),
    "weight_decay beside options": (LONG + "optimizer: {momentum: {beta: 0.5}}\nweight_decay: 0.01\n", [],
                                    LONG + "optimizer: {momentum: {beta: 0.5, weight_decay: 0.01}}\n"),
    "everything in the layer": (
        PLAIN,
        [("- dense: [h1, h2]\n  weights: [[0.5, 1.0], [1.0, -0.5]]\n  biases: [0.1, 0.2]\n"
          "- leaky_relu: \n  alpha: 0.2\n",
          "- dense: {units: [h1, h2], weights: [[0.5, 1.0], [1.0, -0.5]], bias: [0.1, 0.2], "
          "activation: {leaky_relu: {alpha: 0.2}}}\n")], PLAIN),
    "carry": (LONG + "rounding: carry:3\n", [], LONG + "rounding: {carry: 3}\n"),
    "plain decimals": (LONG + "rounding: carry:3dp\n", [], LONG + "rounding: {carry: 3, at_least: 0}\n"),
    "significant": (LONG + "rounding: carry:3sf\n", [], LONG + "rounding: {carry: {significant: 3}}\n"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "typed", "stands_for"), SAME.values(), ids=list(SAME))
def test_a_short_form_is_the_long_one(
    run: Run, tmp_path: Path, text: str, typed: list[tuple[str, str]], stands_for: str
) -> None:
    for long, short in typed:
        assert long in text
        text = text.replace(long, short)
    assert sheet(run, tmp_path, text) == sheet(run, tmp_path, stands_for)


TARGETS = ["p2", "{y: p2}", "{class: 2}", "{class: 1, from: 0}", "{class: p2}"]
ROWS = [
    ("[c]", "[[0, 1, p2], [2, 1, p3]]"),
    ("c", "[[0, 1, 2], [2, 1, 3]]"),
    ("{class: c, from: 0}", "[[0, 1, 1], [2, 1, p3]]"),
    ("{class: c}", "[{x1: 0, x2: 1, c: 2}, {c: p3, x2: 1, x1: 2}]"),
    ("[c]", "[[[0, 1], 2], [[2, 1], p3]]"),
    ("[u, v, w]", "[[[0, 1], [0, 1, 0]], {x1: 2, x2: 1, u: 0, v: 0, w: 1}]"),
    ("{t: [u, v, w]}", "[[[0, 1], [0, 1, 0]], {x1: 2, x2: 1, t: [0, 0, 1]}]"),
    ("[c]", "{file: classes.csv}"),
    ("{class: c, from: 0}", "{file: from_0.csv}"),
]


def gradients(found: dict[str, Any]) -> Any:
    return found["gradients"], found["loss"], found["updated"]


@pytest.mark.parametrize("target", TARGETS)
def test_a_class_by_name_or_number(run: Run, tmp_path: Path, target: str) -> None:
    typed = CLASSES.replace("{u: 0, v: 1, w: 0}", target)
    assert gradients(sheet(run, tmp_path, typed)) == gradients(sheet(run, tmp_path, CLASSES))


@pytest.mark.parametrize(("target", "rows"), ROWS)
def test_samples_as_people_type_them(run: Run, tmp_path: Path, target: str, rows: str) -> None:
    (tmp_path / "classes.csv").write_text("x1,x2,c\n0,1,2\n2,1,3\n", encoding="utf-8")
    (tmp_path / "from_0.csv").write_text("0,1,1\n2,1,2\n", encoding="utf-8")
    typed = BATCH.replace("[u, v, w]", target).replace("[[0, 1, 0, 1, 0], [2, 1, 0, 0, 1]]", rows)
    assert gradients(sheet(run, tmp_path, typed)) == gradients(sheet(run, tmp_path, BATCH))


def test_a_target_beside_an_output_y(run: Run, tmp_path: Path) -> None:
    """Targets without names are y, and t where an output is y."""
    found = sheet(run, tmp_path, LONG.replace("{t: 1.0}", "[1.0]"))
    assert found["values"]["t"] == [1.0]
    assert sheet(run, tmp_path, LONG.replace("{t: 1.0}", "[1.0]").replace("[y]", "[o]"))["values"]["y"] == [1.0]


def test_a_single_unit_may_be_called_by_its_place(run: Run, tmp_path: Path) -> None:
    text = LONG.replace("[y]", "y")
    assert sheet(run, tmp_path, text)["values"]["y"] == sheet(run, tmp_path, LONG)["values"]["y"]
    assert sheet(run, tmp_path, text, "grad", "-p", "y[1]") == sheet(run, tmp_path, LONG, "grad", "-p", "y")
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert "M3  y = W2 a " in run("forward", "--view", "matrix", cwd=tmp_path).out


@pytest.mark.parametrize(
    ("typed", "stands_for"),
    [
        (["net.yaml"], ["forward", "net.yaml"]),
        (["net.yaml", "--set", "x1=2"], ["forward", "net.yaml", "--set", "x1=2"]),
        (["backward", "-p", "w"], ["grad", "-p", "w"]),
        (["grad", "-p", "dL/dx1"], ["grad", "-p", "x1"]),
        (["grad", "-p", "∂L/∂W1[1,1]"], ["grad", "-p", "W1[1,1]"]),
        (["grad", "-p", "h"], ["grad", "-p", "h1", "-p", "h2"]),
        (["derive", "--wrt", "dL/dW1"], ["derive", "--wrt", "W1"]),
        (["step", "--rounding", "carry:3dp"], ["step", "net3.yaml"]),
    ],
)
def test_another_word_for_a_command(run: Run, tmp_path: Path, typed: list[str], stands_for: list[str]) -> None:
    (tmp_path / "net.yaml").write_text(LONG, encoding="utf-8")
    (tmp_path / "net3.yaml").write_text(LONG + "rounding: carry:3dp\n", encoding="utf-8")
    found, expected = run(*typed, cwd=tmp_path), run(*stands_for, cwd=tmp_path)
    assert found.out.replace("net3.yaml", "net.yaml") == expected.out.replace("net3.yaml", "net.yaml")
    assert found.code == expected.code


def test_any_loss_may_be_called_L(run: Run, tmp_path: Path) -> None:
    assert run("grad", "-p", "dL/dw21").out == run("grad", "-p", "dMSE/dw21").out == run("grad", "-p", "w21").out
    assert "δ0 = ∂MSE/∂a1" in run("derive", "--name", "δ0=∂L/∂a1").out
    (tmp_path / "net.yaml").write_text("inputs: {x: 1}\nlayers: [let: {L: x * 2, E: L * L}]\nloss: E\n", "utf-8")
    assert "'dL/dx'" in run("grad", "-p", "dL/dx", cwd=tmp_path).err


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("step", [1.0, 0.0, 0.0]),
        ("{step: [a, b, c], at_zero: 0.5}", [1.0, 0.5, 0.0]),
        ("{step: [a, b, c], at_zero: 1}", [1.0, 1.0, 0.0]),
        ("sign", [1.0, 0.0, -1.0]),
    ],
)
def test_units_that_jump(run: Run, tmp_path: Path, kind: str, values: list[float]) -> None:
    text = f"inputs: {{u: 2, v: 0, w: -3}}\ntargets: [1, 1, 1]\nlayers: [{kind}]\nloss: mse\n"
    found = sheet(run, tmp_path, text, "grad", "-p", "u", "-p", "v", "-p", "w")
    assert [one["value"] for one in found["steps"] if one["section"] == "forward"] == []
    assert list(found["gradients"].values()) == [0.0, 0.0, 0.0]
    forward = sheet(run, tmp_path, text, "forward")
    assert [one["value"] for one in forward["steps"] if one["section"] == "forward"] == values


def test_a_bipolar_sigmoid_is_a_tanh_of_half(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: 0.6}\ntargets: [1]\nlayers: [bipolar_sigmoid: y]\nloss: {squared_error: L}\n"
    y = math.tanh(0.3)
    found = sheet(run, tmp_path, text, "grad", "-p", "x")
    assert found["values"]["y"] == pytest.approx(y)
    assert found["gradients"]["x"] == pytest.approx(2 * (y - 1) * (1 - y * y) / 2)
    assert " = 1/2 × (1 + y) × (1 - y)" in run("grad", "-p", "x", cwd=tmp_path).out


NEURON = (
    "inputs: {x: 2}\ntargets: {t: 1}\nlayers:\n- dense: DENSE\n  weights: WEIGHTS\n  bias: {b: 1}\nloss: mse\nlr: 0.1\n"
)


@pytest.mark.parametrize("units", ["y", "[y]", "1"])
@pytest.mark.parametrize(("weights", "long"), [("0.5", "[[0.5]]"), ("{w: 0.5}", "{x: {w: 0.5}}")])
def test_a_single_weight_is_the_matrix(run: Run, tmp_path: Path, units: str, weights: str, long: str) -> None:
    text = NEURON.replace("DENSE", units)
    expected = sheet(run, tmp_path, text.replace("WEIGHTS", long))
    assert sheet(run, tmp_path, text.replace("WEIGHTS", weights)) == expected
    if "w" in weights:
        assert sheet(run, tmp_path, text.replace("WEIGHTS", "w") + "values: {w: 0.5}\n") == expected


def test_a_single_weight_of_two_units_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NEURON.replace("DENSE", "[y1, y2]").replace("WEIGHTS", "0.5"), encoding="utf-8")
    code, _, err = run("forward", cwd=tmp_path)
    assert code == 2
    assert "net.yaml:5:12: this value cannot stand here" in err

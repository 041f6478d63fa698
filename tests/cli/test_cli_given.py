"""The head of a sheet: numbers as they were typed, ``≈`` before rounded ones, and what this sheet takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

NET = """\
inputs: {x1: 1/3, x2: 0.5}
targets: {t: 0.5}
layers: [{dense: [y], weights: WEIGHTS, bias: 0.35}]
loss: {mse: L}
learning_rate: 0.1
"""
WEIGHTS = {
    "[[2/3, 1/7]]": "W1 [1×2] = [ 2/3  1/7 ]",
    "[[0.25, -4]]": "W1 [1×2] = [ 0.25  -4.0 ]",
    "{init: he_normal, seed: 1}": "W1 [1×2] ≈ [ 0.252010  0.841360 ]",
}


@pytest.mark.parametrize(("weights", "line"), WEIGHTS.items())
def test_given_numbers(run: Run, tmp_path: Path, weights: str, line: str) -> None:
    (tmp_path / "net.yaml").write_text(NET.replace("WEIGHTS", weights), encoding="utf-8")
    lines = run("forward", cwd=tmp_path).out.splitlines()
    assert lines[3].split() == ["x1", "x2", "b1", "t"]
    assert lines[5].split() == ["1/3", "0.5", "0.35", "0.5"]
    assert lines[6].strip() == line
    ascii = run("forward", "--ascii", cwd=tmp_path).out.splitlines()
    assert ascii[6].strip() == line.replace("×", "*").replace("≈", "~=")


def test_a_number_without_an_exact_value_is_about_equal(run: Run, tmp_path: Path) -> None:
    text = NET.replace("1/3", "sqrt(2)").replace("WEIGHTS", "[[1, 2]]") + "values: {y: sqrt(3)}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = run("forward", cwd=tmp_path).out
    assert out.splitlines()[5].split() == ["≈", "1.41421", "0.5", "0.35", "0.5"]
    assert "y ≈ 1.73205 is given in place of its formula" in out
    assert "≈ $1.41421$ |" in run("forward", "-f", "md", cwd=tmp_path).out


def test_drawn_zeros_are_zeros(run: Run, tmp_path: Path) -> None:
    text = "layers: [{dense: 150, weights: {init: he_normal, seed: 1}, biases: {init: zeros}},\n"
    text += "  {dense: 3, weights: {init: he_normal, seed: 2}, biases: {init: zeros}}]\n"
    text += f"inputs: {{x: [{', '.join(['1'] * 150)}]}}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert "    b2 [3] = [ 0.0  0.0  0.0 ]" in run("forward", cwd=tmp_path).out.splitlines()


def test_a_fraction_of_a_sample(run: Run, tmp_path: Path) -> None:
    text = NET.replace("{x1: 1/3, x2: 0.5}", "[x1, x2]").replace("{t: 0.5}", "[t]").replace("WEIGHTS", "[[1, 2]]")
    (tmp_path / "net.yaml").write_text(f"{text}samples: [[1/3, 1, 0], [-2/7, 0.5, 1]]\n", encoding="utf-8")
    rows = [line.split() for line in run("forward", cwd=tmp_path).out.splitlines()[5:7]]
    assert rows == [["1", "1/3", "1.0", "0.0"], ["2", "-2/7", "0.5", "1.0"]]


@pytest.mark.parametrize(("command", "words"), [
    ("forward", "(for a training step; this sheet takes all 2)"),
    ("grad", "(for a training step; this sheet takes all 2)"),
    ("step", "(an iteration takes the next sample, whose loss alone is its loss)"),
])  # fmt: skip
def test_what_the_sheet_takes(run: Run, tmp_path: Path, command: str, words: str) -> None:
    text = NET.replace("{x1: 1/3, x2: 0.5}", "[x1, x2]").replace("{t: 0.5}", "[t]").replace("WEIGHTS", "[[1, 2]]")
    text += "samples: [[1, 1, 0], [2, 0.5, 1]]\nsamples_per_step: 1\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert f"samples_per_step: 1 {words}" in run(command, cwd=tmp_path).out


@pytest.mark.parametrize("layers", ["[]", "[{tanh: [a1, a2]}]"])
def test_a_network_without_parameters(run: Run, tmp_path: Path, layers: str) -> None:
    text = f"inputs: {{z: [0.5, 1]}}\ntargets: [1, 0]\nlayers: {layers}\nloss: mse\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("grad", cwd=tmp_path)
    assert (code, err) == (0, "")
    assert "∂L/∂z[2] by central difference" in out
    asked = run("grad", "--param", "z", cwd=tmp_path).out
    assert asked.partition("The same over its paths")[0].startswith(out.partition("\nChecks")[0])


def test_typed_numbers_stay_as_typed(run: Run, tmp_path: Path) -> None:
    """Long ones are not rounded in silence; those of a table neither; an array of floats is under a ≈."""
    text = "inputs: {x: 0.12345678901234}\nlayers:\n- dense: y\n  weights: [[1.2345678901234567]]\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = run("forward", cwd=tmp_path).out
    assert "\n    0.12345678901234\n    W1 [1×1] = [ 1.2345678901234567 ]\n" in out
    assert "≈ 0.123457 × 1.23457" in out
    (tmp_path / "rows.csv").write_text("0.12345678901234\n0.5\n", encoding="utf-8")
    batch = text.replace("{x: 0.12345678901234}", "[x]\nsamples: {file: rows.csv}")
    (tmp_path / "net.yaml").write_text(batch, encoding="utf-8")
    assert "\n1       0.12345678901234\n2       0.5\n" in run("forward", cwd=tmp_path).out
    (tmp_path / "rows.csv").write_text("0.1234567890123456789\n0.5\n", encoding="utf-8")
    assert "sample       x ≈\n" in run("forward", cwd=tmp_path).out


UNNAMED = "inputs: {x: [1, 2]}\nlayers: [{dense: u, weights: [[1, 2], [3, 4]]}]\nvalues: {VALUES}\n"


def test_a_unit_without_a_name_may_be_given(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(UNNAMED.replace("VALUES", "'u[1]': 0.7"), encoding="utf-8")
    out = run("forward", cwd=tmp_path).out
    assert "F1  u[1] = 0.7                                              given, in place of its formula" in out
    assert "    u[1] = 0.7 is given in place of its formula; gradients still pass through it" in out
    set_there = run("forward", "--set", "u[1]=0.7", cwd=tmp_path).out
    assert out.partition("Forward")[2] == set_there.partition("Forward")[2]


SLOPES = [  # of a unit whose argument is -5.0 and whose result is given as 0.5, by elements and by matrices
    ("sigmoid", "∂L/∂a[2] × a[2] × (1 - a[2]) = 0.5 × 0.5 × (1 - 0.5) = 0.125", "∂L/∂a ⊙ a ⊙ (1 - a)"),
    ("tanh", "∂L/∂a[2] × (1 - a[2]²) = 0.5 × (1 - 0.5²) = 0.375", "∂L/∂a ⊙ (1 - a ⊙ a)"),
    ("relu", "∂L/∂a[2] × 1[a[2] > 0] = 0.5 × 1 = 0.5 a[2] = 0.5 > 0", "∂L/∂a ⊙ 1[a > 0]"),
    ("elu", "∂L/∂a[2] × 1 = 0.5 × 1 = 0.5 a[2] = 0.5 > 0", "∂L/∂a ⊙ (1[a > 0] + (1 - 1[a > 0]) ⊙ (a + 1))"),
    ("softplus", "× (1 / (1 + e^{-h[2]})) = 0.5 × (1 / (1 + e^{-(-5.0)})) ≈ 0.00334643", "∂L/∂a ⊙ softplus′(h)"),
    ("silu", "(1 + e^{-h[2]}) + (1 - h[2] / (1 + e^{-h[2]})) / (1 + e^{-h[2]}))", "∂L/∂a ⊙ silu′(h)"),
    ("hard_sigmoid", "∂L/∂a[2] × 0 = 0.5 × 0 = 0.0 h[2] = -5.0 ≤ 3, h[2] = -5.0 ≤ -3", "∂L/∂a ⊙ hard_sigmoid′(h)"),
    ("step", "∂L/∂a[2] × 0 = 0.5 × 0 = 0.0", "∂L/∂a ⊙"),
]


@pytest.mark.parametrize(("kind", "line", "matrices"), SLOPES)
def test_a_slope_is_that_at_the_given_result_or_at_the_argument(
    run: Run, tmp_path: Path, kind: str, line: str, matrices: str
) -> None:
    layer = f"{{dense: h, weights: [[1, 2], [3, -4]], activation: {{{kind}: a}}}}"
    text = f"inputs: {{x: [1, 2.0]}}\ntargets: {{t: [1, 0]}}\nlayers: [{layer}]\nloss: half_squared_error\n"
    (tmp_path / "net.yaml").write_text(f"{text}values: {{'a[2]': 0.5}}\n", encoding="utf-8")
    out = " ".join(run("grad", "--view", "all", "--width", "200", cwd=tmp_path).out.split())
    assert line in out, out
    assert f"δ_h = ∂L/∂h = {matrices} " in out
    assert ("′(z)" in out) == ("h" in matrices or kind == "step")
    assert run("derive", "--with-numbers", cwd=tmp_path).code == 0


@pytest.mark.parametrize(("values", "message"), [
    ("'u[3]': 1", "there is no unit 'u[3]'"), ("'W1[1,1]': 1", "there is no unit 'W1[1,1]'"),
    ("u: 1", "such as values: {'u[1]': 1}"),
])  # fmt: skip
def test_what_is_no_unit_is_refused(run: Run, tmp_path: Path, values: str, message: str) -> None:
    (tmp_path / "net.yaml").write_text(UNNAMED.replace("VALUES", values), encoding="utf-8")
    code, _, err = run("forward", cwd=tmp_path)
    assert code == 2
    assert message in err

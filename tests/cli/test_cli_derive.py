"""The options of ``nntrace derive``: what is asked, what results are called, at what numbers a layer is tried."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

if TYPE_CHECKING:
    from conftest import Run

Q2 = "configs/homework3-q2.yaml"
NUMBERS = "configs/homework3-q2-numbers.yaml"


def steps(run: Run, *arguments: str) -> dict[str, Any]:
    code, out, err = run("derive", *arguments, "-f", "json")
    assert (code, err) == (0, "")
    return {step["name"]: step for step in json.loads(out)["steps"]}


def last(step: dict[str, Any]) -> str:
    return str(step["lines"][-1]["text"])


@pytest.mark.parametrize(("name", "answer"), [
    ("parameters", "D_a D_x + D_a + K D_a + K"),  # 2.1
    ("∂ŷ_k/∂z2_k", "ŷ_k (1 - ŷ_k)"),  # 2.2
    ("∂ŷ_k/∂z2_i", "-ŷ_k ŷ_i"),  # 2.3
    ("∂L/∂z2_k", "ŷ_k - 1"),  # 2.4, i = k
    ("∂L/∂z2_i", "ŷ_i"),  # 2.4, i ≠ k
    ("∂z2/∂a1", "W2"),  # 2.5
    ("∂a1_j/∂z1_j", "1 if z1_j ≥ 0, else 0.01"),  # 2.6
    ("∂L/∂W1", "δ1 xᵀ"),  # 2.7
    ("∂L/∂b1", "δ1"),
    ("δ1", "W2ᵀ δ2 ⊙ leaky_relu′(z1)"),
])  # fmt: skip
def test_the_answers_to_question_2(run: Run, name: str, answer: str) -> None:
    assert last(steps(run, Q2)[name]) == answer


def test_the_shapes_of_one_sample_and_of_m(run: Run) -> None:
    lines = run("derive", Q2, "--width", "120").out.splitlines()
    rows = {line.split()[0]: line.split()[-2:] for line in lines if line.endswith("]")}
    assert (rows["W2"], rows["b2"], rows["a1"]) == (["[K×D_a]", "[K×D_a]"], ["[K×1]", "[K×1]"], ["[D_a×1]", "[D_a×m]"])


def test_one_quantity_keeps_the_numbers_of_its_steps(run: Run) -> None:
    every, one = steps(run, Q2), steps(run, Q2, "--wrt", "W2", "--stability")
    assert set(one) < set(every)
    assert all(every[name]["id"] == step["id"] for name, step in one.items())
    assert "∂L/∂W2" in one
    assert "∂L/∂W1" not in one
    assert {"∂L/∂W1", "∂L/∂W2"} <= set(steps(run, Q2, "--wrt", "W2", "--wrt", "W1"))


@pytest.mark.parametrize("letter", ["i", "j", "k", "l", "q"])
def test_any_letter_may_be_the_class(run: Run, tmp_path: Path, letter: str) -> None:
    text = Path(Q2).read_text(encoding="utf-8").replace("one_hot: k", f"one_hot: {letter}")
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    code, out, _ = run("derive", cwd=tmp_path)
    assert code == 0
    found = json.loads(run("derive", "-f", "json", cwd=tmp_path).out)["steps"]
    [case] = [step for step in found if step["name"] == f"∂L/∂z2_{letter}" and step["reason"]]
    assert [line["text"] for line in case["lines"]][1:] == [f"-(1 - ŷ_{letter})", f"ŷ_{letter} - 1"]
    assert f"{letter} = {letter} " not in out
    assert f" {letter} ≠ {letter}" not in out
    assert f"Σ_{letter} y" not in out


def test_names_that_a_derivation_would_use_itself(run: Run, tmp_path: Path) -> None:
    text = "inputs: {m: {size: n}}\ntargets: {y: {size: Z, one_hot: c}}\nlayers:\n- dense: {I: {size: Z}}\n"
    (tmp_path / "net.yaml").write_text(text + "- softmax: p\nloss: ce\n", encoding="utf-8")
    out = run("derive", cwd=tmp_path).out
    assert "S = e^{1000.0}" in out
    assert "M is the largest I_i" in out
    assert "N samples" in out
    assert "∂I/∂b1 = E " in out


def test_a_sum_of_each_sample_is_named_so(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: {size: 2}}\ntargets: {y: {size: 2}}\nsamples: [[1, 2, 0, 1]]\nlayers:\n- dense: 2\n"
    text += "  weights: {init: he_normal, seed: 1}\n  activation: softmax\nloss: ce\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    lines = run("derive", cwd=tmp_path).out.splitlines()
    assert any("Z_n " in line and line.endswith("= Σ_j e^{z1_jn}") for line in lines)


def test_the_gradient_by_an_input_is_derived_where_it_is_asked_for(run: Run) -> None:
    assert last(steps(run, Q2, "--wrt", "x")["∂L/∂x"]) == "W1ᵀ δ1"
    assert last(steps(run, Q2, "--name", "g=∂L/∂x")["g"]) == "W1ᵀ δ1"
    assert "∂L/∂x" not in steps(run, Q2)


def test_every_derivative_that_can_be_named_is_named(run: Run) -> None:
    _, _, err = run("derive", Q2, "--name", "g=∂L/∂y")
    for derivative in err.partition("known here: ")[2].strip().split(", "):
        found = steps(run, Q2, "--name", f"g={derivative}")
        assert any(name.partition("_")[0] == "g" for name in found), derivative


def test_one_element_by_its_name(run: Run) -> None:
    found = steps(run, "configs/homework3.yaml", "--wrt", "w21", "--wrt", "h1", "--wrt", "b1")
    assert last(found["∂MSE/∂w21"]) == "δ_h1 i2"
    assert last(found["∂MSE/∂b1"]) == "δ_h1"
    assert last(found["δ_h1"]) == "∂MSE/∂h3 × relu′(h1)"
    every = steps(run, "configs/homework3.yaml")
    assert all(step["id"] == found[name]["id"] for name, step in every.items() if name in found)


def test_the_names_that_the_matrices_hold(run: Run) -> None:
    out = run("derive", "configs/homework3.yaml").out
    assert "W1 [2×2] = [ w11  w21 ]\n               [ w12  w22 ]" in out


def test_results_under_names_of_ones_own(run: Run) -> None:
    names = ("--name", "δ0=∂L/∂z2", "--name", "δ1=∂z2/∂a1", "--name", "δ2=da1/dz1")
    found = steps(run, Q2, *names)
    assert last(found["δ0"]) == "ŷ - y"
    assert last(found["δ1"]) == "W2"
    assert last(found["δ2"]) == "diag(leaky_relu′(z1))"
    assert [line["text"] for line in found["∂L/∂a1"]["lines"]] == ["W2ᵀ δ0", "δ1ᵀ δ0"]


def test_numbers_beside_the_symbols(run: Run) -> None:
    symbols, both = steps(run, NUMBERS), steps(run, NUMBERS, "--with-numbers")
    assert symbols.keys() == both.keys()
    assert [step["id"] for step in symbols.values()] == [step["id"] for step in both.values()]
    assert last(both["∂L/∂W1"]) == "[[1.32418, -0.662088], [-0.0301416, 0.0150708]]"
    assert last(both["δ2"]) == "[[0.723056], [-0.844991], [0.121935]]"
    assert last(both["L"]) == "1.86427"
    assert last(both["∂a1/∂z1"]) == "[[1.0, 0.0], [0.0, 0.01]]"
    assert last(both["∂z2/∂a1"]) == "[[1.0, -1.0], [0.0, 1.0], [-0.5, 0.5]]"
    assert both["∂L/∂W1"]["value"] == pytest.approx(
        np.array([[1.324176, -0.662088], [-0.0301416, 0.0150708]]), rel=1e-5
    )
    ŷ = np.array(both["ŷ"]["value"])
    assert np.array(both["∂ŷ/∂z2"]["value"]) == pytest.approx(np.diagflat(ŷ) - ŷ @ ŷ.T)
    assert "y is 1 at k = 2 (c2), 0 elsewhere" in run("derive", NUMBERS).out


def test_the_machines_derivation_has_all_that_the_sheet_has(run: Run) -> None:
    found = json.loads(run("derive", NUMBERS, "--with-numbers", "-f", "json").out)
    schema = Path("nntrace/formats/sheet.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(json.loads(schema)).validate(found)
    shapes = {row["name"]: (row["role"], row["one_sample"], row["samples"]) for row in found["shapes"]}
    assert shapes["b1"] == ("parameter", "[2×1]", "[2×1]")
    assert shapes["z2"] == ("layer's result", "[3×1]", "[3×m]")
    assert {"section": "stability", "after": "D54", "text": "the others are the same"} in found["remarks"]
    assert [step["value"] for step in found["steps"] if step["name"] == "parameters"] == [15.0]


def test_the_two_terms_of_a_loss_have_their_numbers(run: Run) -> None:
    found = steps(run, "configs/ridge.yaml", "--with-numbers")
    assert [found[name]["value"] for name in "ERJ"] == [1.125, 0.328125, 1.453125]


def test_a_layer_tried_at_given_numbers(run: Run) -> None:
    found = json.loads(run("derive", Q2, "--at", "z2=800,1,2", "-f", "json").out)["steps"]
    lines = [line["text"] for step in found if step["section"] == "stability" for line in step["lines"]]
    assert "e^{800.0} + e^{1.0} + e^{2.0}" in lines
    assert "e^{1.0 - 800.0} / 1.00000" in lines


def test_a_layer_is_tried_with_as_many_numbers_as_it_has_units(run: Run, tmp_path: Path) -> None:
    for units, shown in ((1, "(1000.0)"), (2, "(1000.0, -1000.0)"), (5, "(1000.0, 0.0, 0.0, 0.0, -1000.0)")):
        text = f"inputs: {{x: {{size: 2}}}}\nlayers:\n- dense: {{z: {{size: {units}}}}}\n- softmax: p\n"
        text += f"targets: {{y: {{size: {units}}}}}\nloss: ce\n"
        (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
        assert f"at z = {shown}" in run("derive", cwd=tmp_path).out


def test_the_trial_of_a_loss_is_at_the_networks_own_class(run: Run) -> None:
    numbers = run("derive", NUMBERS).out
    assert "with y[2] = 1\n" in numbers
    assert "ℓ[2] ≈ -1.0 × (0.0 - 1000.0 - ln(1.00000)) ≈ 1000.0" in numbers
    assert "at z2 = (1000.0, 0.0, -1000.0) with y[3] = 1, for K = 3" in run("derive", Q2).out


def test_every_line_of_a_proof_names_its_rule(run: Run) -> None:
    for path in (Q2, "configs/bits-2-3-2.yaml"):
        found = json.loads(run("derive", path, "-f", "json").out)["steps"]
        proofs = [step for step in found if step["section"] == "stability" and len(step["lines"]) > 2]
        assert proofs
        assert all(line["note"] for step in proofs for line in step["lines"])
    assert "is at least 1" in run("derive", Q2).out


def test_stability_is_tried_at_everything_given(run: Run) -> None:
    out = run("derive", NUMBERS, "--at", "z2=800,1,2", "--at", "z2=1,2,3").out
    assert "at z2 = (800.0, 1.0, 2.0)" in out
    assert "at z2 = (1.0, 2.0, 3.0)" in out
    assert "nothing overflows here" in out
    assert "nothing overflows here" not in run("derive", NUMBERS, "--at", "z2=800,1,2").out
    code, _, err = run("derive", NUMBERS, "--at", "z2=1,2")
    assert (code, err) == (2, "--at 'z2=1,2' gives 2 numbers, and 'z2' has 3 elements\n  give one for each\n")


def test_an_overflow_that_does_no_harm_is_said_to_do_none(run: Run) -> None:
    out = run("derive", "configs/mazur.yaml").out
    assert "the result is still right" in out


@pytest.mark.parametrize(("options", "message"), [
    (("--wrt", "w1"), "--wrt: there is no tensor 'w1'\n  did you mean 'W1'? known here: x, W1, b1, z1"),
    (("--wrt", "m2"), "--wrt: there is no tensor 'm2'\n"),
    (("--name", "q=2"), "--name 'q=2' names no derivative\n  write a label, = and a derivative: --name δ0=∂L/∂z2"),
    (("--name", "δ9=∂L/∂q"), "--name: there is no tensor 'q'\n"),
    (("--name", "x=∂L/∂z2"), "--name 'x=∂L/∂z2': 'x' is a name already\n  choose another label"),
    (("--name", "δ9=∂L/∂z2", "--name", "δ9=∂L/∂z1"), "--name 'δ9=∂L/∂z1': 'δ9' is a name already"),
    (("--name", "i=∂L/∂z2"), "--name 'i=∂L/∂z2': 'i' is a name already"),
    (("--name", "K=∂L/∂z2"), "--name 'K=∂L/∂z2': 'K' is a name already"),
    (("--name", "g=∂L/∂y"), "--name: ∂L/∂y is nothing that is derived\n  did you mean '∂L/∂ŷ'? known here: ∂L/∂ŷ, "),
    (("--name", "g=∂z2/∂ŷ"), "--name: ∂z2/∂ŷ is nothing that is derived\n  did you mean "),
    (("--name", "g=∂L/∂z2", "--name", "h=∂L/∂z2"), "--name 'h=∂L/∂z2': ∂L/∂z2 has a label already\n"),
    (("--wrt", "L"), "--wrt: nothing is derived by 'L'\n  known here: x, W1, b1, z1, a1, W2, b2, z2, ŷ\n"),
    (("--wrt", "y"), "--wrt: nothing is derived by 'y'\n"),
    (("--wrt", "foo"), "--wrt: there is no tensor 'foo'\n  known here: x, W1, b1, z1, a1, W2, b2, z2, ŷ\n"),
    (("--at", "foo=3"), "--at: there is no tensor 'foo'\n  known here: z2\n"),
    (("--at", "z2"), "--at 'z2' gives no numbers\n  write a tensor, = and numbers: --at z2=1000,0,-1000"),
    (("--at", "z2=a"), "--at z2=a: 'a' is not a number\n"),
    (("--at", "z1=3"), "--at: nothing that can overflow reads 'z1'\n  known here: z2"),
    (("--with-numbers",), "homework3-q2.yaml:3:14: the inputs have no numbers\n"),
])  # fmt: skip
def test_a_question_that_cannot_be_answered(run: Run, options: tuple[str, ...], message: str) -> None:
    code, out, err = run("derive", Q2, *options)
    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize(("name", "problem"), [
    ("foo", "there is no tensor"),
    ("M_W1", "nothing is derived by"),
    ("J_data", "nothing is derived by"),
    ("t", "nothing is derived by"),
])  # fmt: skip
def test_what_can_be_asked_for_is_no_part_of_the_loss(run: Run, tmp_path: Path, name: str, problem: str) -> None:
    text = "inputs: {x1: 1}\ntargets: {t: 1, u: 2}\nlayers:\n- dense: [o, p]\n  weights: [[w], [w]]\n"
    path = tmp_path / "net.yaml"
    path.write_text(f"{text}values: {{w: 1}}\nloss: {{mse: J}}\npenalty: {{l2: 0.1}}\n", "utf-8")
    code, out, err = run("derive", str(path), "--wrt", name)
    assert (code, out) == (2, "")
    assert err.startswith(f"--wrt: {problem} '{name}'\n")
    assert err.endswith("known here: x1, W1, z1\n")


def test_a_network_without_numbers_is_not_computed(run: Run) -> None:
    for command in ("forward", "grad", "step"):
        code, out, err = run(command, Q2)
        assert (code, out) == (2, "")
        assert "3:14: the inputs have no numbers" in err
        assert "nntrace derive has the symbolic solution" in err


@pytest.mark.parametrize(("text", "message"), [
    ("inputs: {x: {size: D}}\nlayers:\n- dense: {z1: {size: x}}\n", "3:15: 'x' is a size and a name"),
    ("inputs: {x: {size: D}}\nlayers:\n- dense: {z: {size: K}}\ntargets: {y: {size: K, one_hot: x}}\nloss: ce\n",
     "4:14: 'x' is a class and a name"),
    ("inputs: {x: {size: D}}\nlayers:\n- dense: {z: {size: K}}\ntargets: {y: {size: K, one_hot: K}}\nloss: ce\n",
     "4:14: 'K' is a class and a size"),
    ("inputs: {x: {size: D}}\nlayers:\n- dense: {z: {size: K}}\ntargets: {y: {size: K, one_hot: cls}}\nloss: ce\n",
     "4:14: the class 'cls' is no index letter"),
    ("inputs: {x: {size: 0}}\nlayers:\n- dense: 2\n", "1:20: a size cannot be '0'"),
    ("inputs: {x: {size: D}}\nlayers:\n- dense: 2\ntargets: {y: {size: K}}\nloss: mse\n",
     "4:10: there are K targets for 2 outputs"),
    ("inputs: {x: {size: D}}\nlayers:\n- dense: 2\n  weights: [[1, 2]]\n",
     "4:12: the weights are 1×2: for 2 inputs, but there are D\n"),
    ("inputs: {x: [1]}\nlayers:\n- dense: {z: {size: q}}\n  biases: [1, 2]\n",
     "4:11: the biases are 2 numbers for q units"),
    ("inputs: {x: {size: D}}\nlayers:\n- dense: 2\n  weights: {'x[1]': [1, 2]}\n",
     "4:12: there is 1 row of weights for D inputs"),
    ("inputs: {x: {size: D}}\nlayers: []\nloss: {upstream: [1, 2]}\n",
     "3:18: there are 2 upstream gradients for D outputs"),
])  # fmt: skip
def test_sizes_that_do_not_fit(run: Run, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "net.yaml").write_text(text if "loss" in text else text + "targets: [1]\nloss: mse\n", encoding="utf-8")
    code, out, err = run("derive", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert message in err


def test_a_network_without_a_loss_has_its_shapes_jacobians_and_stability(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: {size: D}}\nlayers:\n- dense: {z: {size: K}}\n- softmax: p\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("derive", cwd=tmp_path)
    assert (code, err) == (0, "")
    assert "the network has no loss" in out
    assert all(line in out for line in ("parameters = K D + K", "= p_k (1 - p_k)", "∂z/∂x = W1", "Numerical stability"))
    assert "∂L" not in out
    assert run("derive", "--wrt", "W1", cwd=tmp_path).code == 0
    assert run("derive", "--name", "g=∂p/∂z", cwd=tmp_path).code == 0
    assert "there is no tensor 'L'" in run("derive", "--name", "g=∂L/∂z", cwd=tmp_path).err


def test_a_step_of_some_samples_has_the_loss_of_its_own(run: Run, tmp_path: Path) -> None:
    assert last(steps(run, "configs/online.yaml")["E"]) == "Σ_n E_n"
    assert last(steps(run, "configs/online.yaml")["δ_z_n"]) == "z_n - t_n"
    assert "that sample's loss" in run("derive", "configs/online.yaml").out
    text = Path("configs/online.yaml").read_text(encoding="utf-8").replace("samples_per_step: 1", "samples_per_step: 2")
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert last(steps(run, str(tmp_path / "net.yaml"))["E"]) == "1/2 × Σ_n E_n"
    assert "a step takes 2 of the 3 samples" in run("derive", cwd=tmp_path).out


def test_the_samples_index_is_explained(run: Run) -> None:
    assert "x_in is in row i, column n of x; x⁽ⁿ⁾" in run("derive", "configs/cloud.yaml").out
    assert "x_n is in column n of x\n" in run("derive", "configs/line-3-samples.yaml").out
    assert "n counts the samples" not in run("derive", Q2).out


ACTIVATION = (
    "inputs: {x: {size: D}}\ntargets: {y: {size: UNITS}}\nlayers:\n- dense: {z: {size: UNITS}}\n- KIND\nloss: LOSS\n"
)


@pytest.mark.parametrize(("kind", "note"), [
    ("relu", "at the kink"), ("leaky_relu:\n  alpha: 0.2", "at the kink"), ("elu", ""), ("selu", "at the kink"),
    ("hard_sigmoid", "at the kink"), ("step", "taken as 0 at the jump"), ("softsign", ""), ("softplus", ""),
    ("elu:\n  alpha: 0.5", "at the kink"),
])  # fmt: skip
def test_a_kink_is_noted_where_there_is_one(run: Run, tmp_path: Path, kind: str, note: str) -> None:
    text = ACTIVATION.replace("UNITS", "K").replace("KIND", kind).replace("LOSS", "mse")
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    reason = steps(run, str(tmp_path / "net.yaml"))["∂a1_j/∂z_j"]["reason"] or ""
    assert reason.startswith(note)
    assert bool(reason) == bool(note)


@pytest.mark.parametrize(("loss", "reason"), [
    ("mae", "sign(0) = 0, by convention"), ("huber", None),
    ("hinge", "at a kink the slope on one side (relu_at_zero: 0)"),  # which one hangs on the target
    ("mse", None),
])  # fmt: skip
def test_the_convention_at_a_losss_corner(run: Run, tmp_path: Path, loss: str, reason: str | None) -> None:
    text = ACTIVATION.replace("UNITS", "K").replace("KIND", "tanh").replace("LOSS", loss)
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert steps(run, str(tmp_path / "net.yaml"))["∂L/∂a1_k"]["reason"] == reason


def test_one_unit_has_no_other_to_differ_from(run: Run, tmp_path: Path) -> None:
    text = ACTIVATION.replace("UNITS", "1").replace("KIND", "tanh").replace("LOSS", "mse")
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = run("derive", cwd=tmp_path).out
    assert "≠" not in out
    assert "diag" not in out


def test_a_view_that_is_none(run: Run) -> None:
    code, out, err = run("step", "--view", "nonsense")
    assert (code, out) == (2, "")
    assert err == "there is no view 'nonsense'\n  known here: delta, paths, matrix, all\n"


@pytest.mark.parametrize(("layers", "options", "heading"), [
    ("- dense: {z: {size: K}}\n- softmax: p\n", (), "Gradients of the parameters"),
    ("- dense: {z: {size: K}}\n- softmax: p\n", ("--wrt", "W1"), "Gradient by W1"),
    ("- dense: {z: {size: K}}\n- softmax: p\n", ("--wrt", "W1", "--wrt", "b1", "--wrt", "x"),
     "Gradients by W1, b1 and x"),
    ("- tanh: a\n- sigmoid: h\n- softmax: p\n", (), "Gradients of the layers"),
    ("- tanh: a\n- softmax: p\n", ("--name", "g=∂L/∂x"), "Gradients of the inputs"),
    ("- tanh: a\n- softmax: p\n", ("--wrt", "x"), "Gradient by x"),
    ("- tanh: a\n- softmax: p\n", (), None),
])  # fmt: skip
def test_the_heading_says_whose_gradients_stand_under_it(
    run: Run, tmp_path: Path, layers: str, options: tuple[str, ...], heading: str | None
) -> None:
    text = f"inputs: {{x: {{size: K}}}}\nlayers:\n{layers}targets: {{y: {{size: K}}}}\nloss: ce\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    lines = run("derive", *options, cwd=tmp_path).out.splitlines()
    found = [line for line in lines if line.startswith("Gradient") and line != "Gradient of the loss"]
    assert found == ([] if heading is None else [heading])


def test_a_single_element_heads_its_gradient_under_its_own_name(run: Run) -> None:
    assert "Gradient by w21\n" in run("derive", "configs/homework3.yaml", "--wrt", "w21").out


PAIR = "inputs: {x: {size: 2}}\ntargets: {t: {size: 2}}\nsamples: [[1, 2, 0, 1], [3, 0, 1, 1]]\nlayers:\n"
PAIR += "- dense: z\n  weights: [[1, 2], [0, 1]]\n  biases: [0, 1]\n- relu: a\nloss: mse\n"


def test_the_jacobians_of_each_sample_have_their_numbers(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(PAIR.replace("[3, 0, 1, 1]", "[3, -2, 1, 1]"), encoding="utf-8")
    found = json.loads(run("derive", "--with-numbers", "-f", "json", cwd=tmp_path).out)["steps"]
    values = {step["name"]: step["value"] for step in found}
    assert values["∂a⁽ⁿ⁾/∂z⁽ⁿ⁾"] == [[[1, 0], [0, 1]], [[0, 0], [0, 0]]]
    assert values["∂z⁽ⁿ⁾/∂x⁽ⁿ⁾"] == [[1, 2], [0, 1]]
    out = run("derive", "--with-numbers", cwd=tmp_path).out
    assert "∂a⁽²⁾/∂z⁽²⁾ = [ 0  0 ]" in out
    assert out.index("diag(relu′(z⁽ⁿ⁾))") < out.index("∂a⁽¹⁾/∂z⁽¹⁾ = ")


def test_a_gradient_that_a_penalty_adds_to_is_not_the_jacobians_alone(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2]}\ntargets: {t: [0, 1]}\nlayers:\n- dense: z\n  weights: [[1, 2], [0, 1]]\n"
    text += "  biases: [0, 1]\nloss: mse\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert last(steps(run, str(tmp_path / "net.yaml"), "--name", "J=∂z/∂b1")["∂L/∂b1"]) == "Jᵀ δ_z"
    (tmp_path / "net.yaml").write_text(text + "penalty: {l2: 0.1, on: all}\n", encoding="utf-8")
    assert "J" not in last(steps(run, str(tmp_path / "net.yaml"), "--name", "J=∂z/∂b1")["∂L/∂b1"])


SYMBOLIC = "inputs: {x: {size: D}}\ntargets: {y: {size: K, one_hot: k}}\nsamples: {size: m}\nlayers:\n"
SYMBOLIC += "- dense: {z: {size: K}}\n- softmax: p\nloss: ce\n"


def test_a_batch_of_m_samples(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SYMBOLIC, encoding="utf-8")
    found = steps(run, str(tmp_path / "net.yaml"))
    assert last(found["L"]) == "(1/m) × Σ_n L_n"
    assert last(found["δ_z"]) == "(1/m) × (p - y)"
    assert last(found["∂L/∂b1"]) == "δ_z 1_m"
    assert last(found["∂p⁽ⁿ⁾/∂z⁽ⁿ⁾"]) == "diag(p⁽ⁿ⁾) - p⁽ⁿ⁾ p⁽ⁿ⁾ᵀ"
    assert last(found["∂L_n/∂z_kn"]) == "p_kn - 1"
    out = run("derive", cwd=tmp_path).out
    assert "[K×D][D×m] + [K×1][1×m] = [K×m]" in out
    assert "1_m is a column of m ones" in out
    assert "M is the largest z_i" in out
    assert "m is the largest" not in out
    assert "m samples" in out
    assert run("collapse", cwd=tmp_path).code == 0


def test_a_step_of_some_of_m_samples(run: Run, tmp_path: Path) -> None:
    for count, total in ((20, "m"), (3, "4")):
        text = SYMBOLIC.replace("{size: m}", f"{{size: {total}}}") + f"samples_per_step: {count}\niterations: 2\n"
        (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
        assert last(steps(run, str(tmp_path / "net.yaml"))["L"]) == f"1/{count} × Σ_n L_n"
        out = run("derive", cwd=tmp_path).out
        assert f"a step takes {count} of the {total} samples" in out
        assert f"[K×D][D×{count}] + [K×1][1×{count}] = [K×{count}]" in out


def test_a_batch_of_which_the_size_alone_is_known_is_not_computed(run: Run, tmp_path: Path) -> None:
    text = PAIR.replace("samples: [[1, 2, 0, 1], [3, 0, 1, 1]]", "samples: {size: 2}")
    (tmp_path / "net.yaml").write_text(text + "learning_rate: 1\n", encoding="utf-8")
    for command in (("forward",), ("grad",), ("step",), ("derive", "--with-numbers")):
        code, out, err = run(*command, cwd=tmp_path)
        assert (code, out) == (2, "")
        assert err.startswith("net.yaml:3:10: the samples have no numbers\n")
        assert "nntrace derive has the symbolic solution" in err


@pytest.mark.parametrize(("old", "new", "message"), [
    ("{size: m}", "{size: 0}", "3:17: a size cannot be '0'\n"),
    ("{size: m}", "{size: -1}", "3:17: a size cannot be '-1'\n"),
    ("{size: m}", "{size: 1.5}", "3:17: a size cannot be '1.5'\n"),
    ("{size: m}", "{size: [1]}", "3:17: a size cannot be a list\n"),
    ("{size: m}", "{size: m m}", "3:17: 'm m' is not a name"),
    ("{size: m}", "{file: x.csv, size: 3}", "3:11: `samples` has 'file' beside a size\n"),
    ("{size: m}", "{size: 3, file: x.csv}", "3:20: `samples` has 'file' beside a size\n"),
    ("{size: m}", "{size: m, one_hot: k}", "3:20: `samples` has 'one_hot' beside a size\n"),
    ("{size: m}", "m", "to derive only, {size: m}\n"),
    ("{size: m}", "{size: x}", "3:10: 'x' is a size and a name\n"),
    ("{size: m}", "{size: k}", "2:14: 'k' is a class and a size\n"),
    ("one_hot: k", "one_hot: n", "2:14: 'n' counts the samples, so it is no class\n"),
    ("{x: {size: D}}", "{x: [1, 2]}", "1:9: with samples the inputs have no numbers of their own\n"),
    ("{size: m}", "{size: 4}\nsamples_per_step: 5", "4:19: `samples_per_step` is 5, and there are 4 samples\n"),
    ("{size: m}", "[[1, 2, 1, 1]]", "1:9: with samples the inputs have no numbers of their own\n"),
    ("targets: {y: {size: K, one_hot: k}}", "targets: {y: {size: 2}}", "2:10: there are 2 targets for K outputs\n"),
])  # fmt: skip
def test_samples_that_are_no_number_of_them(run: Run, tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SYMBOLIC
    (tmp_path / "net.yaml").write_text(SYMBOLIC.replace(old, new), encoding="utf-8")
    code, out, err = run("derive", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert message in err


def test_upstream_gradients_need_samples_that_are_counted(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: {size: 2}}\nsamples: {size: m}\nlayers:\n- dense: {z: {size: 2}}\n"
    text += "loss: {upstream: [[1, 2], [0, 1]]}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert "net.yaml:5:18: upstream gradients have numbers, and how many samples there are is a symbol, m\n" in run(
        "derive", cwd=tmp_path).err  # fmt: skip
    (tmp_path / "net.yaml").write_text(text.replace("m}", "2}"), encoding="utf-8")
    assert run("derive", cwd=tmp_path).code == 0


def test_a_class_of_samples_that_is_said_to_be_one(run: Run, tmp_path: Path) -> None:
    text = PAIR.replace("{t: {size: 2}}", "{t: {size: 2, one_hot: c}}").replace("3, 0, 1, 1", "3, 0, 1, 0")
    text = text.replace("loss: mse", "loss: hinge")
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert last(steps(run, str(tmp_path / "net.yaml"))["∂L_n/∂a_in"]) == "1[a_in - a_cn + 1 > 0]"
    (tmp_path / "net.yaml").write_text(text.replace("3, 0, 1, 0", "3, 0, 1, 1"), encoding="utf-8")
    assert "net.yaml:3:32: the targets are said to be one-hot" in run("derive", cwd=tmp_path).err


@pytest.mark.parametrize("name", list("ijklnpqrsuv"))
def test_an_index_letter_may_be_a_name(run: Run, tmp_path: Path, name: str) -> None:
    for text in (
        f"inputs: {{{name}: {{size: D}}}}\ntargets: {{y: {{size: K}}}}\nsamples: {{size: m}}\nlayers:\n"
        "- dense: {z: {size: K}}\n- softmax: a\nloss: ce\n",
        f"inputs: {{x: {{size: {name}}}}}\ntargets: {{y: {{size: K, one_hot: c}}}}\nsamples: {{size: m}}\nlayers:\n"
        "- dense: {z: {size: K}}\n- softmax: a\nloss: ce\n",
    ):
        (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
        found = json.loads(run("derive", "-f", "json", cwd=tmp_path).out)
        lines = [line["text"] for step in found["steps"] for line in step["lines"]]
        notes = [note for step in found["steps"] for note in (step["reason"], *(one["note"] for one in step["lines"]))]
        assert not any(f"Σ_{name} " in line or f"1[{name} = " in line or f" = {name}]" in line for line in lines)
        assert not any(f"{name} ≠ " in (note or "") or f"≠ {name}" in (note or "") for note in notes)


def test_another_letter_counts_the_samples_where_n_is_how_many_there_are(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SYMBOLIC.replace("size: m", "size: n"), encoding="utf-8")
    assert last(steps(run, str(tmp_path / "net.yaml"))["L"]) == "(1/n) × Σ_h L_h"
    out = run("derive", cwd=tmp_path).out
    assert "h counts the samples: x_ih is in row i, column h of x; x⁽ʰ⁾, that sample's own, is column h\n" in out
    assert "k is the class of sample h: y is 1 at k, 0 elsewhere" in out
    assert "x(h), that sample's own" in run("derive", "--ascii", cwd=tmp_path).out


def test_the_machines_derivation_has_a_legend(run: Run, tmp_path: Path) -> None:
    schema = json.loads(Path("nntrace/formats/sheet.schema.json").read_text(encoding="utf-8"))

    def legend(*arguments: str) -> tuple[dict[str, str], dict[str, Any]]:
        found = json.loads(run("derive", *arguments, "-f", "json").out)
        jsonschema.Draft202012Validator(schema).validate(found)
        return found["legend"]["letters"], found["legend"]["tensors"]

    letters, tensors = legend(Q2)
    assert tensors == {}
    assert letters["k"] == "an index; in the gradient of the loss, that of the right class"
    assert letters["i"] == letters["j"] == letters["p"] == "an index, from 1 to the size of its axis"
    assert (letters["D_x"], letters["m"], letters["I"]) == ("a size", "any number of samples", "the identity matrix")
    assert (letters["Z"], letters["M"]) == (
        "the sum that the results of a softmax share", "the largest argument of a softmax")  # fmt: skip
    (tmp_path / "net.yaml").write_text(SYMBOLIC, encoding="utf-8")
    letters, _ = legend(str(tmp_path / "net.yaml"))
    assert (letters["n"], letters["m"]) == ("an index that counts the samples", "how many samples there are")
    letters, tensors = legend("configs/homework3.yaml")
    assert letters["k"] == letters["i"]
    assert tensors["W1"] == {"elements": [["w11", "w21"], ["w12", "w22"]], "note": None}
    (tmp_path / "net.yaml").write_text(
        "inputs: {i: [n, k]}\nlayers:\n- dense: [a, b]\n  weights: [[u, null], [w, v]]\n"
        "values: {u: 1, v: 2, w: 3}\nsamples: [[1, 2]]\n",
        encoding="utf-8",
    )
    letters, tensors = legend(str(tmp_path / "net.yaml"))
    assert not {"i", "n", "k", "u", "v"} & letters.keys()
    assert tensors["W1"] == {
        "elements": [["u", None], ["w", "v"]],
        "note": "· marks a missing connection, 0 in every sum",
    }
    assert tensors["i"] == {"elements": [["n"], ["k"]], "note": "for each sample"}


def test_steps_in_index_notation_have_their_numbers(run: Run) -> None:
    found = steps(run, NUMBERS, "--with-numbers")
    assert found["z1_j"]["value"] == [1.5, -2.0]
    assert found["∂ŷ_k/∂z2_i"]["value"][0][0] is None
    assert found["∂L/∂z2_k"]["value"] == pytest.approx(found["ŷ"]["value"][1][0] - 1)
    assert found["∂L/∂z2_i"]["value"][1] is None
    assert found["∂a1_j/∂z1_j"]["value"] == [1.0, 0.01]
    assert found["∂L/∂W1_ji"]["value"] == found["∂L/∂W1"]["value"]
    silent = [name for name, step in found.items() if step["value"] is None and step["section"] != "stability"]
    assert silent == []
    assert all(step["value"] is None for step in steps(run, NUMBERS).values() if step["section"] == "gradients")


def test_what_no_sample_changes_has_one_shape(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "inputs: {x: [1, 2]}\nvalues: {W: [[1, 2], [3, 4]], v: [1, 2]}\n"
        "layers: [{let: {T: W @ W, u: v + v, S: T @ x, f: sum(S * u)}}]\nloss: f\n",
        encoding="utf-8",
    )
    rows = [line.split("  ") for line in run("derive", cwd=tmp_path).out.splitlines() if "layer's result" in line]
    shapes = {row[0].strip(): [cell.strip() for cell in row[2:] if cell.strip()][-2:] for row in rows}
    assert shapes == {"T": ["[2×2]", "[2×2]"], "u": ["[2×1]", "[2×1]"], "S": ["[2×1]", "[2×m]"]}

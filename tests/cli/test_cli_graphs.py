"""Branches: what a layer or a loss reads where that is not the result before it."""

from __future__ import annotations

import json
from math import exp, log
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

SKIP = """\
inputs: {x1: 1, x2: 2}
targets: {t: 0}
layers:
  - dense: [z]
    weights: {x1: {w1: 1}, x2: {w2: 2}}
    biases: {b: -1}
  - relu: [h]
  - dense: [y]
    weights: {h: {v1: 0.5}, x1: {v2: -1}}
loss: {half_squared_error: L}
"""
RESIDUAL = """\
inputs: {x: [1, 2]}
targets: {t: [0, 0]}
layers:
  - {dense: h, weights: [[1, 0], [0, 1]], activation: relu}
  - {dense: z, weights: [[0.5, 0], [0, 0.5]]}
  - {add: s, from: [z, x]}
  - relu: y
loss: {half_squared_error: L}
"""


def sheet(run: Run, folder: Path, text: str, *arguments: str) -> dict[str, Any]:
    """What a command says of a network, for a program."""
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    found: dict[str, Any] = json.loads(run(*arguments, "-f", "json", cwd=folder).out)
    return found


def test_a_row_names_an_input(run: Run, tmp_path: Path) -> None:
    """The issue's own numbers: both ways of x1 are summands."""
    found = sheet(run, tmp_path, SKIP, "grad", "--param", "x1", "--param", "v2", "--view", "delta")
    assert (found["values"]["h"], found["values"]["y"]) == (4, 1)
    assert found["gradients"] == {"x1": -0.5, "v2": 1}
    steps = {step["name"]: step for step in found["steps"] if step["section"] == "backward"}
    formula = steps["∂L/∂x1"]["lines"][0]
    assert formula["text"] == "δ_z × w1 + δ_y × v2"
    assert formula["note"] == "via z, via y"


def test_a_residual_block(run: Run, tmp_path: Path) -> None:
    found = sheet(run, tmp_path, RESIDUAL, "grad", "--param", "x[1]")
    assert found["values"]["y"] == [1.5, 3]
    assert found["gradients"] == {"x[1]": 1.5 + 0.75}
    forward = run("forward", cwd=tmp_path).out
    assert "s[1] = z[1] + x[1]" in forward
    matrix = run("grad", "--view", "matrix", "--param", "x*", cwd=tmp_path).out
    assert "∂L/∂x = W1ᵀ δ_h + ∂L/∂s" in matrix


def test_a_layer_reads_a_vector_of_values(run: Run, tmp_path: Path) -> None:
    """As formulas do: it is a parameter then, the same for all samples, and a frozen one keeps its value."""
    text = """\
inputs: [x1, x2]
targets: [t]
samples: [[1, 2, 0], [0, 1, 1]]
values: {h0: [0.5, -1], M: [[1, 2], [3, 4]]}
frozen: [h0]
layers: [{dense: [y], from: [h0, x1, 'h0[2]'], weights: [[1, 2, 3, 4]]}]
loss: {half_squared_error: L, over_samples: sum}
learning_rate: 0.5
"""
    found = sheet(run, tmp_path, text, "step")
    assert [one["values"]["y"] for one in found["samples"]] == [-2.5, -5.5]
    assert found["updated"] == {"h0": [0.5, -1], "W1": [[3.25, -2.5, 4.25, -0.5]]}
    gradients = sheet(run, tmp_path, text, "grad", "--param", "h0")["gradients"]
    assert gradients == {"h0": [-2.5 - 6.5, (-2.5 - 6.5) * 6]}
    text = text.replace("learning_rate", "penalty: {l2: 1}\nlearning_rate")  # which is not on what is there as an input
    assert sheet(run, tmp_path, text, "forward")["values"]["L_penalty"] == 1 + 4 + 9 + 16
    for wrong, message in {"M": "'M' is 2×2, and a layer reads vectors", "h1": "known here: x1, x2, x, h0, M"}.items():
        (tmp_path / "net.yaml").write_text(text.replace("from: [h0", f"from: [{wrong}"), encoding="utf-8")
        code, _, err = run("grad", cwd=tmp_path)
        assert code == 2
        assert message in err


READS = {
    "one name": ("{dense: [o], from: a, weights: [[1, 2]]}", "a[1] × W2[1,1] + a[2] × W2[1,2]"),
    "joined, whole and by elements": (
        "{dense: [o], from: [a, x2, z1], weights: [[1, 2, 3, 4]]}",
        "a[1] × W2[1,1] + a[2] × W2[1,2] + x2 × W2[1,3] + z1 × W2[1,4]",
    ),
    "an element twice": ("{dense: [o], from: [x2, x2], weights: [[1, 2]]}", "x2 × W2[1,1] + x2 × W2[1,2]"),
    "by the argument": ("{dense: [o], from: {x: [x1, 'a[2]']}, weights: [[1, 2]]}", "x1 × W2[1,1] + a[2] × W2[1,2]"),
    "an activation of joined parts": ("{tanh: [o, p], from: [x2, z1]}", "tanh(x2)"),
    "concat": ("{concat: [o, p, q], from: [x2, a]}", "x2"),
    "multiply": ("{multiply: [o, p], from: [a, x]}", "a[1] × x1"),
    "the same twice": ("{add: [o, p], from: [a, a]}", "a[1] + a[1]"),
    "three": ("{add: [o, p], from: [a, x, a]}", "a[1] + x1 + a[1]"),
    "arguments by name": ("{add: [o, p], from: {x2: a, x1: [x2, x1]}}", "x2 + a[1]"),
    "rows": ("{dense: [o], weights: {z1: {v: 2}, x2: {w: 1}}, from: [z1, x2]}", "z1 × v + x2 × w"),
}


@pytest.mark.parametrize(("layer", "formula"), READS.values(), ids=READS)
def test_what_a_layer_reads(run: Run, tmp_path: Path, layer: str, formula: str) -> None:
    count = layer[: layer.index("]")].count(",") + 1
    text = f"""\
inputs: {{x1: 1, x2: 2}}
targets: {{t: {[1] * count}}}
learning_rate: 0.1
layers:
  - {{dense: [z1, z2], weights: [[0.1, 0.2], [0.5, -1]]}}
  - sigmoid: a
  - {layer}
loss: {{squared_error: L}}
"""
    found = sheet(run, tmp_path, text, "step")
    formulas = {step["name"]: step["lines"][0]["text"] for step in found["steps"]}
    assert formulas["o"] == formula
    assert {check["status"] for check in found["checks"]} <= {"ok", "note"}
    for view in ("paths", "matrix"):
        asked = run("grad", "--all", "--view", view, cwd=tmp_path)
        assert asked.code == 0, asked.err
    assert run("grad", "--param", "x1", "--param", "x2", cwd=tmp_path).out.count("✓") == 2


def test_a_joined_softmax_and_a_loss_of_joined_parts(run: Run, tmp_path: Path) -> None:
    text = """\
inputs: {x1: 1, x2: 2}
targets: {t: [0, 1]}
learning_rate: 0.1
layers:
  - {dense: [z1, z2], weights: [[1, 0.5], [0.5, -1]]}
  - {softmax: [p1, p2], from: [z2, x1]}
loss: {LOSS: L, FROM}
"""
    plain = text.replace("LOSS", "ce").replace(", FROM", "")
    found = sheet(run, tmp_path, plain, "step")
    assert all(check["status"] == "ok" for check in found["checks"])
    local = next(step for step in found["steps"] if step["name"] == "δ_z2")
    assert local["lines"][-4]["text"] == "∂L/∂p1 × p1 × (1 - p1) + ∂L/∂p2 × p2 × (-p1)"
    found = sheet(run, tmp_path, text.replace("LOSS", "mse").replace("FROM", "from: [z2, p1]"), "step")
    assert all(check["status"] == "ok" for check in found["checks"])
    loss = next(step for step in found["steps"] if step["id"] == "L1")
    assert loss["lines"][0]["text"] == "1/2 × ((t[1] - z2)² + (t[2] - p1)²)"


def test_what_the_loss_adds_to_other_ways_is_no_total_derivative(run: Run, tmp_path: Path) -> None:
    """∂L/∂z = z - t would be false where z is read by a layer too: the rule stands inside the equation."""
    text = """\
inputs: {x1: 1}
targets: {t: [0, 1]}
layers:
  - {dense: [z], weights: [[2]]}
  - {dense: [u], weights: [[3]]}
loss: {half_squared_error: L, from: [u, z]}
"""
    found = sheet(run, tmp_path, text, "grad", "--param", "z")
    lines = [line["text"] for line in next(step for step in found["steps"] if step["name"] == "δ_z")["lines"]]
    assert lines[:2] == ["δ_u × W2[1,1] + 1/2 × 2 × (t[2] - z) × (-1)", "δ_u × W2[1,1] + z - t[2]"]
    assert found["gradients"] == {"z": 19}


def test_a_branch_that_leads_nowhere(run: Run, tmp_path: Path) -> None:
    """Its parameters have the gradient 0, in a small network as in a large one."""
    text = """\
inputs: {x: INPUTS}
targets: {t: 1}
learning_rate: 0.1
layers:
  - {dense: h, weights: {init: he_normal, seed: 1}, SIZE}
  - {dense: [d], weights: {init: he_normal, seed: 2}}
  - {tanh: [u], from: [d]}
  - {dense: [y], from: h, weights: {init: he_normal, seed: 3}}
loss: {squared_error: L}
"""
    for size, inputs in ((3, 2), (200, 200)):
        dense = f"dense: {{h: {{size: {size}}}}}"
        own = text.replace("dense: h, ", "").replace("SIZE", dense).replace("INPUTS", str([1] * inputs))
        found = sheet(run, tmp_path, own, "grad", "--param", "W2[1,2]", "--param", "W3[1,2]")
        assert found["gradients"]["W2[1,2]"] == 0 != found["gradients"]["W3[1,2]"]
        assert run("step", "--only", "W2[1,2]", cwd=tmp_path).code == 0


def test_large_joined_parts_are_computed_in_arrays(run: Run, tmp_path: Path) -> None:
    """Over 20,000 products a network is traced in arrays: the same numbers as element by element."""
    text = """\
inputs: {x: INPUTS}
targets: {t: [0.5, -1]}
layers:
  - {dense: {h: {size: SIZE}}, weights: {init: he_normal, seed: 1}, activation: relu}
  - {concat: c, from: [a1, x, 'h[2]']}
  - {dense: [o, p], from: [c, x], weights: {init: he_normal, seed: 3}}
loss: {squared_error: L}
"""
    own = text.replace("SIZE", "150").replace("INPUTS", str([n % 7 - 3 for n in range(140)]))
    found = sheet(run, tmp_path, own, "grad", "--param", "x[3]", "--param", "W2[1,290]", "--param", "W2[2,300]")
    assert all(check["status"] == "ok" for check in found["checks"]), found["checks"]
    assert len(found["checks"]) == 3
    listing = run("forward", "--full", cwd=tmp_path).out
    assert "c[151] = x[1]" in listing.replace("  ", " ")
    assert "c[291] = h[2]" in listing.replace("  ", " ")


def test_branches_in_a_batch(run: Run, tmp_path: Path) -> None:
    text = SKIP.replace("{x1: 1, x2: 2}", "[x1, x2]").replace("{t: 0}", "[t]") + "samples: [[1, 2, 0], [0, 1, 1]]\n"
    found = sheet(run, tmp_path, text + "learning_rate: 0.1\n", "step")
    assert [sample["values"]["y"] for sample in found["samples"]] == [1, 0.5]
    assert all(check["status"] == "ok" for check in found["checks"])


def test_unnamed_activations_of_z1_are_a1(run: Run, tmp_path: Path) -> None:
    text = """\
inputs: {x1: 1}
layers:
  - {dense: [z1, z2], weights: [[1], [2]], activation: sigmoid}
  - {dense: [z3], weights: {a1: {w3: 1}, a2: {w4: 2}}, activation: relu}
"""
    found = sheet(run, tmp_path, text, "forward")
    assert [step["name"] for step in found["steps"]] == ["z1", "z2", "a1", "a2", "z3", "a3"]
    taken = text.replace("{x1: 1}", "{a2: 1}").replace("{a1: {w3: 1}, a2: {w4: 2}}", "[[1, 2]]")
    names = [step["name"] for step in sheet(run, tmp_path, taken, "forward")["steps"]]
    assert names == ["z1", "z2", "a1[1]", "a1[2]", "z3", "a3"]


def test_weights_of_an_earlier_layer(run: Run, tmp_path: Path) -> None:
    """One parameter in two layers: its gradient sums over the uses, and a step moves it once."""
    text = """\
inputs: {x: [1, 2]}
targets: {t: [0, 1]}
learning_rate: 0.1
layers:
  - {dense: h, weights: [[1, 2], [0.5, -1]], biases: [0.5, 1], activation: tanh}
  - {dense: o, weights: W1, biases: b1}
loss: {mse: L}
"""
    found = sheet(run, tmp_path, text, "step")
    assert list(found["updated"]) == ["W1", "b1"]
    assert all(check["status"] == "ok" for check in found["checks"])
    gradient = next(step for step in found["steps"] if step["name"] == "∂L/∂W1[1,2]")
    assert gradient["lines"][0]["text"] == "δ_h[1] × x[2] + δ_o[1] × a1[2]"
    assert "∂L/∂W1 = δ_h xᵀ + δ_o a1ᵀ" in run("step", "--view", "matrix", cwd=tmp_path).out
    numbers = text.replace("W1, biases: b1", "[[1, 2], [0.5, -1]], biases: [0.5, 1]")
    apart = sheet(run, tmp_path, numbers, "grad", "--param", "b1[1]", "--param", "b2[1]")["gradients"]
    assert found["gradients"]["b1"][0] == pytest.approx(apart["b1[1]"] + apart["b2[1]"])


AUTOENCODER = """\
inputs: {x: [1, 2]}
targets: {t: [0, 1]}
learning_rate: 0.1
layers:
  - {dense: h, weights: [[1, 2], [0.5, -1], [0.25, 1]], activation: tanh}
  - {dense: o, weights: {transpose: W1}}
loss: {mse: L}
"""


def test_weights_that_are_an_earlier_tensor_turned(run: Run, tmp_path: Path) -> None:
    """An autoencoder with tied weights: o = W1ᵀ a1, and one gradient of two summands."""
    found = sheet(run, tmp_path, AUTOENCODER, "step")
    assert list(found["updated"]) == ["W1"]
    assert all(check["status"] == "ok" for check in found["checks"])
    gradient = next(step for step in found["steps"] if step["name"] == "∂L/∂W1[1,2]")
    assert gradient["lines"][0]["text"] == "δ_h[1] × x[2] + δ_o[2] × a1[1]"
    assert "∂L/∂W1 = δ_h xᵀ + a1 δ_oᵀ" in run("step", "--view", "matrix", cwd=tmp_path).out
    assert "o = W1ᵀ a1" in run("derive", cwd=tmp_path).out


def test_the_letters_of_layers_of_two_widths_are_told_apart(run: Run, tmp_path: Path) -> None:
    """∂L/∂x = W1ᵀ δ1 + W2ᵀ δ2 with three units here and one there: the shapes and numbers are each one's own."""
    text = """\
inputs: {x: [1, 2]}
targets: {t: 1}
layers:
  - {dense: [a, b, c], weights: [[1, 2], [3, 4], [5, 6]]}
  - {dense: [d], from: x, weights: [[1, 2]]}
  - {dense: [y], from: [a, b, c, d], weights: [[1, 2, 3, 4]]}
loss: {squared_error: L}
"""
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    matrix = run("grad", "--param", "x*", "--view", "matrix", cwd=tmp_path).out
    assert "[2×3][3×1] + [2×1][1×1] = [2×1]" in matrix


GIVEN_UNIT = """\
inputs: {x1: 2, x2: -1}
targets: {t: 1}
values: {h1: 0.5}
learning_rate: 0.1
layers:
  - {dense: [h1, h2], weights: [[1, 0.5], [-0.5, -1]]}
  - sigmoid: [a1, a2]
  - {dense: [y], weights: {a1: {v1: 0.5}, a2: {v2: -1}}}
loss: {half_squared_error: L}
"""


def test_a_given_unit(run: Run, tmp_path: Path) -> None:
    """Its number replaces the forward value; gradients go on through it with the local derivative there."""
    found = sheet(run, tmp_path, GIVEN_UNIT, "grad", "--param", "W1[1,1]", "--param", "v1", "--view", "delta")
    values = found["values"]
    assert values["h1"] == 0.5
    assert values["a1"] == pytest.approx(1 / (1 + exp(-0.5)))
    delta = (values["y"] - 1) * 0.5 * values["a1"] * (1 - values["a1"])
    assert found["gradients"]["W1[1,1]"] == pytest.approx(delta * 2)
    assert [check["status"] for check in found["checks"]] == ["note", "ok"]
    assert "h1 = 0.5 is given in place of its formula" in run("grad", cwd=tmp_path).out
    same = GIVEN_UNIT.replace("values: {h1: 0.5}\n", "")
    own = sheet(run, tmp_path, same, "grad", "--param", "v1", "--set", "h1=0.5")
    assert own["gradients"]["v1"] == found["gradients"]["v1"]
    first = next(step for step in sheet(run, tmp_path, same, "forward", "--set", "h1=1/2")["steps"])
    assert (first["value"], first["reason"], len(first["lines"])) == (0.5, "given, in place of its formula", 1)


def test_a_given_result_has_its_slope_in_no_other_terms(run: Run, tmp_path: Path) -> None:
    """With a1 given, a1 (1 - a1) is no longer the e^{-h1} / (1 + e^{-h1})² that it is of any other unit."""
    text = GIVEN_UNIT.replace("h1: 0.5", "a1: 0.7")
    (step,) = (step for step in sheet(run, tmp_path, text, "grad", "--all")["steps"] if step["name"] == "δ_h1")
    lines = [line["text"] for line in step["lines"]]
    assert lines[:2] == ["∂L/∂a1 × a1 × (1 - a1)", "(-0.575) × 0.7 × (1 - 0.7)"]
    assert not any("e^{" in line for line in lines)


def test_only_what_lies_before_a_given_unit_is_not_differenced(run: Run, tmp_path: Path) -> None:
    """Of two units of a layer one is given: the weights of the other are checked, and the inputs of both are not."""
    found = sheet(run, tmp_path, GIVEN_UNIT, "grad", "--param", "W1[1,1]", "--param", "W1[2,1]", "--param", "x1")
    words = {check["name"]: check["status"] for check in found["checks"]}
    assert list(words.values()) == ["note", "ok"]
    assert next(iter(words)).startswith(
        "2 gradients by central difference: skipped, a unit between it and the loss has"
    )
    assert "∂L/∂W1[2,1]" in list(words)[1]


def test_given_outputs_of_a_softmax_need_not_sum_to_1(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2]}\nvalues: {p1: 0.25}\nlayers:\n  - softmax: [p1, p2]\n"
    assert sheet(run, tmp_path, text, "forward")["checks"] == []


def test_a_given_output_of_a_softmax_is_what_the_loss_reads(run: Run, tmp_path: Path) -> None:
    text = """\
inputs: {x: [1, 2]}
targets: [1, 0]
values: {p1: 0.25}
layers:
  - {dense: 2, weights: [[1, 0], [0, 1]]}
  - softmax: [p1, p2]
loss: {ce: L}
"""
    found = sheet(run, tmp_path, text, "grad", "--param", "p1")
    assert found["loss"]["before"] == pytest.approx(-log(0.25))
    assert found["gradients"]["p1"] == pytest.approx(-4)


def test_a_given_unit_in_a_batch(run: Run, tmp_path: Path) -> None:
    text = GIVEN_UNIT.replace("{x1: 2, x2: -1}", "[x1, x2]").replace("{t: 1}", "[t]")
    found = sheet(run, tmp_path, text + "samples: [[2, -1, 1], [0, 1, 0]]\n", "step")
    assert [sample["values"]["h1"] for sample in found["samples"]] == [0.5, 0.5]
    assert {check["status"] for check in found["checks"]} <= {"ok", "note"}


MISTAKES = {
    AUTOENCODER.replace("transpose: W1", "transpose: W7"): (
        "net.yaml:6:37: there is no earlier tensor 'W7'\n"
        "  6 |   - {dense: o, weights: {transpose: W7}}\n"
        "    |                                     ^\n"
        "  known here: W1"
    ),
    SKIP.replace("  - relu: [h]\n", "  - sigmoid: [h]\n").replace("{h: {v1", "{z: {v1"): (
        "net.yaml:9:15: 'z' is a pre-activation, and its activation sigmoid lies between\n"
        "  9 |     weights: {z: {v1: 0.5}, x1: {v2: -1}}\n"
        "    |               ^\n"
        "  name the activated one, h, in its place (a name of your own: sigmoid: [a1, …]); or, if the pre-activation "
        "is meant, add from: [z, …] to the layer"
    ),
    RESIDUAL.replace("[z, x]", "[z, xx]"): (
        "net.yaml:6:24: there is no input or earlier result 'xx'\n"
        "  6 |   - {add: s, from: [z, xx]}\n"
        "    |                        ^\n"
        "  did you mean 'x'? known here: x, h, a1, z"
    ),
    RESIDUAL.replace(", from: [z, x]", ""): (
        "net.yaml:6:6: 'add' has several arguments, and no `from`\n"
        "  6 |   - {add: s}\n"
        "    |      ^\n"
        "  write add: …, from: [x1, x2] with the names of results"
    ),
    RESIDUAL.replace("[z, x]", "z"): (
        "net.yaml:6:20: 'add' has 2 arguments, and x2 is not given\n"
        "  6 |   - {add: s, from: z}\n"
        "    |                    ^\n"
        "  name one for each: from: {x1: …, x2: …}"
    ),
    RESIDUAL.replace("[z, x]", "[z, 'x[1]']"): (
        "net.yaml:6:20: 'add' takes arguments of one size, and 'z' has 2 elements, '[x[1]]' 1\n"
        "  6 |   - {add: s, from: [z, 'x[1]']}\n"
        "    |                    ^\n"
        "  name results of the same size"
    ),
    RESIDUAL.replace("- relu: y", "- {relu: y, from: {w: z}}"): (
        "net.yaml:7:22: 'relu' has no argument 'w'\n"
        "  7 |   - {relu: y, from: {w: z}}\n"
        "    |                      ^\n"
        "  known here: z"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES.items())
def test_mistakes(run: Run, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    found = run("forward", cwd=tmp_path)
    assert found.code == 2
    assert found.err.startswith(message), found.err

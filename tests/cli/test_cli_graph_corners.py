"""Corners of branches and formulas that random networks have found."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


def sheet(run: Run, folder: Path, text: str, *arguments: str) -> dict[str, Any]:
    """What a command says of a network, for a program."""
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    done = run(*arguments, "-f", "json", cwd=folder)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.mark.parametrize(
    ("layer", "value"),
    [
        ("dense: [y]\n    weights: {q: {w: 2}, x1: {v: 1}}", 15),
        ("dense: [y]\n    weights: [[2]]", 12),
        ("relu: [y]", 6),
    ],
)
def test_a_layer_reads_a_formula_of_one_number(run: Run, tmp_path: Path, layer: str, value: float) -> None:
    text = "inputs: {x1: 3, x2: 3}\ntargets: {t: 0}\nlayers:\n  - let: {q: x1 + x2}\n"
    text += f"  - {layer}\nloss: squared_error\n"
    found = sheet(run, tmp_path, text, "grad", "--param", "x1")
    assert found["values"]["y"] == value
    assert all(check["status"] == "ok" for check in found["checks"])


def test_classes_of_a_softmax_over_joined_parts_are_its_own(run: Run, tmp_path: Path) -> None:
    """z1 is the second of what the softmax reads: the name means nothing among the outputs."""
    text = "inputs: {x: [1, 2]}\ntargets: z1\nlayers:\n  - {dense: [z1], weights: [[1, 2]]}\n"
    (tmp_path / "net.yaml").write_text(text + "  - {softmax: p, from: ['x[1]', z1]}\nloss: ce\n", encoding="utf-8")
    assert "there is no output 'z1'" in run("forward", cwd=tmp_path).err


HIDDEN = """\
inputs: {x1: 1, x2: -2}
targets: {t: [1, 0]}
layers:
  - {dense: 2, weights: [[1, 0], [0, 1]], activation: {relu: [h1, h2]}}
  - tanh
loss: {mse: L, from: a1}
"""


def test_a_default_name_means_the_tensor_that_is_shown_by_it(run: Run, tmp_path: Path) -> None:
    """Both activations are a1 by default; the first has names of its own."""
    found = sheet(run, tmp_path, HIDDEN, "grad", "--param", "a1[1]")
    name = next(step["name"] for step in found["steps"] if step["section"] == "backward")
    assert name == "∂L/∂a1[1]"
    assert found["gradients"]["a1[1]"] == pytest.approx(found["values"]["a1"][0] - 1)


def test_a_condition_of_a_sum_is_written_out(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2]}\nlayers:\n  - let: {f: leaky_relu(softmax(x)^2), L: sum(f)}\nloss: L\n"
    found = sheet(run, tmp_path, text, "grad", "--param", "x")
    assert all(check["status"] == "ok" for check in found["checks"])


def test_a_sum_along_a_letter_that_nothing_has_is_derived_with_numbers(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2], y: 3}\nlayers:\n  - let: {n: 'sum(max(x - x, y))', L: n * y}\nloss: L\n"
    (tmp_path / "net.yaml").write_text(text.replace("{x: [1, 2], y: 3}", "{x1: 1, y: 3}"), encoding="utf-8")
    assert run("derive", "--with-numbers", cwd=tmp_path).code == 0
    values = "inputs: {y: 3}\nvalues: {x: [1, 2]}\n" + text.partition("\n")[2]
    (tmp_path / "net.yaml").write_text(values, encoding="utf-8")
    assert run("derive", "--with-numbers", cwd=tmp_path).code == 0


def test_what_a_penalty_alone_reads_has_letters_of_a_layer(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2]}\ntargets: {t: [1, 0]}\nlayers:\n  - {dense: h, weights: [[1, 2], [3, 4]]}\n"
    text += "  - {tanh: y, from: x}\nloss: {mse: L}\npenalty: {l2: 0.1}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert "W1_j0" not in run("derive", cwd=tmp_path).out


def test_many_joined_parts_are_no_large_network(run: Run, tmp_path: Path) -> None:
    """Each part has a letter of its own: their lengths add up, so the numbers stay exact."""
    layers = "".join(f"  - {{concat: c{n}, from: [x, x]}}\n" for n in range(6))
    every = ", ".join(f"c{n}" for n in range(6))
    text = f"inputs: {{x: [0.1, 0.2]}}\nlayers:\n{layers}  - {{dense: [y], from: [{every}], weights: [{[0.1] * 24}]}}\n"
    found = sheet(run, tmp_path, text, "forward")
    assert next(step["exact"] for step in found["steps"] if step["name"] == "y") == "9/25"


def test_a_sum_of_one_tensor_twice_is_no_function_of_it(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2]}\ntargets: {t: [0, 0]}\nlayers:\n  - {add: s, from: [x, x]}\nloss: {squared_error: L}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert "s = x + x" in run("forward", "--view", "matrix", cwd=tmp_path).out
    assert "add(x)" not in run("derive", cwd=tmp_path).out


def test_a_perceptron_after_joined_parts_says_what_would_work(run: Run, tmp_path: Path) -> None:
    text = (
        "inputs: {x: [1, 2]}\ntargets: {t: [0, 0]}\nlayers:\n  - {step: y, from: ['x[2]', 'x[1]']}\nloss: perceptron\n"
    )
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    found = run("grad", cwd=tmp_path)
    assert found.code == 2
    assert "put activation: step" not in found.err
    assert "join it before the step, on a line of its own: - {concat: c, from: […]}" in found.err
    joined = text.replace("  - {step: y, from:", "  - {concat: c, from:").replace("loss:", "  - step: y\nloss:")
    (tmp_path / "net.yaml").write_text(joined, encoding="utf-8")
    assert run("grad", cwd=tmp_path).code == 0


LET = """\
inputs: {x: 1, y: 5}
values: {w: 2}
layers:
  - {dense: [h], from: [x, y], weights: [[5, -1]]}
  - {dense: [k], from: [x, h], weights: [[w, 1]]}
  - let: {q: FORMULA}
loss: q
"""
TARGET = "inputs: {x: 1}\ntargets: {t: 2}\nvalues: {w: 3}\nlayers:\n  - let: {L: (t - w*x)^2}\nloss: L\n"
ZERO = "give another number, or another formula below the line"
BATCH = "inputs: [x]\nsamples: [[2], [1]]\nvalues: {w: 3}\nlayers:\n  - let: {q: w / (x - 1)}\nloss: q\n"
MISTAKES = {
    "a layer's result that is 0": (LET.replace("FORMULA", "x / h"), "6:18: this divides by 'h'", ZERO),
    "0 to a negative power": (LET.replace("FORMULA", "(x - 1)^-2"), "6:14: this divides by '(x - 1)', which", ZERO),
    "a divisor in a sample": (BATCH, "5:18: this divides by '(x - 1)', which is exactly 0 in sample 2", ZERO),
    "a target in a formula": (
        TARGET, "5:15: 't' is a target, and formulas read no targets (a loss such as mse does)",
        "give it as an input: inputs: {…, t: …}, with no targets beside it",
    ),
    "an unknown name to read": (
        LET.replace("[x, h]", "[x, hh]").replace("FORMULA", "k"), "5:28: there is no input or earlier result 'hh'",
        "did you mean 'h'?",
    ),
    "a row of nothing": (
        LET.replace("from: [x, h], weights: [[w, 1]]", "weights: {hh: {a: 2}, x: {v: 1}}").replace("FORMULA", "k * w"),
        "5:28: this layer reads no 'hh', and has no such unit", "did you mean 'h'?",
    ),
    "a row of too many weights": (
        LET.replace("from: [x, h], weights: [[w, 1]]", "weights: {h: {a: 1, b: 2}}").replace("FORMULA", "k"),
        "5:28: the row 'h' has 2 weights instead of 1", "give one for each unit of this layer (k)",
    ),
    "a list that is turned": (
        LET.replace("[[w, 1]]", "{transpose: [W1]}").replace("FORMULA", "k"),
        "5:53: `transpose` takes the name of a tensor", "write {transpose: W1}",
    ),
    "no argument": (LET.replace("FORMULA", "exp()"), "6:18: 'exp' has no argument here", "write what it is of: exp(x)"),
    "a comparison": (LET.replace("FORMULA", "x == y"), "6:16: '==' is not a name", "a formula compares nothing"),
    "a slice": (LET.replace("FORMULA", "'x[1:2]'"), "6:18: ':2' is not a name", "name one element, as in x[2]"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message", "remedy"), MISTAKES.values(), ids=MISTAKES)
def test_one_mistake_has_one_message(run: Run, tmp_path: Path, text: str, message: str, remedy: str) -> None:
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    found = run("grad", cwd=tmp_path)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"net.yaml:{message}")
    assert remedy in found.err
    assert found.err.count("net.yaml:") == 1


def test_no_layer_that_divides_by_0_is_merged(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2]}\nvalues: {a: 2}\nlayers:\n- let: {h: x / (a - 2), g: 3*h}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    found = run("collapse", cwd=tmp_path)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("net.yaml:4:16: this divides by '(a - 2)', which is exactly 0\n")
    assert run("collapse", "--set", "a=3", cwd=tmp_path).code == 0


def test_a_divisor_that_a_command_makes_0_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(LET.replace("FORMULA", "k / (h - 2)"), encoding="utf-8")
    assert run("grad", cwd=tmp_path).code == 0
    found = run("grad", "--set", "y=3", cwd=tmp_path)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("net.yaml:6:18: this divides by '(h - 2)', which is exactly 0\n")


HEAD = "inputs: {x: [1, 2, 3]}\nvalues: {v: [1, 2], s: 2}\nlearning_rate: 0.1\n"
BATCH = "inputs: {x: {size: 3}}\nsamples: [[1, 2, 3]]\nvalues: {v: [1, 2]}\nlearning_rate: 0.1\n"
TOLD = {
    "an activation of what only values give": (
        HEAD + "layers: [{let: {u: tanh(v), f: s * sum(u)}}]\nloss: f\n", ("step",), "1 - u[2]²",
    ),
    "a softmax of a softmax, whose sum has a letter of its own": (
        HEAD + "layers: [{let: {u: softmax(softmax(s * v)), f: u @ v}}]\nloss: f\n", ("derive",),
        "Σ_j u_l × (1[l = j] - u_j) × ((e^{s v_j} × s × 1[j = l] × Z - e^{s v_j} e^{s v_l} s) / Z²)",
    ),
    "a sum over the elements of a batch of one sample": (
        BATCH + "layers: [{let: {u: softmax(x) * x, f: sum(u) + sum(v)}}]\nloss: f\n", ("derive",),
        "(1 / (1_3ᵀ e^{x⁽ⁿ⁾})²)",
    ),
    "how many terms there are of what is read twice": (
        BATCH.replace("[[1, 2, 3]]", "[[1, 2, 3], [4, 5, 6], [7, 8, 9]]")
        + "layers: [{let: {u: 2 * v}}, {concat: w, from: [x, u, u, x]}, {let: {f: w @ w}}]\nloss: f\n",
        ("grad", "--param", "u[2]", "--show", "B*"),
        "= ∂f/∂w[5]⁽¹⁾ + ∂f/∂w[5]⁽²⁾ + ∂f/∂w[5]⁽³⁾ + ∂f/∂w[7]⁽¹⁾ + ∂f/∂w[7]⁽²⁾ + ∂f/∂w[7]⁽³⁾",
    ),
    "a gradient of 1": (HEAD + "layers: [{let: {u: sum(v) + s, f: u}}]\nloss: f\n", ("grad",), "B1  ∂f/∂u = 1\n"),
    "a formula that is not affine": (
        HEAD + "layers: [{let: {u: tanh(v), f: s * sum(u)}}]\nloss: f\n", ("collapse",), "u(1) ≈ 0.761594, so u is not",
    ),
    "an affine formula of matrices": (
        HEAD.replace("[1, 2]", "[[1, 2], [3, 4]]")
        + "layers: [{let: {u: tanh(v), r: sum(u) + sum(x), f: s * r^2}}]\nloss: f\n",
        ("collapse",), "r is not a map from vectors to a vector, and is not merged",
    ),
    "the number of equal terms in a Jacobian": (
        HEAD + "layers: [{let: {u: v * softmax(v - v), f: s * sum(u)}}]\nloss: f\n", ("derive",),
        "∂u/∂v = 1/2 × I",
    ),
    "a softmax of elements": (
        "inputs: {x: [1, 2, 3]}\nlayers: [{softmax: p, from: ['x[3]', 'x[1]']}]\nloss: 'p[1]'\n",
        ("forward", "--view", "matrix"), "p = e0 / Z0",
    ),
    "a matrix and its transpose, by both of which a result reads an element": (
        "inputs: {x: [1, 2]}\nvalues: {W: [[2, 1], [0.5, -1]], b: [0.5, 1]}\n"
        "layers: [{let: {g: W @ x + transpose(W) @ b, f: sum(g)}}]\nloss: f\n", ("grad", "--param", "W[1,1]"),
        "B3  ∂f/∂W[1,1] = ∂f/∂g[1] × (x[1] + b[1])",
    ),
    "a rule by one place of a tied number": (
        "inputs: {x: [1, 2]}\nvalues: {w: 2, W: [[w, w]]}\nlayers: [{let: {g: 1 / (W @ x), f: sum(g * g)}}]\nloss: f\n",
        ("grad", "--view", "delta"), "∂g[1]/∂W[1,1] = ",
    ),
    "a number that is 1 by algebra": (
        "inputs: {x: [2]}\nvalues: {W: [[3]]}\nlayers: [{let: {g: W @ x, f: mean(softmax(g)) + max(g)}}]\nloss: f\n",
        ("grad",), "- e^{g[1]} × e^{g[1]}) / (e^{g[1]})² + 1 = 1\n",
    ),
    "long sums in a long sum": (
        f"inputs: {{x: {[1] * 13}}}\nvalues: {{W: {[[place] * 13 for place in range(13)]}}}\n"
        "layers: [{let: {g: (W @ x)^2, f: sum(g)}}]\nloss: f\n", ("grad", "--param", "x[1]"),
        "+ 1 × 2 × (2 × 1 + 2 × 1 + 2 × 1 + … 9 more terms, together 18 + 2 × 1) × 2 ",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "command", "line"), TOLD.values(), ids=TOLD)
def test_what_is_told(run: Run, tmp_path: Path, text: str, command: tuple[str, ...], line: str) -> None:
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    found = run(*command, "--width", "120", cwd=tmp_path)
    assert (found.code, found.err) == (0, "")
    assert line in re.sub(r"\n\s+(?=[×+])", " ", found.out), found.out


def test_a_second_tensor_among_the_inputs_is_told_where_it_may_stand(run: Run, tmp_path: Path) -> None:
    text = "inputs: {q: [1, 2], k: 3}\nvalues: {W: [[1, 2]]}\nlayers: [{let: {a: W @ q}}]\nloss: a\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    found = run("grad", cwd=tmp_path)
    assert found.code == 2
    assert "write q: 1.0; a second tensor stands in values, with frozen: [q]" in found.err
    assert found.err.count("net.yaml:") == 1  # not of the formulas that read it

"""Formulas of a file: ``let``, a loss that is a result, and what is wrong in a formula."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

CIRCUIT = """\
inputs: {x: -2, y: 5, z: -4}
layers:
  - let: {q: x + y, f: q * z}
loss: f
"""
DESCENT = """\
values: {p: 6}
layers:
  - let: {t: (2*p + 3)^2}
loss: t
learning_rate: 0.1
iterations: 3
"""


def sheet(run: Run, folder: Path, text: str, *arguments: str) -> dict[str, Any]:
    """What a command says of a network, for a program."""
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    done = run(*arguments, "-f", "json", cwd=folder)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_a_circuit(run: Run, tmp_path: Path) -> None:
    """f = (x + y) z at (-2, 5, -4): the issue's numbers. Source: CS231n, backpropagation notes."""
    found = sheet(run, tmp_path, CIRCUIT, "grad", "--param", "x", "--param", "y", "--param", "z")
    assert found["loss"]["before"] == -12
    assert found["gradients"] == {"x": -4, "y": -4, "z": 3}
    assert all(check["status"] == "ok" for check in found["checks"])
    steps = {step["name"]: [line["text"] for line in step["lines"]] for step in found["steps"][::-1]}
    assert steps["∂f/∂q"] == ["z", "-4"]  # ∂, as it has no parameters of its own: δ is for layers
    assert steps["∂f/∂x"] == ["∂f/∂q", "-4"]


def test_a_formula_of_a_parameter_alone(run: Run, tmp_path: Path) -> None:
    """Three steps of gradient descent on (2p + 3)², by hand."""
    found = sheet(run, tmp_path, DESCENT, "step")
    assert [one["updated"]["p"] for one in found["iterations"]] == [0, -1.2, -1.44]
    assert [one["loss"]["before"] for one in found["iterations"]] == [225, 9, 0.36]


GIVEN = {"a": "3", "b": "-2", "w": "0.5", "W": "[[1, 2, 0], [0, -1, 3]]", "b2": "[1, -1]", "e": "7"}
VALUES = """\
inputs: {x: [1, -2, 4]}
VALUES
layers:
  - let:
      f: FORMULA
loss: f
"""
FORMULAS = {
    "precedence": ("a + b * a ^ 2", 3 - 2 * 9),
    "a sign binds looser than a power": ("-a^2", -9),
    "powers from the right": ("2^a^2 / 2^8", 2),
    "two stars": ("a ** 2", 9),
    "a negative exponent": ("2 ^ -2 * a", 0.75),
    "from the left": ("a - b - a", 2),
    "quotients from the left": ("a / 2 / 3 * b", -1),
    "brackets": ("(a + b) * (a - b)", 5),
    "an element": ("x[3] * W[2,3]", 12),
    "a sum": ("sum(x)", 3),
    "a mean": ("mean(x)", 1),
    "the largest element": ("max(x)", 4),
    "the smallest element": ("min(w * x)", -1),
    "the largest of several": ("max(a, b, 2)", 3),
    "a scalar product": ("x @ x", 21),
    "a matrix and a vector": ("sum(W @ x)", -3 + 14),
    "a vector and a matrix": ("(b2 @ W)[2]", 3),
    "matrices": ("(W @ transpose(W))[1,2]", -2),
    "a scalar to each element": ("sum(2 * x + w)", 7.5),
    "a free letter e": ("e * a", 21),
    "functions": ("sqrt(a + 1) + abs(b) + sin(0 * a) + cos(0 * a) + tanh(0 * a)", 5),
    "activations": ("relu(b) + leaky_relu(b) + sum(relu(x))", 4.98),
    "Euler's number": ("exp(0 * a) + ln(a / 3) + log(a / 3)", 1),
}


@pytest.mark.parametrize(("formula", "value"), FORMULAS.values(), ids=FORMULAS)
def test_what_a_formula_comes_to(run: Run, tmp_path: Path, formula: str, value: float) -> None:
    used = [f"{name}: {number}" for name, number in GIVEN.items() if re.search(rf"\b{name}\b", formula)]
    text = VALUES.replace("FORMULA", formula).replace("VALUES", f"values: {{{', '.join(used)}}}" if used else "")
    found = sheet(run, tmp_path, text, "grad", "--param", "x*")
    assert found["loss"]["before"] == pytest.approx(value)
    assert {check["status"] for check in found["checks"]} <= {"ok", "note"}


WRONG = """\
inputs: {x: 1, y: 5}
values: {W: [[1, 2]], v: [1, 2, 3]}
layers:
  - let: FORMULA
loss: q
"""
DEEP = "(" * 500 + "x" + ")" * 500
MISTAKES = {
    "an unknown name": ("{q: x + yy}", "4:18: there is no 'yy' to read", "did you mean 'y'? known here: x, y, W, v"),
    "a number and a tensor": (
        "{q: x + W @ x}", "4:22: @ is between tensors, and 'x' is a single number", "write * in its place",
    ),
    "shapes that do not fit": (
        "{q: sum(W @ v)}", "4:22: 'W' is 1×2, and 'v' has 3 elements",
        "left of @ are as many columns as there are rows on its right; transpose(W) turns a matrix",
    ),
    "elements that do not fit": (
        "{q: sum(v + transpose(W))}", "4:22: 'v' has 3 elements, and 'transpose(W)' is 2×1",
        "element by element, both sides have one shape, or one is a single number; @ multiplies tensors",
    ),
    "itself": ("{q: x + q}", "4:18: 'q' uses itself", "read an earlier result, or choose another name"),
    "a later line": ("{q: x + r, r: x}", "4:18: 'r' is worked out later", "put its line before this one"),
    "a loss that is no number": (
        "{q: v + 1}", "5:7: a loss is a single number, and 'q' has 3 elements",
        "name one of them, loss: q[1], or add a line E: sum(q) to `let`, and write loss: E",
    ),
    "a division by an exact zero": (
        "{q: x / (y - 5)}", "4:18: this divides by '(y - 5)', which is exactly 0",
        "give another number, or another formula below the line",
    ),
    "an earlier result that is 0": (
        "{r: y - 5*x, q: x / r}", "4:30: this divides by 'r', which is exactly 0",
        "give another number, or another formula below the line",
    ),
    "a comma that YAML takes": (
        "{q: max(x, y)}", "4:14: between { and } YAML takes the comma of this formula for the end of an entry",
        "write it in quotes, q: 'max(x, y)', or on a line of its own:\n    q: max(x, y)",
    ),
    "such a comma on the next line": (
        "\n      {q: max(x, y)}", "5:11: between { and } YAML takes the comma of this formula for the end of an entry",
        "write it in quotes, q: 'max(x, y)', or on a line of its own:\n    q: max(x, y)\n",
    ),
    "a sign that YAML takes": (
        "{q: @x}", "4:14: a formula cannot begin with @ in YAML",
        "one that begins like that stands in quotes: q: '@x'",
    ),
    "an alias of YAML": (
        "{r: x, q: *x + y, s: y}", "4:20: a formula cannot begin with * in YAML",
        "one that begins like that stands in quotes: q: '*x + y'",
    ),
    "an anchor of YAML": (
        "\n      r: x\n      q: & x", "6:10: a formula cannot begin with & in YAML",
        "one that begins like that stands in quotes: q: '& x'",
    ),
    "a list of YAML that goes on": (
        "\n      q: [x] + y", "5:10: a formula cannot begin with [ in YAML",
        "one that begins like that stands in quotes: q: '[x] + y'",
    ),
    "a list of YAML": (
        "{q: [x, y], r: x}", "4:14: a formula cannot be a list",
        "write it in quotes where it begins with a bracket: q: '[x, y]'",
    ),
    "a colon in it": (
        "{q: x + y: 2, r: x}", "4:19: a second `: ` cannot stand here", "write the formula in quotes: q: 'x + y: 2'",
    ),
    "a part of it in quotes": (
        "\n      q: 'x' * y", "5:10: the quotes end before the formula does",
        "write the formula in quotes: q: 'x * y'",
    ),
    "a name with a prime in it": (
        "{q: x' + y: 2}", "4:20: a second `: ` cannot stand here",
        "write the formula in quotes: q: \"x' + y: 2\"",
    ),
    "a comment in it": (
        "{q: x # y}", "4:16: # begins a comment here, before a bracket is closed",
        "close the bracket before it; put a text that has # in quotes",
    ),
    "a bracket that YAML takes": (
        "{q: x + v[1]}", "4:19: an element between brackets needs quotes",
        "write the formula in quotes: q: 'x + v[1]'",
    ),
    "no such function": ("{q: sigmod(x)}", "4:14: there is no function 'sigmod'", "did you mean 'sigmoid'? known here"),
    "a name that is no function": ("{q: x(y)}", "4:14: 'x' is no function", "write * for a product: x * (…)"),
    "a function that is no name": (
        "{q: x + relu}", "4:18: 'relu' is a function", "give its argument in brackets: relu(x)",
    ),
    "no such element": (
        "{q: 'v[4]'}", "4:15: there is no 'v[4]': 'v' has 3 elements",
        "count from 1, with one number for each axis: x[2], W[2,1]",
    ),
    "a product without a sign": ("{q: 2x}", "4:15: there is no operator here", "write * for a product, as in 2*x"),
    "a pasted sign": ("{q: x²}", "4:15: '²' is no sign of a formula", "write ^2 in its place"),
    "an open bracket": ("{q: 2 * (x}", "4:18: this bracket is not closed", "write ) where it ends"),
    "too deep": (
        f"{{q: {DEEP}}}", "4:54: the formula is nested too deeply here",
        "nest at most 40 levels; give names to parts of the formula, a line each",
    ),
    "brackets 10,000 deep": (
        f"{{q: {'(' * 10_000}x{')' * 10_000}}}", "4:14: a formula of 20,001 characters is too long",
        "give names to parts of it, a line each, of at most 2,000 characters",
    ),
    "in a block of lines": (
        "\n      q: >\n        x + y\n        + zz", "7:11: there is no 'zz' to read", "known here: x, y, W, v",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("formula", "message", "remedy"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_at_its_place(run: Run, tmp_path: Path, formula: str, message: str, remedy: str) -> None:
    (tmp_path / "net.yaml").write_text(WRONG.replace("FORMULA", formula), encoding="utf-8")
    found = run("grad", cwd=tmp_path)
    assert (found.code, found.out) == (2, "")
    assert found.err.splitlines()[0] == f"net.yaml:{message}"
    assert remedy in found.err
    assert found.err.count("net.yaml:") == 1


@pytest.mark.parametrize(("function", "slope"), [("tanh", "1 - a²"), ("sigmoid", "a × (1 - a)")])
def test_a_formula_that_is_an_activation_has_its_slope_in_its_own_result(
    run: Run, tmp_path: Path, function: str, slope: str
) -> None:
    text = f"values: {{w: 2, x: 1, b: -1.5}}\nlayers:\n  - let: {{a: {function}(w*x + b)}}\nloss: a\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert f"= {slope}\n" in run("grad", "-p", "b", cwd=tmp_path).out

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

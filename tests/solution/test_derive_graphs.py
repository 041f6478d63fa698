"""Derivations of branches, joined arguments and formulas: every line holds for the network's numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from derivation_reader import reading, texts_of

from nntrace.expr.script import UNICODE
from nntrace.formats import render
from nntrace.network.apart import apart
from nntrace.network.building.build import build
from nntrace.network.model import Network
from nntrace.solution.derive.question import Question
from nntrace.solution.derive.sheet import Derivation
from nntrace.spec import read
from nntrace.trace.arrays import ArrayTrace

if TYPE_CHECKING:
    from conftest import Run

GRAPHS = {
    "a loss that reads a tensor twice": """\
inputs: {x: [1, 2]}
targets: {t: [0, 1, 2, 3]}
layers:
  - {dense: z, weights: [[1, 2], [3, 4]]}
loss: {mse: L, from: [z, z]}
""",
    "a skip connection": """\
inputs: {x1: 1, x2: 2}
targets: {t: 0}
layers:
  - {dense: [z], weights: {x1: {w1: 1}, x2: {w2: 2}}, biases: {b: -1}}
  - relu: [h]
  - {dense: [y], weights: {h: {v1: 0.5}, x1: {v2: -1}}}
loss: {half_squared_error: L}
""",
    "a skip connection in a batch": """\
inputs: [x1, x2]
targets: [t]
samples: [[1, 2, 0], [0, 1, 1]]
layers:
  - {dense: [z], weights: {x1: {w1: 1}, x2: {w2: 2}}, biases: {b: -1}}
  - {dense: [y], weights: {z: {v1: 0.5}, x1: {v2: -1}}}
loss: {half_squared_error: L}
""",
    "a residual block": """\
inputs: {x: [1, 2]}
targets: {t: [0, 0]}
layers:
  - {dense: h, weights: [[1, 0], [0, 1]], activation: relu}
  - {dense: z, weights: [[0.5, 0], [0, 0.5]]}
  - {add: s, from: [z, x]}
  - relu: y
loss: {half_squared_error: L}
""",
    "layers of two widths": """\
inputs: {x: [1, 2]}
targets: {t: 1}
layers:
  - {dense: [a, b, c], weights: [[1, 2], [3, 4], [5, 6]]}
  - {dense: [d], from: x, weights: [[1, 2]]}
  - {dense: [y], from: [a, b, c, d], weights: [[1, 2, 3, 4]]}
loss: {squared_error: L}
""",
    "joined parts": """\
inputs: {x1: 1, x2: 2}
targets: {t: [1, 0]}
layers:
  - {dense: [z1, z2], weights: [[1, 2], [0.5, -1]]}
  - sigmoid: a
  - {concat: [o, p, q], from: [x2, a]}
  - {dense: u, from: [o, x1, a, z2], weights: [[1, 2, 3, 4, 5], [1, 1, 0, -1, 2]]}
  - {softmax: [r, s], from: u}
loss: {ce: L}
""",
    "a loss of joined parts": """\
inputs: {x1: 1, x2: 2}
targets: {t: [0, 1]}
layers:
  - {dense: [z1, z2], weights: [[1, 0.5], [0.5, -1]]}
  - {softmax: [p1, p2], from: [z2, x1]}
loss: {mse: L, from: [z2, p1]}
""",
    "parameters of several formulas in a batch": """\
inputs: [x, y]
samples: [[1, 2], [2, 3], [3, 5]]
values: {a: 0.5, b: 0.25, c: 3}
layers:
  - let: {e: y - (a*x + b), f: 2*e - c*b - 1, g: 3*f - b}
loss: g
""",
    "a circuit": """\
inputs: {x: -2, y: 5, z: -4}
layers:
  - let: {q: x + y, f: q * z}
loss: f
""",
    "a neuron": """\
inputs: {x0: -1, x1: -2}
values: {w0: 2, w1: -3, w2: -3}
layers:
  - let: {dot: w0*x0 + w1*x1 + w2, f: sigmoid(dot)}
loss: f
""",
    "whole tensors": """\
inputs: {x: [1, -2]}
values: {W: [[1, 2], [3, -1], [0.5, 1]], b: [0.1, 0.2, 0.3], V: [[1, 0.5, -1]]}
layers:
  - let:
      h: tanh(W @ x + b)
      o: V @ h
      J: sum((o - 1)^2) / 2 + 0.1 * sum(W^2)
loss: J
""",
    "elements beside a whole": """\
inputs: {x: [1, -2]}
layers:
  - {dense: [h1, h2], weights: [[1, 2], [3, 4]]}
  - let:
      s: h1*h2 + x[2]*x
      f: sum(s)/2
loss: f
""",
    "a tied matrix": """\
inputs: {x: [1, -2]}
targets: [1, 2]
layers:
  - {dense: [h1, h2], weights: {W: [[1, 2], [3, 4]]}}
  - let:
      g: transpose(W) @ relu(x) + W[1,2]
loss: mse
""",
    "formulas in a batch": """\
inputs: [x1, x2]
samples: [[1, 2], [0, -1]]
values: {w: 0.5}
layers:
  - let: {v: w^2, q: v*x1 + x2, f: q^2}
loss: {of: f, over_samples: mean}
""",
    "a penalty": """\
inputs: {x: [1, -2]}
values: {w: [0.5, 1]}
penalty: {l2: 0.1}
layers:
  - let: {q: w @ x}
loss: q
""",
    "one element as an argument": """\
inputs: {x: [1, -2]}
layers:
  - let: {s: 'x[1] * x[2]'}
  - {sigmoid: [a], from: ["x[1]"]}
  - {selu: [b], from: [s]}
  - {add: [c], from: {x1: [a], x2: [b]}}
loss: {of: c}
""",
    "activations of elements": """\
inputs: {x: [1, -2]}
targets: {t: [1, 0]}
layers:
  - {dense: [z1, z2, z3], weights: [[1, 2], [3, 4], [5, 6]]}
  - {gelu: [a1, a2], from: [z3, "x[2]"]}
  - {softmax: [p1, p2], from: [a2, z1]}
loss: {ce: L}
""",
    "parts of a loss that reads elements": """\
inputs: {x: [1, -2]}
targets: {t: [1, 0, 0]}
layers:
  - {dense: [h1, h2], weights: [[1, 2], [3, 4]]}
  - tanh: [a1, a2]
loss: {hinge: L, parts: [L1, L2, L3], from: [a1, "x[2]", h2]}
""",
    "a softmax of one": """\
inputs: {x: 1}
targets: {t: 1}
layers:
  - softmax: [p]
loss: {ce: L}
""",
    "a name in an input and in a matrix": """\
inputs: {v: 1, x: 0.5}
targets: [1, 0]
layers:
  - {dense: [h1, h2], weights: [[v, 2], [1, v]]}
  - let: {q: v * h1 + x}
  - {concat: [o1, o2], from: [q, v]}
loss: mse
""",
    "an element beside the matrix that holds it": """\
inputs: {u: 0.5, v: 2}
targets: [1, 0]
layers:
  - {tanh: a, from: x}
  - {dense: [h1, h2], from: [u, v], weights: [[1, 4], [3, v]]}
  - {add: s, from: [a, z1]}
loss: mse
""",
    "a sum of equal terms": """\
inputs: {x: [1, -2]}
values: {w: 0.5}
layers:
  - let: {f: 'sum(max(x - x, w)) + w * x[1]'}
loss: f
""",
    "a parameter alone": "values: {p: 6}\nlayers:\n  - let: {t: (2*p + 3)^2}\nloss: t\n",
}


def network(text: str) -> Network:
    return build(read(text, "net.yaml", None))


@pytest.mark.parametrize("text", GRAPHS.values(), ids=GRAPHS)
@pytest.mark.parametrize("with_numbers", [False, True])
def test_every_line_holds(text: str, with_numbers: bool) -> None:
    assert list(reading(network(text), Question(with_numbers=with_numbers)).disagreements()) == []


FORMULA = """\
inputs: {x: [1, 2]}
values: {W: [[2, 1], [0.5, -1]], b: [0.5, 1], A: [[2, 1], [3, 1]]}
layers:
  - let: {g: 'FORMULA', f: sum(g * g)}
loss: f
"""
READ_IN_WAYS = [
    ("W @ x + transpose(W) @ b", "W_ji", "Σ_k ∂f/∂g_k × ∂g_k/∂W_ji", "(D4, D5)", "∂f/∂g_j × ∂g_j/∂W_ji"),
    ("W @ transpose(A) + W * A", "A_ik", "Σ_j Σ_l ∂f/∂g_jl × ∂g_jl/∂A_ik", "(D5)", "Σ_j ∂f/∂g_ji × ∂g_ji/∂A_ik"),
    ("W @ transpose(A) + W * A", "W_jk", "Σ_i ∂f/∂g_ji × ∂g_ji/∂W_jk", "(D4)", "∂f/∂g_jk × ∂g_jk/∂W_jk"),
    ("A * transpose(W)", "W_ij", "∂f/∂g_ji × ∂g_ji/∂W_ij", "(D5)", "∂f/∂g_ij × ∂g_ij/∂W_ij"),
    ("A * transpose(A)", "A_ij", "Σ_k Σ_l ∂f/∂g_kl × ∂g_kl/∂A_ij", "(D4)", "∂f/∂g_ji × ∂g_ji/∂A_ij"),
]


@pytest.mark.parametrize(("formula", "by", "chain", "cited", "wrong"), READ_IN_WAYS)
def test_a_tensor_read_in_several_ways(formula: str, by: str, chain: str, cited: str, wrong: str) -> None:
    """Every result that reads an element counts, and the rule cites where its derivative is; a chain rule of some of
    them is caught."""
    one = reading(network(FORMULA.replace("FORMULA", formula)), Question())
    [lines] = [step["lines"] for step in one.sheet["steps"] if step["name"] == f"∂f/∂{by}"]
    assert lines[0]["text"] == chain
    assert lines[1]["note"].startswith("insert ")
    assert lines[1]["note"].endswith(cited)
    assert list(one.disagreements()) == []
    lines[0]["text"] = wrong
    assert all(wrong in problem for problem in one.disagreements())
    assert list(one.disagreements())


def test_a_rule_says_what_was_done() -> None:
    """No sum over 1[…] is told of where its terms are all left; sums that differ in their letter have one name."""
    steps = reading(network(FORMULA.replace("FORMULA", "softmax(x) * b[1] - mean(x)")), Question()).sheet["steps"]
    [last] = [step["lines"] for step in steps if step["name"] == "∂f/∂x_i"]
    assert last[-1]["note"] == "multiply out"
    assert [line["text"] for line in last if line["text"].startswith("Z")] == ["Z = Σ_k e^{x_k}"]
    steps = reading(network(FORMULA.replace("FORMULA", "softmax(x) * b[1]")), Question()).sheet["steps"]
    [last] = [step["lines"] for step in steps if step["name"] == "∂f/∂x_i"]
    assert last[-1]["note"] == "factors without its index in front of the sum"


@pytest.mark.parametrize("text", GRAPHS.values(), ids=GRAPHS)
def test_a_network_taken_apart_has_the_same_numbers(text: str) -> None:
    whole = network(text)
    parts = apart(whole)
    assert apart(parts) is parts
    traces = ArrayTrace(whole), ArrayTrace(parts)
    for step in whole.steps:
        assert (traces[0].arrays[step.output] == traces[1].arrays[step.output]).all()
    for uses, moved in zip(whole.uses.values(), parts.uses.values(), strict=True):
        for use, other in zip(uses, moved, strict=True):
            assert traces[0].value(use) == traces[1].value(other)
            assert traces[0].gradient(use).number == pytest.approx(traces[1].gradient(other).number)


def test_a_tensor_has_as_many_parts_as_are_read() -> None:
    """More of them than there are letters."""
    elements = ", ".join(f"'x[{place}]'" for place in range(1, 29))
    layer = f"{{dense: 2, from: [{elements}], weights: {{init: he_normal, seed: 1}}}}"
    text = f"inputs: {{x: {{size: 30}}}}\nlayers: [{layer}]"
    names = {tensor.name for tensor in apart(build(read(text, "many", None), numbers=False)).tensors.values()}
    assert {"W1a", "W1z", "W1aa", "W1bb"} < names


JOINED = """\
inputs: {x: [1, 2]}
values: {NAME: [3, 4]}
layers:
  - let: {d: x + NAME}
  - {concat: c, from: [x, d]}
  - let: {f: sum(c * c)}
loss: f
"""


def test_the_first_of_joined_parts_has_no_brackets() -> None:
    """They stand around l + 2 alone."""
    one = reading(network(JOINED.replace("NAME", "v")), Question())
    lines = {line["text"] for step in one.sheet["steps"] for line in step["lines"]}
    assert "∂f/∂c_(l+2)" in lines
    assert any("∂f/∂c_k" in line for line in lines)
    assert list(one.disagreements()) == []


def test_the_identity_is_named_where_its_name_is_taken() -> None:
    solution = Derivation(network(JOINED.replace("NAME", "I")), Question()).solution()
    page = "\n".join(render(solution, "txt", width=120, script=UNICODE))
    assert "∂d/∂I = E " in page
    assert "E is the identity matrix, as I is a name here" in page


MANY_LETTERS = """\
inputs: {y: [0.5, -1, 2]}
values: {A: NUMBERS, B: NUMBERS, C: NUMBERS, D: NUMBERS}
layers:
  - {dense: t, weights: [[1, 2, 3], [3, 4, 5]]}
  - let: {LINES}
loss: f
""".replace("NUMBERS", "[[1, 2, 0], [3, -1, 1], [1, 1, 2]]")


@pytest.mark.parametrize("lines", [
    "w: '(A @ B @ C @ y) * (D @ A @ y) + t[1]', f: sum(w^2)",  # ∂w/∂t has a letter that w's formula has not
    "w: (A @ B @ C @ D @ y) * (A @ B @ C @ D @ y), f: 'sum(w^2) + t[1]'",  # ∂f/∂y has many sums
])  # fmt: skip
def test_no_letter_besides_the_usual_ones_is_a_name(lines: str) -> None:
    one = reading(network(MANY_LETTERS.replace("LINES", lines)), Question())
    assert list(one.disagreements()) == []
    texts = " ".join(text for step in one.sheet["steps"] for text in (step["name"], *texts_of(step)))
    assert not [name for name in "twy" if f"{name}_{name}" in texts]


SYMBOLIC = "inputs: {{x: {{size: D}}}}\nlayers:\n  - {{tanh: h, from: x}}\n  - {}\n  - let: {{f: mean(c)}}\nloss: f\n"


def test_parts_of_symbolic_sizes(run: Run, tmp_path: Path) -> None:
    """A joined argument has a part of a matrix beside each part; where one begins in a vector is no number."""
    (tmp_path / "net.yaml").write_text(SYMBOLIC.format("{dense: {c: {size: H}}, from: [x, h]}"), encoding="utf-8")
    out = run("derive", cwd=tmp_path).out
    assert "    W1a is the first D columns of W1\n    W1b is the next D columns of W1\n" in out
    (tmp_path / "net.yaml").write_text(SYMBOLIC.format("{concat: c, from: [x, h]}"), encoding="utf-8")
    code, _, err = run("derive", cwd=tmp_path)
    assert code == 2
    assert "net.yaml:4:23: 'concat' joins parts, and D is no number" in err

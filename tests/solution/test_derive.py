"""Every line of a derivation agrees with the others of its step, with its name, and with the network's numbers."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
from derivation_reader import Reading, reading, texts_of
from networks import BATCH, DRAWN, OF_ANY_OUTPUTS, sampled
from shipped import CONFIGS, tried
from symbolic_reader import AtKink

from nntrace.catalogue import KINDS
from nntrace.expr.script import UNICODE
from nntrace.formats import render
from nntrace.network.building.build import build
from nntrace.network.quantities import find
from nntrace.solution.derive.question import Question
from nntrace.solution.derive.sheet import Derivation
from nntrace.spec import load, read


@pytest.mark.parametrize("path", tried(CONFIGS), ids=lambda path: path.stem)
def test_every_line_of_a_config(path: Path) -> None:
    network = build(load(str(path)), numbers=False)
    if network.has_numbers:
        assert list(reading(network, Question(with_numbers=True)).disagreements()) == []


CHUNK = 10


@pytest.mark.parametrize("start", range(0, DRAWN, CHUNK))
def test_every_line_of_generated_networks(start: int) -> None:
    for seed in range(start, min(start + CHUNK, DRAWN)):
        text = sampled(seed)
        try:
            one = reading(build(read(text, "generated", None)), Question(with_numbers=True))
            problems = [] if one.saturated() else list(one.disagreements())
        except AtKink:
            continue
        assert problems == [], text


@pytest.mark.grid
@pytest.mark.parametrize("loss", [*OF_ANY_OUTPUTS, "{mse: J, parts: [E1, E2]}"])
@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_every_line_of_a_batch(vectors: str, loss: str) -> None:
    text = BATCH.replace("VECTORS", vectors).replace("LOSS", loss)
    assert list(reading(build(read(text, "batch", None)), Question(with_numbers=True)).disagreements()) == []


@pytest.mark.grid
@pytest.mark.parametrize("loss", OF_ANY_OUTPUTS)
@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_every_line_of_a_batch_of_which_the_size_alone_is_known(vectors: str, loss: str) -> None:
    """The sheet of m samples holds for those that there are; with their number for m it is the same sheet."""
    text = BATCH.replace("VECTORS", vectors).replace("LOSS", loss)
    network = build(read(text, "batch", None))
    rows = "samples: [[1, 2, 3, 0, 1], [0.5, -1, 2, 1, 0]]"

    def sheet(samples: str) -> dict[str, Any]:
        sized = build(read(text.replace(rows, samples), "sized", None), numbers=False)
        assert not sized.has_numbers
        return reading(sized, Question()).sheet

    symbolic = sheet("samples: {size: m}")
    assert list(Reading(network, symbolic, symbols={"m": 2}).disagreements()) == []
    assert [line for step in symbolic["steps"] for line in step["lines"] if "(1/m) × Σ_n L_n" in line["text"]]
    assert {row["samples"] for row in symbolic["shapes"] if row["role"] == "input"} <= {"[3×m]", "[m×3]"}
    if loss != "cross_entropy":  # that the targets sum to 1 is known of numbers alone
        assert sheet("samples: {size: 2}")["steps"] == reading(network, Question()).sheet["steps"]


@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_the_jacobians_of_each_sample_are_matrices(vectors: str) -> None:
    text = BATCH.replace("VECTORS", vectors).replace("LOSS", "mse")
    named = {("a2", "z2"): "J", ("z2", "a1"): "G", ("z1", "b1"): "B"}
    one = reading(build(read(text, "batch", None)), Question(jacobians=named, labels={"a1": "g"}))
    assert list(one.disagreements()) == []
    texts = {step["name"]: texts_of(step) for step in one.sheet["steps"]}
    outer = "a2⁽ⁿ⁾ a2⁽ⁿ⁾ᵀ" if vectors == "columns" else "a2⁽ⁿ⁾ᵀ a2⁽ⁿ⁾"
    assert texts["J⁽ⁿ⁾"][0] == "∂a2⁽ⁿ⁾/∂z2⁽ⁿ⁾"
    assert texts["J⁽ⁿ⁾"][1].endswith(f") - {outer}")
    assert texts["∂z1⁽ⁿ⁾/∂x⁽ⁿ⁾"] == ["W1" if vectors == "columns" else "W1ᵀ"]
    forms = {"columns": "δ2⁽ⁿ⁾ = J⁽ⁿ⁾ᵀ (∂L/∂a2⁽ⁿ⁾)", "rows": "δ2⁽ⁿ⁾ = (∂L/∂a2⁽ⁿ⁾) J⁽ⁿ⁾"}
    assert texts["δ2"][-1] == forms[vectors]
    assert texts["g"][-1] == ("g⁽ⁿ⁾ = G⁽ⁿ⁾ᵀ δ2⁽ⁿ⁾" if vectors == "columns" else "g⁽ⁿ⁾ = δ2⁽ⁿ⁾ G⁽ⁿ⁾")


@pytest.mark.parametrize(("right", "wrong"), [
    ("diag(a2⁽ⁿ⁾) - a2⁽ⁿ⁾ a2⁽ⁿ⁾ᵀ", "diag(a2⁽ⁿ⁾) + a2⁽ⁿ⁾ a2⁽ⁿ⁾ᵀ"),
    ("diag(1 - a1⁽ⁿ⁾ ⊙ a1⁽ⁿ⁾)", "diag(1 - 1.0005 × a1⁽ⁿ⁾ ⊙ a1⁽ⁿ⁾)"),
    ("g⁽ⁿ⁾ = G⁽ⁿ⁾ᵀ δ2⁽ⁿ⁾", "g⁽ⁿ⁾ = 1.0005 × G⁽ⁿ⁾ᵀ δ2⁽ⁿ⁾"),
])  # fmt: skip
def test_a_wrong_line_about_each_sample_is_caught(right: str, wrong: str) -> None:
    text = BATCH.replace("VECTORS", "columns").replace("LOSS", "mse")
    one = reading(build(read(text, "batch", None)), Question(jacobians={("z2", "a1"): "G"}, labels={"a1": "g"}))
    [line] = [line for step in one.sheet["steps"] for line in step["lines"] if line["text"] == right]
    line["text"] = wrong
    assert list(one.disagreements())


def test_columns_of_ones_are_written_with_their_size() -> None:
    """In a batch n counts the samples, so that 1_n and 1_j would be no columns of n and of j ones."""
    text = BATCH.replace("VECTORS", "columns").replace("LOSS", "hinge")
    one = reading(build(read(text, "batch", None)), Question())
    texts = {step["name"]: texts_of(step)[-1] for step in one.sheet["steps"]}
    assert (texts["z1"], texts["∂L/∂b"], texts["∂L/∂b1"]) == ("W1 x + b1 1_2ᵀ", "1_2ᵀ δ2 1_2", "δ1 1_2")
    assert not any(re.search(r"(?<!\w)1_[a-z]", text) for step in one.sheet["steps"] for text in texts_of(step))


FUSED = """
inputs: {x: [1, 2]}
targets: TARGETS
layers:
  - dense: 3
    weights: {init: he_normal, seed: 1}
    activation: ACTIVATION
log: LOG
loss: {LOSS: L, over_outputs: OVER}
"""
TARGETS = {"one-hot": "[0, 1, 0]", "soft": "[0.5, 0.25, 0.25]", "free": "[0.5, 0.25, 0.5]", "class": "z1[2]"}


@pytest.mark.grid
@pytest.mark.parametrize("over", ["sum", "mean"])
@pytest.mark.parametrize("log", ["e", "2", "10"])
@pytest.mark.parametrize(("loss", "activation", "targets"), [
    ("ce", "softmax", "one-hot"), ("ce", "softmax", "soft"), ("ce", "softmax", "free"), ("ce", "softmax", "class"),
    ("bce", "sigmoid", "one-hot"), ("bce", "sigmoid", "free"),
])  # fmt: skip
def test_what_cancels_in_a_loss(loss: str, activation: str, targets: str, log: str, over: str) -> None:
    """Nothing is used but what is said: Σ y = 1 beside the one form that needs it, and no sign lost in a step."""
    text = FUSED.replace("LOSS", loss).replace("ACTIVATION", activation).replace("LOG", log).replace("OVER", over)
    shown = TARGETS[targets].replace("z1", "a1")
    one = reading(build(read(text.replace("TARGETS", shown), "fused", None)), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    steps = [step for step in one.sheet["steps"] if step["section"] == "loss gradient"]
    facts = [line for step in steps for line in step["lines"] if "= 1" in (line["note"] or "")]
    assert len(facts) == (loss == "ce" and targets in ("one-hot", "soft"))
    [main] = [step for step in steps if step["name"] in ("∂L/∂z1_i", "∂L/∂z1_k") and "≠" not in (step["reason"] or "")][
        :1
    ]
    texts = texts_of(main)
    if loss == "bce":
        assert any("(1 - y_k) a1_k - y_k (1 - a1_k)" in text for text in texts)
        assert any("a1_k - y_k a1_k - y_k + y_k a1_k" in text for text in texts)
    elif targets != "class":
        assert any("-Σ_k y_k (1[k = i] - a1_i)" in text for text in texts)
        assert any("-(y_i - a1_i Σ_k y_k)" in text for text in texts)
    else:
        assert any("-(1 - a1_k)" in text for step in steps for text in texts_of(step))


@pytest.mark.parametrize("kink", [0, 1])
@pytest.mark.parametrize("over", ["sum", "mean"])
def test_a_hinge_is_derived_for_the_right_class_and_for_another(over: str, kink: int) -> None:
    text = FUSED.replace("ACTIVATION", "tanh").replace("LOG", "e").replace("TARGETS", "a1[2]") + f"relu_at_zero: {kink}"
    one = reading(build(read(text.replace("LOSS", "hinge").replace("OVER", over), "hinge", None)), Question())
    assert list(one.disagreements()) == []
    texts = {step["name"]: texts_of(step)[-1] for step in one.sheet["steps"]}
    positive = f"1[a1_{{}} - a1_k + 1 {'≥' if kink else '>'} 0]"
    scale = "1/3 × " if over == "mean" else ""
    assert texts["∂L/∂a1_i"] == scale + positive.format("i")
    assert texts["∂L/∂a1_k"].startswith("-")
    assert texts["∂L/∂a1_k"].endswith(f"Σ_j {positive.format('j')} × (1 - 1[j = k])")


BY_CLASS = """
inputs: {x: {size: 3}}
targets: y
samples: [[1, 2, 3, dog], [0.5, -1, 2, cat], [1, 1, 0, dog]]
vectors: VECTORS
layers:
  - dense: 4
    weights: {init: he_normal, seed: 1}
    activation: tanh
  - dense: {s: [p1, p2, p3]}
    weights: {init: he_normal, seed: 2}
  - LAST: {o: [dog, cat, cow]}
loss: {LOSS: L, over_outputs: OVER}
relu_at_zero: KINK
"""


@pytest.mark.grid
@pytest.mark.parametrize("vectors", ["columns", "rows"])
@pytest.mark.parametrize(
    ("loss", "activation"), [("hinge", "tanh"), ("ce", "softmax"), ("ce", "sigmoid"), ("mse", "softmax")]
)
@pytest.mark.parametrize("over", ["sum", "mean"])
def test_a_loss_by_the_class_of_each_sample(loss: str, activation: str, over: str, vectors: str) -> None:
    text = BY_CLASS.replace("VECTORS", vectors).replace("LOSS", loss).replace("LAST", activation).replace("OVER", over)
    one = reading(build(read(text.replace("KINK", "0"), "classes", None)), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    steps = [step for step in one.sheet["steps"] if step["section"] == "loss gradient"]
    if loss != "mse":
        [own] = [step for step in steps if step["name"] == "L_n"]
        assert own["lines"][1]["note"] == "k is the class of sample n: y is 1 at k, 0 elsewhere"
    cases = {(step["reason"] or "").partition(",")[0] for step in steps}
    assert ("i ≠ k" in cases) == ((loss, activation) in (("hinge", "tanh"), ("ce", "softmax")))


@pytest.mark.parametrize("kink", [0, 1])
def test_a_hinge_in_a_batch_is_derived_for_the_right_class_and_for_another(kink: int) -> None:
    text = BY_CLASS.replace("VECTORS", "columns").replace("LOSS", "hinge").replace("LAST", "tanh")
    one = reading(build(read(text.replace("OVER", "sum").replace("KINK", str(kink)), "hinge", None)), Question())
    texts = {step["name"]: texts_of(step) for step in one.sheet["steps"]}
    sign = "≥" if kink else ">"
    assert texts["L_n"][-1] == "Σ_j (1 - 1[j = k]) × max(0, o_jn - o_kn + 1)"
    assert texts["∂L_n/∂o_in"][-1] == f"1[o_in - o_kn + 1 {sign} 0]"
    assert texts["∂L_n/∂o_kn"][-1] == f"-Σ_j 1[o_jn - o_kn + 1 {sign} 0] × (1 - 1[j = k])"
    assert "∂L/∂o_ln" in texts


LETTERED = """
inputs: {i: {size: 3}}
targets: {n: {size: 2}}
samples: [[1, 2, 3, 0, 1], [0.5, -1, 2, 1, 0]]
vectors: VECTORS
layers:
  - dense: {j: {size: 4}}
    weights: {k: {init: he_normal, seed: 1}}
    biases: {l: {init: he_normal, seed: 3}}
    activation: {tanh: p}
  - dense: {q: {size: 2}}
    weights: {h: {init: he_normal, seed: 2}}
    bias: {m: 0.1}
    activation: {softmax: M}
loss: LOSS
"""
SINGLE = """
inputs: {i: 1, j: 2}
targets: k
layers:
  - dense: [n, m]
    weights: {i: [p, q], j: [r, h]}
    bias: {l: 0.1}
  - softmax: [k, g]
loss: LOSS
values: {p: 0.5, q: 0.25, r: -1, h: 1}
"""


@pytest.mark.grid
@pytest.mark.parametrize("loss", OF_ANY_OUTPUTS)
@pytest.mark.parametrize(
    "text", [LETTERED, LETTERED.replace("VECTORS", "rows"), SINGLE], ids=["batch", "rows", "single"]
)
def test_no_letter_is_a_name_and_an_index(text: str, loss: str) -> None:
    """Where a network calls something i, another letter counts: every line still says what it means."""
    network = build(read(text.replace("VECTORS", "columns").replace("LOSS", loss), "lettered", None))
    one = reading(network, Question(with_numbers=True))
    assert list(one.disagreements()) == []
    texts = " ".join(text for step in one.sheet["steps"] for text in texts_of(step))
    assert not set(re.findall(r"Σ_(\w) ", texts)) & set(one.names)


def test_a_name_that_an_index_would_make() -> None:
    """x_i is an input here, and no element of x at i."""
    text = "inputs: {x_i: 1, x_j: 2}\ntargets: {t: 1}\nlayers:\n- dense: z\n  weights: [[1, 2]]\nloss: mse\n"
    one = reading(build(read(text, "x_i", None)), Question())
    assert list(one.disagreements()) == []
    assert one.formula["z"][1] == "Σ_h x_h W1[1,h]"


def test_the_middle_of_a_softmax_that_nothing_cancels() -> None:
    text = FUSED.replace("ACTIVATION", "softmax").replace("LOG", "e").replace("TARGETS", "[0, 1, 0]")
    one = reading(build(read(text.replace("LOSS", "mse").replace("OVER", "mean"), "mse", None)), Question())
    assert list(one.disagreements()) == []
    assert any("Σ_j ∂L/∂a1_j × a1_j (1[j = i] - a1_i)" in texts_of(step) for step in one.sheet["steps"])


TIED = """
inputs: {x1: 1, x2: 2}
targets: {t1: 0.5, t2: 0.25}
layers:
  - dense: [h1, h2]
    weights: {x1: [a, q], x2: [a, null]}
    bias: {d: 0.1}
  - sigmoid: [s1, s2]
  - dense: [o1, o2]
    weights: {s1: [a, g], s2: [f, g]}
loss: {squared_error: E}
values: {a: 0.5, q: 0.25, g: -1, f: 1}
"""


def test_a_tied_weight_has_one_gradient_and_counts_once() -> None:
    one = reading(build(read(TIED, "tied", None)), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    texts = {step["name"]: texts_of(step) for step in one.sheet["steps"]}
    assert texts["parameters"] == ["2 × 2 + 1 + 2 × 2 - 1 - 3", "5"]
    assert texts["∂E/∂a"] == ["δ_h1 x1 + δ_h1 x2 + δ_o1 s1"]
    assert texts["∂E/∂g"] == ["δ_o2 s1 + δ_o2 s2"]


def test_the_delta_of_a_single_unit_named_as_its_layer_has_no_index() -> None:
    text = "inputs: {x: 2}\ntargets: {t: 1}\nvalues: {w: 0.5}\nloss: {mse: L}\nlayers:\n"
    text += "- {dense: h, weights: [[w]]}\n- {dense: o, weights: [[w]]}\n"
    one = reading(build(read(text, "tied", None)), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    assert "δ_h x + δ_o h" in {
        text for step in one.sheet["steps"] if step["name"] == "∂L/∂w" for text in texts_of(step)
    }


def test_a_penalty_is_derived_and_counts_a_tied_weight_once() -> None:
    penalty = "penalty: {l2: 0.01, l1: 0.1, on: all, name: R}\n"
    one = reading(build(read(TIED + penalty, "tied", None)), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    steps = {step["name"]: step for step in one.sheet["steps"]}
    assert texts_of(steps["∂E/∂g"]) == [
        "δ_o2 s1 + 2 × 0.01 × g + 0.1 sign(g) + δ_o2 s2",
        "δ_o2 s1 + 0.02 g + 0.1 sign(g) + δ_o2 s2",
    ]
    assert "power rule" in steps["∂R/∂d"]["lines"][0]["note"]
    assert steps["∂R/∂d"]["reason"] == "sign(0) = 0, by convention"


CROSSED = """
inputs: {x1: 1, x2: 2}
targets: {t: 1}
layers:
- dense: [h1, h2]
  weights: {h1: [w, v], h2: [v, w]}
  biases: {b: 0.5, c: 1}
- dense: [o]
  weights: {o: [w, w]}
loss: half_squared_error
values: {w: 0.5, v: 0.25}
penalty: {l2: 0.1, on: [w, b]}
"""


def test_what_a_penalty_counts_has_the_shape_of_its_tensor_and_a_summand_in_the_gradient() -> None:
    derivation = Derivation(build(read(CROSSED, "crossed", None)), Question()).solution()
    rows = [row.split() for row in render(derivation, "txt", width=100, script=UNICODE)]
    assert ["M_W1", "what", "counts", "[2×2]", "[2×2]"] in rows
    assert ["M_b1", "what", "counts", "[2×1]", "[2×1]"] in rows
    reasons = {
        step["name"]: step["reason"] for step in reading(build(read(CROSSED, "", None)), Question()).sheet["steps"]
    }
    places = "a summand for each place: W1[1,1], W1[2,2], W2[1,1], W2[1,2]"
    assert reasons["∂L/∂w"] == f"{places}, and what L_penalty adds"
    assert reasons["∂L/∂v"] == "a summand for each place: W1[1,2], W1[2,1]"


@pytest.mark.parametrize("name", ["a", "q", "h1", "s2", "x1", "o2"])
def test_a_gradient_by_one_element(name: str) -> None:
    network = build(read(TIED, "tied", None))
    one = reading(network, Question(elements=tuple(find(network, name))))
    assert any(step["name"] in (f"∂E/∂{name}", f"δ_{name}") for step in one.sheet["steps"])
    assert list(one.disagreements()) == []


# ---------------------------------------------------------------------------------------------------- test the tester

WRONG = [
    ("a sign", "ŷ_k (1 - ŷ_k)", "ŷ_k (1 + ŷ_k)"),
    ("an index", "a1_i", "x_i"),
    ("a transpose", "W2ᵀ δ2", "W2 δ2"),
    ("a factor", "δ2_j a1_i", "1.0005 × δ2_j × a1_i"),
    ("a quotient's sign", "(0 Z - e^{z2_k} e^{z2_i}) / Z²", "(0 Z + e^{z2_k} e^{z2_i}) / Z²"),
    ("an outer product", "δ1 xᵀ", "x δ1ᵀ"),
]


@pytest.mark.parametrize(("right", "wrong"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_line_is_caught(right: str, wrong: str) -> None:
    one = reading(build(load(str(next(p for p in CONFIGS if p.stem == "homework3-q2-numbers")))), Question())
    lines = [line for step in one.sheet["steps"] for line in step["lines"] if line["text"] == right]
    assert lines
    for line in lines:
        line["text"] = wrong
    try:
        problems = list(one.disagreements())
    except ValueError:
        return
    assert problems


@pytest.mark.parametrize("name", ["z1_j", "∂ŷ_k/∂z2_k", "∂ŷ_k/∂z2_i", "∂a1_j/∂z1_i", "∂L/∂z2_i", "∂L/∂W1_ji", "δ1_j"])
def test_a_wrong_value_is_caught(name: str) -> None:
    path = next(p for p in CONFIGS if p.stem == "homework3-q2-numbers")
    one = reading(build(load(str(path))), Question(with_numbers=True))

    def wrong(value: Any) -> Any:
        return [wrong(inner) for inner in value] if isinstance(value, list) else value and value * 1.0005 + 1e-6

    for step in one.sheet["steps"]:
        if step["name"] == name:
            assert step["value"] is not None
            step["value"] = wrong(step["value"]) if name != "∂a1_j/∂z1_i" else [[0, 1], [1, 0]]
    assert list(one.disagreements())


def test_a_softmax_without_its_declared_jacobian(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = KINDS["activation"]["softmax"]
    monkeypatch.setitem(
        KINDS["activation"], "softmax", entry._replace(build=lambda: entry.build()._replace(declared={}))
    )
    monkeypatch.setattr("nntrace.network.building.operations._OPERATIONS", {})
    path = next(path for path in CONFIGS if path.stem == "homework3-q2-numbers")
    one = reading(build(load(str(path))), Question())
    assert not any(line["text"] == "ŷ_k (1 - ŷ_k)" for step in one.sheet["steps"] for line in step["lines"])
    assert list(one.disagreements()) == []
    assert math.isfinite(float(one.slopes["W1"].sum()))

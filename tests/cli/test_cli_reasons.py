"""Decisions, kinks and their conventions: every one is told, and the check of a kink is skipped with a note."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

NET = """\
inputs: {{x1: 1, x2: 0.5}}
targets: {{t: {target}}}
layers:
- dense: [z]
  weights: {{z: {{w1: {weight}, w2: 0, w3: 0, w4: 0, w5: 0}}}}
  activation: {{{activation}: [a]}}
loss: {{{loss}: L}}
relu_at_zero: {side}
learning_rate: 0.1
"""


def steps(run: Run, folder: Path, *command: str, **of: Any) -> dict[str, Any]:
    values = {"target": 0.5, "weight": 0, "activation": "identity", "loss": "mse", "side": 0} | of
    text = NET.format(**values).replace(", w3: 0, w4: 0, w5: 0", "")
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run(*(command or ("grad",)), "-f", "json", cwd=folder)
    assert (code, err) == (0, "")
    return {step["name"]: step for step in json.loads(out)["steps"]}


@pytest.mark.parametrize(
    ("activation", "loss", "value", "target"),
    [
        ("hard_sigmoid", "mse", 3, 0.5),
        ("leaky_relu", "mse", 0, 0.5),
        ("relu", "mse", 0, 0.5),
        ("identity", "absolute_error", 0.5, 0.5),
        ("identity", "mae", 0.5, 0.5),
    ],
)
def test_a_kink_under_every_gradient_is_noted(
    run: Run, tmp_path: Path, activation: str, loss: str, value: float, target: float
) -> None:
    inputs = "{x1: 1, x2: 1, x3: 1, x4: 1, x5: 1}"
    text = NET.format(target=target, weight=value, activation=activation, loss=loss, side=0)
    (tmp_path / "net.yaml").write_text(text.replace("{x1: 1, x2: 0.5}", inputs), encoding="utf-8")
    code, out, _ = run("grad", "-f", "json", cwd=tmp_path)
    assert code == 0
    assert json.loads(out)["checks"] == [
        {
            "name": "gradients by central difference: skipped, the loss has a kink here and the convention decides",
            "status": "note",
        }
    ]


@pytest.mark.parametrize(("weight", "value", "reason"), [(2, "1.0", "z = 2.0 > 0"), (-1, "0.0", "z = -1.0 ≤ 0")])
def test_a_step_is_an_indicator(run: Run, tmp_path: Path, weight: float, value: str, reason: str) -> None:
    found = steps(run, tmp_path, "step", activation="step", weight=weight)
    assert [line["text"] for line in found["a"]["lines"]] == ["1[z > 0]", value]
    assert found["a"]["reason"] == reason
    assert found["δ_z"]["reason"] == "the derivative of step is taken as 0 everywhere"
    flat = steps(run, tmp_path, activation="hard_sigmoid", weight=5)
    assert flat["δ_z"]["reason"] == "z = 5.0 > 3"


DEAD = """\
inputs: {x: 1}
layers:
- {dense: [u], weights: [[-1]], activation: {relu: [r]}}
- {dense: [z], weights: {r: {v: 0.5}}, bias: {b: 0.3}, activation: {sigmoid: [y]}}
targets: {t: 0}
loss: {half_squared_error: E}
"""


def test_what_is_0_whatever_was_rounded_is_equal_to_0(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(DEAD, encoding="utf-8")
    sheet = run("grad", cwd=tmp_path).out
    assert "δ_u = ∂E/∂r × 1[u > 0] ≈ 0.0702136 × 0 = 0.0" in sheet
    assert "∂E/∂v = δ_z × r ≈ 0.140427 × 0.0 = 0.0" in sheet
    (tmp_path / "net.yaml").write_text(DEAD.replace("[[-1]]", "[[-1/3]]"), encoding="utf-8")
    assert "r = max(0, u) ≈ max(0, -0.333333) = 0.0" in run("forward", cwd=tmp_path).out


@pytest.mark.parametrize(
    ("formula", "line"),
    [
        ("(x - 1) * a", "f = (x - 1) × a ≈ (1.0 - 1) × 0.333333 = 0.0"),
        ("(a - b) * a", "f = (a - b) × a ≈ (0.333333 - 0.333333) × 0.333333 ≈ 0.0"),
        (
            "sign(x) * a * (x - exp(x - 1))",
            "≈ sign(1.0) × 0.333333 × (1.0 - e^{1.0 - 1}) = 1 × 0.333333 × (1.0 - e^{1.0 - 1}) = 0.0",
        ),
        ("a * sin(x - 1)", "f = a × sin(x - 1) ≈ 0.333333 × sin(1.0 - 1) = 0.0"),
        ("(a * max(0, -x))^2", "f = (a × max(0, -x))² ≈ (0.333333 × max(0, -1.0))² = 0.0"),
    ],
)
def test_a_factor_that_is_0_makes_0(run: Run, tmp_path: Path, formula: str, line: str) -> None:
    text = f"inputs: {{x: 1.0}}\nlayers: [let: {{a: x / 3, b: x / 3, f: '{formula}'}}]\nloss: f\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert line in " ".join(run("forward", cwd=tmp_path).out.split())


def test_rounded_terms_beside_an_exact_0_are_rounded(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: 2.41}\nlayers: [let: {f: x * 0.94 - 2.2654, g: x / 6 + x / 6 + x / 6 - x / 2}]\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = " ".join(run("forward", "--decimals", "3", cwd=tmp_path).out.split())
    assert "= 2.41 × 0.94 - 2.2654 ≈ 2.265 - 2.265 ≈ 0.0" in out
    assert "= 2.41 / 6 + 2.41 / 6 + 2.41 / 6 - 2.41 / 2 ≈ 0.402 + 0.402 + 0.402 - 1.205 ≈ 0.0" in out


def test_a_long_sum_of_zeros_is_0(run: Run, tmp_path: Path) -> None:
    text = f"inputs: {{x: [{', '.join(['1/3'] * 20)}]}}\nlayers: [{{dense: h, weights: [[{', '.join(['0'] * 20)}]]}}]\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    last, value = run("forward", cwd=tmp_path).out.splitlines()[-2:]
    assert "more terms, together 0.0" in last
    assert value.strip() == "= 0.0"


def test_each_long_sum_of_a_line_says_what_it_leaves_out(run: Run, tmp_path: Path) -> None:
    text = f"inputs: {{x: {list(range(1, 15))}}}\nlayers: [let: {{f: sum(x) / (1 + sum(x^2))}}]\nloss: f\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    top, bottom = (
        "1 + 2 + 3 + … 10 more terms, together 85 + 14",
        "1 + 1² + 2² + 3² + … 10 more terms, together 805 + 14²",
    )
    assert f"= ({top}) / ({bottom})" in " ".join(run("forward", cwd=tmp_path).out.split())
    found = " ".join(run("grad", "--param", "x[1]", cwd=tmp_path).out.split())
    assert f"= ({bottom} - 2 × ({top}) × 1) / ({bottom})²" in found


def test_a_line_breaks_inside_an_exponent(run: Run, tmp_path: Path) -> None:
    text = "inputs: {first: 1, second: 2}\nlayers: [let: {f: '2^tanh(first * second + second * second + first)'}]\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    lines = run("forward", "--width", "40", cwd=tmp_path).out.splitlines()
    assert lines[-4:-1] == [
        "F1  f = 2^{tanh(first × second",
        "        + second × second + first)}",
        "      = 2^{tanh(1 × 2 + 2 × 2 + 1)}",
    ]


UNITS = "inputs: {x: [1, 2]}\nlayers: [LAYERS, {relu: a}]\nloss: {half_squared_error: L}\ntargets: {t: [3, 1]}\n"
ONE = UNITS.replace("t: [3, 1]", "t: 3")
DEAD_UNITS = {  # a network, and what its dead unit leaves without a gradient
    "a single unit, whose bias no other shares": (
        ONE.replace("LAYERS", "{dense: [h], weights: [[1, -2]], bias: {b: 0}}"),
        "W1[1,1], W1[1,2] and b get no gradient",
    ),
    "what leads to it alone": (
        ONE.replace("LAYERS", "{dense: 2, weights: [[1, 2], [3, 4]]}, {dense: h, weights: [[-1, -1]]}"),
        "W2[1,1], W2[1,2], W1[1,1], W1[1,2], W1[2,1] and W1[2,2] get no gradient",
    ),
    "a unit of many parameters": (
        ONE.replace("LAYERS", "{dense: 9, weights: {init: ones}}, {dense: 1, weights: {init: constant, value: -1}}"),
        "its 27 parameters get no gradient",
    ),
    "a unit behind a sum": (
        UNITS.replace("LAYERS", "{dense: h, weights: [[1, 2], [2, -4]], biases: [1, 2]}, {add: s, from: [h, x]}"),
        "W1[2,1], W1[2,2] and b1[2] get no gradient",
    ),
    "a unit of a formula": (
        UNITS.replace("LAYERS", "{let: {s: W @ x + b}}") + "values: {W: [[1, 2], [2, -4]], b: [1, 2]}\n",
        "W[2,1], W[2,2] and b[2] get no gradient",
    ),
    "a unit of a matrix and its transpose": (
        UNITS.replace("LAYERS", "{let: {s: W @ x + transpose(W) @ x + b}}")
        + "values: {W: [[1, 2], [2, -4]], b: [1, 2]}\n", "b[2] gets no gradient",
    ),
    "a name that another unit has too": (
        UNITS.replace("LAYERS", "{dense: h, weights: [[v, 2], [v, -4]]}") + "values: {v: 1}\n",
        "W1[2,2] gets no gradient",
    ),
    "a name that a unit has twice": (
        ONE.replace("LAYERS", "{dense: [h], weights: [[v, v]]}") + "values: {v: -1}\n", "v gets no gradient",
    ),
    "one sample": (
        "inputs: [x]\ntargets: [t]\nsamples: [[1, 2], [-1, 3]]\nlayers: [{dense: [h], weights: [[-1]], bias: {b: 0}}, "
        "{relu: [a]}]\nloss: {half_squared_error: L}\n", "W1[1,1] and b get no gradient from this sample",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), DEAD_UNITS.values(), ids=DEAD_UNITS)
def test_a_dead_unit_tells_what_gets_no_gradient(run: Run, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    done = run("grad", "--width", "200", cwd=tmp_path)
    notes = [line.rpartition(": ")[2].strip() for line in done.out.splitlines() if "no gradient" in line]
    assert notes == [words], done


def test_both_passes_agree_at_the_kink_of_a_relu(run: Run, tmp_path: Path) -> None:
    left = steps(run, tmp_path, "step", activation="relu", side=0)
    right = steps(run, tmp_path, "step", activation="relu", side=1)
    assert left["a"]["reason"] == "inactive: z = 0.0 ≤ 0"
    assert right["a"]["reason"] == "z = 0.0, at the kink: active (relu_at_zero: 1)"
    assert (left["δ_z"]["value"], right["δ_z"]["value"]) == (0, -1)
    assert "at the kink the left slope" in left["δ_z"]["reason"]
    assert "at the kink the right slope" in right["δ_z"]["reason"]


@pytest.mark.parametrize(
    ("formula", "side", "sides"),
    [
        ("max(a, b) * x", 0, ["right", "left"]),
        ("max(a, b) * x", 1, ["left", "right"]),
        ("max(0, x * a) + b", 0, ["right"]),
        ("max(0, x * a) + b", 1, ["left"]),
        ("min(0, a) + b", 0, ["left"]),
        ("max(0, a^2) + b", 0, ["slope on one side"]),
        ("step(a) * x * b", 0, []),
    ],
)
def test_the_slope_taken_at_a_kink_is_that_of_its_side(
    run: Run, tmp_path: Path, formula: str, side: int, sides: list[str]
) -> None:
    text = f"inputs: {{x: -3}}\nvalues: {{a: 0, b: 0}}\nlayers: [let: {{f: '{formula}'}}]\nloss: f\n"
    (tmp_path / "net.yaml").write_text(text + f"relu_at_zero: {side}\n", encoding="utf-8")
    found = json.loads(run("grad", "-f", "json", cwd=tmp_path).out)["steps"]
    reasons = [step["reason"] or "" for step in found if step["section"] == "backward"]
    taken = [reason.partition("at the kink the ")[2] for reason in reasons if "at the kink" in reason]
    slopes = [one if " " in one else f"{one} slope" for one in sides]
    assert taken == [f"{slope} (relu_at_zero: {side})" for slope in slopes]


def test_a_decision_is_told_once(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2]}\nlayers:\n- let:\n    f: max(x) - min(x[1], x[2])\nloss: f\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    found = json.loads(run("grad", "-f", "json", cwd=tmp_path).out)["steps"]
    assert [step["reason"] for step in found if step["section"] == "backward"] == ["x[2] = 2 > 1 = x[1]"] * 2


def test_a_negative_number_is_written_once_in_a_condition(run: Run) -> None:
    text = "inputs: {x: 1}\nlayers: [let: {f: 'max(x, -3)'}]\nloss: f\n"
    assert "B1  ∂f/∂x = 1[x > -3] = 1     " in run("grad", "-", stdin=text.encode()).out


def test_a_case_is_derived_once_also_after_a_border_where_its_slopes_meet(run: Run) -> None:
    text = "inputs: [x]\ntargets: [t]\nsamples: [[1, 2], [2, 2.5]]\nlayers: [{dense: y, weights: 1}]\nloss: huber\n"
    out = run("grad", "-", "--width", "200", stdin=text.encode()).out
    assert "B1.1 δ_y = ∂L/∂y = 1/2 × (1/2) × 2 × (t - y) × (-1) = 1/2 × (y - t) = " in out
    assert "B1.2 δ_y = ∂L/∂y = 1/2 × (y - t) = 1/2 × (2.0 - 2.5) = -0.25" in out


def test_a_sign_shows_its_value(run: Run, tmp_path: Path) -> None:
    found = steps(run, tmp_path, weight=1.1, loss="mae")["∂L/∂a"]
    assert [line["text"] for line in found["lines"][-3:]] == ["-sign(0.5 - 1.1)", "-(-1)", "1.0"]
    found = steps(run, tmp_path, weight=0.5, loss="mae")["∂L/∂a"]
    assert [line["text"] for line in found["lines"][-2:]] == ["-sign(0.5 - 0.5)", "0.0"]
    assert found["reason"] == "t = a, at the kink the slope is taken as sign(0) = 0"


@pytest.mark.parametrize(
    ("formula", "loss", "said"),
    [
        ("y", "mae", "≈ -sign(1.0 - 0.99999999587769) ≈ -1.0"),
        ("y", "{huber: L, delta: 1e-12}", "≈ -1.0×10⁻¹² × sign(1.0 - 0.99999999587769) ≈ -1.0×10⁻¹² × 1 ≈ -1.0×10⁻¹²"),
        ("1/(1 - y)", "mae", "≈ 1 / (1 - 0.99999999587769) ≈ 2.42583×10⁸"),
        ("ln(1 - y)", "mae", "≈ ln(1 - 0.99999999587769) ≈ -19.3069"),
        ("(1 - y)^(-2)", "mae", "≈ (1 - 0.99999999587769)^{-2} ≈ 5.88463×10¹⁶"),
    ],
)
def test_what_is_decided_by_a_sign_shows_its_own(run: Run, formula: str, loss: str, said: str) -> None:
    """A sign's argument, a divisor and the like have the digits that tell them from 0."""
    text = f"inputs: {{x: 10.0}}\ntargets: {{t: 1}}\nlayers: [tanh: y, let: {{q: {formula}}}]\nloss: {loss}\n"
    assert said in " ".join(run("step", "--lr", "0.1", "-", stdin=text.encode()).out.split())


def test_a_root_of_0_is_no_root_of_a_negative_number(run: Run) -> None:
    text = "parameters: {w: 1.0}\ngradients: {w: -2.0000003}\noptimizer: {rmsprop: {centered: true, beta: 0}}\n"
    out = run("step", "--lr", "1", "-", stdin=text.encode()).out
    assert "(sqrt(4.00000120000009 - (-2.0000003)²) + 1.0×10⁻⁸)\n       = 1.0 + 200000030.0\n" in out


def test_a_name_twice_in_one_unit_is_told_by_its_place(run: Run, tmp_path: Path) -> None:
    """∂o/∂w is both of its uses together: a path by one of them says which."""
    text = "inputs: {x1: 1, x2: 2}\ntargets: {t: 0.5}\nvalues: {w: 0.5}\n"
    text += "layers: [{dense: [o], weights: {o: [w, w]}}]\nloss: {half_squared_error: L}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    lines = [" ".join(line.split()) for line in run("grad", "--param", "w", cwd=tmp_path).out.splitlines()]
    assert "B2 ∂L/∂w = δ_o × x1 + δ_o × x2 via o as W1[1,1], via o as W1[1,2]" in lines
    assert "B2p ∂L/∂w = ∂L/∂o × ∂o/∂W1[1,1] as W1[1,1]" in lines
    assert "+ ∂L/∂o × ∂o/∂W1[1,2] as W1[1,2]" in lines


@pytest.mark.parametrize(("target", "other", "expected"), [(0, "t = 0", 1), (1, "1 - t = 0", -1)])
def test_a_certain_and_right_output_has_the_one_sided_slope(
    run: Run, tmp_path: Path, target: int, other: str, expected: int
) -> None:
    """The term of a target 0 is 0 for every output, so its slope is 0 at the output 0 too, and the sheet says so."""
    text = f"inputs: {{x: {target}}}\ntargets: {{t: {target}}}\nlayers: [relu: [a]]\nloss: bce\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    code, out, _ = run("grad", cwd=tmp_path)
    assert (code, "undefined" in out) == (0, False)
    assert f"0 × ln(0) counts as 0: where {other} this term" in out
    assert f"0 / 0 counts as 0: where {other} this term" in out
    assert f"          = {expected}\n" in out
    batch = text.replace(f"{{x: {target}}}", "[x]").replace(f"{{t: {target}}}", "[t]")
    (tmp_path / "net.yaml").write_text(f"{batch}samples: [[{target}, {target}]]\n", encoding="utf-8")
    found = {step["name"]: step["value"] for step in json.loads(run("grad", "-f", "json", cwd=tmp_path)[1])["steps"]}
    assert found["∂L/∂a"] == expected


def test_what_is_infinite_or_undefined_first_names_its_operands(run: Run, tmp_path: Path) -> None:
    """Later ones name the quantity that they have it from."""
    text = "inputs: {x: 1000, y: 3}\nlayers: [let: {p: exp(exp(x)) * y, q: p + y, r: q - p, s: r + y}]\nloss: s\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    _, out, _ = run("forward", "--width", "120", cwd=tmp_path)
    assert "beyond the largest double, 1.8×10³⁰⁸: x = 1000, y = 3\n" in out
    assert "  infinite, as p is\n" in out
    assert "  undefined, such as ∞ - ∞ or 0 × ∞: q ≈ ∞, p ≈ ∞\n" in out
    assert "  undefined, as r is\n" in out


@pytest.mark.parametrize(
    ("formulas", "said"),
    [
        ("g: sqrt(x), k: relu(x) * w, f: g * k", "≈ undefined × 0.0 ≈ undefined Backward"),
        ("g: sqrt(x), k: relu(x) * w, f: g * k", "B1 ∂f/∂k = g ≈ undefined undefined, as g is"),
        ("g: sqrt(x), k: relu(x) * w, f: g * k", "∂f/∂w ≈ 3.0 - 0.1 × undefined ≈ 3.0 - undefined ≈ undefined"),
        ("g: sqrt(x), f: w * relu(g)", "∂f/∂g = w × 1[g > 0] ≈ 3.0 × undefined ≈ undefined undefined, as g is"),
        ("g: sqrt(x), f: w * abs(g)", "∂f/∂g = w × sign(g) ≈ 3.0 × sign(undefined) ≈ undefined undefined, as g is"),
        ("g: sqrt(w * x), f: leaky_relu(g)", "1 if undefined > 0, else 0.01 ≈ undefined undefined, as g is"),
        ("g: sqrt(w * x), f: leaky_relu(g)", "loss after this update undefined: w is undefined"),
        ("f: w * x^0.5", "= 3.0 × (-4.0)^{0.5} ≈ undefined Backward"),
        ("f: w * x^0.5", "undefined: the root of a negative number"),
        ("f: w * x^0.3", "undefined: the fractional power of a negative number"),
        ("f: sqrt(w - 3)", "note: ∂f/∂w by central difference: skipped, the gradient is infinite"),
        ("f: (w - 3)^x", "= (3.0 - 3)^{-4.0} ≈ ∞"),
        ("f: (w - 3)^x", "L1 f = (w - 3)^{x} (w - 3)^{x} divides by 0"),
        ("f: (x + 4)^w", "0 × ln(0) counts as 0: the limit of (x + 4)^{w} × ln(x + 4) at x + 4 = 0"),
        ("f: (x + 4)^w", "= (-4.0 + 4)^{3.0} × ln(-4.0 + 4) = 0.0 0"),
    ],
)
def test_what_has_no_number_is_none_of_0(run: Run, tmp_path: Path, formulas: str, said: str) -> None:
    """Nor has 0 times that, or a case that it is to decide; 0 to a power above 0 has a slope by the power, 0."""
    text = f"inputs: {{x: -4.0}}\nvalues: {{w: 3}}\nlayers: [let: {{{formulas}}}]\nloss: f\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = " ".join(run("step", "--lr", "0.1", "--width", "200", cwd=tmp_path).out.split())
    assert said in out, out


@pytest.mark.parametrize(("z", "reason"), [(0, "z = 0"), (-1, "z = -1 < 0"), (2, "z = 2 > 0")])
def test_a_number_is_compared_once(run: Run, z: int, reason: str) -> None:
    """A step with a value of its own at 0 is decided by two conditions."""
    out = run("forward", "-", stdin=f"inputs: {{z: {z}}}\nlayers:\n- {{step: y, at_zero: 0.5}}\n".encode()).out
    assert out.splitlines()[-1].endswith(f" {reason}")

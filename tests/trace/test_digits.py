"""Every printed digit is the true one, and every line gives its value: against mpmath, which nntrace does not use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import mpmath
import pytest
from networks import share_of_drawn
from precise import Drawn, draw
from reader import evaluate_precisely, half_unit

from nntrace.expr.script import UNICODE
from nntrace.formats import render
from nntrace.network.building.build import build
from nntrace.solution.sheets.settings import Settings
from nntrace.solution.sheets.training import training
from nntrace.spec import read as spec_of

SEEDS = sorted({*range(share_of_drawn(0.75)), 153, 1601, 1616, 1731, 2404, 2541})
"""The first ones, and those of 5,000 that had a wrong digit, or a line that did not give its value."""
DOWN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
MANY = 1000
"""The digits that nntrace may use: what is 0 beyond them may be shown so."""


@lru_cache(maxsize=4)
def sheet(text: str) -> dict[str, Any]:
    """The machine's sheet of one step."""
    network = build(spec_of(text, "net.yaml", None))
    lines = render(training(network, Settings()).solution, "json", width=0, script=UNICODE)
    found: dict[str, Any] = json.loads("\n".join(lines))
    return found


def truth(drawn: Drawn) -> dict[str, Any]:
    """The numbers, with as many digits as it takes for twice as many to say the same."""
    digits, found = 2000, drawn.numbers(1000)
    while True:
        more = drawn.numbers(digits)
        with mpmath.workdps(50):
            least = mpmath.mpf(10) ** -(digits // 3)
            if all(abs(found[name] - one) <= abs(one) * mpmath.mpf(10) ** -40 + least for name, one in more.items()):
                return more
        digits, found = 2 * digits, more


def values(found: dict[str, Any]) -> Iterator[tuple[str, str, Any, str]]:
    """Each step's name, the digits of its value, the same as a float, and the reason beside it."""
    for step in found["steps"]:
        yield step["name"].replace("δ_", "∂L/∂"), step["lines"][-1]["text"], step["value"], step["reason"] or ""


@pytest.mark.parametrize("seed", SEEDS)
def test_every_digit_is_the_true_one(seed: int) -> None:
    drawn = draw(seed)
    known, shown = truth(drawn), 0
    for name, text, value, reason in values(sheet(drawn.text)):
        if name not in known:  # a line of a softmax's own
            continue
        shown += 1
        true = known[name]
        with mpmath.workdps(MANY + 100):
            if "1,000 digits" in reason:
                assert abs(true) < mpmath.mpf(10) ** -(MANY // 2), (name, text)
                continue
            printed = evaluate_precisely(text, MANY + 100)
            error = abs(printed - true)
            half = half_unit(text.lstrip("-"))
            assert error * half.denominator <= half.numerator * (1 + mpmath.mpf(10) ** -MANY), (name, text)
            nothing = abs(true) < mpmath.mpf(10) ** -900 and printed == 0
            assert nothing or abs(printed / true - 1) < 0.1, (name, text, mpmath.nstr(true, 12))
            nearest = float(mpmath.nstr(true, 40))
            assert value == nearest or (value is None and reason == text), (name, value, nearest)
    assert shown >= 5


@pytest.mark.parametrize("seed", SEEDS)
def test_every_line_gives_its_value(seed: int) -> None:
    assert lines_give_their_values(sheet(draw(seed).text)) > 5


def lines_give_their_values(found: dict[str, Any]) -> int:
    """How many lines there are, of which each comes to its value from the digits that it shows."""
    lines = 0
    for step in found["steps"]:
        *before, last = (line["text"] for line in step["lines"] if line["kind"] in ("substitution", "terms", "value"))
        with mpmath.workdps(MANY + 100):
            value, unit = evaluate_precisely(last, MANY + 100), 2 * half_unit(last.lstrip("-"))
            for text in before:
                if "1 + erf" in text and abs(value) < mpmath.mpf(10) ** -MANY:  # it takes mpmath minutes
                    continue
                error = abs(evaluate_precisely(text, MANY + 100) - value)
                most = unit.numerator * (1 + mpmath.mpf(10) ** -30)
                assert error * unit.denominator <= most, (step["id"], text, last)
                lines += 1
    return lines


HINGE = """inputs: {x: 1}
targets: a1
layers:
- dense: [a1, a2]
  weights: {x: {w1: 1.4, w2: 0.4}}
loss: {hinge: L}
learning_rate: 0.5
"""
HUBER = """inputs: {x: 1}
targets: [0.4]
layers:
- dense: [y1]
  weights: {x: {w1: 0.1}}
loss: {huber: L, delta: 0.3}
learning_rate: 0.5
"""
SHARED = """inputs: {x: 30}
targets: p2
layers:
- dense: [z1, z2]
  weights: {x: {w1: 1, w2: 0}}
  bias: {b: 0.5}
- softmax: [p1, p2]
loss: {ce: L}
learning_rate: 0.5
"""


@pytest.mark.parametrize(("text", "reason"), [(HINGE, "a2 - a1 + 1 = 0.0 ≤ 0"), (HUBER, "= 0.3 ≤ 0.3")])
def test_conditions_are_decided_by_the_numbers_shown(text: str, reason: str) -> None:
    assert any(reason in (step["reason"] or "") for step in sheet(text)["steps"])


def test_a_form_that_holds_for_the_target_1_alone_says_so() -> None:
    text = "inputs: {x: 40}\ntargets: [1]\nlayers: [{dense: z, weights: [1]}, {sigmoid: a}]\nloss: {bce: L}\nlr: 0.5\n"
    (step,) = (step for step in sheet(text)["steps"] if step["name"] == "δ_z")
    assert {line["text"]: line["note"] for line in step["lines"]}["-1 / (1 + e^{z})"] == "y[1] = 1"


def test_what_is_0_by_algebra_prints_0() -> None:
    (step,) = (step for step in sheet(SHARED)["steps"] if step["name"] == "∂L/∂b")
    assert (step["lines"][-1]["text"], step["value"], step["exact"]) == ("0.0", 0.0, "0")


def test_a_term_that_is_0_everywhere_has_the_slope_0() -> None:
    text = "inputs: {x: -1}\ntargets: [0]\nlayers: [{dense: [h], weights: {x: {w: 1}}}, {relu: [y1]}]\nloss: {bce: L}\n"
    (step,) = (step for step in sheet(text + "learning_rate: 0.5\n")["steps"] if step["name"] == "∂L/∂y1")
    assert (step["value"], step["lines"][-1]["text"]) == (1.0, "1")
    assert "0 / 0 counts as 0" in step["reason"]


def test_a_number_beyond_all_floats_is_shown() -> None:
    text = (
        "inputs: {x: 1e16}\ntargets: [1]\nlayers: [{dense: [h], weights: {x: {w: -1}}}, {silu: [y1]}]\nloss: {mse: L}\n"
    )
    (step,) = (step for step in sheet(text + "learning_rate: 0.5\n")["steps"] if step["name"] == "y1")
    assert step["lines"][-1]["text"] == "-5.29040×10⁻⁴³⁴²⁹⁴⁴⁸¹⁹⁰³²⁵⁰³"


GELU = """inputs: {x: -70}
targets: [1]
layers:
- {dense: [z], weights: {x: {w: 1}}}
- gelu: [a]
- {dense: [u], weights: {a: {v: -1}}}
- relu: [y]
loss: mse
learning_rate: 1
"""


def test_what_is_left_of_1_beyond_1000_digits_is_known() -> None:
    """1 + erf(-49.5) is below 10⁻¹⁰⁰⁰, and its sign decides what the relu lets through."""
    steps = {step["name"]: step for step in sheet(GELU)["steps"]}
    with mpmath.workdps(50):
        true = mpmath.nstr(-35 * mpmath.erfc(70 / mpmath.sqrt(2)), 6).replace("e-", "×10⁻")
    *_, line, last = (line["text"] for line in steps["a"]["lines"])
    assert last.translate(DOWN) == true.translate(DOWN)
    with mpmath.workdps(1100):
        assert abs(evaluate_precisely(line, 1100) / evaluate_precisely(last, 1100) - 1) < 1e-5
    assert steps["δ_u"]["value"] == -2.0


LOST = """inputs: {x: 1}
targets: [1, 0]
layers:
- dense: [h]
  weights: {x: {u: 1}}
- dense: [z1, z2]
  weights: {h: {w1: 3000, w2: -4}}
- softmax: [p1, p2]
loss: mse
learning_rate: 1
"""
CLASS = LOST.replace("[1, 0]", "p1").replace("mse", "ce")


@pytest.mark.parametrize(("text", "digits"), [(LOST, "0.0"), (CLASS, "-7.19575×10⁻¹³⁰²")])
def test_what_a_lost_number_hides_is_lost_too(text: str, digits: str) -> None:
    """1 - p1 is below 10⁻¹⁰⁰⁰, and so is what comes of it; with cross-entropy it is p2."""
    (step,) = (step for step in sheet(text)["steps"] if step["name"] == "∂L/∂u")
    assert (step["lines"][-1]["text"], step["value"]) == (digits, 0.0)
    assert ("1,000 digits" in (step["reason"] or "")) == (digits == "0.0")


LOGARITHMS = """inputs: {x: 2}
targets: {t1: -1, t2: 0, t3: -70}
layers:
- {dense: [z1, z2, z3], weights: {x: {w1: 1.5, w2: 37, w3: -4}}}
- log_softmax: [l1, l2, l3]
loss: {mse: L}
lr: 0.1
"""
TIE = """inputs: {x: 1}
targets: [1, 0, 0]
layers:
- {dense: [z1, z2, z3], weights: {x: {w1: 30, w2: 30, w3: -30}}, bias: {b: 0.25}}
- softmax: [p1, p2, p3]
loss: {half_squared_error: L}
lr: 0.1
"""


@pytest.mark.parametrize("text", [LOGARITHMS, TIE])
def test_a_term_of_more_than_28_digits_keeps_them_behind_a_minus(text: str) -> None:
    lines_give_their_values(sheet(text))


FLAT = """inputs: {x: 1}
targets: {t: 0.25}
layers:
- {dense: [z], weights: {x: {w: ARGUMENT}}}
- ACTIVATION: [h]
- {dense: [y], weights: {h: {v: 0.5}}}
loss: {half_squared_error: L}
lr: 0.1
"""


@pytest.mark.parametrize(("activation", "argument", "left"), [
    ("bipolar_sigmoid", 40, "× (2 / (1 + e^{z}))"), ("bipolar_sigmoid", -40, "× (2 / (1 + e^{-z})) ×"),
    ("elu", -40, "× e^{z}"), ("selu", -40, "× e^{z})"),
])  # fmt: skip
def test_a_flat_activation_has_its_slope_without_a_difference(activation: str, argument: int, left: str) -> None:
    found = sheet(FLAT.replace("ARGUMENT", str(argument)).replace("ACTIVATION", activation))
    lines_give_their_values(found)
    (step,) = (step for step in found["steps"] if step["name"] == "δ_z")
    assert any(left in line["text"] for line in step["lines"])


def test_the_sign_of_a_number_that_does_not_end_is_exact() -> None:
    found = sheet(FLAT.replace("ARGUMENT", "1").replace("ACTIVATION", "tanh").replace("half_squared", "absolute"))
    (step,) = (step for step in found["steps"] if step["name"] == "δ_y")
    assert (step["exact"], step["lines"][-1]["text"]) == ("1", "1.0")


def test_the_logarithm_of_what_is_nearly_1_is_that_of_1_less_the_others() -> None:
    """-ln p1, with hundreds of nines behind the point, would tell nobody anything."""
    text = "inputs: {x: 1}\ntargets: p1\nlayers:\n- dense: [z1, z2]\n  weights: {x: {w1: 1000, w2: 3}}\n"
    text += "- softmax: [p1, p2]\nloss: ce\nlearning_rate: 1\n"
    steps = {step["name"]: step for step in sheet(text)["steps"]}
    forms = [line["text"] for line in steps["L"]["lines"]]
    assert forms == ["-ln(p1)", "-ln(1 - p2)", "-ln(1 - 1.01953×10⁻⁴³³)", "1.01953×10⁻⁴³³"]
    forms = [line["text"] for line in steps["δ_z1"]["lines"]]
    assert forms[-2:] == ["-p2", "-1.01953×10⁻⁴³³"]

"""Carried rounding: each line redone from the digits that the sheet shows gives the digits that it shows."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import mpmath
import pytest
from networks import DRAWN

from tests.reader import IrrationalError, evaluate_exact, evaluate_precisely

if TYPE_CHECKING:
    from conftest import Run

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


class Rule(NamedTuple):
    """To decimals, with at least some significant digits; or to significant digits."""

    digits: int
    significant: bool = False
    at_least: int = 3

    def __call__(self, value: Fraction) -> Fraction:
        """Rounded half away from zero, as one does by hand."""
        first = 0  # the power of ten of the first digit
        while value and abs(value) >= Fraction(10) ** (first + 1):
            first += 1
        while value and abs(value) < Fraction(10) ** first:
            first -= 1
        least = self.at_least - 1 - first if self.at_least else self.digits
        places = self.digits - 1 - first if self.significant else max(self.digits, least)
        scale = Fraction(10) ** places
        units = (abs(value) * scale + Fraction(1, 2)) // 1
        return (units if value > 0 else -units) / scale


def test_the_rule_rounds_by_hand() -> None:
    cases = [(Rule(4), "0.00012345", "0.000123"), (Rule(4), "-0.02145", "-0.0215"), (Rule(2), "2.5049", "2.5"),
             (Rule(2, at_least=0), "-0.005", "-0.01"), (Rule(3, True), "1234.5", "1230"),
             (Rule(3, True), "0.09995", "0.1"),
             (Rule(3, at_least=0), "0.0000009", "0"), (Rule(2), "0", "0"),
             (Rule(4), "-0.0000005", "-0.0000005")]  # fmt: skip
    for rule, value, expected in cases:
        assert rule(Fraction(value)) == Fraction(expected), (rule, value)


RULES = {
    "carry:4": (("--rounding", "carry:4"), "", Rule(4)),
    "carry:2": (("--rounding", "carry:2"), "", Rule(2)),
    "carry:4sf": (("--rounding", "carry:4sf"), "", Rule(4, significant=True)),
    "carry: 3": ((), "rounding: {carry: 3}\n", Rule(3)),
    "carry: 3, at_least: 0": ((), "rounding: {carry: 3, at_least: 0}\n", Rule(3, at_least=0)),
    "carry: significant": ((), "rounding: {carry: {significant: 3}}\n", Rule(3, significant=True)),
}


LOGITS = """\
inputs: {{x: 1.0}}
targets: {targets}
layers:
- dense: [z1, z2, z3]
  weights: {{x: {{w1: {0}, w2: {1}, w3: {2}}}}}
- {activation}: [p1, p2, p3]
loss: {{{loss}: J{options}}}
report: [{{{loss}: M, over_outputs: mean}}, {{mse: E}}]
learning_rate: 0.5
"""
PAIRS = (("sigmoid", "bce", "{t1: 1, t2: 0.3, t3: 0}"), ("softmax", "ce", "{t1: 0, t2: 1, t3: 0}"),
         ("softmax", "ce", "{t1: 0.25, t2: 0.25, t3: 0.5}"), ("softmax", "ce", "p2"))  # fmt: skip
OPTIONS = ("", ", over_outputs: mean", ", parts: [J1, J2, J3]", ", parts: [J1, J2, J3], over_outputs: mean")
WEIGHTS = ((0.37, -1.23, 0.5), (0, 0, 0), (9, -9, 0.5), (40, -40, 20))
FUSED = {
    f"{activation} {loss} {targets}{options} {weights}": LOGITS.format(
        *weights, activation=activation, loss=loss, targets=targets, options=options
    )
    for activation, loss, targets in PAIRS
    for options in OPTIONS
    for weights in WEIGHTS
}
"""Losses after the activation that they cancel against, down to where nothing is left of a probability."""


def sheet(run: Run, folder: Path, config: str, options: tuple[str, ...], key: str) -> Any:
    path = folder / "net.yaml"
    text = FUSED.get(config) or (CONFIGS / f"{config}.yaml").read_text(encoding="utf-8")
    path.write_text(text + key, encoding="utf-8")
    code, out, err = run("step", path, *options, "-f", "json")
    assert (code, err) == (0, "")
    return json.loads(out)


def number(text: str, symbols: dict[str, Fraction]) -> tuple[Fraction, bool]:
    """What a text comes to, and whether that is its exact value."""
    try:
        return evaluate_exact(text, symbols), True
    except IrrationalError:
        return Fraction(mpmath.nstr(evaluate_precisely(text, 60, symbols), 60)), False


@pytest.mark.parametrize(("options", "key", "rule"), RULES.values(), ids=list(RULES))
@pytest.mark.parametrize("config", ["mazur", "swapped-wiring"])
def test_every_line_gives_the_digits_shown(
    run: Run, tmp_path: Path, config: str, options: tuple[str, ...], key: str, rule: Rule
) -> None:
    found = sheet(run, tmp_path, config, options, key)
    assert len(found["steps"]) > 30
    prove(found, rule)


@pytest.mark.parametrize("named", RULES)
def test_every_line_of_a_fused_loss_gives_the_digits_shown(run: Run, tmp_path: Path, named: str) -> None:
    """Every third of the losses for each rule, so that each comes twice; all of them in a long run."""
    options, key, rule = RULES[named]
    tried = list(FUSED)[list(RULES).index(named) % 3 :: 3] if DRAWN < 100 else FUSED
    from_logits = 0
    for name in tried:
        try:
            found = sheet(run, tmp_path, name, options, key)
            prove(found, rule)
        except Exception as error:
            error.add_note(FUSED[name] + key)
            raise
        from_logits += sum("with the logits" in (step["reason"] or "") for step in found["steps"])
    assert from_logits > 5 * len(tried) / len(FUSED)


def flat(values: dict[str, Any]) -> dict[str, float]:
    """Numbers by name, those of a tensor by its elements."""
    return {
        f"{name}[{place}]" if isinstance(value, list) else name: one
        for name, value in values.items()
        for place, one in enumerate(value if isinstance(value, list) else [value], start=1)
    }


def prove(found: Any, rule: Rule) -> None:
    """Every line, redone from the digits before it."""
    values = flat(found["values"])
    given = {name for name in values if not any(step["name"] == name for step in found["steps"])}
    shown = {name: Fraction(str(values[name])) for name in given}
    shown["lr"] = Fraction(str(found["learning_rate"]))
    for step in found["steps"]:
        lines = {line["kind"]: line for line in step["lines"]}
        value = evaluate_exact(lines["value"]["text"])
        assert float(value) == step["value"], step["id"]
        for kind in ("formula", "substitution", "terms"):
            if kind not in lines or lines[kind]["relation"] != "=":
                continue
            full, exact = number(lines[kind]["text"], shown if kind == "formula" else {})
            assert rule(full) == value, (step["id"], lines[kind]["text"], lines["value"]["text"])
            assert (lines["value"]["relation"] == "=") == (exact and full == value), step["id"]
        if (list(lines), value) != (["value"], 0):  # a formula that is 0 is its value
            assert lines["formula"]["relation"] == "="
        shown[step["name"]] = value
    for name, value_ in {**values, **found["updated"]}.items():
        key_ = name + "⁺" if name in found["updated"] and name + "⁺" in shown else name
        assert float(shown[key_]) == (found["updated"].get(name, value_) if key_ != name else value_)


def test_the_key_and_the_option_say_the_same(run: Run, tmp_path: Path) -> None:
    """In the sheet too, whose head says how it rounds; the option wins over the key."""
    text = (CONFIGS / "mazur.yaml").read_text(encoding="utf-8")
    (tmp_path / "plain.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "net.yaml").write_text(text + "rounding: {carry: 3}\n", encoding="utf-8")
    by_key = run("step", "net.yaml", cwd=tmp_path)
    by_option = run("step", "plain.yaml", "--rounding", "carry:3", cwd=tmp_path)
    assert by_key.code == by_option.code == 0
    assert by_key.out == by_option.out.replace("plain.yaml", "net.yaml")
    assert "rounding: carry (every numbered result is rounded to 3 decimals" in by_key.out
    full = run("step", "net.yaml", "--rounding", "full", cwd=tmp_path)
    assert full.out == run("step", "plain.yaml", cwd=tmp_path).out.replace("plain.yaml", "net.yaml")


def test_the_json_says_how_it_rounds(run: Run, tmp_path: Path) -> None:
    options, key, _ = RULES["carry:4"]
    assert sheet(run, tmp_path, "mazur", options, key)["conventions"]["rounding"] == {"carry": 4}


@pytest.mark.parametrize(
    "rule", ["carry", "carry:", "carry:0sf", "carry:18", "carry:4 sf", "half", "", "carry:-1", "carry:٤"]
)
def test_no_rule(run: Run, rule: str) -> None:
    code, out, err = run("step", "--rounding", rule)
    assert (code, out) == (2, "")
    remedy = "write full, carry:4 (decimals), carry:4dp (plain decimals) or carry:4sf (significant)"
    assert err == f"--rounding {rule!r} is no rule\n  {remedy}\n"


def test_what_is_off_in_the_last_digit_says_so(run: Run) -> None:
    """B10 of Mazur's at 4 decimals: 0.00878 × 0.1 is what the hand gets, 0.000877 what it would be."""
    out = run("step", "configs/mazur.yaml", "--rounding", "carry:4").out
    assert "∂E_total/∂w2 = δ_net_h1 × i2 = 0.00878 × 0.1 = 0.000878" in out
    assert "in full precision 0.000877" in out


FAR = "inputs: {x: 1000}\nvalues: {w: 1000}\nlayers: [let: {a: w * x, f: sigmoid(-a) * w}]\nloss: f\n"
ROOT = "inputs: {x: 1}\nvalues: {v: sqrt(2)}\nlayers: [let: {h: v * 10 * x, f: h * h}]\nloss: f\n"


def test_full_precision_begins_with_the_given_numbers(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(ROOT, encoding="utf-8")
    lines = run("forward", "--rounding", "carry:1dp", cwd=tmp_path).out.splitlines()
    assert lines[5].split() == ["1.0", "≈", "1.4"]
    remarks = [line.split("in full precision ") for line in lines if "in full precision" in line]
    assert [(line.split()[0], number) for line, number in remarks] == [("F1", "14.1"), ("L1", "200.0")]


def test_a_far_exponent_is_carried_as_it_is_shown(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(FAR, encoding="utf-8")
    found = json.loads(run("grad", "--rounding", "carry:3", "-f", "json", cwd=tmp_path).out)
    values = {step["name"]: (step["lines"][-1]["text"], step["exact"]) for step in found["steps"]}
    assert values["f"] == ("3.30×10⁻⁴³⁴²⁹²", None)
    assert values["∂f/∂a"] == ("-3.30×10⁻⁴³⁴²⁹²", None)
    assert values["∂f/∂w"] == ("-3.30×10⁻⁴³⁴²⁸⁹", None)


def test_a_given_number_that_does_not_end_has_the_digits_that_a_large_factor_takes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "inputs: {x: 899999.71}\nlayers: [{dense: y, weights: {x: {w: -2/7}}, bias: {b: 0.83}}]\nrounding: carry:2dp\n",
        encoding="utf-8",
    )
    assert "≈ 899999.71 × (-0.28571429) + 0.83" in run("forward", cwd=tmp_path).out

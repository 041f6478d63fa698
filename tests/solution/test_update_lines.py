"""Every line of an update, read back and worked out again: of each optimizer, in full precision and carried."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from reader import evaluate_exact
from shipped import tried
from test_self_proof import Equation, Truth, equations, in_ascii, json_equations, lines_of, object_of, prove, truth_of

from nntrace.catalogue import KINDS
from nntrace.expr.script import ASCII
from nntrace.network.building.build import build
from nntrace.network.model import Network
from nntrace.network.quantities import parameters
from nntrace.solution.sheets.settings import Settings
from nntrace.solution.sheets.training import training
from nntrace.spec import read
from nntrace.spec.model import Rounding
from tests.cli.test_cli_carry import Rule, number

FULL = {
    "weight_decay": "0.125", "dampening": "0.25", "form": "pytorch", "lr_decay": "0.5", "centered": "true",
    "momentum": "0.75", "bias_correction": "false", "amsgrad": "true", "momentum_schedule": "false",
    "eps": "{inside: 0.001}",
}  # fmt: skip
"""Another value of each option than its default."""
NETWORKS = {
    "rational": """\
inputs: {i1: 2.0, i2: -1.0}
targets: {t1: 1.0}
layers:
- dense: [h1, h2]
  weights: {i1: {w11: 1.0, w12: -0.5}, i2: {w21: 0.5, w22: 3/4}}
  biases: {b1: 0.5, b2: -0.5}
  activation: {relu: [a1, a2]}
- {dense: [y], weights: {a1: {w3: 0.5}, a2: {w4: 1.25}}}
loss: {half_squared_error: E}
""",
    "irrational": """\
inputs: {x: [0.7, -0.3]}
targets: {t: [1.0, 0.0]}
layers:
- {dense: 2, weights: [[0.15, -0.35], [0.2, 0.4]], biases: [0.1, -0.2], activation: tanh}
loss: mse
""",
    "batch": """\
inputs: [x]
targets: [t]
samples: [[1.0, 0.5], [-0.5, 1.0], [2.0, 0.0]]
layers: [{dense: [y], weights: {x: {w: 0.3}}, bias: {b: 0.1}}]
loss: {mse: E}
""",
    "given": "parameters: {w: 1.0, V: [0.5, -2.0]}\ngradients: {w: 1.5, V: [0.25, -0.125]}\n",
}
RATES = (
    "0.05",
    "{start: 0.1, step: {every: 2, times: 0.5}}",
    "{start: 0.1, exponential: 0.75}",
    "{start: 0.1, cosine: {steps: 7, end: 0.01}}",
    "{start: 0.1, warmup: 5}",
)
CLIPS = ("", "clip: {norm: 0.5}\n", "clip: {value: 0.25}\n")


def files(kind: str) -> Iterator[str]:
    """Files with an optimizer, each option once, with states from before and without, clipped and at several rates."""
    entry = KINDS["optimizer"][kind]
    draw = random.Random(kind)
    known = {name: FULL[name] for name in entry.options() if name in FULL}
    if "eps" in known and entry.options()["eps"].range != "epsilon":  # it stands nowhere but where it is
        del known["eps"]
    options: list[dict[str, str]] = [{}, *({name: text} for name, text in known.items())]
    for place, (given, net) in enumerate(product(options, NETWORKS.values())):
        own = dict(given)
        started = [state.name for state in entry.build(**_typed(given)).states] if place % 2 else []
        start = [
            f"t: {draw.randint(1, 4)}",
            *(f"{state}: {draw.choice(('0.25', '0.375', '0.1'))}" for state in started),
        ]
        if place % 2:
            own["start"] = f"{{{', '.join(start)}}}"
        inside = ", ".join(f"{key}: {value}" for key, value in own.items())
        rate, clip = draw.choice(RATES), draw.choice(CLIPS)
        yield f"{net}optimizer: {{{kind}: {{{inside}}}}}\nlearning_rate: {rate}\n{clip}"


def _typed(options: Mapping[str, str]) -> dict[str, Any]:
    """Options as the catalogue takes them."""
    words = {"true": True, "false": False}
    return {
        name: words[text] if text in words else text if text == "pytorch" else Fraction(text)
        for name, text in options.items()
        if "inside" not in text
    }


def symbols(network: Network, sheet: dict[str, Any]) -> dict[str, Fraction | float]:
    """What an update's symbols stand for before it: the options, the counts, the states from before."""
    rule, done = network.training.rule, network.training.done
    found: dict[str, Fraction | float] = {one.name: Fraction(str(value)) for one, value in rule.constants.items()}
    found |= {one.name: Fraction(count) for one, count in network.training.counts(done).items()}
    if isinstance(sheet["learning_rate"], float):
        rates = network.training.rates
        assert rates is not None
        found["lr"] = rates.of("", network.training.past(done))
    for state in rule.states:
        first = Fraction(str(rule.start.get(state, 0)))
        for one in parameters(network):
            use = one.uses[0]
            before = network.training.start.get(state.name, {}).get(use.key, {}).get(use.cell, first)
            found[f"{state.name}_{one.name}"] = before
    for step in sheet["steps"]:
        if step["id"].startswith(("A", "U", "B")):
            found[step["name"]] = step["value"] if step["exact"] is None else Fraction(step["exact"])
    return found


@pytest.mark.grid
@pytest.mark.parametrize("kind", list(KINDS["optimizer"]))
def test_every_line_holds(kind: str) -> None:
    for text in files(kind):
        network = build(read(text, "net", None))
        solution = training(network, Settings()).solution
        try:
            mine = prove_update(object_of(solution), network)
            shown = [one for one in mine if one.id[-1].isalpha() or one.id[0] == "A"]  # the others are rows of a table
            for width in (40, 80, 120):
                assert [one for one in equations(lines_of(solution, width)) if one.id[0] in "UA"] == shown
            plainly = [one for one in equations(lines_of(solution, 80, ASCII)) if one.id[0] in "UA"]
            sheet = object_of(solution)
            truth = in_ascii(told(sheet, network))
            for equation in plainly:
                prove(equation, truth)
        except Exception as error:
            error.add_note(text)
            raise


def told(sheet: dict[str, Any], network: Network) -> Truth:
    """Every symbol of a sheet with its number."""
    truth = truth_of(sheet, network)
    truth.numbers.update(symbols(network, sheet))
    return truth


def prove_update(sheet: dict[str, Any], network: Network) -> list[Equation]:
    """The equations of an update, proved."""
    truth = told(sheet, network)
    mine = [one for one in json_equations(sheet) if one.id[0] in "UA"]
    assert len(mine) >= len(sheet["updated"])
    for equation in mine:
        prove(equation, truth)
    return mine


CARRIED = [Rule(4), Rule(2), Rule(4, significant=True), Rule(3, at_least=0)]


@pytest.mark.parametrize(("kind", "rule"), tried([(kind, rule) for kind in KINDS["optimizer"] for rule in CARRIED]))
def test_every_carried_line_gives_the_digits_shown(kind: str, rule: Rule) -> None:
    """Redone from the digits before it, as one does by hand: states, intermediates and new values are all rounded."""
    rounding = Rounding(rule.digits, rule.significant, rule.at_least)
    for text in files(kind):
        network = build(read(text, "net", None))
        sheet = object_of(training(network, Settings(rounding=rounding)).solution)
        try:
            prove_carried(sheet, network, rule)
        except Exception as error:
            error.add_note(text)
            raise


def prove_carried(sheet: dict[str, Any], network: Network, rule: Rule) -> None:
    known = {name: Fraction(value) for name, value in told(sheet, network).numbers.items() if value is not None}
    there = [step for step in sheet["steps"] if step["value"] is not None]
    assert len(there) == len(sheet["steps"]) or rule.at_least == 0, "only what is rounded to 0 may divide by it"
    known |= {step["name"]: evaluate_exact(step["lines"][-1]["text"]) for step in there}
    for step in (one for one in there if one["id"][0] in "UA"):
        lines = {line["kind"]: line for line in step["lines"]}
        value = evaluate_exact(lines["value"]["text"])
        assert float(value) == step["value"], step["id"]
        for form in ("formula", "substitution", "terms"):
            if form in lines and lines[form]["relation"] == "=":
                full, exact = number(lines[form]["text"], known if form == "formula" else {})
                unsure = 0 if exact else Fraction(1, 10**14)  # a float may lie on the other side of a half
                near = {rule(full - unsure), rule(full), rule(full + unsure)}
                assert value in near, (step["id"], lines[form]["text"], lines["value"]["text"])
                if exact or abs(full - value) > 1e-14:  # else 0 times something irrational, perhaps
                    assert (lines["value"]["relation"] == "=") == (full == value), step["id"]
        assert {"formula", "value"} <= lines.keys()

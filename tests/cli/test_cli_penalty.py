"""A penalty: a term of its own in the loss and in the gradients of what it is on, once for each parameter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from conftest import Run

NET = """\
inputs: [x1, x2]
targets: [t]
samples: [[1, 2, 1], [0.5, -1, 0], [2, 0.25, 1]]
layers:
- dense: [h1, h2]
  weights: {x1: {w: 0.5, u: -1.0}, x2: [w, 0.0]}
  biases: {b1: 0.5, b2: 2.0}
- dense: [z]
  weights: [[w, 2.0]]
  activation: {sigmoid: [y]}
loss: {bce: L}
penalty: {l2: 0.1, l1: 0.01}
learning_rate: 0.5
"""


def sheet(run: Run, folder: Path, text: str, *command: str) -> Any:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run(*(command or ("step",)), "-f", "json", cwd=folder)
    assert (code, err) == (0, "")
    return json.loads(out)


def sign(w: float) -> int:
    return (w > 0) - (w < 0)


COUNTED = {
    "": {"w": 0.5, "u": -1.0, "W1[2,2]": 0.0, "W2[1,2]": 2.0},
    ", on: all": {"w": 0.5, "u": -1.0, "W1[2,2]": 0.0, "W2[1,2]": 2.0, "b1": 0.5, "b2": 2.0},
    ", on: [W2, b1]": {"w": 0.5, "W2[1,2]": 2.0, "b1": 0.5},
    ", on: ['W1[2,2]', u]": {"u": -1.0, "W1[2,2]": 0.0},
}


@pytest.mark.parametrize("rounding", ["full", "carry:6"])
@pytest.mark.parametrize(("on", "counted"), COUNTED.items(), ids=[on or "weights" for on in COUNTED])
def test_what_it_is_on(run: Run, tmp_path: Path, on: str, counted: dict[str, float], rounding: str) -> None:
    """A tied weight counts once, a batch once for all samples; the slope of |w| at 0 is 0."""
    command = ("step", "--rounding", rounding)
    plain = sheet(run, tmp_path, NET.replace("penalty: {l2: 0.1, l1: 0.01}\n", ""), *command)
    found = sheet(run, tmp_path, NET.replace("l1: 0.01}", f"l1: 0.01{on}}}"), *command)
    near = 1e-12 if rounding == "full" else 2e-6
    own = sum(0.1 * w**2 + 0.01 * abs(w) for w in counted.values())
    assert found["values"]["L_penalty"] == pytest.approx(own, abs=near)
    assert found["values"]["L_data"] == plain["loss"]["before"]
    assert found["loss"]["before"] == pytest.approx(plain["loss"]["before"] + own, abs=near)
    expected = dict(plain["gradients"])
    for name, w in counted.items():
        change = 0.2 * w + 0.01 * sign(w)
        if name in expected:
            expected[name] += change
        else:
            tensor, row, column = name[:2], int(name[3]) - 1, int(name[5]) - 1
            expected[tensor][row][column] += change
    assert flat(found["gradients"]) == pytest.approx(flat(expected), abs=near)
    assert [step["id"] for step in found["steps"] if step["section"] == "loss"] == [
        "L1.1", "L1.2", "L1.3", "L2", "L3", "L4"
    ]  # fmt: skip
    assert all(check["status"] != "failed" for check in found["checks"])


def flat(group: dict[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in group.items():
        if isinstance(value, list):
            found.update((f"{name}{i}{j}", one) for i, row in enumerate(value) for j, one in enumerate(row))
        else:
            found[name] = value
    return found


def test_the_lines_of_one_weight(run: Run, tmp_path: Path) -> None:
    """The local derivative is derived once; the difference check leaves a weight at 0 to the convention."""
    (tmp_path / "net.yaml").write_text(NET, encoding="utf-8")
    lines = run("grad", "-p", "w", "-p", "u", "-p", "W1[2,2]", "--width", 200, cwd=tmp_path).out.splitlines()
    rule = "∂L_penalty/∂w = 0.1 × 2 × w + 0.01 × sign(w) = 2 × 0.1 × w + 0.01 × sign(w)"
    assert sum("∂L_penalty/∂w " in line and rule in line for line in lines) == 1
    assert not any("∂L_penalty/∂u = 0.1 × 2" in line for line in lines)
    assert any("+ 2 × 0.1 × u + 0.01 × sign(u)  " in line for line in lines)
    assert any("∂L/∂W1[2,2] by central difference: skipped, the loss has a kink here" in line for line in lines)


def test_names_that_are_taken(run: Run, tmp_path: Path) -> None:
    found = sheet(run, tmp_path, NET.replace("b1: 0.5", "L_data: 0.5").replace("[h1,", "[L_penalty,"), "forward")
    assert {"L_data", "L_data′", "L_penalty′"} <= found["values"].keys()
    assert "L_penalty" in found["samples"][0]["values"]


def test_the_file_names_its_terms(run: Run, tmp_path: Path) -> None:
    found = sheet(run, tmp_path, NET.replace("l1: 0.01}", "l1: 0.01, name: R, data: E}"), "step", "--set", "w=1")
    assert found["values"]["R"] == pytest.approx(0.1 * (1 + 1 + 4) + 0.01 * (1 + 1 + 2))
    assert {step["name"] for step in found["steps"] if step["section"] == "loss"} == {
        "E⁽¹⁾", "E⁽²⁾", "E⁽³⁾", "E", "R", "L"
    }  # fmt: skip
    (tmp_path / "net.yaml").write_text(NET.replace("l1: 0.01}", "l1: 0.01, name: h1}"), encoding="utf-8")
    assert "the name 'h1' is used twice" in run("forward", cwd=tmp_path).err


def test_a_frozen_weight_is_penalised_and_stays(run: Run, tmp_path: Path) -> None:
    free = sheet(run, tmp_path, NET + "iterations: 3\n")
    kept = sheet(run, tmp_path, NET + "iterations: 3\nfrozen: [w]\n")
    assert kept["iterations"][0]["values"]["L_penalty"] == free["iterations"][0]["values"]["L_penalty"]
    assert kept["iterations"][0]["gradients"] == free["iterations"][0]["gradients"]
    assert (kept["iterations"][2]["values"]["w"], free["iterations"][2]["values"]["w"] == 0.5) == (0.5, False)


WRONG = {
    "an unknown parameter": (
        ("l1: 0.01}", "l1: 0.01, on: [w, x1, b9]}"),
        ["net.yaml:12:38: there is no parameter 'x1'", "net.yaml:12:42: there is no parameter 'b9'"],
    ),
    "in a loss": (("{bce: L}", "{bce: L, penalty: {l3: 1}}"), ["net.yaml:11:26: a penalty of unknown kind 'l3'"]),
}


@pytest.mark.parametrize(("change", "parts"), WRONG.values(), ids=list(WRONG))
def test_wrong_penalties(run: Run, tmp_path: Path, change: tuple[str, str], parts: list[str]) -> None:
    (tmp_path / "net.yaml").write_text(NET.replace(*change), encoding="utf-8")
    code, out, err = run("step", cwd=tmp_path)
    assert (code, out) == (2, "")
    for part in parts:
        assert part in err


def test_nothing_to_penalise(run: Run, tmp_path: Path) -> None:
    text = "inputs: [1]\ntargets: [2]\nlayers: []\nloss: {mse: L, penalty: {l2: 1}}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert "net.yaml:4:25: there is no weight for a penalty" in run("forward", cwd=tmp_path).err


def test_one_bias_for_a_layer_that_is_tied(run: Run, tmp_path: Path) -> None:
    """A scalar with two gradients, of the layer and of the penalty, and with a second use; over arrays too."""
    text = NET.replace("biases: {b1: 0.5, b2: 2.0}", "bias: {b: 0.5}").replace("[[w, 2.0]]", "[[w, b]]")
    text = text.replace("l1: 0.01}", "l1: 0.01, on: all}") + "iterations: 6\n"
    found = sheet(run, tmp_path, text)
    assert found["iterations"][5]["loss"]["after"] < found["iterations"][0]["loss"]["before"]
    full = sheet(run, tmp_path, text.replace("iterations: 6", "iterations: 2"))
    assert full["iterations"][1]["loss"]["after"] == pytest.approx(found["iterations"][1]["loss"]["after"], rel=1e-12)


def test_a_large_network(run: Run, tmp_path: Path) -> None:
    """Whole arrays; of the 40,000 squares the sheet shows a few, and what the others come to."""
    text = """\
inputs: {x: [0.5, -0.5]}
targets: {t: [1.0]}
layers:
- dense: 200
  weights: {init: he_normal, seed: 1}
- dense: 200
  weights: {init: he_normal, seed: 2}
- dense: 1
  weights: {init: he_normal, seed: 3}
loss: {half_squared_error: L, penalty: {half_l2: 0.1, on: [W2]}}
learning_rate: 0.1
"""
    question = ("grad", "-p", "W2", "-p", "W1[3,1]")
    plain = sheet(run, tmp_path, text.replace(", penalty: {half_l2: 0.1, on: [W2]}", ""), *question)
    found = sheet(run, tmp_path, text, *question)
    weights, slopes, before = (one["W2"] for one in (found["values"], found["gradients"], plain["gradients"]))
    assert found["gradients"]["W1[3,1]"] == plain["gradients"]["W1[3,1]"]
    for row in (0, 99, 199):
        assert slopes[row] == pytest.approx([g + 0.1 * w for g, w in zip(before[row], weights[row], strict=True)])
    own = 0.05 * sum(w * w for row in weights for w in row)
    assert found["values"]["L_penalty"] == pytest.approx(own)
    assert "… 39996 more terms, together " in run("forward", "--width", 400, cwd=tmp_path).out


def test_every_addend_has_its_label(run: Run, tmp_path: Path) -> None:
    """The ways of a tied bias, and the penalty where it stands; over the paths a sum is one addend, in brackets."""
    text = """\
inputs: {x1: 1, x2: 0.5}
targets: {t: 1}
layers:
- dense: [h1, h2]
  weights: {h1: {w1: 0.5, w2: 0.25}, h2: {w3: 0.1, w4: 0.3}}
  bias: {b: 0.1}
  activation: {relu: [a1, a2]}
- dense: [o]
  weights: {o: {u1: 0.5, u2: 0.25}}
  bias: b
loss: {half_squared_error: L}
"""
    (tmp_path / "plain.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "net.yaml").write_text(f"{text}penalty: {{l2: 0.01, l1: 0.1, on: all}}\n", encoding="utf-8")
    found = {}
    for name in ("plain", "net"):
        sheet = json.loads(run("grad", f"{name}.yaml", "-p", "b", "-f", "json", cwd=tmp_path).out)
        found[name] = {step["id"]: step["lines"] for step in sheet["steps"]}
    assert found["plain"]["B10"][0]["note"] == "via h1, via h2, via o"
    assert found["net"]["B10"][-4]["note"] == "via h1, via h2, the penalty, the penalty, via o"
    path = found["plain"]["B10p"]
    assert [line["text"] for line in path[-3:-1]] == [
        "(0.55 - 1.0) × 0.5 × 1 + (0.55 - 1.0) × 0.25 × 1 + (0.55 - 1.0)",
        "-0.225 - 0.1125 - 0.45",
    ]
    assert "+ (2 × 0.01 × b + 0.1 × sign(b)) + (o - t)" in found["net"]["B10p"][1]["text"]


def test_a_bias_that_two_layers_share(run: Run) -> None:
    """A whole tensor tied by its name is one parameter, in a penalty and in an update."""
    text = (
        "inputs: [1, 2]\ntargets: [1, 3]\nlearning_rate: 0.1\nvalues: {B: [0.5, 0.25]}\nlayers:\n"
        "- {dense: [h1, h2], weights: [[1, 2], [3, 4]], biases: B}\n"
        "- {dense: [o1, o2], weights: [[1, 2], [3, 4]], biases: B}\nloss: {squared_error: L}\nPENALTY\n"
    )
    for penalty in ("", "penalty: {l2: 16, on: all}"):
        code, out, err = run("step", "-", "-f", "json", stdin=text.replace("PENALTY", penalty).encode())
        assert (code, err) == (0, "")
        found = json.loads(out)
        gradient = np.array(found["gradients"]["B"])
        h = np.array([[1, 2], [3, 4]]) @ [1, 2] + [0.5, 0.25]
        delta = 2 * (np.array([[1, 2], [3, 4]]) @ h + [0.5, 0.25] - [1, 3])
        expected = delta + np.array([[1, 3], [2, 4]]) @ delta + (32 * np.array([0.5, 0.25]) if penalty else 0)
        assert gradient == pytest.approx(expected)


SYMBOLIC = """\
inputs: {x: [1, 2]}
targets: {t: 1}
layers:
- dense: y
  weights: {W: [[1, 2]]}
loss: mse
"""


@pytest.mark.parametrize("line", ["penalty: {l2: lambda}", "l2: λ", "penalty: {l2: λ}"])
def test_a_factor_may_be_a_letter_in_a_derivation(run: Run, tmp_path: Path, line: str) -> None:
    (tmp_path / "net.yaml").write_text(SYMBOLIC + line, encoding="utf-8")
    code, out, _ = run("derive", cwd=tmp_path)
    assert (code, "lambda" in out) == (0, False)
    assert "L_penalty = λ Σ_i W[1,i]²\n" in out
    assert "∂L/∂W = δ_y xᵀ + 2 λ W " in out
    for command in ("forward", "grad", "step", "train"):
        code, out, err = run(command, cwd=tmp_path)
        assert (code, out) == (2, "")
        assert err.startswith(f"net.yaml:7:{line.index('l2: ') + 5}: ")
        assert "has no number" in err
        assert "give it one: values: {" in err


def test_a_letter_gets_its_number_from_the_table_of_values(run: Run, tmp_path: Path) -> None:
    text = f"{SYMBOLIC}values: {{lambda: NUMBER}}\npenalty: {{l2: lambda, l1: lambda}}\n"
    sheets = {}
    for number in ("0.1", "-0.1"):
        (tmp_path / "net.yaml").write_text(text.replace("NUMBER", number), encoding="utf-8")
        sheets[number] = [run(command, cwd=tmp_path) for command in ("forward", "derive")]
    (numbers, symbols), ((code, _, err), _) = sheets.values()
    assert (numbers.code, symbols.code, code) == (0, 0, 2)
    assert "L_penalty = λ × (W[1,1]² + W[1,2]²) + λ × (|W[1,1]| + |W[1,2]|)\n" in numbers.out
    assert "= 0.1 × (1.0² + 2.0²) + 0.1 × (|1.0| + |2.0|)\n" in numbers.out
    assert "L_penalty = λ Σ_i W[1,i]² + λ Σ_i" in symbols.out
    assert err.startswith("net.yaml:7:18: a penalty's factor cannot be negative, and 'lambda' is '-0.1'")


ELASTIC = """\
inputs: {x1: 2.0, x2: -1.0}
targets: {t: 1.0}
values: {lambda1: 1/3, lambda2: 0.01}
layers:
- dense: y
  weights: {x1: {w1: 0.5}, x2: {w2: -0.3}}
loss: {half_squared_error: L}
penalty: {l2: lambda2, l1: lambda1}
learning_rate: 0.1
"""


def test_a_letter_is_a_symbol_on_every_sheet(run: Run, tmp_path: Path) -> None:
    """Listed with its number under Given, written in the formula, a number where the others are."""
    (tmp_path / "net.yaml").write_text(ELASTIC, encoding="utf-8")
    lines = run("step", cwd=tmp_path).out.splitlines()
    assert [line.split() for line in lines[3:6:2]] == [
        ["x1", "x2", "w1", "w2", "t", "λ2", "λ1"], ["2.0", "-1.0", "0.5", "-0.3", "1.0", "0.01", "1/3"]
    ]  # fmt: skip
    place = next(place for place, line in enumerate(lines) if "L_penalty = " in line)
    assert [line.strip() for line in lines[place : place + 4]] == [
        "L2  L_penalty = λ2 × (w1² + w2²) + λ1 × (|w1| + |w2|)",
        "≈ 0.01 × (0.5² + (-0.3)²) + 0.333333 × (|0.5| + |-0.3|)",
        "≈ 0.0034 + 0.266667",
        "≈ 0.270067",
    ]
    assert any("= δ_y × x1 + 2 × λ2 × w1 + λ1 × sign(w1) " in line for line in lines)
    assert "lambda2 * (w1^2 + w2^2)" in run("forward", "--ascii", cwd=tmp_path).out
    found = sheet(run, tmp_path, ELASTIC, "step", "--set", "lambda1=0", "--set", "λ2=0.5")
    assert (found["values"]["λ1"], found["values"]["λ2"], found["values"]["L_penalty"]) == (0, 0.5, 0.17)
    assert run("step", "--expect", "lambda2=0.02", cwd=tmp_path).code == 1
    code, _, err = run("step", "--set", "lambda2=-1", cwd=tmp_path)
    assert (code, "cannot be negative" in err) == (2, True)


def test_the_terms_beside_a_letter(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(ELASTIC.replace(", l1: lambda1", "").replace("lambda1: 1/3, ", ""), "utf-8")
    out = run("forward", cwd=tmp_path).out
    assert "L2  L_penalty = λ2 × (w1² + w2²)\n" in out
    assert "= 0.01 × (0.25 + 0.09)\n" in out


def test_typed_numbers_stay_as_typed_beside_arrays(run: Run, tmp_path: Path) -> None:
    """A large network is computed in floats; what was typed for it is not rounded."""
    text = """\
inputs: {x: [0.5, -0.5]}
targets: {t: 1}
values: {lambda: 0.1}
layers:
- {dense: 120, weights: {init: he_normal, seed: 1}}
- {dense: [y], weights: {init: he_normal, seed: 2}}
loss: {half_squared_error: L, penalty: {half_l2: lambda}}
learning_rate: 0.1
"""
    lettered = sheet(run, tmp_path, text)
    out = run("forward", cwd=tmp_path).out
    assert " 0.1\n" in out
    assert "x [2] = [ 0.5  -0.5 ]" in out
    numbered = sheet(run, tmp_path, text.replace("values: {lambda: 0.1}\n", "").replace(": lambda", ": 0.1"))
    assert lettered["updated"] == numbered["updated"]


@pytest.mark.parametrize("taken", ["W", "L", "y", "x", "lambda}\noptimizer: {adamw: {weight_decay: 0.1}"])
def test_the_letter_of_a_factor_is_its_own(run: Run, tmp_path: Path, taken: str) -> None:
    (tmp_path / "net.yaml").write_text(f"{SYMBOLIC}penalty: {{l2: {taken}}}", encoding="utf-8")
    code, _, err = run("derive", cwd=tmp_path)
    assert (code, "a letter of its own" in err) == (2, True)

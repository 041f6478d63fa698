"""``--digits`` and ``--decimals``: every computed number has no more, typed numbers stay as typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

NETWORK = """inputs: {x1: 0.12345, x2: 2}
targets: {t: 0.54321}
layers:
- dense: [z1, z2]
  weights: {x1: [1.23456, 0.5], x2: [0.25, -0.0001234]}
  biases: {b1: 0.11111, b2: 1000.5}
- dense: y
  weights: [0.5, 0.001234567]
loss: {half_squared_error: L}
learning_rate: 0.12345
"""


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(NETWORK, encoding="utf-8")
    return path


def values(run: Run, *args: str | Path) -> dict[str, str]:
    code, out, err = run("step", *args, "-f", "json")
    assert (code, err) == (0, "")
    return {step["name"]: step["lines"][-1]["text"] for step in json.loads(out)["steps"]}


@pytest.mark.parametrize("digits", [2, 3, 5])
def test_every_value_has_no_more_digits(run: Run, net: Path, digits: int) -> None:
    for name, text in values(run, net, "--digits", str(digits)).items():
        figures = re.sub(r"×10.*|[-.]", "", text).lstrip("0")
        assert len(figures) <= digits, (name, text)


@pytest.mark.parametrize("decimals", [0, 2, 3, 4])
def test_every_value_has_no_more_decimals_but_small_ones(run: Run, net: Path, decimals: int) -> None:
    for name, text in values(run, net, "--decimals", str(decimals)).items():
        behind = text.partition(".")[2].partition("×")[0]
        assert len(behind) <= decimals or len(re.sub(r"×10.*|[-.]", "", text).lstrip("0")) <= 3, (name, text)


def test_typed_numbers_stay_as_typed_and_exact_ones_are_rounded(run: Run, net: Path) -> None:
    out = run("step", net, "--digits", "3").out
    assert "= 0.12345 × 1.23456 + 2.0 × 0.25 + 0.11111\n       ≈ 0.152 + 0.5 + 0.11111\n       ≈ 0.764" in out
    assert re.search(r"U6 +b2 +1000\.5 ", out)
    assert "every computed number rounded to 3 digits" in out


def test_a_file_may_ask_for_them(run: Run, net: Path) -> None:
    asked = run("step", net, "--decimals", "3").out
    net.write_text(f"{NETWORK}decimals: 3\n", encoding="utf-8")
    assert run("step", net).out == asked


@pytest.mark.parametrize(("options", "keys"), [
    (["--digits", "3", "--rounding", "carry:3"], ""),
    (["--decimals", "3"], "rounding: carry:3"),
    (["--digits", "3", "--decimals", "3"], ""),
    ([], "rounding: carry:3\ndigits: 3"),
    ([], "digits: 3\ndecimals: 3"),
])  # fmt: skip
def test_there_is_one_way_of_rounding(run: Run, net: Path, options: list[str], keys: str) -> None:
    net.write_text(f"{NETWORK}{keys}\n", encoding="utf-8")
    code, out, err = run("step", net, *options)
    assert (code, out) == (2, "")
    assert "how numbers are rounded" in err


def test_a_huge_factor_has_no_zeros_to_count(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: 1}\ntargets: [1]\nlayers: [{dense: [y], weights: [[2]]}]\nloss: mse\npenalty: {l2: 1e300}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert "L_penalty = 1.0×10³⁰⁰ × W1[1,1]²" in run("forward", tmp_path / "net.yaml").out


def test_the_head_says_where_numbers_are_doubles(run: Run) -> None:
    assert "double" not in run("step", "configs/xor.yaml", "--iterations", "20").out
    assert "double precision after 10 iterations" in run("step", "configs/xor.yaml", "--iterations", "30").out


UNIT = "layers: [{dense: [h], weights: {x: {w: W}}}, {silu: [y]}]\nloss: {mse: L}\n"
BEYOND = [  # x, w, what is expected, and the digits that are found in its stead
    ("1e200", "1e200", "L=1e800", None),
    ("1e200", "1e200", "L=1.1e800", "1.00000e+800"),
    ("1e16", "-1", "y=-5.2904e-4342944819032503", None),
    ("1e16", "-1", "y=0", "-5.29040e-4342944819032503"),
    ("0.3", "1", "h=0", "0.3"),
    ("0", "1", "h=0", None),
]


@pytest.mark.parametrize(("x", "w", "expected", "found"), BEYOND)
def test_what_is_expected_is_compared_with_the_true_digits(
    run: Run, tmp_path: Path, x: str, w: str, expected: str, found: str | None
) -> None:
    text = f"inputs: {{x: {x}}}\ntargets: [0]\n{UNIT.replace('W', w)}"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    done = run("forward", "--expect", expected, "-q", cwd=tmp_path)
    name, typed = expected.split("=")
    assert done == (int(found is not None), "", f"{name}: expected {typed}, found {found}\n" if found else "")

"""Softmax by plain exponentials; shifted by the largest where these would overflow, or where the file asks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run

NETWORK = "inputs: {{z: {z}}}\ntargets: {{y: {y}}}\nlayers:\n- {{softmax: p{options}}}\nloss: {{ce: L}}\n"
OVERFLOWS, UNDERFLOW = "plain exponentials overflow", "all plain exponentials underflow"
SHIFTS: dict[str, tuple[list[float], str]] = {
    "ordinary": ([2, -1, 0.5], ""),
    "largest": ([709.7, -3, 0], ""),
    "overflow": ([710, -3, 0], OVERFLOWS),
    "overflowing sum": ([709.5, 709.5, 709.5], OVERFLOWS),
    "smallest": ([-708, -800], ""),
    "underflow": ([-709, -800], UNDERFLOW),
    "all zero": ([-1000, -1000.5], UNDERFLOW),
}


def steps(run: Run, folder: Path, text: str) -> list[dict[str, Any]]:
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    code, out, err = run("forward", path, "-f", "json")
    assert (code, err) == (0, "")
    found: list[dict[str, Any]] = json.loads(out)["steps"]
    return found


def of(z: list[float], options: str = "") -> str:
    return NETWORK.format(z=z, y=[1] + [0] * (len(z) - 1), options=options)


@pytest.mark.parametrize(("z", "reason"), SHIFTS.values(), ids=list(SHIFTS))
def test_the_largest_is_taken_away_only_where_it_must_be(run: Run, tmp_path: Path, z: list[float], reason: str) -> None:
    found = steps(run, tmp_path, of(z))
    first = found[0]
    assert (first["name"] == "m0") == bool(reason) == any(step["name"] == "m0" for step in found)
    if reason:
        assert first["id"] == ""
        assert reason in first["reason"]
        assert first["value"] == max(z)
    exponent = next(step for step in found if step["id"] == "F1")["lines"][0]["text"]
    assert exponent == ("e^{z[1] - m0}" if reason else "e^{z[1]}")


@pytest.mark.parametrize("z", [[2, -1, 0.5], [-2, -1]])
def test_the_file_may_ask_for_it_and_no_id_moves(run: Run, tmp_path: Path, z: list[float]) -> None:
    plain, shifted = steps(run, tmp_path, of(z)), steps(run, tmp_path, of(z, ", shift: true"))
    assert shifted[0]["name"] == "m0"
    assert "shift: true" in shifted[0]["reason"]
    assert [(step["id"], step["name"]) for step in plain] == [(step["id"], step["name"]) for step in shifted[1:]]
    assert [step["value"] for step in plain][-2] == shifted[-2]["value"]


def test_of_a_batch_the_whole_layer_is_shifted(run: Run, tmp_path: Path) -> None:
    """Where one sample needs it, all samples have it; in matrix form too."""
    text = "inputs: [z1, z2]\ntargets: [c]\nsamples: [[1, 2, p1], [{}, 3, p2]]\nlayers: [softmax: [p1, p2]]\nloss: ce\n"
    found = steps(run, tmp_path, text.format(1000))
    assert [step["value"] for step in found if step["name"].startswith("m0")] == [2, 1000]
    assert not any(step["name"].startswith("m0") for step in steps(run, tmp_path, text.format(7)))
    (tmp_path / "net.yaml").write_text(text.format(1000), encoding="utf-8")
    assert "= [ 2  1000 ]" in run("forward", tmp_path / "net.yaml", "--view", "matrix").out


@pytest.mark.parametrize("format", ["md", "tex", "typ", "html"])
def test_the_line_of_the_largest_has_no_id(run: Run, tmp_path: Path, format: str) -> None:
    steps(run, tmp_path, of([2, -1], ", shift: true"))
    out = run("forward", tmp_path / "net.yaml", "-f", format).out
    assert not any(empty in out for empty in ("****", "tag*{}", 'id=""', "<>"))


@pytest.mark.parametrize("command", ["forward", "step"])
def test_a_single_unit_is_noted(run: Run, tmp_path: Path, command: str) -> None:
    path = tmp_path / "net.yaml"
    words = "the softmax is over a single unit: its output is always 1, and its gradient 0"
    for z in ([0.5], [0.5, 1]):
        path.write_text(f"{of(z)}learning_rate: 0.1\n", encoding="utf-8")
        assert (words in " ".join(run(command, path).out.split())) == (len(z) == 1)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("log_softmax: p", "L1 L = (t - p)² = (0.5 - 0.0)² = 0.25 "),
        ("log_softmax: p", "the loss stays at 0.25: every gradient is 0 "),
        ("let: {f: y * (ln(x * x) - 2 * ln(x))}", "1,000 digits do not tell the gradient from 0"),
    ],
)
def test_what_is_0_by_algebra_has_gradients_of_0(run: Run, layer: str, said: str) -> None:
    text = f"inputs: {{x: 2.0}}\ntargets: {{t: 0.5}}\nlayers: [{{dense: y, weights: 0.4}}, {layer}]\nloss: mse\n"
    assert said in " ".join(run("step", "--lr", "0.1", "-", stdin=text.encode()).out.split()) + " "


@pytest.mark.parametrize(
    "given", ["inputs: {x: -4.0}\ntargets: a\n", "inputs: [x]\ntargets: y\nsamples: [[-4.0, a], [1, b]]\n"]
)
def test_what_is_undefined_is_not_shifted(run: Run, given: str) -> None:
    layers = "let: {p: sqrt(x)}, {dense: [c, d], weights: [[1], [2]]}, softmax: [a, b]"
    text = f"{given}layers: [{layers}]\nloss: ce\n"
    code, out, _ = run("step", "--lr", "0.1", "-", stdin=text.encode())
    assert (code, "m1" in out, "put a softmax" in out, "sum to 1" in out) == (0, False, False, "samples" in given)
    assert re.search(r" = -ln\(a\)\s+undefined, as a is\s+≈ -ln\(undefined\)\s+≈ undefined\n", out)

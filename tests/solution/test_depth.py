"""Deep networks: ``derive`` and ``collapse`` take work in proportion to the layers; a long stack's maps have names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from work import lines_run

if TYPE_CHECKING:
    from conftest import Run


def deep(count: int, width: int, *lines: str) -> str:
    """So many layers, each weight another, with these lines in each."""
    layers = []
    for n in range(count):
        weights = [[(n + 2 * i + j) % 7 / 4 - 0.5 for j in range(width)] for i in range(width)]
        layers.append("\n  ".join((f"- dense: {width}", f"weights: {weights}", *lines)))
    start = f"inputs: {[0.5] * width}\ntargets: {[1] * width}\nloss: mse\nlayers:\n"
    return start + "\n".join(layers) + "\n"


def lines_of(run: Run, folder: Path, command: str, text: str) -> int:
    """How many lines of Python a command runs for a file."""
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    return lines_run(lambda: run(command, cwd=folder))


@pytest.mark.parametrize(("command", "lines"), [
    ("derive", ("biases: [0.5]", "activation: tanh")), ("collapse", ("biases: [0.5]",)),
])  # fmt: skip
def test_work_grows_with_the_layers(run: Run, tmp_path: Path, command: str, lines: tuple[str, ...]) -> None:
    """Eight times the layers take about eight times the work: the square would be sixty-four."""
    texts = [deep(count, 1, *lines) for count in (1, 16, 128)]  # the first loads what is imported where it is used
    _, few, many = [lines_of(run, tmp_path, command, text) for text in texts]
    assert few < many < 9 * few


@pytest.mark.parametrize("biases", [("biases: [0.5, -1]",), ()], ids=["biases", "none"])
@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_the_maps_of_a_long_stack(run: Run, tmp_path: Path, vectors: str, biases: tuple[str, ...]) -> None:
    count = 6
    (tmp_path / "net.yaml").write_text(f"vectors: {vectors}\n{deep(count, 2, *biases)}", encoding="utf-8")
    found = json.loads(run("collapse", "-f", "json", cwd=tmp_path).out)
    values = {step["name"]: step["value"] for step in found["steps"]}
    first = {step["name"]: step["lines"][0]["text"] for step in found["steps"]}
    matrix, constant = np.eye(2), np.zeros(2)
    for n in range(count):
        typed = np.array([[(n + 2 * i + j) % 7 / 4 - 0.5 for j in range(2)] for i in range(2)])
        own = typed if vectors == "columns" else typed.T
        matrix, constant = own @ matrix, own @ constant + ([0.5, -1] if biases else [0, 0])
        if n == 0:
            continue
        names = (f"A{n + 1}", f"c{n + 1}") if n + 1 < count else ("W", "b")
        shown = np.array(values[names[0]])
        assert np.allclose(shown if vectors == "columns" else shown.T, matrix, rtol=1e-14)
        if biases:
            assert np.allclose(np.ravel(values[names[1]]), constant, rtol=1e-14)
    assert first["W"] == ("W6 A5" if vectors == "columns" else "A5 W6")
    assert [check["status"] for check in found["checks"]] == ["ok"]
    assert ("b" in values) == bool(biases)


def test_no_name_of_a_map_is_taken(run: Run, tmp_path: Path) -> None:
    text = deep(5, 2).replace("- dense: 2", "- dense: [A3, c3]", 1)
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    names = [step["name"] for step in json.loads(run("collapse", "-f", "json", cwd=tmp_path).out)["steps"]]
    assert "A3_z3" in names
    assert "A3" not in names

"""The table of a batch whose results are classes, and the weights of classes in its loss."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

CLASSES = """inputs: [z1, z2, z3]
targets: [c]
samples: [[1, 2, 0, p2], [3, 0, 0, p3], [-1, -1, 2, p3], [4, 0, 4, p1]]
layers: [softmax: [p1, p2, p3]]
loss: {ce: L}
"""
STEP = """inputs: [x1, x2]
targets: [t]
samples: [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1]]
layers: [{dense: [z], weights: [[2, 1]], bias: -1}, step: y]
loss: mse
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_batch_of_classes_ends_with_what_is_right(run: Run, tmp_path: Path) -> None:
    """Two largest outputs are no right one."""
    out = run("forward", written(tmp_path, CLASSES)).out
    assert [row.split() for row in out.splitlines() if row.endswith((" right", "  wrong"))] == [
        ["1", "1", "2", "0", "p2", "p2", "right"],
        ["2", "3", "0", "0", "p1", "p3", "wrong"],
        ["3", "-1", "-1", "2", "p3", "p3", "right"],
        ["4", "4", "0", "4", "p1,", "p3", "p1", "wrong"],
        ["2", "of", "4", "samples", "are", "right"],
    ]


@pytest.mark.parametrize("command", ["forward", "step"])
def test_so_does_one_of_steps(run: Run, tmp_path: Path, command: str) -> None:
    out = run(command, written(tmp_path, STEP)).out
    assert "3        1   0       1       0  wrong" in out
    assert "3 of 4 samples are right" in out


RELU = CLASSES.replace("softmax", "relu").replace("ce: L", "mse: L")


@pytest.mark.parametrize("text", [RELU, STEP.replace("step", "relu")])
def test_other_results_have_the_table_where_the_targets_are_classes(run: Run, tmp_path: Path, text: str) -> None:
    assert ("Right and wrong" in run("forward", written(tmp_path, text)).out) == ("p1" in text)

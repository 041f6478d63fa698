"""The homework's question 3: the commands print exactly the lines that a worked solution has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

FORWARD = """\
F1  h1 = i1 × w11 + i2 × w21 + b1
       = 2.0 × 1.0 + (-1.0) × 0.5 + 0.5
       = 2.0 - 0.5 + 0.5
       = 2.0
F2  h2 = i1 × w12 + i2 × w22 + b2
       = 2.0 × (-0.5) + (-1.0) × (-1.0) + (-0.5)
       = -1.0 + 1.0 - 0.5
       = -0.5
F3  h3 = max(0, h1) = max(0, 2.0) = 2.0
F4  h4 = max(0, h2) = max(0, -0.5) = 0.0                    inactive: h2 = -0.5 ≤ 0
F5  o1 = h3 × w31 + h4 × w41 + b3
       = 2.0 × 0.5 + 0.0 × (-0.5) + (-1.0)
       = 1.0 + 0.0 - 1.0
       = 0.0
F6  o2 = h3 × w32 + h4 × w42 + b4
       = 2.0 × (-1.0) + 0.0 × 1.0 + 0.5
       = -2.0 + 0.0 + 0.5
       = -1.5
"""
LOSS = """\
L1  MSE = 1/2 × (t1 - o1)² + 1/2 × (t2 - o2)²
        = 1/2 × (1.0 - 0.0)² + 1/2 × (0.5 - (-1.5))²
        = 0.5 + 2.0
        = 2.5
"""
BACKWARD = {
    "B1": """\
B1  δ_o1 = ∂MSE/∂o1 = 1/2 × 2 × (t1 - o1) × (-1) = o1 - t1
         = 0.0 - 1.0
         = -1.0
""",
    "B2": """\
B2  δ_o2 = ∂MSE/∂o2 = o2 - t2
         = -1.5 - 0.5
         = -2.0
""",
    "B3": """\
B3  ∂MSE/∂h3 = δ_o1 × w31 + δ_o2 × w32                      via o1, via o2
             = (-1.0) × 0.5 + (-2.0) × (-1.0)
             = -0.5 + 2.0
             = 1.5
""",
    "B4": """\
B4  ∂MSE/∂h4 = δ_o1 × w41 + δ_o2 × w42                      via o1, via o2
             = (-1.0) × (-0.5) + (-2.0) × 1.0
             = 0.5 - 2.0
             = -1.5
""",
    "B5": """\
B5  δ_h1 = ∂MSE/∂h3 × 1[h1 > 0] = 1.5 × 1 = 1.5             h1 = 2.0 > 0
""",
    "B6": """\
B6  δ_h2 = ∂MSE/∂h4 × 1[h2 > 0] = (-1.5) × 0 = 0.0          h2 = -0.5 ≤ 0: w12, w22 and b2 get no gradient
""",
    "B9": """\
B9  ∂MSE/∂w21 = δ_h1 × i2 = 1.5 × (-1.0) = -1.5
""",
}
PATHS = """\
The same over its paths
B9p ∂MSE/∂w21 = ∂MSE/∂o1 × ∂o1/∂h3 × ∂h3/∂h1 × ∂h1/∂w21                             via o1
              + ∂MSE/∂o2 × ∂o2/∂h3 × ∂h3/∂h1 × ∂h1/∂w21                             via o2
              = (o1 - t1) × w31 × 1[h1 > 0] × i2 + (o2 - t2) × w32 × 1[h1 > 0] × i2
              = (0.0 - 1.0) × 0.5 × 1 × (-1.0) + (-1.5 - 0.5) × (-1.0) × 1 × (-1.0)
              = 0.5 - 2.0
              = -1.5
"""
VALUES = """\
Forward
     h1    h2   h3   h4   o1    o2
    ───  ────  ───  ───  ───  ────
    2.0  -0.5  2.0  0.0  0.0  -1.5
"""
UPDATE = """\
Update, learning rate 0.1
U3  w21⁺ = w21 - lr × ∂MSE/∂w21 = 0.5 - 0.1 × (-1.5) = 0.5 + 0.15 = 0.65
"""
NEW = {
    "w11": "0.7", "w12": "-0.5", "w21": "0.65", "w22": "-1.0", "b1": "0.35", "b2": "-0.5", "w31": "0.7",
    "w32": "-0.6", "w41": "-0.5", "w42": "1.0", "b3": "-0.9", "b4": "0.7",
}  # fmt: skip

FILES = pytest.mark.parametrize("file", [(), ("configs/homework3.yaml",)], ids=["built in", "from its file"])


def sections(sheet: str) -> str:
    """The sheet without its head."""
    return sheet[sheet.index("\nForward\n") + 1 :]


def steps(*ids: str) -> str:
    return "".join(BACKWARD[id] for id in ids)


@FILES
def test_forward(run: Run, file: tuple[str, ...]) -> None:
    code, out, err = run("forward", *file)
    assert (code, err) == (0, "")
    assert sections(out) == f"Forward\n{FORWARD}\nLoss\n{LOSS}"


@FILES
def test_grad_of_w21(run: Run, file: tuple[str, ...]) -> None:
    code, out, err = run("grad", *file, "--param", "w21")
    assert (code, err) == (0, "")
    values, _, rest = sections(out).partition("Backward\n")
    assert values == f"{VALUES}\nLoss\n{LOSS}\n"
    assert rest == (
        steps("B1", "B2", "B3", "B5", "B9") + PATHS + "\nChecks\n    ∂MSE/∂w21 by central difference ≈ -1.5 ✓\n"
    )


@FILES
def test_a_step_of_w21_only(run: Run, file: tuple[str, ...]) -> None:
    code, out, err = run("step", *file, "--only", "w21")
    assert (code, err) == (0, "")
    checks = "    ∂MSE/∂w21 by central difference ≈ -1.5 ✓      loss after this update 2.2890625 < 2.5 ✓\n"
    backward = steps("B1", "B2", "B3", "B5", "B9")
    assert sections(out) == (
        f"Forward\n{FORWARD}\nLoss\n{LOSS}\nBackward\n{backward}{PATHS}\n{UPDATE}\nChecks\n{checks}"
    )


@FILES
def test_a_step(run: Run, file: tuple[str, ...]) -> None:
    code, out, err = run("step", *file, "--lr", "0.1")
    assert (code, err) == (0, "")
    units = steps("B1", "B2", "B3", "B4", "B5", "B6")
    assert sections(out).startswith(f"Forward\n{FORWARD}\nLoss\n{LOSS}\nBackward\n{units}B7  ")
    _, _, update = out.partition("Update, learning rate 0.1\n")
    table = [line.split() for line in update.splitlines() if re.match(r"U\d", line)]
    assert [row[0] for row in table] == [f"U{number}" for number in range(1, 13)]
    assert {row[1]: row[-1] for row in table} == NEW
    assert "loss after this update 0.74425 < 2.5 ✓" in update


def test_the_head_says_which_network(run: Run, tmp_path: Path) -> None:
    assert run("forward").out.splitlines()[:2] == ["Two-layer ReLU network", "network: homework3 (built in)"]
    assert "\nnetwork: configs/homework3.yaml\n" in run("forward", "configs/homework3.yaml").out
    (tmp_path / "net.yaml").write_text("inputs: {x: 1.5}\nlayers:\n- relu: [a]\n", encoding="utf-8")
    assert "network: net.yaml\n" in run("forward", cwd=tmp_path).out
    assert "network: standard input\n" in run("forward", "-", stdin=b"inputs: [1]\nlayers: [relu]").out

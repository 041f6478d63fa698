"""What the README shows as output is what the commands print."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Run

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = (
    ("forward",),
    ("grad", "--param", "w21"),
    ("step", "--lr", "0.1"),
    ("step", "--only", "w21"),
    ("grad",),
    ("step", "--view", "matrix"),
    ("derive", "configs/homework3-q2.yaml"),
    ("grad", "configs/circuit.yaml", "--param", "x"),
    ("collapse", "configs/stacked-linear.yaml"),
    ("step", "configs/optimizer-adam.yaml"),
    ("train", "configs/gap.yaml"),
    ("train", "configs/xor.yaml", "--epochs", "10", "--lr", "0.01,0.16,0.21,0.84,0.94"),
    ("train", "configs/four-curves.yaml", "--lr", "0.4,0.00002,0.008,0.0003"),
    ("flow", "configs/sigmoid-chain.yaml", "--activation", "sigmoid,tanh,relu,leaky_relu"),
    ("train", "configs/cloud.yaml", "--batch", "1,6,all", "--epochs", "20"),
)


def test_every_line_of_output(run: Run) -> None:
    printed = {line for command in COMMANDS for line in run(*command, "--width", "120").out.splitlines()}
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    blocks = [block for language, block in fenced if not language]
    sheets = [block for block in blocks if re.match(r"[A-Z]+[0-9]+p? |Update|How the|run |    [WsX]", block)]
    assert len(sheets) >= 12
    shown = [line for block in sheets for line in block.splitlines()]
    assert [line for line in shown if line not in printed] == []


def test_the_commands_named_work(run: Run) -> None:
    for command in re.findall(r"`nntrace ((?:derive|collapse|train|flow) [^`\[]+)`", README):
        assert run(*command.split()).code == 0

"""What a command loads: a small network's sheet is piped without numpy and without rich."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LOADED = """\
import sys
from nntrace.cli import main
try:
    main()
finally:
    print(*sorted({"numpy", "rich"} & set(sys.modules)), file=sys.stderr)
"""
NETWORKS = ["homework3", "bce-dead-unit", "ridge", "softmax-4-logits", "nesterov"]


def loaded(*arguments: str) -> str:
    """Which of the heavy modules a command has loaded when it ends."""
    command = [sys.executable, "-c", LOADED, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY).stderr.strip()


@pytest.mark.parametrize("command", ["forward", "grad", "step"])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_small_network_needs_neither_numpy_nor_rich(command: str, network: str) -> None:
    assert loaded(command, f"configs/{network}.yaml", *(["--lr", "0.1"] if command == "step" else [])) == ""


@pytest.mark.parametrize("arguments", [("grad", "--view", "matrix"), ("derive",), ("collapse",)])
def test_whole_matrices_need_neither_of_them(arguments: tuple[str, ...]) -> None:
    assert loaded(*arguments, "configs/residual.yaml") == ""


def test_what_shows_to_a_terminal_needs_rich() -> None:
    assert loaded("forward", "-f", "terminal") == "rich"

"""Format, lint and types, as tests: one command checks everything."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = {
    "format": ["ruff", "format", "--check", "nntrace", "tests"],
    "lint": ["ruff", "check", "nntrace", "tests"],
    "types": ["mypy"],
}


@pytest.mark.parametrize("name", TOOLS)
def test_tool(name: str) -> None:
    done = subprocess.run([sys.executable, "-m", *TOOLS[name]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""Format, lint and types, as tests. No test is timed; what counts work is tested itself."""

import subprocess
import sys
from pathlib import Path

import pytest
from work import lines_run

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


def test_no_test_is_timed() -> None:
    """Speed is measured in ``tests/bench``: a bound on seconds fails wherever a machine is busy."""
    clocks = ("process" + "_time", "perf" + "_counter", "thread" + "_time")
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.parent.name != "bench":
            assert not [name for name in clocks if name in path.read_text(encoding="utf-8")], path


@pytest.mark.parametrize("power", [1, 2])
def test_counted_work_grows_as_the_loops_do(power: int) -> None:
    def loops(count: int) -> None:
        for _ in range(count**power):
            pass

    few, many = (lines_run(lambda count=count: loops(count)) for count in (50, 400))
    assert round(many / few) == 8**power

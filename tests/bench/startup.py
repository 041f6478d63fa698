"""How long a command takes on the homework's network, as a whole process, piped, against a program that does less.

    python tests/bench/startup.py [RUNS]

All run in turn; a ratio is that of the medians of one run of this program. Its limits: ``PAIRS``.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Both sides start from byte code, as installed programs do."""
PROGRAMS = {name: [sys.executable, str(HERE / f"{name}.py")] for name in ("floor", "lines")}
AUTOGRAD = {f"autograd {name}": [sys.executable, str(HERE / "by_autograd.py"), name] for name in ("grad", "step")}
"""A script that prints the same numbers as the command."""
COMMANDS = {name: [sys.executable, "-m", "nntrace", name] for name in ("forward", "grad", "step")}
PAIRS = [
    ("forward", "floor", 0.87),
    ("forward", "lines", 1.6),
    ("grad", "autograd grad", 1.0),
    ("step", "autograd step", 1.0),
]
"""A command, what it is measured against, and how many times as long it may take."""


def seconds(command: list[str]) -> float:
    """One run of a command, its output thrown away."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=HERE, env=ENVIRONMENT)
    return time.perf_counter() - start


def main(runs: int) -> None:
    every = PROGRAMS | AUTOGRAD | COMMANDS
    for command in every.values():
        seconds(command)
    taken: dict[str, list[float]] = {name: [] for name in every}
    for _ in range(runs):
        for name, command in every.items():
            taken[name].append(seconds(command))
    medians = {name: median(times) for name, times in taken.items()}
    for name, value in medians.items():
        print(f"{name:13} {value * 1000:7.1f} ms")
    for command, peer, most in PAIRS:
        print(f"{command:7} / {peer:13} {medians[command] / medians[peer]:5.2f}    (at most {most})")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)

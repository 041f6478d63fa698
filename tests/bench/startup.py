"""How long ``nntrace forward`` takes on the homework's network, as a whole process, against ``floor.py``.

    python tests/bench/startup.py [RUNS]

Both run in turn; the ratio is that of the medians of one run of this program.
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
COMMANDS = {
    "floor": [sys.executable, str(HERE / "floor.py")],
    "nntrace forward": [sys.executable, "-m", "nntrace", "forward"],
}


def seconds(command: list[str]) -> float:
    """One run of a command, its output thrown away."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=HERE, env=ENVIRONMENT)
    return time.perf_counter() - start


def main(runs: int) -> None:
    for command in COMMANDS.values():
        seconds(command)
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, command in COMMANDS.items():
            taken[name].append(seconds(command))
    medians = {name: median(times) for name, times in taken.items()}
    for name, value in medians.items():
        print(f"{name:16} {value * 1000:7.1f} ms")
    print(f"ratio            {medians['nntrace forward'] / medians['floor']:7.2f}    (at most 0.87)")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)

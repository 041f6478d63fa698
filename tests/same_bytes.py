"""Whether the same command on the same file gives the same bytes: under each Python, hash seed and locale.

    python tests/same_bytes.py [PYTHON...]

The Pythons need nntrace and what it needs. The first environment is the measure; each that differs is told, and the
exit code is then 1.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from itertools import cycle
from pathlib import Path

from shipped import CONFIGS

COMMANDS = ["forward", "grad", "step", "derive", "collapse"]
FORMATS = ["txt", "json", "md", "tex", "html"]
ENVIRONMENTS: list[dict[str, str]] = [
    {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "1", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "424242", "LC_ALL": "POSIX", "LANG": "de_DE.UTF-8", "TZ": "Asia/Tokyo"},
]


def digests() -> None:
    """A line for each command: its exit code, and a digest of all that it wrote."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from conftest import run_inside

    formats = cycle(FORMATS)
    for config in CONFIGS:
        for command in COMMANDS:
            form = next(formats)
            code, out, err = run_inside(command, f"configs/{config.name}", "-f", form, "--width", "100")
            print(config.stem, command, form, code, hashlib.sha256(f"{out}\0{err}".encode()).hexdigest()[:16])
        next(formats)


def differences(pythons: list[str]) -> list[str]:
    """What differs from the first Python in the first environment."""
    first: list[str] = []
    found = []
    for python in pythons:
        for environment in ENVIRONMENTS:
            own = {**os.environ, **environment, "PYTHONIOENCODING": "utf-8"}
            command = [python, __file__, "--digests"]
            lines = subprocess.run(command, env=own, check=True, capture_output=True, text=True).stdout.splitlines()
            first = first or lines
            found += [f"{python} {environment}: {line}" for line in sorted(set(lines) - set(first))]
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["--digests"]:
        digests()
    else:
        told = differences(sys.argv[1:] or [sys.executable])
        print(
            "\n".join(told)
            or f"the same bytes in {len(ENVIRONMENTS)} environments of {max(1, len(sys.argv) - 1)} Python"
        )
        sys.exit(bool(told))

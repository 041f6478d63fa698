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
from collections.abc import Iterator
from pathlib import Path

from shipped import CONFIGS

COMMANDS = ["forward", "grad", "step", "derive", "collapse"]
FORMATS = ["txt", "json", "md", "tex", "html"]
ENVIRONMENTS: list[dict[str, str]] = [
    {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "1", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "424242", "LC_ALL": "POSIX", "LANG": "de_DE.UTF-8", "TZ": "Asia/Tokyo"},
]


def runs(whole: bool) -> Iterator[tuple[Path, str, str]]:
    """Files, commands and formats: all commands of each file, else one, and yet each command in each format."""
    for number, config in enumerate(CONFIGS):
        for place in range(len(COMMANDS)) if whole else [number // len(FORMATS) % len(COMMANDS)]:
            yield config, COMMANDS[place], FORMATS[(number + place) % len(FORMATS)]


def digests(whole: bool) -> None:
    """A line for each command: its exit code, and a digest of all that it wrote."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from conftest import run_inside

    for config, command, form in runs(whole):
        code, out, err = run_inside(command, f"configs/{config.name}", "-f", form, "--width", "100")
        print(config.stem, command, form, code, hashlib.sha256(f"{out}\0{err}".encode()).hexdigest()[:16])


def differences(pythons: list[str], whole: bool = True) -> list[str]:
    """What differs from the first Python in the first environment."""
    first: list[str] = []
    found = []
    for python in pythons:
        for environment in ENVIRONMENTS:
            own = {**os.environ, **environment, "PYTHONIOENCODING": "utf-8"}
            command = [python, __file__, "--digests", *(["whole"] if whole else [])]
            lines = subprocess.run(command, env=own, check=True, capture_output=True, text=True).stdout.splitlines()
            first = first or lines
            found += [f"{python} {environment}: {line}" for line in sorted(set(lines) ^ set(first))]
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["--digests"]:
        digests(whole=sys.argv[2:] == ["whole"])
    else:
        told = differences(sys.argv[1:] or [sys.executable])
        print(
            "\n".join(told)
            or f"the same bytes in {len(ENVIRONMENTS)} environments of {max(1, len(sys.argv) - 1)} Python"
        )
        sys.exit(bool(told))

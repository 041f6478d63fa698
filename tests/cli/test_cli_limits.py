"""Limits: beyond one a command refuses soon and says how large the thing is; ``--limit`` moves it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from shipped import tried
from work import lines_run

from nntrace.errors import UserError
from nntrace.limits import MOST_PROBLEMS, USUAL, Limits
from nntrace.network.building.build import build
from nntrace.network.building.tables import MOST_TYPED, read_table
from nntrace.spec import read

if TYPE_CHECKING:
    from conftest import Run

LAYER = "layers: [{dense: [h], weights: [[1, 2]]}]\n"
SMALL: dict[str, tuple[str, int, str]] = {  # a file, a limit that it just exceeds by one, what has how many
    "bytes": (f"inputs: [1, 2]\n{LAYER}", 55, "net.yaml has 57 bytes"),
    "names": (f"inputs: [1, 2]\n{LAYER}", 14, "net.yaml:2:34: the network file (by its commas, colons and lines) has"),
    "layers": (f"inputs: [1, 2]\n{LAYER.replace(']}]', ']}, relu: a, {sigmoid: b}]')}", 2, "the network has 3 layers"),
    "elements": (
        f"inputs: [1, 2]\n{LAYER.replace('[[1, 2]]', '{init: he_normal, seed: 1}')}", 1, "the tensor has 2 elements",
    ),
    "samples": (f"inputs: [a, b]\nsamples: [[1, 2], [3, 4]]\n{LAYER}", 1, "net.yaml:2:10: the batch has 2 samples"),
    "iterations": (
        f"inputs: [1, 2]\ntargets: [0]\nloss: mse\nlearning_rate: 0.1\niterations: 3\n{LAYER}",
        2, "the command has 3 iterations",
    ),
}  # fmt: skip


def test_every_limit_is_told_and_moved(run: Run, tmp_path: Path) -> None:
    assert set(SMALL) == set(Limits._fields)
    for name, (text, limit, message) in SMALL.items():
        (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
        command = "step" if name == "iterations" else "forward"
        assert run(command, "-q", cwd=tmp_path) == (0, "", ""), name
        code, out, err = run(command, "--limit", f"{name}={limit}", cwd=tmp_path)
        assert (code, out) == (2, "")
        assert message in err
        assert f"and the limit is {limit}\n" in err
        moved = re.search(rf"--limit ({name}=[0-9]+)", err)
        assert moved is not None
        assert run(command, "-q", "--limit", moved[1], cwd=tmp_path) == (0, "", "")


def test_the_readme_has_the_limits() -> None:
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([0-9,]+) \|", text, re.MULTILINE)
    assert {name: int(number.replace(",", "")) for name, number in rows} == USUAL._asdict()
    assert f"after {MOST_PROBLEMS} the rest" in text


@pytest.mark.parametrize(("name", "rows"), [("samples", 12), ("elements", 40)])
@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_limits_of_array_files(run: Run, tmp_path: Path, name: str, rows: int, suffix: str) -> None:
    table = np.arange(3.0 * rows).reshape(rows, 3)
    np.save(tmp_path / "rows.npy", table)
    np.savetxt(tmp_path / "rows.csv", table, delimiter=",")
    text = f"inputs: [a, b, c]\nsamples: {{file: rows.{suffix}}}\n{LAYER.replace('1, 2', '1, 2, 3')}"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert run("forward", "-q", cwd=tmp_path) == (0, "", "")
    code, out, err = run("forward", "--limit", f"{name}=10", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert re.search(rf"has \d+ {name}, and the limit is 10\n", err)
    moved = re.search(rf"--limit ({name}=[0-9]+)", err)
    assert moved is not None
    assert run("forward", "-q", "--limit", moved[1], cwd=tmp_path) == (0, "", "")


BYTES = USUAL.bytes
LARGE = {
    "bytes": b"#" * (BYTES + 1),
    "a hundred million bytes": b"a: 1\n" * 20_000_000,
    "samples": b"inputs: [a]\nlayers: []\nsamples: [" + b"[1], " * 1_500_000,
    "named inputs": b"inputs: {" + b"".join(b"x%d: 1, " % n for n in range(550_000)),
    "unknown keys": b"".join(b"k%d: 1\n" % n for n in range(600_000)),
    "problems": b"inputs: [1]\nlayers: []\nvalues: {" + b"".join(b"v%d: 1, " % n for n in range(150_000)) + b"}\n",
    "activations": b"inputs: [1]\nlayers:\n" + b"- relu\n" * 100_000,
    "iterations": b"inputs: [1]\ntargets: [1]\nlayers:\n- {dense: 1, weights: [[2]]}\n"
    b"loss: mse\nlearning_rate: 0.1\niterations: 100000000\n",
    "drawn weights": b"inputs: {x: {size: 1000000}}\nlayers:\n- {dense: 1000000, weights: {init: zeros}}\n",
    "lists": b"inputs: [" + b"[], " * 1_900_000,
    "brackets": b"[" * BYTES,
    "dashes": b"- " * (BYTES // 2),
    "aliases": b"[" + b"*a, " * (BYTES // 4 - 1),
    "documents": b"---\n" * (BYTES // 4),
    "empty lines": b"\n" * BYTES,
    "one word": b"a" * BYTES,
    "one number": b"inputs: [" + b"1" * (BYTES - 20) + b"]\n",
    "a long key": b"{" + b"a" * (BYTES - 10) + b": 1}",
}


@pytest.mark.parametrize("content", tried([*LARGE.values()]), ids=tried([*LARGE]))
def test_what_is_too_large_is_refused_soon(tmp_path: Path, content: bytes) -> None:
    """In 2 seconds on a machine of its own; here it may share one with other tests."""
    (tmp_path / "net.yaml").write_bytes(content)
    program = (
        "import resource, sys\nfrom nntrace.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (6, 6))\n"
        "def most():\n    lines = open('/proc/self/status').read().splitlines()\n"
        "    return int(next(line for line in lines if line.startswith('VmHWM')).split()[1])\n"
        "try: main()\nfinally: assert most() < 500_000, 'memory'\n"
    )
    command = [sys.executable, "-c", program, "step"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert (found.returncode, found.stdout) == (2, ""), found.stderr
    assert len(found.stderr) < 10_000
    assert "Traceback" not in found.stderr


def test_at_most_so_many_problems_are_looked_for() -> None:
    text = f"inputs: [1]\nlayers: []\nvalues: {{{', '.join(f'v{n}: 1' for n in range(1000))}}}\n"
    with pytest.raises(UserError) as found:
        build(read(text, "net.yaml", None))
    assert str(found.value).endswith(f"… {MOST_PROBLEMS - 20} more at least")


def named(count: int) -> str:
    """A file with so many weights that have names."""
    rows = range(count // 10)
    inputs = ", ".join(f"x{row}: {row % 7}.5" for row in rows)
    weights = "\n".join(f"    x{row}: {{{', '.join(f'w{row}_{n}: 0.{n + 1}' for n in range(10))}}}" for row in rows)
    return f"inputs: {{{inputs}}}\nlayers:\n- dense: 10\n  weights:\n{weights}\n"


def numbered(count: int) -> str:
    row = ", ".join(f"0.{n % 9 + 1}" for n in range(count // 10))
    inputs = ", ".join(str(n % 7) for n in range(count // 10))
    return f"inputs: [{inputs}]\nlayers:\n- dense: 10\n  weights: [{', '.join([f'[{row}]'] * 10)}]\n"


def sampled(count: int) -> str:
    rows = ", ".join(f"[{n % 3}, {n % 5}.5, 0]" for n in range(count // 3))
    return f"inputs: [a, b]\ntargets: [t]\nsamples: [{rows}]\n{LAYER}loss: mse\n"


def wrong(count: int) -> str:
    return f"inputs: [1]\nlayers: []\nvalues: {{{', '.join(f'v{n}: 1' for n in range(count))}}}\n"


def layered(count: int) -> str:
    return "inputs: [1, 2]\nlayers:\n" + "".join(f"- relu: [a{n}, b{n}]\n" for n in range(count // 100))


@pytest.mark.parametrize("kind", [named, numbered, sampled, wrong, layered])
def test_reading_takes_work_in_proportion(kind: Callable[[int], str]) -> None:
    """Eight times as much takes about eight times the work: the square would be sixty-four."""
    few, many = (lines_run(partial(read_network, kind(count))) for count in (1_000, 8_000))
    assert few < many < 9 * few


def read_network(text: str) -> None:
    with suppress(UserError):
        build(read(text, "net.yaml", None, USUAL._replace(layers=10**6)))


def test_a_table_takes_work_in_proportion(tmp_path: Path) -> None:
    """Row by row, as a table with headings is read that is too large to be looked at number by number."""

    def read_rows(count: int) -> None:
        with (tmp_path / f"{count}.csv").open("rb") as stream:
            assert read_table(stream, USUAL)[0].shape == (count, 3)

    counts = (MOST_TYPED, 8 * MOST_TYPED)
    for count in counts:
        rows = "".join(f"{n % 3},{n % 5}.5,1\n" for n in range(count))
        (tmp_path / f"{count}.csv").write_text("x1,x2,t\n" + rows, encoding="utf-8")
    few, many = (lines_run(partial(read_rows, count)) for count in counts)
    assert few < many < 9 * few

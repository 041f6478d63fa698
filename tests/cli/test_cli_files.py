"""Files that a command reads and writes: tables of numbers, the sheet's own file, links, devices, closed streams."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from conftest import Run

BATCH = """\
inputs: [x1, x2]
targets: [t]
samples: {file: rows.csv}
layers:
  - {dense: [z], weights: {z: {w1: 0.5, w2: -1.0}}}
loss: mse
learning_rate: 0.1
"""
LAYER = "inputs: [1, 2]\ntargets: [1]\nlayers:\n  - {dense: [z], weights: {file: FILE}}\nloss: mse\n"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("1,2,3\n4,5,6\n", [(1, 2, 3), (4, 5, 6)]),
        ("x1,x2,t\n1,2,3\n4,5,6\n", [(1, 2, 3), (4, 5, 6)]),
        ("t, x2, x1\n3,2,1\n\n6,5,4\n", [(1, 2, 3), (4, 5, 6)]),
        ("\ufeffx2,t,x1\r\n2,3,1\r\n", [(1, 2, 3)]),
        ('"1","2","3"\n', [(1, 2, 3)]),
        ("a,b,c\n1,2,3\n", "'rows.csv' has no column 'x1'"),
        ("x1;x2;t\n1;2;3\n", "has a semicolon between its columns"),
        ("x1\tx2\tt\n1\t2\t3\n", "has a tab between its columns"),
        ("", "has no numbers"),
        ("x1,x2,t\n", "has no numbers"),
        ("1,2,3\n4,5\n", "line 2 of 'rows.csv' has 2 columns, the first has 3"),
        ("1,2,3\n4,five,6\n", "'five' in line 2 of 'rows.csv' is no number"),
        ("1,2,nan\n", "a number that is not finite at [1,3]"),
    ],
)
def test_samples_from_a_table(run: Run, tmp_path: Path, rows: str, found: str | list[tuple[float, ...]]) -> None:
    (tmp_path / "net.yaml").write_text(BATCH, encoding="utf-8")
    (tmp_path / "rows.csv").write_text(rows, encoding="utf-8")
    outcome = run("forward", "-f", "json", cwd=tmp_path)
    if isinstance(found, str):
        assert outcome.code == 2
        assert found in outcome.err
        assert outcome.err.startswith("net.yaml:3:")
        return
    samples = [one["values"] for one in json.loads(outcome.out)["samples"]]
    assert [(one["x1"], one["x2"], one["t"]) for one in samples] == found


def test_a_table_of_one_row_is_a_matrix(run: Run, tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("0.5,-1.0\n", encoding="utf-8")
    (tmp_path / "net.yaml").write_text(LAYER.replace("FILE", "w.csv"), encoding="utf-8")
    assert run("forward", "--expect", "z=-1.5", cwd=tmp_path).code == 0


@pytest.mark.parametrize("name", ["junk.npy", "junk.npz", "objects.npy", "loop.csv", "none.npy"])
def test_what_cannot_be_read_is_said_in_our_words(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "junk.npy").write_bytes(b"junk")
    (tmp_path / "junk.npz").write_bytes(b"PK junk")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    (tmp_path / "net.yaml").write_text(LAYER.replace("FILE", name), encoding="utf-8")
    code, _, message = run("forward", cwd=tmp_path)
    assert code == 2
    assert message.startswith("net.yaml:4:")
    for word in ("Traceback", "numpy.core", "allow_pickle", "usecols", "nothing is known"):
        assert word not in message


def test_a_sheet_does_not_replace_its_network(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.txt"
    path.write_text(LAYER.replace("{file: FILE}", "[[1, 2]]") + "learning_rate: 0.1\n", encoding="utf-8")
    before = path.read_bytes()
    for arguments in (("-o", path), ("-o", tmp_path / "." / "net.txt"), ("-o", "s.txt", "--save", "s.txt")):
        outcome = run("step", path, *arguments, cwd=tmp_path)
        assert outcome.code == 2, arguments
        assert "choose another name" in outcome.err
    assert path.read_bytes() == before


def test_writing_keeps_links_and_modes(run: Run, tmp_path: Path) -> None:
    target, link = tmp_path / "real.txt", tmp_path / "link.txt"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o600)
    link.symlink_to(target)
    assert run("forward", "-o", link).code == 0
    assert link.is_symlink()
    assert "MSE" in target.read_text(encoding="utf-8")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert run("forward", "-o", "-").out == run("forward").out


def test_a_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([sys.executable, "-m", "nntrace", "forward", "-o", str(pipe), "-f", "txt"]) as process:
        text = pipe.read_text(encoding="utf-8")
        assert process.wait(60) == 0
    assert "MSE" in text
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("step >&-", 2),
        ("step -f json >&-", 2),
        ("step - <&-", 2),
        ("step nope.yaml 2>&-", 2),
        ("step >/dev/full", 2),
        ("examples >/dev/full", 2),
        ("--help >/dev/full", 2),
        ("examples | head -n 1", 0),
        ("step | head -n 1", 0),
    ],
)
def test_closed_and_full_streams(command: str, code: int) -> None:
    if "/dev/full" in command and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    line = f"set -o pipefail; {sys.executable} -m nntrace {command}"
    found = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == code, found.stderr
    assert "Traceback" not in found.stderr
    assert "Exception ignored" not in found.stderr


def test_names_are_normalized_on_the_command_line_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        LAYER.replace("{file: FILE}", "[[1, 2]]").replace("[z]", "[ŷ]"), encoding="utf-8"
    )
    assert run("grad", "-p", "y\u0302", "--expect", "y\u0302=8", cwd=tmp_path).code == 0


def test_a_class_is_not_set_by_numbers(run: Run, tmp_path: Path) -> None:
    text = "inputs: {z: [1, 2]}\ntargets: b\nlayers:\n  - softmax: [a, b]\nloss: ce\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    outcome = run("forward", "--set", "y[1]=1", cwd=tmp_path)
    assert outcome.code == 2
    assert "targets:" in outcome.err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[z]", "100000000", "the number of units cannot be '100000000'"),
        ("{w1:", "{δ_z:", "'δ_z' is a word of the sheet's own formulas"),
        ("learning_rate: 0.1", "iterations: 1000000000", "`iterations` cannot be '1000000000'"),
    ],
)
def test_numbers_and_names_that_no_sheet_can_have(run: Run, tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / "net.yaml").write_text(BATCH.replace(old, new), encoding="utf-8")
    (tmp_path / "rows.csv").write_text("1,2,3\n", encoding="utf-8")
    code, _, said = run("step", cwd=tmp_path)
    assert code == 2
    assert message in said


def test_a_shipped_network_is_pointed_to(run: Run, tmp_path: Path) -> None:
    assert "nntrace examples mazur > net.yaml" in run("step", "mazur", cwd=tmp_path).err

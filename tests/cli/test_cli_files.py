"""Files that a command reads and writes: tables of numbers, the sheet's own file, links, devices, closed streams."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
        ("1,2,3\n4,5\n", "'rows.csv' has 2 columns in line 2, and 3 in the first"),
        ("1,2,3\n4,five,6\n", "'rows.csv' has no number in line 2, column 2, but 'five'"),
        ("1,2,nan\n", "'rows.csv' has a number that is not finite in line 1, column 3"),
        ("nan,inf,-inf\n", "'rows.csv' has a number that is not finite in line 1, column 1"),
        ("1,2,1e999\n", "'rows.csv' has a number that is not finite in line 1, column 3"),
        ("1,2,3,\n", "in line 1, column 4\n  "),
        ("1,2,3\n4,5,6,\n", "'rows.csv' has 4 columns in line 2, and 3 in the first\n"),
        ("1,2,3\n4,,6\n", "'rows.csv' has no number in line 2, column 2\n"),
        ("1,2,3\n\n4, ,6\n", "'rows.csv' has no number in line 3, column 2\n"),
        ("x1,x2,t,\n1,2,3,\n", "'rows.csv' has no heading in line 1, column 4\n"),
        ("x1,x1,t\n1,2,3\n", "'rows.csv' has two columns 'x1'\n"),
        ("1,2,1_000\n", "'rows.csv' has no number in line 1, column 3, but '1_000'"),
        ("1,2,\u0663\n", "'rows.csv' has no number in line 1, column 3, but '\u0663'"),
        ('1,2,"3\n', "'rows.csv' "),
        ("x_1,x_2,t\n1,2,3\n", "has no column 'x1'"),
        ("1,2,3" + "0" * 4_000_000, "'rows.csv' has a line of more than 4,000,000 characters"),
        ("1,2,3" + "0" * 400_000, "'rows.csv' cannot be read in line 1: "),
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


def header(text: str, version: bytes = b"\1\0") -> bytes:
    """The start of a ``.npy`` with this header."""
    size = len(text).to_bytes(2 if version == b"\1\0" else 4, "little")
    return b"\x93NUMPY" + version + size + text.encode("latin-1")


def npy(array: object) -> bytes:
    content = io.BytesIO()
    np.save(content, np.asarray(array))
    return content.getvalue()


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as file:
        for name, member in members.items():
            file.writestr(name, member)
    return content.getvalue()


PROMISE = "{'descr': '<f8', 'fortran_order': False, 'shape': (SHAPE), }"
HUGE = header(PROMISE.replace("SHAPE", "3000000, 1000000"))
ARRAYS: dict[str, tuple[str, bytes, str]] = {
    "junk": ("w.npy", b"junk", "is damaged, or holds Python objects"),
    "nothing": ("w.npy", b"", "is damaged, or holds Python objects"),
    "no archive": ("w.npz", b"PK junk", "is damaged, or holds Python objects"),
    "the end of an archive": ("w.npz", b"PK\5\6" + bytes(18), "needs a key"),
    "objects": ("w.npy", header(PROMISE.replace("<f8", "|O").replace("SHAPE", "2,")) + b"junk", "holds no real number"),
    "text": ("w.npy", npy(["a", "b"]), "holds no real numbers: its elements are of type <U1"),
    "complex": ("w.npy", npy([1j, 2]), "holds no real numbers: its elements are of type complex128"),
    "a promise": ("w.npy", HUGE, "the array has 3,000,000,000,000 elements, and the limit is 50,000,000"),
    "a small promise": ("w.npy", npy([[1.0, 2.0]])[:-3], "promises 2 numbers, and has 1"),
    "a huge product": ("w.npy", header(PROMISE.replace("SHAPE", "2**62, 8")), "is damaged"),
    "a negative shape": ("w.npy", header(PROMISE.replace("SHAPE", "-1, 8")), "is damaged"),
    "a true shape": ("w.npy", header(PROMISE.replace("SHAPE", "True, 2")), "is damaged"),
    "a long header": ("w.npy", header(PROMISE.replace("SHAPE", "2," + " " * 60_000)), "is damaged"),
    "a deep header": ("w.npy", header("(" * 9_000), "is damaged"),
    "another version": ("w.npy", header(PROMISE.replace("SHAPE", "2,"), b"\3\0"), "is damaged"),
    "large and unsigned": ("w.npy", npy(np.array([[1, 2**64 - 1]], np.uint64)), "has an integer beyond 2^53"),
    "large and negative": ("w.npy", npy(np.array([[1, -(2**63)]])), "has an integer beyond 2^53"),
    "longer floats": ("w.npy", npy(np.array([["1", "1e4000"]]).astype(np.longdouble)), "not finite at [1,2]"),
    "not finite": ("w.npy", npy([[1.0, np.nan]]), "has a number that is not finite at [1,2]"),
    "one number": ("w.npy", npy(3.0), "has the shape (), weights have two dimensions"),
    "no numbers": ("w.npy", npy(np.zeros((0, 3))), "has no numbers: its shape is (0, 3)"),
    "no member": ("w.npz", archive({"v.npy": npy([1])}), "has no array 'W'\n  4 | "),
    "a member that is no array": ("w.npz", archive({"W": b"words"}), "holds no array in 'W'"),
    "a member of junk": ("w.npz", archive({"W.npy": b"words"}), "is damaged, or holds Python objects in 'W'"),
    "a member that unpacks to much": ("w.npz", archive({"W.npy": HUGE + bytes(10**7)}), "the array in 'W' has 3,000,"),
    "a member packed otherwise": ("w.npz", archive({"W.npy": npy([1])}, zipfile.ZIP_LZMA), "is packed in a way that"),
    "a member cut off": ("w.npz", archive({"W.npy": npy([[1.0, 2.0]])[:-8]}), "promises 2 numbers in 'W', and has 1"),
    "many members": ("w.npz", archive({f"{n:03}" * 80: b"" for n in range(3_500)}), "has too many arrays"),
    "a name with controls": ("w.npz", archive({"\33[2J.npy": npy([1])}), "known here: \ufffd[2J"),
}


@pytest.mark.parametrize(("name", "content", "message"), ARRAYS.values(), ids=ARRAYS)
def test_what_is_no_array(run: Run, tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    key = ", key: W" if name == "w.npz" and message != "needs a key" else ""
    (tmp_path / "net.yaml").write_text(LAYER.replace("FILE", f"{name}{key}"), encoding="utf-8")
    code, out, found = run("forward", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert found.startswith(f"net.yaml:4:27: '{name}' ")
    assert message in found
    for word in ("Traceback", "numpy.core", "allow_pickle", "usecols", "nothing is known", "\33"):
        assert word not in found


PLACES = {
    "inputs": "inputs: FILE\ntargets: [1]\nlayers: [{dense: [h], weights: [[1, 2]]}]\nloss: mse\n",
    "targets": "inputs: [1, 2]\ntargets: FILE\nlayers: [{dense: [h], weights: [[1, 2]]}]\nloss: mse\n",
    "weights": "inputs: [1, 2]\ntargets: [1]\nlayers: [{dense: [h], weights: FILE}]\nloss: mse\n",
    "biases": "inputs: [1, 2]\ntargets: [1]\nlayers: [{dense: [h], weights: [[1, 2]], biases: FILE}]\nloss: mse\n",
    "bias": "inputs: [1, 2]\ntargets: [1]\nlayers: [{dense: [h], weights: [[1, 2]], bias: FILE}]\nloss: mse\n",
    "samples": "inputs: [x]\ntargets: [t]\nlayers: [{dense: [h], weights: [[1]]}]\nloss: mse\nsamples: FILE\n",
    "values": "inputs: [1, 2]\nlayers: [{dense: [h], weights: [[1, 2]], biases: B}]\nvalues: {B: FILE}\n",
    "upstream": "inputs: [1, 2]\nlayers: [{dense: [h], weights: [[1, 2]]}]\nloss: {upstream: FILE}\n",
    "a row for each sample": "inputs: [x]\nlayers: [{dense: [h], weights: [[1]]}]\nsamples: [[1], [2]]\n"
    "loss: {upstream: FILE}\n",
}
SHAPES = {"one number": np.float64(3.0), "empty": np.zeros(0), "a vector": np.ones(2), "a block": np.ones((2, 2, 2))}


@pytest.mark.parametrize("array", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_every_shape_in_every_place(run: Run, tmp_path: Path, array: Any, text: str) -> None:
    np.save(tmp_path / "a.npy", array)
    (tmp_path / "net.yaml").write_text(text.replace("FILE", "{file: a.npy}"), encoding="utf-8")
    code, out, err = run("forward", cwd=tmp_path)
    assert (code, bool(out)) in ((0, True), (2, False)), err
    assert code == 0 or err.startswith("net.yaml:")


def test_a_damaged_member(run: Run, tmp_path: Path) -> None:
    content = bytearray(archive({"W.npy": npy(np.arange(50.0))}))
    content[120] ^= 0xFF
    (tmp_path / "w.npz").write_bytes(content)
    (tmp_path / "net.yaml").write_text(LAYER.replace("FILE", "w.npz, key: W"), encoding="utf-8")
    code, out, message = run("forward", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert "'w.npz' is damaged, or holds Python objects in 'W'" in message


@pytest.mark.parametrize("kind", ["<f8", ">f8", "<f2", "<f4", "|i1", ">u4", "<u8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type_of_number(run: Run, tmp_path: Path, kind: str, order: Any) -> None:
    np.save(tmp_path / "w.npy", np.array([[3, 4], [5, 6]], dtype=kind, order=order))
    np.savez_compressed(tmp_path / "w.npz", V=np.zeros(3), W=np.array([[3, 4], [5, 6]], dtype=kind, order=order))
    for name in ("w.npy", "w.npz, key: W"):
        text = LAYER.replace("FILE", name).replace("[z]", "[z1, z2]").replace("[1]", "[1, 1]")
        (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
        outcome = run("forward", "--quiet", "--expect", "z1=11", "--expect", "z2=17", cwd=tmp_path)
        assert outcome == (0, "", "")


SPECIAL = {
    "a pipe": (lambda path: os.mkfifo(path), "is a pipe, not an ordinary file"),
    "a link to a device": (lambda path: os.symlink("/dev/zero", path), "is a device, not an ordinary file"),
    "a link to messages": (lambda path: os.symlink("/proc/kmsg", path), ""),
    "a link to itself": (lambda path: os.symlink(path, path), "Too many levels of symbolic links"),
    "a folder": (lambda path: os.mkdir(path), "is a folder"),
}


@pytest.mark.parametrize(("make", "message"), SPECIAL.values(), ids=SPECIAL)
@pytest.mark.parametrize("name", ["w.npy", "w.npz", "w.csv", "net.yaml"])
def test_what_is_no_ordinary_file(
    run: Run, tmp_path: Path, make: Callable[[Path], None], message: str, name: str
) -> None:
    make(tmp_path / name)
    if name != "net.yaml":
        (tmp_path / "net.yaml").write_text(LAYER.replace("FILE", name), encoding="utf-8")
    code, out, found = run("forward", "--allow-files", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert name in found
    assert message in found


def test_a_path_that_no_file_can_have(run: Run, tmp_path: Path) -> None:
    for path in ('"w\\0.npy"', '"w\\e[2J.npy"', '"w\\u202e.npy"', "w" * 300 + ".npy"):
        (tmp_path / "net.yaml").write_text(LAYER.replace("FILE", path), encoding="utf-8")
        code, out, message = run("forward", cwd=tmp_path)
        assert (code, out) == (2, "")
        assert message.startswith("net.yaml:4:")
        assert message.isprintable() or not {"\0", "\33", "\u202e"} & set(message)


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
        ("{w1:", "{sin:", "'sin' is a word of the sheet's own formulas"),
        (
            "learning_rate: 0.1",
            "iterations: 1000000000",
            "the command has 1,000,000,000 iterations, and the limit is 10,000",
        ),
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

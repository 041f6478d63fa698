"""What goes wrong outside of the network: faults of our own, signals, full streams, odd paths and environments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nntrace.cli import app, streams

if TYPE_CHECKING:
    from conftest import Run

ARRAYS = """\
inputs: {x: {file: x.npy}}
targets: {y: [1]}
layers: [{dense: [h], weights: {W: [[0.5, 1]]}, biases: {b: [0.5]}}]
loss: mse
learning_rate: 0.5
"""


def nntrace(line: str, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """A line for bash in which ``nntrace`` is the program."""
    environment = {**os.environ, **variables}
    script = f'nntrace() {{ {sys.executable} -m nntrace "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script], capture_output=True, text=True, timeout=60, check=False, cwd=cwd,
        env=environment,
    )  # fmt: skip


@pytest.mark.parametrize("debug", [False, True])
def test_a_fault_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch, debug: bool) -> None:
    def broken(_: object) -> None:
        raise KeyError("w\33[2J21\nand more")

    monkeypatch.setattr(app, "run", broken)
    if not debug:
        monkeypatch.setattr("nntrace.cli.DEBUG", "NO_SUCH_VARIABLE")
    code, out, err = run("step")
    assert (code, out) == (70, "")
    assert "\33" not in err
    assert err.startswith("Traceback" if debug else "this is a fault of nntrace (KeyError: ")
    last = err.splitlines()[-1]
    assert "please report it" in last
    assert "=1 shows where it arose" in last
    assert debug or err == last + "\n"


def test_too_little_memory_is_no_fault(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(app, "run", broken)
    code, out, err = run("step")
    assert (code, out) == (2, "")
    assert err.startswith("there is not enough memory")


STOPPED = """\
import os, signal, sys
count = 0
def hook(event, arguments):
    global count
    if event == "import":
        count += 1
        if count == {place}:
            os.kill(os.getpid(), {signal})
sys.argv = ["nntrace", "step"]
from nntrace.cli import main
import nntrace.cli.interrupts
sys.addaudithook(hook)
main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("place", [1, 2, 5, 10, 20, 40, 80, 120])
def test_stopped_while_modules_load(number: int, code: int, place: int) -> None:
    program = STOPPED.format(place=place, signal=int(number))
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (code, "", "")


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    program = STOPPED.format(place=20, signal=int(signal.SIGINT))
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    command = [sys.executable, "-c", ignoring + program]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_while_a_file_is_written(tmp_path: Path, number: int, code: int) -> None:
    """Nothing is left of the new file, and the old one is as it was."""
    (tmp_path / "net.yaml").write_text(
        "inputs: {x: {init: normal, seed: 1}}\nlayers: [{dense: 60, weights: {init: he_normal, seed: 0}}]\n"
        .replace("{x: {init: normal, seed: 1}}", str({f"x{n}": n for n in range(1, 61)}).replace("'", "")),
        encoding="utf-8",
    )  # fmt: skip
    (tmp_path / "sheet.txt").write_text("old", encoding="utf-8")
    command = [sys.executable, "-m", "nntrace", "forward", "--full", "-o", "sheet.txt"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".nntrace-*")) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (code, b"", b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.yaml", "sheet.txt"]
    assert (tmp_path / "sheet.txt").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("nntrace --help | true", 0),
        ("nntrace step --help | true", 0),
        ("nntrace step -f json | true", 0),
        ("nntrace nope 2>/dev/full", 2),
        ("nntrace step nope.yaml 2>/dev/full", 2),
        ("nntrace 2>/dev/full", 2),
        ("nntrace step --expect MSE=1 -q 2>/dev/full", 1),
        ("nntrace step nope.yaml 2> >(true)", 2),
        ("nntrace step -q >&-", 0),
        ("nntrace step -o /dev/null >&-", 0),
        ("nntrace step - </dev/null", 2),
        ("nntrace step - </dev/zero", 2),
        ("nntrace step - </dev/urandom", 2),
        ("nntrace step - </proc/kmsg", 2),
        ("nntrace step /dev/zero", 2),
        ("nntrace step /dev/urandom", 2),
        ("nntrace step /dev/tty", 2),
        ("nntrace step /proc/kmsg", 2),
        ("nntrace step /proc/self/mem", 2),
        ("nntrace step <(nntrace examples mazur)", 2),
        ("cat /dev/zero | nntrace step -", 2),
        ("yes | nntrace step -", 2),
        ("nntrace examples mazur | nntrace step -q -", 0),
    ],
)
def test_streams_and_devices(line: str, code: int) -> None:
    found = nntrace(f"{line}; exit ${{PIPESTATUS[-1]}}" if "| nntrace" in line else line)
    if line.startswith(("cat", "yes")):
        assert found.returncode in (code, 141)
    else:
        assert found.returncode == code, found.stderr
    assert "Traceback" not in found.stderr


LONG = "n" * 300
REFUSED = {
    "no folder": (("--save", "nowhere/n.yaml"), "cannot write nowhere/n.yaml: No such file or directory"),
    "no folder for the sheet": (("-o", "nowhere/s.txt"), "cannot write nowhere/s.txt: No such file or directory"),
    "this folder": (("--save", "."), "cannot write .: Is a directory"),
    "this folder, replaced": (("--save", ".", "--force"), "cannot write .: Is a directory"),
    "the folder above": (("--save", "..", "--force"), "cannot write ..: Is a directory"),
    "the root": (("--save", "/", "--force"), "cannot write /: Is a directory"),
    "a folder for the sheet": (("-o", "."), "cannot write .: Is a directory"),
    "nothing": (("-o", ""), "cannot write .: Is a directory"),
    "in a file": (("--save", "net.yaml/n.yaml"), "cannot write net.yaml/n.yaml: Not a directory"),
    "a long name": (("--save", LONG), "File name too long"),
    "a long name for the sheet": (("-o", f"{LONG}.txt"), "File name too long"),
    "a long name to read": ((LONG,), "File name too long"),
    "one file": (("-o", "n.yaml", "-f", "txt", "--save", "sub/../n.yaml"), "the same file, sub/../n.yaml"),
    "one file by a link": (
        ("-o", "n.yaml", "-f", "txt", "--save", "link/n.yaml"),
        "the same file, link/n.yaml",
    ),
    "the network": (("-o", "sub/../net.yaml", "-f", "txt"), "sub/../net.yaml is the network file itself"),
    "no format": (("-o", "sheet.doc"), "there is no output format 'doc'"),
    "no number": (("--expect", "w"), "--expect 'w' is no assignment"),
    "no rounding": (("--rounding", "up"), "--rounding 'up' is no rule"),
    "no rate": (("--lr", "fast"), "--lr fast: 'fast' is not a number"),
    "an array that is there": (("--save", "new.yaml"), "new.x.npy is there already"),
    "no limit": (("--limit", "size=3"), "there is no limit 'size'"),
    "no number for a limit": (("--limit", "samples=0"), "gives no whole number from 1 to "),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_can_be_refused_is_refused_first(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], message: str
) -> None:
    """No number is worked out, and nothing is printed or written."""
    import numpy as np

    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "net.yaml").write_text(ARRAYS, encoding="utf-8")
    np.save(tmp_path / "x.npy", np.array([1.0, 2.0]))
    if "new.yaml" in options:
        (tmp_path / "new.x.npy").write_bytes(b"mine")
        np.save(tmp_path / "sub" / "x.npy", np.array([1.0, 2.0]))
        (tmp_path / "sub" / "net.yaml").write_text(ARRAYS, encoding="utf-8")
        options = ("sub/net.yaml", *options)
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}

    def never(*_: object) -> None:
        raise AssertionError("worked out")

    monkeypatch.setattr("nntrace.solution.sheets.training.training", never)
    code, out, err = run("step", *options, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert message in err
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_several_files_are_written_together_or_not_at_all(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    text = ARRAYS.replace("{W: [[0.5, 1]]}", "{W: {file: w.npy}}").replace("{b: [0.5]}", "{b: {file: b.npy}}")
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    for name, array in {"x": [1.0, 2.0], "w": [[0.5, 1.0]], "b": [0.5]}.items():
        np.save(tmp_path / f"{name}.npy", np.array(array))
    (tmp_path / "new.W.npy").write_bytes(b"mine")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    replace, count = os.replace, 0

    def second_fails(one: str, other: Path) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise OSError(28, "No space left on device")
        replace(one, other)

    monkeypatch.setattr(os, "replace", second_fails)
    code, out, err = run("step", "--save", "new.yaml", "--force", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("cannot write new.b.npy: No space left on device")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    (tmp_path / "new.W.npy").unlink()
    assert run("step", "-q", "--save", "new.yaml", cwd=tmp_path) == (0, "", "")
    assert run("forward", "-q", "new.yaml", cwd=tmp_path).code == 0


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    for command in ("step -q", "step net.yaml", "step --save new.yaml", "step -o s.txt", "init", "derive -q"):
        found = nntrace(f"mkdir gone; cd gone; rmdir ../gone; nntrace {command}", cwd=tmp_path,
                        PYTHONPATH=str(Path(__file__).resolve().parents[2]))  # fmt: skip
        assert found.returncode == (0 if command.endswith("-q") else 2), found.stderr
        assert "fault" not in found.stderr


HOSTILE = "\33[2J\33[1m\x7f\x9b\u202e\u2028\u2029\u2066x"


def test_control_characters_reach_no_terminal(run: Run, tmp_path: Path) -> None:
    title = "".join(f"\\u{ord(char):04x}" for char in HOSTILE)
    (tmp_path / "net.yaml").write_text(
        f'title: "{title}"\ninputs: [1, 2]\nlayers: [{{dense: [h], weights: [[1, 2]]}}]\n', encoding="utf-8"
    )
    (tmp_path / f"{HOSTILE}.yaml").write_bytes((tmp_path / "net.yaml").read_bytes())
    (tmp_path / "bad.yaml").write_text(
        f'inputs: [1, 2]\nlayers: [{{dense: [h], weights: {{file: "{title}.npy"}}}}]\n', encoding="utf-8"
    )
    commands: list[tuple[str, ...]] = [
        ("forward",), ("forward", "--ascii"), ("forward", "-f", "json"), ("forward", f"{HOSTILE}.yaml"),
        ("forward", f"./{HOSTILE}"), ("forward", "bad.yaml"), (HOSTILE,), (f"--{HOSTILE}",),
        ("forward", f"--{HOSTILE}"), ("forward", "--set", f"{HOSTILE}=1"), ("forward", "--set", f"h={HOSTILE}"),
        ("forward", "-o", f"{HOSTILE}/s"),
        ("forward", "-f", HOSTILE), ("forward", "--expect", f"{HOSTILE}=2"), ("forward", "--view", HOSTILE),
        ("forward", "--digits", HOSTILE), ("forward", "--limit", f"{HOSTILE}=2"), ("grad", "--param", HOSTILE),
        ("init", f"{HOSTILE}/n.yaml"), ("step", "--save", f"{HOSTILE}.yaml"), ("derive", "--name", HOSTILE),
        ("examples", HOSTILE), ("forward", "-f", "terminal"),
    ]  # fmt: skip
    for command in commands:
        outcome = run(*command, cwd=tmp_path)
        assert outcome.code in (0, 2), command
        for text in (outcome.out, outcome.err):
            assert not set(HOSTILE[:-1]) - set("[2J1m") & set(text), command


def test_a_title_keeps_to_its_page(run: Run, tmp_path: Path) -> None:
    title = "表題" * 40 + "e\u0301" * 60 + " and " + "long" * 60
    (tmp_path / "net.yaml").write_text(
        f"title: {title}\ninputs: [1, 2]\nlayers: [{{dense: [h], weights: [[1, 2]]}}]\n", encoding="utf-8"
    )
    for width in (20, 40, 79, 120):
        for form in ("txt", "terminal"):
            head = run("forward", "--width", width, "-f", form, cwd=tmp_path).out.split("\n\n")[0].splitlines()
            cells = [sum(2 if char in "表題" else char != "\u0301" for char in line) for line in head]
            assert max(cells) <= width
            assert "".join(head).replace(" ", "").startswith(title.replace(" ", ""))
            assert not any(line.startswith("\u0301") for line in head)


def test_the_environment_changes_nothing_but_the_page(run: Run) -> None:
    def nntrace(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nntrace", "step", *options]
        return subprocess.run(
            command, env={**os.environ, **variables}, capture_output=True, timeout=60, check=False, encoding="utf-8"
        )

    expected = nntrace("--width", "100").stdout
    variables: list[dict[str, str]] = [
        {"COLUMNS": "\u00b2", "LINES": "\u00b2", "TERM": "nonsense", "PYTHONHASHSEED": "0", "LC_ALL": "C"},
        {"COLUMNS": "-5", "TERM": "", "_NNTRACE_COMPLETE": "bash_source", "LC_ALL": "tr_TR.UTF-8"},
        {"COLUMNS": "99999999999", "_NNTRACE_COMPLETE": "complete_zsh", "TERMINAL_WIDTH": "wide", "NO_COLOR": "1"},
        {"PYTHONHASHSEED": "7", "HOME": "/nonexistent"},
        {"PYTHONUTF8": "0", "LC_ALL": "POSIX", "PYTHONIOENCODING": "utf-8", "PYTHONOPTIMIZE": "2"},
        {"TYPER_USE_RICH": "1", "FORCE_COLOR": "0", "PYTHONIOENCODING": "utf-8:strict"}, {"PYTHONIOENCODING": "idna"},
    ]  # fmt: skip
    for one in variables:
        found = nntrace("--width", "100", **one)
        assert (found.returncode, found.stderr) == (0, ""), one
        assert found.stdout == expected, one
    for one in variables[:3]:
        found = nntrace("--ascii", "-f", "terminal", **one)
        assert (found.returncode, found.stderr) == (0, ""), one
    plain = run("step", "--width", "100", "--ascii").out
    for encoding in ("ascii:strict", "cp1252"):
        assert nntrace("--width", "100", PYTHONIOENCODING=encoding).stdout == plain


def test_a_message_to_nobody() -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stderr", None)
        streams.say("nobody hears")

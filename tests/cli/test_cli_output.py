"""Where the output goes and in which form; exit codes; what a shell does with the program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run

REPOSITORY = Path(__file__).resolve().parents[2]
MAZUR = (REPOSITORY / "configs" / "mazur.yaml").read_text(encoding="utf-8")
ESCAPE = "\x1b"


def shell(*arguments: str, env: dict[str, str] | None = None, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """``nntrace …`` as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "nntrace", *arguments],
        capture_output=True, cwd=REPOSITORY, env={**os.environ, **(env or {})}, timeout=60, **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("step", "--expect", "w21=0.65"), 0, ""),
        (("step", "--expect", "w21=0.66"), 1, "w21: expected 0.66, found 0.65\n"),
        (
            ("step", "--expect", "w21=0.66", "--expect", "b1=0.35", "--expect", "MSE=2.4"),
            1,
            "w21: expected 0.66, found 0.65\nMSE: expected 2.4, found 2.5\n",
        ),
        (("grad", "--param", "w21", "--expect", "w21=-1.5"), 0, ""),
        (("grad", "--expect", "w21=0.5"), 1, "w21: expected 0.5, found -1.5\n"),
        (("forward", "--expect", "w21=0.5", "--expect", "h1=2"), 0, ""),
        (("step", "--expect", "δ_h1=1.5", "--expect", "dMSE/dh3=1.5", "--expect", "w21+=0.65"), 0, ""),
        (("step", "--expect", "dL/dh3=1.5", "--expect", "∂L/∂w21=-1.5"), 0, ""),
        (("step", "--expect", "MSE⁺=0.744", "--expect", "MSE+=0.74425", "--expect", "MSE=5/2"), 0, ""),
        (("step", "--set", "w21=1.5", "--expect", "h1=1.0"), 0, ""),
        (("forward", "configs/mazur.yaml", "--expect", "out_h1=0.593269992", "--expect", "E_total=0.2984"), 0, ""),
        (("forward", "configs/mazur.yaml", "--expect", "out_h1=0.593269991"), 1,
         "out_h1: expected 0.593269991, found 0.5932699921071872\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)  # fmt: skip
def test_expected_numbers(run: Run, arguments: tuple[str, ...], code: int, message: str) -> None:
    outcome = run(*arguments)
    assert (outcome.code, outcome.err) == (code, message)
    usual = run(*arguments[: arguments.index("--expect")]).out
    assert outcome.out.partition("Checks\n")[0].rstrip() == usual.partition("Checks\n")[0].rstrip()
    assert run(*arguments, "--quiet") == (code, "", message)
    for place, typed in enumerate(arguments):
        if place and arguments[place - 1] == "--expect":  # what holds says so
            name, _, number = typed.partition("=")
            relation = "≈" if number in ("0.744", "0.593269992", "0.2984") else "="  # those are rounded
            held = f"{name} {relation} {number}, as expected ✓" in outcome.out
            assert held == (f"{name}: expected {number}" not in message)


ITERATIONS = """\
inputs: {x: 1.0}
targets: {t: 0.0}
layers:
- dense: {units: [h], weights: {x: {w: 1.0}}}
- dense: y
  weights: {h: {v: 0.5}}
loss: {half_squared_error: L}
lr: 0.5
"""


def test_what_is_cut_says_once_how_to_see_the_rest(run: Run) -> None:
    for command in ("forward", "grad", "step"):
        cut, full = (run(command, "configs/cloud.yaml", *more).out for more in ((), ("--full",)))
        assert cut.count("--full writes them all") == ("more terms" in cut or "more paths" in cut)
        assert "--full" not in full
    assert "--full" not in run("grad", "configs/homework3.yaml").out


@pytest.mark.parametrize("options", [(), ("--full",)])
@pytest.mark.parametrize("count", [1, 2, 6])
def test_what_a_name_means_in_several_iterations(
    run: Run, tmp_path: Path, count: int, options: tuple[str, ...]
) -> None:
    """The last iteration; another by its number."""
    (tmp_path / "net.yaml").write_text(ITERATIONS + f"iterations: {count}\n", encoding="utf-8")
    w, v, each = 1.0, 0.5, []
    for _ in range(count):
        of_w, of_v = w * v * v, w * w * v
        each.append((w, v, of_w, of_v))
        w, v = w - 0.5 * of_w, v - 0.5 * of_v
    _, _, of_w, of_v = each[-1]
    expected = [f"w={w:.9f}", f"v={v:.9f}", f"dL/dw={of_w:.9f}", f"∂L/∂v={of_v:.9f}"]
    if count > 1:
        expected += [f"I{count - 1}.w={each[-1][0]:.9f}", f"I{count}.dL/dw={of_w:.9f}"]
        expected += [f"I1.dL/dv={each[0][3]:.9f}"] if count == 2 or options else []
    asked = [part for one in expected for part in ("--expect", one)]
    assert run("step", *options, *asked, "-q", cwd=tmp_path) == (0, "", "")
    asked = [part + "1" if "=" in part else part for part in asked]
    assert run("step", *options, *asked, "-q", cwd=tmp_path).err.count("expected") == len(expected)
    if count > 1:
        assert "there is no iteration 9" in run("step", "--expect", "I9.w=1", cwd=tmp_path).err


def test_a_gradient_on_the_way_has_its_name(run: Run) -> None:
    expected = ["h1=1.5", "h3=1.5", "o1=-1", "dMSE/dh1=1.5", "w21=-1.5"]
    asked = [part for one in expected for part in ("--expect", one)]
    assert run("grad", "-p", "w21", *asked, "-q") == (0, "", "")
    assert "    h1 = 1.5, as expected ok" in run("grad", "-p", "w21", *asked, "--ascii").out.replace("  h1", "    h1")


@pytest.mark.parametrize(
    ("arguments", "name"), [(("grad",), "t1"), (("grad", "-p", "w21"), "w22"), (("grad",), "i1"), (("forward",), "w99")]
)
def test_a_sheet_is_not_asked_for_what_it_has_not(run: Run, arguments: tuple[str, ...], name: str) -> None:
    """A name in ``grad`` is a gradient, and never the value where that gradient is not on the sheet."""
    outcome = run(*arguments, "--expect", f"{name}=1")
    assert outcome.code == 2
    assert f"this sheet has no number '{name}'" in outcome.err


@pytest.mark.parametrize(("suffix", "form"), [(".json", "json"), (".txt", "txt")])
@pytest.mark.parametrize("command", ["forward", "grad", "step"])
def test_a_file_by_its_suffix(run: Run, tmp_path: Path, command: str, suffix: str, form: str) -> None:
    path = tmp_path / f"sheet{suffix}"
    assert run(command, "-o", path) == (0, "", "")
    assert path.read_text(encoding="utf-8") == run(command, "-f", form).out
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_replaced_whole_or_not_at_all(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sheet.txt"
    run("forward", "-o", path)
    before = path.read_text(encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    code, out, err = run("step", "-o", path)
    assert (code, out) == (2, "")
    assert err == f"cannot write {path}: No space left on device\n  check the folder, or choose another\n"
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == [before]


def test_the_options_of_a_page(run: Run) -> None:
    sheet = run("forward", "configs/mazur.yaml", "--digits", "3").out
    assert "out_h1 = 1 / (1 + e^{-net_h1}) ≈ 1 / (1 + e^{-0.378}) ≈ 0.593\n" in sheet
    assert run("forward", "--width", "60").out == run("forward", "--width", "60", "-f", "txt").out
    assert run("forward", "-f", "terminal", "--width", "100").out == run("forward", "--width", "100").out


def test_standard_input(run: Run) -> None:
    sheet = run("step", "-", stdin=MAZUR.encode()).out
    assert sheet == run("step", "configs/mazur.yaml").out.replace("configs/mazur.yaml", "standard input")


def test_the_file_of_the_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MAZUR, encoding="utf-8")
    assert run("step", cwd=tmp_path) == run("step", "net.yaml", cwd=tmp_path)


def test_help_has_examples(run: Run) -> None:
    for command in ("forward", "grad", "step", "examples", "init"):
        code, out, err = run(command, "--help")
        assert (code, err) == (0, "")
        assert f"Examples:\n    nntrace {command}" in out
    assert run("--help").out == run("-h").out


def test_examples(run: Run) -> None:
    code, out, err = run("examples")
    assert (code, err) == (0, "")
    configs = sorted((REPOSITORY / "configs").glob("*.yaml"), key=lambda path: path.stem)
    assert [line.split()[0] for line in out.splitlines()] == [path.stem for path in configs]
    assert all(len(line.split()) > 1 for line in out.splitlines())
    for path in configs:
        assert run("examples", path.stem) == (0, path.read_text(encoding="utf-8"), "")


# as processes of their own


def test_version() -> None:
    done = shell("--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().split()[0] == "nntrace"


def test_the_whole_program() -> None:
    done = shell("step", "--only", "w21", "--expect", "w21=0.66")
    assert done.returncode == 1
    assert "= 0.5 + 0.15 = 0.65\n" in done.stdout.decode()
    assert done.stderr == b"w21: expected 0.66, found 0.65\n"
    wrong = shell("step", "nowhere.yaml")
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert wrong.stderr.startswith(b"there is no file nowhere.yaml\n")


def test_an_output_without_unicode() -> None:
    done = shell("step", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()
    assert done.stdout == shell("step", "--ascii").stdout


@pytest.mark.parametrize("form", ["txt", "terminal", "json"])
def test_a_reader_that_has_seen_enough(form: str) -> None:
    """``nntrace step | head -1``: not a word, and no failure."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "nntrace", "step", "-f", form]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, cwd=REPOSITORY, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of its own")
@pytest.mark.parametrize("no_color", [None, "1"])
def test_colours_on_a_terminal_only(no_color: str | None) -> None:
    import pty

    main, terminal = pty.openpty()
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    env |= {"TERM": "xterm-256color", "COLUMNS": "100"} | ({"NO_COLOR": no_color} if no_color else {})
    process = subprocess.Popen(
        [sys.executable, "-m", "nntrace", "forward"], stdout=terminal, cwd=REPOSITORY, env=env, stdin=subprocess.DEVNULL
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(main)
    assert process.wait(timeout=60) == 0
    text = shown.decode()
    assert "h1 = i1 × w11" in text.replace(f"{ESCAPE}[1m", "").replace(f"{ESCAPE}[0m", "")
    assert (f"{ESCAPE}[36m" in text or f"{ESCAPE}[4;36m" in text) == (no_color is None)
    assert ESCAPE not in json.dumps(shell("forward").stdout.decode(), ensure_ascii=False)

"""Small promises of the commands: what overflows, what is frozen, what a failed check does, where a sheet goes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nntrace.cli.options import PageOptions
from nntrace.cli.run import deliver
from nntrace.solution.content.model import Check, Section, Solution
from nntrace.solution.content.results import Results

if TYPE_CHECKING:
    from conftest import Run

REPOSITORY = Path(__file__).resolve().parents[2]
MAZUR = (REPOSITORY / "configs" / "mazur.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("note", 0), ("failed", 1)])
def test_a_failed_check_is_told_by_the_exit_code(status: Any, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    sections = (Section("checks", [Check(("the loss falls",), status)]),)
    solution = Solution(None, "net.yaml", {}, (), sections, Results())
    assert deliver(solution, PageOptions(format="txt"), ()) == code
    assert "the loss falls" in capsys.readouterr().out
    assert deliver(solution, PageOptions(quiet=True), ()) == code
    assert capsys.readouterr() == ("", "")


OVERFLOW = f"""\
inputs: {{x: {[1] * 150}}}
targets: {{t: 0}}
layers:
- dense: {{size: 150}}
  weights: {{W: {{init: constant, value: 1e200}}}}
- dense: [y]
  weights: {{V: {{init: constant, value: 1e200}}}}
loss: {{half_squared_error: L}}
learning_rate: 0.1
"""
"""Too many products for anything but arrays of floats."""
LARGE = ("step", "--set", "w11=1e300", "--set", "w31=1e300")


def test_numbers_beyond_floats_are_shown(run: Run) -> None:
    """The loss is half of (2×10⁶⁰⁰)², and in JSON such digits are the reasons for no value."""
    code, out, err = run(*LARGE)
    assert (code, err) == (0, "")
    assert "        ≈ 2.00000×10¹²⁰⁰\n" in out
    assert "loss after this update 2.00000×10¹¹⁹⁸ < 2.00000×10¹²⁰⁰ ✓" in out
    assert not {"∞", "nan", "inf", "NaN"} & set(out.replace("=", " ").split())
    steps = {step["id"]: step for step in json.loads(run(*LARGE, "-f", "json").out)["steps"]}
    assert (steps["F3"]["value"], steps["F3"]["reason"]) == (2e300, None)
    reasons = {"F5": "2.00000×10⁶⁰⁰", "L1": "2.00000×10¹²⁰⁰", "B7": "4.00000×10⁹⁰⁰", "U3": "2.00000×10⁸⁹⁹"}
    for id, reason in reasons.items():
        assert (steps[id]["value"], steps[id]["reason"]) == (None, reason)


@pytest.mark.parametrize("form", ["txt", "json"])
def test_an_overflow_is_shown(run: Run, tmp_path: Path, form: str) -> None:
    """∞ in a network of floats, and `undefined` where there is no value at all, with its reason; no nan, no inf."""
    (tmp_path / "net.yaml").write_text(OVERFLOW, encoding="utf-8")
    code, out, err = run("step", "--only", "V[1,1]", "-f", form, cwd=tmp_path)
    assert (code in (0, 1), err) == (True, "")
    if form == "json":
        steps = {step["id"]: step for step in json.loads(out)["steps"]}
        nothing = [step for step in steps.values() if step["value"] is None]
        assert {"F151", "L1", "B1"} <= {step["id"] for step in nothing}
        assert all(step["lines"][-1]["text"] in ("∞", "-∞", "undefined") for step in nothing)
        assert all(step["reason"] for step in nothing if step["lines"][-1]["text"] == "undefined")
    else:
        assert "∞" in out
        assert not {"nan", "inf", "NaN"} & set(out.replace("=", " ").split())


@pytest.mark.parametrize(
    ("frozen", "kept"),
    [
        ("[b2]", ["b2"]),  # also what the second layer's biases would be called, if they had no names
        ("[b1, w31]", ["b1", "w31"]),
        ("[W2]", ["w31", "w32", "w41", "w42"]),
    ],
)
def test_what_is_frozen_is_what_the_name_means(run: Run, tmp_path: Path, frozen: str, kept: list[str]) -> None:
    """An element's own name comes before its tensor's."""
    text = (REPOSITORY / "configs" / "homework3.yaml").read_text(encoding="utf-8") + f"frozen: {frozen}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    code, out, _ = run("step", "-f", "json", cwd=tmp_path)
    found = json.loads(out)
    assert code == 0
    moved = {name for name, new in found["updated"].items() if new != found["values"][name]}
    usual = {name for name, slope in found["gradients"].items() if slope}
    assert moved == usual - set(kept)


def test_a_frozen_parameter_says_so(run: Run, tmp_path: Path) -> None:
    out = run("step", "configs/mazur.yaml").out
    rows = {line.split()[1]: line for line in out.split("Update, ")[1].splitlines() if line[:1] == "U"}
    assert [name for name, line in rows.items() if f"{name} (frozen)" in line] == ["b1", "b2"]
    for name in ("b1", "b2"):
        old, *_, new = rows[name].split("(frozen)")[1].split()
        assert old == new


def test_paths_stand_in_the_order_of_their_ids(run: Run) -> None:
    for asked in (("b1", "w22", "w11"), ("w11", "w22", "b1"), ("w*",)):
        options = [part for name in asked for part in ("--param", name)]
        steps = json.loads(run("grad", *options, "-f", "json").out)["steps"]
        paths = [int(step["id"][1:-1]) for step in steps if step["id"].endswith("p")]
        assert len(paths) > 1
        assert paths == sorted(paths)


def test_saving_leaves_what_did_not_change_as_typed(run: Run, tmp_path: Path) -> None:
    typed = MAZUR.replace("i2: 0.10", "i2: 1e-1").replace("w1: 0.15", "w1: 3/20").replace("w8: 0.55", "w8: .550")
    (tmp_path / "net.yaml").write_text(typed, encoding="utf-8")
    assert run("step", "-q", "--only", "w2", "--save", "new.yaml", cwd=tmp_path) == (0, "", "")
    old, new = typed.splitlines(), (tmp_path / "new.yaml").read_text(encoding="utf-8").splitlines()
    (changed,) = [place for place, (before, after) in enumerate(zip(old, new, strict=True)) if before != after]
    assert new[changed].startswith("      net_h1: {w1: 3/20, w2: 0.19956")


@pytest.mark.parametrize(
    ("name", "options", "form"),
    [
        ("y.txt", ("-f", "terminal"), "txt"),
        ("y.JSON", (), "json"),
        ("y.Txt", (), "txt"),
        ("y", (), "txt"),
        ("y.out", ("-f", "json"), "json"),
    ],
)
def test_a_file_in_its_format(run: Run, tmp_path: Path, name: str, options: tuple[str, ...], form: str) -> None:
    assert run("step", "-o", tmp_path / name, *options) == (0, "", "")
    assert (tmp_path / name).read_text(encoding="utf-8") == run("step", "-f", form).out


def test_every_example_of_a_help_text_is_a_line_that_runs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MAZUR.replace("w2: 0.20", "w21: 0.20"), encoding="utf-8")
    for command in ("forward", "grad", "step"):
        lines = run(command, "--help").out.split("Examples:\n")[1].splitlines()
        examples = [line.strip().replace("'", "").split() for line in lines if line.strip()]
        assert len(examples) > 1
        assert all(words[:2] == ["nntrace", command] for words in examples)
        for words in examples:
            assert run(*words[1:], cwd=tmp_path).code == 0, words


@pytest.mark.parametrize("form", ["terminal", "txt", "json"])
def test_a_pipe_that_closes_after_a_line(form: str) -> None:
    """As ``nntrace step -f … | head -1`` has it, with more to write than a pipe holds."""
    command = [sys.executable, "-m", "nntrace", "grad", "--param", "*", "--width", "2000", "-f", form]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=REPOSITORY, env={**os.environ, "PYTHONUTF8": "1"}
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_the_same_bytes_in_every_environment() -> None:
    import same_bytes

    some = list(same_bytes.runs(whole=False))
    assert {config for config, _, _ in some} == set(same_bytes.CONFIGS)
    assert {run[1:] for run in some} == set(product(same_bytes.COMMANDS, same_bytes.FORMATS))
    assert same_bytes.differences([sys.executable], whole=False) == []

"""Some of the samples for each update: their order, their numbers, and the loss that is theirs alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

import nntrace.formats

if TYPE_CHECKING:
    from conftest import Run

SCHEMA = json.loads((Path(nntrace.formats.__file__).parent / "sheet.schema.json").read_text(encoding="utf-8"))
ROWS = np.array([[0.5, -1.0, 1.0], [1.0, 0.25, 0.0], [-0.75, 2.0, 1.0], [0.0, 1.5, 0.0], [2.0, 0.5, 1.0]])
NET = f"""\
inputs: [x1, x2]
targets: [t]
samples: {ROWS.tolist()}
layers:
- dense: [h1, h2]
  weights: {{x1: {{w1: 0.5, w2: -0.5}}, x2: {{w3: 1.0, w4: 0.25}}}}
  biases: {{b1: 0.5, b2: -0.25}}
  activation: {{tanh: [a1, a2]}}
- dense: [y]
  weights: {{a1: {{w5: 1.5}}, a2: {{w6: -1.0}}}}
loss: {{half_squared_error: E}}
learning_rate: 0.5
"""
LINE = """\
inputs: {x: 1.0}
targets: {t: 2.0}
layers: [{dense: [y], weights: {x: {w: 0.5}}}]
loss: {half_squared_error: E}
learning_rate: 0.5
iterations: 50
"""
NAMES = ("w1", "w2", "w3", "w4", "b1", "b2", "w5", "w6")


def sheet(run: Run, folder: Path, text: str, *command: str) -> Any:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run(*(command or ("step",)), "-f", "json", cwd=folder)
    assert (code, err) == (0, "")
    found = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def losses(parameters: Any, rows: Any) -> Any:
    hidden = np.tanh(rows[:, :2] @ parameters[:4].reshape(2, 2) + parameters[4:6])
    return (rows[:, 2] - hidden @ parameters[6:]) ** 2 / 2


def gradient(parameters: Any, rows: Any) -> Any:
    """By hand: the mean over the rows."""
    hidden = np.tanh(rows[:, :2] @ parameters[:4].reshape(2, 2) + parameters[4:6])
    error = (hidden @ parameters[6:] - rows[:, 2]) / len(rows)
    delta = error[:, None] * parameters[6:] * (1 - hidden**2)
    return np.concatenate([(rows[:, :2].T @ delta).ravel(), delta.sum(axis=0), hidden.T @ error])


@pytest.mark.parametrize("iterations", [1, 3, 8])
@pytest.mark.parametrize("size", [1, 2, 4, 5])
def test_the_numbers(run: Run, tmp_path: Path, size: int, iterations: int) -> None:
    """A pass takes the samples in their order, its last step what is left; then they begin again."""
    text = f"{NET}samples_per_step: {size}\niterations: {iterations}\n"
    found = sheet(run, tmp_path, text, "step", "--full")
    parameters = start = np.array([0.5, -0.5, 1.0, 0.25, 0.5, -0.25, 1.5, -1.0])
    spans = [(first, min(first + size, 5)) for first in range(0, 5, size)]
    each = found.get("iterations", [found])
    assert len(each) == iterations
    for number, one in enumerate(each):
        first, stop = spans[number % len(spans)]
        rows = ROWS[first:stop]
        slopes = gradient(parameters, rows)
        assert one["loss"]["before"] == pytest.approx(losses(parameters, rows).mean(), rel=1e-10)
        assert one["gradients"] == pytest.approx(dict(zip(NAMES, slopes, strict=True)), rel=1e-9, abs=1e-12)
        expected = [None] * 5 if size == 5 else [*range(first + 1, stop + 1)]
        assert [sample.get("sample") for sample in one["samples"]] == expected
        assert [sample["values"]["x1"] for sample in one["samples"]] == rows[:, 0].tolist()
        if "steps" in one:
            marks = {step["sample"] for step in one["steps"]} - {None}
            assert marks == set(range(first + 1, stop + 1))
            prefix = f"I{number + 1}." if (size, iterations) != (5, 1) else ""
            assert {f"{prefix}F1.{mark}" for mark in marks} <= {step["id"] for step in one["steps"]}
        parameters = parameters - 0.5 * slopes
        assert one["loss"]["after"] == pytest.approx(losses(parameters, rows).mean(), rel=1e-10)
        assert one["updated"] == pytest.approx(dict(zip(NAMES, parameters, strict=True)), rel=1e-10)
    overall = (losses(start, ROWS).mean(), losses(parameters, ROWS).mean())
    assert (found["loss"]["before"], found["loss"]["after"]) == pytest.approx(overall, rel=1e-10)
    assert found["updated"] == each[-1]["updated"]


def test_carried_numbers(run: Run, tmp_path: Path) -> None:
    """Each update starts from the rounded numbers of the one before."""
    text = f"{NET}samples_per_step: 2\niterations: 3\n"
    found = sheet(run, tmp_path, text, "step", "--rounding", "carry:3")
    exact = sheet(run, tmp_path, text)
    assert found["updated"] == pytest.approx(exact["updated"], abs=5e-3)
    for one in found["iterations"]:
        assert all(round(value, 3) == value for value in one["updated"].values())
    before, after = found["iterations"][0]["updated"], found["iterations"][1]["values"]
    assert {name: after[name] for name in NAMES} == before


def test_the_sheet_says_whose_loss_it_is(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(f"{NET}samples_per_step: 2\niterations: 3\n", encoding="utf-8")
    lines = run("step", cwd=tmp_path).out.splitlines()
    assert "Forward, iteration 3, sample 5" in lines
    assert "Loss, iteration 2, samples 3 to 4" in lines
    assert "I2.L2   E = 1/2 × (E⁽³⁾ + E⁽⁴⁾)" in lines
    assert "Sample 5 alone" in lines
    assert "Samples 3 to 4 together" in lines
    assert any("loss of samples 3 to 4 after this update" in line for line in lines)
    (tmp_path / "net.yaml").write_text(f"{NET}samples_per_step: 2\niterations: 8\n", encoding="utf-8")
    lines = run("step", cwd=tmp_path).out.splitlines()
    table = [line.split() for line in lines[lines.index("Update, 8 iterations") :]]
    assert table[1][:4] == ["iteration", "samples", "E", "before"]
    assert [row[1:-1] for row in table[3:6]] == [["1", "to", "2"], ["3", "to", "4"], ["5"]]
    assert len(table) == 14
    assert lines[-3].strip() == "E before is the loss of the iteration's own samples."
    assert lines[-2].startswith("    E of all samples after the last iteration ≈ 0.")
    assert lines[-1].strip() == "The working of each iteration is left out (--trace 1,2 shows some, --full all)."


def test_a_full_sheet_has_the_working_of_every_iteration(run: Run, tmp_path: Path) -> None:
    """And at its end what the short one has: the loss from iteration to iteration."""
    (tmp_path / "net.yaml").write_text(f"{NET}iterations: 6\n", encoding="utf-8")
    short = run("step", cwd=tmp_path).out.splitlines()
    table = short[short.index("Update, 6 iterations") :]
    lines = run("step", "--full", cwd=tmp_path).out.splitlines()
    assert lines[lines.index("Update, 6 iterations") :] == table[:-1]
    assert {f"Forward, iteration {number}" for number in range(1, 7)} <= set(lines)
    found = sheet(run, tmp_path, f"{NET}iterations: 6\n", "step", "--full")
    assert all(len(one["steps"]) > 20 for one in found["iterations"])


def test_a_table_of_iterations_has_the_digits_of_their_sheets(run: Run, tmp_path: Path) -> None:
    """An exact decimal as it is, a carried number with the digits carried."""
    text = "inputs: {x: 2}\ntargets: {t: 1}\nlayers: [{dense: [p], weights: {x: {w: 0.3}}, bias: {b: 0.12}}]\n"
    text += "loss: {mse: L}\nlearning_rate: 0.05\niterations: 6\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    rows = {row.split()[0]: row.split()[1:] for row in run("step", cwd=tmp_path).out.splitlines() if row}
    assert rows["1"] == ["0.0784", "0.356", "0.148"]
    assert rows["2"] == ["0.0196", "0.384", "0.162"]
    rows = {
        row.split()[0]: row.split()[1:]
        for row in run("step", "--rounding", "carry:2", cwd=tmp_path).out.splitlines()
        if row
    }
    assert rows["1"] == ["0.0784", "0.356", "0.148"]
    assert rows["5"] == ["0.000289", "0.408", "0.175"]


@pytest.mark.parametrize("iterations", [2, 30])
def test_iterations_without_samples(run: Run, tmp_path: Path, iterations: int) -> None:
    text = NET.replace("inputs: [x1, x2]", "inputs: {x1: 0.5, x2: -1.0}").replace("targets: [t]", "targets: {t: 1.0}")
    text = "".join(line for line in text.splitlines(True) if not line.startswith("samples"))
    found = sheet(run, tmp_path, f"{text}iterations: {iterations}\n")
    parameters = np.array([0.5, -0.5, 1.0, 0.25, 0.5, -0.25, 1.5, -1.0])
    for _ in range(iterations):
        parameters = parameters - 0.5 * gradient(parameters, ROWS[:1])
    assert found["updated"] == pytest.approx(dict(zip(NAMES, parameters, strict=True)), rel=1e-9)
    assert len(found["iterations"]) == iterations
    assert run("step", cwd=tmp_path).code == 0


@pytest.mark.parametrize("width", [40, 120])
def test_iterations_left_out_are_counted(run: Run, tmp_path: Path, width: int) -> None:
    (tmp_path / "net.yaml").write_text(f"{NET}iterations: 50\n", encoding="utf-8")
    text = run("step", "--width", width, cwd=tmp_path).out
    lines = text.splitlines()
    assert "… 26 more iterations between these (--full shows all)" in " ".join(text.split())
    assert sum(line.split()[:1] == ["27"] for line in lines) == 1
    assert max(map(len, lines)) <= width
    (tmp_path / "line.yaml").write_text(LINE, encoding="utf-8")  # a small one, as all of it has its working
    assert "… 26 more iterations between these" in run("step", "line.yaml", cwd=tmp_path).out
    whole = run("step", "line.yaml", "--width", width, "--full", cwd=tmp_path).out
    assert "more iterations" not in whole
    assert {line.split()[0] for line in whole.splitlines() if line.split()} >= set(map(str, range(1, 51)))


def test_the_other_commands_take_all_samples(run: Run, tmp_path: Path) -> None:
    for command in (("forward",), ("grad", "-p", "w1")):
        some = sheet(run, tmp_path, f"{NET}samples_per_step: 1\n", *command)
        assert some["loss"] == sheet(run, tmp_path, NET, *command)["loss"]
        assert len(some["samples"]) == 5


def test_samples_from_a_file_and_a_saved_network(run: Run, tmp_path: Path) -> None:
    np.savetxt(tmp_path / "rows.csv", ROWS, delimiter=",")
    steps = "samples_per_step: 2\niterations: 5\n"
    typed = sheet(run, tmp_path, NET + steps, "step", "--save", "next.yaml")
    text = NET.replace(str(ROWS.tolist()), "{file: rows.csv}") + steps
    assert sheet(run, tmp_path, text)["updated"] == pytest.approx(typed["updated"], rel=1e-12)
    saved = json.loads(run("forward", "next.yaml", "-f", "json", cwd=tmp_path).out)
    assert saved["loss"]["before"] == pytest.approx(typed["loss"]["after"], rel=1e-12)
    assert [sample["values"]["t"] for sample in saved["samples"]] == ROWS[:, 2].tolist()


WRONG = {
    "samples_per_step: 6": "net.yaml:13:19: `samples_per_step` is 6, and there are 5 samples",
    "samples_per_step: 0": "net.yaml:13:19: `samples_per_step` cannot be '0'",
    "samples_per_step: some": "net.yaml:13:19: 'some' is not a number",
}


@pytest.mark.parametrize(("line", "message"), WRONG.items())
def test_wrong_numbers(run: Run, tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "net.yaml").write_text(NET + line, encoding="utf-8")
    code, out, err = run("step", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert message in err

"""Many iterations: passes over the samples, their order, the table of all and the sheets of some."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

import nntrace.formats
from nntrace.network.portion import shuffled

if TYPE_CHECKING:
    from conftest import Run

SCHEMA = json.loads((Path(nntrace.formats.__file__).parent / "sheet.schema.json").read_text(encoding="utf-8"))
ROWS = [[0.5, 1.0], [1.0, 0.0], [-0.75, 1.0], [0.25, 0.5], [2.0, -1.0]]
NET = f"""\
inputs: [x]
targets: [t]
samples: {ROWS}
layers: [{{dense: [z], weights: {{x: {{w: 0.5}}}}, biases: {{b: 0.25}}}}]
loss: {{half_squared_error: E}}
"""


def run_file(run: Run, folder: Path, more: str, *options: str) -> tuple[int, str, str]:
    (folder / "net.yaml").write_text(NET + more, encoding="utf-8")
    return run("step", *options, cwd=folder)


def sheet(run: Run, folder: Path, more: str, *options: str) -> Any:
    code, out, err = run_file(run, folder, more, *options, "-f", "json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def by_hand(order: list[list[int]], rates: list[float]) -> tuple[float, float]:
    """w and b after steps on these samples, each with its rate."""
    w, b = 0.5, 0.25
    for places, rate in zip(order, rates, strict=True):
        errors = [(w * ROWS[place][0] + b - ROWS[place][1], ROWS[place][0]) for place in places]
        w, b = (
            w - rate * sum(error * x for error, x in errors) / len(places),
            b - rate * sum(error for error, _ in errors) / len(places),
        )
    return w, b


def test_the_order_of_a_pass_is_this_on_every_machine() -> None:
    assert [shuffled(7, number, 5) for number in range(3)] == [(2, 0, 1, 4, 3), (0, 3, 4, 1, 2), (2, 1, 3, 0, 4)]
    assert sorted(shuffled(1, 0, 1000)) == list(range(1000))


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("seed", [None, 0, 7])
def test_epochs_are_passes_and_schedules_count_them(run: Run, tmp_path: Path, size: int, seed: int | None) -> None:
    order = "given" if seed is None else f"{{shuffle: {seed}}}"
    rate = "{start: 0.1, exponential: 0.5}"
    more = f"learning_rate: {rate}\nepochs: 3\nsamples_per_step: {size}\norder: {order}\n"
    found = sheet(run, tmp_path, more)
    passes = [range(5) if seed is None else shuffled(seed, number, 5) for number in range(3)]
    steps = [list(one[start : start + size]) for one in passes for start in range(0, 5, size)]
    rates = [0.1 * 0.5 ** (number // (len(steps) // 3)) for number in range(len(steps))]
    w, b = by_hand(steps, rates)
    assert found["updated"] == pytest.approx({"w": w, "b": b}, rel=1e-12)
    assert len(found["iterations"]) == len(steps)
    each = sheet(run, tmp_path, more.replace("exponential: 0.5", "exponential: 0.5, per: iteration"))
    w, b = by_hand(steps, [0.1 * 0.5**number for number in range(len(steps))])
    assert each["updated"] == pytest.approx({"w": w, "b": b}, rel=1e-12)


def test_a_list_of_rates_counts_epochs_and_its_last_one_holds(run: Run, tmp_path: Path) -> None:
    found = sheet(run, tmp_path, "learning_rate: [0.2, 0.1]\nepochs: 3\nsamples_per_step: 4\n")
    w, b = by_hand([[0, 1, 2, 3], [4]] * 3, [0.2, 0.2, 0.1, 0.1, 0.1, 0.1])
    assert found["updated"] == pytest.approx({"w": w, "b": b}, rel=1e-12)
    rate = "{list: [0.2, 0.1], per: iteration}"
    found = sheet(run, tmp_path, f"learning_rate: {rate}\nepochs: 3\nsamples_per_step: 4\n")
    w, b = by_hand([[0, 1, 2, 3], [4]] * 3, [0.2, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert found["updated"] == pytest.approx({"w": w, "b": b}, rel=1e-12)


def test_without_samples_an_epoch_is_an_iteration(run: Run) -> None:
    one, other = run("step", "--epochs", "3", "-f", "json"), run("step", "--iterations", "3", "-f", "json")
    assert one == other
    assert one[0] == 0


def test_a_run_goes_on_in_the_middle_of_a_shuffled_pass(run: Run, tmp_path: Path) -> None:
    more = "learning_rate: 0.1\nsamples_per_step: 2\norder: {shuffle: 3}\n"
    whole = sheet(run, tmp_path, more, "--iterations", "7")["updated"]
    assert run_file(run, tmp_path, more, "--iterations", "4", "--save", "next.yaml", "-q")[0] == 0
    assert "iterations" not in (text := (tmp_path / "next.yaml").read_text())
    assert "t: 4" in text
    code, out, _ = run("step", "next.yaml", "--iterations", "3", "-f", "json", cwd=tmp_path)
    assert code == 0
    assert json.loads(out)["updated"] == whole


def test_iterations_of_the_command_leave_the_schedule_of_the_file_as_it_was(run: Run, tmp_path: Path) -> None:
    more = "learning_rate: {start: 0.1, exponential: 0.5}\nsamples_per_step: 1\nepochs: 2\n"
    assert sheet(run, tmp_path, more, "--iterations", "10")["updated"] == sheet(run, tmp_path, more)["updated"]


@pytest.mark.parametrize(
    ("rate", "line"),
    [
        ("{start: 0.1, warmup: 3}", "I2.U0a lr = lr0 × min(1, (k + 1) / K) = 0.1 × min(1, (1 + 1) / 3) ≈ 0.0666667"),
        ("{start: 0.1, step: {every: 1, times: 0.5}}", "I2.U0a lr = lr0 × γ^{n} = 0.1 × 0.5¹ = 0.05"),
    ],
)
def test_what_a_schedule_counts_has_no_point(run: Run, tmp_path: Path, rate: str, line: str) -> None:
    assert line in run_file(run, tmp_path, f"learning_rate: {rate}\n", "--iterations", "2")[1]


def test_a_loss_that_given_gradients_raise_is_no_fault_of_the_rate(run: Run, tmp_path: Path) -> None:
    out = run_file(run, tmp_path, "learning_rate: 0.1\ngradients: {w: -5.0, b: 5.0}\n")[1]
    assert "the step follows the given gradients, not those of this loss" in out


def test_some_iterations_are_traced_and_all_stand_in_the_table(run: Run, tmp_path: Path) -> None:
    more = "learning_rate: 0.1\nsamples_per_step: 2\norder: {shuffle: 7}\n"
    code, out, _ = run_file(run, tmp_path, more, "--iterations", "100", "--trace", "2,100", "--width", "120")
    assert code == 0
    assert set(re.findall(r"^I(\d+)\.", out, re.MULTILINE)) == {"2", "100"}
    first = shuffled(7, 0, 5)[2:4]
    assert f"Forward, iteration 2, samples {first[0] + 1}, {first[1] + 1}" in out
    assert f"I2.F1.{first[0] + 1} z = x × w + b" in out
    table = out[out.index("Update, 100 iterations") :]
    assert len(re.findall(r"^\d+ ", table, re.MULTILINE)) == 24
    assert "… 76 more iterations between these (--full shows all)" in table
    found = sheet(run, tmp_path, more, "--iterations", "100", "--trace", "2,100")
    assert [number for number, one in enumerate(found["iterations"], 1) if "steps" in one] == [2, 100]
    plain = sheet(run, tmp_path, more, "--iterations", "100")
    assert found["updated"] == pytest.approx(plain["updated"], rel=1e-12)


def test_a_traced_iteration_after_many_has_lines_that_give_their_values(run: Run, tmp_path: Path) -> None:
    code, out, _ = run_file(run, tmp_path, "learning_rate: 0.1\n", "--iterations", "50", "--trace", "50")
    assert code == 0
    assert "✗" not in out
    found = re.search(r"^I50\.F1\.2 z = x × w \+ b\n +≈ (.+)\n(?: +≈ .+\n)* +≈ (-?[\d.]+)\n", out, re.MULTILINE)
    assert found
    assert eval(found[1].replace("×", "*")) == pytest.approx(float(found[2]), abs=1.01e-6)


@pytest.mark.parametrize(
    ("more", "options", "words"),
    [
        ("iterations: 2\nepochs: 3\n", (), ":7:9: `iterations` and `epochs` together"),
        ("epochs: 0\n", (), ":6:9: `epochs` cannot be '0'"),
        ("epochs: 1.5\n", (), "give a whole number from 1"),
        ("order: {shuffle: 7}\n", (), "an `order` without `samples_per_step`"),
        ("samples_per_step: 1\norder: {shufle: 7}\n", (), "write given, or {shuffle: 7}"),
        ("samples_per_step: 1\norder: sorted\n", (), "write given, or {shuffle: 7}"),
        ("samples_per_step: 1\norder: {shuffle: -1}\n", (), "give a whole number from 0"),
        ("", ("--epochs", "2", "--iterations", "3"), "--iterations and --epochs together"),
        ("", ("--trace", "2"), "there is no iteration 2 to trace: 1 iteration"),
        ("", ("--iterations", "2", "--trace", "0"), "'0' is no iteration"),
        ("", ("--iterations", "2", "--trace", "1,x"), "'x' is no iteration"),
        ("samples_per_step: 1\n", ("--epochs", "3000"), "nntrace train"),
    ],
)
def test_what_cannot_be_done_is_told(run: Run, tmp_path: Path, more: str, options: tuple[str, ...], words: str) -> None:
    code, out, err = run_file(run, tmp_path, more + "learning_rate: 0.1\n", *options)
    assert (code, out) == (2, "")
    assert words in err

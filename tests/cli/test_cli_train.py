"""``nntrace train``: what each epoch came to, curves, validation, patience, divergence, interruption, saving."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest

import nntrace.formats

if TYPE_CHECKING:
    from conftest import Run

SCHEMA = json.loads((Path(nntrace.formats.__file__).parent / "sheet.schema.json").read_text(encoding="utf-8"))
ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = [[0.5, 1.0], [1.0, 0.0], [-0.75, 1.0], [0.25, 0.5], [2.0, -1.0], [-1.0, 2.0], [1.5, -0.5], [0.0, 0.75]]
NET = f"""\
inputs: [x]
targets: [t]
samples: {ROWS}
layers: [{{dense: [z], weights: {{x: {{w: 0.5}}}}, biases: {{b: 0.25}}}}]
loss: {{half_squared_error: E}}
learning_rate: 0.1
"""


def written(folder: Path, text: str) -> Path:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    return folder


def sheet(run: Run, folder: Path, text: str, *options: str) -> Any:
    code, out, err = run("train", *options, "-f", "json", cwd=written(folder, text))
    assert (code, err) == (0, "")
    found = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def by_hand(rows: Any, size: int, epochs: int, rate: float = 0.1) -> tuple[list[float], float, float]:
    """The mean loss of each epoch's steps by its samples, and w and b at the end."""
    rows = np.array(rows)
    w, b, losses = 0.5, 0.25, []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(rows), size):
            x, t = rows[start : start + size].T
            error = w * x + b - t
            total += float((error**2).sum() / 2)
            w, b = w - rate * float((error * x).mean()), b - rate * float(error.mean())
        losses.append(total / len(rows))
    return losses, w, b


@pytest.mark.parametrize("size", [1, 3, 8])
def test_losses_and_parameters_are_those_of_a_loop_by_hand(run: Run, tmp_path: Path, size: int) -> None:
    found = sheet(run, tmp_path, NET + f"samples_per_step: {size}\n", "--epochs", "30")
    losses, w, b = by_hand(ROWS, size, 30)
    (one,) = found["runs"]
    assert one["curves"]["E"] == pytest.approx(losses, rel=1e-12)
    assert one["curves"]["epoch"] == list(range(1, 31))
    assert found["updated"] == pytest.approx({"w": w, "b": b}, rel=1e-12)
    x, t = np.array(ROWS).T
    assert found["loss"]["after"] == pytest.approx(float(((w * x + b - t) ** 2).mean() / 2), rel=1e-12)


def test_steps_and_training_give_the_same(run: Run, tmp_path: Path) -> None:
    text = NET + "samples_per_step: 3\norder: {shuffle: 4}\noptimizer: adam\nepochs: 5\n"
    code, out, _ = run("step", "-f", "json", cwd=written(tmp_path, text))
    assert code == 0
    assert json.loads(out)["updated"] == pytest.approx(sheet(run, tmp_path, text)["updated"], rel=1e-12)


def test_carried_digits_are_trained_with(run: Run, tmp_path: Path) -> None:
    text = NET + "rounding: {carry: 3}\nepochs: 4\n"
    found = sheet(run, tmp_path, text)
    code, out, _ = run("step", "-f", "json", cwd=tmp_path)
    assert code == 0
    assert found["updated"] == json.loads(out)["updated"]


def test_the_losses_go_into_a_csv_and_the_curves_into_a_picture(run: Run, tmp_path: Path) -> None:
    options = ("--epochs", "40", "-o", "losses.csv", "--plot", "curves.svg")
    code, out, err = run("train", *options, cwd=written(tmp_path, NET + "validation: {split: 0.25, seed: 1}\n"))
    assert (code, out, err) == (0, "", "")
    rows = list(csv.DictReader((tmp_path / "losses.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 40
    assert list(rows[0]) == ["epoch", "learning rate", "E", "E of the validation samples"]
    picture = ElementTree.parse(tmp_path / "curves.svg").getroot()
    lines = picture.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 2
    assert len({one.get("stroke") for one in lines}) == len({one.get("stroke-dasharray") for one in lines}) == 2
    heights = [float(point.split(",")[1]) for point in (lines[0].get("points") or "").split()]
    assert len(heights) == 40
    losses = [float(row["E"]) for row in rows]
    slopes = np.diff(heights) / np.diff(losses)
    assert slopes == pytest.approx(np.full(39, slopes[0]), rel=0.5, abs=1e9)
    assert (slopes <= 0).all()


def test_a_split_is_deterministic_and_its_samples_are_not_learned_from(run: Run, tmp_path: Path) -> None:
    from nntrace.network.portion import shuffled

    found = sheet(run, tmp_path, NET + "validation: {split: 0.25, seed: 5}\n", "--epochs", "3")
    held = shuffled(5, -1, 8)[:2]
    rows = [row for place, row in enumerate(ROWS) if place not in held]
    losses, w, b = by_hand(rows, 6, 3)
    curves = found["runs"][0]["curves"]
    assert curves["E"] == pytest.approx(losses, rel=1e-12)
    others = np.array([ROWS[place] for place in held])
    wanted = float(((w * others[:, 0] + b - others[:, 1]) ** 2).mean() / 2)
    assert curves["E of the validation samples"][-1] == pytest.approx(wanted, rel=1e-12)


def test_validation_rows_and_a_file_of_them_are_the_same(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("x,t\n0.5,0.25\n1.0,1.0\n", encoding="utf-8")
    inline = sheet(run, tmp_path, NET + "validation: [[0.5, 0.25], [1, 1]]\n", "--epochs", "2")
    assert inline["runs"] == sheet(run, tmp_path, NET + "validation: {file: other.csv}\n", "--epochs", "2")["runs"]


def test_accuracy_is_the_share_of_right_classes(run: Run) -> None:
    code, out, _ = run("train", "configs/xor.yaml")
    assert code == 0
    assert "accuracy 1.0" in out


def test_patience_ends_a_training_and_the_best_is_restored(run: Run, tmp_path: Path) -> None:
    text = NET + "validation: [[0.0, 0.55], [1.0, 0.55]]\nepochs: 200\npatience: 5\n"
    last = sheet(run, tmp_path, text + "restore: last\n")
    curve = last["runs"][0]["curves"]["E of the validation samples"]
    lowest = int(np.argmin(curve)) + 1
    assert len(curve) == lowest + 5 < 200
    best = sheet(run, tmp_path, text + "restore: best\n")
    plain = sheet(run, tmp_path, text.replace("epochs: 200\npatience: 5\n", f"epochs: {lowest}\n"))
    assert best["updated"] == plain["updated"] != last["updated"]
    code, out, _ = run("train", cwd=written(tmp_path, text + "restore: best\n"))
    assert code == 0
    assert f"The parameters are those after epoch {lowest}, the best (restore: best)." in out


def test_samples_that_are_split_off_leave_the_others_their_numbers(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("train", "--epochs", "2", cwd=written(tmp_path, NET + "validation: {split: 0.25, seed: 1}\n"))
    assert code == 0
    rows = re.findall(r"^(\d+) +(\S+) +(\S+)$", out[: out.index("Conventions")], re.MULTILINE)
    assert len(rows) >= 3
    for number, *numbers in rows:
        assert list(map(float, numbers)) == ROWS[int(number) - 1]
    assert int(rows[-1][0]) > len(rows)
    assert "Training samples: E ≈ " in out


def test_validation_below_training_says_what_to_look_at(run: Run, tmp_path: Path) -> None:
    text = NET.replace("learning_rate", "penalty: {l2: 0.5}\nlearning_rate")
    code, out, _ = run(
        "train", "--epochs", "20", cwd=written(tmp_path, text + "validation: [[0.5, 0.4], [1.0, 0.0]]\n")
    )
    assert code == 0
    assert "Validation below training: what to look at" in out
    assert "Without the penalty" in out
    assert "1 training sample stands in both sets: number 2." in out
    told = " ".join(out.split())
    assert "E is the loss before the update of its epoch, E validation the one after it." in told
    before, after = re.findall(
        r"Training samples: E ≈ \S+ before, (\S+) after Validation samples, after: E ≈ (\S+)", told
    )[0]
    assert f"With the same parameters training has {before} and validation {after}, still below it." in told
    x = [row[0] for row in ROWS]
    assert f"{np.mean(x):g}" in out[out.index("mean, training") :]


@pytest.mark.parametrize(("rate", "sign"), [("10", "∞"), ("1e200", "∞")])
def test_a_divergence_is_told_with_its_step_and_operands(run: Run, tmp_path: Path, rate: str, sign: str) -> None:
    code, out, err = run("train", "--lr", rate, "--epochs", "1000", cwd=written(tmp_path, NET))
    assert (code, err) == (0, "")
    assert "Stopped: it diverges" in out
    told = out[out.index("Stopped: it diverges") :]
    assert "In step " in told
    assert f"is {sign}" in told
    assert "half_squared_error" in told
    assert "did not lower it" in told


def test_memory_does_not_grow_with_epochs(run: Run, tmp_path: Path) -> None:
    written(tmp_path, NET + "samples_per_step: 2\norder: {shuffle: 1}\n")
    peaks = []
    for epochs in ("5", "5", "150"):
        tracemalloc.start()
        assert run("train", "--epochs", epochs, "-q", cwd=tmp_path)[0] == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + 200_000


SATURATED = """\
inputs: {{x: 1}}
targets: {{t: {target}}}
layers: [{{dense: [z], weights: {{x: {{w: {weight}}}}}}}, {{{activation}: [y]}}]
loss: {{{loss}: L}}
lr: 0.1
"""


@pytest.mark.parametrize(
    ("weight", "target", "activation", "loss", "shown", "told"),
    [
        (50, 1, "sigmoid", "half_squared_error", "1.86004×10⁻⁴⁴", "1.86004×10⁻⁴⁴"),
        (50, 1, "tanh", "mse", "5.53559×10⁻⁸⁷", "5.53559×10⁻⁸⁷"),
        (-25, -1, "tanh", "mae", "3.85750×10⁻²²", "3.85750×10⁻²²"),
        (50, 1, "sigmoid", "bce", "1.92875×10⁻²²", "1.92875×10⁻²²"),
        (1000, 1, "sigmoid", "bce", "< 1e-307", "5.07596×10⁻⁴³⁵"),
        (-1000, 0, "sigmoid", "mse", "< 1e-307", "2.57654×10⁻⁸⁶⁹"),
        (1, 1, "relu", "mse", "0.0", "0.0"),
    ],
)
def test_a_loss_that_doubles_lose_is_shown(
    run: Run, tmp_path: Path, weight: int, target: int, activation: str, loss: str, shown: str, told: str
) -> None:
    text = SATURATED.format(weight=weight, target=target, activation=activation, loss=loss)
    code, out, _ = run("train", "--epochs", "2", "--width", "200", cwd=written(tmp_path, text))
    assert code == 0
    assert [line.split(maxsplit=1) for line in out.splitlines() if line[:2] in ("1 ", "2 ")] == [
        ["1", shown],
        ["2", shown],
    ]
    assert f"L ≈ {told} before, {told} after" in out
    assert f"≈ {told}: as far as double precision shows, it is what it was before" in out


@pytest.mark.parametrize("optimizer", ["gradient_descent", "adam", "{momentum: {beta: 0.5}}"])
@pytest.mark.parametrize("others", ["", "validation: {split: 0.25, seed: 7}\n", "validation: [[1, 0]]\n"])
def test_a_run_from_a_saved_file_goes_on_to_the_same_digits(
    run: Run, tmp_path: Path, optimizer: str, others: str
) -> None:
    text = NET + f"samples_per_step: 3\norder: {{shuffle: 2}}\noptimizer: {optimizer}\n{others}"
    whole = sheet(run, tmp_path, text, "--iterations", "17")
    code, _, _ = run("train", "--iterations", "10", "--save", "half.yaml", "-q", cwd=tmp_path)
    assert code == 0
    code, out, _ = run("train", "half.yaml", "--iterations", "7", "-f", "json", cwd=tmp_path)
    assert code == 0
    assert json.loads(out)["updated"] == whole["updated"]
    assert f"samples: {ROWS}" in (tmp_path / "half.yaml").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="signals are sent")
def test_ctrl_c_ends_at_a_whole_step_and_saves_it(run: Run, tmp_path: Path) -> None:
    written(tmp_path, NET + "samples_per_step: 3\norder: {shuffle: 2}\noptimizer: adam\n")
    command = [sys.executable, "-m", "nntrace", "train", "--epochs", "900000", "--save", "stopped.yaml"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(2.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Interrupted after" in out
    done = int(out.split("Interrupted after ")[1].split()[0])
    assert f"t: {done}" in (tmp_path / "stopped.yaml").read_text(encoding="utf-8")
    more = 5
    code, sheet_out, _ = run("train", "stopped.yaml", "--iterations", str(more), "-f", "json", cwd=tmp_path)
    assert code == 0
    if done < 20_000:
        code, whole, _ = run("train", "--iterations", str(done + more), "--limit", "iterations=99999", "-f", "json",
                             cwd=tmp_path)  # fmt: skip
        assert json.loads(sheet_out)["updated"] == json.loads(whole)["updated"]


@pytest.mark.skipif(os.name != "posix", reason="terminals are made")
@pytest.mark.parametrize("width", [40, 60])
def test_a_terminal_shows_how_far_the_training_is(width: int, tmp_path: Path) -> None:
    import fcntl
    import pty
    import struct
    import termios

    written(tmp_path, NET)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    command = [sys.executable, "-m", "nntrace", "train", "--epochs", "3000"]
    unset = ("COLUMNS", "LINES")  # where the tests run in a terminal of their own width
    variables = {name: value for name, value in os.environ.items() if name not in unset} | {"TERM": "xterm"}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=variables, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    told = b""
    with contextlib.suppress(OSError):  # the end of what a terminal told is an error on Linux
        while more := os.read(ours, 65536):
            told += more
    os.close(ours)
    assert process.wait() == 0
    states = [re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", state) for state in re.split(r"[\r\n]", told.decode())]
    running = [state for state in states if re.search(r"epoch +\d+/3000 .*loss \d", state)]
    assert running, told
    assert all("rate 0.1" in state for state in running) == (width >= 60)
    assert not any("nan" in state or "…" in state or len(state) > width for state in states), states


def test_more_steps_than_a_sheet_keeps_are_for_train_alone(run: Run, tmp_path: Path) -> None:
    written(tmp_path, NET + "iterations: 12345\n")
    assert "the limit is 10,000" in run("step", cwd=tmp_path).err
    code, out, _ = run("train", "--width", "80", cwd=tmp_path)
    assert code == 0
    axis = next(line for line in out.splitlines() if line.split()[1:2] == ["epoch"])
    assert axis.split() == ["1", "epoch", "12345"]


@pytest.mark.parametrize("format", ["txt", "md", "tex", "typ", "html", "json", "csv"])
def test_every_format_has_the_curves(run: Run, tmp_path: Path, format: str) -> None:
    code, out, err = run("train", "--epochs", "30", "-f", format, cwd=written(tmp_path, NET))
    assert (code, err) == (0, "")
    signs = {"html": "<polyline", "typ": "polyline", "tex": r"\qbezier", "json": '"runs"', "csv": "epoch,"}
    assert signs.get(format, "└──") in out


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("plain", [True, False])
def test_no_line_is_wider_than_the_page(run: Run, tmp_path: Path, width: int, plain: bool) -> None:
    options = ("--epochs", "30", "--width", str(width), *(("--ascii",) if plain else ()))
    code, out, _ = run("train", *options, cwd=written(tmp_path, NET + "validation: {split: 0.25}\n"))
    assert code == 0
    assert max(map(len, out.splitlines())) <= width
    assert not plain or out.isascii()


@pytest.mark.parametrize(
    ("more", "options", "words"),
    [
        ("validation: {split: 0.01}\n", (), "this split leaves 0 of 8 samples to validate with, and 8 to learn from"),
        ("validation: {split: 0.99}\n", (), "this split leaves 8 of 8"),
        ("validation: {split: 1.5}\n", (), "give a share between 0 and 1"),
        ("validation: {split: 0.5, sed: 1}\n", (), "did you mean 'seed'?"),
        ("validation: 3\n", (), "`validation` cannot be"),
        ("validation: [[1, 2, 3]]\n", (), "this sample has 3 numbers"),
        ("patience: 0\n", (), "`patience` cannot be '0'"),
        ("restore: best\n", (), "`restore` without `patience`"),
        ("patience: 2\nrestore: first\n", (), "`restore` cannot be"),
        ("", ("--epochs", "0"), "'0' is no number of epochs"),
        ("", ("--lr", "fast"), "--lr fast"),
        ("", ("--plot", "net.yaml"), "net.yaml is there already"),
        ("", ("--plot", "a.svg", "--save", "a.svg"), "two outputs cannot go to the same file, a.svg"),
        ("", ("--optimizer", "adm"), "did you mean 'adam'?"),
        (
            "",
            ("--optimizer", "{adam: {start: {q: 1}}}"),
            "--optimizer {adam: {start: {q: 1}}}: 'adam' remembers no 'q'",
        ),
        ("", ("--batch", "9"), "--batch 9: `samples_per_step` is 9, and there are 8 samples"),
        ("gradients: {b: [1, 2]}\n", ("--iterations", "3"), "--iterations 3: there are 2 gradients, and 3 iterations"),
    ],
)
def test_what_cannot_be_done_is_told(run: Run, tmp_path: Path, more: str, options: tuple[str, ...], words: str) -> None:
    code, out, err = run("train", *options, cwd=written(tmp_path, NET + more))
    assert (code, out) == (2, "")
    assert words in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.yaml"]


def test_only_curves_make_a_csv(run: Run) -> None:
    code, out, err = run("forward", "-f", "csv")
    assert (code, out) == (2, "")
    assert "nntrace train" in err


def test_random_networks_learn_as_their_steps_say(run: Run, tmp_path: Path) -> None:
    drawn = random.Random(3)
    for _ in range(5):
        size, seed, count = drawn.randint(1, 8), drawn.randint(0, 99), drawn.randint(1, 12)
        text = NET + f"samples_per_step: {size}\norder: {{shuffle: {seed}}}\n"
        steps = run("step", "--iterations", str(count), "-f", "json", cwd=written(tmp_path, text))
        trained = sheet(run, tmp_path, text, "--iterations", str(count))
        assert json.loads(steps[1])["updated"] == pytest.approx(trained["updated"], rel=1e-12)


def test_without_the_package_for_curves_a_message_says_what_works(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "plotille", None)
    code, _, err = run("train", "--epochs", "3", cwd=written(tmp_path, NET))
    assert code == 2
    assert "pip install plotille" in err
    assert run("train", "--epochs", "3", "-f", "html", cwd=tmp_path)[0] == 0

"""Trainings side by side: a word for each curve, drawn learning rates, optimizers and batches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from nntrace.cli.options import Compared
from nntrace.cli.variants import variants
from nntrace.solution.sheets.comparison import Shape, words

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

CURVES = "configs/four-curves.yaml"


def runs(run: Run, *command: str) -> Any:
    code, out, err = run("train", *command, "-f", "json")
    assert (code, err) == (0, "")
    return json.loads(out)["runs"]


def test_the_curves_of_the_homework_get_the_words_of_its_key(run: Run) -> None:
    found = runs(run, CURVES, "--lr", "0.4,0.00002,0.008,0.0003")
    assert [(one["name"], one["word"]) for one in found] == [
        ("lr 0.4", "diverges"),
        ("lr 0.00002", "too low"),
        ("lr 0.008", "too high"),
        ("lr 0.0003", "good"),
    ]


@pytest.mark.parametrize(
    ("losses", "word"),
    [
        ([10, 8, 6, 5, 4.5, 4.2, 4.1, 4.05, 4.02, 4.01, 4.0], "good"),
        ([10, 9, 8, 7, 6, 5.9, 5.85, 5.82, 5.81, 5.805, 5.804], "too high"),
        ([10, 9.9, 9.8, 9.7, 9.6, 9.5, 9.4, 9.3, 9.2, 9.1, 9.0], "too low"),
        ([10, 5, 9, 4, 9, 5, 8, 4, 9, 5, 7], "oscillates"),
        ([10, 11, 15, 30, 60, 99, 150, 200, 300, 500, 900], "diverges"),
    ],
)
def test_a_word_follows_from_its_rule(losses: list[float], word: str) -> None:
    best = Shape([10, 8, 6, 5, 4.5, 4.2, 4.1, 4.05, 4.02, 4.01, 4.0], False)
    assert words([best, Shape(losses, False)])[1] == word


@pytest.mark.parametrize(("rate", "word"), [(0.001, "too low"), (2.0, "too high")])
def test_of_two_rates_the_better_one_tells_whether_the_other_is_too_low(rate: float, word: str) -> None:
    """Whatever the curve looks like: one that fell soon and stays above, one that still falls."""
    best = Shape([10, 6, 4.5, 4.1, 4.0, 4.0], False, 0.05)
    for losses in ([10, 7, 6.1, 6.0, 6.0, 6.0], [10, 9.8, 9.6, 9.4, 9.2, 9.0]):
        assert words([best, Shape(losses, False, rate)])[1] == word


def test_a_run_that_is_not_finite_diverges() -> None:
    assert words([Shape([1.0, 0.5], True), Shape([1.0, 0.5], False)]) == ["diverges", "good"]
    assert words([Shape([1.0, float("inf")], False)]) == ["diverges"]


def test_the_list_of_the_homework_is_counted_by_decades(run: Run) -> None:
    out = run("train", "configs/xor.yaml", "--epochs", "5", "--lr", "0.01,0.16,0.21,0.84,0.94").out
    assert "0.01 to 0.1  1      #\n" in out
    assert "0.1 to 1     4      ####\n" in out
    assert "4 of 5 rates lie between 0.1 and 1." in out


def typed(*lr: str, optimizer: tuple[str, ...] = (), batch: tuple[str, ...] = (), seed: int | None = None) -> list[str]:
    return [one.name for one in variants(Compared(list(lr), list(optimizer), list(batch), seed))]


def test_rates_are_drawn_on_their_scale_and_by_their_seed() -> None:
    drawn = typed("log:0.01:1:20", seed=0)
    assert drawn == typed("log:0.01:1:20", seed=0) != typed("log:0.01:1:20", seed=1)
    numbers = [float(name.removeprefix("lr ")) for name in drawn]
    assert numbers == sorted(numbers)
    assert all(0.01 <= number <= 1 for number in numbers)
    low = sum(number < 0.1 for number in numbers)
    assert 5 <= low <= 15  # each of the two decades gets about half of them
    linear = [float(name.removeprefix("lr ")) for name in typed("linear:0.01:1:20", seed=0)]
    assert sum(number < 0.1 for number in linear) <= 5


def test_each_is_run_with_each() -> None:
    assert typed("0.1,0.2", optimizer=("adam", "{momentum: {beta: 0.5, dampening: 0}}")) == [
        "lr 0.1, adam",
        "lr 0.1, {momentum: {beta: 0.5, dampening: 0}}",
        "lr 0.2, adam",
        "lr 0.2, {momentum: {beta: 0.5, dampening: 0}}",
    ]
    assert typed("0.1", batch=("1,all",)) == ["batch 1", "batch all"]


def test_a_run_of_a_comparison_is_the_run_by_itself(run: Run) -> None:
    compared = runs(run, "configs/xor.yaml", "--epochs", "4", "--optimizer", "adam,momentum", "--batch", "1,2,all")
    assert len(compared) == 6
    alone = runs(run, "configs/xor.yaml", "--epochs", "4", "--optimizer", "momentum", "--batch", "2")
    assert compared[4]["name"] == "momentum, batch 2"
    assert compared[4]["curves"] == alone[0]["curves"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--lr", "log:1:0.1:5"), "needs 0 < from < to"),
        (("--lr", "log:0:1:5"), "needs 0 < from < to"),
        (("--lr", "cubic:0.1:1:5"), "is no list of rates"),
        (("--lr", "0.1,x"), "--lr x"),
        (("--lr", "0.1,"), "there is no number"),
        (("--batch", "0,1"), "no number of samples"),
        (("--batch", "9"), "there are 4 samples"),
        (("--optimizer", "adam,sdg"), "did you mean 'sgd'?"),
        (("--lr", "linear:0.1:1:20", "--batch", "1,2"), "40 runs to compare"),
        (("--lr", "0.1,0.2", "--save", "x.yaml"), "--save writes one network"),
    ],
)
def test_what_cannot_be_compared_is_told(run: Run, tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    text = run("examples", "xor").out
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("train", *options, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert message in err


def test_a_diverging_curve_leaves_the_picture_and_the_others_fill_it(run: Run) -> None:
    out = run("train", CURVES, "--lr", "0.4,0.00002,0.008,0.0003", "--width", "100").out
    assert "A curve that reaches the top of the picture goes on above it." in out
    (row,) = (line.split() for line in out.splitlines() if line.startswith("lr 0.4 "))
    assert row[2] == row[4] == "25.1528"  # the lowest loss is the one before the training
    heights = [line.split()[0] for line in out.splitlines() if "│" in line and line.strip()[0].isdigit()]
    assert heights == ["30", "20", "10", "0"]


@pytest.mark.parametrize(("batch", "words"), [("all", "the loss before the update of its"), ("1", "the mean over an")])
def test_a_comparison_says_what_the_loss_of_an_epoch_is(run: Run, batch: str, words: str) -> None:
    """The last loss is not that after the last update."""
    out = run("train", "configs/xor.yaml", "--epochs", "2", "--lr", "0.1,0.2", "--batch", batch, "--width", "200").out
    assert f"    E first, at epoch 0, is the loss of all samples before the training; then E is {words} epoch" in out

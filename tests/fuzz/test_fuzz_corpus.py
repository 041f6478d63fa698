"""The stored cases of the fuzzing, run once each; what is found is kept here, and does not come back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import case
import pytest

CASES = sorted((Path(__file__).resolve().parent / "corpus").iterdir())


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    with case.folder():
        yield


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_a_stored_case(path: Path) -> None:
    case.check(path.read_bytes())


def test_no_argument_leads_out_of_the_folder() -> None:
    for line in ("-o /dev/null", "-o/dev/sda", "--save=/etc/x", "init ../x", "-o a/../../x", "-o=~/x", "/∂x", "-o/1"):
        for argument in case.arguments_of(line):
            assert ".." not in argument
            assert "~" not in argument
            assert not any(argument[at] == "/" and not argument[at - 1].isdigit() for at in range(1, len(argument)))
            assert argument[0] != "/"
    assert case.arguments_of("derive --name d0=∂L/∂z1 --set x=3/4") == [
        "derive",
        "--name",
        "d0=∂L/∂z1",
        "--set",
        "x=3/4",
    ]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ((70, "", "Traceback"), "exit code 70"),
        ((1, "\33[2J", ""), r"U\+001B is printed"),
        ((0, "", "\u202e"), r"U\+202E is printed"),
        ((2, "half a sheet", "and then this"), "refused, with output"),
        ((2, "", "\n"), "without a word"),
    ],
)
def test_a_broken_promise_is_noticed(result: tuple[int, str, str], message: str) -> None:
    with mock.patch("case.run", return_value=result), pytest.raises(case.BrokenPromiseError, match=message):
        case.check(b"step\ninputs: [1]\n")


def test_a_hang_is_noticed() -> None:
    with (
        mock.patch("case.SECONDS", 0.05),
        mock.patch("nntrace.cli.app.run", side_effect=lambda _: forever()),
        pytest.raises(case.HangError),
    ):
        case.check(b"step\ninputs: [1]\n")


def forever() -> None:
    while True:
        with contextlib.suppress(Exception):
            sum(range(1000))

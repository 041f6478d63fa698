"""``--show``: a part of a sheet, by the ids of its steps and the names of its sections."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run


def test_steps_stand_under_their_headings(run: Run) -> None:
    out = run("step", "--only", "w21", "--show", "B9p, U3").out
    assert out.startswith("The same over its paths\nB9p ∂MSE/∂w21 = ")
    assert out.endswith("\n\nUpdate, learning rate 0.1\n" + run("step", "--show", "U3").out.split("\n", 1)[1])
    assert run("grad", "--show", "B9").out == "Backward\nB9  ∂MSE/∂w21 = δ_h1 × i2 = 1.5 × (-1.0) = -1.5\n"


def test_sections_and_all_that_begin_so(run: Run) -> None:
    whole = run("step").out
    assert run("step", "--show", "update", "--show", "checks").out == whole[whole.index("Update") :]
    found = json.loads(run("forward", "--show", "F*", "-f", "json").out)
    assert [step["id"] for step in found["steps"]] == ["F1", "F2", "F3", "F4", "F5", "F6"]


def test_the_conventions(run: Run) -> None:
    whole = run("step", "--view", "matrix").out
    assert (
        run("step", "--view", "matrix", "--show", "conventions,forward").out
        == whole[whole.index("Conventions") : whole.index("\nLoss")]
    )
    assert "vectors: columns" in run("step", "--view", "matrix", "--show", "conventions", "-f", "tex").out


@pytest.mark.parametrize("format", ["md", "tex", "typ", "html"])
def test_every_format_has_the_part(run: Run, format: str) -> None:
    code, out, _ = run("grad", "-p", "w21", "--show", "B9p", "-f", format)
    assert code == 0
    assert "B9p" in out
    assert "Conventions" not in out
    assert "B8" not in out


def test_a_title_of_its_own(run: Run) -> None:
    assert run("forward", "--show", "F3", "--title", "One unit").out.startswith("One unit\nForward\nF3 ")


def test_a_check_that_is_not_shown_counts(run: Run) -> None:
    assert run("forward", "--show", "F3", "--expect", "h1=7").code == 1


@pytest.mark.parametrize("typed", ["U33", "Z*", "", "F1,nope"])
def test_what_the_sheet_does_not_have(run: Run, typed: str) -> None:
    code, out, err = run("step", "--show", typed)
    assert (code, out) == (2, "")
    assert "this sheet has no " in err
    assert "known here: given, conventions, forward, loss, backward, update, checks, F1" in err

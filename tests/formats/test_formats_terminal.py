"""The terminal's sheet is the plain one with colours."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from nntrace.expr.script import UNICODE
from nntrace.formats import render
from nntrace.formats.terminal import show
from nntrace.solution.content.model import Solution


def shown(solution: Solution, width: int, **options: bool) -> str:
    file = io.StringIO()
    show(solution, Console(file=file, width=width, **options), UNICODE)  # type: ignore[arg-type]
    return file.getvalue()


@pytest.mark.parametrize("width", [20, 60, 120])
@pytest.mark.parametrize("name", ["homework", "furniture"])
def test_the_same_lines_as_plain_text(name: str, width: int, request: pytest.FixtureRequest) -> None:
    solution = request.getfixturevalue(name)
    plain = list(render(solution, "txt", width=width, script=UNICODE))
    assert shown(solution, width).splitlines() == plain
    coloured = shown(solution, width, force_terminal=True)
    assert [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in coloured.splitlines()] == plain


def test_each_pass_has_its_colour(homework: Solution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = shown(homework, 120, force_terminal=True, legacy_windows=False)
    codes = {
        re.sub(r"\x1b\[[\d;]*m", "", line): re.findall(r"\x1b\[([\d;]*)m", line)[0]
        for line in coloured.splitlines()
        if re.sub(r"\x1b\[[\d;]*m", "", line) in ("Forward", "Backward", "Update, learning rate 0.1")
    }
    assert len(codes) == len(set(codes.values())) == 3


def test_no_color_is_respected(homework: Solution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    coloured = shown(homework, 120, force_terminal=True)
    assert not re.search(r"\x1b\[[\d;]*\b3[0-7]m", coloured)


def test_names_are_no_markup(furniture: Solution) -> None:
    assert "[bold]network[/bold] :smile:" in shown(furniture, 120, force_terminal=True)

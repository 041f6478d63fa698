"""Every printed line of every shipped network, read back from each typeset format and computed again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import test_full_listings as listings
from reader import ReadError, interval, numbers, read, symbols
from shipped import tried
from test_typeset_formulas import alike
from typeset_reader import bare
from typeset_sheets import STEPS, forms

from nntrace.expr.script import UNICODE
from nntrace.formats import render

REPOSITORY = Path(__file__).parent.parent.parent
CONFIGS = sorted(path.stem for path in (REPOSITORY / "configs").glob("*.yaml"))
FORMATS = tuple(STEPS)


def expected(step: dict[str, Any]) -> Iterator[str]:
    """The names and forms that a step's object has, in order."""
    named, before = False, None
    for line in step["lines"]:
        left, *body = forms(line["text"])
        if body:  # an equation of its own
            yield from ([left] if left != before else [])
            yield from body
            before = left
            continue
        if not named:
            yield step["name"]
            named = True
        yield line["text"]


def tree(text: str) -> Any:
    return alike(read(text))


def is_readable(form: str) -> bool:
    """Not one of matrices, or between symbols without a sign, which plain text has no reader for."""
    try:
        read(form)
    except ReadError:
        return False
    return True


def characters(form: str) -> str:
    """What a form is written with, without brackets and blanks."""
    return re.sub(r"[()\[\], ]", "", bare(form))


def assert_same_forms(printed: list[str], wanted: list[str]) -> None:
    assert [tree(form) for form in printed] == [tree(form) for form in wanted]


@pytest.mark.parametrize("command", ["forward", "grad", "step"])
@pytest.mark.parametrize("config", tried(CONFIGS))
def test_every_line_reads_back(config: str, command: str, run: Callable[..., Any]) -> None:
    network = f"configs/{config}.yaml"
    done = run(command, network, "-f", "json")
    if done.code == 2:
        assert "have no numbers" in done.err or "parameters whose gradients are given, and no layers" in done.err
        return
    sheet = json.loads(done.out)
    steps = [step for one in sheet.get("iterations", [sheet]) for step in one.get("steps", ())]
    told = {step["id"]: step for step in steps if not step["id"].partition(".")[2].startswith("M")}
    for format in FORMATS:
        page = STEPS[format](run(command, network, "-f", format).out)
        assert page or command == "grad" or not told  # which may have a table alone
        assert set(page) <= set(told)
        for id, printed in page.items():
            step = told[id]
            wanted = list(expected(step))
            if not all(map(is_readable, wanted)):
                assert [characters(form) for form in printed] == [characters(form) for form in wanted]
                continue
            assert_same_forms(printed, wanted)
            if isinstance(step["value"], float):
                for form in printed[1:]:
                    if not symbols(form) and numbers(form):
                        low, high = interval(form, rounded=True)
                        slack = 1e-9 * max(1, abs(step["value"]))
                        local = form not in [line["text"] for line in step["lines"]] and len(printed) > 6
                        assert low - slack <= step["value"] <= high + slack or local, (format, id, form)


@pytest.mark.grid
@pytest.mark.parametrize(
    ("kind", "sizes"), [("classes", (4, 2)), ("classes", (20, 9)), ("numbers", (14, 5)), ("huge", (5, 12))]
)
def test_a_listing_from_arrays_has_the_forms_of_steps(
    tmp_path: Path, kind: str, sizes: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, stepwise = listings.both(listings.network(tmp_path, *sizes, kind), monkeypatch)
    for format in ("md", "tex"):
        for one, other in zip(compiled, stepwise, strict=True):
            pages = ["\n".join(render(each, format, width=120, script=UNICODE)) for each in (one, other)]
            quick, slow = map(STEPS[format], pages)
            assert quick == slow
            assert len(quick) >= 3


@pytest.mark.parametrize("format", FORMATS)
def test_a_wrong_digit_is_caught(format: str, run: Callable[..., Any]) -> None:
    """The reader itself: a number changed in the sheet is no longer what the step says."""
    page = run("forward", "configs/homework3.yaml", "-f", format).out
    step = json.loads(run("forward", "configs/homework3.yaml", "-f", "json").out)["steps"][0]
    assert_same_forms(STEPS[format](page)["F1"], list(expected(step)))
    for wrong in (page.replace("2.0", "2.1"), page.replace("0.5", "0.25")):
        with pytest.raises(AssertionError):
            assert_same_forms(STEPS[format](wrong)["F1"], list(expected(step)))

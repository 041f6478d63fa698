"""Every printed line of every shipped network, read back from each typeset format and computed again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import test_full_listings as listings
from reader import ReadError, interval, numbers, read, symbols
from shipped import tried
from test_typeset_formulas import alike
from typeset_reader import bare, latex, mathml, typst
from typeset_sheets import STEPS, forms

import nntrace
from nntrace.expr import Num
from nntrace.expr.script import UNICODE
from nntrace.expr.text import text
from nntrace.formats import render
from nntrace.network.building.build import build
from nntrace.solution.content.model import Table
from nntrace.solution.sheets.flow import FlowVariant, flows
from nntrace.solution.sheets.settings import Settings
from nntrace.spec import load

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
    return re.sub(r"[()\[\]^{}, ]", "", bare(form).replace("exp", "e"))


def assert_same_forms(printed: list[str], wanted: list[str]) -> None:
    assert [tree(form) for form in printed] == [tree(form) for form in wanted]


LARGE = ["cloud"]
"""Networks of many samples, which are read back in the larger draws alone."""
SMALL = [config for config in tried(CONFIGS) if config not in LARGE]
READ = SMALL + (LARGE if "SHIPPED" in os.environ else [])
SHEETS = [(config, command) for config in READ for command in ("forward", "grad", "step")]
FURTHER = [(config, command) for config in CONFIGS for command in ("flow", "step --view matrix")]


@pytest.mark.parametrize(("config", "command"), SHEETS + (FURTHER if "SHIPPED" in os.environ else FURTHER[1::12]))
def test_every_line_reads_back(config: str, command: str, run: Callable[..., Any]) -> None:
    network = f"configs/{config}.yaml"
    command, *options = command.split()
    done = run(command, network, *options, "-f", "json")
    if done.code == 2:
        reasons = "have no numbers", "parameters whose gradients are given, and no layers", "fewer than two of them"
        assert any(reason in done.err for reason in reasons)
        return
    sheet = json.loads(done.out)
    steps = [step for one in sheet.get("iterations", [sheet]) for step in one.get("steps", ())]
    told = {step["id"]: step for step in steps}
    for format in FORMATS:
        page = STEPS[format](run(command, network, *options, "-f", format).out)
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


NUMBERS: dict[str, tuple[str, Callable[[str], str]]] = {
    "md": (r"\$(-?[\d.]+(?: \\times 10\^\{-?\d+\})?)\$", latex),
    "tex": (r"\$(-?[\d.]+(?: \\times 10\^\{-?\d+\})?)\$", latex),
    "typ": (r"\$(-?[\d.]+(?: × 10\^\(-?\d+\))?)\$", typst),
    "html": (r"<math>((?:<mo[^>]*>−</mo>)?<mn>[\d.]+</mn>(?:<mo>×</mo><msup>.*?</msup>)?)</math>", mathml),
}
"""For each format how a number stands by itself in running text or in a table, and its reader."""


@pytest.mark.parametrize("command", ["train", "flow"])
@pytest.mark.parametrize("config", tried(CONFIGS))
def test_tables_of_many_steps_have_their_numbers(config: str, command: str) -> None:
    path = REPOSITORY / "configs" / f"{config}.yaml"
    try:
        if command == "train":
            solution = nntrace.load(path).train(epochs=3).solution
        else:
            solution = flows([FlowVariant("", build(load(str(path))))], Settings())
    except nntrace.UserError:
        return
    tables = [block for section in solution.sections for block in section.blocks if isinstance(block, Table)]
    cells = (cell for table in tables for row in table.rows for cell in row)
    wanted = [text(cell[0], UNICODE) for cell in cells if len(cell) == 1 and isinstance(cell[0], Num)]
    for format, (pattern, back) in NUMBERS.items():
        page = "\n".join(render(solution, format, width=100, script=UNICODE))
        found = iter([back(number) for number in re.findall(pattern, page)])
        assert [number for number in wanted if number not in found] == [], format


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

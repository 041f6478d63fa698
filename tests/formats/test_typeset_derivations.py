"""Every line of the derivations and merged layers of the shipped networks, read back from each typeset format and
computed again: the page's own lines take the place of those of JSON, in the readers that ``derive`` has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from derivation_reader import Reading, same
from networks import ALIKE
from shipped import CONFIGS, tried
from symbolic_reader import Index, Matrix, dual
from typeset_reader import bare
from typeset_sheets import STEPS, Steps, forms

from nntrace.expr.script import UNICODE
from nntrace.formats import render
from nntrace.network.apart import apart
from nntrace.network.building.build import build
from nntrace.network.model import Network
from nntrace.solution.content.model import Solution
from nntrace.solution.derive.question import Question
from nntrace.solution.derive.sheet import Derivation
from nntrace.solution.sheets.collapse import collapsed
from nntrace.spec import load

LETTERS = r"(?:1_|[^\W\d])(?:[^\W²³⁴ᵀ]|[\u0302-\u0304′⁺⁽⁾])*"
SPELLED = re.compile(LETTERS + r"(?:\[[a-z\d,]+\])?")
"""A name in JSON; ``1_2`` is a column of ones."""
PRINTED = re.compile(LETTERS.replace("1_", "1(?=[^\\W])"))
"""A name that was read back from a page."""


def sheet_of(solution: Solution, page: Steps | None = None) -> dict[str, Any]:
    """The sheet of JSON, with the forms of a typeset page in place of its own. Names are spelled as in JSON."""
    sheet: dict[str, Any] = json.loads("\n".join(render(solution, "json", width=80, script=UNICODE)))
    if page is None:
        return sheet
    assert set(page) == {step["id"] for step in sheet["steps"]}
    spelled: dict[str, str] = {}
    for step in sheet["steps"]:
        for text in (step["name"], *(line["text"] for line in step["lines"])):
            for name in SPELLED.findall(text):
                assert spelled.setdefault(bare(name), name) == name
    for step in sheet["steps"]:
        printed = (PRINTED.sub(lambda word: spelled.get(bare(word[0]), word[0]), form) for form in page[step["id"]])
        step["name"], before, name = None, None, ""
        for line in step["lines"]:
            left, *body = forms(line["text"])
            if not body:
                step["name"] = step["name"] or next(printed)
                line["text"] = next(printed)
                continue
            name = name if left == before else next(printed)
            before = left
            line["text"] = " = ".join([name, *(next(printed) for _ in body)])
        step["name"] = step["name"] or name
        assert list(printed) == []
    return sheet


def page_of(solution: Solution, format: str) -> str:
    return "\n".join(render(solution, format, width=80, script=UNICODE))


def derived(path: Path) -> tuple[Network, Solution]:
    derivation = Derivation(build(load(str(path)), numbers=False), Question())
    return derivation.network, derivation.solution()


def merged(path: Path) -> tuple[Network, Solution]:
    network = build(load(str(path)), numbers=False)
    return apart(network, ("parameter",)), collapsed(network)


def problems(network: Network, sheet: dict[str, Any]) -> list[str]:
    """Every line of a sheet that is not what its step's name means."""
    if sheet["steps"][0]["section"] == "collapse":
        return list(disagreements(sheet, Reading(network, {"steps": []})))
    return list(Reading(network, sheet).disagreements())


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("alike") / "net.yaml"
    path.write_text(ALIKE, "utf-8")
    return path


@pytest.mark.parametrize("solved", [derived, merged])
def test_functions_of_one_kind_are_told_apart(alike: Path, solved: Callable[[Path], tuple[Network, Solution]]) -> None:
    sheet = sheet_of(solved(alike)[1])
    functions = set(re.findall(r"([a-z]+′?)\([a-z]\w?(?:_j)?(; [^)]+)?\)", str(sheet)))
    assert {("elu", "; 0.5"), ("elu", "; 0.25"), ("gelu", "; exact"), ("gelu", "; tanh"), ("softmax", "")} <= functions
    assert not functions & {("elu", ""), ("elu′", ""), ("gelu", ""), ("gelu′", "")}
    test_every_line_reads_back(alike, solved)


@pytest.mark.parametrize("solved", [derived, merged])
@pytest.mark.parametrize("path", tried(CONFIGS), ids=lambda path: path.stem)
def test_every_line_reads_back(path: Path, solved: Callable[[Path], tuple[Network, Solution]]) -> None:
    network, solution = solved(path)
    computed: list[dict[str, Any]] = []
    for format, steps in STEPS.items():
        sheet = sheet_of(solution, steps(page_of(solution, format)))
        if not network.has_numbers or not sheet["steps"]:
            assert texts(sheet) == texts(sheet_of(solution))
        elif sheet not in computed:
            assert problems(network, sheet) == [], format
            computed.append(sheet)


@pytest.mark.parametrize("format", STEPS)
def test_a_wrong_line_is_caught(format: str) -> None:
    """The readers themselves: a number or a name changed on the page is no longer what the step is called."""
    (path,) = (path for path in CONFIGS if path.stem == "stacked-linear")
    for (network, solution), right, wrong in ((merged(path), "4.5", "4.6"), (derived(path), "max", "min")):
        page = page_of(solution, format)
        assert problems(network, sheet_of(solution, STEPS[format](page))) == []
        assert problems(network, sheet_of(solution, STEPS[format](page.replace(right, wrong))))


def texts(sheet: dict[str, Any]) -> list[str]:
    """Names and lines, without brackets and blanks."""
    every = [text for step in sheet["steps"] for text in (step["name"], *(line["text"] for line in step["lines"]))]
    return [re.sub("[() ]", "", text) for text in every]


def disagreements(sheet: dict[str, Any], reading: Reading) -> Iterator[str]:
    """Every line of merged layers that is not what its step's name means: of a batch, for its first sample."""
    known: dict[str, Any] = {}

    def whole(name: str) -> Any:
        if name in known:
            return known[name]
        if name not in reading.keys:  # of one element
            return reading.look(name, ())
        key = reading.keys[name]
        array = reading.values[key]
        return reading.laid_out(key, array[0] if reading.network.tensors[key].sampled else array)

    def look(name: str, index: tuple[int, ...]) -> float:
        return float(known[name][index]) if name in known else reading.look(name, index)

    def skip(kind: str, name: str) -> Any:  # an activation by its name
        return np.nan

    for step in sheet["steps"]:
        if step["value"] is not None:
            known.setdefault(step["name"], np.array(step["value"], dtype=float))
        names = [*reading.names, *known]
        between = Matrix(names, whole, reading.whole_partial, skip)
        inside = Index(names, look, reading.partial, reading.slope, reading.extent)
        for line in step["lines"]:
            *before, text = forms(line["text"])
            name = before[0] if before else step["name"]
            if name not in names and (found := re.fullmatch("(.+)_([a-z]+)", name)):
                whole_name, letters = found.groups()
                for place in product(*map(range, np.shape(whole(whole_name)))):
                    at = dict(zip(letters, place, strict=False))
                    if not same(dual(inside.evaluate(text, at)).value, whole(whole_name)[place]):
                        yield f"{text} is not {name} at {at}"
            elif not same(between.evaluate(text), whole(name)):
                yield f"{text} is not {name}"

"""The machine's sheet against its schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import nntrace.formats
from nntrace.errors import UserError
from nntrace.expr.script import ASCII, UNICODE
from nntrace.formats import names, render
from nntrace.solution.content.model import Solution

SCHEMA = json.loads((Path(nntrace.formats.__file__).parent / "sheet.schema.json").read_text(encoding="utf-8"))


def sheet(solution: Solution, script: object = UNICODE) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    text = "\n".join(render(solution, "json", width=80, script=script))  # type: ignore[arg-type]
    assert script is UNICODE or text.isascii()
    return json.loads(text, parse_constant=refuse)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", ["homework", "furniture"])
def test_a_sheet_follows_the_schema(
    name: str, golden: Callable[[str, str], None], request: pytest.FixtureRequest
) -> None:
    solution = request.getfixturevalue(name)
    jsonschema.Draft202012Validator(SCHEMA).validate(sheet(solution))
    assert sheet(solution, ASCII) == sheet(solution)
    golden(f"{name}.json", "\n".join(render(solution, "json", width=80, script=UNICODE)) + "\n")


def test_the_keys_stand_in_the_order_of_the_schema(homework: Solution) -> None:
    known = [{"values": {"i1": 2.0}, "loss": 2.5}, {"values": {"i1": float("nan")}, "loss": 0.0}]
    batch = homework._replace(results=homework.results._replace(samples=known, state={"v": {"w21": -1.5}}))
    of_derivations = ("shapes", "remarks", "legend", "runs")
    assert list(sheet(batch)) == [key for key in SCHEMA["properties"] if key not in ("iterations", *of_derivations)]
    assert list(sheet(homework)) == [key for key in sheet(batch) if key not in ("samples", "state")]
    assert sheet(batch)["samples"] == [known[0], {"values": {"i1": None}, "loss": 0.0}]
    jsonschema.Draft202012Validator(SCHEMA).validate(sheet(batch))
    step, line = sheet(homework)["steps"][0], SCHEMA["$defs"]["line"]
    assert list(step) == list(SCHEMA["$defs"]["step"]["properties"])
    assert list(step["lines"][0]) == list(line["properties"])


def test_what_a_command_does_not_compute_is_left_out(furniture: Solution) -> None:
    assert list(sheet(furniture)) == ["schema", "title", "source", "conventions", "steps", "values", "checks"]


def test_what_is_no_number_is_null(furniture: Solution) -> None:
    assert sheet(furniture)["values"] == {"ŷ": None, "W2": [[1.0, None], [None, 2.0]]}


def test_a_local_derivative_is_an_equation_of_its_own(furniture: Solution) -> None:
    line = sheet(furniture)["steps"][0]["lines"][0]
    assert line == {"kind": "local", "relation": "=", "text": "∂h/∂a = a × (1 - a)", "note": "quotient rule"}


def test_a_format_is_a_file() -> None:
    assert {"json", "txt"} <= set(names())
    assert not {"terminal", "page", "typeset"} & set(names())
    with pytest.raises(
        UserError,
        match=r"^there is no output format 'docx'\n  known here: terminal, csv, html, json, md, pdf, png, svg, .*$",
    ):
        render(None, "docx", width=80, script=UNICODE)  # type: ignore[arg-type]

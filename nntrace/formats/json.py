"""The machine's sheet: one JSON object, as ``sheet.schema.json`` describes it, each step on a line of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite, isinf
from pathlib import Path
from typing import Any

from ..expr.lazy import Lazy
from ..expr.script import UNICODE, Script
from ..expr.text import text
from ..solution.content.model import (
    Check,
    Family,
    Line,
    LineKind,
    Matrix,
    Note,
    Remark,
    Solution,
    Step,
    Stretch,
    Table,
)
from ..solution.content.results import Results
from .page.breaking import enumerated, sentence

SCHEMA = "nntrace/1"
STEP_KEYS = ("id", "section", "name", "sample", "iteration", "lines", "value", "exact", "reason")


def schema_text() -> str:
    """The JSON Schema that every sheet follows."""
    return Path(__file__).with_name("sheet.schema.json").read_text(encoding="utf-8")


def write(solution: Solution, width: int, script: Script) -> Iterator[str]:
    """The object's lines. Its text is Unicode, escaped where the script is ASCII; the width does not matter."""

    encoder = json.JSONEncoder(ensure_ascii=script.ascii, allow_nan=False, default=_listed_out)

    def encode(value: object) -> str:
        try:
            return encoder.encode(value)
        except ValueError:  # a number that is none
            return encoder.encode(finite(value))

    symbols = UNICODE._replace(symbolic=solution.symbolic)
    yield f'{{"schema": {encode(SCHEMA)},'
    yield f' "title": {encode(solution.title)},'
    yield f' "source": {encode(solution.source)},'
    yield f' "conventions": {encode(solution.conventions)},'
    if solution.results.iterations is not None:
        yield from _listed("iterations", map(encode, _iterations(solution)))
    else:
        yield from _listed("steps", map(encode, _steps(solution, symbols)))
    if any(section.name == "shapes" for section in solution.sections):
        yield from _listed("shapes", map(encode, _shapes(solution)))
        yield from _listed("remarks", map(encode, _remarks(solution)))
    if solution.legend is not None:
        yield f' "legend": {encode(_legend(solution, symbols))},'
    for key, value in _results(solution.results).items():
        yield f" {encode(key)}: {encode(value)},"
    yield f' "checks": {encode(_checks(solution))}}}'


def _listed(key: str, items: Iterable[str]) -> Iterator[str]:
    """A list under a key, each of its items on a line of its own."""
    yield f' "{key}": ['
    last = ""
    for item in items:
        if last:
            yield f"  {last},"
        last = item
    if last:
        yield f"  {last}"
    yield " ],"


def _iterations(solution: Solution) -> Iterator[dict[str, object]]:
    """One object for each iteration: its whole sheet, or of many its results."""
    if not solution.iterations:
        yield from map(_results, solution.results.iterations or ())
    for one in solution.iterations:
        worked = {"steps": list(_steps(one, UNICODE)), "checks": _checks(one)} if one.sections else {}
        yield {**worked, **_results(one.results)}


def _shapes(solution: Solution) -> Iterator[dict[str, object]]:
    """Each tensor of a derivation: its name, what it is, its shape for one sample and for several."""
    tables = (block for section in solution.sections if section.name == "shapes" for block in section.blocks)
    for table in tables:
        if isinstance(table, Table):
            rows = (row for row in table.rows if not isinstance(row, Stretch))
            for name, role, one, several in (map(_words, row) for row in rows):
                yield {"name": name, "role": role, "one_sample": one, "samples": several}


def _legend(solution: Solution, script: Script) -> dict[str, object]:
    """What each letter of a derivation means, and the elements of the tensors whose elements have names."""
    blocks = (block for section in solution.sections if section.name == "network" for block in section.blocks)
    listed = {text(block.name, script): _elements(block, script) for block in blocks if isinstance(block, Matrix)}
    return {"letters": solution.legend, "tensors": listed}


def _elements(matrix: Matrix, script: Script) -> dict[str, object]:
    """The names in a matrix, row by row; null where there is no connection."""
    rows: list[list[str | None]] = []
    if isinstance(matrix.rows, tuple):
        rows = [[None if cell is None else text(cell, script) for cell in row] for row in matrix.rows]
    return {"elements": rows, "note": _words(matrix.note)}


def _remarks(solution: Solution) -> Iterator[dict[str, object]]:
    """The sentences between the steps, each with the id of the step before it."""
    last: str | None = None
    for section in solution.sections:
        for block in section.blocks:
            if isinstance(block, Step):
                last = block.id or last
            elif isinstance(block, Remark):
                yield {"section": section.name, "after": last, "text": _words(block.words)}


def _steps(solution: Solution, script: Script) -> Iterator[dict[str, object]]:
    """Every numbered step of a sheet, in order: of a table those that its rows stand for."""
    for section in solution.sections:
        for block in section.blocks:
            match block:
                case Family():
                    yield from _family_objects(block, script)
                case Table():
                    yield from (step_object(step, script) for step in block.steps)
                case Step():
                    yield step_object(block, script)


def _family_objects(family: Family, script: Script) -> Iterator[dict[str, object]]:
    """The steps of a family."""
    from .page.family_texts import FamilyTexts, PlainText  # only for long listings

    texts = FamilyTexts(family, PlainText(script))
    note = _words(*family.notes)
    for place in family.places:
        lines = [
            _line(kind, "=", form, note) if kind == "formula" else _line(kind, "≈", form, None)
            for kind, form in texts.forms(place)
        ]
        name, value = texts.result_names[place], family.value(place)
        own = {"id": family.id(place), "section": family.section, "name": name, "lines": lines, "value": value}
        yield {**dict.fromkeys(STEP_KEYS), **own}


def _checks(solution: Solution) -> list[dict[str, Any]]:
    blocks = (block for section in solution.sections for block in section.blocks)
    return [{"name": _words(one.words), "status": one.status} for one in blocks if isinstance(one, Check)]


def _results(results: Results) -> dict[str, object]:
    """The keys that the command computed, in the order of the schema."""
    every = {
        "learning_rate": results.learning_rate,
        "loss": results.loss and _known(results.loss._asdict()),
        "values": results.values,
        "samples": results.samples,
        "gradients": results.gradients,
        "updated": results.updated,
        "state": results.state,
        "runs": None if results.runs is None else [one._asdict() for one in results.runs],
    }
    return _known(every)


def _known(values: Mapping[str, object]) -> dict[str, object]:
    """Those that are known."""
    return {key: value for key, value in values.items() if value is not None}


def step_object(step: Step, script: Script = UNICODE) -> dict[str, Any]:
    """A step and its lines; a path belongs to the backward pass."""
    lines = [line_object(line, script) for line in step.lines]
    reason = _words(*(((step.case,),) if step.case else ()), step.reason, script=script)
    if reason is None and isinstance(step.value, float) and isinf(step.value):
        reason = lines[-1]["text"]  # its digits, beyond all floats
    return {
        "id": step.id,
        "section": "backward" if step.section == "paths" else step.section,
        "name": text(step.name, script),
        "sample": step.sample,
        "iteration": step.iteration,
        "lines": lines,
        "value": step.value if isinstance(step.value, float | None) else list(step.value),
        "exact": None if step.exact is None else str(step.exact),
        "reason": reason,
    }


def line_object(line: Line, script: Script = UNICODE) -> dict[str, Any]:
    """A line's text without its relation; a local derivative's is an equation of its own."""
    body = text(line.body, script)
    equation = body if line.left is None else f"{text(line.left, script)} {line.relation} {body}"
    return _line(line.kind, line.relation, equation, _words(*line.notes, script=script))


def _line(kind: LineKind, relation: str, text: str, note: str | None) -> dict[str, Any]:
    return {"kind": kind, "relation": relation, "text": text, "note": note}


def _words(*notes: Note, script: Script = UNICODE) -> str | None:
    return sentence(enumerated(filter(None, notes), script)) or None


def _listed_out(value: object) -> object:
    """A sequence whose members were not made yet, as a list."""
    if isinstance(value, Lazy):
        return list(value)
    raise TypeError(f"{type(value).__name__} is nothing that JSON has")


def finite(value: object) -> object:
    """The same value with null for what is no number in JSON: NaN and the infinities."""
    match value:
        case float():
            return value if isfinite(value) else None
        case Mapping():
            return {key: finite(inner) for key, inner in value.items()}
        case list() | tuple() | Lazy():
            return [finite(inner) for inner in value]
        case _:
            return value

"""The matrix view, read back from its text: formula, numbers put in and value are the element view's arrays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from networks import DRAWN, generate
from symbolic_reader import AtKink, Matrix
from test_derive import BATCH, CONFIGS, Reading, same

from nntrace.catalogue import KINDS
from nntrace.expr import Sum, Sym, Tensor, matrix_form, shape
from nntrace.expr.text import ASCII, UNICODE, text
from nntrace.formats import render
from nntrace.network.build import build
from nntrace.network.model import Network
from nntrace.solution.derive.sheet import Derivation, Question
from nntrace.solution.sheet import Settings, Sheet
from nntrace.spec import load, read

DIGITS = 12


def steps_of(network: Network) -> tuple[list[dict[str, Any]], Reading]:
    """The matrix steps of an update, and the reading of the network's derivation for its names and slopes."""
    sheet = Sheet(network._replace(iterations=1), Settings(digits=DIGITS, view="matrix", full=True))
    lines = render(sheet.step(network.learning_rate or 1), "json", width=80, script=UNICODE)
    derived = Derivation(network, Question()).solution()
    reading = Reading(network, json.loads("\n".join(render(derived, "json", width=80, script=UNICODE))))
    return [step for step in json.loads("\n".join(lines))["steps"] if step["id"].startswith("M")], reading


def wrong_lines(network: Network) -> Iterator[str]:
    steps, reading = steps_of(network)
    reader = Matrix(
        [*reading.names, "lr"], lambda name: look(network, reading, name), reading.whole_partial, reading.call
    )
    for step in steps:
        if step["section"] == "update":
            continue
        if step["name"] == reading.loss + "⁽ⁿ⁾" and reading.per_sample:
            expected = reading.laid_out(reading.per_sample, reading.values[reading.per_sample])
        else:
            expected = reader.evaluate(step["name"])
        for line in step["lines"]:
            if line["kind"] == "substitution" and "softmax(" in line["text"]:
                continue  # a function of numbers, whose value is in the next line
            if line["kind"] == "substitution" and any(f"{kind}(" in line["text"] for kind in KINDS["activation"]):
                continue
            found = reader.evaluate(line["text"])
            if not close(found, expected):
                yield f"{step['id']} {step['name']}: {line['text']} is {found!r}, not {expected!r}"
        if step["value"] is not None and not same(step["value"], expected):
            yield f"{step['id']} has the value {step['value']}, not {expected!r}"


def look(network: Network, reading: Reading, name: str) -> Any:
    if name == "lr":
        return float(network.learning_rate or 1)
    return reading.whole(name)


def close(found: Any, expected: Any) -> bool:
    """Equal within the twelve digits that are printed."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return True
    if found.size != expected.size and 1 not in (found.size, expected.size):
        return False
    return bool((np.abs(found - expected) <= 1e-7 * (1 + np.abs(expected).max())).all())


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config(path: Any) -> None:
    network = build(load(str(path)), numbers=False)
    if network.has_numbers and network.samples_per_step is None:
        full = network.conventions._replace(rounding=type(network.conventions.rounding)())
        assert list(wrong_lines(network._replace(conventions=full))) == []


CHUNK = 10


@pytest.mark.parametrize("start", range(0, DRAWN, CHUNK))
def test_generated_networks(start: int) -> None:
    for seed in range(start, min(start + CHUNK, DRAWN)):
        source = generate(seed).text
        try:
            assert list(wrong_lines(build(read(source, "generated", None)))) == [], source
        except AtKink:
            continue


@pytest.mark.parametrize("loss", list(KINDS["loss"]))
@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_a_batch(vectors: str, loss: str) -> None:
    source = BATCH.replace("VECTORS", vectors).replace("LOSS", loss)
    assert list(wrong_lines(build(read(source, "batch", None)))) == []


WRONG = [("W2ᵀ δ2", "W2 δ2"), ("δ1 xᵀ", "x δ1ᵀ"), ("ŷ - y", "y - ŷ"), ("W1 x + b1", "W1 x - b1")]


@pytest.mark.parametrize(("right", "wrong"), WRONG, ids=[wrong for _, wrong in WRONG])
def test_a_wrong_line_is_caught(monkeypatch: pytest.MonkeyPatch, right: str, wrong: str) -> None:
    network = build(load(str(next(path for path in CONFIGS if path.stem == "homework3-q2-numbers"))))
    steps, reading = steps_of(network)
    lines = [line for step in steps for line in step["lines"] if line["text"] == right]
    assert lines
    for line in lines:
        line["text"] = wrong
    monkeypatch.setattr("test_matrix_view.steps_of", lambda network: (steps, reading))
    try:
        problems = list(wrong_lines(network))
    except ValueError:
        return
    assert problems


# ------------------------------------------------------------------------------------------------- the form by itself

W, x, b, g, t = map(Tensor, ("W", "x", "b", "g", "t"))
FORMS = [
    (Sum("i", x["i"] * W["j", "i"]) + b["j"], ("j", None), "W x + b"),
    (g["j"] * x["i"], ("j", "i"), "g xᵀ"),
    (Sum("j", g["j"] * W["j", "i"]), ("i", None), "Wᵀ g"),
    (Sum("k", (t["k"] - x["k"]) ** 2), (None, None), "(t - x)ᵀ (t - x)"),
    (Sum("k", g["k"]), (None, None), "1_kᵀ g"),
    (g["j"] * x["j"], ("j", None), "g ⊙ x"),
    (Sum("j", Sum("i", W["j", "i"] ** 2)), (None, None), "1_jᵀ (W ⊙ W) 1_i"),
    (W["j", "j"] * x["j"], ("j", None), None),
    (Sum("i", Sum("j", x["i"] * W["j", "i"] * W["i", "j"])), (None, None), None),
]


@pytest.mark.parametrize(("formula", "target", "expected"), FORMS, ids=[str(row[2]) for row in FORMS])
def test_a_form(formula: Any, target: Any, expected: str | None) -> None:
    def axes(symbol: Any) -> Any:
        return tuple(symbol.index) if len(symbol.index) == 2 else (symbol.index[0], None)

    found = matrix_form(formula, target, axes)
    if expected is None:
        assert found is None or "W" in text(found)
        return
    assert found is not None
    written = text(found)
    for symbol in "Wxbgt":
        for letters in ("_ji", "_ij", "_i", "_j", "_k"):
            written = written.replace(symbol + letters, symbol)
    assert written == expected
    assert shape(found) in (target, None)
    assert text(found, ASCII).isascii()
    assert Sym("W") not in (found,)

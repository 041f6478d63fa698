"""The matrix view, read back from its text: formula, numbers put in and value are the element view's arrays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from derivation_reader import Reading, same
from networks import ALIKE, BATCH, DRAWN, OF_ANY_OUTPUTS, generate, sampled
from shipped import CONFIGS, tried
from stepping import rate_of, stepped
from symbolic_reader import FUNCTIONS, OPTIONS, AtKink, Dual, Index, Matrix, dual, shape_differs, shape_of, signs
from test_self_proof import object_of

from nntrace.catalogue import KINDS
from nntrace.expr import Indexed, Sum, Sym
from nntrace.expr.matrices import matrix_form, shape
from nntrace.expr.script import ASCII, UNICODE
from nntrace.expr.text import text
from nntrace.formats import render
from nntrace.formats.page.rows import columns
from nntrace.network.apart import apart
from nntrace.network.building.build import build
from nntrace.network.model import Element, Network, Tensor
from nntrace.network.quantities import parameters, quantity
from nntrace.network.tensor_parts import parts_of
from nntrace.solution.derive.question import Question
from nntrace.solution.derive.sheet import Derivation
from nntrace.solution.formulas.parts import PARTED
from nntrace.solution.formulas.tensor import TensorFormulas
from nntrace.solution.sheets.calculation import Sheet
from nntrace.solution.sheets.settings import Settings
from nntrace.solution.steps.ids import Ids
from nntrace.spec import load, read

DIGITS = 12
ROUNDED_AWAY = 1e-15


def steps_of(network: Network) -> tuple[list[dict[str, Any]], Reading]:
    """The matrix steps of an update, and the reading of the network's derivation for its names and slopes."""
    digits = DIGITS if network.conventions.rounding.places is None else None  # carried digits are what they are
    solution = stepped(network._replace(iterations=1), Settings(digits=digits, view="matrix", full=True))
    lines = render(solution, "json", width=80, script=UNICODE)
    parted = apart(network, PARTED)
    derived = Derivation(parted, Question()).solution()
    reading = Reading(parted, json.loads("\n".join(render(derived, "json", width=80, script=UNICODE))))
    return [step for step in json.loads("\n".join(lines))["steps"] if step["id"].startswith("M")], reading


def wrong_lines(network: Network) -> Iterator[str]:
    steps, reading = steps_of(network)
    if any(((array != 0) & (abs(array) < ROUNDED_AWAY)).any() for array in reading.values.values()):
        raise AtKink  # what is exactly 0 on the sheet, in doubles nearly
    reader = Matrix(
        [*reading.between_matrices, "lr"], lambda name: look(network, reading, name), reading.whole_partial,
        reading.call,
        down=network.conventions.vectors == "columns",
    )  # fmt: skip
    stated: dict[str, Any] = {}
    for step in steps:
        if step["section"] == "update":
            continue
        if step["name"] == reading.loss + "⁽ⁿ⁾" and reading.per_sample:
            expected = reading.laid_out(reading.per_sample, reading.values[reading.per_sample])
        else:
            expected = reader.evaluate(step["name"])
        for line in step["lines"]:
            if statement := STATEMENT.fullmatch(line["text"]):
                yield from wrong_statement(*statement.groups(), stated)
                continue
            if line["kind"] == "formula":
                yield from wrong_shapes(line, np.shape(np.atleast_2d(expected)))
            if line["kind"] == "substitution" and "softmax(" in line["text"]:
                continue  # a function of numbers, whose value is in the next line
            if line["kind"] == "substitution" and any(f"{kind}(" in line["text"] for kind in KINDS["activation"]):
                continue
            found = reader.evaluate(line["text"])
            if shape_differs(line["text"], found, expected) or not close(found, expected):
                yield f"{step['id']} {step['name']}: {line['text']} is {found!r}, not {expected!r}"
        if step["value"] is not None and not same(step["value"], expected):
            yield f"{step['id']} has the value {step['value']}, not {expected!r}"


STATEMENT = re.compile(rf"([a-z_]+)(′?)\(([a-z])({OPTIONS.pattern})\) = (.*)")
POINTS = (-3.7, -2.3, -0.7, 0.4, 1.9, 4.1)


def wrong_statement(
    name: str, prime: str, letter: str, options: str, formula: str, stated: dict[str, Any]
) -> Iterator[str]:
    """``sigmoid(z) = …`` is kept; ``sigmoid′(z) = …`` must be its slope, ``elu′(z; 2) = …`` that of ``elu(z; 2)``."""
    kind = name + options

    def value(argument: Any, known: Any = None) -> Any:
        def nothing(*of: Any) -> Any:
            raise AssertionError(of)

        functions = {**FUNCTIONS, **({kind: known} if known else {})}
        reader = Index([letter], lambda name, cell: argument, nothing, nothing, nothing, functions)
        return dual(reader.evaluate(formula, {}))

    if not prime:
        if stated.setdefault(kind, value) is not value:
            yield f"{kind} is stated twice"
        return
    function = stated.get(kind) or FUNCTIONS[kind]
    for point in POINTS:
        one, other = value(Dual(point), function).value, function(Dual(point, 1.0)).slope
        if abs(one - other) > 1e-9:
            yield f"{kind}′({point}) = {formula} is {one!r}, not {other!r}"


def wrong_shapes(line: dict[str, Any], expected: tuple[int, ...]) -> Iterator[str]:
    """The shapes beside a formula are those of a product that exists, and have the formula's signs."""
    note = line["note"]
    if shape_of(note) != expected:
        yield f"{line['text']}: {note} is not {expected}"
    if " = " in note and signs(note.rpartition(" = ")[0]) != signs(line["text"]):
        yield f"{line['text']}: {note} has other signs"


def look(network: Network, reading: Reading, name: str) -> Any:
    if name == "lr":
        return float(rate_of(network))
    return reading.whole(name)


def close(found: Any, expected: Any) -> bool:
    """Equal within the twelve digits that are printed."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return True
    if found.size != expected.size and 1 not in (found.size, expected.size):
        return False
    return bool((np.abs(found - expected) <= 1e-7 * (1 + np.abs(expected).max())).all())


@pytest.mark.parametrize("path", tried(CONFIGS), ids=lambda path: path.stem)
def test_a_config(path: Any) -> None:
    network = build(load(str(path)), numbers=False)
    if network.has_numbers and network.samples_per_step is None:
        full = network.conventions._replace(rounding=type(network.conventions.rounding)())
        assert list(wrong_lines(network._replace(conventions=full))) == []


CHUNK = 10


@pytest.mark.parametrize("start", range(0, DRAWN, CHUNK))
def test_generated_networks(start: int) -> None:
    for seed in range(start, min(start + CHUNK, DRAWN)):
        source = sampled(seed)
        try:
            assert list(wrong_lines(build(read(source, "generated", None)))) == [], source
        except AtKink:
            continue


@pytest.mark.grid
@pytest.mark.parametrize("loss", OF_ANY_OUTPUTS)
@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_a_batch(vectors: str, loss: str) -> None:
    source = BATCH.replace("VECTORS", vectors).replace("LOSS", loss)
    assert list(wrong_lines(build(read(source, "batch", None)))) == []


@pytest.mark.grid
@pytest.mark.parametrize("vectors", ["columns", "rows"])
@pytest.mark.parametrize("loss", ["mse", "hinge", "huber", "absolute_error"])
@pytest.mark.parametrize("kind", ["softmax", "log_softmax", "tanh", "hard_sigmoid"])
def test_one_sample(kind: str, loss: str, vectors: str) -> None:
    source = CARRIED.replace("VECTORS", vectors).replace("KIND", "tanh").replace("PENALTY", "penalty: {l1: 0.1, l2: 2}")
    source = source.replace("{carry: 3}", "full").replace("bias: {b: 0.1}", "bias: {b: 0.1}\n    activation: " + kind)
    source = source.replace("{t: [0.7, 0.2]}", "{t: [1, 0]}").replace("mse: J", f"{loss}: J")
    assert list(wrong_lines(build(read(source, "one sample", None)))) == []


# ---------------------------------------------------------------------------------- the same numbers as by elements

CARRIED = """
inputs: {x: [0.37, -1.23]}
targets: {t: [0.7, 0.2]}
vectors: VECTORS
layers:
  - dense: 2
    weights: [[0.77, -0.31], [0.19, 0.53]]
    biases: [0.1, -0.2]
    activation: KIND
  - dense: 2
    weights: [[0.27, -0.91], [1.19, 0.33]]
    bias: {b: 0.1}
loss: {mse: J}
learning_rate: 1/3
PENALTY
rounding: {carry: 3}
"""
SINGLE = """
inputs: [x]
targets: [t]
samples: [[0.37, 1], [1.23, 0]]
layers:
  - dense: [y]
    weights: {y: {w: 0.77}}
    biases: {b: 0.1}
loss: {mse: J}
learning_rate: 1
rounding: {carry: 3}
"""


def differences(network: Network) -> Iterator[str]:
    """Every matrix that has other digits than the steps of its elements, and every ``=`` that is not exact."""
    lines = render(stepped(network, Settings(view="all", full=True)), "json", width=80, script=UNICODE)
    steps = {step["id"]: step for step in json.loads("\n".join(lines))["steps"]}
    ids, formulas = Ids(network), TensorFormulas(network)
    named: dict[str, tuple[str, Tensor]] = {}
    for key, tensor in network.tensors.items():
        letter = {"unit": "F", "loss": "L"}.get(tensor.role, "")
        named[text(formulas.name(key))] = (letter, tensor)
        named[text(formulas.name(key)) + "⁺"] = ("U", tensor)
        if tensor.role != "target":
            named[text(formulas.gradient_name(key))] = ("B", tensor)
    for step in [step for id, step in steps.items() if id.startswith("M")]:
        letter, tensor = named[step["name"]]
        own, before = step["lines"][-1], step["lines"][-2]
        shown = re.findall(r"[^][, ]+", own["text"])
        cells = list(tensor.cells())
        if (len(tensor.shape) > 1) and tensor.sampled and network.conventions.vectors == "columns":
            cells.sort(key=lambda cell: cell[::-1])
        elements = [steps[ids.of(letter, Element(tensor.key, cell))]["lines"][-1] for cell in cells]
        if shown != [element["text"] for element in elements]:
            yield f"{step['id']} {step['name']}: {own['text']}, by elements {elements}"
        if own["relation"] == "≈" and all(element["relation"] == "=" for element in elements):
            yield f"{step['id']} {step['name']}: nothing is rounded, but ≈"
        if own["relation"] == "=" and before["kind"] == "substitution":
            reader = Matrix([], look_nothing, look_nothing, look_nothing)
            found, expected = (reader.evaluate(t["text"].replace("relu(", "max(0, ")) for t in (before, own))
            if not np.allclose(found, expected, rtol=1e-13, atol=1e-15):
                yield f"{step['id']} {step['name']}: {before['text']} is {found!r}, not {own['text']}"


def look_nothing(*names: str) -> Any:
    raise AssertionError(names)


@pytest.mark.grid
@pytest.mark.parametrize("penalty", ["", "penalty: {l2: 0.01}", "penalty: {l1: 0.01, l2: 0.02}"])
@pytest.mark.parametrize("samples", [False, True], ids=["one", "batch"])
@pytest.mark.parametrize("kind", ["relu", "sigmoid"])
@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_carried_numbers_are_those_of_the_elements(vectors: str, kind: str, samples: bool, penalty: str) -> None:
    source = CARRIED.replace("VECTORS", vectors).replace("KIND", kind).replace("PENALTY", penalty)
    if samples:
        source = source.replace("[0.37, -1.23]", "{size: 2}").replace("[0.7, 0.2]", "{size: 2}")
        source += "samples: [[0.37, -1.23, 0.7, 0.2], [-0.41, 0.87, 0.1, 0.9], [1, 0.5, -0.3, 0.6]]\n"
    assert list(differences(build(read(source, "carried", None)))) == []


def test_a_carried_batch_of_one_unit() -> None:
    network = build(read(SINGLE, "single", None))
    assert list(differences(network)) == []
    steps, _ = steps_of(network)
    relations = {step["name"]: [line["relation"] for line in step["lines"]] for step in steps}
    assert relations["δ_y"] == ["=", "=", "=", "=", "="]
    assert relations["∂J/∂w"] == ["=", "=", "≈"]


# ----------------------------------------------------------------------------------------- what is used is stated

HIDDEN = CARRIED.replace("{carry: 3}", "full").replace("PENALTY", "").replace("VECTORS", "columns")


@pytest.mark.grid
@pytest.mark.parametrize("kind", list(KINDS["activation"]))
def test_an_activation_is_stated_once(kind: str) -> None:
    network = build(read(HIDDEN.replace("activation: KIND", f"activation: {kind}"), "hidden", None))
    steps, _ = steps_of(network)
    lines = [line["text"] for step in steps for line in step["lines"]]
    stated = [line for line in lines if STATEMENT.fullmatch(line)]
    used = [line for line in lines if f"{kind}(" in line or f"{kind}′(" in line]
    for called in (f"{kind}(", f"{kind}′("):
        has_own_name = kind in FUNCTIONS and called == f"{kind}("  # tanh, sign: nothing else to call it
        if any(called in line for line in used) and not has_own_name:
            assert any(line.startswith(called) for line in stated) or "softmax" in kind
    assert list(wrong_lines(network)) == []


def test_an_option_that_says_the_default_states_no_function_again() -> None:
    source = HIDDEN.replace("activation: KIND", "activation: {gelu: u, form: exact}")
    source = source.replace("bias: {b: 0.1}", "bias: {b: 0.1}\n    activation: gelu")
    steps, _ = steps_of(build(read(source, "hidden", None)))
    stated = [line["text"] for step in steps for line in step["lines"] if STATEMENT.fullmatch(line["text"])]
    assert [line[:5] for line in stated] == ["gelu(", "gelu′", "gelu′"]  # the slope in two forms


def test_functions_of_one_kind_are_stated_apart() -> None:
    network = build(read(ALIKE, "alike", None))
    lines = [line["text"] for step in steps_of(network)[0] for line in step["lines"]]
    stated = {found.group(1) + found.group(4) for line in lines if (found := STATEMENT.fullmatch(line))}
    assert stated == {"elu; 0.5", "elu; 0.25", "gelu; exact", "gelu; tanh"}
    assert list(wrong_lines(network)) == []


def test_a_kink_names_its_convention_and_the_elements() -> None:
    step = next(step for step in steps_of(build(read(HIDDEN.replace("KIND", "relu"), "hidden", None)))[0] if
                step["name"] == "δ1")  # fmt: skip
    assert step["lines"][0]["text"] == "relu′(z) = 1[z > 0]"
    assert step["lines"][0]["note"] == "at a kink the left slope (relu_at_zero: 0)"
    assert step["reason"] == "z1[1] = 0.7662 > 0, z1[2] = -0.7816 ≤ 0"


@pytest.mark.parametrize("vectors", ["columns", "rows"])
@pytest.mark.parametrize(("loss", "kind"), [("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid")])
def test_a_fused_loss_shows_what_cancels(loss: str, kind: str, vectors: str) -> None:
    source = HIDDEN.replace("KIND", "tanh").replace("bias: {b: 0.1}", f"bias: {{b: 0.1}}\n    activation: {kind}")
    source = source.replace("{t: [0.7, 0.2]}", "{t: [1, 0]}").replace("mse: J", f"{loss}: J")
    network = build(read(source.replace("columns", vectors), "fused", None))
    lines = next(step["lines"] for step in steps_of(network)[0] if step["name"] == "δ2")
    texts = [line["text"] for line in lines if line["kind"] in ("chain", "rule", "formula")]
    assert texts[0] == "∂J/∂z2"
    assert "∂J/∂a2 ⊙ a2" in texts[1]
    assert "⊘" in texts[2]
    assert texts[3:] == ["a2 - t"]


TIED = """
inputs: {x1: 0.5, x2: -1.2}
targets: {t1: 0.3, t2: 0.8}
layers:
- dense: [h1, h2]
  weights: [[u, v], [u, null]]
- dense: [o1, o2]
  weights: [[0.3, 0.2], [0.6, -0.7]]
values: {u: 0.7, v: -0.4}
loss: mse
learning_rate: 0.1
"""


def test_what_has_no_matrix_form_is_given_by_its_elements() -> None:
    network = build(read(TIED, "tied", None))
    whole, matrices = (
        {step["id"]: step for step in json.loads("\n".join(render(
            stepped(network, Settings(view=view)), "json", width=80, script=UNICODE
        )))["steps"]} for view in ("all", "matrix")
    )  # fmt: skip
    elements = [id for id in matrices if not id.startswith("M")]
    assert elements == ["B5", "B6", "U1", "U2"]
    assert [matrices[id]["value"] for id in elements] == [whole[id]["value"] for id in elements]


def test_a_softmax_of_a_single_number() -> None:
    text = "inputs: {x: 2}\nlayers: [{let: {w: 3 * x}}, {softmax: [p]}]\nloss: p\nlearning_rate: 0.1\n"
    assert list(wrong_lines(build(read(text, "single", None)))) == []


def steps_in(network: Network, view: Any) -> dict[str, dict[str, Any]]:
    lines = render(stepped(network, Settings(view=view, full=True)), "json", width=80, script=UNICODE)
    return {step["id"]: step for step in json.loads("\n".join(lines))["steps"]}


@pytest.mark.parametrize("seed", range(3))
def test_every_number_is_in_a_matrix_or_by_its_elements(seed: int) -> None:
    network = build(read(generate(seed).text, "generated", None))._replace(iterations=1)
    elements, matrices = steps_in(network, "delta"), steps_in(network, "matrix")
    formulas, ids, parts = TensorFormulas(apart(network, PARTED)), Ids(network), parts_of(network, PARTED)
    whole = {step["name"] for id, step in matrices.items() if id.startswith("M")}
    gradients = [(key, list(network.tensors[key].cells()), key) for key in ids.gradients]
    for key in network.parameters:
        cells = list(network.tensors[key].cells())
        for part in parts.get(key, ()):
            gradients.append((key, [cell for cell in cells if part.moved(cell) is not None], part.tensor.key))
        gradients += [] if key in parts else [(key, cells, key)]
    sought = [("B", key, cells, formulas.gradient_name(part)) for key, cells, part in gradients]
    for letter, steps in ("F", network.layer_steps()), ("L", network.loss_steps()):
        for key in (step.output for step in steps):
            sought.append((letter, key, list(network.tensors[key].cells()), formulas.name(key)))
    missing = [(letter, key, cells) for letter, key, cells, name in sought if text(name) not in whole]
    own = {ids.of(letter, Element(key, cell)) for letter, key, cells in missing for cell in cells}
    assert own & elements.keys()
    assert [(id, matrices[id]["lines"]) for id in own & elements.keys()] == [
        (id, elements[id]["lines"]) for id in own & elements.keys()
    ]


SKIP = """
inputs: [x1, x2]
targets: [t]
samples: [[1, 2, 0], [0, 1, 1]]
values: {r: 0.7}
layers:
  - dense: [h]
    weights: [[1, 2]]
    activation: {relu: r}
  - dense: [y]
    weights: {r: {v1: 0.5}, x1: {v2: -1}}
    biases: {c: 0.5}
loss: mse
"""


def test_elements_stand_under_their_sample_and_what_follows_under_all() -> None:
    solution = stepped(build(read(SKIP, "skip", None)), Settings(view="matrix"))
    lines = [line for line in render(solution, "txt", width=120, script=UNICODE) if not line.startswith("  ")]
    start, end = lines.index("Forward"), lines.index("Loss")
    first = [line.split("  ")[0].split(" = ")[0] for line in lines[start + 1 : end] if line]
    assert first == ["M1", "Sample 1", "F2.1 r", "Sample 2", "F2.2 r", "All samples together", "M3"]


def test_a_sheet_of_gradients_says_where_its_first_numbers_are() -> None:
    network = build(read(TIED, "tied", None))
    sheet = Sheet(network, Settings(view="matrix"))
    found = "\n".join(render(sheet.gradient(parameters(network), named=False), "txt", width=120, script=UNICODE))
    first = re.search(r"^M(\d+)", found, re.MULTILINE)
    assert first is not None
    assert f"M1 to M{int(first[1]) - 1} work out the layers' results" in found


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


@pytest.mark.parametrize("note", ["[1×2][2×1] = [2×1]", "([1×2][2×1] = [2×1]) × [2×1] = [2×1]"])
def test_a_shape_that_is_not_the_results_is_caught(note: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        shape_of(note)


def test_a_number_that_stands_for_a_vector_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build(read(FOR_ALL.replace("FORMULA", "sum(k)^2 + t"), "net.yaml", None))
    steps, reading = steps_of(network)
    for line in (line for step in steps for line in step["lines"]):
        line["text"], line["note"] = line["text"].replace("1_2 1_2ᵀ k", "1_2ᵀ k"), "[2×1]"
    monkeypatch.setattr("test_matrix_view.steps_of", lambda network: (steps, reading))
    assert any("∂f/∂k: 2 × 1_2ᵀ k is" in problem for problem in wrong_lines(network))


FOR_ALL = """
inputs: {x: [1, 2]}
values: {v: [3, 4], t: 2, u: [0.5]}
layers: [{let: {k: v * x, h: u * t, f: 'FORMULA + sum(h)'}}]
loss: f
learning_rate: 0.1
"""


@pytest.mark.parametrize(("formula", "expected"), [
    ("sum(k)^2", "2 × 1_2 1_2ᵀ k"), ("-sum(k) * sum(x) / 2", "-1_2 1_2ᵀ x / 2"), ("sum(k)", "1_2"),
    ("t * sum(k)", "t × 1_2"), ("1 / sum(k)", "-(1 / (1_2ᵀ k)²) × 1_2"), ("t * sum(k) + k @ k", "t + 2 × k"),
    ("sum(k) * (mean(u) + t)", "(u + t) × 1_2"),
])  # fmt: skip
def test_a_number_for_all_elements_is_written_times_ones(formula: str, expected: str) -> None:
    """Alone it is no vector; beside a matrix, or as a matrix of one element, it stands by itself."""
    network = build(read(FOR_ALL.replace("FORMULA", formula), "net.yaml", None))
    steps, _ = steps_of(network)
    [lines] = [step["lines"] for step in steps if step["name"] == "∂f/∂k"]
    assert [line["text"] for line in lines if line["kind"] == "formula"] == [expected]
    assert not any("1_1" in line["text"] or "1/1" in line["text"] for step in steps for line in step["lines"])
    assert list(wrong_lines(network)) == []


# ------------------------------------------------------------------------------------------------- the form by itself

W, x, b, g, t = map(Indexed, ("W", "x", "b", "g", "t"))
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


# ------------------------------------------------------------------------------------------------------- narrow pages


@pytest.mark.grid
@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("path", tried(CONFIGS), ids=lambda path: path.stem)
def test_no_line_is_wider_than_the_page(path: Any, width: int) -> None:
    network = build(load(str(path)), numbers=False)
    if network.has_numbers:
        solution = stepped(network._replace(source="net.yaml"), Settings(view="matrix"))
        lines = render(solution, "txt", width=width, script=UNICODE)
        assert [line for line in lines if columns(line) > width] == []


@pytest.mark.grid
@pytest.mark.parametrize("width", [40, 60])
@pytest.mark.parametrize("penalty", ["", "penalty: {l1: 0.01, l2: 0.02}"])
@pytest.mark.parametrize("loss", OF_ANY_OUTPUTS)
@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_no_line_of_a_batch_is_wider_than_the_page(vectors: str, loss: str, penalty: str, width: int) -> None:
    source = BATCH.replace("VECTORS", vectors).replace("LOSS", loss) + penalty
    solution = stepped(build(read(source, "batch", None)), Settings(view="matrix"))
    lines = list(render(solution, "txt", width=width, script=UNICODE))
    assert [line for line in lines if columns(line) > width] == []


def test_a_product_that_goes_on_below_has_a_sign() -> None:
    network = build(load(str(next(path for path in CONFIGS if path.stem == "bits-2-3-2"))))
    lines = list(render(stepped(network, Settings(view="matrix")), "txt", width=40, script=UNICODE))
    start = lines.index("M12 ∂L/∂W2 = δ2 a1ᵀ   [2×1][1×3] = [2×3]")
    rows = ["           = [ -0.354 ]", "             [  0.495 ]", "             · [ 0.7  0.0  0.2 ]"]
    assert lines[start + 1 : start + 4] == rows


def test_shapes_stand_beside_the_relation_also_where_a_name_takes_half_the_page() -> None:
    source = SINGLE.replace("mse: J", "mse: a_long_name")
    lines = list(render(stepped(build(read(source, "net", None)), Settings(view="matrix")), "txt", width=40,
                        script=UNICODE))  # fmt: skip
    start = next(place for place, line in enumerate(lines) if line.endswith("∂a_long_name/∂w"))
    assert re.fullmatch(r"    = δ_y \S+ +\[1×2\]\[2×1\] = \[1×1\]", lines[start + 1])


# ------------------------------------------------------------------------------------------------------- the names


@pytest.mark.parametrize("path", tried(CONFIGS), ids=lambda path: path.stem)
def test_no_name_of_a_tensor_has_a_prime(path: Any) -> None:
    network = build(load(str(path)), numbers=False)
    names = [text(TensorFormulas(network).name(key)) for key in network.tensors]
    assert [name for name in names if "′" in name] == []
    assert len(set(names)) == len(names)


def test_a_letter_that_is_taken_is_a_capital_in_every_layer() -> None:
    network = build(load(str(next(path for path in CONFIGS if path.stem == "homework3"))))
    names = [TensorFormulas(network).name(key).name for key in ("x", "W1", "b1", "z1", "a1", "W2", "b2", "z2", "y")]
    assert names == ["x", "W1", "B1", "z1", "a1", "W2", "B2", "o", "t"]


def test_a_layer_has_the_letter_of_its_units_where_they_alone_are_numbered_by_it() -> None:
    name = TensorFormulas(build(read(NAMED.replace("9", "2").replace("KIND", "relu"), "net", None))).name
    assert [name(key).name for key in ("z1", "a1", "b1", "z2", "a2", "y")] == ["z", "a", "b", "o", "p", "t"]
    name = TensorFormulas(
        build(read(NAMED.replace("9", "2").replace("KIND: [a1, a2]", "relu: [z3, z4]"), "net", None))
    ).name
    assert [name(key).name for key in ("z1", "a1")] == ["Z1", "a1"]


def test_a_single_unit_has_its_own_name() -> None:
    network = build(load(str(next(path for path in CONFIGS if path.stem == "sigmoid-chain"))))
    names = [TensorFormulas(network).name(key).name for key in ("x", "W1", "b1", "z1", "a1")]
    assert names == ["x", "w1", "b1", "z1", "a1"]


NAMED = """
inputs: {x1: 1, x2: 2}
targets: {t1: 1, t2: 0}
layers:
- dense: [z1, z9]
  weights: [[1, 2], [3, 4]]
  biases: {b1: 0.5, b9: 1}
  activation: {KIND: [a1, a9]}
- dense: [o1, o9]
  weights: [[1, 2], [3, 4]]
  bias: {c: 0.5}
  activation: {softmax: [p1, p9]}
loss: mse
"""


@pytest.mark.parametrize("kind", ["relu", "softmax", "log_softmax"])
def test_layers_whose_names_the_units_have_are_capitals_and_no_primes(kind: str) -> None:
    """Also where the sum of a softmax would be a Z: it is an S then, on the same sheet."""
    network = build(read(NAMED.replace("KIND", kind), "net", None))
    name = TensorFormulas(network).name
    assert [name(key).name for key in ("z1", "a1", "b1", "z2", "a2")] == ["Z1", "A1", "B1", "Z2", "A2"]
    assert name("Z2").name == "S2"
    for solution in (stepped(network, Settings(view="all")), Derivation(network, Question()).solution()):
        written = "\n".join(render(solution, "txt", width=100, script=UNICODE))
        assert not re.search(r"[A-Za-z]\d′", written)


def test_a_layer_whose_capital_is_taken_too_has_two_of_them() -> None:
    source = NAMED.replace("KIND", "relu").replace("x1:", "Z1:").replace("x2:", "S2:")
    network = build(read(source, "net", None))
    name = TensorFormulas(network).name
    assert [name(key).name for key in ("z1", "z2", "a1", "Z2")] == ["ZZ1", "ZZ2", "A1", "Q2"]


THREE_AXES = """
inputs: {x: [1, 2]}
values: {W: NUMBERS}
layers: [{let: {g: 'W * x[1]', f: 'sum(g) * sum(x)'}}]
loss: f
learning_rate: 0.1
"""


@pytest.mark.parametrize("numbers", ["[[[1]]]", "[[[1, 2], [3, 4]]]", "[[[p, 2], [3, 4]]], p: 2"])
def test_a_tensor_of_three_axes_has_no_matrix_form(numbers: str) -> None:
    network = build(read(THREE_AXES.replace("NUMBERS", numbers), "three axes", None))
    assert steps_of(network)[0] == []
    words = "\n".join(render(stepped(network, Settings(view="all")), "txt", width=200, script=UNICODE))
    assert all(f"{name} has no matrix form, as it has more than two axes" in words for name in ("g", "∂f/∂g", "∂f/∂W"))
    shape = "[1×1×1]" if numbers == "[[[1]]]" else "[1×2×2]"
    derived = Derivation(network, Question()).solution()
    sheet = "\n".join(render(derived, "txt", width=80, script=UNICODE))
    assert re.search(rf"\nW +parameter +{re.escape(shape)} +{re.escape(shape)}\n", sheet)
    assert "∂f/∂W has no matrix form here" in sheet


def test_the_letter_of_the_samples_is_no_name() -> None:
    """Where a layer is called n, every sheet writes the same other letter."""
    text = "inputs: {x: {size: 2}}\nsamples: [[1, 2], [3, -1]]\nlearning_rate: 1\nloss: {of: f, over_samples: sum}\n"
    text += "layers: [{dense: n, weights: [[2, 1], [1, -1]]}, {let: {f: 'n[1] * n[2]'}}]\n"
    network = build(read(text, "called n", None))
    sheets = (stepped(network, Settings(view="all")), Derivation(network, Question()).solution())
    words = ["\n".join(render(one, "txt", width=120, script=UNICODE)) for one in sheets]
    assert not any("⁽ⁿ⁾" in one for one in words)
    assert "f⁽ʰ⁾ = n[1]⁽ʰ⁾ ⊙ n[2]⁽ʰ⁾" in words[0]
    assert "f^{(h)}" in "\n".join(render(stepped(network, Settings(view="all")), "tex", width=120, script=UNICODE))
    assert "∂n⁽ʰ⁾/∂x⁽ʰ⁾" in words[1]


JOINED = """
inputs: {x: [2, -2]}
targets: [1]
layers:
  - {dense: 2, weights: [[1, 0.5], [-0.5, -1]], activation: {relu: h}}
  - {dense: z, from: [h, x], weights: [[0.5, -0.5, 1, 2]]}
loss: mse
optimizer: {nesterov: {beta: 0.5}}
learning_rate: 0.1
iterations: 2
"""


@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_joined_arguments_meet_a_part_of_the_weights_each(vectors: str) -> None:
    rows = {"[[1, 0.5], [-0.5, -1]]": "[[1, -0.5], [0.5, -1]]", "[[0.5, -0.5, 1, 2]]": "[[0.5], [-0.5], [1], [2]]"}
    text = f"vectors: {vectors}{JOINED}"
    for columns_first, rows_first in rows.items() if vectors == "rows" else ():
        text = text.replace(columns_first, rows_first)
    network = build(read(text, "joined", None))
    assert list(wrong_lines(network)) == []
    noun, body = ("columns", "W2a h + W2b x") if vectors == "columns" else ("rows", "h W2a + x W2b")
    formulas = {step["name"]: step["lines"][-3]["text"] for step in steps_of(network)[0]}
    assert formulas["z"] == body
    assert formulas["∂L/∂W2b"] == ("δ_z xᵀ" if vectors == "columns" else "xᵀ δ_z")
    sheet = "\n".join(render(stepped(network, Settings(view="matrix")), "txt", width=120, script=UNICODE))
    assert f"W2b is {noun} 3 to 4 of W2\n" in sheet
    assert f"W̃2b is {noun} 3 to 4 of W̃2\n" in sheet
    bold = "\n".join(render(stepped(network, Settings(view="matrix")), "tex", width=120, script=UNICODE))
    assert r"$\mathbf{W}_{\mathrm{2a}}$ is " in bold
    assert r"\partial \mathbf{W}_{\mathrm{2a}}" in bold
    asked = quantity(network, Element("W2", (0, 2) if vectors == "columns" else (2, 0)))
    own = Sheet(network, Settings(view="matrix")).gradient([asked], named=True)
    assert [step["name"] for step in object_of(own)["steps"] if step["section"] == "backward"] == ["δ_z", "∂L/∂W2b"]


@pytest.mark.parametrize("kind", ["l2", "half_l2", "l1"])
@pytest.mark.parametrize("on", ["weights", "[W2]", "all"])
def test_a_penalty_sums_over_each_part_by_itself(kind: str, on: str) -> None:
    text = JOINED.replace("from: [h, x], weights: [[", "from: [x, h, x], weights: [[3, 5, ")
    text += f"penalty: {{{kind}: 0.25, on: {on}}}\n"
    network = build(read(text, "joined", None))
    assert list(wrong_lines(network)) == []
    steps = {step["name"]: step for step in steps_of(network)[0]}
    added = {"l2": "2 × 0.25 × W2b", "half_l2": "0.25 × W2b", "l1": "0.25 × sign(W2b)"}[kind]
    assert any(f"δ_z hᵀ + {added}" in line["text"] for line in steps["∂L/∂W2b"]["lines"])
    derived = "\n".join(render(Derivation(network, Question()).solution(), "txt", width=120, script=UNICODE))
    assert "Σ_i |W2a[1,i]| + Σ_i |W2b[1,i]|" in derived if kind == "l1" else "Σ_i W2a[1,i]² + Σ_i W2b[1,i]²" in derived


SINGLE_RESULTS = """
inputs: [x1, x2]
samples: [[1, 2], [3, -1]]
values: {v: [1, 2]}
layers:
  - {dense: y, from: x1, weights: [[2]]}
  - {dense: z, from: x2, weights: [[3]]}
  - {multiply: m, from: [y, z]}
  - let: {h: 'x1 * v + m * x2', f: 'sum(h)^2'}
loss: {of: f, over_samples: sum}
learning_rate: 0.1
"""


def test_what_is_a_number_of_each_sample_is_one_between_matrices() -> None:
    network = build(read(SINGLE_RESULTS, "single results", None))
    assert list(wrong_lines(network)) == []
    formulas = {step["name"]: step["lines"][-3]["text"] for step in steps_of(network)[0] if step["section"] != "update"}
    assert {name: formulas[name] for name in ("y", "m", "h", "δ_y", "∂f/∂v")} == {
        "y": "W1 x1⁽ⁿ⁾",
        "m": "y ⊙ z",
        "h": "v x1⁽ⁿ⁾ + 1_2 (m ⊙ x2⁽ⁿ⁾)",
        "δ_y": "∂f/∂m ⊙ z",
        "∂f/∂v": "(∂f/∂h) x1⁽ⁿ⁾ᵀ",
    }
    derived = Derivation(network, Question()).solution()
    sheet = "\n".join(render(derived, "txt", width=120, script=UNICODE))
    assert all(f"{name} = {formulas[name]}" in sheet for name in ("m", "h", "∂f/∂v"))


ONE_SAMPLE = """
inputs: {x: {size: 2}}
samples: [[1.8, 0.4]]
values: {v: [0.3, 0.5]}
layers: [{let: {s: 'sum(x - v)', u: 'v - x', f: 'sum(u^2) - s'}}]
loss: {of: f, over_samples: sum}
learning_rate: 1
"""


def test_a_number_of_the_only_sample_is_no_column() -> None:
    network = build(read(ONE_SAMPLE, "one sample", None))
    assert list(wrong_lines(network)) == []
    derived = Derivation(network, Question()).solution()
    sheet = "\n".join(render(derived, "txt", width=120, script=UNICODE))
    assert "∂f/∂v = ∂f/∂s⁽ⁿ⁾ × (-1) + ∂f/∂u " in sheet


def test_a_softmax_that_reads_a_vector_twice_is_no_softmax_of_it() -> None:
    layers = "[{softmax: p, from: [x, x]}]\ntargets: [1, 0, 0, 2]\nloss: mse\nlearning_rate: 1\n"
    network = build(read(f"inputs: {{x: [1, 2]}}\nlayers: {layers}", "twice", None))
    assert list(wrong_lines(network)) == []
    words = "\n".join(render(stepped(network, Settings(view="matrix")), "txt", width=120, script=UNICODE))
    assert "softmax(" not in words

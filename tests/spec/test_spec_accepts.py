"""What a network file may say, and the record that comes of it."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
import yaml

from nntrace.catalogue import KINDS, Entry, Operation, Parameter
from nntrace.expr import Sym
from nntrace.spec import SpecError, read
from nntrace.spec.model import (
    Conventions,
    File,
    GivenSize,
    Init,
    Items,
    Labelled,
    LearningRate,
    Name,
    Null,
    Number,
    Passes,
    Place,
    Rounding,
    Spec,
)
from nntrace.spec.schema import network_schema

HOMEWORK = (Path(__file__).parent / "homework.yaml").read_text(encoding="utf-8")


def spec_of(text: str) -> Spec:
    """The spec of a file, with what it must have filled in; an editor accepts it too."""
    for key, filling in (("inputs", "inputs: [1]"), ("layers", "layers: []")):
        if f"{key}:" not in text:
            text += f"\n{filling}"
    spec = read(text, "net.yaml", None)
    jsonschema.validate(json.loads(json.dumps(yaml.safe_load(text))), network_schema())
    return spec


def plain(value: Any) -> Any:
    """A value without its places: numbers as typed, names as ``'name'``, lists, tables as dicts."""
    match value:
        case Number() | Name():
            return value.text
        case Items():
            return [plain(item) for item in value.items]
        case Labelled():
            return {label.text: plain(inner) for label, inner in value.entries}
        case Null():
            return None
        case File():
            return ("file", value.path, value.key)
        case GivenSize():
            return ("size", value.size, value.one_hot)
    return value


def test_the_homework() -> None:
    spec = read(HOMEWORK, "net.yaml", Path("configs"))
    first, relu, second = spec.layers
    assert spec.title == "Two-layer ReLU network"
    assert (spec.source, spec.folder, spec.lines[0]) == ("net.yaml", Path("configs"), HOMEWORK.splitlines()[0])
    assert plain(spec.inputs) == {"i1": "2.0", "i2": "-1.0"}
    assert plain(spec.targets) == {"t1": "1.0", "t2": "0.5"}
    assert plain(first.result) == ["h1", "h2"]
    weights = plain(first.parameters["weights"])
    assert weights == {
        "i1": {"w11": "1.0", "w12": "-0.5"},
        "i2": {"w21": "0.5", "w22": "-1.0"},
    }
    assert plain(second.parameters["biases"]) == {"b3": "-1.0", "b4": "0.5"}
    assert (relu.kind.text, plain(relu.result), relu.parameters) == ("relu", ["h3", "h4"], {})
    assert spec.loss is not None
    assert spec.loss.name is not None
    assert (spec.loss.kind.text, spec.loss.name.text, spec.loss.parts) == ("half_squared_error", "MSE", ())
    assert spec.learning_rate == LearningRate(Number("0.1", Fraction(1, 10), Place(17, 16)))
    assert spec.places["layers"] == Place(4, 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", Fraction(1, 2)), ("-.5", Fraction(-1, 2)), ("+3", Fraction(3)), ("1.", Fraction(1)),
        ("010", Fraction(10)),
        ("1e-3", Fraction(1, 1000)), ("1E+2", Fraction(100)), (".5e1", Fraction(5)), ("3/4", Fraction(3, 4)),
        ("-3/4", Fraction(-3, 4)), ("-0.0", Fraction(0)), ("0e999999999999", Fraction(0)), ("1e308", Fraction(10**308)),
    ],
)  # fmt: skip
def test_numbers_keep_their_text_and_their_exact_value(text: str, value: Fraction) -> None:
    assert spec_of(f"learning_rate: {text}").learning_rate == LearningRate(Number(text, value, Place(1, 16)))


@pytest.mark.parametrize(
    "name",
    ["no", "yes", "on", "y", "n", "true", "e", "E1", "w_11", "_x", "h1'", "h′", "h″", "وزن", "نام‌ها", "भार", "क्षेत्र",
     "重み", "ŷ", "δ1", "h₁", "o", "size", "file"],
)  # fmt: skip
def test_names_of_any_script(name: str) -> None:
    assert plain(spec_of(f"inputs: [{name}]").inputs) == [name]
    assert plain(spec_of(f"inputs: {{{name}: 1.5}}").inputs) == {name: "1.5"}


def test_a_name_typed_in_two_ways_is_one_name() -> None:
    assert plain(spec_of("inputs: [y\u0302]").inputs) == ["ŷ"]


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("inputs", "[1, -.5]", ["1", "-.5"]),
        ("inputs", "x", "x"),
        ("inputs", "{x: {size: 3}}", {"x": ("size", 3, None)}),
        ("inputs", "{size: 2104, rooms: 3}", {"size": "2104", "rooms": "3"}),
        ("inputs", "{x: [1, 2]}", {"x": ["1", "2"]}),
        ("inputs", "{file: x.npy}", ("file", "x.npy", None)),
        ("inputs", "{x: {file: data/x.npz, key: x}}", {"x": ("file", "data/x.npz", "x")}),
        ("targets", "dog", "dog"),
        ("targets", '["dog"]', ["dog"]),
        ("values", "{w: 1, W1: [[1, null], [2, 3]], b: {file: b.csv}}",
         {"w": "1", "W1": [["1", None], ["2", "3"]], "b": ("file", "b.csv", None)}),
        ("values", "{}", {}),
        ("title", "'A: B'", "A: B"),
        ("title", "3", "3"),
        ("title", "|\n  two\n  lines", "two lines"),
        ("iterations", "1", "1"),
        ("iterations", "3", "3"),
        ("samples", "[[1, 0, dog], [1, 1, cat]]", [["1", "0", "dog"], ["1", "1", "cat"]]),
        ("samples", "{file: xor.csv}", ("file", "xor.csv", None)),
        ("samples_per_step", "all", None),
    ],
)  # fmt: skip
def test_values(key: str, text: str, expected: object) -> None:
    spec = spec_of(f"{key}: {text}")
    assert plain(getattr(spec.passes if key in Passes._fields else spec, key)) == expected


@pytest.mark.parametrize(
    ("layer", "result"),
    [
        ("dense: [h1, h2]", ["h1", "h2"]),
        ("dense: h", "h"),
        ("dense: 128", "128"),
        ("dense:", None),
        ("dense", None),
        ("dense: {z1: [h1, h2]}", {"z1": ["h1", "h2"]}),
        ("dense: {z1: {size: 4}}", {"z1": ("size", 4, None)}),
        ("dense: {size: 4}", ("size", 4, None)),
        ("relu: [a, b]", ["a", "b"]),
        ("logistic", None),
    ],
)
def test_results(layer: str, result: object) -> None:
    (found,) = spec_of(f"layers:\n- {layer}").layers
    assert plain(found.result) == result


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("[[1, null], [w, 3]]", [["1", None], ["w", "3"]]),
        ("{W1: [[1, 2]]}", {"W1": [["1", "2"]]}),
        ("{o1: [w5, w6]}", {"o1": ["w5", "w6"]}),
        ("{'x[1]': {w1: 1}, 'x[ 2 ]': {w2: 2}}", {"x[1]": {"w1": "1"}, "x[2]": {"w2": "2"}}),
        ("{W1: {'x[1]': [1, 2]}}", {"W1": {"x[1]": ["1", "2"]}}),
        ("{i1: {w1: null}, i2: w2}", {"i1": {"w1": None}, "i2": "w2"}),
        ("{file: w.npy}", ("file", "w.npy", None)),
        ("{size: 0.5, rooms: 2}", {"size": "0.5", "rooms": "2"}),
        ("{size: 2}", {"size": "2"}),
        ("W", "W"),
    ],
)
def test_weights(weights: str, expected: object) -> None:
    (found,) = spec_of(f"layers:\n- dense: [h1]\n  weights: {weights}").layers
    assert plain(found.parameters["weights"]) == expected


def test_an_activation_key_is_a_layer_of_its_own() -> None:
    first, second = spec_of("layers:\n- dense: 2\n  activation: relu\n- dense: 2\n  activation: {relu: [a, b]}").layers
    assert first.activation is not None
    assert second.activation is not None
    assert (first.activation.kind.text, first.activation.result) == ("relu", None)
    assert plain(second.activation.result) == ["a", "b"]


def test_a_loss_with_its_options() -> None:
    loss = spec_of("loss: {parts: [E1, E2], mse: MSE, over_outputs: sum}").loss
    assert loss is not None
    assert (loss.kind.text, plain(loss.name), [part.text for part in loss.parts]) == ("mse", "MSE", ["E1", "E2"])
    assert (loss.over_outputs, loss.over_samples) == ("sum", "mean")
    bare = spec_of("loss: mse").loss
    assert bare is not None
    assert (bare.name, bare.over_outputs) == (None, None)


def test_a_loss_over_samples() -> None:
    loss = spec_of("inputs: [x]\ntargets: [t]\nsamples: [[1, 2], [3, 4]]\nloss: {mse: L, over_samples: sum}").loss
    assert loss is not None
    assert (loss.over_outputs, loss.over_samples) == (None, "sum")


@pytest.mark.parametrize("base", ["e", "2", "10"])
def test_the_base_of_the_logarithm(base: str) -> None:
    assert spec_of(f"log: {base}").conventions.log == base


def test_frozen_names_and_elements() -> None:
    assert [name.text for name in spec_of("frozen: [b1, 'W1[2, 1]']").frozen] == ["b1", "W1[2,1]"]


def test_conventions() -> None:
    found = spec_of("vectors: rows\nrelu_at_zero: 1\nlog: e\nrounding: full\ndigits: 17").conventions
    assert found == Conventions("rows", 1, "e", Rounding(), 17, bounded=True)


def test_line_ends_and_a_byte_order_mark() -> None:
    assert spec_of("\ufeffinputs: [1]\r\nlayers:\r\n- relu\r\n").layers[0].kind.place == Place(3, 3)
    assert spec_of("inputs: [1]\rlayers:\r- relu\r").layers[0].kind.place == Place(3, 3)


def with_options(
    alpha: float = 0.01, groups: int = 1, exact: bool = False, side: Literal["left", "right"] = "left"
) -> Operation:
    """An entry with an option of each type, and a parameter."""
    weight = Sym("W", ("j", "i"))
    return Operation(Sym("z", ("j",)), weight, parameters=(Parameter(weight, "weights"),))


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue with one entry more for each sort."""
    for sort in KINDS:
        monkeypatch.setitem(KINDS[sort], f"some_{sort}", Entry(sort, f"some_{sort}", (), with_options))


@pytest.mark.usefixtures("catalogue")
def test_options_come_from_the_signature_in_the_catalogue() -> None:
    spec = spec_of(
        "layers:\n- dense: 2\n  activation: {some_activation: a, alpha: 0.2, exact: true}\n"
        "- {some_layer: b, groups: 2, weights: W}\n- some_activation: c\n  side: right\n"
        "loss: {some_loss: L, alpha: 1/3}\n"
    )
    dense, second, third = spec.layers
    assert dense.activation is not None
    assert spec.loss is not None
    read_options = [dense.activation.options, second.options, third.options, spec.loss.options]
    assert [{key: option.text for key, option in options.items()} for options in read_options] == [
        {"alpha": "0.2", "exact": "true"}, {"groups": "2"}, {"side": "right"}, {"alpha": "1/3"},
    ]  # fmt: skip


@pytest.mark.usefixtures("catalogue")
def test_options_are_checked_by_their_type() -> None:
    with pytest.raises(SpecError) as caught:
        spec_of("layers:\n- {some_layer: a, alpha: x, groups: 1.5, exact: 1, side: up, alhpa: 2}")
    assert [problem[1:] for problem in caught.value.problems] == [
        ("'x' is not a number", "write a number such as 2, 0.5, -.5, 1e-3 or 3/4"),
        ("`groups` cannot be '1.5'", "give a whole number from 1 to 1000000"),
        ("`exact` cannot be '1'", "known here: true, false"),
        ("`side` cannot be 'up'", "known here: left, right"),
        ("unknown key 'alhpa' in a layer",
         "did you mean 'alpha'? known here: weights, activation, from, alpha, groups, exact, side"),
    ]  # fmt: skip


@pytest.mark.usefixtures("catalogue")
def test_sizes_samples_and_schemes() -> None:
    spec = spec_of(
        "inputs: [x1, x2]\ntargets: {y: {size: K, one_hot: k}}\nsamples: [[1, 0, dog], [1, 1, cat]]\n"
        "layers:\n- dense: {z1: {size: D_a}}\n  weights: {W1: {init: he_normal, seed: 0}}\n"
        "report: [{mse: M}]\niterations: 3\nsamples_per_step: 1\noptimizer: {some_optimizer: {alpha: 0.9}}\nlog: 2\n"
    )
    assert plain(spec.targets) == {"y": ("size", "K", "k")}
    assert plain(spec.samples) == [["1", "0", "dog"], ["1", "1", "cat"]]
    assert plain(spec.layers[0].result) == {"z1": ("size", "D_a", None)}
    assert isinstance(spec.layers[0].parameters["weights"], Labelled)
    init = spec.layers[0].parameters["weights"].entries[0][1]
    assert isinstance(init, Init)
    assert (init.scheme, plain(init.options["seed"])) == ("he_normal", "0")
    assert [loss.kind.text for loss in spec.report] == ["mse"]
    assert (plain(spec.passes.iterations), plain(spec.passes.samples_per_step), spec.conventions.log) == ("3", "1", "2")
    assert spec.optimizer is not None
    assert (spec.optimizer.kind.text, plain(spec.optimizer.options["alpha"])) == ("some_optimizer", "0.9")


@pytest.mark.parametrize(
    ("text", "rounding"),
    [
        ("{carry: 4}", Rounding(4)),
        ("full", Rounding()),
        ("{carry: 3, at_least: 0}", Rounding(3, at_least=0)),
        ("{carry: {significant: 4}}", Rounding(4, significant=True)),
    ],
)
def test_rounding(text: str, rounding: Rounding) -> None:
    assert spec_of(f"rounding: {text}").conventions.rounding == rounding

"""The JSON Schemas that nntrace prints, over the networks that come with it and the sheets of the golden files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from nntrace.catalogue import KINDS
from nntrace.catalogue.registry import names
from nntrace.cli.start import starting_file
from nntrace.spec import read
from nntrace.spec.reader import READERS
from nntrace.spec.schema import network_schema

ROOT = Path(__file__).parent.parent.parent
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
SHEETS = sorted((ROOT / "tests").rglob("golden/*.json"))
NETWORK = jsonschema.Draft202012Validator(network_schema())
LAYERS = {"inputs": {"x": 1.0}, "layers": []}


FORMS: list[dict[str, Any]] = [
    {"layers": [{"let": {"q": "x * 2"}}], "loss": "q"}, {"loss": {"of": "q"}}, {"loss": {"upstream": [0.5]}},
    {"optimizer": {"adam": {"eps": {"inside": 1e-8}}}}, {"optimizer": "sgd"}, {"clip": {"norm": 1}},
    {"layers": ["relu", {"dense": 2, "activation": {"leaky_relu": "a", "alpha": 0.1}, "from": ["x"]}]},
    {"lr": 0.1, "l2": 0.01, "loss": "mse"}, {"learning_rate": [0.1, 0.05]},
    {"learning_rate": {"default": 0.1, "W2": 0.01}},
    {"learning_rate": {"start": 0.1, "step": {"every": 10, "times": 0.5}, "per": "epoch"}}, {"log": 2, "epochs": 3},
    {"learning_rate": {"list": [0.1, "1/20"], "per": "iteration"}}, {"learning_rate": {"start": 0.1, "warmup": 5}},
    {"order": {"shuffle": 7}, "samples_per_step": 1, "samples": [[1]], "validation": {"split": 0.2}},
    {"report": [{"mae": "M"}], "penalty": {"l2": "1/100", "on": "all"}, "loss": "mse"}, {"vectors": "rows"},
    {"samples_per_step": "all", "samples": [[1]]},
]  # fmt: skip


def is_network(value: Any) -> bool:
    return bool(NETWORK.is_valid(json.loads(json.dumps(value))))


@pytest.mark.parametrize("options", [(), ("--sheet",)], ids=["network", "sheet"])
def test_it_is_a_schema(options: tuple[str, ...], run: Callable[..., Any]) -> None:
    done = run("schema", *options)
    assert (done.code, done.err) == (0, "")
    jsonschema.Draft202012Validator.check_schema(json.loads(done.out))


@pytest.mark.parametrize("text", [*(path.read_text("utf-8") for path in CONFIGS), starting_file()],
                         ids=[*(path.stem for path in CONFIGS), "init"])  # fmt: skip
def test_networks_follow_it(text: str) -> None:
    NETWORK.validate(json.loads(json.dumps(yaml.safe_load(text))))


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_sheets_follow_theirs(path: Path, run: Callable[..., Any]) -> None:
    jsonschema.Draft202012Validator(json.loads(run("schema", "--sheet").out)).validate(
        json.loads(path.read_text("utf-8"))
    )


def test_keys_and_entries_are_those_that_are_read() -> None:
    schema = network_schema()
    assert list(schema["properties"]) == [*READERS, "lr", "weight_decay", *names("penalty")]
    told = json.dumps(schema, ensure_ascii=False)
    for kind in ("layer", "activation", "loss", "penalty", "optimizer", "clip", "schedule"):
        assert all(json.dumps(word) in told for word in names(kind))
        assert all(json.dumps(entry.summary, ensure_ascii=False) in told for entry in KINDS[kind].values())


@pytest.mark.parametrize("form", FORMS + [{"lr": form["learning_rate"]} for form in FORMS if "learning_rate" in form],
                         ids=str)  # fmt: skip
def test_every_form_is_known(form: dict[str, Any]) -> None:
    network = {**LAYERS, **form}
    read(yaml.safe_dump(network), "net.yaml", None)
    assert is_network(network)


@pytest.mark.parametrize("kind", ["layer", "activation"])
def test_every_choice_of_an_option_is_known(kind: str) -> None:
    for entry in KINDS[kind].values():
        for name, option in entry.options().items():
            for choice in option.choices:
                text = f"inputs: [1]\nlayers:\n- {{{entry.name}: a, {name}: {choice}}}\n"
                read(text, "net.yaml", None)
                assert is_network(yaml.safe_load(text)), text


@pytest.mark.parametrize("change", [
    {"layer": []}, {"layers": [{"dense": "z", "wieghts": [[1]]}]}, {"layers": ["rellu"]}, {"layers": "relu"},
    {"layers": [{"leaky_relu": "a", "alhpa": 0.1}]}, {"loss": {"mse": "E", "over_outputs": "most"}},
    {"optimizer": "adamm"}, {"optimizer": {"adam": {"beta3": 0.9}}}, {"penalty": {"l3": 0.1}}, {"clip": {"norms": 1}},
    {"parameters": {"w": 1.0}}, {"vectors": "row"}, {"order": "shuffled"}, {"epochs": []},
    {"learning_rate": {"start": 0.1, "wramup": 5}},
], ids=str)  # fmt: skip
def test_a_wrong_word_is_caught(change: dict[str, Any]) -> None:
    assert is_network(LAYERS)
    assert not is_network({**LAYERS, **change})


def test_a_new_entry_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = next(iter(KINDS["activation"].values()))
    monkeypatch.setitem(KINDS["activation"], "brand_new", entry._replace(name="brand_new", aliases=()))
    new = jsonschema.Draft202012Validator(network_schema())
    file = {**LAYERS, "layers": [{"brand_new": "a"}, "brand_new"]}
    assert new.is_valid(file)
    assert not is_network(file)

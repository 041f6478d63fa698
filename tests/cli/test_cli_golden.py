"""Every shipped network's sheets, held against files read by eye (``pytest --update-golden`` rewrites them)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from rich.cells import cell_len
from shipped import tried

import nntrace.formats
from nntrace.network.building.build import build
from nntrace.spec import load

if TYPE_CHECKING:
    from conftest import Run

HERE = Path(__file__).resolve().parent
FILES = sorted((HERE.parents[1] / "configs").glob("*.yaml"))
EVERY = {file.stem: build(load(str(file)), numbers=False) for file in FILES}
NETWORKS = {name: network for name, network in EVERY.items() if network.steps}
ALONE = EVERY.keys() - NETWORKS.keys()
"""Files without layers, whose gradients are given: they have steps only."""
CONFIGS = [name for name, network in NETWORKS.items() if network.has_numbers]
ONE = {
    "han-kamber": "w14", "hmkcode": "w1", "homework3": "w21", "mazur": "w1", "relu-exact": "W1[1,1]",
    "swapped-wiring": "w1", "victorzhou": "w1", "bce-dead-unit": "W1[1,1]", "bits-2-3-2": "W1[1,1]",
    "homework3-q2-numbers": "W1[1,1]", "line-3-samples": "W", "online": "w1", "ridge": "w1",
    "softmax-4-logits": "z[1]", "stacked-linear": "W1[1,1]",
    "nesterov": "w1", "xor": "w11", "four-curves": "w1", "sigmoid-chain": "w1", "cloud": "w1",
    "logistic": "w", "deep": "W1[1,1]", "gap": "w", "perceptron": "w1",
    "circuit": "x", "neuron": "w0", "expression": "a", "parabola": "p", "skip": "x1", "residual": "x[1]",
    "lstm": "Wa[1,3]",
}  # fmt: skip
BY_INPUT = ("skip", "residual")
"""The networks whose gradient is asked for by an input: both ways of it are summands."""
COMMANDS = ("forward", "grad", "step")
WHOLE = ("derive", "collapse", "matrix")
"""What is about whole tensors: the derivation, stacked layers as one, and the matrix view of a step."""
IN_MATRICES = ("homework3", "homework3-q2-numbers", "line-3-samples", "ridge")
LAYOUTS = {
    "40.txt": ("--width", "40"),
    "60.txt": ("--width", "60"),
    "80.txt": ("--width", "80"),
    "ascii.txt": ("--width", "120", "--ascii"),
}
SCHEMA = json.loads((Path(nntrace.formats.__file__).parent / "sheet.schema.json").read_text(encoding="utf-8"))


def sheets() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name of each golden file and the command that writes it."""
    for config in CONFIGS:
        for command in COMMANDS:
            yield f"{config}.{command}.txt", (*asked(config, command), "--width", "120")
    for config in sorted(ALONE):
        yield f"{config}.step.txt", (*asked(config, "step"), "--width", "120")
    for config in NETWORKS:
        yield f"{config}.derive.txt", (*asked(config, "derive"), "--width", "120")
    for config in IN_MATRICES:
        yield f"{config}.matrix.txt", (*asked(config, "matrix"), "--width", "120")
    yield "stacked-linear.collapse.txt", (*asked("stacked-linear", "collapse"), "--width", "120")
    yield (
        "homework3-q2-numbers.derive-with-numbers.txt",
        (
            *asked("homework3-q2-numbers", "derive"),
            "--with-numbers",
            "--width",
            "120",
        ),
    )
    for command in COMMANDS:
        for suffix, options in LAYOUTS.items():
            yield f"homework3.{command}.{suffix}", (*asked("homework3", command), *options)


def asked(config: str, command: str) -> tuple[str, ...]:
    if command == "matrix":
        return ("step", f"configs/{config}.yaml", "--view", "matrix")
    return (command, f"configs/{config}.yaml", *(("--param", ONE[config]) if command == "grad" else ()))


@pytest.mark.parametrize(("name", "command"), list(sheets()), ids=[name for name, _ in sheets()])
def test_a_sheet(run: Run, golden: Callable[[str, str], None], name: str, command: tuple[str, ...]) -> None:
    code, out, err = run(*command)
    assert (code, err) == (0, "")
    golden(name, out)


def test_no_golden_sheet_is_left_over() -> None:
    assert {path.name for path in (HERE / "golden").iterdir()} == {name for name, _ in sheets()}


@pytest.mark.grid
@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("config", [*tried(CONFIGS), *sorted(ALONE)])
def test_no_line_is_wider_than_the_page(run: Run, config: str, width: int) -> None:
    for command in (*COMMANDS, *WHOLE) if config not in ALONE else ("step", "matrix"):
        lines = run(*asked(config, command), "--width", width).out.splitlines()
        assert max(cell_len(line) for line in lines if "/" not in line or " " in line) <= width  # a path is never cut


@pytest.mark.grid
@pytest.mark.parametrize("config", [*tried(CONFIGS), *sorted(ALONE)])
def test_ascii_has_the_same_lines(run: Run, config: str) -> None:
    for command in (*COMMANDS, *WHOLE) if config not in ALONE else ("step", "matrix"):
        plain = run(*asked(config, command), "--ascii", "--width", 400).out
        assert plain.isascii()
        assert len(plain.splitlines()) == len(run(*asked(config, command), "--width", 400).out.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("config", tried(CONFIGS))
def test_json_follows_the_schema(run: Run, config: str, command: str) -> None:
    code, out, err = run(*asked(config, command), "-f", "json")
    assert (code, err) == (0, "")
    sheet = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(sheet)
    numbers = {"forward": {"values", "loss"}, "grad": {"values", "loss", "gradients"}}
    for one in (one for one in sheet.get("iterations", [sheet]) if "steps" in one):
        assert numbers.get(command, {"values", "loss", "gradients", "updated", "learning_rate"}) <= one.keys()
    _has_distinct_ids(sheet)


@pytest.mark.parametrize("command", WHOLE)
@pytest.mark.parametrize("config", tried(CONFIGS))
def test_json_of_whole_tensors_follows_the_schema(run: Run, config: str, command: str) -> None:
    code, out, err = run(*asked(config, command), "-f", "json")
    assert (code, err) == (0, "")
    sheet = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(sheet)
    _has_distinct_ids(sheet)


def _has_distinct_ids(sheet: Any) -> None:
    ids = [step["id"] for one in sheet.get("iterations", [sheet]) for step in one.get("steps", ()) if step["id"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("config", [one for one in CONFIGS if NETWORKS[one].iterations == 1])
def test_ids_and_values_are_the_same_in_every_command(run: Run, config: str) -> None:
    def steps(*command: str) -> dict[str, tuple[str, float]]:
        sheet = json.loads(run(*command, "-f", "json").out)
        return {step["id"]: (step["name"], step["value"]) for step in sheet["steps"]}

    every = steps(*asked(config, "step")) | steps("grad", f"configs/{config}.yaml", "--param", ONE[config])
    learned = json.loads(run("step", f"configs/{config}.yaml", "-f", "json").out)["updated"]
    one = ("--only", ONE[config]) if learned and config not in BY_INPUT else ()  # else there is nothing to learn
    for command in (asked(config, "forward"), ("step", f"configs/{config}.yaml", *one)):
        assert steps(*command).items() <= every.items()

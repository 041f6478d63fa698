"""``init`` and ``step --save``: files that load again, whole or not at all, and nothing replaced unasked."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shipped

from nntrace.network.building.build import build
from nntrace.spec import load

if TYPE_CHECKING:
    from conftest import Run

CONFIGS = [path for path in shipped.CONFIGS if build(load(str(path)), numbers=False).has_numbers]
NETWORKS = {path: build(load(str(path))) for path in CONFIGS}
STATELESS = [path for path, one in NETWORKS.items() if not one.training.rule.states and one.samples_per_step is None]
"""The others get a line more, with what a run needs to go on (``test_cli_save_states.py``)."""
FLOATS = {
    path
    for path, one in NETWORKS.items()
    if one.iterations > 24 or any(one.tensors[key].array is not None for key in one.parameters)
}
"""Trained in double precision, or saved into arrays of it: the numbers are the same, and the loss to its precision."""
ARRAYS = """\
# weights from files
inputs: {x: {file: x.npy}}
targets: {y: [1, 0]}
layers:
- dense: 2
  weights: {W: {file: w.npy}}   # learned
  biases: {b: [0.5, -0.5]}
  activation: sigmoid
loss: {mse: L}
learning_rate: 0.5
"""


SATURATED = """\
inputs: {x: 500}
targets: {t: 1}
layers: [{dense: [z], weights: {x: {w: 1}}}, {sigmoid: [y]}]
loss: {bce: L}
optimizer: adam
learning_rate: 0.1
"""


def numbers(run: Run, *arguments: object, cwd: Path) -> Any:
    code, out, err = run(*arguments, "-f", "json", cwd=cwd)
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.grid
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_saved_network_is_the_updated_one(run: Run, tmp_path: Path, path: Path) -> None:
    step = numbers(run, "step", path, "--save", "new.yaml", cwd=tmp_path)
    old, saved = (numbers(run, "forward", file, cwd=tmp_path) for file in (path, "new.yaml"))
    for name, value in step["updated"].items():
        assert saved["values"][name] == value
    after = step["loss"]["after"]
    assert saved["loss"]["before"] == (pytest.approx(after, rel=1e-13, abs=0) if path in FLOATS else after)
    assert numbers(run, "step", "new.yaml", cwd=tmp_path)["learning_rate"] == step["learning_rate"]
    given = [one for one in NETWORKS[path].tensors.values() if one.role in ("input", "target") and not one.sampled]
    for name in {name for tensor in given for name in (*tensor.names.values(), tensor.name)} & old["values"].keys():
        assert saved["values"][name] == old["values"][name]
    drawn = {"W1", "W2", "W3"} if path.stem == "deep" else set()
    assert {path.name for path in tmp_path.iterdir()} == {"new.yaml", *(f"new.{name}.npy" for name in drawn)}


def test_a_saved_number_has_the_digits_that_a_run_goes_on_with(run: Run, tmp_path: Path) -> None:
    """A weight of Mazur's network after a step, to 24 digits (the last is 0): more than tell the float of the sheet."""
    path = next(path for path in CONFIGS if path.stem == "mazur")
    step = numbers(run, "step", path, "--save", "new.yaml", cwd=tmp_path)
    (typed,) = re.findall(r"w5: ([0-9.]+)", (tmp_path / "new.yaml").read_text(encoding="utf-8"))
    assert typed == "0.35891647971788461057679"
    assert float(typed) == step["updated"]["w5"]


DIVERGED = ("--set", "w11=1e300", "--set", "w31=1e300"), ("--iterations", "40", "--lr", "1e9")


@pytest.mark.parametrize("options", DIVERGED, ids=["beyond floats", "undefined"])
def test_numbers_that_no_file_holds_are_not_saved(run: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    code, out, err = run("step", *options, "--save", "new.yaml", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert "numbers beyond 1.8e308, or undefined ones, which no file holds\n  take a smaller learning rate" in err
    assert list(tmp_path.iterdir()) == []


def test_arrays_that_no_file_holds_are_not_saved(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([[1e200, 0.5], [-0.5, -1.0]]))
    np.save(tmp_path / "x.npy", np.array([1e200, 2.0]))
    (tmp_path / "net.yaml").write_text(ARRAYS.replace("sigmoid", "linear"), encoding="utf-8")
    code, out, err = run("step", "--save", "new.yaml", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert "which no file holds" in err
    assert {path.name for path in tmp_path.iterdir()} == {"net.yaml", "w.npy", "x.npy"}


def test_a_state_that_is_lost_to_0_is_saved_as_0(run: Run, tmp_path: Path) -> None:
    """Adam's mean of the squares of a gradient of e^-500 is below all floats, and the file loads again."""
    (tmp_path / "net.yaml").write_text(SATURATED, encoding="utf-8")
    run("step", "--save", "new.yaml", cwd=tmp_path)
    assert re.search(
        r"m: \{w: -3\.562288203[0-9]+E-216\},\s+v: \{w: 0\.0\}", (tmp_path / "new.yaml").read_text(encoding="utf-8")
    )
    assert run("step", "new.yaml", cwd=tmp_path).code == 0


@pytest.mark.parametrize("path", STATELESS, ids=lambda path: path.stem)
def test_comments_and_everything_but_the_numbers_are_kept(run: Run, tmp_path: Path, path: Path) -> None:
    assert run("step", path, "--quiet", "--save", "new.yaml", cwd=tmp_path) == (0, "", "")
    old, new = (file.read_text(encoding="utf-8").splitlines() for file in (path, tmp_path / "new.yaml"))
    assert len(new) == len(old)
    for before, after in zip(old, new, strict=True):
        if not any(digit in before for digit in "0123456789") or before.startswith("#"):
            assert after == before
        assert after.partition("#")[2] == before.partition("#")[2]


def test_many_steps(run: Run, tmp_path: Path) -> None:
    """Saved and read again, ten times over, the loss keeps falling."""
    file = CONFIGS[[path.stem for path in CONFIGS].index("mazur")]
    losses = []
    for count in range(10):
        losses.append(numbers(run, "step", file, "--save", f"{count}.yaml", cwd=tmp_path)["loss"]["before"])
        file = tmp_path / f"{count}.yaml"
    assert losses == sorted(losses, reverse=True)
    assert len(set(losses)) == 10


def test_what_was_set_is_saved(run: Run, tmp_path: Path) -> None:
    step = numbers(run, "step", "--set", "i1=3", "--set", "w11=-1/3", "--save", "new.yaml", cwd=tmp_path)
    saved = numbers(run, "forward", "new.yaml", cwd=tmp_path)["values"]
    assert saved["i1"] == 3.0
    assert saved["w11"] == step["updated"]["w11"]


def test_only_what_was_updated_changes(run: Run, tmp_path: Path) -> None:
    run("step", "--only", "w21", "-q", "--save", "new.yaml", cwd=tmp_path)
    old, new = (numbers(run, "forward", *file, cwd=tmp_path)["values"] for file in ((), ("new.yaml",)))
    parameters = [name for name in old if name[0] in "wb"]
    assert {name: new[name] for name in parameters if new[name] != old[name]} == {"w21": 0.65}


def test_arrays_are_saved_beside(run: Run, tmp_path: Path) -> None:
    weights = np.array([[1.0, 0.5], [-0.5, -1.0]])
    np.save(tmp_path / "w.npy", weights)
    np.save(tmp_path / "x.npy", np.array([1.0, 2.0]))
    (tmp_path / "net.yaml").write_text(ARRAYS, encoding="utf-8")
    step = numbers(run, "step", "--save", "new.yaml", cwd=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"net.yaml", "new.yaml", "new.W.npy", "w.npy", "x.npy"}
    assert np.load(tmp_path / "new.W.npy").tolist() == step["updated"]["W"]
    assert np.load(tmp_path / "w.npy").tolist() == weights.tolist()
    assert "weights: {W: {file: 'new.W.npy'}}   # learned" in (tmp_path / "new.yaml").read_text(encoding="utf-8")
    saved = numbers(run, "forward", "new.yaml", cwd=tmp_path)
    assert saved["values"]["W"] == step["updated"]["W"]
    assert saved["loss"]["before"] == pytest.approx(step["loss"]["after"], rel=1e-15, abs=0)  # W has floats alone
    (tmp_path / "elsewhere").mkdir()
    assert run("step", "-q", "--save", "elsewhere/new.yaml", cwd=tmp_path) == (0, "", "")
    moved = numbers(run, "forward", "new.yaml", cwd=tmp_path / "elsewhere")
    assert moved["values"] == saved["values"]
    (tmp_path / "new.yaml").unlink()
    code, _, err = run("step", "-q", "--save", "new.yaml", cwd=tmp_path)
    assert (code, err) == (2, "new.W.npy is there already\n  choose another name, or replace it with --force\n")
    assert not (tmp_path / "new.yaml").exists()
    assert run("step", "-q", "--save", "new.yaml", "--force", cwd=tmp_path) == (0, "", "")


def test_samples_go_along_to_another_folder(run: Run, tmp_path: Path) -> None:
    """Classes too, and those of a validation: a run from there goes on to the same digits."""
    (tmp_path / "rows.csv").write_text("x,c\n1,p\n2,q\n-1,p\n", encoding="utf-8")
    (tmp_path / "others.csv").write_text("x,c\n0.5,q\n", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    text = "inputs: [x]\ntargets: [c]\nsamples: {file: rows.csv}\nvalidation: {file: others.csv}\nlr: 0.1\nloss: ce\n"
    layers = "layers: [{dense: [p, q], weights: [[1], [0.5]]}, softmax]\n"
    (tmp_path / "net.yaml").write_text(text + layers, encoding="utf-8")
    for command in ("step", "train"):
        assert run(command, "-q", "--save", "elsewhere/new.yaml", "--force", cwd=tmp_path) == (0, "", "")
        twice = numbers(run, "train", "--epochs", "2", cwd=tmp_path)
        again = numbers(run, "train", "new.yaml", "--epochs", "1", cwd=tmp_path / "elsewhere")
        np.testing.assert_allclose(again["updated"]["W1"], twice["updated"]["W1"], rtol=1e-15)
        curves = [one["runs"][0]["curves"]["L of the validation samples"][-1] for one in (again, twice)]
        assert curves[0] == pytest.approx(curves[1], rel=1e-15)


def test_no_file_is_replaced_unasked(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    path.write_text("mine", encoding="utf-8")
    for command in (("step", "--save", "new.yaml"), ("init", "new.yaml")):
        code, out, err = run(*command, cwd=tmp_path)
        assert (code, out) == (2, "")
        assert err == "new.yaml is there already\n  choose another name, or replace it with --force\n"
        assert path.read_text(encoding="utf-8") == "mine"
        assert run(*command, "--force", cwd=tmp_path).code == 0
        assert path.read_text(encoding="utf-8") != "mine"
        path.write_text("mine", encoding="utf-8")


def test_whole_or_not_at_all(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new.yaml"
    path.write_text("mine", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    code, _, err = run("step", "-q", "--save", "new.yaml", "--force", cwd=tmp_path)
    assert (code, err) == (2, "cannot write new.yaml: No space left on device\n  check the folder, or choose another\n")
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("new.yaml", "mine")]


@pytest.mark.parametrize("command", [("step", "-q", "--save"), ("init",)], ids=" ".join)
def test_a_missing_folder(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    code, out, err = run(*command, "nowhere/new.yaml", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err == "cannot write nowhere/new.yaml: No such file or directory\n  check the folder, or choose another\n"


def test_the_starting_file(run: Run, tmp_path: Path) -> None:
    code, out, err = run("init", cwd=tmp_path)
    assert (code, out, err) == (0, "", "wrote net.yaml; now: nntrace step net.yaml\n")
    for command in (("forward",), ("grad", "--param", "w1"), ("step",)):
        code, out, err = run(*command, cwd=tmp_path)
        assert (code, err) == (0, "")
        assert out.startswith("My first network\nnetwork: net.yaml\n")
    assert "learning_rate" in (tmp_path / "net.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("targets", ["targets: [t]\n", ""])
def test_samples_of_a_file_go_along(run: Run, tmp_path: Path, targets: str) -> None:
    """A network saved into another folder can be read there, and goes on from where it was."""
    import numpy as np

    rows = np.array([[0, 0.5, 1], [1, -1, 0.25], [0.1, 2, -1]])
    np.savetxt(tmp_path / "rows.csv", rows if targets else rows[:, :2], delimiter=",")
    np.save(tmp_path / "up.npy", rows[:, 2:])
    (tmp_path / "net.yaml").write_text(
        f"inputs: [x1, x2]\n{targets}samples: {{file: rows.csv}}  # as they were measured\n"
        "layers: [{dense: [y], weights: {y: {w1: 0.5, w2: -0.25}}}]\n"
        f"loss: {'{mse: L}' if targets else '{upstream: {file: up.npy}}'}\nlearning_rate: 0.1\n",
        encoding="utf-8",
    )
    (tmp_path / "sub").mkdir()
    first = run("step", "--save", "sub/next.yaml", "-f", "json", cwd=tmp_path)
    assert (first.code, first.err) == (0, "")
    saved = (tmp_path / "sub" / "next.yaml").read_text(encoding="utf-8")
    assert "samples: {file: 'next.samples.npy'}  # as they were measured" in saved
    second = run("grad", "next.yaml", "-f", "json", cwd=tmp_path / "sub")
    assert (second.code, second.err) == (0, "")
    before, after = json.loads(first.out), json.loads(second.out)
    assert [one["values"]["x2"] for one in after["samples"]] == rows[:, 1].tolist()
    assert {name: after["values"][name] for name in ("w1", "w2")} == before["updated"]
    if targets:
        assert after["loss"]["before"] == before["loss"]["after"]
    here = run("step", "--save", "next.yaml", "-q", cwd=tmp_path)
    assert here.code == 0
    assert "{file: rows.csv}" in (tmp_path / "next.yaml").read_text(encoding="utf-8")

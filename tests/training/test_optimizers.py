"""Optimizers: what each line comes to, and that a new one is an entry and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

import nntrace.formats
from nntrace.catalogue import KINDS, UpdateRule
from nntrace.catalogue.registry import Share, optimizer
from nntrace.catalogue.update_rule import g, lr, new, w
from nntrace.expr import Sym

if TYPE_CHECKING:
    from conftest import Run

SCHEMA = json.loads((Path(nntrace.formats.__file__).parent / "sheet.schema.json").read_text(encoding="utf-8"))
HOMEWORK = (Path(__file__).resolve().parents[2] / "configs" / "homework3.yaml").read_text(encoding="utf-8")


def sheet(run: Run, folder: Path, text: str, *command: str) -> Any:
    """The JSON sheet of a network's text."""
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run(*(command or ("step",)), "-f", "json", cwd=folder)
    assert (code, err) == (0, "")
    found = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


@pytest.fixture
def two_states() -> Iterator[str]:
    """An optimizer that the catalogue does not have, in fifteen lines."""

    @optimizer()
    def twice(beta: Share = 0.5, mix: Share = 0.25) -> UpdateRule:
        """A mean of the gradients, and a mean of that mean."""
        p, q, first, second = Sym("p"), Sym("q"), Sym("β"), Sym("κ")
        return UpdateRule(
            lines=(
                (new(p), first * p + (1 - first) * g),
                (new(q), second * q + new(p)),
                (new(w), w - lr * new(q)),
            ),
            constants={first: beta, second: mix},
        )

    yield "twice"
    del KINDS["optimizer"]["twice"]


@pytest.mark.parametrize("view", ["delta", "paths", "matrix", "all"])
def test_a_new_optimizer_is_an_entry(run: Run, tmp_path: Path, two_states: str, view: str) -> None:
    text = f"{HOMEWORK}optimizer: {{{two_states}: {{beta: 3/4}}}}\niterations: 3\n"
    assert sheet(run, tmp_path, text, "forward")["values"]["h1"] == 2.0
    found = sheet(run, tmp_path, text, "step", "--view", view)
    p = q = dict.fromkeys(found["updated"], 0.0)
    for one in found["iterations"]:
        p = {name: 0.75 * p[name] + 0.25 * slope for name, slope in one["gradients"].items()}
        q = {name: 0.25 * q[name] + p[name] for name in p}
        assert one["state"] == {"p": pytest.approx(p), "q": pytest.approx(q)}
        old = {name: one["values"][name] for name in p}
        assert one["updated"] == pytest.approx({name: old[name] - 0.1 * q[name] for name in p})
    assert found["state"] == found["iterations"][-1]["state"]
    assert found["updated"] == found["iterations"][-1]["updated"]


def test_what_a_new_optimizer_prints(run: Run, tmp_path: Path, two_states: str) -> None:
    (tmp_path / "net.yaml").write_text(f"{HOMEWORK}optimizer: {two_states}\n", encoding="utf-8")
    one = run("step", "--only", "w21", cwd=tmp_path).out
    assert (
        """\
Update, twice, learning rate 0.1
      β     κ
    ───  ────
    0.5  0.25
U3a p_w21⁺ = β × p_w21 + (1 - β) × ∂MSE/∂w21 = 0.5 × 0.0 + (1 - 0.5) × (-1.5) = 0.0 - 0.75 = -0.75
U3b q_w21⁺ = κ × q_w21 + p_w21⁺ = 0.25 × 0.0 + (-0.75) = 0.0 - 0.75 = -0.75
U3  w21⁺ = w21 - lr × q_w21⁺ = 0.5 - 0.1 × (-0.75) = 0.5 + 0.075 = 0.575
"""
        in one
    )
    assert "id   parameter   old  gradient     p⁺     q⁺  lr × q⁺     new" in run("step", cwd=tmp_path).out


def test_momentum_and_adam_on_the_homework(run: Run, tmp_path: Path) -> None:
    found = sheet(run, tmp_path, f"{HOMEWORK}optimizer: momentum\niterations: 2\n")
    first, second = found["iterations"]
    assert first["state"] == {"v": first["gradients"]}
    for name, v in second["state"]["v"].items():
        assert v == pytest.approx(0.9 * first["gradients"][name] + second["gradients"][name])
    found = sheet(run, tmp_path, f"{HOMEWORK}optimizer: adam\n")
    moved = {name: new - found["values"][name] for name, new in found["updated"].items()}
    assert moved["w21"] == pytest.approx(0.1 / (1 + 1e-8 / 1.5))
    assert moved["w12"] == 0.0


@pytest.mark.parametrize("limited", ["value", "norm"])
def test_a_clipping_keeps_its_limit_beside_an_option_of_the_same_letter(run: Run, tmp_path: Path, limited: str) -> None:
    text = f"""\
parameters: {{w: 1.0}}
gradients: {{w: 2.0}}
optimizer: {{momentum: {{beta: 0, dampening: 0.5}}}}
clip: {{{limited}: 0.1}}
learning_rate: 1
"""
    assert sheet(run, tmp_path, text)["updated"] == {"w": 0.9}

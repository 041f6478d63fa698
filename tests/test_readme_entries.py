"""The README's entries: what it says an entry takes is code that runs, and gives an entry of its kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nntrace import catalogue, expr
from nntrace.catalogue import KINDS, activations, layers, losses, operation, optimizers, registry, update_rule
from nntrace.network.building.build import build
from nntrace.spec import read

README = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")
ADDED = {
    "mish": ("activation", activations),
    "radial_basis": ("layer", layers),
    "log_cosh": ("loss", losses),
    "heavy_ball": ("optimizer", optimizers),
}
NETWORK = """inputs: [1, 2]
targets: [1]
layers:
  - radial_basis: 2
    centers: [[0, 1], [1, 0]]
    widths: [1, 2]
  - mish
  - dense: 1
    weights: [[1, -1]]
loss: log_cosh
optimizer: heavy_ball
learning_rate: 0.1
"""


def added(name: str) -> str:
    """The lines that the README adds for an entry."""
    (block,) = (one for one in re.findall(r"```diff\n(.*?)```", README, re.DOTALL) if f"def {name}(" in one)
    return "\n".join(line.removeprefix("+") for line in block.splitlines())


def test_an_entry_is_what_the_readme_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in KINDS:
        monkeypatch.setitem(KINDS, kind, dict(KINDS[kind]))
    for name, (kind, module) in ADDED.items():
        names = [vars(one) for one in (catalogue, expr, registry, operation, update_rule, module)]
        exec(added(name), {key: value for each in names for key, value in each.items()})
        assert name in KINDS[kind]
    network = build(read(NETWORK, "net.yaml", None))
    assert [step.kind for step in network.steps] == ["radial_basis", "mish", "dense", "log_cosh"]

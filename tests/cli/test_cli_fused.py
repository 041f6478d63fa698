"""A loss right after the activation that it cancels against, asked for the gradient by what lies between the two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from networks import OF_ANY_OUTPUTS

from nntrace.catalogue import KINDS

if TYPE_CHECKING:
    from conftest import Run

PAIRS = [(name, activation) for name in OF_ANY_OUTPUTS for activation in KINDS["loss"][name].build().fused]
OPTIONS = ("", ", over_outputs: mean", ", parts: [J1, J2]", ", parts: [J1, J2], over_outputs: mean")
BATCHES = (
    "inputs: {z: [0.5, -0.75]}\ntargets: {y: [0.25, 0.75]}\n",
    "inputs: [z1, z2]\ntargets: [y1, y2]\nsamples: [[0.5, -0.75, 0, 1], [2.0, 1.5, 0.5, 0.5]]\n",
    "inputs: {z: [14.0, -6.0]}\ntargets: p2\n",
)


@pytest.mark.parametrize(("loss", "activation"), PAIRS)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("batch", BATCHES)
def test_the_difference_moves_the_output_in_the_plain_loss(
    run: Run, tmp_path: Path, loss: str, activation: str, options: str, batch: str
) -> None:
    text = f"{batch}layers: [{{{activation}: [p1, p2]}}]\nloss: {{{loss}: J{options}}}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("grad", "-p", "p1", "-p", "p2", "-f", "json", cwd=tmp_path)
    assert (code, err) == (0, "")
    checks = {check["name"]: check["status"] for check in json.loads(out)["checks"]}
    assert set(checks.values()) == {"ok"}
    assert sum("∂J/∂p" in name for name in checks) == (4 if "samples" in batch else 2)

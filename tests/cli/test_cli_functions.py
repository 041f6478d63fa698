"""Activations of functions that the catalogue itself does not call: every line says of them what it says of others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from nntrace.catalogue import KINDS
from nntrace.catalogue.activations import elementwise, z
from nntrace.catalogue.registry import Entry
from nntrace.expr import Expr, cos, maximum, minimum, sin, sqrt
from nntrace.expr.text import text

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

NET = """\
inputs: {{x: 1}}
targets: {{t: 0}}
layers:
- dense: [z]
  weights: {{z: {{w: {weight}}}}}
  activation: {{{kind}: [a]}}
loss: {{half_squared_error: L}}
relu_at_zero: {side}
learning_rate: 0.1
"""

# formula, z, the side of a kink: what is noted of a, and the value of δ_z
CASES: list[tuple[Expr, str, int, str, str]] = [
    (sin(z), "0", 0, "", "0"),
    (cos(z), "2", 0, "", "0.378401"),
    (minimum(6, maximum(0, z)), "3", 0, "", "3"),
    (minimum(6, z), "7", 0, "inactive: z = 7 ≥ 6", "0"),
    (minimum(6, z), "6", 0, "z = 6, at the kink: active (relu_at_zero: 0)", "6"),
    (minimum(6, z), "6", 1, "inactive: z = 6 ≥ 6", "0"),
    (maximum(z, 2), "2", 0, "inactive: z = 2 ≤ 2", "0"),
    (maximum(z, 2), "2", 1, "z = 2, at the kink: active (relu_at_zero: 1)", "2"),
    (sqrt(z), "-2", 0, "undefined: the root of a negative number", "undefined"),
]


@pytest.mark.parametrize(
    ("formula", "number", "side", "note", "slope"),
    CASES,
    ids=[f"{text(row[0])} at {row[1]}, {row[2]}" for row in CASES],
)
def test_a_function_is_told_of(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    formula: Expr,
    number: str,
    side: int,
    note: str,
    slope: str,
) -> None:
    def tried() -> Any:
        """A formula of one function."""
        return elementwise(formula)

    kind = f"tried{CASES.index((formula, number, side, note, slope))}"  # an entry is built once
    monkeypatch.setitem(KINDS["activation"], kind, Entry("activation", kind, (), tried))
    (tmp_path / "net.yaml").write_text(NET.format(weight=number, side=side, kind=kind), encoding="utf-8")
    code, out, err = run("step", "-f", "json", cwd=tmp_path)
    assert (code, err) == (0, "")
    found = json.loads(out)
    steps = {step["name"]: step for step in found["steps"]}
    assert (steps["a"].get("reason") or "") == note
    assert steps["δ_z"]["lines"][-1]["text"].split()[-1] == slope
    assert not [check for check in found["checks"] if check["status"] == "failed"]
    code, _, err = run("derive", cwd=tmp_path)
    assert (code, err) == (0, "")

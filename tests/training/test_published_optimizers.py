"""The published steps of optimizers come out to their digits, each state beside them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
ALONE = "parameters: {w: 1.0}\ngradients: {w: [2.0, 1.5, -0.5]}\noptimizer: OPTIMIZER\nlearning_rate: RATE\n"
# Three steps for w = 1.0 with the gradients 2.0, 1.5 and -0.5: the digits that a course prints of each number.
PUBLISHED: dict[str, tuple[str, dict[str, list[str]]]] = {
    "gradient descent": (
        ALONE.replace("OPTIMIZER", "sgd").replace("RATE", "0.1"),
        {"w⁺": ["0.8000", "0.6500", "0.7000"]},
    ),
    "momentum as a mean": (
        (CONFIGS / "optimizer-momentum.yaml").read_text(encoding="utf-8"),
        {"v_w⁺": ["0.2000", "0.3300", "0.2470"], "w⁺": ["0.9800", "0.9470", "0.9223"]},
    ),
    "momentum": (
        ALONE.replace("OPTIMIZER", "momentum").replace("RATE", "0.1"),
        {"w⁺": ["", "", "0.2230"]},
    ),
    "RMSprop": (
        (CONFIGS / "optimizer-rmsprop.yaml").read_text(encoding="utf-8"),
        {"v_w⁺": ["0.4000", "0.5850", "0.5515"], "w⁺": ["0.9968", "0.9949", "0.9955"]},
    ),
    "RMSprop, the exercise": (
        (CONFIGS / "optimizer-rmsprop.yaml").read_text(encoding="utf-8").replace("0.001", "0.01"),
        {"w⁺": ["0.9684", "0.9488", "0.9555"]},
    ),
    "Adam": (
        (CONFIGS / "optimizer-adam.yaml").read_text(encoding="utf-8"),
        {
            "m_w⁺": ["0.2000", "0.3300", "0.2470"],
            "v_w⁺": ["0.00400", "0.00625", "0.00649"],
            "m̂_w": ["2.0000", "1.7368", "0.9114"],
            "v̂_w": ["4.0000", "3.1246", "2.1654"],
            "w⁺": ["0.999000", "0.998017", "0.997398"],
        },
    ),
}
DECAY = """\
parameters: {w: [1, 1]}
gradients: {w: [10.0, 0.01]}
optimizer: {KIND: {weight_decay: 0.1}}
learning_rate: 0.01
iterations: 100
"""


def iterations(run: Run, folder: Path, text: str) -> Any:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("step", "-f", "json", cwd=folder)
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.parametrize(("text", "expected"), PUBLISHED.values(), ids=list(PUBLISHED))
def test_the_published_digits(run: Run, tmp_path: Path, text: str, expected: dict[str, list[str]]) -> None:
    found = iterations(run, tmp_path, text)["iterations"]
    assert len(found) == 3
    for name, printed in expected.items():
        for one, digits in zip(found, printed, strict=True):
            (value,) = (step["value"] for step in one["steps"] if step["name"] == name)
            if digits:
                unit = Decimal(1).scaleb(Decimal(digits).as_tuple().exponent)
                assert abs(Decimal(value) - Decimal(digits)) <= unit / 2, (name, value, digits)


@pytest.mark.parametrize(("kind", "expected"), [("adam", ["0.0017", "0.1998"]), ("adamw", ["-0.0473", "-0.0473"])])
def test_weight_decay_inside_the_gradient_and_beside_it(
    run: Run, tmp_path: Path, kind: str, expected: list[str]
) -> None:
    """A hundred steps with a large and a small gradient: beside it, both are pulled alike."""
    found = iterations(run, tmp_path, DECAY.replace("KIND", kind))
    assert [f"{value:.4f}" for value in found["updated"]["w"]] == expected

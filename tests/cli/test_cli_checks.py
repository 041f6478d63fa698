"""What a sheet's checks say, and that the digits they show say the same."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

NEGATIVE = "the logarithm of a negative number"
UNDEFINED = [  # a network whose loss has no number, before the update or after it; what its sheet says, and does not
    (
        "inputs: {x: -2}\ntargets: [1]\nlayers: [{dense: [h], weights: {x: {w: 1}}}]\nloss: {bce: L}\n",
        [
            f"undefined: {NEGATIVE}",
            "binary_cross_entropy takes outputs between 0 and 1: put a sigmoid before it",
            "∂L/∂w by central difference: skipped, the loss is undefined",
            f"loss after this update undefined: {NEGATIVE}",
        ],
        ["overflow", "such as"],
    ),
    (
        "inputs: {x: 1}\ntargets: q\nlayers: [{dense: 2, weights: [[1], [2]]}, {log_softmax: [p, q]}]\nloss: {ce: L}\n",
        [f"undefined: {NEGATIVE}", "cross_entropy takes outputs between 0 and 1: use softmax instead of log_softmax"],
        ["numbers overflow", "such as", "put a softmax"],
    ),
    (
        "inputs: [x]\ntargets: [t]\nsamples: [[-2, 1], [0.5, 0]]\n"
        "layers: [{dense: [h], weights: {x: {w: 1}}}]\nloss: {bce: L}\n",
        [f"undefined: {NEGATIVE}", "undefined, as L⁽¹⁾ is"],
        ["overflow", "such as"],
    ),
    (
        "inputs: {x: 0.5}\ntargets: [1]\nlayers: [{dense: [h], weights: {x: {w: 1}}}]\nloss: {bce: L}\n"
        "learning_rate: -9\n",
        [f"loss after this update undefined: {NEGATIVE}"],
        ["overflow", "such as"],
    ),
    (
        "inputs: {x: -2}\ntargets: [1]\nlayers: [{dense: [h], weights: {x: {w: 1}}}]\nloss: {bce: L}\n"
        "learning_rate: -1.25\n",
        ["loss after this update 0.693147: it was undefined before"],
        ["overflow", "such as"],
    ),
    (
        "inputs: {x: 1e200}\ntargets: [1]\nlayers: [{dense: [h], weights: {x: {w: 1e200}}}]\nloss: {mse: L}\n",
        [
            "∂L/∂w by central difference: skipped, the numbers overflow",
            "loss after this update 4.00000×10¹⁵⁹⁸ > 1.00000×10⁸⁰⁰",
        ],
        [NEGATIVE],
    ),
]


@pytest.mark.parametrize(("text", "said", "unsaid"), UNDEFINED)
def test_why_a_loss_has_no_number(run: Run, tmp_path: Path, text: str, said: list[str], unsaid: list[str]) -> None:
    rate = "" if "learning_rate" in text else "learning_rate: 0.1\n"
    (tmp_path / "net.yaml").write_text(text + rate, encoding="utf-8")
    code, out, err = run("step", cwd=tmp_path)
    assert (code, err) == (0, "")
    sheet = " ".join(out.split())
    for words in said:
        assert words in sheet
    for words in unsaid:
        assert words not in sheet


@pytest.mark.parametrize("rate", ["0.1", "1e-3", "1e-6", "1e-12", "-1e-6"])
@pytest.mark.parametrize("digits", ["2", "6", "12"])
@pytest.mark.parametrize("config", ["homework3", "mazur", "line-3-samples"])
def test_two_losses_that_differ_are_shown_to_differ(run: Run, config: str, digits: str, rate: str) -> None:
    out = " ".join(run("step", f"configs/{config}.yaml", "--lr", rate, "--digits", digits).out.split())
    found = re.search(r"loss after this update (\S+) ([<>]) (\S+)", out)
    assert found
    now, relation, before = Fraction(found[1]), found[2], Fraction(found[3].rstrip(":"))
    assert now != before
    assert (now < before) == (relation == "<")


@pytest.mark.parametrize("digits", ["3", "4", "5", "6"])
def test_a_check_shows_the_digits_of_the_gradient(run: Run, digits: str) -> None:
    """Zeros at the end of a rounded number stay, in the check as in the step."""
    weights = [f"w{n}" for n in range(1, 9)]
    for name in weights:
        out = run("grad", "configs/mazur.yaml", "-p", name, "--digits", digits).out
        checked = re.search(rf"∂E_total/∂{name} by central difference ≈ (\S+) ✓", out)
        assert checked
        assert out.rstrip().count(f"≈ {checked[1]}") >= 2


SATURATED = """inputs: {x1: 8, x2: -6}
targets: {t: 1}
layers:
- {dense: [z1, z2], weights: [[5, -3], [-4, 2]], bias: [1, 2]}
- sigmoid: [h1, h2]
- {dense: z3, weights: [-9, 30], bias: -4}
- sigmoid: y
loss: {bce: L}
learning_rate: 0.1
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SATURATED, "    2 of the 9 gradients by central difference (7 too small for a difference to show) ✓\n"),
        (
            SATURATED.replace("bce", "mse").replace("-9,", "-90,"),
            "    note: gradients by central difference: skipped (9 too small for a difference to show)\n",
        ),
    ],
)
def test_no_gradient_is_called_right_that_a_difference_cannot_tell_from_0(
    run: Run, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert said in run("step", cwd=tmp_path).out


@pytest.mark.parametrize(
    ("optimizer", "why"),
    [
        ("sgd", ""),
        ("{sgd: {weight_decay: 10}}", "the step leads uphill, as the weight decay outweighs the gradient"),
        ("{adamw: {weight_decay: 200}}", "the step leads uphill, as the weight decay outweighs the gradient"),
        ("{momentum: {start: {v: 4}}}", "the step leads uphill, as earlier gradients outweigh the gradient"),
        (
            "{momentum: {start: {v: 400}, weight_decay: 10}}",
            "the step leads uphill, as the weight decay and earlier gradients outweigh the gradient",
        ),
        ("{momentum: {start: {v: -400}}}", "the step is too large here"),
        ("{adam: {}}\nlearning_rate: 9", "the learning rate is too large for this step"),
    ],
)
def test_why_a_loss_does_not_fall(run: Run, tmp_path: Path, optimizer: str, why: str) -> None:
    """No learning rate lowers it where the step leads uphill."""
    layers = "[{dense: [z], weights: {x: {w: 1.5}}, bias: {b: 0.5}}]"
    text = f"inputs: {{x: 1.0}}\ntargets: {{t: 3.0}}\nlayers: {layers}\nloss: half_squared_error\n"
    rate = "" if "rate" in optimizer else "learning_rate: 0.01\n"
    (tmp_path / "net.yaml").write_text(f"{text}optimizer: {optimizer}\n{rate}", encoding="utf-8")
    assert run("step", "--width", "200", cwd=tmp_path).out.endswith(f": {why}\n" if why else " < 0.5 ✓\n")


GIVEN_UNIT = SATURATED.replace("x1: 8, x2: -6", "x1: 1, x2: 0.5") + "values: {z1: 0.5}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "inputs: {x: 1}\ntargets: {t: 1}\nlayers: [{dense: [z], weights: {x: {w: 800}}}, sigmoid: a]\nloss: bce\n",
            "note: ∂L/∂w by central difference: skipped, the gradient is too small for a difference to show\n",
        ),
        (GIVEN_UNIT, "6 of the 9 gradients by central difference ✓\n"),
        ("inputs: {x: 2}\nvalues: {w: -2}\nlayers: [let: {f: x * x * w}]\nloss: f\n", "difference ≈ 4 ✓\n"),
        ("inputs: {x: 2.0}\nvalues: {w: -2}\nlayers: [let: {f: x * x * w}]\nloss: f\n", "difference ≈ 4.0 ✓\n"),
    ],
)
def test_what_a_check_says_of_gradients(run: Run, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert run("grad", cwd=tmp_path).out.endswith(f" {said}")


@pytest.mark.parametrize(
    ("loss", "decides"), [("mae", False), ("huber", False), ("absolute_error", False), ("hinge", True)]
)
def test_the_convention_of_activations_stands_where_it_decides(
    run: Run, tmp_path: Path, loss: str, decides: bool
) -> None:
    targets = "{class: 1}" if loss == "hinge" else "{t: [1, 2]}"
    text = (
        f"inputs: {{x: [1, 2]}}\ntargets: {targets}\nlayers: [{{dense: h, weights: [[1, 2], [3, 4]]}}]\nloss: {loss}\n"
    )
    (tmp_path / "net.yaml").write_text(f"{text}l1: 0.1\n", encoding="utf-8")
    assert ("relu_at_zero" in run("grad", cwd=tmp_path).out) == decides


def test_where_doubles_lose_the_loss_no_jump_is_told(run: Run, tmp_path: Path) -> None:
    """10¹⁶ + 1 - 10¹⁶ is 0 or 2 in doubles."""
    layers = "[{dense: z, weights: {x1: {w1: 1}, x2: {w2: 1}}, bias: {b: -1e16}}, relu: y]"
    text = f"inputs: {{x1: 1e16, x2: 1}}\ntargets: [0.4]\nlayers: {layers}\nloss: {{mse: L}}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = run("grad", cwd=tmp_path).out
    assert out.endswith(
        "    note: gradients by central difference: skipped, in double precision the loss loses its digits\n"
    )


def test_a_loss_that_falls_is_the_smaller_one_in_the_digits_shown(run: Run, tmp_path: Path) -> None:
    """Before the step it ends within ten digits, 1.84083845; after it it does not, and six would be 1.84084."""
    text = "values: {p: 2.5}\nlayers: [{let: {L: 1.83771345 + 0.0005 * p^2}}]\nloss: L\nlearning_rate: 0.5\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = " ".join(run("step", cwd=tmp_path).out.split())
    assert "loss after this update 1.840835 < 1.84083845 ✓" in out


def test_a_difference_tells_no_more_than_the_digits_of_the_loss(run: Run) -> None:
    """Of 1 - tanh(10) a double has half its digits."""
    text = "inputs: {x: 10.0}\ntargets: {t: 1}\nlayers: [tanh: y, let: {q: (1 - y)^(-2)}]\nloss: mae\n"
    code, out, _ = run("grad", "-", stdin=text.encode())
    assert (code, "∂L/∂x by central difference ≈ 2.35382×10¹⁷ ✓" in out) == (0, True)

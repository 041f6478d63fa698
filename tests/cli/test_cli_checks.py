"""What a sheet's checks say, and that the digits they show say the same."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run


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

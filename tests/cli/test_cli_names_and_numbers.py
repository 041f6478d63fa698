"""Names of any script, brackets that are no markup, numbers at the edge of floats."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run

HOMEWORK = (Path(__file__).resolve().parents[2] / "configs" / "homework3.yaml").read_text(encoding="utf-8")
PERSIAN = HOMEWORK.replace("h1", "ورودی").replace("w21", "وزن۲").replace("MSE", "خطا")
COMMANDS = [("forward",), ("grad", "--param", "w11"), ("grad",), ("step",), ("step", "--only", "w11")]


def text_of(run: Run, folder: Path, text: str, *command: str, **options: Any) -> str:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run(*command, cwd=folder, **options)
    assert (code, err) == (0, "")
    return str(out)


def test_persian_names(run: Run, tmp_path: Path) -> None:
    sheet = text_of(run, tmp_path, PERSIAN, "step", "--only", "وزن۲", "--expect", "وزن۲=0.65")
    assert "F1  ورودی = i1 × w11 + i2 × وزن۲ + b1\n" in sheet
    assert "U3  وزن۲⁺ = وزن۲ - lr × ∂خطا/∂وزن۲ = 0.5 - 0.1 × (-1.5) = 0.5 + 0.15 = 0.65\n" in sheet
    values = json.loads(text_of(run, tmp_path, PERSIAN, "step", "-f", "json"))
    assert values["updated"]["وزن۲"] == 0.65


@pytest.mark.parametrize(("name", "plainly"), [("w′", "w'"), ("w″", "w''"), ("ŵ″", "what''")])
def test_primes_in_ascii(run: Run, tmp_path: Path, name: str, plainly: str) -> None:
    text = f"inputs: {{x: 1}}\nlayers: [{{dense: [h], weights: {{x: {{{name}: 1}}}}}}]\n"
    assert f"F1  h = x * {plainly} = 1 * 1 = 1" in text_of(run, tmp_path, text, "forward", "--ascii")


@pytest.mark.parametrize("options", [(("--ascii",), "utf-8"), ((), "ascii")], ids=["--ascii", "an ASCII output"])
def test_persian_names_in_plain_characters(run: Run, tmp_path: Path, options: tuple[tuple[str, ...], str]) -> None:
    flags, encoding = options
    sheet = text_of(run, tmp_path, PERSIAN, "step", "--only", "وزن۲", *flags, encoding=encoding)
    assert sheet.isascii()
    usual = text_of(run, tmp_path, HOMEWORK, "step", "--only", "w21", "--ascii")
    numbers = re.compile(r"(?<![\w.])-?\d+\.\d+")
    assert numbers.findall(sheet) == numbers.findall(usual)
    code, out, err = run("grad", "--param", "وزن۹", *flags, cwd=tmp_path, encoding=encoding)
    assert (code, out) == (2, "")
    assert err


@pytest.mark.parametrize("form", ["txt", "terminal", "json"])
def test_markup_is_text(run: Run, tmp_path: Path, form: str) -> None:
    title = "[bold]net[/bold] [red :smile: {x} %s"
    sheet = text_of(run, tmp_path, HOMEWORK.replace("Two-layer ReLU network", f"'{title}'"), "forward", "-f", form)
    assert title in sheet


def finite(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("size", ["1e300", "-1e160", "-1e-300", "5e-324"])
@pytest.mark.parametrize("names", [("w11",), ("w11", "w31"), ("t1", "w42")], ids=" ".join)
def test_huge_and_tiny_numbers(
    run: Run, tmp_path: Path, command: tuple[str, ...], size: str, names: tuple[str, ...]
) -> None:
    text = HOMEWORK
    for name in names:
        text = re.sub(rf"\b{name}: [-\d.]+", f"{name}: {size}", text)
    text_of(run, tmp_path, text, *command)
    finite(text_of(run, tmp_path, text, *command, "-f", "json"))


@pytest.mark.parametrize("rate", ["1e308", "-1e308", "1e-308", "0", "-1"])
def test_huge_and_tiny_learning_rates(run: Run, tmp_path: Path, rate: str) -> None:
    text_of(run, tmp_path, HOMEWORK, "step", "--lr", rate)
    finite(text_of(run, tmp_path, HOMEWORK, "step", "--lr", rate, "-f", "json"))


def test_what_overflows_is_null_with_its_reason(run: Run, tmp_path: Path) -> None:
    text = HOMEWORK.replace("w11: 1.0", "w11: 1e200").replace("w31: 0.5", "w31: 1e200")
    sheet = finite(text_of(run, tmp_path, text, "forward", "-f", "json"))
    lost = [step for step in sheet["steps"] if step["value"] is None]
    assert [step["name"] for step in lost] == ["o1", "MSE"]
    assert all(step["reason"] for step in lost)


def test_no_layers(run: Run, tmp_path: Path) -> None:
    """The loss then reads the inputs."""
    text = "inputs: {x: 1.0}\ntargets: {t: 3.0}\nlayers: []\nloss: {half_squared_error: L}\nlearning_rate: 0.1\n"
    assert "L1  L = 1/2 × (t - x)²\n" in text_of(run, tmp_path, text, "forward")
    assert "B1  ∂L/∂x = " in text_of(run, tmp_path, text, "grad", "--param", "x")
    for command in COMMANDS[2:4]:
        text_of(run, tmp_path, text, *command)
        finite(text_of(run, tmp_path, text, *command, "-f", "json"))


def test_no_layers_and_no_loss(run: Run, tmp_path: Path) -> None:
    text_of(run, tmp_path, "inputs: [1, 2]\nlayers: []\n", "forward")

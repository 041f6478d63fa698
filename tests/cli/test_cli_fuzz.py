"""Whatever is in a file, a command ends with 0, 1 or 2 and a message, never with a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from conftest import Run

FILES = [path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))]
COMMANDS = [
    ("forward",), ("grad",), ("grad", "--param", "*"), ("step",), ("step", "--only", "w1"), ("step", "--only", "b1"),
]  # fmt: skip
FEW = ("--limit", "iterations=30")
OPTIONS = [
    (),
    ("-f", "json"),
    ("--width", "40"),
    ("--ascii",),
    ("--digits", "2"),
    ("--set", "w1=1e200"),
    ("--full", *FEW),
]
PIECES = ["0", "-", ".", "e9", "e-200", "e200", "/3", "null", "[", "]", "{", "}", ", ", ": ", "\n", "  ", "#", "'", "x"]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A shipped file with one to four characters or lines deleted, doubled, exchanged or put in."""
    text = draw(st.sampled_from(FILES))
    for _ in range(draw(st.integers(1, 4))):
        at, other = sorted(draw(st.tuples(*[st.integers(0, len(text) - 1)] * 2))) if text else (0, 0)
        lines = text.split("\n")
        line, second = at % len(lines), other % len(lines)
        match draw(st.integers(0, 6)):
            case 0:
                text = text[:at] + text[at + 1 :]
            case 1:
                text = text[:at] + text[at : at + 1] + text[at:]
            case 2 if at < other:
                text = text[:at] + text[other] + text[at + 1 : other] + text[at] + text[other + 1 :]
            case 3:
                text = "\n".join(lines[:line] + lines[line + 1 :])
            case 4:
                text = "\n".join(lines[: line + 1] + lines[line:])
            case 5:
                lines[line], lines[second] = lines[second], lines[line]
                text = "\n".join(lines)
            case _:
                text = text[:at] + draw(st.sampled_from(PIECES) | st.text(max_size=3)) + text[at:]
    return text


def holds(run: Run, content: bytes, command: tuple[str, ...], option: tuple[str, ...] = ()) -> None:
    code, out, err = run(*command, "-", *option, stdin=content)
    assert code in (0, 1, 2)
    assert "Traceback" not in err
    if code == 2:
        assert out == ""
        assert err.strip()
    else:
        assert err == ""
        if "json" in option:
            json.loads(out)


@settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=mutated(), command=st.sampled_from(COMMANDS), option=st.sampled_from(OPTIONS))
def test_a_mutated_file(run: Run, text: str, command: tuple[str, ...], option: tuple[str, ...]) -> None:
    holds(run, text.encode("utf-8", "surrogatepass"), command, option)


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes(run: Run, content: bytes) -> None:
    holds(run, content, ("step",))


@settings(max_examples=80, deadline=None)
@given(
    command=st.sampled_from(["forward", "grad", "step"]),
    option=st.sampled_from(["--set", "--expect", "--param", "--only", "--lr", "-f", "--digits", "--width"]),
    value=st.sampled_from(["w21=", "w21=1", "w*", "h1", "W[1]", "i1=3/4", "json", "0", "1e400", "١", "=", "[", ""])
    | st.text(max_size=8),
)
def test_any_argument(run: Run, command: str, option: str, value: str) -> None:
    code, out, err = run(command, f"{option}={value}" if option.startswith("--") else option + value)
    assert code in (0, 1, 2)
    assert "Traceback" not in err
    assert bool(out) == (code < 2) or (code == 0 and not out)

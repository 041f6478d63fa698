"""How wide a page is that goes into a pipe, and when it is coloured."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

ROOT = Path(__file__).resolve().parents[2]
ESCAPE = "\x1b["


Piped = Callable[..., str]


@pytest.fixture
def piped(run: Run) -> Piped:
    """A page that goes where no terminal is, with these variables of the environment."""

    def page(*options: str, **variables: str) -> str:
        done = run("forward", *options, variables=variables)
        assert (done.code, done.err) == (0, "")
        return str(done.out)

    return page


def test_columns_say_how_wide_a_piped_page_is(piped: Piped) -> None:
    assert piped(COLUMNS="60") == piped("--width", "60") != piped()
    assert piped("--width", "80", COLUMNS="60") == piped("--width", "80")
    assert piped(COLUMNS="5") == piped("--width", "20")
    usual = piped()
    for nonsense in ("", "0", "x", "-3", "9" * 30, "²"):
        assert piped(COLUMNS=nonsense) == usual
    command = [sys.executable, "-m", "nntrace", "forward"]
    env = {**os.environ, "COLUMNS": "60", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, capture_output=True, env=env, cwd=ROOT, encoding="utf-8", timeout=60, check=True)
    assert done.stdout == piped(COLUMNS="60")


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of its own")
def test_a_pager_gets_the_width_of_its_terminal(piped: Piped) -> None:
    import fcntl
    import pty
    import struct
    import termios

    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    env = {key: one for key, one in os.environ.items() if key != "COLUMNS"}
    command = [sys.executable, "-m", "nntrace", "forward"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, env=env, cwd=ROOT, timeout=60, check=True)
    os.close(terminal)
    os.close(main)
    assert done.stdout.decode() == piped("--width", "60")


def test_colours_are_for_a_terminal_or_for_who_asks(piped: Piped) -> None:
    plain = piped()
    assert ESCAPE not in plain
    for coloured in (piped("--color", "always"), piped(FORCE_COLOR="1"), piped("--color", "always", NO_COLOR="1")):
        assert f"{ESCAPE}36m" in coloured
    for bare in (
        piped("--color", "never", FORCE_COLOR="1"),
        piped(FORCE_COLOR="1", NO_COLOR="1"),
        piped(FORCE_COLOR="0"),
    ):
        assert bare == plain
    assert piped("-f", "json", "--color", "always") == piped("-f", "json")


def test_another_word_for_colours_is_refused() -> None:
    command = [sys.executable, "-m", "nntrace", "forward", "--color", "allways"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'always'?" in done.stderr


def test_no_line_of_help_is_cut() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nntrace", "--help"], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    commands = done.stdout[done.stdout.index("Commands:") :]
    assert "train " in commands
    assert "..." not in commands


def test_help_is_as_wide_as_the_terminal(run: Run) -> None:
    narrow = run("flow", "--help", variables={"COLUMNS": "40"}).out.split("Examples:")[0].splitlines()
    assert max(map(len, narrow)) == 40
    wide = run("flow", "--help", variables={"COLUMNS": "200"}).out.split("Examples:")[0].splitlines()
    assert 70 < max(map(len, wide)) <= 80

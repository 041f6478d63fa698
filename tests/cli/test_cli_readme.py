"""What the README shows as output is what the commands print."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Run

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_every_output_is_what_its_command_prints(run: Run) -> None:
    """The blocks of the README name their commands, and ``nntrace embed`` would change none of them."""
    assert len(re.findall(r"^```nntrace ", README, re.MULTILINE)) >= 14
    assert run("embed", "--check", "README.md") == (0, "", "")


def test_the_commands_named_work(run: Run) -> None:
    for command in re.findall(r"(?<!`)`nntrace ((?:derive|collapse|train|flow) [^`\[]+)`", README):
        assert run(*command.split()).code == 0

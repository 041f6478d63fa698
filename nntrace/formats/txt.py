"""Plain text, one line after the other."""

from __future__ import annotations

from collections.abc import Iterator

from ..expr.script import Script
from ..solution.content.model import Solution
from .page import joined, rows


def write(solution: Solution, width: int, script: Script) -> Iterator[str]:
    """The sheet's lines, without their line ends; many at once in a long listing, with line ends between them."""
    return map(joined, rows(solution, width, script, plain=True))

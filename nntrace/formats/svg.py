"""The pictures of a sheet as one SVG file."""

from __future__ import annotations

from collections.abc import Iterator

from ..expr.script import Script
from ..solution.content.model import Solution
from .drawing.layout import stacked
from .drawing.svg import svg


def write(solution: Solution, width: int, script: Script) -> Iterator[str]:
    """The file's lines. Raises a ``UserError`` where the sheet has no picture."""
    return svg(stacked(list(solution.pictures().values())))

"""A worked solution in the language that is asked for: its stage decides how things are written, and computes nothing.

A format is a file in this folder, named by its suffix: ``txt.py`` is ``-f txt`` and what ``-o sheet.txt`` takes. It
has one function, ``write(solution, width, script)``, that gives the lines. (``terminal`` goes to a screen, not to a
file; ``page`` is what the formats with a fixed width share.)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import UserError

if TYPE_CHECKING:
    from ..expr.text import Script
    from ..solution.content.model import Solution

_NOT_FILES = {"terminal"}


@cache
def names() -> tuple[str, ...]:
    """The formats that there are, each the suffix of its files."""
    from pkgutil import iter_modules

    return tuple(sorted(file.name for file in iter_modules(__path__) if not file.ispkg and file.name not in _NOT_FILES))


def render(solution: Solution, format: str, *, width: int, script: Script) -> Iterator[str]:
    """The sheet's lines in this format, without line ends, as they come."""
    if format not in names():
        raise UserError(f"there is no output format {format!r}\n  known here: terminal, {', '.join(names())}")
    lines: Iterator[str] = import_module(f".{format}", __name__).write(solution, width, script)
    return lines

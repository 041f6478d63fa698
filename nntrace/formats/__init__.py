"""A worked solution in the language that is asked for: its stage decides how things are written, and computes nothing.

A format is a file in this folder, named by its suffix: ``txt.py`` is ``-f txt`` and what ``-o sheet.txt`` takes. It
has one function, ``write(solution, width, script)``, that gives the lines, or the bytes of one that is no text;
one that needs a package of an extra has ``require()``, which refuses where that is not installed.
(``terminal`` goes to a screen, not to a file; ``page`` is what the formats with a fixed width share, ``typeset`` what
those share that typeset formulas.)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from os import listdir
from typing import TYPE_CHECKING

from ..errors import UserError

if TYPE_CHECKING:
    from ..expr.script import Script
    from ..solution.content.model import Solution

_NOT_FILES = {"__init__", "terminal"}
ALIASES = {"markdown": "md", "latex": "tex", "typst": "typ", "htm": "html", "text": "txt"}
"""Other names and suffixes of formats."""
FRAGMENTS = ("tex",)
"""The formats that are parts of a document unless a whole one is asked for."""


@cache
def names() -> tuple[str, ...]:
    """The formats that there are, each the suffix of its files."""
    files = (file for folder in __path__ for file in listdir(folder) if file.endswith(".py"))
    return tuple(sorted({file.removesuffix(".py") for file in files} - _NOT_FILES))


def render(solution: Solution, format: str, *, width: int, script: Script, standalone: bool = False) -> Iterator[str]:
    """The sheet's lines in this format, without line ends, as they come."""
    made = content(solution, format, width=width, script=script, standalone=standalone)
    if isinstance(made, bytes):
        raise UserError(f"{format} has no lines")
    return made


def content(
    solution: Solution, format: str, *, width: int, script: Script, standalone: bool = False
) -> Iterator[str] | bytes:
    """The sheet in this format: its lines, or the bytes of a format that is no text.

    ``standalone``: a whole document, of a format that is else a part of one.
    """
    write = import_module(f".{checked(format, standalone)}", __name__).write
    made: Iterator[str] | bytes = (
        write(solution, width, script, standalone=True) if standalone else write(solution, width, script)
    )
    return made


def require(format: str) -> None:
    """Raises a ``UserError`` where a format needs a package that is not installed."""
    getattr(import_module(f".{checked(format)}", __name__), "require", lambda: None)()


def checked(format: str, standalone: bool = False) -> str:
    """A format's name, of one that there is. Raises a ``UserError``."""
    name = ALIASES.get(format, format)
    if name not in names():
        raise UserError(f"there is no output format {format!r}\n  known here: terminal, {', '.join(names())}")
    if standalone and name not in FRAGMENTS:
        raise UserError(f"--standalone does not go with the format {format}\n  it is for: {', '.join(FRAGMENTS)}")
    return name

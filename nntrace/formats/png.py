"""The pictures of a sheet as PNG, drawn by the compiler that the ``typst`` package carries."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import UserError
from ..expr.script import UNICODE, Script
from ..solution.content.model import Solution
from . import svg
from .pdf import compiler, with_lacking_named
from .typeset.typst import quoted

PIXELS = 192.0
"""To an inch: twice what a screen is taken to have, so that small letters are sharp."""
_PAGE = '#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes({picture}), format: "svg")'


def write(solution: Solution, width: int, script: Script) -> bytes:
    """The file's bytes. Raises a ``UserError`` where the sheet has no picture, or the extra is not installed."""
    return png(svg.write(solution, width, UNICODE))


def require() -> None:
    """Raises a ``UserError`` where the extra is not installed."""
    compiler("a PNG")


def png(picture: Iterable[str]) -> bytes:
    """The lines of an SVG as a PNG. Raises a ``UserError`` where the extra is not installed."""
    typst = compiler("a PNG")
    drawing = with_lacking_named(" ".join(picture))
    page = _PAGE.format(picture=quoted(drawing, ascii=False))
    made = typst.compile(page.encode(), format="png", ppi=PIXELS)
    if not isinstance(made, bytes):
        raise UserError("this picture does not fit one page\n  draw it as .svg")
    return made

"""``--plot``: the curves of a sheet as a file with a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .writing import Content

if TYPE_CHECKING:
    from ..solution.content.model import Solution


def check_suffix(path: Path) -> None:
    """Refuse a kind of picture that there is not; a name without a suffix is an SVG."""
    if _kind(path) == ".png":
        from ..formats import png

        png.require()
    elif _kind(path) not in ("", ".svg"):
        raise UserError(f"--plot {path}: there are no pictures of this kind\n  name it .svg or .png")


def picture(path: Path, solution: Solution) -> dict[Path, Content]:
    """The file with the picture of the sheet's curves. Raises a ``UserError`` where it has none."""
    from ..formats.plot.svg import svg_lines
    from ..solution.content.model import Plot

    plot = next((block for section in solution.sections for block in section.blocks if isinstance(block, Plot)), None)
    if plot is None:
        raise UserError("--plot: this sheet has no curves, so there is no picture\n  leave --plot out")
    if _kind(path) != ".png":
        return {path: svg_lines(plot)}
    from ..formats import png

    return {path: png.png(svg_lines(plot))}


def _kind(path: Path) -> str:
    return path.suffix.lower()

"""``--plot``: the curves of a sheet as a file with a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .run import check_files
from .writing import Content

if TYPE_CHECKING:
    from ..solution.content.model import Solution
    from .options import PageOptions


def plotting(
    path: Path | None, others: Sequence[Path | None], page: PageOptions, force: bool
) -> Callable[[Solution], dict[Path, Content]]:
    """How a sheet's curves come into a file, or into none. Refuses what cannot be written, this file or the others
    beside the sheet, and a kind of picture that there is not."""
    check_files(page, force, *others, path)
    if path is None:
        return lambda _: {}
    _check_suffix(path)
    return partial(_picture, path)


def _check_suffix(path: Path) -> None:
    """Refuse a kind of picture that there is not; a name without a suffix is an SVG."""
    if _kind(path) == ".png":
        from ..formats import png

        png.require()
    elif _kind(path) not in ("", ".svg"):
        raise UserError(f"--plot {path}: there are no pictures of this kind\n  name it .svg or .png")


def _picture(path: Path, solution: Solution) -> dict[Path, Content]:
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

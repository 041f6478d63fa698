"""The options that mean the same in every command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Optional

import typer


def _count(what: str, low: int, high: int) -> Callable[[str], int]:
    """What reads a whole number from ``low`` to ``high``."""

    def read(text: str) -> int:
        number = int(text) if text.strip().isdecimal() and len(text) < 10 else None
        if number is None or not low <= number <= high:
            raise typer.BadParameter(f"{text!r} is no number of {what}: give a whole number from {low} to {high}")
        return number

    return read


Net = Annotated[
    Optional[str],  # noqa: UP045 (typer reads it at run time)
    typer.Argument(
        metavar="[NET]", help="Network file, - for standard input. Default: net.yaml here, else homework 3."
    ),
]
Set = Annotated[
    list[str], typer.Option("--set", metavar="NAME=NUMBER", help="Change a given number, e.g. i1=3. Repeatable.")
]
Expect = Annotated[
    list[str],
    typer.Option(
        "--expect",
        metavar="NAME=NUMBER",
        help="Exit 1 unless the number has these digits; step: L is the loss before, L+ after it. Repeatable.",
    ),
]
Full = Annotated[bool, typer.Option("--full", help="Cut nothing, however long.")]
Format = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--format", "-f", metavar="FORMAT", help="terminal, txt or json. Default: terminal; piped: txt."),
]
Output = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--output", "-o", metavar="FILE", help="Write to a file; its suffix gives the format."),
]
Digits = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--digits",
        parser=_count("digits", 1, 17),
        metavar="N",
        help="Significant digits of a rounded number, 1 to 17. Default: 6.",
    ),
]
Rounding = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--rounding", metavar="RULE", help="full, carry:4 (decimals) or carry:4sf (significant digits)."),
]
View = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--view",
        metavar="VIEW",
        help="delta (by elements), paths, matrix or all. Default: delta, paths where asked by name; large: all.",
    ),
]
Width = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--width",
        parser=_count("columns", 20, 10000),
        metavar="N",
        help="Columns of the page, 20 to 10000. Default: the terminal's; piped: 120.",
    ),
]
Ascii = Annotated[bool, typer.Option("--ascii", help="Plain characters only: * for ×, dMSE/dw21 for ∂MSE/∂w21.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no sheet, only what --expect has to say.")]
AllowFiles = Annotated[bool, typer.Option("--allow-files", help="Let the network read arrays outside its own folder.")]

"""The options that several commands share, each declared once: a command takes them as records.

A field is one option of the command line, with its help text and its default; ``command.spread`` makes it one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ..limits import Limits
from ..record import Record


def _count(what: str, low: int, high: int) -> Callable[[str], int]:
    """What reads a whole number from ``low`` to ``high``."""

    def read(text: str) -> int:
        number = int(text) if text.strip().isdecimal() and len(text) < 10 else None
        if number is None or not low <= number <= high:
            raise typer.BadParameter(f"{text!r} is no number of {what}: give a whole number from {low} to {high}")
        return number

    return read


def option(name: str, metavar: str, help: str, *short: str) -> Any:
    """The option of a text."""
    return typer.Option(name, *short, metavar=metavar, help=help)


def flag(name: str, help: str, *short: str) -> Any:
    """The option that is there or not."""
    return typer.Option(name, *short, help=help)


def _number(name: str, low: int, high: int, help: str, what: str = "") -> Any:
    """The option of a whole number from ``low`` to ``high``, of ``what`` it counts."""
    return typer.Option(f"--{name}", parser=_count(what or name, low, high), metavar="N", help=help)


Changes = Annotated[list[str], option("--set", "NAME=NUMBER", "Change a given number, e.g. i1=3. Repeatable.")]


class Reading(Record):
    """Which network a command reads, and what it may read with it."""

    net: Annotated[
        str | None,
        typer.Argument(
            metavar="[NET]", help="Network file, - for standard input. Default: net.yaml here, else homework 3."
        ),
    ] = None
    allow_files: Annotated[bool, flag("--allow-files", "Let the network read arrays outside its own folder.")] = False
    limit: Annotated[
        list[str], option("--limit", "NAME=NUMBER", f"Move a limit: {', '.join(Limits._fields)}. Repeatable.")
    ] = []


class StepOptions(Record):
    """How the parameters learn, where this differs from the file."""

    lr: Annotated[str | None, option("--lr", "NUMBER", "Learning rate of everything. Default: the file's.")] = None
    optimizer: Annotated[
        str | None, option("--optimizer", "KIND", "adam, '{momentum: {beta: 0.5}}', …. Default: the file's.")
    ] = None


def _length(name: str, what: str) -> Any:
    """The option that says how many steps or passes there are."""
    return _number(name, 1, 10**6, f"{what} to do. Default: the file's.")


class Lasting(Record):
    """How long the parameters learn, where this differs from the file."""

    iterations: Annotated[int | None, _length("iterations", "Steps")] = None
    epochs: Annotated[int | None, _length("epochs", "Passes over all samples")] = None


class Compared(Record):
    """What a training may be run with several of, one run each."""

    lr: Annotated[
        list[str], option("--lr", "NUMBERS", "Learning rates: 0.1,0.4, log:0.01:1:20 or linear:0.01:1:20.")
    ] = []
    optimizer: Annotated[list[str], option("--optimizer", "KINDS", "Optimizers: adam,momentum. Repeatable.")] = []
    batch: Annotated[list[str], option("--batch", "COUNTS", "Samples per step: 1,16,all. Repeatable.")] = []
    seed: Annotated[int | None, _number("seed", 0, 10**9, "Seed of the drawn rates.")] = None


class Calculation(Record):
    """How a sheet of numbers is worked out, and what it is compared with."""

    change: Changes = []
    expect: Annotated[
        list[str],
        option(
            "--expect",
            "NAME=NUMBER",
            "Exit 1 unless the number has these digits; step: L is the loss before, L+ after it. Repeatable.",
        ),
    ] = []
    full: Annotated[bool, flag("--full", "Cut nothing, however long.")] = False
    digits: Annotated[
        int | None,
        _number("digits", 1, 17, "Significant digits of every computed number, 1 to 17. Default: 6 of a rounded one."),
    ] = None
    decimals: Annotated[
        int | None,
        _number(
            "decimals", 0, 17, "Decimals of every computed number, 0 to 17 (of a small one three significant digits)."
        ),
    ] = None
    rounding: Annotated[
        str | None,
        option("--rounding", "RULE", "full, carry:4 (decimals), carry:4dp (plain) or carry:4sf (significant)."),
    ] = None


ViewOption = Annotated[
    str | None,
    option(
        "--view",
        "VIEW",
        "delta (by elements), paths, matrix or all. Default: delta, paths where asked by name; large: all.",
    ),
]
"""How the gradients of a sheet are written."""


class PageOptions(Record):
    """How and where a sheet is written."""

    format: Annotated[
        str | None,
        option(
            "--format",
            "FORMAT",
            "terminal, txt, md, tex, typ, html, pdf, json, svg or png (pictures), csv (train, flow). "
            "Default: terminal; piped: txt.",
            "-f",
        ),
    ] = None
    output: Annotated[
        Path | None, option("--output", "FILE", "Write to a file; its suffix gives the format.", "-o")
    ] = None
    width: Annotated[
        int | None,
        _number(
            "width", 20, 10000, "Columns of the page, 20 to 10000. Default: the terminal's; piped: 120.", "columns"
        ),
    ] = None
    ascii: Annotated[bool, flag("--ascii", "Plain characters only: * for ×, dMSE/dw21 for ∂MSE/∂w21.")] = False
    color: Annotated[str, option("--color", "WHEN", "always, never or auto (on a terminal, or FORCE_COLOR).")] = "auto"
    title: Annotated[str | None, option("--title", "TEXT", "A title for this sheet.")] = None
    detail: Annotated[
        str,
        option(
            "--detail",
            "LEVEL",
            "full, normal (no terms, no local derivatives) or results (a line each, and the tables).",
        ),
    ] = "full"
    show: Annotated[
        list[str], option("--show", "IDS", "Only these steps and sections, without the head: B9p,U*,checks.")
    ] = []
    standalone: Annotated[bool, flag("--standalone", "tex: a document that compiles as it is, not a fragment.")] = False
    quiet: Annotated[bool, flag("--quiet", "Print no sheet, only what does not hold.", "-q")] = False

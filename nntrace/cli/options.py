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


def _number(name: str, low: int, high: int, help: str, what: str = "") -> Any:
    """The option of a whole number from ``low`` to ``high``, of ``what`` it counts."""
    return typer.Option(f"--{name}", parser=_count(what or name, low, high), metavar="N", help=help)


Changes = Annotated[
    list[str], typer.Option("--set", metavar="NAME=NUMBER", help="Change a given number, e.g. i1=3. Repeatable.")
]


class Reading(Record):
    """Which network a command reads, and what it may read with it."""

    net: Annotated[
        str | None,
        typer.Argument(
            metavar="[NET]", help="Network file, - for standard input. Default: net.yaml here, else homework 3."
        ),
    ] = None
    allow_files: Annotated[
        bool, typer.Option("--allow-files", help="Let the network read arrays outside its own folder.")
    ] = False
    limit: Annotated[
        list[str],
        typer.Option("--limit", metavar="NAME=NUMBER", help=f"Move a limit: {', '.join(Limits._fields)}. Repeatable."),
    ] = []


class StepOptions(Record):
    """How the parameters learn, where this differs from the file."""

    lr: Annotated[
        str | None, typer.Option("--lr", metavar="NUMBER", help="Learning rate of everything. Default: the file's.")
    ] = None
    optimizer: Annotated[
        str | None,
        typer.Option("--optimizer", metavar="KIND", help="adam, '{momentum: {beta: 0.5}}', …. Default: the file's."),
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
        list[str],
        typer.Option("--lr", metavar="NUMBERS", help="Learning rates: 0.1,0.4, log:0.01:1:20 or linear:0.01:1:20."),
    ] = []
    optimizer: Annotated[
        list[str], typer.Option("--optimizer", metavar="KINDS", help="Optimizers: adam,momentum. Repeatable.")
    ] = []
    batch: Annotated[
        list[str], typer.Option("--batch", metavar="COUNTS", help="Samples per step: 1,16,all. Repeatable.")
    ] = []
    seed: Annotated[
        int | None,
        _number("seed", 0, 10**9, "Seed of the drawn rates."),
    ] = None


class Calculation(Record):
    """How a sheet of numbers is worked out, and what it is compared with."""

    change: Changes = []
    expect: Annotated[
        list[str],
        typer.Option(
            "--expect",
            metavar="NAME=NUMBER",
            help="Exit 1 unless the number has these digits; step: L is the loss before, L+ after it. Repeatable.",
        ),
    ] = []
    full: Annotated[bool, typer.Option("--full", help="Cut nothing, however long.")] = False
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
        typer.Option(
            "--rounding", metavar="RULE", help="full, carry:4 (decimals), carry:4dp (plain) or carry:4sf (significant)."
        ),
    ] = None
    view: Annotated[
        str | None,
        typer.Option(
            "--view",
            metavar="VIEW",
            help="delta (by elements), paths, matrix or all. Default: delta, paths where asked by name; large: all.",
        ),
    ] = None


class PageOptions(Record):
    """How and where a sheet is written."""

    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="terminal, txt, md, tex, typ, html, pdf, json, svg or png (pictures). Default: terminal; piped: txt.",
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to a file; its suffix gives the format."),
    ] = None
    width: Annotated[
        int | None,
        _number(
            "width", 20, 10000, "Columns of the page, 20 to 10000. Default: the terminal's; piped: 120.", "columns"
        ),
    ] = None
    ascii: Annotated[bool, typer.Option("--ascii", help="Plain characters only: * for ×, dMSE/dw21 for ∂MSE/∂w21.")] = (
        False
    )
    color: Annotated[
        str, typer.Option("--color", metavar="WHEN", help="always, never or auto (on a terminal, or FORCE_COLOR).")
    ] = "auto"
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="A title for this sheet.")] = None
    detail: Annotated[
        str,
        typer.Option(
            "--detail",
            metavar="LEVEL",
            help="full, normal (no terms, no local derivatives) or results (a line each, and the tables).",
        ),
    ] = "full"
    show: Annotated[
        list[str],
        typer.Option("--show", metavar="IDS", help="Only these steps and sections, without the head: B9p,U*,checks."),
    ] = []
    standalone: Annotated[
        bool, typer.Option("--standalone", help="tex: a document that compiles as it is, not a fragment.")
    ] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no sheet, only what --expect has to say.")] = False

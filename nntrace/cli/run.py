"""What every command does around its own question: read the network, write the sheet, compare what is expected."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

from ..errors import UserError, printable, quoted, suggestion
from ..library.words import detail_of
from .streams import carries_unicode, check_open, say, writing
from .words import assignment, expectation, limits_of
from .writing import Content, check_free, check_writable, same_file, write_files

if TYPE_CHECKING:
    from rich.console import Console

    from ..network.model import Element, Network
    from ..solution.checking.expect import Mismatch
    from ..solution.content.model import Solution
    from ..spec import Spec
    from .options import PageOptions, Reading

DEFAULT_FILE = "net.yaml"
BUILT_IN = "homework3"
PIPED_WIDTH = 120
NARROWEST, WIDEST = 20, 10_000
COLOURED = ("auto", "always", "never")


def read_network(
    reading: Reading,
    changes: Sequence[str] = (),
    numbers: bool = True,
    adjusted: Callable[[Spec], Spec] = lambda spec: spec,
) -> tuple[Network, Spec]:
    """The network of a file (or of the default), with the numbers of ``--set``; for some questions sizes will do.

    ``adjusted`` puts what other options say in the place of what the file says.
    """
    from ..network.building.build import all_told, build
    from ..spec import load, read

    limits = limits_of(reading.limit)
    if (path := network_file(reading)) is None:
        spec = read(example_text(BUILT_IN), f"{BUILT_IN} (built in)", None, limits)
    else:
        if path in example_names() and not os.path.lexists(path):
            remedy = f"of the network that comes with it: nntrace examples {path} > net.yaml"
            raise UserError(f"there is no file {path}\n  {remedy}")
        with all_told(reading.allow_files, numbers):
            spec = load(path, limits)
    spec = adjusted(spec)
    network = build(spec, reading.allow_files, numbers)
    if changes:
        network = _changed(network, changes)
    if numbers and network.divisors:
        from ..library.divisors import refuse_zero_divisors

        refuse_zero_divisors(network, spec)
    return network, spec


def _changed(network: Network, changes: Sequence[str]) -> Network:
    """The network with the numbers of ``--set``, each given once."""
    from ..network.change import with_number
    from ..network.quantities import find

    given: dict[tuple[Element, ...], str] = {}
    for change in changes:
        name, text, value = assignment(change, "--set")
        if len(found := find(network, name)) == 1:
            if (uses := found[0].uses) in given:
                message = f"--set {change}: {quoted(name)} has its number from --set {given[uses]} already"
                raise UserError(f"{message}\n  give the number once")
            given[uses] = change
        network = with_number(network, name, value, text)
    return network


def network_file(reading: Reading) -> str | None:
    """The path of the network file, ``-`` for standard input; ``None``: the one that is built in."""
    if reading.net == "":
        raise UserError("the network file has an empty name\n  give a path, - for standard input, or leave it out")
    if reading.net is not None:
        return reading.net
    try:
        os.lstat(DEFAULT_FILE)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"cannot look for {DEFAULT_FILE} in the current folder: {error.strerror or error}"
        raise UserError(f"{message}\n  give a network file") from None
    return DEFAULT_FILE


def check_page(page: PageOptions, reading: Reading, expected: Sequence[str] = ()) -> None:
    """Refuse what a sheet cannot be written to or compared with, before it is worked out."""
    from ..formats import checked, require

    for text in expected:
        expectation(text)
    detail_of(page.detail)
    if page.color not in COLOURED:
        raise UserError(f"--color {page.color!r} is no choice\n  {suggestion(page.color, COLOURED)}")
    if (form := _format(page)) not in (None, "terminal") or page.standalone:
        require(checked(form or "txt", page.standalone))
    if (output := _file(page)) is not None:
        network = network_file(reading)
        if network is not None and same_file(output, Path(network)):
            raise UserError(f"{output} is the network file itself\n  choose another name for the sheet")
        check_writable(output)
    elif not page.quiet:
        check_open()


def _file(page: PageOptions) -> Path | None:
    """The file that a sheet goes to, if not to standard output."""
    return None if page.output == Path("-") else page.output


def _format(page: PageOptions) -> str | None:
    """The format that is asked for, by its name or by a file's suffix."""
    output = _file(page)
    return page.format or (output.suffix.removeprefix(".").lower() if output else "") or None


def example_names() -> list[str]:
    """The networks that come with the program."""
    return sorted(path.name.removesuffix(".yaml") for path in _examples().iterdir() if path.suffix == ".yaml")


def example_text(name: str) -> str:
    """The text of a shipped network."""
    if name not in example_names():
        raise UserError(f"there is no example {quoted(name)}\n  {suggestion(name, example_names())}")
    return (_examples() / f"{name}.yaml").read_text(encoding="utf-8")


def _examples() -> Path:
    """Inside the installed package, or beside it in a source tree."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def _is_coloured(page: PageOptions) -> bool | None:
    """Whether the sheet is coloured wherever it goes; ``None`` where that is for the terminal to say."""
    if page.color != "auto":
        return page.color == "always"
    return True if os.environ.get("FORCE_COLOR", "0") not in ("", "0") and "NO_COLOR" not in os.environ else None


def _piped_width() -> int:
    """The columns of a page that is read elsewhere: those of ``COLUMNS``, of the terminal that a pager shows it on."""
    typed = os.environ.get("COLUMNS", "")
    if typed.isascii() and typed.isdigit() and int(typed[:6]) > 0 and len(typed) < 6:
        return _in_range(int(typed))
    try:
        if sys.stderr.isatty() and stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode):
            return _in_range(os.get_terminal_size(sys.stderr.fileno()).columns)
    except (AttributeError, OSError, ValueError):  # a stream that is closed, or none of the system's
        pass
    return PIPED_WIDTH


def _in_range(columns: int) -> int:
    return min(max(columns, NARROWEST), WIDEST)


def deliver(
    solution: Solution, page: PageOptions, expected: Sequence[str] = (), beside: Mapping[Path, Content] = {}
) -> int:
    """Write the sheet, and the files ``beside`` it, and compare the expected numbers. The exit code: 0, or 1 where a
    number or a check fails. Raises a ``UserError`` before anything is written."""
    from ..solution.content.detail import with_detail
    from ..solution.content.model import Check

    differences: list[Mismatch] = []
    if expected:
        from ..solution.checking.expect import compare, with_expected

        compared = [compare(solution, *expectation(one)) for one in expected]
        agreed = [found for found in compared if isinstance(found, Check)]
        differences = [found for found in compared if not isinstance(found, Check)]
        solution = with_expected(solution, agreed)
    told = with_detail(solution, detail_of(page.detail))
    if page.show:
        from ..solution.content.excerpt import excerpt

        told = excerpt(told, [name.strip() for names in page.show for name in names.split(",")])
    title = told.title if page.title is None else printable(" ".join(page.title.split()))
    write(told._replace(title=title), page, beside)
    for difference in differences:
        say(f"{difference.name}: expected {difference.expected}, found {difference.found}")
    checks = (block for section in solution.sections for block in section.blocks if isinstance(block, Check))
    return 1 if differences or any(check.status == "failed" for check in checks) else 0


def check_files(page: PageOptions, force: bool, *asked: Path | None) -> None:
    """Refuse files that cannot be written beside the sheet."""
    files = [file for file in asked if file is not None]
    for place, file in enumerate(files, start=1):
        check_free(file, force)
        for other in (*files[place:], *([] if page.output is None else [page.output])):
            if same_file(file, other):
                raise UserError(f"two outputs cannot go to the same file, {file}\n  choose another name for one")


def write(solution: Solution, page: PageOptions, beside: Mapping[Path, Content]) -> None:
    """The sheet to standard output or to a file, in the format asked for or that fits, and the files beside it."""
    from ..expr.script import ASCII, UNICODE
    from ..formats import content

    form = _format(page)
    if (output := _file(page)) is not None:
        script = ASCII if page.ascii else UNICODE
        form = "txt" if form in (None, "terminal") else form
        width = page.width or PIPED_WIDTH
        sheet = content(solution, form, width=width, script=script, standalone=page.standalone)
        write_files({**beside, output: sheet})
        return
    if page.quiet:
        write_files(beside)
        return
    plain = page.ascii or not carries_unicode(sys.stdout.encoding)
    script = ASCII if plain else UNICODE
    with writing():
        coloured = _is_coloured(page)
        if form == "terminal" or (form is None and (sys.stdout.isatty() or coloured)):
            from ..formats.terminal import show

            console = _console(page, coloured)
            write_files(beside)
            show(solution, console, script)
        else:
            width = page.width or _piped_width()
            made = content(solution, form or "txt", width=width, script=script, standalone=page.standalone)
            if isinstance(made, bytes) and sys.stdout.isatty():
                raise UserError(f"a {form} is no text for a terminal\n  write it to a file: -o sheet.{form}")
            write_files(beside)
            if not isinstance(made, bytes):
                for line in made:
                    sys.stdout.write(line + "\n")
            else:
                sys.stdout.flush()
                sys.stdout.buffer.write(made)


def _console(page: PageOptions, coloured: bool | None) -> Console:
    """The terminal; rich would read its height and its colours from the environment, and fail at what is no number."""
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))  # rich would exit with 1

    width = page.width or (_in_range(get_terminal_size().columns) if sys.stdout.isatty() else _piped_width())
    colours: dict[str, Any] = {} if coloured is None else {"force_terminal": coloured, "no_color": not coloured}
    if coloured:
        colours["color_system"] = "standard"
    return Terminal(width=width, height=25, highlight=False, markup=False, emoji=False, **colours)

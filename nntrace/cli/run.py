"""What every command does around its own question: read the network, write the sheet, compare what is expected."""

from __future__ import annotations

import errno
import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError, quoted

if TYPE_CHECKING:
    from ..network.model import Element, Network
    from ..solution.content.detail import Detail
    from ..solution.content.model import Solution
    from ..solution.sheets.calculation import Settings, View
    from ..spec import Spec
    from ..spec.model import Rounding
    from .options import Calculation, Page, Reading

DEFAULT_FILE = "net.yaml"
BUILT_IN = "homework3"
PIPED_WIDTH = 120


def read_network(reading: Reading, changes: Sequence[str] = (), numbers: bool = True) -> tuple[Network, Spec]:
    """The network of a file (or of the default), with the numbers of ``--set``; for some questions sizes will do."""
    net = reading.net
    from ..network.building.build import build
    from ..network.change import with_number
    from ..network.quantities import find
    from ..spec import load, read

    if net == "":
        raise UserError("the network file has an empty name\n  give a path, - for standard input, or leave it out")
    if net is None and not Path(DEFAULT_FILE).exists():
        spec = read(example_text(BUILT_IN), f"{BUILT_IN} (built in)", None)
    else:
        if net in example_names() and not Path(net).exists():
            raise UserError(
                f"there is no file {net}\n  of the network that comes with it: nntrace examples {net} > net.yaml"
            )
        spec = load(net if net is not None else DEFAULT_FILE)
    network = build(spec, reading.allow_files, numbers)
    given: dict[tuple[Element, ...], str] = {}
    for change in changes:
        name, text, value = assignment(change, "--set")
        if len(found := find(network, name)) == 1:
            if (uses := found[0].uses) in given:
                message = f"--set {change}: {quoted(name)} has its number from --set {given[uses]} already"
                raise UserError(f"{message}\n  give the number once")
            given[uses] = change
        network = with_number(network, name, value, text)
    return network, spec


def assignment(text: str, option: str) -> tuple[str, str, Fraction]:
    """``w21=0.65`` as its name, the number as typed, and its value."""
    name, sign, typed = (part.strip() for part in unicodedata.normalize("NFC", text).partition("="))
    if not sign or not name or not typed:
        raise UserError(f"{option} {text!r} is no assignment\n  write a name, = and a number: {option} w21=0.65")
    return name, typed, typed_number(typed, f"{option} {text}")


def typed_number(text: str, where: str) -> Fraction:
    """A number of the command line, by the rules of the network file."""
    from ..spec.scalars import Fault, number

    value = number(text.strip()) if text.strip() else Fault("there is no number", "write one, such as 0.1")
    if isinstance(value, Fault):
        raise UserError(f"{where}: {value.message}\n  {value.remedy}")
    return value


def settings(calculation: Calculation) -> Settings:
    """How a sheet of numbers is worked out, from the words of the command."""
    from ..solution.sheets.calculation import Settings

    rounding, view = rounding_rule(calculation.rounding), view_of(calculation.view)
    return Settings(calculation.digits, calculation.full, rounding, view)


def rounding_rule(text: str | None) -> Rounding | None:
    """``full``, ``carry:4`` or ``carry:4sf`` as a rule."""
    import re

    from ..spec.model import Rounding

    if text is None:
        return None
    if text == "full":
        return Rounding()
    match = re.fullmatch(r"carry:([0-9]{1,2})(sf)?", text)
    if not match or not (1 if match[2] else 0) <= int(match[1]) <= 17:
        raise UserError(f"--rounding {text!r} is no rule\n  write full, carry:4 (decimals) or carry:4sf (significant)")
    return Rounding(int(match[1]), match[2] is not None)


def view_of(text: str | None) -> View | None:
    """A view of the calculation."""
    from typing import get_args

    from ..errors import suggestion
    from ..solution.sheets.calculation import View

    views: tuple[View, ...] = get_args(View)
    if text is None:
        return None
    for view in views:
        if text == view:
            return view
    raise UserError(f"there is no view {text!r}\n  {suggestion(text, views)}")


def detail_of(text: str) -> Detail:
    """How much of a sheet is told."""
    from ..errors import suggestion
    from ..solution.content.detail import DETAILS

    for detail in DETAILS:
        if text == detail:
            return detail
    raise UserError(f"there is no detail {text!r}\n  {suggestion(text, DETAILS)}")


def example_names() -> list[str]:
    """The networks that come with the program."""
    return sorted(path.name.removesuffix(".yaml") for path in _examples().iterdir() if path.suffix == ".yaml")


def example_text(name: str) -> str:
    """The text of a shipped network."""
    from ..errors import suggestion

    if name not in example_names():
        raise UserError(f"there is no example {quoted(name)}\n  {suggestion(name, example_names())}")
    return (_examples() / f"{name}.yaml").read_text(encoding="utf-8")


def _examples() -> Path:
    """Inside the installed package, or beside it in a source tree."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def deliver(solution: Solution, page: Page, expected: Sequence[str] = ()) -> int:
    """Write the sheet and compare the expected numbers. The exit code: 0, or 1 where a number or a check fails."""
    from ..solution.checking.expect import compare
    from ..solution.content.detail import told
    from ..solution.content.model import Check

    differences = [
        found
        for name, typed, value in (assignment(text, "--expect") for text in expected)
        if (found := compare(solution, name, typed, value))
    ]
    write(
        told(solution, detail_of(page.detail))._replace(title=solution.title if page.title is None else page.title),
        page,
    )
    for difference in differences:
        say(f"{difference.name}: expected {difference.expected}, found {difference.found}")
    checks = (block for section in solution.sections for block in section.blocks if isinstance(block, Check))
    return 1 if differences or any(check.status == "failed" for check in checks) else 0


def write(solution: Solution, page: Page) -> None:
    """The sheet to standard output or to a file, in the format asked for or that fits."""
    from ..expr.text import ASCII, UNICODE
    from ..formats import content

    if page.output == Path("-"):
        page = page._replace(output=None)
    suffix = page.output.suffix.removeprefix(".").lower() if page.output else ""
    form = page.format or suffix or None
    if page.output is not None:
        if same_file(page.output, Path(solution.source)):
            raise UserError(f"{page.output} is the network file itself\n  choose another name for the sheet")
        script = ASCII if page.ascii else UNICODE
        form = "txt" if form in (None, "terminal") else form
        width = page.width or PIPED_WIDTH
        write_file(page.output, content(solution, form, width=width, script=script, standalone=page.standalone))
        return
    if page.quiet:
        return
    plain = page.ascii or not carries_unicode(sys.stdout.encoding)
    script = ASCII if plain else UNICODE
    with writing():
        if form == "terminal" or (form is None and sys.stdout.isatty()):
            from rich.console import Console

            from ..formats.terminal import show

            class Terminal(Console):
                def on_broken_pipe(self) -> None:
                    raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))  # rich would exit with 1

            show(solution, Terminal(width=page.width, highlight=False, markup=False, emoji=False), script)
        else:
            width = page.width or PIPED_WIDTH
            made = content(solution, form or "txt", width=width, script=script, standalone=page.standalone)
            if not isinstance(made, bytes):
                for line in made:
                    sys.stdout.write(line + "\n")
            elif sys.stdout.isatty():
                raise UserError(f"a {form} is no text for a terminal\n  write it to a file: -o sheet.{form}")
            else:
                sys.stdout.flush()
                sys.stdout.buffer.write(made)


@contextmanager
def writing() -> Iterator[None]:
    """While something may be written to standard output: that it is closed or full is told as a user's mistake."""
    if sys.stdout is None:
        raise UserError("standard output is closed\n  leave it open, or use -o FILE")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more is to be flushed at exit
        if error.errno != errno.EPIPE:  # that one: the reader (head, less) has seen enough
            raise UserError(f"cannot write: {error.strerror or error}\n  make room, or use -o FILE") from None


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, there or yet to be written."""
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return one.absolute() == other.absolute()


def carries_unicode(encoding: str | None) -> bool:
    """Whether an output's encoding has the signs of the sheets."""
    try:
        "×∂δ²⁺≈".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def write_file(path: Path, content: Iterator[str] | bytes) -> None:
    """Write a file whole or not at all, from its lines or bytes: to a neighbour first, then moved into place.

    A link's target is written, and a file that is there keeps its mode; a device or a pipe is written as it is.
    """
    import tempfile

    lines = [content] if isinstance(content, bytes) else (f"{line}\n".encode() for line in content)
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                file.writelines(lines)
            return
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with tempfile.NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            try:
                file.writelines(lines)
                file.flush()
                os.chmod(file.name, mode)
                os.replace(file.name, target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"cannot write {path}: {reason}\n  check the folder, or choose another") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def say(message: str) -> None:
    """A message to standard error, whatever its encoding can carry; none where it is closed."""
    stream = sys.stderr
    if stream is None:
        return
    encoding = stream.encoding or "ascii"
    stream.write(message.encode(encoding, "backslashreplace").decode(encoding) + "\n")

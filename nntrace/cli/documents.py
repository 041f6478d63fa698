"""``nntrace embed``: the blocks of a document that name a command, with what the command prints.

In Markdown a block is a fence whose info string is the command; in LaTeX it stands between ``%`` lines that say it:

    ```nntrace grad --param w21        % nntrace grad --param w21 -f tex
    ```                                % end of nntrace
"""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from difflib import unified_diff
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import TypeVar

from ..errors import UserError, printable
from ..record import Record

REFUSED = ("-o", "--output", "--save", "--plot", "--force", "-")
"""What a block cannot ask for: it prints, and writes no file and reads no standard input."""
WRITING = ("init", "embed")
"""The commands that write files whatever they are asked."""
_FENCE = re.compile(r"(?P<mark>`{3,}|~{3,}) *nntrace +(?P<command>.*\S)\s*")
_BEGIN = re.compile(r"% *nntrace +(?P<command>.*\S)\s*")
_END = re.compile(r"% *end of nntrace\s*")


One = TypeVar("One")
Result = TypeVar("Result")


class Embedded(Record):
    """One block: its command, the places of its first line and of the one after its last, in lines from 0 (none where
    it is not closed), what a line is like that ends it, and such a line."""

    command: str
    start: int
    stop: int | None
    ends: re.Pattern[str]
    closing: str


def gathered(function: Callable[[One], Result], every: Iterable[One]) -> list[Result]:
    """What a function gives for each of these. Raises one ``UserError`` with the mistakes of all that have one."""
    results, mistakes = [], []
    for one in every:
        try:
            results.append(function(one))
        except UserError as mistake:
            mistakes.append(str(mistake))
    if mistakes:
        raise UserError("\n".join(mistakes))
    return results


def refreshed(path: Path, text: str, run: Callable[[list[str]], int]) -> str:
    """The document with the output of its blocks, each run by ``run`` in the order of the document. Raises a
    ``UserError`` with what is wrong with any of them."""
    lines = text.split("\n")
    blocks = list(_blocks(lines))
    if not blocks:
        remedy = "begin one with ```nntrace grad --param w21, in LaTeX with % nntrace grad -f tex"
        raise UserError(f"{printable(str(path))} has no block of nntrace\n  {remedy}")
    printed = gathered(lambda block: _printed(path, block, run), blocks)
    for block, output in zip(reversed(blocks), reversed(printed), strict=True):
        lines[block.start : block.stop] = output
    return "\n".join(lines)


def difference(path: Path, old: str, new: str) -> str:
    """How a document differs from what it would be."""
    name = printable(str(path))
    return "\n".join(unified_diff(old.split("\n"), new.split("\n"), name, f"{name}, refreshed", lineterm="", n=1))


def _blocks(lines: list[str]) -> Iterator[Embedded]:
    place = 0
    while place < len(lines):
        fence, comment = _FENCE.fullmatch(lines[place]), _BEGIN.fullmatch(lines[place])
        if found := fence or comment:
            ends = re.compile(re.escape(fence["mark"][0]) + f"{{{len(fence['mark'])},}}\\s*") if fence else _END
            stop = next((at for at in range(place + 1, len(lines)) if ends.fullmatch(lines[at])), None)
            yield Embedded(found["command"], place + 1, stop, ends, fence["mark"] if fence else "% end of nntrace")
            place = len(lines) if stop is None else stop
        elif plain := re.match(r"(`{3,}|~{3,})", lines[place]):  # another block, whose lines are no documents
            ends = re.compile(re.escape(plain[1][0]) + f"{{{len(plain[1])},}}\\s*")
            place = next((at for at in range(place + 1, len(lines)) if ends.fullmatch(lines[at])), place)
        place += 1


def _printed(path: Path, block: Embedded, run: Callable[[list[str]], int]) -> list[str]:
    """What the command prints, line by line. Raises a ``UserError`` with the block's place."""
    if block.stop is None:
        message = f"this block is not closed\n  end it with a line {block.closing}"
        raise UserError(f"{_at(path, block.start - 1)}: {message}")
    try:
        arguments = shlex.split(block.command)
    except ValueError as error:
        raise UserError(f"{_at(path, block.start - 1)}: {error}\n  close the quotation mark") from None
    if arguments[0] in WRITING:
        message = f"{arguments[0]} cannot stand in a document, whose blocks only print"
        raise UserError(f"{_at(path, block.start - 1)}: {message}\n  take the block out")
    for argument in arguments:
        if argument.partition("=")[0] in REFUSED or re.match("-[a-zA-Z]*o", argument):
            message = f"{printable(argument)} cannot stand in a document, whose blocks only print"
            raise UserError(f"{_at(path, block.start - 1)}: {message}\n  leave it out")
    out, err = TextIOWrapper(BytesIO(), encoding="utf-8", newline="\n"), StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), contextlib.chdir(path.parent):
        try:
            code = run(arguments)
        except UserError as mistake:
            raise UserError(f"{_at(path, block.start - 1)}: {mistake}") from None
    out.flush()
    output = out.buffer.getvalue().decode()
    if code:
        raise UserError(f"{_at(path, block.start - 1)}: {err.getvalue().rstrip() or 'a check of this sheet fails'}")
    printed = output.removesuffix("\n").split("\n")
    if any(map(block.ends.fullmatch, printed)):
        message = "what this prints has a line that would end the block"
        raise UserError(f"{_at(path, block.start - 1)}: {message}\n  begin and end the block with a longer fence")
    return printed


def _at(path: Path, line: int) -> str:
    return f"{printable(str(path))}:{line + 1}:1"

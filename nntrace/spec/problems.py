"""What is wrong in a network file: each problem with its place, all of them told at once.

Collect with ``Problems.add``, tell with ``Problems.raise_if_any``; every stage that knows a ``Spec`` may do so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NoReturn

from ..errors import UserError, printable
from ..limits import DEEPEST, MOST_PROBLEMS, MOST_PROBLEMS_SHOWN, USUAL, Limits, beyond
from ..record import Record
from .model import Place, Spec

WIDEST_LINE = 96

_OTHER_BREAKS = "\r\x85\u2028\u2029"
"""What beside ``\\n`` ends a line in YAML; ``str.splitlines`` knows more."""


class Problem(Record):
    """One mistake: where, what is wrong, and what would work."""

    place: Place
    message: str
    remedy: str


class SpecError(UserError):
    """The problems of one network file, in the order of the file. Its text shows each with its line.

    ``spec`` is the file without what is wrong in it, where that changes no name and no size.
    """

    def __init__(
        self, problems: Iterable[Problem], source: str, lines: Sequence[str], spec: Spec | None = None
    ) -> None:
        self.spec = spec
        self.problems = tuple(sorted(problems, key=lambda problem: problem.place))
        rendered = [_render(problem, source, lines) for problem in self.problems[:MOST_PROBLEMS_SHOWN]]
        if (more := len(self.problems) - MOST_PROBLEMS_SHOWN) > 0:
            rendered.append(f"… {more} more" + (" at least" if len(self.problems) >= MOST_PROBLEMS else ""))
        super().__init__("\n".join(rendered))


class Problems:
    """Collects the problems of one file, which has to keep within ``limits``."""

    def __init__(self, source: str, lines: Sequence[str], limits: Limits = USUAL) -> None:
        self.source = source
        self.lines = lines
        self.limits = limits
        self.found: list[Problem] = []
        self.apart = 0
        """How many of them change no name and no size: what else is found is no consequence of theirs."""

    def add(self, place: Place, message: str, remedy: str, apart: bool = False) -> None:
        """Note one problem; reading goes on, up to ``MOST_PROBLEMS``."""
        self.found.append(Problem(place, message, remedy))
        self.apart += apart
        if len(self.found) >= MOST_PROBLEMS:
            self.raise_if_any()

    def fail_beyond(self, limit: str, size: int, place: Place, what: str | None = None) -> None:
        """End the reading where a thing is larger than its limit."""
        if size > (most := getattr(self.limits, limit)):
            self.fail(place, *beyond(limit, size, most, what))

    def fail_too_deep(self, place: Place) -> NoReturn:
        """End the reading where lists and tables stand in one another more than ``DEEPEST`` levels deep."""
        self.fail(place, "the nesting is too deep here", f"nest at most {DEEPEST} levels")

    def fail(self, place: Place, message: str, remedy: str) -> NoReturn:
        """Note a problem that ends the reading, and raise a ``SpecError`` with all that were found."""
        raise SpecError([*self.found, Problem(place, message, remedy)], self.source, self.lines)

    def raise_if_any(self, spec: Spec | None = None) -> None:
        """Raise a ``SpecError`` with everything that was found, if anything was, and what was read of the ``spec``."""
        if self.found:
            raise SpecError(self.found, self.source, self.lines, spec if self.apart == len(self.found) else None)


def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a file, broken where YAML breaks them, so that its line numbers fit."""
    if any(one in text for one in _OTHER_BREAKS):
        return tuple(re.split(f"\r\n|[\n{_OTHER_BREAKS}]", text))
    return tuple(text.split("\n"))


def _render(problem: Problem, source: str, lines: Sequence[str]) -> str:
    line, column, option = problem.place
    remedy = f"  {problem.remedy}"
    if option:
        return f"{printable(option)}: {problem.message}\n{remedy}"
    head = f"{printable(source)}:{line}:{column}: {problem.message}"
    if not 1 <= line <= len(lines):
        return f"{head}\n{remedy}"
    text, offset = _excerpt(lines[line - 1], column - 1)
    gutter = " " * len(str(line))
    return f"{head}\n  {line} | {text}\n  {gutter} | {' ' * offset}^\n{remedy}"


def _excerpt(line: str, at: int) -> tuple[str, int]:
    """The line, cut around the character ``at`` where it is long, and the terminal cells before that character."""
    start = max(0, min(at - WIDEST_LINE // 2, len(line) - WIDEST_LINE))
    end = start + WIDEST_LINE
    before = ("…" if start else "") + printable(line[start:at])
    after = printable(line[max(start, at) : end]) + ("…" if end < len(line) else "")
    return (before + after).rstrip(), sum(map(_cells, before))


def _cells(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1

"""What YAML refuses, in words of a network file: what stands there, and what would work."""

from __future__ import annotations

import re
from collections.abc import Sequence as Lines
from typing import Any, NoReturn

from ..limits import LONGEST_KEY
from ..record import Record
from .model import Place
from .problems import Problems

_BEFORE_KEY = r"[,{}\[\]]\s*|[:?-]\s+|^\s+"
_KEY = r"([^\s{},:]+):\s+"
_LET = r"(?:^|[\s{,])(let)\s*:\s*(\{)?"
_ELEMENT = r"[^\s\[\]{},:]+$"
_SIGN = r"[@%`*&!|>\[{,\]}]|[-?:](?=\s|$)"
"""What YAML gives a meaning of its own at the beginning of a value."""
_MOST_LINES, _LONGEST_SHOWN = 200, 100
"""How far above a line its ``let`` is looked for, and how long a formula is shown."""

_YAML_ERRORS = (  # what the parser says, what that means, what would work
    ("while scanning a quoted scalar", "this quotation mark is not closed", "close it, or remove it"),
    ("while scanning a simple key", "this line is not `key: value`", "write a colon and a space after the key"),
    ("flow", "a bracket is not closed, or a comma is missing between brackets", "close each bracket, and put a comma "
     "between two entries"),
    ("block sequence", "a list entry cannot stand here", "put each `- ` on a line of its own, in the column of its "
     "neighbours; a negative number has no space after its minus"),
    ("mapping values", "a second `: ` cannot stand here", "give each key a line of its own, in the column of its "
     "neighbours; put a text that has `: ` in quotes"),
    ("block mapping", "this is not `key: value` in the column of its neighbours", "start the keys of one table in the "
     "same column, and write each as `key: value`"),
    ("block collection", "this is not `- ` in the column of its neighbours", "start the entries of one list in the "
     "same column; a key of the whole file, such as `loss:`, begins in column 1"),
    ("cannot start any token", "this character cannot begin a word", "put the word in quotes"),
)  # fmt: skip


def fail(error: Any, problems: Problems) -> NoReturn:
    """Stop at what the parser refuses. Raises a ``SpecError``."""
    begun, met = getattr(error, "context_mark", None), getattr(error, "problem_mark", None)
    said = ", ".join(part for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part)
    mark = begun if begun and ("quoted scalar" in said or "simple key" in said) else met or begun
    lines = problems.lines
    place = _place_of_mark(mark, lines) if mark else Place(1, 1)
    before, here = _characters(place, lines)
    if here == "\t":
        problems.fail(place, "a tab cannot indent", "indent with spaces")
    if "exceeded" not in said:
        _fail_in_formula(place, said, problems)
    if here == "[" and (before.isalnum() or before == "_") and "flow" in said:
        head, rest = lines[place.line - 1][: place.column - 1], lines[place.line - 1][place.column - 1 :]
        element = "".join(re.findall(_ELEMENT, head)) + rest.partition("]")[0] + "]"
        problems.fail(place, "an element between brackets needs quotes",
                      f"write '{element[:_LONGEST_SHOWN]}' in quotes, or give names without brackets")  # fmt: skip
    if key := _long_key(place, lines):
        problems.fail(key, f"a key is longer than {LONGEST_KEY:,} characters", "give it a shorter name")
    if "exceeded" in said:  # the parser's own limit, met while it looks ahead
        problems.fail_too_deep(place)
    if "flow" in said and begun and begun.line + 1 < place.line and (at := _comment(lines[begun.line], begun.column)):
        problems.fail(Place(begun.line + 1, at + 1), "# begins a comment here, before a bracket is closed",
                      "close the bracket before it; put a text that has # in quotes")  # fmt: skip
    for sign, message, remedy in _YAML_ERRORS:
        if sign in said:
            since = f" (it began in line {begun.line + 1})" if begun and begun.line + 1 < place.line else ""
            hint = _column_beside(place, _place_of_mark(begun, lines), sign, lines) if begun else ""
            problems.fail(place, message + since, hint or remedy)
    problems.fail(place, f"this is not YAML: {said or error}", "check the indentation, brackets and colons near here")


class FormulaLine(Record):
    """A name of a ``let``, its formula as far as it is on one line, and where that begins."""

    name: str
    formula: str
    place: Place

    def in_quotes(self) -> str:
        """The line as YAML takes every formula; what stood in quotes itself, without these."""
        mark = self.formula[0] if self.formula[0] in "'\"" else ""
        formula = self.formula.replace(mark, "") if mark else self.formula
        line = formula if len(formula) <= _LONGEST_SHOWN else "…"
        return f'{self.name}: "{line}"' if "'" in line else f"{self.name}: '{line}'"


def refuse_sign_of_formula(place: Place, problems: Problems) -> None:
    """Stop at a formula that begins with what has a meaning of its own in YAML. Raises a ``SpecError``."""
    if (line := formula_at(place, problems.lines)) and (sign := re.match(_SIGN, line.formula)):
        problems.fail(line.place, f"a formula cannot begin with {sign[0]} in YAML",
                      f"one that begins like that stands in quotes: {line.in_quotes()}")  # fmt: skip


def _fail_in_formula(place: Place, said: str, problems: Problems) -> None:
    line = formula_at(place, problems.lines)
    if line is None or "quoted scalar" in said:
        return
    refuse_sign_of_formula(place, problems)
    here = _characters(place, problems.lines)[1]
    remedy = f"write the formula in quotes: {line.in_quotes()}"
    if line.formula[0] in "'\"":
        problems.fail(line.place, "the quotes end before the formula does", remedy)
    if here == "[":
        problems.fail(place, "an element between brackets needs quotes", remedy)
    if here == ":":
        problems.fail(place, "a second `: ` cannot stand here", remedy)
    if not any(sign in said for sign, *_ in _YAML_ERRORS):
        problems.fail(place, "YAML cannot read this formula", remedy)


def formula_at(place: Place, lines: Lines[str]) -> FormulaLine | None:
    """The line of a ``let`` in whose formula a place is."""
    line, at = lines[place.line - 1], place.column - 1
    let = None
    for row in range(place.line - 1, max(-1, place.line - 1 - _MOST_LINES), -1):
        text = lines[row] if row < place.line - 1 else line[:at]
        if (let := re.search(_LET, text)) or text.lstrip().startswith("- "):
            break
    is_inside = let and (text == line[:at] or len(line) - len(line.lstrip()) > let.start(1))  # else a key beside it
    keys = [key for key in re.finditer(_KEY, line) if key.end() <= at and key[1] != "let"]
    if not let or not is_inside or not keys:
        return None
    depth = braces = 0
    start = end = keys[-1].end()
    is_flow = let[2] or "{" in line[:start]
    while end < len(line) and not line.startswith(" #", end):
        sign = line[end]
        if (is_flow and sign == "," and depth <= 0) or (sign == "}" and braces == 0):
            break
        depth += (sign in "([{") - (sign in ")]}")
        braces += (sign == "{") - (sign == "}")
        end += 1
    formula = line[start:end].strip()
    return FormulaLine(keys[-1][1], formula, Place(place.line, start + 1)) if formula else None


def _column_beside(place: Place, begun: Place, sign: str, lines: Lines[str]) -> str:
    """In which column a key stands that is indented otherwise than those it belongs to; nothing where none is there."""
    if not sign.startswith("block ") or not re.match(r"\s*[^\s:-][^\s:]*:(\s|$)", lines[place.line - 1]):
        return ""
    listed = sign == "block collection"
    rows, dash = (range(place.line - 1, begun.line - 1, -1), "+") if listed else ((begun.line,), "*")
    for row in rows:
        if first := re.match(rf"\s*(?:- +){dash}([^\s:]+):(\s|$)", lines[row - 1]):
            if first[1].startswith("-"):
                return f"write a space after the dash of line {row}: - {first[1].lstrip('-')}:"
            top_level = "" if first.start(1) == 0 else "; a key of the whole file, such as `loss:`, begins in column 1"
            return f"a key beside `{first[1]}` of line {row} begins in column {first.start(1) + 1}{top_level}"
    return ""


def _comment(line: str, start: int) -> int | None:
    """Where a comment begins that a bracket before it may be behind: after an entry, not after a comma."""
    found = re.search(r"[^\s,\[{]\s+#", line[start:])
    return start + found.end() - 1 if found else None


def _long_key(colon: Place, lines: Lines[str]) -> Place | None:
    """Where the key before a colon begins, if it is too long for YAML to see that it is one."""
    line, end = lines[colon.line - 1], colon.column - 1
    key = re.split(_BEFORE_KEY, line[:end])[-1]
    return Place(colon.line, end - len(key) + 1) if len(key) > LONGEST_KEY and ":" in line[end:] else None


def _place_of_mark(mark: Any, lines: Lines[str]) -> Place:
    """The place of a parser's mark; the end of the file is the end of its last line."""
    return Place(mark.line + 1, mark.column + 1) if mark.line < len(lines) else Place(len(lines), len(lines[-1]) + 1)


def _characters(place: Place, lines: Lines[str]) -> tuple[str, str]:
    """The character before a place and the one at it."""
    line = lines[place.line - 1]
    at = place.column - 1
    return line[max(0, at - 1) : at], line[at : at + 1]

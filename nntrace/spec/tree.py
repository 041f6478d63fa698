"""YAML text → a tree of located nodes, with none of YAML's guesses about what a word means.

Reads parser events, not composed nodes: these come one by one, so that nesting is limited before anything recurses
(the C composer overflows its stack), and aliases are met where they stand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Sequence as Lines
from typing import Any, NoReturn

import yaml

from ..errors import quoted
from ..limits import DEEPEST, LONGEST_KEY
from ..record import Record
from .model import Place
from .problems import Problems, split_lines
from .scalars import NULLS

_TOO_DEEP = ("the nesting is too deep here", f"nest at most {DEEPEST} levels")
_UNREADABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|[\ud800-\udfff]|[\ufeff\ufffe\uffff]")
"""Control characters, halves of characters, and what is no character; apart, they compile in a tenth of the time."""
_BEFORE_KEY = re.compile(r"[,{}\[\]]\s*|[:?-]\s+|^\s+")

_KEY = re.compile(r"([^\s{},:]+):\s+")
_ELEMENT = re.compile(r"[^\s\[\]]+\[[0-9, ]*\]")

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

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


class Scalar(Record):
    """One word or text; ``plain`` where it stands without quotes."""

    text: str
    plain: bool
    place: Place


def places(scalar: Scalar, lines: Lines[str]) -> tuple[Place, ...]:
    """Where each character of a text stands in the file, and its end: in quotes and in blocks of lines too."""
    line, column = scalar.place.line - 1, scalar.place.column - 1
    opening = "" if scalar.plain else lines[line][column : column + 1]
    line, column = (line + 1, 0) if opening in ("|", ">") else (line, column + bool(opening))
    found: list[Place] = []
    for char in scalar.text:
        while line < len(lines) and not char.isspace() and lines[line][column : column + 1] != char:
            line, column = (line, column + 1) if column < len(lines[line]) else (line + 1, 0)
        found.append(Place(line + 1, column + 1))
        column += 1
    return (*found, Place(line + 1, column + 1))


class Sequence(Record):
    """A list."""

    items: tuple[Node, ...]
    place: Place


class Mapping(Record):
    """Keys and values, in order, no key twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place

    def get(self, key: str) -> Node | None:
        """The value of a key, or ``None``."""
        return next((node for word, node in self.entries if word.text == key), None)


Node = Scalar | Sequence | Mapping


def is_null(node: Node) -> bool:
    """Whether nothing stands here: an empty place, ``null`` or ``~``, not in quotes."""
    return isinstance(node, Scalar) and node.plain and node.text in NULLS


def describe(node: Node) -> str:
    """What stands here, for a message."""
    match node:
        case Scalar():
            return "nothing" if is_null(node) else quoted(node.text)
        case Sequence():
            return "a list"
        case Mapping():
            return "a table"


def parse(text: str, problems: Problems) -> Node:
    """The one document of a file; of an empty file, a null. Raises a ``SpecError`` where reading cannot go on."""
    if unreadable := _UNREADABLE.search(text):
        place, code = _place_of(text, unreadable.start()), f"U+{ord(unreadable[0]):04X}"
        problems.fail(place, f"the character {code} cannot stand here", "remove it; a network file is plain text")
    try:
        _check_names(text, problems)
        return _Builder(problems).build(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        _fail(error, problems)


def _check_names(text: str, problems: Problems) -> None:
    """Refuse a text with too many names, numbers and lists; the signs between them tell about how many it has."""
    about = 1 + sum(map(text.count, ",:\n]}"))
    if about <= problems.limits.names:
        return
    found = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        documents += type(event) is yaml.DocumentStartEvent
        if documents > 1:
            return  # which is a problem of its own
        if isinstance(event, yaml.NodeEvent) and (found := found + 1) > problems.limits.names:
            problems.fail_beyond("names", about, _start(event), "the network file (by its commas, colons and lines)")


class _Open(Record):
    """A list or table that is being read; a table's ``children`` are key, value, key, value, …"""

    place: Place
    children: list[Node]


class _Builder:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.lost = False

    def build(self, events: Iterator[Any]) -> Node:
        for event in events:
            if type(event) is not yaml.ScalarEvent:
                self._take(event)
                continue
            place = _start(event)
            if event.anchor is not None or event.tag is not None:
                self._check_extras(event, place)
            self._close(Scalar(event.value, not event.style, place))
        if self.lost:  # what an alias stood for is unknown: complaints about its absence would mislead
            self.problems.raise_if_any()
        return self.root or Scalar("", True, Place(1, 1))

    def _take(self, event: Any) -> None:
        place = _start(event)
        match event:
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._check_extras(event, place)
                if len(self.stack) >= DEEPEST:
                    self.problems.fail(place, *_TOO_DEEP)
                self.stack.append(_Open(place, []))
            case yaml.SequenceEndEvent():
                done = self.stack.pop()
                self._close(Sequence(tuple(done.children), done.place))
            case yaml.MappingEndEvent():
                self._close(self._mapping(self.stack.pop()))
            case yaml.AliasEvent():
                self.lost = True
                self.problems.add(place, f"{quoted(f'*{event.anchor}')} is a YAML alias, which is not read here",
                                  "write the value out; to tie parameters, use one name twice")  # fmt: skip
                self._close(Scalar("", True, place))
            case yaml.DocumentStartEvent() if self.root is not None:
                self.problems.fail(place, "a second document begins here", "keep one network in one file: remove `---`")

    def _close(self, node: Node) -> None:
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node

    def _check_extras(self, event: Any, place: Place) -> None:
        if event.anchor is not None:
            self.problems.add(place, f"{quoted(f'&{event.anchor}')} is a YAML anchor, which is not read here",
                              "remove it; to tie parameters, use one name twice")  # fmt: skip
        if event.tag is not None:
            self.problems.add(place, f"{quoted(event.tag)} is a YAML tag, which is not read here", "remove it")

    def _mapping(self, done: _Open) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        children = iter(done.children)
        for key, value in zip(children, children, strict=True):
            if not isinstance(key, Scalar):
                self.lost = True
                self.problems.add(key.place, f"{describe(key)} cannot be a key", "a key is a word")
                continue
            if key.plain and key.text == "<<":
                self.lost = True
                self.problems.add(key.place, "'<<' is a YAML merge, which is not read here", "write the entries out")
                continue
            same = key.text if key.text.isascii() else unicodedata.normalize("NFC", key.text)
            if same in entries:
                first = entries[same][0].place
                self.problems.add(key.place, f"the key {quoted(key.text)} stands twice, first in line {first.line}, "
                                  f"column {first.column}", "keep one of the two")  # fmt: skip
            else:
                entries[same] = (key, value)
        return Mapping(tuple(entries.values()), done.place)


def _start(event: Any) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1)


def _fail(error: yaml.YAMLError, problems: Problems) -> NoReturn:
    begun, met = getattr(error, "context_mark", None), getattr(error, "problem_mark", None)
    said = ", ".join(part for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part)
    mark = begun if begun and ("quoted scalar" in said or "simple key" in said) else met or begun
    place = _place_of_mark(mark, problems.lines) if mark else Place(1, 1)
    before, here = _characters(place, problems.lines)
    if here == "\t":
        problems.fail(place, "a tab cannot indent", "indent with spaces")
    if here == "[" and (before.isalnum() or before == "_") and "flow" in said:
        remedy = "write 'h[1]' in quotes, or give names without brackets"
        if whole := _formula(place, problems.lines):
            remedy = "write the formula in quotes: {}: '{}'".format(*whole)
        problems.fail(place, "an element between brackets needs quotes", remedy)
    if here in ("@", "%") and "cannot start any token" in said and (whole := _formula(place, problems.lines)):
        remedy = "a formula that begins like that stands in quotes: {}: '{}'".format(*whole)
        problems.fail(place, f"a value cannot begin with {here} in YAML", remedy)
    if key := _long_key(place, problems.lines):
        problems.fail(key, f"a key is longer than {LONGEST_KEY:,} characters", "give it a shorter name")
    if "exceeded" in said:  # the parser's own limit, met while it looks ahead
        problems.fail(place, *_TOO_DEEP)
    for sign, message, remedy in _YAML_ERRORS:
        if sign in said:
            since = f" (it began in line {begun.line + 1})" if begun and begun.line + 1 < place.line else ""
            problems.fail(place, message + since, remedy)
    problems.fail(place, f"this is not YAML: {said or error}", "check the indentation, brackets and colons near here")


def _formula(place: Place, lines: Lines[str]) -> tuple[str, str] | None:
    """The key before a place and all of its value, as far as brackets are closed again: what is meant as a formula."""
    line, at = lines[place.line - 1], place.column - 1
    keys = [key for key in _KEY.finditer(line) if key.start() > 0 and key.end() <= at]
    if not keys:
        return None
    depth, end = 0, keys[-1].end()
    while end < len(line) and not (depth == 0 and line[end] in ",}#"):
        depth += (line[end] in "([") - (line[end] in ")]")
        end += 1
    value = line[keys[-1].end() : end].strip()
    return None if value[:1] in "[{" or _ELEMENT.fullmatch(value) else (keys[-1][1], value)


def _long_key(colon: Place, lines: Lines[str]) -> Place | None:
    """Where the key before a colon begins, if it is too long for YAML to see that it is one."""
    line, end = lines[colon.line - 1], colon.column - 1
    key = _BEFORE_KEY.split(line[:end])[-1]
    return Place(colon.line, end - len(key) + 1) if len(key) > LONGEST_KEY and ":" in line[end:] else None


def _place_of_mark(mark: Any, lines: Lines[str]) -> Place:
    """The place of a parser's mark; the end of the file is the end of its last line."""
    return Place(mark.line + 1, mark.column + 1) if mark.line < len(lines) else Place(len(lines), len(lines[-1]) + 1)


def _characters(place: Place, lines: Lines[str]) -> tuple[str, str]:
    """The character before a place and the one at it."""
    line = lines[place.line - 1]
    at = place.column - 1
    return line[max(0, at - 1) : at], line[at : at + 1]


def _place_of(text: str, at: int) -> Place:
    before = split_lines(text[:at])
    return Place(len(before), len(before[-1]) + 1)

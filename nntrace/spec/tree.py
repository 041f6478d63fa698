"""YAML text → a tree of located nodes, with none of YAML's guesses about what a word means.

Reads parser events, not composed nodes: these come one by one, so that nesting is limited before anything recurses
(the C composer overflows its stack), and aliases are met where they stand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Sequence as Lines
from typing import Any

import yaml

from ..errors import quoted
from ..limits import DEEPEST
from ..record import Record
from .model import Place
from .problems import Problems, split_lines
from .scalars import NULLS, looks_like_number

_UNREADABLE = "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|[\ud800-\udfff]|[\ufeff\ufffe\uffff]"
"""Control characters, halves of characters, and what is no character; apart, they compile in a tenth of the time."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


def is_number(node: Node) -> bool:
    """Whether a number stands here, well written or not: no name is lost with it."""
    return isinstance(node, Scalar) and node.plain and looks_like_number(node.text)


def describe(node: Node) -> str:
    """What stands here, for a message."""
    match node:
        case Scalar():
            return "nothing" if is_null(node) else quoted(node.text)
        case Sequence():
            return "a list" if node.items else "an empty list"
        case Mapping():
            return "a table" if node.entries else "an empty table"


def parse(text: str, problems: Problems) -> Node:
    """The one document of a file; of an empty file, a null. Raises a ``SpecError`` where reading cannot go on."""
    is_plain = text.replace("\n", "").isprintable()
    if not is_plain and (unreadable := re.search(_UNREADABLE, text)):
        place, code = _place_of(text, unreadable.start()), f"U+{ord(unreadable[0]):04X}"
        problems.fail(place, f"the character {code} cannot stand here", "remove it; a network file is plain text")
    try:
        _check_names(text, problems)
        return _Builder(problems).build(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        from . import yaml_errors

        yaml_errors.fail(error, problems)


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
                    self.problems.fail_too_deep(place)
                self.stack.append(_Open(place, []))
            case yaml.SequenceEndEvent():
                done = self.stack.pop()
                self._close(Sequence(tuple(done.children), done.place))
            case yaml.MappingEndEvent():
                self._close(self._mapping(self.stack.pop()))
            case yaml.AliasEvent():
                self.lost = True
                self._refuse_sign(place)
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
        if event.anchor is not None or event.tag is not None:
            self._refuse_sign(place)
        if event.anchor is not None:
            self.problems.add(place, f"{quoted(f'&{event.anchor}')} is a YAML anchor, which is not read here",
                              "remove it; to tie parameters, use one name twice")  # fmt: skip
        if event.tag is not None:
            self.problems.add(place, f"{quoted(event.tag)} is a YAML tag, which is not read here", "remove it")

    def _refuse_sign(self, place: Place) -> None:
        from .yaml_errors import refuse_sign_of_formula

        refuse_sign_of_formula(place, self.problems)

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
                                  f"column {first.column}", "keep one of the two", is_number(value))  # fmt: skip
            else:
                entries[same] = (key, value)
        return Mapping(tuple(entries.values()), done.place)


def _start(event: Any) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1)


def _place_of(text: str, at: int) -> Place:
    before = split_lines(text[:at])
    return Place(len(before), len(before[-1]) + 1)

"""Nodes → values: numbers, names, lists, tables, files, initial schemes and sizes.

Each function gives the value, or notes a problem and gives ``None``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from ..errors import quoted, suggestion
from . import arithmetic, scalars, tree
from .model import File, GivenSize, Init, Items, Labelled, Name, Null, Number, Place, Value
from .problems import Problems
from .scalars import Fault
from .tree import Node, describe, is_null

KeyReader = Callable[[Node, Problems], Any]
"""Reads what stands under a key of the file."""
FILE_SUFFIXES = (".npy", ".npz", ".csv")
NOT_YET = {"for": "write the steps out as layers"}
"""Keys that the program has not, and what works instead."""
ELSEWHERE = {"batch_size": "samples_per_step", "eta": "learning_rate", "alpha": "learning_rate",
             "W": "weights", "kernel": "weights", "b": "biases"}  # fmt: skip
"""Words for keys that are called otherwise here."""


def value(node: Node, problems: Problems, *, sizes: bool = False) -> Value | None:
    """Any value. ``sizes``: whether ``{size: 3}`` may stand for it; elsewhere that is a label and its number."""
    match node:
        case tree.Scalar():
            return scalar(node, problems)
        case tree.Sequence():
            return items(node, problems, sizes=sizes)
        case tree.Mapping():
            return special(node, problems, sizes=sizes) or table(node, problems, sizes=sizes)


def scalar(node: tree.Scalar, problems: Problems) -> Number | Name | Null | None:
    """A number, a name, an element such as ``W1[2,1]``, or ``null``."""
    if is_null(node):
        return Null(node.place)
    found: Fraction | Fault
    if node.plain and (scalars.looks_like_number(node.text) or arithmetic.is_arithmetic(node.text)):
        found = arithmetic.number(node.text)
        if isinstance(found, Fault):
            problems.add(node.place, *found, apart=True)
            found = Fraction(1)  # in its place, so that nothing else is missing
        return Number(node.text, found, node.place)
    word = scalars.element(node.text)
    if isinstance(word, Fault) and node.text.lower().endswith(FILE_SUFFIXES):
        word = word._replace(remedy=f"numbers of a file are written {{file: {node.text}}}")
    elif isinstance(word, Fault) and isinstance(scalars.number(node.text), Fraction):
        message = f"{quoted(node.text)} is in quotes, so it is a text and not a number"
        problems.add(node.place, message, "remove the quotes", apart=True)
        return Number(node.text, Fraction(1), node.place)
    return _checked_name(word, node.place, problems)


def number(node: Node, problems: Problems, what: str = "this") -> Number | None:
    """A finite number. ``what`` names it in a message."""
    if not isinstance(node, tree.Scalar) or not node.plain or node.text in scalars.NULLS:
        problems.add(node.place, f"{what} is not a number but {describe(node)}", "write a number, without quotes")
        return None
    found = arithmetic.number(node.text)
    if isinstance(found, Fault):
        problems.add(node.place, *found)
        return None
    return Number(node.text, found, node.place)


def count(node: Node, problems: Problems, what: str, low: int = 1, high: int = 10**6) -> Number | None:
    """A whole number from ``low`` to ``high``."""
    found = number(node, problems, what)
    if found is None:
        return None
    if found.value.denominator != 1 or not low <= found.value <= high:
        problems.add(node.place, f"{what} cannot be {quoted(found.text)}", f"give a whole number from {low} to {high}")
        return None
    return found


def word(node: Node, problems: Problems, what: str, choices: Sequence[str]) -> Name | None:
    """One of a few words, quoted or not."""
    if not isinstance(node, tree.Scalar) or node.text not in choices:
        text = node.text if isinstance(node, tree.Scalar) else ""
        problems.add(node.place, f"{what} cannot be {describe(node)}", suggestion(text, choices))
        return None
    return Name(node.text, node.place)


def name(node: Node, problems: Problems, what: str) -> Name | None:
    """A name, without brackets."""
    if not isinstance(node, tree.Scalar) or is_null(node):
        problems.add(node.place, f"{what} is not a name but {describe(node)}", "write one word, such as h1")
        return None
    return _checked_name(scalars.name(node.text), node.place, problems)


def names(node: Node, problems: Problems, what: str, *, elements: bool = False) -> tuple[Name, ...]:
    """A list of names, or a single one; with ``elements``, of elements such as ``W1[2,1]`` too."""
    if isinstance(node, tree.Mapping) or is_null(node):
        remedy = "write a list of names, such as [h1, h2]"
        problems.add(node.place, f"{what} is not a list but {describe(node)}", remedy)
        return ()
    found = (
        element(item, problems, what) if elements else name(item, problems, f"an entry of {what}")
        for item in (node.items if isinstance(node, tree.Sequence) else (node,))
    )
    return tuple(entry for entry in found if entry is not None)


def element(node: Node, problems: Problems, what: str) -> Name | None:
    """A name or an element such as ``W1[2,1]``."""
    if not isinstance(node, tree.Scalar) or is_null(node):
        return name(node, problems, f"an entry of {what}")
    return _checked_name(scalars.element(node.text), node.place, problems)


def items(node: tree.Sequence, problems: Problems, *, sizes: bool = False) -> Items:
    """A list, nested where its items are lists."""
    if not node.items:
        problems.add(node.place, "this list is empty", "give at least one entry, or leave the key out")
    found = (value(item, problems, sizes=sizes) for item in node.items)
    return Items(tuple(item for item in found if item is not None), node.place)


def table(node: tree.Mapping, problems: Problems, *, elements: bool = True, sizes: bool = False) -> Labelled:
    """Labels and their values. ``elements``: whether a label may be an element, such as the input ``x[1]``."""
    if not node.entries:
        problems.add(node.place, "this table is empty", "give at least one entry, or leave the key out")
    entries: list[tuple[Name, Value]] = []
    for key, inner in node.entries:
        label = element(key, problems, "this table") if elements else name(key, problems, "a label")
        if isinstance(inner, tree.Mapping):
            found: Value | None = special(inner, problems, sizes=sizes) or _row(inner, problems)
        else:
            found = value(inner, problems, sizes=sizes)
        if label is not None and found is not None:
            entries.append((label, found))
    return Labelled(tuple(entries), node.place)


def _row(node: tree.Mapping, problems: Problems) -> Labelled:
    """A table inside a table: what gets a number here is a parameter's name, so not an element."""
    for key, inner in node.entries:
        if "[" in key.text and isinstance(inner, tree.Scalar) and scalars.looks_like_number(inner.text):
            name(key, problems, "a parameter")
    return table(node, problems)


def special(node: tree.Mapping, problems: Problems, *, sizes: bool) -> File | Init | GivenSize | None:
    """``{file: …}``, ``{init: …}`` or ``{size: …}``, by its first key and what stands there; else ``None``."""
    if not node.entries:
        return None
    (key, first), *_ = node.entries
    if not isinstance(first, tree.Scalar) or is_null(first):
        return None
    is_text = not (first.plain and scalars.looks_like_number(first.text))
    match key.text:
        case "file" if is_text or first.text.lower().endswith(FILE_SUFFIXES):
            return _file(node, first, problems)
        case "init" if is_text:
            return _init(node, first, problems)
        case "size" if sizes and all(other.text in ("size", "one_hot") for other, _ in node.entries):
            return _size(node, first, problems)
    return None


def _file(node: tree.Mapping, path: tree.Scalar, problems: Problems) -> File:
    array: str | None = None
    if not path.text.lower().endswith(FILE_SUFFIXES):
        problems.add(path.place, f"{quoted(path.text)} is not a file of numbers",
                     "give a .npy, a .npz (with `key`) or a .csv")  # fmt: skip
    for key, inner in node.entries[1:]:
        if key.text != "key":
            unknown_key(key, "a file", ("file", "key"), problems)
        elif not isinstance(inner, tree.Scalar) or is_null(inner):
            problems.add(inner.place, f"`key` cannot be {describe(inner)}", "give the name of an array in the .npz")
        else:
            array = inner.text
    return File(path.text, array, node.place)


def _init(node: tree.Mapping, scheme: tree.Scalar, problems: Problems) -> Init:
    options: dict[str, Number] = {}
    for key, inner in node.entries[1:]:
        found = number(inner, problems, quoted(key.text))
        if found is not None:
            options[key.text] = found
    return Init(scheme.text, options, node.place)


def _size(node: tree.Mapping, size: tree.Scalar, problems: Problems) -> GivenSize:
    is_count = size.plain and scalars.looks_like_number(size.text)
    found = count(size, problems, "a size") if is_count else name(size, problems, "a size")
    hot = node.get("one_hot")
    symbol = name(hot, problems, "`one_hot`") if hot is not None else None
    if found is None:
        return GivenSize(1, None, node.place)  # the problem is noted; it is a size, whichever was meant
    size_of = found.text if isinstance(found, Name) else int(found.value)
    return GivenSize(size_of, symbol.text if symbol else None, node.place)


def samples_size(node: tree.Mapping, problems: Problems) -> GivenSize | None:
    """``samples: {size: m}``: how many samples there are, and nothing else about them."""
    size = node.get("size")
    others = [key for key, _ in node.entries if key.text != "size"]
    for key in others:
        words = f"`samples` has {quoted(key.text)} beside a size"
        remedy = "give a size alone, {size: m}, which can be derived, or the samples: {file: xor.csv}"
        problems.add(key.place, words, remedy)
    if not isinstance(size, tree.Scalar) or is_null(size):
        what = describe(size) if size is not None else "nothing"
        problems.add(size.place if size is not None else node.place, f"a size cannot be {what}",
                     "give a count or a symbol, such as {size: m}")  # fmt: skip
        return None
    return None if others else _size(node, size, problems)


def given(node: Node, problems: Problems, what: str) -> Value | None:
    """The value of ``inputs`` or ``targets``: names with their numbers, numbers, names, one name, or a file."""
    match node:
        case tree.Mapping():
            found = special(node, problems, sizes=False)
            if isinstance(found, (File, Init)):
                return found
            entries = table(node, problems, elements=False, sizes=True)
            if any(refuse_nested(inner, problems, what) for _, inner in entries.entries):
                return None
            remedy = f"to name {what} without numbers, write a list: [x1, x2]"
            _refuse_null([inner for _, inner in entries.entries], problems, remedy)
            return entries
        case tree.Sequence():
            listed = items(node, problems, sizes=False)
            if refuse_nested(listed, problems, what):
                return None
            _refuse_null(listed.items, problems, "give each a number or a name")
            _refuse_mixture(listed, problems, what)
            return listed
        case tree.Scalar():
            if node.plain and scalars.looks_like_number(node.text):
                if what == "targets":  # what would work depends on what the outputs are called
                    return number(node, problems)
                remedy = "write a list, such as [2], or a table, such as {x: 2}"
                problems.add(node.place, f"`{what}` cannot be one number", remedy)
                return None
            return element(node, problems, f"`{what}`") if what == "targets" else name(node, problems, f"`{what}`")


def refuse_nested(value: Value, problems: Problems, what: str) -> bool:
    """Note lists inside a list, once; whether there are any."""
    if not isinstance(value, Items) or not any(isinstance(item, Items) for item in value.items):
        return False
    beside = f"{what}: [x1, x2]" if what == "inputs" else f"{what}: [t1, t2]"
    remedy = f"several samples stand under samples: [[1, 0], [0, 1]], beside {beside}; one sample is [1, 0]"
    problems.add(value.place, f"`{what}` has lists inside its list, and is one list of numbers", remedy)
    return True


def _refuse_null(values: Iterable[Value], problems: Problems, remedy: str) -> None:
    for inner in values:
        if isinstance(inner, Null):
            problems.add(inner.place, "a value is missing here", remedy)


def _refuse_mixture(listed: Items, problems: Problems, what: str) -> None:
    kinds = {type(item) for item in listed.items}
    if len(kinds) > 1 and not kinds & {Null}:
        odd = next(item for item in listed.items if type(item) is not type(listed.items[0]))
        problems.add(odd.place, f"`{what}` mixes numbers, names or lists",
                     "list numbers only or names only; a table gives both: {x1: 0.5, x2: 1.0}")  # fmt: skip


def unknown_key(key: tree.Scalar, where: str, known: Iterable[str], problems: Problems) -> None:
    """Note a key that nothing reads."""
    if key.text in NOT_YET:
        problems.add(key.place, f"`{key.text}` is not supported yet", NOT_YET[key.text])
    else:
        words, other = list(known), ELSEWHERE.get(key.text)
        remedy = f"write {other}: …" if other in words else suggestion(key.text, words)
        problems.add(key.place, f"unknown key {quoted(key.text)} in {where}", remedy)


def refuse_others(node: tree.Mapping, known: Sequence[str], where: str, problems: Problems) -> None:
    """Note each key of a table that is none of the known ones."""
    for key, _ in node.entries:
        if key.text not in known:
            unknown_key(key, where, known, problems)


def nothing_after(key: tree.Scalar, problems: Problems) -> None:
    """Note a key without a value."""
    remedy = "indent what belongs to it deeper than the key itself, or leave the key out"
    problems.add(key.place, f"nothing stands after `{key.text}:`", remedy)


def _checked_name(found: str | Fault, place: Place, problems: Problems) -> Name | None:
    if isinstance(found, Fault):
        problems.add(place, *found)
        return None
    return Name(found, place)

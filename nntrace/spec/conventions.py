"""The conventions of a file: ``vectors``, ``relu_at_zero``, ``log``, ``rounding``, ``digits``, ``decimals``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from . import tree, values
from .model import Conventions, Name, Number, Rounding
from .problems import Problems
from .rounding import FORMS, MOST_DIGITS, rounding_of
from .tree import Node, describe


def conventions(found: Mapping[str, Any], root: tree.Mapping, problems: Problems) -> Conventions:
    """Those that a file gives, and the defaults. Digits are asked for in one way alone."""
    given = {key: _plain(found[key]) for key in READERS if found.get(key) is not None}
    asked = [key.text for key, _ in root.entries if key.text in ("digits", "decimals")]
    carry = given.get("rounding", Rounding()).places is not None
    for key, _ in root.entries:
        if key.text in asked and (carry or len(asked) > 1):
            other = "`rounding: carry`" if carry else f"`{asked[asked[0] == key.text]}`"
            problems.add(key.place, f"`{key.text}` beside {other}", "keep one: each says how numbers are rounded")
            break
    return Conventions(**given, bounded=bool(asked))


def _plain(value: Name | Number | Rounding) -> Any:
    match value:
        case Name(text):
            return text
        case Number(_, number):
            return int(number)
        case _:
            return value


def _rounding(node: Node, problems: Problems) -> Rounding | None:
    match node:
        case tree.Scalar(text=text) if (rule := rounding_of(text)) is not None:
            return rule
        case tree.Mapping() if (carry := node.get("carry")) is not None:
            return _carry(node, carry, problems)
        case _:
            problems.add(node.place, f"`rounding` cannot be {describe(node)}", FORMS)
            return None


def _carry(node: tree.Mapping, carry: Node, problems: Problems) -> Rounding | None:
    """``{carry: 4, at_least: 2}`` or ``{carry: {significant: 3}}``."""
    values.refuse_others(node, ("carry", "at_least"), "`rounding`", problems)
    at_least = node.get("at_least")
    least = None if at_least is None else values.count(at_least, problems, "`at_least`", 0, MOST_DIGITS)
    significant = None
    if isinstance(carry, tree.Mapping):
        values.refuse_others(carry, ("significant",), "`carry`", problems)
        if (significant := carry.get("significant")) is None:
            problems.add(carry.place, "`carry` without its number of digits", FORMS)
            return None
        if at_least is not None:
            problems.add(at_least.place, "`at_least` beside `significant`", "leave it out: it belongs to decimals")
    what, low = ("`carry`", 0) if significant is None else ("`significant`", 1)
    places = values.count(significant or carry, problems, what, low, MOST_DIGITS)
    if places is None:
        return None
    found = Rounding(int(places.value), significant is not None)
    return found if least is None else found._replace(at_least=int(least.value))


READERS: dict[str, values.KeyReader] = {
    "vectors": partial(values.word, what="`vectors`", choices=("columns", "rows")),
    "relu_at_zero": partial(values.count, what="`relu_at_zero`", low=0, high=1),
    "log": partial(values.word, what="`log`", choices=("e", "2", "10")),
    "rounding": _rounding,
    "digits": partial(values.count, what="`digits`", low=1, high=MOST_DIGITS),
    "decimals": partial(values.count, what="`decimals`", low=0, high=MOST_DIGITS),
}
"""For each convention the function that reads it; ``None`` where that notes a problem."""

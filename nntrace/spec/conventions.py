"""The conventions of a file: ``vectors``, ``relu_at_zero``, ``log``, ``rounding``, ``digits``, ``decimals``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import tree, values
from .model import Conventions, Rounding
from .problems import Problems
from .rounding import MOST_DIGITS, rounding_of
from .tree import Node, describe

ROUNDING_FORMS = "write full, carry:4 (decimals), carry:4dp (plain decimals) or carry:4sf (significant)"


def _vectors(node: Node, problems: Problems) -> str | None:
    found = values.word(node, problems, "`vectors`", ("columns", "rows"))
    return found.text if found else None


def _log(node: Node, problems: Problems) -> str | None:
    found = values.word(node, problems, "`log`", ("e", "2", "10"))
    return found.text if found else None


def _relu_at_zero(node: Node, problems: Problems) -> int | None:
    return _integer(node, problems, "`relu_at_zero`", 0, 1)


def _digits(node: Node, problems: Problems) -> int | None:
    return _integer(node, problems, "`digits`", 1, MOST_DIGITS)


def _decimals(node: Node, problems: Problems) -> int | None:
    return _integer(node, problems, "`decimals`", 0, MOST_DIGITS)


def conventions(found: Mapping[str, Any], root: tree.Mapping, problems: Problems) -> Conventions:
    """Those that a file gives, and the defaults. Digits are asked for in one way alone."""
    given = {key: found[key] for key in READERS if found.get(key) is not None}
    asked = [key.text for key, _ in root.entries if key.text in ("digits", "decimals")]
    carry = given.get("rounding", Rounding()).places is not None
    for key, _ in root.entries:
        if key.text in asked and (carry or len(asked) > 1):
            other = "`rounding: carry`" if carry else f"`{asked[asked[0] == key.text]}`"
            problems.add(key.place, f"`{key.text}` beside {other}", "keep one: each says how numbers are rounded")
            break
    return Conventions(**given, bounded=bool(asked))


def _integer(node: Node, problems: Problems, what: str, low: int, high: int) -> int | None:
    found = values.count(node, problems, what, low, high)
    return int(found.value) if found else None


def _rounding(node: Node, problems: Problems) -> Rounding | None:
    match node:
        case tree.Scalar(text=text) if (rule := rounding_of(text)) is not None:
            return rule
        case tree.Mapping() if (carry := node.get("carry")) is not None:
            return _carry(node, carry, problems)
        case _:
            problems.add(node.place, f"`rounding` cannot be {describe(node)}", ROUNDING_FORMS)
            return None


def _carry(node: tree.Mapping, carry: Node, problems: Problems) -> Rounding | None:
    significant = carry.get("significant") if isinstance(carry, tree.Mapping) else None
    if isinstance(carry, tree.Mapping):
        if significant is None:
            problems.add(carry.place, "`carry` without its number of digits", ROUNDING_FORMS)
        _refuse_others(carry, ("significant",), "`carry`", problems)
    _refuse_others(node, ("carry", "at_least"), "`rounding`", problems)
    at_least = node.get("at_least")
    least = _integer(at_least, problems, "`at_least`", 0, MOST_DIGITS) if at_least is not None else None
    if significant is not None:
        if at_least is not None:
            problems.add(at_least.place, "`at_least` beside `significant`", "leave it out: it belongs to decimals")
        places = _integer(significant, problems, "`significant`", 1, MOST_DIGITS)
    elif isinstance(carry, tree.Mapping):
        return None
    else:
        places = _integer(carry, problems, "`carry`", 0, MOST_DIGITS)
    if places is None:
        return None
    default = Rounding(places, significant is not None)
    return default if least is None else default._replace(at_least=least)


def _refuse_others(node: tree.Mapping, known: tuple[str, ...], where: str, problems: Problems) -> None:
    for key, _ in node.entries:
        if key.text not in known:
            values.unknown_key(key, where, known, problems)


READERS: dict[str, Callable[[Node, Problems], Any]] = {
    "vectors": _vectors,
    "relu_at_zero": _relu_at_zero,
    "log": _log,
    "rounding": _rounding,
    "digits": _digits,
    "decimals": _decimals,
}
"""For each convention the function that reads it; ``None`` where that notes a problem."""

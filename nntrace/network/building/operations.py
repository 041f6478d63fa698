"""The catalogue's operations for given options; the same object for the same options, so that plans are made once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any

from ...catalogue import Entry, Operation
from ...catalogue.registry import Under
from ...expr import Expr, Sym, rename, symbols
from ...expr.letters import OTHERS, index_letters
from ...spec.model import Inside, Name, Number, OptionValue
from ..batch import batched

_OPERATIONS: dict[Any, Operation] = {}


def operation(entry: Entry, options: Mapping[str, Any], given: Collection[str], **conventions: Any) -> Operation:
    """The entry's formula for these options and for the parameters ``given`` under these keys; the same object for the
    same ones, so that plans are made once."""
    wanted = {name: value for name, value in conventions.items() if name in entry.conventions()}
    key = (entry, *sorted(options.items()), *sorted(wanted.items()), *sorted(given))
    if key not in _OPERATIONS:
        _OPERATIONS[key] = entry.build(**options, **wanted).with_parameters(given)
    return _OPERATIONS[key]


def in_batch(made: Operation) -> Operation:
    """The same operation for a batch; the same object for the same operation."""
    if id(made) not in _BATCHED:
        _BATCHED[id(made)] = (made, batched(made))
    return _BATCHED[id(made)][1]


_BATCHED: dict[int, tuple[Operation, Operation]] = {}


def transposed(made: Operation, name: str) -> Operation:
    """The operation that reads a matrix by its columns: W[i,j] for W[j,i]."""

    def turned(symbol: Expr) -> Expr:
        if isinstance(symbol, Sym) and symbol.name == name:
            return Sym(name, symbol.index[::-1])
        return symbol

    return made.over(lambda node: rename(node, turned))


def symbols_read(formula: Expr) -> list[Sym]:
    """The symbols that a formula reads."""
    return [symbol for symbol in symbols(formula) if isinstance(symbol, Sym)]


def free_letters(formula: Expr) -> Iterator[str]:
    """Index letters that a formula leaves free."""
    used = set(index_letters(formula))
    pairs = (first + second for first in OTHERS for second in OTHERS)
    return (letter for letter in chain("kl", OTHERS, pairs) if letter not in used)


def plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the catalogue takes them."""
    return {name: _plain(value) for name, value in options.items()}


def _plain(value: OptionValue) -> Any:
    match value:
        case Number():
            return value.value
        case Inside(number):
            return Under(number.value)
        case Name(text="true" | "false" as word):
            return word == "true"
        case Name(text):
            return text

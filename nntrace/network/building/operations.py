"""The catalogue's operations for given options; the same object for the same options, so that plans are made once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain, compress
from typing import Any

from ...catalogue import Entry, Operation
from ...catalogue.registry import Under, real
from ...expr import Expr, Sym, rename, symbols
from ...expr.letters import OTHERS, index_letters
from ...record import Record
from ...spec.model import Inside, Name, Number, OptionValue
from ..batch import SAMPLE, batched
from ..model import BoundOperation, Edge, Tensor

_OPERATIONS: dict[Any, Operation] = {}


def operation(entry: Entry, options: Mapping[str, Any], given: Collection[str], **conventions: Any) -> Operation:
    """The entry's formula for these options and for the parameters ``given`` under these keys; the same object for the
    same ones, so that plans are made once."""
    wanted = {name: value for name, value in conventions.items() if name in entry.conventions()}
    key = (entry, *sorted(options.items()), *sorted(wanted.items()), *sorted(given))
    if key not in _OPERATIONS:
        _OPERATIONS[key] = entry.build(**options, **wanted).with_parameters(given)
    return _OPERATIONS[key]


def in_batch(made: Operation, shared: frozenset[str] = frozenset()) -> Operation:
    """The same operation for a batch, whose samples share some of its arguments; the same object for the same
    operation."""
    key = (id(made), shared)
    if key not in _BATCHED:
        _BATCHED[key] = (made, batched(made, shared))
    return _BATCHED[key][1]


_BATCHED: dict[tuple[int, frozenset[str]], tuple[Operation, Operation]] = {}


def with_shared(step: BoundOperation, tensors: Mapping[str, Tensor]) -> BoundOperation:
    """A step of a batch that reads results of parameters alone without a sample's index: all samples share them."""
    shared = {name for name, key in step.arguments.items() if key in tensors and not tensors[key].sampled}
    changed: dict[int, Operation] = {}

    def own(symbol: Expr) -> Expr:
        if isinstance(symbol, Sym) and symbol.name in shared and symbol.index[:1] == (SAMPLE,):
            return Sym(symbol.name, symbol.index[1:], symbol.mark)
        return symbol

    def made(operation: Operation) -> Operation:
        return changed.setdefault(id(operation), operation.over(lambda node: rename(node, own)))

    formulas = (step.operation.formula, step.numeric, *(edge.operation.formula for edge in step.edges))
    if all(own(one) is one for formula in formulas for one in symbols(formula)):
        return step
    edges, bypassed = (tuple(Edge(made(one), name) for one, name in given) for given in (step.edges, step.bypassed))
    return step._replace(
        operation=made(step.operation), edges=edges, bypassed=bypassed, numeric=rename(step.numeric, own)
    )


class ChosenEntry(Record):
    """An activation that a layer has chosen: its entry, the options that are given, and what they make of it."""

    entry: Entry
    options: Mapping[str, Any]
    operation: Operation


def distinctive(activations: Mapping[str, ChosenEntry]) -> dict[str, tuple[Expr, ...]]:
    """The options that tell activations of one kind with different formulas apart, by the keys of these."""
    found: dict[str, tuple[Expr, ...]] = {}
    for entry in dict.fromkeys(one.entry for one in activations.values()):
        own = {key: one for key, one in activations.items() if one.entry == entry}
        if len({one.operation.formula for one in own.values()}) > 1:
            defaults = {name: option.default for name, option in entry.options().items()}
            values = [tuple(map(_shown, {**defaults, **one.options}.values())) for one in own.values()]
            differing = [len(set(column)) > 1 for column in zip(*values, strict=True)]
            found |= {key: tuple(compress(row, differing)) for key, row in zip(own, values, strict=True)}
    return found


def _shown(option: Any) -> Expr:
    """An option as a formula has it: a number with its digits, a word as it is."""
    return Sym(str(option).lower()) if isinstance(option, str | bool) else real(option)


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

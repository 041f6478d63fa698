"""A loss with a penalty: the loss's own steps become its data term, and the loss is the sum of the two.

Every parameter counts once, however often it is used: where not all of a tensor counts, a tensor of zeros and ones
that is part of the formula tells which of it does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from math import prod

from ... import catalogue
from ...catalogue import Operation
from ...catalogue.registry import real
from ...errors import quoted
from ...expr import Add, Expr, Mul, Sum, Sym, product, rename, symbols
from ...expr.bind import fresh
from ...spec.model import Name, Number, Penalty
from ..model import PENALTY, TOTAL, BoundOperation, Cell, Edge, Element, Network, Tensor
from ..quantities import find
from .draft import Draft
from .names import RESERVED

LOSS, DATA = "L", "data"
SUM_OF_TWO = Operation(Sym(LOSS), Sym(DATA) + Sym(PENALTY))

Penalised = Mapping[str, set[Cell] | None]
"""The cells of each tensor that count; ``None``: all of them."""


def penalised(network: Network, penalty: Penalty, draft: Draft, words: Collection[str]) -> Network:
    """The network with a penalty on its loss; ``words`` are those of the optimizer's formulas.

    The names of the two terms follow the loss's where the file gives none, and give way to those that are taken.
    """
    taken = {*draft.names.used, *draft.names.results}
    shown = {tensor.name for tensor in draft.tensors.values() if tensor.name is not None}
    factors = _factors(penalty, draft, {*taken, *shown, *network.tensors, *words, *RESERVED})
    chosen = _once(network, _chosen(network, penalty, draft))
    if not chosen:
        if isinstance(penalty.on, str):
            what = "weight" if penalty.on == "weights" else "parameter"
            draft.problems.add(penalty.place, f"there is no {what} for a penalty", "leave the penalty out")
        return network
    total = network.tensors[LOSS]
    name = total.name or LOSS
    data = penalty.data.text if penalty.data else fresh(f"{name}_data", taken)
    own = penalty.name.text if penalty.name else fresh(f"{name}_penalty", taken)
    masks = {f"{key}.mask": _mask(network.tensors[key], cells) for key, cells in chosen.items() if cells is not None}
    tensors: dict[str, Tensor] = {}
    for key, tensor in network.tensors.items():
        if key == LOSS:
            tensors[DATA] = Tensor(DATA, data, (), "loss", {(): data})
            tensors[PENALTY] = Tensor(PENALTY, own, (), "loss", {(): own})
            tensors.update(masks)
            tensors.update({letter(one): _factor_tensor(one, factors.get(one.text)) for one in penalty.symbols})
        of_sample = tensor.role == "loss" and tensor.names == total.names and key != LOSS
        tensors[key] = tensor._replace(name=data, names={(): data}) if of_sample else tensor
    steps: list[BoundOperation] = []
    for step in network.steps:
        if step.output != LOSS:
            steps.append(step)
            continue
        sum_of_two = (Edge(SUM_OF_TWO, DATA), Edge(SUM_OF_TWO, PENALTY))
        steps += [
            step._replace(output=DATA),
            _penalty_step(network, penalty, chosen),
            BoundOperation(TOTAL, SUM_OF_TWO, LOSS, {DATA: DATA, PENALTY: PENALTY}, {}, sum_of_two, SUM_OF_TWO.formula),
        ]
    uses = {**network.uses, data: (Element(DATA, ()),), own: (Element(PENALTY, ()),)}
    for one in penalty.symbols:  # by the letter that a sheet writes, and as it was typed
        uses[letter(one)] = uses[one.text] = (Element(letter(one), ()),)
    return network._replace(tensors=tensors, steps=tuple(steps), uses=uses, data=DATA)


def _factors(penalty: Penalty, draft: Draft, known: Collection[str]) -> dict[str, Fraction]:
    """The numbers of a penalty's factors that are letters; a letter that is ``known`` already is a problem."""
    found: dict[str, Fraction] = {}
    for factor in {one.text: one for one in penalty.symbols}.values():
        name = quoted(factor.text)
        if not {factor.text, letter(factor)}.isdisjoint(known):
            own = quoted(letter(factor))
            message = f"{own}, the letter of the penalty's factor, is also the name of something else"
            draft.problems.add(factor.place, message, "give the factor a letter of its own")
        elif (given := draft.names.numbers.pop(factor.text, None)) is None:
            if draft.sizes.wanted:
                remedy = f"give it one: values: {{{factor.text}: 0.1}} (only nntrace derive needs none)"
                draft.problems.add(factor.place, f"the penalty's factor {name} has no number", remedy)
        elif given.number.value < 0:
            message = f"a penalty's factor cannot be negative, and {name} is {quoted(given.number.text)}"
            draft.problems.add(given.number.place, message, "give 0 or more")
        else:
            found[factor.text] = given.number.value
    return found


def _chosen(network: Network, penalty: Penalty, draft: Draft) -> dict[str, set[Cell]]:
    """The cells that the file puts the penalty on, by tensor in the order of the file; an empty set: all of them."""
    if isinstance(penalty.on, str):
        return {key: set() for key in network.parameters if penalty.on == "all" or key in draft.weights}
    found: dict[str, set[Cell]] = {}
    for name in penalty.on:
        uses = [use for one in find(network, name.text) for use in one.uses if use.key in network.parameters]
        if not uses:
            draft.refuse_parameter(name, network)
        for use in uses:
            found.setdefault(use.key, set()).add(use.cell)
    return {key: found[key] for key in network.parameters if key in found}


def _once(network: Network, chosen: Mapping[str, set[Cell]]) -> Penalised:
    """Of every name its first use alone, and no missing connection."""
    result: dict[str, set[Cell] | None] = {}
    seen: set[str] = set()
    for key, cells in chosen.items():
        tensor = network.tensors[key]
        if not (cells or tensor.names or tensor.missing):
            result[key] = None
            continue
        kept: set[Cell] = set()
        for cell in tensor.cells():
            name = tensor.names.get(cell)
            if (not cells or cell in cells) and name not in seen:
                kept.add(cell)
                seen |= {name} if name is not None else set()
        if kept:
            result[key] = kept if len(kept) < prod(tensor.shape) else None
    return result


def _mask(tensor: Tensor, cells: set[Cell]) -> Tensor:
    """One where a cell counts, zero where it does not: no numbers, but the shape of the formula."""
    every = tensor._replace(missing=frozenset()).cells()
    typed = {cell: Fraction(cell in cells) for cell in every}
    return Tensor(f"{tensor.key}.mask", None, tensor.shape, "constant", typed=typed, structural=True)


def _penalty_step(network: Network, penalty: Penalty, chosen: Penalised) -> BoundOperation:
    """factor × Σ part for each kind, a constant of the part in front; every tensor with indices of its own."""
    sizes: dict[str, int] = {}
    terms: list[Expr] = []
    for kind, factor in penalty.kinds:
        constants, part = _split(catalogue.known("penalty", kind.text).build().formula)
        sums: list[Expr] = []
        for place, (key, cells) in enumerate(chosen.items()):
            tensor = network.tensors[key]
            shape = tensor.shape
            index = tuple(f"{letter}{place}" for letter in ("j", "i")[: len(shape)])
            sizes.update(zip(index, shape, strict=True))
            own = Sym(key, index)
            body: Expr = rename(part, lambda _, own=own: own)  # type: ignore[misc]
            if cells is not None:
                body = Mul((Sym(f"{key}.mask", index), body))
            for over in index if tensor.by_column else index[::-1]:  # in the order of the file
                body = Sum(over, body)
            sums.append(body)
        terms.append(Mul((*constants, _factor(factor), Add(tuple(sums)) if len(sums) > 1 else sums[0])))
    operation = Operation(Sym(PENALTY), Add(tuple(terms)) if len(terms) > 1 else terms[0])
    keys = {symbol.name: symbol.name for symbol in symbols(operation.formula) if isinstance(symbol, Sym)}
    edges = tuple(Edge(operation, key) for key in chosen)
    return BoundOperation(PENALTY, operation, PENALTY, keys, sizes, edges, operation.formula)


def _factor(given: Number | Name) -> Expr:
    return real(given.value) if isinstance(given, Number) else Sym(letter(given))


def _factor_tensor(factor: Name, number: Fraction | None) -> Tensor:
    key = letter(factor)
    return Tensor(key, key, (), "factor", {(): key}, typed=None if number is None else {(): number})


def letter(symbol: Name) -> str:
    """What a factor that is a letter is called: λ for lambda, λ1 for lambda1."""
    return re.sub(r"^lambda(?=[\d_]*$)", "λ", symbol.text)


def _split(part: Expr) -> tuple[list[Expr], Expr]:
    """The constants of a product, which stand before the sum, and the rest of it."""
    factors = part.factors if isinstance(part, Mul) else (part,)
    constants = [factor for factor in factors if not list(symbols(factor))]
    return constants, product(factor for factor in factors if list(symbols(factor)))

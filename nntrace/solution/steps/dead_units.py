"""Which parameters a dead unit leaves without a gradient: those that nothing but this unit reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product as cells_of
from math import prod

from ...expr import Index, Sym, symbols
from ...network.batch import SAMPLE
from ...network.chain_rule import ChainRule
from ...network.model import BoundOperation, Element, Tensor
from ...network.quantities import quantity
from ..content.model import Note, listed
from ..formulas.expansion import LONGEST_SUM

MOST_NAMED = LONGEST_SUM + 1


def no_gradient(chain: ChainRule, unit: Element) -> Note:
    """Which parameters of a dead unit therefore get nothing; one that others share still gets theirs."""
    network = chain.network
    here = " from this sample" if network.tensors[unit.key].sampled else ""
    nothing: Note = (f" no gradient{here}",)
    if not here and network.data is not None:
        nothing = (" no gradient from ", network.tensors[network.data].symbol(()))  # a penalty gives them theirs
    found = list(_read_alone(chain, unit))
    count = sum(prod(map(len, places)) for _, places in found)
    if count > MOST_NAMED and not any(tensor.names or tensor.missing for tensor, _ in found):
        return (f": its {count} parameters get", *nothing)
    cells = {Element(tensor.key, cell) for tensor, places in found for cell in cells_of(*places)}
    named = dict.fromkeys(
        own.symbol
        for tensor, places in found
        for cell in cells_of(*places)
        if cell not in tensor.missing and cells.issuperset((own := quantity(network, Element(tensor.key, cell))).uses)
    )
    if len(named) > MOST_NAMED:
        return (f": its {len(named)} parameters get", *nothing)
    return (": ", *listed([*named], last=" and "), " gets" if len(named) == 1 else " get", *nothing) if named else ()


def _read_alone(chain: ChainRule, unit: Element) -> Iterator[tuple[Tensor, Sequence[range]]]:
    """The parts of parameters that lead to a unit alone, each as a tensor and the places along its axes; nearest first.

    They are told by the letters of formulas: W[j,i] is read by z[j] alone if nothing else reads W.
    """
    network = chain.network
    made_by = network.made_by
    pending = [(made_by[unit.key], tuple(range(place, place + 1) for place in unit.cell))]
    for step, dead in pending:
        places = dict(zip(map(str, step.operation.output.index), dead, strict=True))
        fixed = {letter for letter, own in places.items() if letter != SAMPLE and len(own) < step.sizes[letter]}
        for name, index in _once_read(step):
            tensor = network.tensors[step.key(name)]
            readers = [one for one in chain.readers(tensor.key) if not one.step.is_penalty]
            if len(readers) > 1 or not fixed <= {*index}:
                continue
            every = tuple(places.get(letter, range(step.sizes[letter])) for letter in index)
            if tensor.role == "parameter":
                yield tensor, every
            elif tensor.key in made_by:
                pending.append((made_by[tensor.key], every))


def _once_read(step: BoundOperation) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a step's formula reads at one place alone, by plain letters."""
    read: dict[str, set[tuple[Index, ...]]] = {}
    for one in symbols(step.operation.formula):
        if isinstance(one, Sym):
            read.setdefault(one.name, set()).add(one.index)
    for name, (index, *others) in read.items():
        letters = tuple(letter for letter in index if isinstance(letter, str) and letter in step.sizes)
        if not others and len(letters) == len(index):
            yield name, letters

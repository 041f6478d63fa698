"""What the letters of a derivation mean, for a program that reads its sheet: those that it has written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ....expr import Expr, Sym, Whole
from ....expr.bind import walk
from ....expr.index import letters_of
from ....expr.letters import written_indices
from ....expr.matrices import IDENTITY
from ....network.batch import SAMPLE
from ...content.model import Note, Section, Step
from ...formulas.naming import PRIME
from .symbols import Symbols, how_many_samples


def legend(symbols: Symbols, sections: Iterable[Section], chosen: str | None) -> Mapping[str, str]:
    """Each letter with its meaning; ``chosen`` is the index of the right class, where the loss is derived by it."""
    steps = [block for section in sections for block in section.blocks if isinstance(block, Step)]
    expressions = [expression for step in steps for expression in _expressions(step)]
    written = (index for expression in expressions for index in written_indices(expression))
    indices = sorted({letter for index in written for letter in letters_of(index)})
    names = {name for expression in expressions for node in walk(expression) for name in _names(node)}
    found = {letter: _index(symbols, letter, chosen) for letter in indices}
    found |= {size: "a size" for tensor in symbols.network.tensors.values() for size in tensor.sizes
              if isinstance(size, str)}  # fmt: skip
    count = how_many_samples(symbols.network)
    if not isinstance(count, int):
        found[count or symbols.letter("samples")] = "how many samples there are" if count else "any number of samples"
    shared = next((step.kind for step in symbols.layers() if step.operation.sums_to_one), "layer")
    own = {
        "sum": _of_sum(symbols, shared),
        "repeated": "short for what is written several times, as defined above",
        "largest": f"the largest argument of a {shared}",
        "identity": "the identity matrix",
    }
    for wanted, meaning in own.items():
        letters = symbols.letters_for(wanted)
        found |= {name: meaning for name in sorted(names) if name.rstrip(PRIME) in letters}
    return found


def identity_words(symbols: Symbols, sections: Iterable[Section]) -> Iterator[Note]:
    """What the identity matrix is called, where its own name is taken."""
    letter = symbols.letter("identity")
    steps = [block for section in sections for block in section.blocks if isinstance(block, Step)]
    expressions = (node for step in steps for one in _expressions(step) for node in walk(one))
    if letter != IDENTITY.name and any(letter in _names(node) for node in expressions):
        yield (Sym(letter), " is the identity matrix, as ", IDENTITY, " is a name here")


def _of_sum(symbols: Symbols, shared: str) -> str:
    """What a sum with a name is: of a network that has one activation that mixes, and this sums to 1, the sum in it."""
    kinds = {step.kind for step in symbols.layers() if step.operation.mixes(step.operation.arguments[0])}
    return (
        f"the sum that the results of a {shared} share" if kinds == {shared} else "a sum that is written several times"
    )


def _index(symbols: Symbols, letter: str, chosen: str | None) -> str:
    if letter == symbols.index(SAMPLE):
        return "an index that counts the samples"
    if chosen is not None and letter == symbols.index(chosen):
        return "an index; in the gradient of the loss, that of the right class"
    return "an index, from 1 to the size of its axis"


def _expressions(step: Step) -> Iterator[Expr]:
    yield step.name
    for line in step.lines:
        yield line.body
        if line.left is not None:
            yield line.left


def _names(node: Expr) -> Iterator[str]:
    match node:
        case Sym(name, _, _) | Whole(Sym(name, _, _)):
            yield name

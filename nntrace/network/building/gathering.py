"""Joined arguments in a formula: what an operation reads at one index is read from several tensors.

The formula says so itself, and no copy is made: of ``Σ_i x[i] W[j,i]`` with x made of u and of v[0] it is
``Σ_k u[k] W[j,k] + v[0] W[j,2]``; where no sum runs along the argument, a δ picks the one place that there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from ...catalogue import Operation, Same
from ...expr import Add, Delta, Expr, Mul, Sum, Sym, at, product, rename, symbols, total
from ...expr.bind import fresh
from ...expr.index import Index, letters_of, segment
from ...expr.tree import over_parts
from ...record import Record
from ..model import BoundOperation, Cell, Edge, Tensor
from .operations import free_letters, symbols_read, with_shared
from .sources import Source

JOINED = "∗"
"""A letter for the places of what is read, while a sum along it is split."""


class Read(Record):
    """One part in a formula: the symbol of its tensor, the letter that runs along it (or its cell), where it begins."""

    symbol: str
    letter: str | None
    cell: Cell
    offset: int


class Reads(Record):
    """How the arguments of an operation are read from the network's tensors."""

    joined: Mapping[str, tuple[Read, ...]]
    """By argument, where several tensors are joined in it."""
    renamed: Mapping[str, str]
    """By argument, where it is a whole tensor: the symbol of that, one for each tensor."""
    keys: Mapping[str, str]
    """The keys of the tensors by their symbols."""
    sizes: Mapping[str, int]
    """How far the letters of the parts run."""


def located(sources: Mapping[str, Source], taken: Iterator[str]) -> Reads:
    """Symbols and letters for what is read; ``taken`` gives letters that nothing else has."""
    symbols: dict[str, str] = {}
    letters: dict[str, str] = {}
    sizes: dict[str, int] = {}
    renamed: dict[str, str] = {}
    by_argument: dict[str, tuple[Read, ...]] = {}
    for argument, source in sources.items():
        if source.is_whole:
            renamed[argument] = symbols.setdefault(source.parts[0].tensor.key, argument)
    for argument, source in sources.items():
        listed: list[Read] = []
        offset = 0
        for part in () if source.is_whole else source.parts:
            key = part.tensor.key
            symbol = symbols.setdefault(key, f"{argument}.{len(symbols) + 1}")
            letter = None
            if part.shape:
                letter = letters.setdefault(key, "") or next(taken)
                letters[key] = letter
                sizes[letter] = part.size
            listed.append(Read(symbol, letter, part.cell or (), offset))
            offset += part.size
        if listed:
            by_argument[argument] = tuple(listed)
    return Reads(by_argument, renamed, {symbol: key for key, symbol in symbols.items()}, sizes)


def gathered(operation: Operation, found: Reads) -> Operation:
    """The operation over the tensors that its arguments are read from."""
    if not found.joined and all(name == argument for argument, name in found.renamed.items()):
        return operation
    made = operation.over(partial(_changed, found))._replace(declared={})
    declared: dict[str, tuple[Same, ...]] = {}
    for argument, forms in operation.declared.items():
        changed = tuple(form.map(partial(_changed, found)) for form in forms)
        if argument in found.renamed and _readers(found, found.renamed[argument]) == [argument]:
            declared[found.renamed[argument]] = changed
        for symbol in {read.symbol for read in found.joined.get(argument, ())}:
            if _readers(found, symbol) == [argument]:
                declared[symbol] = tuple(_by_part(operation, made, argument, found, symbol, form) for form in changed)
    return made._replace(declared=declared)


def _readers(found: Reads, symbol: str) -> list[str]:
    """The arguments that are read from a tensor."""
    in_joined = [name for name, reads in found.joined.items() if any(read.symbol == symbol for read in reads)]
    return in_joined + [name for name, own in found.renamed.items() if own == symbol]


def _by_part(operation: Operation, made: Operation, argument: str, found: Reads, symbol: str, form: Same) -> Same:
    """The declared partial by what a part of an argument is read from: that by the argument at the part's places."""
    (index,) = map(str, operation.argument(argument).index)
    letter = next(map(str, made.argument(symbol).index), None)  # a single number has none
    addends: list[Expr] = []
    for read in found.joined[argument]:
        if read.symbol != symbol:
            continue
        place = _place(read._replace(letter=letter if read.letter else None))
        tied = [Delta(index, place)] if index in operation.output.index else []
        picked = [Delta(letter, read.cell[-1])] if letter and read.cell else []
        own = form.form if tied else at(form.form, {index: place})
        addends.append(product((own, *tied, *picked)))
    return Same(form.rule, total(addends))


def gathered_step(step: BoundOperation, sources: Mapping[str, Source], tensors: Mapping[str, Tensor]) -> BoundOperation:
    """A step over the tensors that its arguments are read from."""
    own = {argument: source for argument, source in sources.items() if argument in step.arguments}
    if all(source.is_whole for source in own.values()):
        return step
    found = located(own, free_letters(step.operation.formula))
    made = gathered(step.operation, found)
    keys = {**{name: key for name, key in step.arguments.items() if name not in own}, **found.keys}
    read = {symbol.name for symbol in symbols_read(made.formula)}
    edges = tuple(Edge(made, name) for name in keys if name in read)
    changed = step._replace(operation=made, arguments=keys, edges=edges, numeric=made.numeric)
    changed = with_shared(changed, tensors)
    sizes = {**step.sizes, **found.sizes}
    for name in read:  # an argument that is read at single places has a letter of its own
        sizes |= changed.operation.extents(name, tensors[keys[name]].shape)
    return changed._replace(sizes=sizes)


def _place(read: Read) -> Index:
    """Where a part's elements stand among what is joined."""
    return read.offset if read.letter is None else segment(read.letter, read.offset)


def _changed(found: Reads, node: Expr) -> Expr:
    match node:
        case Sym(name, index, mark) if name in found.renamed:
            return Sym(found.renamed[name], index, mark)
        case Sym(name, index, _) if name in found.joined:
            return total(_picked(read, index) for read in found.joined[name])
        case Sum(over, body) if (argument := _runs_along(found, body, over)) is not None:
            return total(_changed(found, _part(read, argument, over, body)) for read in found.joined[argument])
        case Add(terms):
            flat: list[Expr] = []
            for term in terms:
                changed = _changed(found, term)
                flat += changed.terms if isinstance(changed, Add) and isinstance(term, Sum) else (changed,)
            return Add(tuple(flat))
        case _:
            return over_parts(node, lambda part: _changed(found, part))


def _picked(read: Read, index: tuple[Index, ...]) -> Expr:
    """One part at the place of an argument that is looked at: a δ leaves nothing elsewhere."""
    *before, place = index
    if read.letter is None:
        return Mul((Delta(place, read.offset), Sym(read.symbol, (*before, *read.cell))))
    letter = fresh(read.letter, set(letters_of(place)))
    own = read._replace(letter=letter)
    return Sum(letter, Mul((Delta(place, _place(own)), Sym(read.symbol, (*before, letter)))))


def _runs_along(found: Reads, body: Expr, over: str) -> str | None:
    """The argument along which a sum runs: it reads that at the sum's own index, and nowhere else by this index."""
    for argument in found.joined:
        read = [one.index for one in symbols(body) if isinstance(one, Sym) and one.name == argument]
        along = [index for index in read if any(over in letters_of(one) for one in index)]
        if along and all(index[-1] == over and over not in index[:-1] for index in along):
            return argument
    return None


def _part(read: Read, argument: str, over: str, body: Expr) -> Expr:
    """The addends of a sum that belong to one part."""
    own: tuple[Index, ...] = read.cell if read.letter is None else (JOINED,)

    def placed(symbol: Expr) -> Expr:
        if isinstance(symbol, Sym) and symbol.name == argument and symbol.index[-1] == over:
            return Sym(read.symbol, (*symbol.index[:-1], *own))
        return symbol

    bound: dict[str, Index] = {over: _place(read)}
    if read.letter is None:
        return at(rename(body, placed), bound)
    return Sum(read.letter, at(rename(body, placed), {**bound, JOINED: read.letter}))

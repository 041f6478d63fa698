"""Binding: indices to numbers, symbols to expressions, sums to their addends. Structure only, nothing is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import is_not

from .calls import maximum
from .index import Index, bound, letters_of
from .nodes import ONE, Add, Delta, Expr, Max, Mul, Neg, Num, Partial, Size, Sum, Sym
from .structure import as_sum, product, terms_of, total
from .tree import children, rebuild


def transform(node: Expr, leaf: Callable[[Expr], Expr | None]) -> Expr:
    """The expression with every node for which ``leaf`` gives another one replaced by that, from the top down."""
    replacement = leaf(node)
    if replacement is not None:
        return replacement
    if not (operands := children(node)):
        return node
    changed = tuple([transform(part, leaf) for part in operands])
    return rebuild(node, changed) if any(map(is_not, changed, operands)) else node


def symbols(node: Expr) -> Iterator[Sym | Partial]:
    """Every symbol in the order it is written, as often as it is written. ∂a/∂b is one symbol."""
    if isinstance(node, Sym | Partial):
        yield node
    else:
        for part in children(node):
            yield from symbols(part)


def walk(node: Expr) -> Iterator[Expr]:
    """An expression and every expression inside it, from the outside in."""
    yield node
    for part in children(node):
        yield from walk(part)


def contains(node: Expr, kind: type[Expr]) -> bool:
    """Whether an expression has a node of this kind."""
    return any(isinstance(part, kind) for part in walk(node))


def cell_at(place: int, shape: Sequence[int]) -> tuple[int, ...]:
    """The indices of a place, where the elements of a tensor are counted row by row."""
    cell: list[int] = []
    for size in reversed(shape):
        place, index = divmod(place, size)
        cell.append(index)
    return tuple(reversed(cell))


def free_indices(node: Expr) -> dict[str, None]:
    """The names of the indices that no sum inside binds, in the order they are written (an ordered set)."""
    match node:
        case Sym(_, index, _):
            return {letter: None for one in index for letter in letters_of(one)}
        case Delta(i, j):
            return {letter: None for one in (i, j) for letter in letters_of(one)}
        case Sum(over, body) | Max(over, body):
            return {name: None for name in free_indices(body) if name != over}
        case _:
            return {name: None for part in children(node) for name in free_indices(part)}


def at(node: Expr, binding: Mapping[str, Index]) -> Expr:
    """Indices bound (or renamed): ``at(z_formula, {"j": 0})`` is the formula of the first element.

    An index that a sum inside binds is left alone; one that the sum would capture is renamed there first.
    """
    if not binding:
        return node

    def leaf(part: Expr) -> Expr | None:
        match part:
            case Sym(name, index, mark) if index:
                return Sym(name, tuple(bound(i, binding) for i in index), mark)
            case Delta(i, j):
                return kronecker(bound(i, binding), bound(j, binding))
            case Size(over) if over in binding:
                renamed = binding[over]
                return Size(renamed) if isinstance(renamed, str) else part
            case Sum(over, body) | Max(over, body):
                inner = {name: index for name, index in binding.items() if name != over}
                brought = {letter for index in inner.values() for letter in letters_of(index)}
                if over in brought:
                    new = fresh(over, {*free_indices(body), *inner, *brought})
                    over, body = new, at(body, {over: new})
                return type(part)(over, at(body, inner))
            case _:
                return None

    return transform(node, leaf)


def with_other_sums(node: Expr, taken: set[str]) -> Expr:
    """The same expression with no sum or maximum over one of these letters."""

    def leaf(part: Expr) -> Expr | None:
        if not isinstance(part, Sum | Max):
            return None
        new = fresh(part.over, {*taken, *free_indices(part.body)}) if part.over in taken else part.over
        return type(part)(new, with_other_sums(at(part.body, {part.over: new}), taken))

    return transform(node, leaf)


def fresh(index: str, taken: set[str]) -> str:
    """An index name like this one that is not taken: ``j``, ``j′``, ``j′′``."""
    while index in taken:
        index += "′"
    return index


def origin(index: str) -> str:
    """The letter that ``fresh`` made another one of; of any other the letter itself."""
    return index.rstrip("′")


def extent(index: str, sizes: Mapping[str, int]) -> int:
    """How many values an index takes; one renamed by ``fresh`` takes as many as the one it was."""
    return sizes[index] if index in sizes else sizes[origin(index)]


def kronecker(i: Index, j: Index) -> Expr:
    """δ_ij, decided where both are the same name or both are numbers."""
    if i == j:
        return ONE
    return Num(0) if isinstance(i, int) and isinstance(j, int) else Delta(i, j)


def substitute(node: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """Expressions for symbols, found by structure."""
    return transform(node, values.get)


def rename(node: Expr, name: Callable[[Sym | Partial], Expr]) -> Expr:
    """Every symbol replaced by what ``name`` calls it."""
    return transform(node, lambda part: name(part) if isinstance(part, Sym | Partial) else None)


def expand(node: Expr, sizes: Mapping[str, int], absent: Callable[[Sym], bool] = lambda _: False) -> Expr:
    """Every sum written out and every size a number; a product with an ``absent`` symbol leaves no addend.

    >>> expand(Sum("i", Sym("x", ("i",))), {"i": 2})
    Add((Sym('x', (0,), ''), Sym('x', (1,), '')))
    """

    def leaf(part: Expr) -> Expr | None:
        match part:
            case Sum(over, body):
                addends: list[Expr] = []
                for value in range(extent(over, sizes)):
                    addend = expand(at(body, {over: value}), sizes, absent)
                    if not is_absent(addend, absent):
                        addends.extend(terms_of(addend))
                return as_sum(addends)
            case Max(over, body):
                every = [expand(at(body, {over: value}), sizes, absent) for value in range(extent(over, sizes))]
                return maximum(*every) if len(every) > 1 else every[0]
            case Add(terms):
                kept = [expand(term, sizes, absent) for term in terms if not is_absent(term, absent)]
                return as_sum([inner for term in kept for inner in terms_of(term)])
            case Mul(factors):
                return product(expand(factor, sizes, absent) for factor in factors)
            case Size(over):
                return Num(extent(over, sizes))
            case _:
                return None

    return node if isinstance(node, Sym) else transform(node, leaf)


def without(node: Expr, absent: Callable[[Sym], bool]) -> Expr:
    """An expression without those terms of its sums that are nothing because of an absent symbol."""

    def leaf(part: Expr) -> Expr | None:
        if not isinstance(part, Add) or not any(is_absent(term, absent) for term in part.terms):
            return None
        return total(without(term, absent) for term in part.terms if not is_absent(term, absent))

    return transform(node, leaf)


def is_absent(node: Expr, absent: Callable[[Sym], bool]) -> bool:
    """Whether a term is nothing because one of its factors is an absent symbol."""
    match node:
        case Sym():
            return absent(node)
        case Partial(_, by):
            return absent(by)
        case Mul(parts):
            return any(is_absent(part, absent) for part in parts)
        case Neg(body) | Sum(_, body):
            return is_absent(body, absent)
        case _:
            return False

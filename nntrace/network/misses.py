"""By how much outputs miss their targets, for floats: where a target is at the end that an activation nears, from what
the activation reads, since 1 - 0.99999… loses its digits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ..expr import Add, Cases, Condition, Delta, Expr, Max, Neg, Num, Size, Sum, Sym, at
from ..expr.bind import extent, transform, walk
from ..expr.letters import relettered
from .chain_rule import keyed
from .model import Network

ONE = Num(1)


def uncancelled_misses(formula: Expr, network: Network, kept: Collection[str] = ()) -> tuple[Expr, Mapping[str, int]]:
    """A formula over keys with every y - t told by cases, and how far the letters run that this brings into it; results
    that are ``kept`` are given, not worked out."""
    sizes: dict[str, int] = {}

    def miss(node: Expr) -> Expr | None:
        match node:
            case Add((Sym() as first, Neg(Sym() as second))):
                for output, target, turned in ((first, second, False), (second, first, True)):
                    is_asked = output.name not in kept and _is_target(network, target)
                    ends = [*_ends(network, output, target, sizes)] if is_asked else []
                    found: Expr = output - target
                    for end, less in ends:
                        found = Cases(Condition(target, "=", end), less, found)
                    if ends:
                        return Neg(found) if turned else found
        return None

    return transform(formula, miss), sizes


def _apart(node: Expr, own: Mapping[str, int], sizes: dict[str, int]) -> Expr:
    """An expression with letters for its sums that no formula has, which get their ``sizes``."""
    letters: dict[str, str] = {}
    for part in walk(node):
        if isinstance(part, Sum | Max | Size) and part.over not in letters:
            letters[part.over] = f"m{len(sizes)}"
            sizes[letters[part.over]] = extent(part.over, own)
    return relettered(node, letters) if letters else node


def _is_target(network: Network, symbol: Sym) -> bool:
    return symbol.name in network.tensors and network.tensors[symbol.name].role == "target"


def _ends(network: Network, output: Sym, target: Sym, sizes: dict[str, int]) -> Iterator[tuple[Expr, Expr]]:
    """The targets, 1 and -1, from which an entry tells how far its result is, and the result less each of them.

    What mixes the outputs has a δ for the place of the 1, which is the target itself where that is a class.
    """
    step = network.made_by.get(output.name)
    if step is None or network.tensors[output.name].overridden:
        return

    def chosen(node: Expr) -> Expr | None:
        match node:
            case Delta(own, other) if own in target.index:
                return at(target, {str(own): other})
            case Delta(other, own):
                return at(target, {str(own): other})
        return None

    result, known = step.operation.output, step.operation.complements
    letters = dict(zip(map(str, result.index), output.index, strict=True))
    for end, whole, sign in ((ONE, ONE - result, -1), (Num(-1), ONE + result, 1)):
        if whole in known:
            rest = _apart(at(keyed(known[whole], step), letters), step.sizes, sizes)
            told = transform(rest, chosen)
            if told is rest or network.tensors[target.name].structural:
                yield end, told if sign > 0 else Neg(told)

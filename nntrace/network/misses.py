"""By how much outputs miss their targets, for floats: where a target is at the end that an activation nears, from what
the activation reads, since 1 - 0.99999… loses its digits."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..expr import Add, Cases, Condition, Delta, Expr, Neg, Num, Sym, at
from ..expr.bind import transform
from .chain_rule import keyed
from .model import Network

ONE = Num(1)


def uncancelled_misses(formula: Expr, network: Network, kept: Collection[str] = ()) -> Expr:
    """A formula over keys with every y - t told by cases; results that are ``kept`` are given, not worked out."""

    def miss(node: Expr) -> Expr | None:
        match node:
            case Add((Sym() as first, Neg(Sym() as second))):
                for output, target, turned in ((first, second, False), (second, first, True)):
                    is_asked = output.name not in kept and _is_target(network, target)
                    ends = [*_ends(network, output, target)] if is_asked else []
                    found: Expr = output - target
                    for end, less in ends:
                        found = Cases(Condition(target, "=", end), less, found)
                    if ends:
                        return Neg(found) if turned else found
        return None

    return transform(formula, miss)


def _is_target(network: Network, symbol: Sym) -> bool:
    return symbol.name in network.tensors and network.tensors[symbol.name].role == "target"


def _ends(network: Network, output: Sym, target: Sym) -> Iterator[tuple[Expr, Expr]]:
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
            rest = at(keyed(known[whole], step), letters)
            told = transform(rest, chosen)
            if told is rest or network.tensors[target.name].structural:
                yield end, told if sign > 0 else Neg(told)

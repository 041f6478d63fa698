"""The same network where the single numbers that formulas give are vectors of one: affine maps are between vectors."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from ....expr import Expr, Sym, rename
from ....expr.letters import OTHERS, index_letters
from ....network.model import BoundOperation, Edge, Network


def with_vectors(network: Network) -> Network:
    """The network with one more index, of length 1, for each unit that is a single number."""
    single = {key for key, one in network.tensors.items() if one.role == "unit" and not one.sample_shape}
    if not single:
        return network
    tensors = dict(network.tensors)
    for key in single:
        tensor = tensors[key]
        names = {(*cell, 0): name for cell, name in tensor.names.items()}
        overridden = {(*cell, 0): number for cell, number in tensor.overridden.items()}
        sizes = (*tensor.sizes, 1) if tensor.sizes else ()
        tensors[key] = tensor._replace(shape=(*tensor.shape, 1), sizes=sizes, names=names, overridden=overridden)
    return network._replace(tensors=tensors, steps=tuple(_step(step, single) for step in network.steps))


def _step(step: BoundOperation, single: AbstractSet[str]) -> BoundOperation:
    if single.isdisjoint((step.output, *step.arguments.values())):
        return step

    def indexed(symbol: Expr) -> Expr:
        if isinstance(symbol, Sym) and symbol.name in step.arguments and step.arguments[symbol.name] in single:
            return Sym(symbol.name, (*symbol.index, 0))
        return symbol

    made = step.operation._replace(declared={}).over(lambda formula: rename(formula, indexed))
    sizes = dict(step.sizes)
    if step.output in single:
        taken = set(index_letters(made.formula))
        letter = next(one for one in ("j", "k", "l", *OTHERS) if one not in taken)
        made = made._replace(output=Sym(made.output.name, (*made.output.index, letter)))
        sizes[letter] = 1
    edges, bypassed = (tuple(Edge(made, one.argument) for one in found) for found in (step.edges, step.bypassed))
    return step._replace(
        operation=made, sizes=sizes, edges=edges, bypassed=bypassed, numeric=rename(step.numeric, indexed)
    )

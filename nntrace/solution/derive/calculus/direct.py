"""A loss that is a formula, or reads several results: its formula, and its derivative by each tensor that it reads."""

from __future__ import annotations

from collections.abc import Iterator

from ....catalogue import find
from ....expr import Sym, symbols
from ....network.batch import SAMPLE
from ....network.model import PENALTY, TOTAL, BoundOperation, Network
from ..naming.symbols import Symbols
from ..steps import Part, matrix_step
from .jacobians import Jacobians
from .loss_formula import edges_to_results, own_formula
from .penalty import penalty_gradients


def is_direct(network: Network) -> bool:
    """Whether a loss is none of the catalogue's on a whole result of the network."""
    for step in network.loss_steps():
        if step.kind in (PENALTY, TOTAL):
            continue
        read = {edge.argument for edge in edges_to_results(network, step)}
        past = {step.key(edge.argument) for edge in step.edges if step.bypassed}  # an activation that it cancels
        places = [one.index for one in symbols(step.operation.formula) if isinstance(one, Sym) and one.name in read]
        letters = [[index for index in place if index != SAMPLE] for place in places]
        plain = all(len(place) == 1 and isinstance(place[0], str) for place in letters)
        if any(SAMPLE not in place for place in places if network.samples is not None):
            return True  # what all samples share
        if find("loss", step.kind) is None or len({step.key(name) for name in read} - past) > 1 or not plain:
            return True
    return False


class DirectLoss:
    """Derives a loss by everything that its steps read."""

    def __init__(self, symbols: Symbols, jacobians: Jacobians) -> None:
        self.symbols = symbols
        self.network = symbols.network
        self.jacobians = jacobians
        self.done: set[str] = set()
        """The tensors whose gradient is what the loss is derived by them alone."""

    def parts(self) -> Iterator[Part]:
        """Each step's formula and derivatives; the gradients that no layer adds to also between matrices."""
        for step in self.network.loss_steps():
            yield own_formula(self.symbols, step, {*step.arguments.values(), step.output})
            if step.is_penalty:
                yield from penalty_gradients(self.symbols, step)
                continue
            for edge in step.edges:
                key = step.key(edge.argument)
                if self.network.tensors[key].role in ("loss", "target") or len(self.symbols.formulas.readers(key)) > 1:
                    continue  # what it adds to other ways is no derivative by itself
                yield from self.jacobians.of(step, edge.argument)
                yield from self._alone(step, key)

    def _alone(self, step: BoundOperation, key: str) -> Iterator[Part]:
        if step.output == self.network.loss and self.symbols.which(key) == ():
            self.done.add(key)
            matrix = matrix_step(self.symbols, key)
            if matrix is not None and self.network.tensors[key].shape:
                yield matrix

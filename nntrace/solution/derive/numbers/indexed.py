"""The numbers of steps in index notation: nested lists by the indices of what a step is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from ....expr import Expr, at
from ....expr.nodes import partial_key
from ....network.batch import SAMPLE
from ....network.chain_rule import LOSS
from ....network.model import Cell, Element, Tensor
from ....trace.amount import Amount, evaluated, fraction
from ....trace.trace import Trace
from ...content.model import Nested
from ..naming.symbols import Symbols
from ..steps import IndexFormula, Numbers

MOST_NUMBERS = 4096
"""More numbers than these are not listed for one step."""


class IndexNumbers:
    """Evaluates formulas over keys with one network's numbers."""

    def __init__(self, symbols: Symbols, trace: Trace) -> None:
        self.symbols = symbols
        self.network = network = symbols.network
        self.trace = trace
        self._slopes = {partial_key(LOSS.name, key): key for key in network.tensors}

    def of_formula(self, one: IndexFormula) -> Nested | None:
        """Its numbers by the indices of its name; ``None`` where two that differ are equal."""
        sizes = self._sizes(one)
        every = {str(index): 0 for symbol in one.over for index in symbol.index}
        places = (index for symbol in one.over for index in self.symbols.place(symbol.name, symbol.index))
        letters = dict.fromkeys(index for index in places if isinstance(index, str))
        letters.pop(one.chosen or "", None)
        if prod(sizes[letter] for letter in letters) > MOST_NUMBERS:
            return None

        def number(cell: Cell) -> float | None:
            place = every | dict(zip(letters, cell, strict=True))
            if one.chosen is not None:
                place[one.chosen] = self._class(place.get(SAMPLE))
            if one.apart is not None and place[one.apart[0]] == place[one.apart[1]]:
                return None
            return self.amount(at(one.formula, place), sizes).number

        return _nested(tuple(sizes[letter] for letter in letters), number)

    def of_tensor(self, meant: Numbers) -> Nested | None:
        """A tensor's values, or the gradients by its elements: ``None`` where a form for the others leaves one out."""
        tensor = self.network.tensors[meant.key]
        if prod(tensor.shape) > MOST_NUMBERS:
            return None
        letters = tuple(f"{axis}" for axis in range(len(tensor.shape)))
        axes = [int(axis) for axis in self.symbols.place(meant.key, letters) if isinstance(axis, str)]

        def number(written: Cell) -> float | None:
            along = dict(zip(axes, written, strict=True))
            cell = tuple(along.get(axis, 0) for axis in range(len(tensor.shape)))
            if meant.kind == "value":
                return self.trace.value(Element(meant.key, cell)).number
            return None if self._is_excepted(tensor, cell) else self.trace.gradient(Element(meant.key, cell)).number

        return _nested(tuple(tensor.shape[axis] for axis in axes), number)

    def of_samples(self, element: Element) -> Nested:
        """The gradients by an element of each sample."""
        samples = range(self.network.samples or 0)
        return [self.trace.gradient(Element(element.key, (n, *element.cell[1:]))).number for n in samples]

    def amount(self, node: Expr, sizes: Mapping[str, int]) -> Amount:
        """A formula over keys, its indices bound, exactly where that can be."""

        def value(name: str, cell: Cell) -> Amount:
            if name in self._slopes:
                return self.trace.gradient(Element(self._slopes[name], cell))
            missing = cell in self.network.tensors[name].missing
            return fraction(0) if missing else self.trace.value(Element(name, cell))

        return evaluated(node, value, {}, sizes)

    def _is_excepted(self, tensor: Tensor, cell: Cell) -> bool:
        """Whether there is no connection, or its name is in several places."""
        name = None if tensor.sampled else tensor.names.get(cell)
        return cell in tensor.missing or (name is not None and len(self.network.uses[name]) > 1)

    def _sizes(self, one: IndexFormula) -> dict[str, int]:
        named = {symbol.name for symbol in one.over}
        found: dict[str, int] = {}
        for step in self.network.steps:  # a sum may run along a letter that nothing in it has
            if step.output in named or not named.isdisjoint(step.arguments.values()):
                found.update(step.sizes)
        read = self.symbols.formulas.axes_read(*one.over, one.formula)
        return found | {letter: tensor.shape[axis] for letter, tensor, axis in read}

    def _class(self, sample: int | None) -> int:
        """Where a one-hot target is 1."""
        tensor = next(tensor for tensor in self.network.tensors.values() if tensor.role == "target")
        own: Cell = () if sample is None else (sample,)
        return max(
            range(tensor.shape[-1]), key=lambda place: self.trace.value(Element(tensor.key, (*own, place))).number
        )


def _nested(shape: tuple[int, ...], number: Callable[[Cell], float | None], cell: Cell = ()) -> Nested | None:
    """The numbers of all cells, list inside list."""
    if len(cell) == len(shape):
        return number(cell)
    return [_nested(shape, number, (*cell, place)) for place in range(shape[len(cell)])]

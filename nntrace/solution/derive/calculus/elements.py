"""Single elements in the user's own names: what a matrix holds, and the gradients that no index form has.

A tied number is in several places, and its gradient has a summand for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from math import prod

from ....expr import ZERO, Add, Expr, Mul, Neg, Num, Partial, Sum, Sym, at, product, total
from ....expr.bind import is_absent, rename, transform, walk
from ....expr.constants import constants_multiplied
from ....expr.index import Index
from ....expr.structure import negative
from ....network.batch import SAMPLE
from ....network.chain_rule import LOSS, Reader
from ....network.model import PENALTY, Cell, Element, Tensor
from ....network.quantities import Quantity, Unnamed, parameters, quantity
from ...content.model import Matrix, Note, listed
from ...formulas.layout import cell_content
from ...formulas.naming import SAMPLES, is_single
from ...formulas.tensor import Gradient
from ..naming.symbols import Symbols
from ..steps import Cited, Form, Part, defined, joined

MOST_TERMS = 12
"""A sum of more terms than this is not written out."""
MOST_CELLS = 64
"""A tensor of more elements than this is not listed by their names."""


class Elements:
    """The elements of one network's tensors."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.network = symbols.network
        self.formulas = symbols.formulas

    # -- what the tensors hold ---------------------------------------------------------------------------------------

    def listed(self) -> Iterator[Matrix]:
        """The tensors whose elements have names of their own or are missing, as matrices of these names."""
        keys = {key for step in self.network.steps for key in (*step.arguments.values(), step.output)}
        for key, tensor in self.network.tensors.items():
            scalar = is_single(tensor) and self.formulas.name(key).name in tensor.names.values()
            worth = bool(tensor.names or tensor.missing or tensor.role == "constant")
            few = prod(tensor.sample_shape) <= MOST_CELLS and len(tensor.sample_shape) <= 2
            if key in keys and tensor.role != "loss" and worth and few and not scalar:
                cells = self._laid_out(tensor.sample_shape)
                rows = tuple(tuple(cell_content(tensor, cell) for cell in row) for row in cells)
                yield Matrix(self.formulas.name(key), (len(rows), len(rows[0])), rows, self._note(tensor))

    def _laid_out(self, shape: tuple[int, ...]) -> list[list[Cell]]:
        """The cells as rows of a matrix; a vector is a column or a row."""
        match shape:
            case (down, across):
                return [[(row, column) for column in range(across)] for row in range(down)]
            case (along,):
                cells: list[Cell] = [(place,) for place in range(along)]
                return [[cell] for cell in cells] if self.network.conventions.vectors == "columns" else [cells]
            case _:
                return [[()]]

    @staticmethod
    def _note(tensor: Tensor) -> Note:
        if tensor.sampled:
            return ("for each sample",)
        if tensor.missing:
            return ("· marks a missing connection, 0 in every sum",)
        return ("1 where the penalty counts",) if tensor.role == "constant" else ()

    # -- gradients ---------------------------------------------------------------------------------------------------

    @cached_property
    def tied(self) -> list[Quantity]:
        """The parameters that are in several places."""
        named = (part for part in parameters(self.network).parts if not isinstance(part, Unnamed))
        return [one for part in named for one in part if len(one.uses) > 1]

    def parts(self, asked: Iterable[Quantity]) -> Iterator[Part]:
        """∂L/∂name of every tied parameter, then of what is asked for besides, after the gradients that it uses."""
        tied = self.tied
        for one in tied:
            yield self.gradient(one)
        known = {one.symbol for one in tied}
        for one in asked:
            for needed in self._with_used(one, known):
                yield self.gradient(needed)._replace(aside=True, keys={f"[{one.name}]"})

    def _with_used(self, one: Quantity, known: set[Sym]) -> Iterator[Quantity]:
        """The elements whose gradients an element's gradient uses, from the loss on, then itself; ``known`` ones have
        been written."""
        if one.symbol in known:
            return
        known.add(one.symbol)
        for use in one.uses if one.role != "loss" else ():
            for part in walk(self._at(*use)):
                if isinstance(part, Partial) and part.of == LOSS:
                    cell = tuple(0 if index == SAMPLE else index for index in part.by.index)
                    if all(isinstance(index, int) for index in cell):
                        element = Element(part.by.name, cell)  # type: ignore[arg-type]
                        yield from self._with_used(quantity(self.network, element), known)
        yield one

    def gradient(self, one: Quantity) -> Part:
        """∂L/∂element, a summand for each of its places."""
        found = [self._at(key, cell) for key, cell in one.uses if self.formulas.readers(key)]
        body = self._named(total(found))
        first = Sym(one.uses[0].key, self._free(*one.uses[0]))
        name = self._gradient(first)
        lines = defined(name, Partial(self.symbols.loss, self.symbol(first)))
        keys = dict.fromkeys(key for key, _ in one.uses if self.formulas.readers(key))
        lines.append(Form(body, ("written out for this element", *map(self._by_index, keys))))
        short, rules = constants_multiplied(body)
        lines += [Form(short, joined(rules))] if short != body else []
        return Part(name, tuple(lines), {f"[{one.name}]"}, self._summands(one), one)

    def _summands(self, one: Quantity) -> Note:
        """Where the summands of a tied parameter's gradient come from: its places, and the penalty if it is in that."""
        if len(one.uses) == 1:
            return ()
        places = [Sym(self.formulas.name(key).name, cell) for key, cell in one.uses]
        counts = any(
            reader.step.output == PENALTY and self._through(reader, cell) != ZERO
            for key, cell in one.uses
            for reader in self.formulas.readers(key)
        )
        penalty: Note = (", and what ", self.formulas.name(PENALTY), " adds") if counts else ()
        return ("a summand for each place: ", *listed(places), *penalty)

    def _through(self, reader: Reader, cell: Cell) -> Expr:
        """What an element of a parameter gets by one of its tensor's readers."""
        return self._bound(self.formulas.through(reader), cell)

    def _by_index(self, key: str) -> Cited:
        """The step that has the gradient by every element of a tensor."""
        indices = self.formulas.gradient(key).indices
        return Cited((self.symbols.gradient(key, indices), self.symbols.partial(key, indices)), False)

    def _free(self, key: str, cell: Cell) -> tuple[Index, ...]:
        """An element's index, its sample left open."""
        return (SAMPLE, *cell[1:]) if self.network.tensors[key].sampled else cell

    def _at(self, key: str, cell: Cell) -> Expr:
        return self._bound(self.formulas.gradient(key), self._free(key, cell))

    def _bound(self, gradient: Gradient, cell: tuple[Index, ...]) -> Expr:
        formula = self.symbols.sized(gradient.formula, gradient.sizes)
        return self._opened(at(formula, dict(zip(gradient.indices, cell, strict=True))))

    def _opened(self, node: Expr) -> Expr:
        """Short sums written out, without what a missing connection or a zero of the formula takes away."""

        def leaf(part: Expr) -> Expr | None:
            match part:
                case Sum(over, body) if over != SAMPLE and 0 < self._extent(over, body) <= MOST_TERMS:
                    addends = [self._opened(at(body, {over: place})) for place in range(self._extent(over, body))]
                    return total(one for one in addends if not is_absent(one, self._is_missing))
                case Add(terms):
                    return total(map(self._opened, terms))
                case Mul(factors):
                    return product(self._opened(factor) for factor in factors)
                case Neg(body):
                    return negative(self._opened(body))
                case Sym(name, index, _) if name in self.network.tensors:
                    tensor = self.network.tensors[name]
                    return Num(int((tensor.typed or {})[index])) if tensor.role == "constant" else None  # type: ignore[index]
                case _:
                    return None

        return transform(node, leaf)

    def _extent(self, over: str, body: Expr) -> int:
        """How far an index runs; 0 where that is a symbol."""
        size = self.symbols.sizes(body)[over]
        return int(size) if size.isdigit() else 0

    def _is_missing(self, symbol: Sym) -> bool:
        tensor = self.network.tensors.get(symbol.name)
        return tensor is not None and symbol.index in tensor.missing

    def _named(self, node: Expr) -> Expr:
        def name(symbol: Sym | Partial) -> Expr:
            if isinstance(symbol, Partial):
                return self._gradient(symbol.by)
            return self.symbol(symbol) if symbol.name in self.network.tensors else symbol

        return rename(node, name)

    def symbol(self, element: Sym) -> Sym:
        """An element over keys by the user's name for it; ``⁽ⁿ⁾`` in a batch, where it is each sample's own."""
        tensor, cell = self.network.tensors[element.name], self._cell(element)
        mark = SAMPLES if tensor.sampled else ""
        given = tensor.names.get(cell)  # type: ignore[arg-type]
        return Sym(given, (), mark) if given else Sym(self.formulas.name(element.name).name, cell, mark)

    def _gradient(self, element: Sym) -> Sym | Partial:
        """δ_h1, δ1[2]⁽ⁿ⁾, ∂L/∂x1."""
        own = self.symbol(element)
        name = self.symbols.gradient(element.name, ())
        if isinstance(name, Partial):
            return Partial(self.symbols.loss, own)
        cell = self._cell(element)
        if cell and not own.index and element.name not in self.symbols.labels:
            return Sym(f"δ_{own.name}", (), own.mark)
        return Sym(name.name, cell, own.mark)

    def _cell(self, element: Sym) -> tuple[Index, ...]:
        return element.index[1:] if self.network.tensors[element.name].sampled else element.index

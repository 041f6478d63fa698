"""A network's formulas over whole tensors, in index notation: those of its steps, and of the gradients.

The formulas are the operations' own and those of the chain rule (``network.adjoint``), their symbols replaced by the
tensors' keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from ...catalogue import find
from ...expr import (
    ONE,
    Call,
    Cases,
    Delta,
    Expr,
    Indicator,
    Max,
    Mul,
    Partial,
    Sum,
    Sym,
    at,
    children,
    factors_of,
    product,
    rename,
    simplify,
    substitute,
    symbols,
    total,
)  # fmt: skip
from ...expr.bind import contains, extent, fresh, origin, transform, walk
from ...expr.letters import index_letters, relettered
from ...expr.rules import distributed
from ...network.batch import SAMPLE
from ...network.chain_rule import LOSS, ChainRule, Reader, keyed
from ...network.model import BoundOperation, Network
from ...record import Record
from .connections import without_missing
from .layout import Layout
from .lettering import LETTERS, more_letters
from .naming import PRIME


class Gradient(Record):
    """∂L/∂tensor in index notation: one addend for each reader of the tensor, over its ``indices``.

    ``sizes`` say how far every index of the formula runs.
    """

    indices: tuple[str, ...]
    addends: tuple[Expr, ...]
    sizes: Mapping[str, int]

    @property
    def formula(self) -> Expr:
        return total(self.addends)


class TensorFormulas(Layout):
    """The formulas of one network, over the keys of its tensors; a sheet may have ``names`` of its own."""

    def __init__(self, network: Network, names: Iterable[str] = ()) -> None:
        super().__init__(network)
        self._names = tuple(names)
        self._gradients: dict[str, Gradient] = {}
        self.chain = ChainRule(network)

    def keyed(self, formula: Expr, step: BoundOperation) -> Expr:
        """An operation's formula over keys, without the connections that are missing."""
        return without_missing(keyed(formula, step), self.network.tensors)

    def forward(self, step: BoundOperation) -> Expr:
        """A step's formula over keys, an activation as a named function of its argument."""
        if self.is_function(step):
            index = step.operation.output.index[: len(self.network.tensors[step.argument].shape)]
            return step.of(Sym(step.argument, index))
        return self.keyed(step.operation.formula, step)

    def is_elementwise(self, step: BoundOperation) -> bool:
        """Whether a step takes each element for itself (no line that another one works out first)."""
        if not find("activation", step.kind) or not self.network.tensors[step.output].sample_shape:
            return False  # it has no name as a function of one argument, or is of a single number
        return bool(step.edges) and step.operation.is_elementwise

    def is_function(self, step: BoundOperation) -> bool:
        """Whether a step is written as a function of its argument, by its kind: ``relu(z1)``, ``softmax(z2)``."""
        made = step.operation
        return (self.is_elementwise(step) and not made.is_identity) or (bool(made.program) and made.reads_whole)

    def slope(self, step: BoundOperation) -> Expr:
        """The local derivative of an elementwise activation, in the operation's own symbols."""
        formula = self.chain.adjoint(Reader(step, step.edges[0])).formula
        return product(factors_of(substitute(formula, {Partial(LOSS, step.operation.output): ONE})))

    def slope_factor(self, step: BoundOperation) -> Expr:
        """The same over keys, by its name where its formula is long."""
        return self.keyed(self._short_slope(step), step)

    def _short_slope(self, step: BoundOperation) -> Expr:
        slope, index = self.slope(step), step.operation.output.index
        named = _is_long(slope) and not self.is_slope_of_result(step)
        return step.of(Sym(step.edges[0].argument, index), mark=PRIME) if named else slope

    def is_slope_of_result(self, step: BoundOperation) -> bool:
        """Whether some results of an activation are given, and its slope is told from these alone: it is not that at
        the argument, and not written by its name."""
        return self.chain.is_given(Reader(step, step.edges[0])) and step.operation.output in symbols(self.slope(step))

    def gradient(self, key: str) -> Gradient:
        """∂L/∂tensor through all of its readers."""
        if key not in self._gradients:
            self._gradients[key] = self._gradient(key)
        return self._gradients[key]

    def _gradient(self, key: str) -> Gradient:
        if key == self.network.loss:
            return Gradient((), (ONE,), {})
        indices: tuple[str, ...] | None = None
        addends: list[Expr] = []
        sizes: dict[str, int] = {}
        for reader in self.readers(key):
            through = self._apart(self.through(reader, indices), sizes)
            indices = through.indices
            addends += through.addends
            sizes.update(through.sizes)
        if indices is None:  # no path leads from it to the loss: zeros, in the tensor's shape
            shape = self.network.tensors[key].shape
            indices = tuple(f"i{place}" for place in range(len(shape)))
            sizes.update(zip(indices, shape, strict=True))
        return Gradient(indices, tuple(addends), sizes)

    def readers(self, key: str) -> list[Reader]:
        """Who reads a tensor, without a loss that leads past it."""
        return self.chain.readers(key, past=False)

    def through(self, reader: Reader, indices: tuple[str, ...] | None = None) -> Gradient:
        """What comes back by one reader of a tensor, in these indices of the tensor or in the operation's own."""
        step, derived = reader.step, self.chain.adjoint(reader)
        own = derived.axes
        formula = derived.formula
        if self.is_elementwise(step) and _is_long(formula):  # an activation's slope by its name
            formula = product((Partial(LOSS, step.operation.output), self._short_slope(step)))
        formula = self._inlined(self.keyed(formula, step))
        if any(isinstance(node, Sum) and contains(node, Delta) for node in walk(formula)):
            formula = distributed(formula)  # Σ_j g_j a_j (δ_ji - a_i) as g_i a_i - a_i Σ_j g_j a_j
        indices = indices or (self.own_letters(len(own)) if step.is_penalty else own)
        inside = {*index_letters(formula)}
        clash = [letter for letter in indices if letter in inside and letter not in own]
        formula = relettered(formula, {letter: fresh(letter, {*inside, *indices}) for letter in clash})
        formula = at(formula, {old: new for old, new in zip(own, indices, strict=True) if old != new})
        letters = _plain_letters(formula)
        sizes = {**step.sizes, **{new: extent(old, step.sizes) for old, new in letters.items()}}
        formula = relettered(formula, letters)
        sizes.update(self.extents(formula), **self.extents(Sym(reader.key, indices)))
        return Gradient(indices, (formula,), sizes)

    def _apart(self, found: Gradient, sizes: Mapping[str, int]) -> Gradient:
        """A gradient by one reader with other letters where those of the readers before it run otherwise."""
        other = [letter for letter, size in found.sizes.items() if sizes.get(letter, size) != size]
        if not other:
            return found
        used = {*sizes, *found.sizes, *(letter for addend in found.addends for letter in index_letters(addend))}
        letters = chain(LETTERS, more_letters(self.naming, self._names))
        free = (letter for letter in letters if letter not in used)
        new = dict(zip([letter for letter in other if letter not in found.indices], free, strict=False))
        addends = tuple(relettered(addend, new) for addend in found.addends)
        return Gradient(found.indices, addends, {new.get(one, one): size for one, size in found.sizes.items()})

    def own_letters(self, count: int) -> tuple[str, ...]:
        """Letters for a parameter that a penalty alone reads: those of a layer, not its own ``j0``, ``i0``."""
        return ("i", "j") if count == 2 and self.network.conventions.vectors == "rows" else ("j", "i")[:count]

    def _inlined(self, formula: Expr) -> Expr:
        """The gradients of the loss's own parts written in as they are: 1, 1/n."""

        def inline(symbol: Sym | Partial) -> Expr:
            if isinstance(symbol, Partial) and self.network.tensors[symbol.by.name].role == "loss":
                inner = self.gradient(symbol.by.name)
                summed = (one for one in index_letters(inner.formula) if one not in inner.indices)  # over samples alone
                apart = relettered(inner.formula, {one: fresh(SAMPLE, {SAMPLE}) for one in summed})
                return at(apart, dict(zip(inner.indices, symbol.by.index, strict=True)))
            return symbol

        if not any(isinstance(one, Partial) and inline(one) is not one for one in symbols(formula)):
            return formula
        return _without_ones(rename(formula, inline))


def _plain_letters(formula: Expr) -> dict[str, str]:
    """A plain letter for each index that the rules had to make of another one, as long as there are some."""
    used = dict.fromkeys(index_letters(formula))
    free = (letter for letter in LETTERS if letter not in used)
    return dict(zip([letter for letter in used if origin(letter) != letter], free, strict=False))


def _is_long(formula: Expr) -> bool:
    """Whether a formula distinguishes cases or calls functions."""
    if isinstance(formula, Cases | Indicator | Call | Max):
        return True
    return any(_is_long(part) for part in children(formula))


def _without_ones(formula: Expr) -> Expr:
    body = transform(formula, lambda node: product(node.factors) if isinstance(node, Mul) else None)
    return simplify(body) if isinstance(body, Mul) and not any(map(_is_fraction, body.factors)) else body


def _is_fraction(node: Expr) -> bool:
    return bool(not list(symbols(node)) and children(node))

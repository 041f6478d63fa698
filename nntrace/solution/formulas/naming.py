"""What everything is called on a sheet: elements and whole tensors, and the gradients by them.

An element has the user's name, else its tensor's with an index; a whole tensor's name gives way to an element that is
called so. The gradient by what a layer with parameters gives is δ, any other one is written as a derivative.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from itertools import count as counting

from ...expr import Expr, Partial, Sym, rename
from ...expr.index import number_of
from ...network.batch import SAMPLE
from ...network.chain_rule import LOSS
from ...network.model import Cell, Element, Network, Tensor

PRIME = "′"
NO_VECTORS = frozenset((*"ijklneIπσδ", ""))
"""Letters that are no name of a vector with elements numbered by them: those of indices, and of the sheet's own."""
SAMPLES = "⁽ⁿ⁾"
"""What is written after what belongs to each sample, as ``⁽²⁾`` is after the second one's."""


class Naming:
    """The names of one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._levels = {
            step.output: step.output.removeprefix(step.operation.output.name)
            for step in network.steps
            if step.is_learned
        }
        """What is written after the letter of a layer's result, by its key: ``1`` of ``z1``."""

    def is_delta(self, key: str) -> bool:
        """Whether a tensor is the result of a layer with parameters, before its activation."""
        return key in self._levels

    # -- elements ----------------------------------------------------------------------------------------------------

    def element(self, element: Element, sample: int | None = None) -> Sym:
        """An element; what belongs to the ``sample`` that is written about carries no mark."""
        found, tensor = self.network.symbol(element), self.network.tensors[element.key]
        alone = tensor.shape[1:] or tensor.role == "unit"  # the loss of a sample has the name of the whole loss
        own = tensor.sampled and element.cell[0] == sample and alone
        return Sym(found.name, found.index) if own else found

    def symbol(self, symbol: Sym | Partial, sample: int | None = None) -> Sym | Partial:
        """A symbol over keys: the user's name, ``δ_h1``, ``∂MSE/∂h3``; what is no element of the network stays."""
        if isinstance(symbol, Partial):
            by = Element(symbol.by.name, cell_of(symbol.by))
            if symbol.of == LOSS:
                return self.gradient(by, sample)
            of = Element(symbol.of.name, cell_of(symbol.of))
            return Partial(self.element(of, sample), self.element(by, sample))
        if symbol.name not in self.network.tensors:
            return symbol
        return self.element(Element(symbol.name, cell_of(symbol)), sample)

    def gradient(self, element: Element, sample: int | None = None) -> Sym | Partial:
        """∂L/∂element."""
        if not self.is_delta(element.key):
            return self.partial(element, sample)
        tensor, symbol = self.network.tensors[element.key], self.element(element, sample)
        default = tensor.given_name(element.cell) is None and tensor.name == tensor.key
        return Sym(self._delta(element.key, symbol.name, default), symbol.index, symbol.mark)

    def partial(self, element: Element, sample: int | None = None) -> Partial:
        """∂L/∂element, written as a derivative."""
        of = LOSS if self.network.loss is None else self.network.loss_symbol
        return Partial(of, self.element(element, sample))

    # -- whole tensors -----------------------------------------------------------------------------------------------

    @cached_property
    def _tensors(self) -> dict[str, Sym]:
        """A symbol for each whole tensor: a user's for it, or for its elements (h for h1, h2; w for the one w); else
        its default name, in capitals where users call an element so."""
        taken = {name for tensor in self.network.tensors.values() for name in tensor.names.values()}
        found: dict[str, Sym] = {}
        names: dict[str, str] = {}
        for key, tensor in self.network.tensors.items():
            if () in tensor.names and key in self._by_elements:  # a number of its own; in a batch one for each sample
                found[key] = Sym(tensor.names[()], (), SAMPLES if tensor.sampled else "")
            elif key in self._by_elements:
                found[key] = Sym(self._by_elements[key])
            else:
                names[key] = f"M_{key.removesuffix('.mask')}" if tensor.role == "constant" else tensor.name or key
        taken |= {symbol.name for symbol in found.values()}
        found.update((key, Sym(name)) for key, name in _apart(names, taken).items())
        return {key: found[key] for key in self.network.tensors}

    @cached_property
    def _by_elements(self) -> dict[str, str]:
        """What a tensor is called by its elements: the name of the single one, or the letters that theirs alone begin
        with, where they are numbered from 1. Of a tied number, what the name means is more than this tensor."""
        tensors = self.network.tensors
        untied = {
            key: tuple(one.names[cell] for cell in sorted(one.names))
            for key, one in tensors.items()
            if one.names and all(len(self.network.uses.get(name, ())) <= 1 for name in one.names.values())
        }
        found = {key: names[0] for key, names in untied.items() if is_single(tensors[key])}
        others = Counter(
            letters
            for tensor in tensors.values()
            for letters in {
                *map(_stem, tensor.names.values()),
                *([] if tensor.names else [_stem(tensor.name or tensor.key)]),
            }
        )
        for key, names in untied.items():
            stem, letters = _stem(names[0]), _letters(names[0])
            numbered = len(names) > 1 and names == tuple(f"{letters}{place}" for place, _ in enumerate(names, 1))
            own = tensors[key].name in (None, key.rstrip(".")) and len(tensors[key].sample_shape) == 1
            if own and numbered and others[stem] == 1 and stem not in NO_VECTORS:
                found[key] = stem
        return found

    def tensor(self, key: str) -> Sym:
        """A whole tensor."""
        return self._tensors[key]

    def tensor_gradient(self, key: str) -> Sym | Partial:
        """∂L/∂tensor."""
        name, loss = self.tensor(key), self.network.loss
        if not self.is_delta(key):
            return Partial(LOSS if loss is None else self.tensor(loss), name)
        tensor = self.network.tensors[key]
        return Sym(self._delta(key, name.name, tensor.name == key and key not in self._by_elements))

    def _delta(self, key: str, name: str, default: bool) -> str:
        """``δ1`` where the layer's result has its default name, else ``δ_h1``."""
        return f"δ{self._levels[key]}" if default else f"δ_{name}"


def of_sample(formula: Expr, mark: str = SAMPLES) -> Expr:
    """A formula over keys for one sample: what belongs to that has no index for it, and its mark."""

    def own(symbol: Sym | Partial) -> Expr:
        if isinstance(symbol, Sym) and SAMPLE in symbol.index:
            return Sym(symbol.name, tuple(index for index in symbol.index if index != SAMPLE), mark)
        return symbol

    return rename(formula, own)


def cell_of(symbol: Sym) -> Cell:
    """The cell that a symbol over keys stands for, its indices being numbers."""
    return tuple(number_of(index, {}) for index in symbol.index)


def is_single(tensor: Tensor) -> bool:
    """Whether a tensor is one number, in a batch one for each sample; a size that is a symbol is another number."""
    return all(size == 1 for size in tensor.written_shape[tensor.sampled :])


def _apart(names: Mapping[str, str], taken: set[str]) -> dict[str, str]:
    """Names that are neither an element's nor each other's: by capitals, those of one letter alike (Z1, Z2), and where
    these are taken too, by two of them (ZZ1, ZZ2)."""
    alike: dict[str, list[str]] = {}
    for key, name in names.items():
        alike.setdefault(_letters(name), []).append(key)
    used = set(taken)
    found: dict[str, str] = {}
    for keys in sorted(alike.values(), key=lambda keys: any(names[key] in taken for key in keys)):
        least = next(count for count in counting() if all(_capital(names[key], count) not in used for key in keys))
        for key in keys:
            forms = (_capital(names[key], count) for count in counting(least))
            found[key] = next(form for form in forms if form not in used)
            used.add(found[key])
    return found


def _capital(name: str, count: int) -> str:
    """A name that begins with so many capitals; with none as it is."""
    return name[0].upper() * count + name[1:] if count else name


def _stem(name: str) -> str:
    """What a numbered name begins with: h of h1 and of h_1."""
    return _letters(name).rstrip("_")


def _letters(name: str) -> str:
    return name.rstrip("0123456789")

"""The scalar quantities of a network: each has one symbol on the sheet and one or more elements that it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import translate
from itertools import chain
from itertools import product as cells_of
from math import prod
from unicodedata import normalize

from ..expr import Sym
from ..expr.atoms import symbol as text_of
from ..expr.bind import cell_at
from ..expr.lazy import Lazy
from ..expr.script import ASCII, plain
from ..record import Record
from .model import Cell, Element, Network, Role, Tensor

_ELEMENT = r"(?P<name>[^\[\]]+)\[\s*(?P<index>\d+(?:\s*,\s*\d+)*)\s*\]"
_GRADIENT = r"[∂d](?P<of>[^/∂]+)/[∂d](?P<by>[^/∂]+)"
ANY_LOSS = "L"
ROLES: tuple[Role, ...] = ("input", "target", "parameter", "unit", "loss", "factor")


class Quantity(Record):
    """One number with a name: a weight (perhaps used in several places), an input, a unit, the loss."""

    symbol: Sym
    uses: tuple[Element, ...]
    role: Role

    @property
    def name(self) -> str:
        """The name as a user writes it: ``w21``, ``W1[2,1]``."""
        return text_of(self.symbol)


def is_inside(cell: Cell, shape: tuple[int, ...]) -> bool:
    """Whether a tensor of this shape has such a cell."""
    return len(cell) == len(shape) and all(0 <= place < size for place, size in zip(cell, shape, strict=True))


def quantity(network: Network, element: Element) -> Quantity:
    """The quantity that an element belongs to."""
    tensor = network.tensors[element.key]
    name = None if tensor.sampled else tensor.names.get(element.cell)
    if name is None:
        return Quantity(tensor.symbol(element.cell), (element,), tensor.role)
    uses = network.uses[name]
    if len(uses) == 1:
        return Quantity(Sym(name), uses, tensor.role)
    roles = {network.tensors[use.key].role for use in uses}
    return Quantity(Sym(name), uses, next(role for role in ROLES if role in roles))


class Unnamed(Lazy[Quantity]):
    """The quantities of a tensor whose elements have no names of their own, or one for each sample: each is made when
    it is looked at."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self._count = prod(tensor.shape)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Quantity]:
        return map(self._of, cells_of(*map(range, self.tensor.shape)))

    def at(self, place: int) -> Quantity:
        return self._of(cell_at(place, self.tensor.shape))

    def _of(self, cell: Cell) -> Quantity:
        return Quantity(self.tensor.symbol(cell), (Element(self.tensor.key, cell),), self.tensor.role)


class Parts(Lazy[Quantity]):
    """Quantities of several tensors one after another, those of each tensor together."""

    def __init__(self, parts: Iterable[Sequence[Quantity]]) -> None:
        self.parts: list[Sequence[Quantity]] = []
        for part in parts:
            self.parts += part.parts if isinstance(part, Parts) else [part] if part else []

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[Quantity]:
        return chain.from_iterable(self.parts)

    def at(self, place: int) -> Quantity:
        for part in self.parts:
            if place < len(part):
                return part[place]
            place -= len(part)
        raise IndexError(place)


def of_tensor(network: Network, tensor: Tensor) -> Sequence[Quantity]:
    """The quantities of one tensor, in the order of the file; a name used twice in it comes once."""
    if not (tensor.missing or tensor.by_column) and (tensor.sampled or not tensor.names):
        return Unnamed(tensor)
    first: dict[str | Cell, Cell] = {}
    for cell in tensor.cells():
        first.setdefault(tensor.names.get(cell, cell), cell)
    return [quantity(network, Element(tensor.key, cell)) for cell in first.values()]


def by_tensor(quantities: Sequence[Quantity]) -> dict[str, Sequence[Quantity]]:
    """The quantities by the key of the tensor that each is used in first."""
    found: dict[str, Sequence[Quantity]] = {}
    for part in Parts([quantities]).parts:
        if isinstance(part, Unnamed) and part.tensor.key not in found:
            found[part.tensor.key] = part
            continue
        own: dict[str, list[Quantity]] = {}
        for one in part:
            own.setdefault(one.uses[0].key, []).append(one)
        found |= {key: [*found.get(key, ()), *more] for key, more in own.items()}
    return found


def parameters(network: Network) -> Parts:
    """Every parameter in the order of the file; a tied one comes where it is used first."""
    tied: set[Sym] = set()
    sequences: list[Sequence[Quantity]] = []
    for key in network.parameters:
        found = of_tensor(network, network.tensors[key])
        if not isinstance(found, Unnamed):
            found = [one for one in found if one.symbol not in tied]
            tied |= {one.symbol for one in found if len(one.uses) > 1}
        sequences.append(found)
    return Parts(sequences)


def learned(network: Network) -> Parts:
    """The parameters that learn, a tied one where it is used first."""
    sequences: list[Sequence[Quantity]] = []
    for part in parameters(network).parts:
        in_one_piece = isinstance(part, Unnamed) and not partly_frozen(network, part.tensor)
        sequences.append(part if in_one_piece else [one for one in part if not frozen(network, one)])
    return Parts(sequences)


def few_learned(network: Network, most: int, only: Sequence[Quantity] | None = None) -> list[Quantity]:
    """The parameters that learn (of ``only`` these, where given) if there are ``most`` of them or fewer, else none."""
    asked = only or parameters(network)[: most + 1]
    return [one for one in asked if not frozen(network, one)] if len(asked) <= most else []


def of_role(network: Network, *roles: Role) -> Iterator[Quantity]:
    """All quantities of these roles, in the order of the file; a tied one comes where it is used first."""
    tied: set[Sym] = set()
    for tensor in network.tensors.values():
        for found in of_tensor(network, tensor) if tensor.role in roles else ():
            if found.role in roles and found.symbol not in tied:
                tied |= {found.symbol} if len(found.uses) > 1 else set()
                yield found


def find(network: Network, text: str) -> Sequence[Quantity]:
    """What a user means by a name: one quantity, a whole tensor's, or those that a glob (``*``, ``?``) fits.

    Exact names come first. The list is empty where nothing has that name.
    """
    text = normalize("NFC", text.strip())
    if text in network.uses:
        return [quantity(network, network.uses[text][0])]
    for tensor in network.tensors.values():
        if tensor.sampled and (found := [one for one in of_tensor(network, tensor) if text in _names(tensor, one)]):
            return found
    if match := re.fullmatch(_ELEMENT, text):
        cell = tuple(int(index) - 1 for index in match["index"].split(","))
        for tensor in sorted(network.tensors.values(), key=lambda one: one.given_name(cell) is not None):
            if tensor.name == match["name"] and is_inside(cell, tensor.shape) and cell not in tensor.missing:
                return [quantity(network, Element(tensor.key, cell))]
    for tensor in sorted(network.tensors.values(), key=lambda one: one.is_named_throughout):
        if tensor.name == text:
            return of_tensor(network, tensor)
    if "*" in text or "?" in text:
        fits = re.compile(translate(text.replace("[", "[[]"))).match
        reached = network.reached()
        return [one for one in of_role(network, *ROLES) if fits(one.name) and _is_asked(network, one, reached)]
    return []


def numbered(network: Network, text: str) -> list[Quantity]:
    """The elements of the tensors of which each is called so with a number behind it: h means h1 and h2."""
    own = re.compile(re.escape(normalize("NFC", text.strip())) + r"\d+").fullmatch
    tensors = (one for one in network.tensors.values() if one.names and all(map(own, one.names.values())))
    return [one for tensor in tensors for one in of_tensor(network, tensor)]


def differentiated_by(network: Network, text: str) -> str:
    """The name in a gradient of the loss, ``dL/dw21`` or ``∂L/∂w21``; of anything else the text itself."""
    match = re.fullmatch(_GRADIENT, text.strip())
    return match["by"] if match and is_loss(network, match["of"]) else text


def is_loss(network: Network, name: str) -> bool:
    """Whether a name means the loss: its own, or L where nothing else is called so."""
    if network.loss is None:
        return False
    return name == network.loss_symbol.name or (name == ANY_LOSS and not find(network, ANY_LOSS))


def _names(tensor: Tensor, one: Quantity) -> tuple[str, ...]:
    """What an element of a sample is called: by its own mark (in ASCII too), or without it, for all samples."""
    (use,) = one.uses
    unmarked = tensor.given_name(use.cell) or text_of(Sym(one.symbol.name, one.symbol.index))
    return unmarked, one.name, plain(one.name, ASCII)


def _is_asked(network: Network, one: Quantity, reached: set[str]) -> bool:
    """Whether a glob means this quantity: not a line of a program, which has no gradient of its own."""
    return one.role != "unit" or network.loss is None or one.uses[0].key in reached


def known_names(network: Network, *roles: Role, most: int = 500) -> list[str]:
    """Names to suggest: of tensors that have one of their own elements, and of quantities, up to ``most``."""
    names: list[str] = []
    for tensor in network.tensors.values():
        if tensor.role not in roles:
            continue
        if tensor.sampled and tensor.names:
            names += tensor.names.values()
        elif tensor.name and tensor.shape and not tensor.names:
            names.append(tensor.name)
        else:
            names += [found.name for found, _ in zip(of_tensor(network, tensor), range(most), strict=False)]
    return list(dict.fromkeys(names))


def partly_frozen(network: Network, tensor: Tensor) -> bool:
    """Whether a parameter in a tensor keeps its value."""
    if not network.frozen:
        return False
    return any(frozen(network, quantity(network, Element(tensor.key, cell))) for cell in tensor.cells())


def frozen(network: Network, found: Quantity) -> bool:
    """Whether a parameter keeps its value: frozen by its name or its tensor's, or given data that is also an input."""
    if found.role in ("input", "target"):
        return True
    tensors = (network.tensors[use.key] for use in found.uses)
    return found.name in network.frozen or any(not one.names and one.name in network.frozen for one in tensors)

"""The scalar quantities of a network: each has one symbol on the sheet and one or more elements that it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate
from typing import NamedTuple

from ..expr import Sym
from ..expr.text import ASCII, plain
from ..expr.text import symbol as text_of
from .model import Element, Network, Role, Tensor

_ELEMENT = re.compile(r"(?P<name>[^\[\]]+)\[\s*(?P<index>\d+(?:\s*,\s*\d+)*)\s*\]")
ROLES: tuple[Role, ...] = ("input", "target", "parameter", "unit", "loss")


class Quantity(NamedTuple):
    """One number with a name: a weight (perhaps used in several places), an input, a unit, the loss."""

    symbol: Sym
    uses: tuple[Element, ...]
    role: Role

    @property
    def name(self) -> str:
        """The name as a user writes it: ``w21``, ``W1[2,1]``."""
        return text_of(self.symbol)


def quantity(network: Network, element: Element) -> Quantity:
    """The quantity that an element belongs to."""
    tensor = network.tensors[element.key]
    name = None if tensor.sampled else tensor.names.get(element.cell)
    if name is None:
        return Quantity(tensor.symbol(element.cell), (element,), tensor.role)
    uses = network.uses[name]
    roles = {network.tensors[use.key].role for use in uses}
    return Quantity(Sym(name), uses, next(role for role in ROLES if role in roles))


def of_tensor(network: Network, tensor: Tensor) -> Iterator[Quantity]:
    """The quantities of one tensor, in the order of the file; a name used twice in it comes once."""
    if tensor.sampled or not tensor.names:
        for cell in tensor.cells():
            yield Quantity(tensor.symbol(cell), (Element(tensor.key, cell),), tensor.role)
        return
    seen: set[Sym] = set()
    for cell in tensor.cells():
        found = quantity(network, Element(tensor.key, cell))
        if found.symbol not in seen:
            seen.add(found.symbol)
            yield found


def of_role(network: Network, *roles: Role) -> Iterator[Quantity]:
    """All quantities of these roles, in the order of the file; a tied one comes where it is used first."""
    tied: set[Sym] = set()
    tensors = [tensor for tensor in network.tensors.values() if tensor.role in roles]
    if roles == ("parameter",):
        tensors = [network.tensors[key] for key in network.parameters]
    for tensor in tensors:
        for found in of_tensor(network, tensor):
            if found.role not in roles or found.symbol in tied:
                continue
            if len(found.uses) > 1:
                tied.add(found.symbol)
            yield found


def find(network: Network, text: str) -> list[Quantity]:
    """What a user means by a name: one quantity, a whole tensor's, or those that a glob (``*``, ``?``) fits.

    Exact names come first. The list is empty where nothing has that name.
    """
    text = text.strip()
    if text in network.uses:
        return [quantity(network, network.uses[text][0])]
    for tensor in network.tensors.values():
        if tensor.sampled and (found := [one for one in of_tensor(network, tensor) if text in _names(tensor, one)]):
            return found
    if match := _ELEMENT.fullmatch(text):
        cell = tuple(int(index) - 1 for index in match["index"].split(","))
        for tensor in network.tensors.values():
            if tensor.name == match["name"] and cell in _Cells(tensor):
                return [quantity(network, Element(tensor.key, cell))]
    for tensor in network.tensors.values():
        if tensor.name == text:
            return list(of_tensor(network, tensor))
    if "*" in text or "?" in text:
        fits = re.compile(translate(text.replace("[", "[[]"))).match
        reached = network.reached()
        return [one for one in of_role(network, *ROLES) if fits(one.name) and _is_asked(network, one, reached)]
    return []


def _names(tensor: Tensor, one: Quantity) -> tuple[str, ...]:
    """What an element of a sample is called: by its own mark (in ASCII too), or without it, for all samples."""
    (use,) = one.uses
    unmarked = tensor.given_name(use.cell) or text_of(Sym(one.symbol.name, one.symbol.index))
    return unmarked, one.name, plain(one.name, ASCII)


def _is_asked(network: Network, one: Quantity, reached: set[str]) -> bool:
    """Whether a glob means this quantity: not a line of a program, which has no gradient of its own."""
    return one.role != "unit" or network.loss is None or one.uses[0].key in reached


class _Cells:
    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def __contains__(self, cell: tuple[int, ...]) -> bool:
        shape = self.tensor.shape
        inside = len(cell) == len(shape) and all(0 <= i < n for i, n in zip(cell, shape, strict=True))
        return inside and cell not in self.tensor.missing


def known_names(network: Network, *roles: Role, most: int = 500) -> list[str]:
    """Names to suggest: of tensors that have one of their own elements, and of quantities, up to ``most``."""
    names: list[str] = []
    for tensor in network.tensors.values():
        if tensor.role not in roles:
            continue
        if tensor.sampled and tensor.names:
            names += tensor.names.values()
            continue
        unnamed = len(tensor.names) == 0 and tensor.shape != ()
        if unnamed and tensor.name:
            names.append(tensor.name)
        else:
            names += [found.name for found, _ in zip(of_tensor(network, tensor), range(most), strict=False)]
    return list(dict.fromkeys(names))


def frozen(network: Network, found: Quantity) -> bool:
    """Whether a parameter keeps its value: frozen by its name or its tensor's, or given data that is also an input."""
    if found.role in ("input", "target"):
        return True
    tensors = {network.tensors[use.key].name for use in found.uses}
    return found.name in network.frozen or bool(tensors & network.frozen)

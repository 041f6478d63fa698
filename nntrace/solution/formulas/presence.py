"""What of a formula is there at one place: missing connections, parameters left out, the places of a class target."""

from __future__ import annotations

from ...expr import Expr, Num, Partial, Sym, symbols
from ...expr.bind import is_absent, without
from ...network.model import Element, Tensor
from ...trace.trace import Trace


class Presence:
    """Tells of one trace's tensors which of their elements are part of a formula."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.tensors = trace.network.tensors

    def may_lack(self, addend: Expr) -> bool:
        """Whether an addend may be no part of the formula at some places."""
        keys = (part.by.name if isinstance(part, Partial) else part.name for part in symbols(addend))
        tensors = (self.tensors.get(key) for key in keys)
        return any(tensor is None or tensor.structural or tensor.missing for tensor in tensors)

    def structure(self, symbol: Sym) -> Expr | None:
        """The zero or one of a class target, once its place is known."""
        tensor = self.tensors.get(symbol.name)
        if tensor is None or not tensor.structural:
            return None
        cell = tuple(i for i in symbol.index if isinstance(i, int))
        return Num(int((tensor.typed or {})[cell])) if len(cell) == len(symbol.index) else None

    def is_absent(self, term: Expr) -> bool:
        """Whether a term is nothing: one of its factors is a connection that is missing, or left out."""

        def absent(symbol: Sym) -> bool:
            tensor = self.tensors.get(symbol.name)
            if tensor is None:
                return False
            cell = tuple(index for index in symbol.index if isinstance(index, int))
            out = tensor.left_out and len(cell) == len(symbol.index) and self.trace.left_out(Element(tensor.key, cell))
            return out or symbol.index in tensor.missing

        return is_absent(term, absent)

    def kept(self, formula: Expr) -> Expr:
        """A formula over keys without the terms of tensors that are left out as a whole."""

        def absent(symbol: Sym) -> bool:
            tensor = self.tensors.get(symbol.name)
            return tensor is not None and tensor.left_out and self.is_left_out(tensor)

        return without(formula, absent)

    def is_left_out(self, tensor: Tensor) -> bool:
        """Whether no element of a tensor is part of a formula."""
        return tensor.left_out and all(self.trace.left_out(Element(tensor.key, cell)) for cell in tensor.cells())

"""Formulas without the connections that a network does not have."""

from __future__ import annotations

from collections.abc import Mapping

from ...expr import ZERO, Expr, Partial, Sym, symbols
from ...expr.bind import is_absent, without
from ...network.model import Tensor


def without_missing(formula: Expr, tensors: Mapping[str, Tensor]) -> Expr:
    """A formula over keys without the terms of single elements that are no connections."""
    read = {one.by.name if isinstance(one, Partial) else one.name for one in symbols(formula)}
    lacking = {key: tensors[key] for key in read if key in tensors and tensors[key].missing}

    def missing(symbol: Sym) -> bool:
        if symbol.name not in lacking:
            return False
        pairs = zip(symbol.index, lacking[symbol.name].shape, strict=True)
        return tuple(0 if size == 1 else place for place, size in pairs) in lacking[symbol.name].missing

    if not lacking:
        return formula
    return ZERO if is_absent(formula, missing) else without(formula, missing)

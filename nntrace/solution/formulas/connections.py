"""Formulas without the connections that a network does not have."""

from __future__ import annotations

from collections.abc import Mapping

from ...expr import ZERO, Add, Expr, Partial, Sym, symbols, total
from ...expr.bind import is_absent, transform
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

    def leaf(part: Expr) -> Expr | None:
        if not isinstance(part, Add) or not any(is_absent(term, missing) for term in part.terms):
            return None
        return total(transform(term, leaf) for term in part.terms if not is_absent(term, missing))

    if not lacking:
        return formula
    return ZERO if is_absent(formula, missing) else transform(formula, leaf)

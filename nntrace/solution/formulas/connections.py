"""Formulas without the connections that a network does not have."""

from __future__ import annotations

from collections.abc import Mapping

from ...expr import ZERO, Add, Expr, Mul, Neg, Sum, Sym, total
from ...expr.bind import transform
from ...network.model import Tensor


def without_missing(formula: Expr, tensors: Mapping[str, Tensor]) -> Expr:
    """A formula over keys without the terms of single elements that are no connections."""
    lacking = {key: tensor for key, tensor in tensors.items() if tensor.missing}

    def is_absent(node: Expr) -> bool:
        match node:
            case Sym(name, index) if name in lacking:
                pairs = zip(index, lacking[name].shape, strict=True)
                return tuple(0 if size == 1 else place for place, size in pairs) in lacking[name].missing
            case Mul(factors):
                return any(map(is_absent, factors))
            case Sum(_, body) | Neg(body):
                return is_absent(body)
            case _:
                return False

    def leaf(part: Expr) -> Expr | None:
        if not isinstance(part, Add) or not any(map(is_absent, part.terms)):
            return None
        return total(transform(term, leaf) for term in part.terms if not is_absent(term))

    if not lacking:
        return formula
    return ZERO if is_absent(formula) else transform(formula, leaf)

"""A batch: the same formulas with one more index ``n`` for the sample, which parameters lack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache, partial

from ..catalogue import Operation
from ..expr import Expr, Sym
from ..expr.bind import transform

SAMPLE = "n"


def batched(operation: Operation, shared: Iterable[str] = ()) -> Operation:
    """The operation for all samples at once: every symbol but the parameters' and the ``shared`` gets the index
    ``n``."""
    kept = frozenset((*(parameter.symbol.name for parameter in operation.parameters), *shared))
    return operation.over(partial(_indexed, kept))


@lru_cache(maxsize=1024)
def _indexed(shared: frozenset[str], node: Expr) -> Expr:
    return transform(node, lambda part: _symbol(part, shared) if isinstance(part, Sym) else None)


def _symbol(symbol: Sym, shared: frozenset[str]) -> Sym:
    return symbol if symbol.name in shared else Sym(symbol.name, (SAMPLE, *symbol.index), symbol.mark)


def sized(sizes: Mapping[str, int], samples: int | None) -> dict[str, int]:
    """How far the indices run, the sample's among them in a batch."""
    return dict(sizes) if samples is None else {**sizes, SAMPLE: samples}

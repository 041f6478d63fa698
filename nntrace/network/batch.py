"""A batch: the same formulas with one more index ``n`` for the sample, which parameters lack."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ..catalogue import Operation
from ..expr import Expr, Sym
from ..expr.bind import transform

SAMPLE = "n"
PARAMETERS = frozenset(("W", "b"))


def batched(operation: Operation) -> Operation:
    """The operation for all samples at once: every symbol but the parameters' gets the index ``n``."""
    return Operation(
        _symbol(operation.output),
        _indexed(operation.formula),
        {name: tuple(form.map(_indexed) for form in forms) for name, forms in operation.declared.items()},
        None if operation.stable is None else _indexed(operation.stable),
        {name: _symbol(by) for name, by in operation.by.items()},
        tuple((_symbol(symbol), _indexed(formula)) for symbol, formula in operation.program),
        tuple(one.map(_indexed) for one in operation.equal),
    )


@lru_cache(maxsize=1024)
def _indexed(node: Expr) -> Expr:
    return transform(node, lambda part: _symbol(part) if isinstance(part, Sym) else None)


def _symbol(symbol: Sym) -> Sym:
    return symbol if symbol.name in PARAMETERS else Sym(symbol.name, (SAMPLE, *symbol.index), symbol.mark)


def sized(sizes: Mapping[str, int], samples: int | None) -> dict[str, int]:
    """How far the indices run, the sample's among them in a batch."""
    return dict(sizes) if samples is None else {**sizes, SAMPLE: samples}

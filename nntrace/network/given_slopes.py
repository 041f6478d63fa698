"""The local derivative of an operation some of whose results have given numbers.

Where it can be said in the result alone, as a (1 - a), it is that formula at the given number; else it is the
derivative at the argument, and has nothing of the given number in it.
"""

from __future__ import annotations

from itertools import pairwise

from ..catalogue import Operation
from ..expr import Condition, Expr, Num, Sym, approximate, at, exact, rename, symbols
from ..expr.bind import transform
from ..expr.nodes import Cases, Indicator

PLACES, APART = 64, 1 / 8
"""How many places on each side of a boundary a formula is tried at, and how far they are apart."""


def at_given(operation: Operation, adjoint: Expr) -> Expr:
    """A formula of what comes back, in the result alone or in the argument alone."""
    in_result = transform(adjoint, lambda node: _decided_by_result(operation, node))
    if _read(in_result) <= {operation.output.name}:
        return in_result
    own = list(map(str, operation.output.index))

    def written_out(symbol: Expr) -> Expr:
        if not isinstance(symbol, Sym) or symbol.name != operation.output.name:
            return symbol
        return at(operation.formula, dict(zip(own, symbol.index, strict=True)))

    return rename(adjoint, written_out)


def _read(formula: Expr) -> set[str]:
    """The names of what a formula reads, besides gradients."""
    return {one.name for one in symbols(formula) if isinstance(one, Sym)}


def _decided_by_result(operation: Operation, node: Expr) -> Expr | None:
    """A case that the argument decides as one that the result decides just so; else nothing."""
    if not isinstance(node, Cases | Indicator) or (found := _by_result(operation, node.condition)) is None:
        return None
    if isinstance(node, Cases) and node.then == node.otherwise:
        return None
    if isinstance(node, Indicator):
        return Indicator(found)
    sides = (transform(side, lambda one: _decided_by_result(operation, one)) for side in (node.then, node.otherwise))
    return Cases(found, *sides)


def _by_result(operation: Operation, condition: Condition) -> Condition | None:
    """a > f(c) for z > c, where f nowhere falls and rises beside c on that side."""
    argument, bound = condition.left, condition.right
    if not operation.is_elementwise or not isinstance(argument, Sym) or argument == operation.output or _read(bound):
        return None
    index = dict.fromkeys(map(str, operation.output.index), 0)
    start = approximate(bound, lambda *_: 0.0)
    values = [
        approximate(operation.formula, lambda *_, place=place: start + place * APART, index)
        for place in range(-PLACES, PLACES + 1)
    ]
    before, here, after = values[PLACES - 1 : PLACES + 2]
    rises = here < after if condition.relation in (">", "≤") else before < here
    limit = exact(bound, lambda *_: None)
    result = None if limit is None else exact(operation.formula, lambda *_: limit, index)
    if result is None or not rises or any(one > other for one, other in pairwise(values)):
        return None
    return Condition(operation.output, condition.relation, Num(result))

"""Any node as a tree: the expressions inside it, and the same node over others."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from .matrix_nodes import Hadamard, HadamardDiv, HadamardPow, MatMul, Transpose
from .nodes import (
    Add,
    Call,
    Cases,
    Condition,
    Div,
    Expr,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Rest,
    Sum,
    Sym,
)  # fmt: skip

_PARTS: dict[type[Expr], Callable[[Any], tuple[Expr, ...]]] = {
    Add: attrgetter("terms"),
    **dict.fromkeys((Mul, MatMul, Hadamard), attrgetter("factors")),
    Call: attrgetter("args"),
    **dict.fromkeys((Div, HadamardDiv), attrgetter("top", "bottom")),
    **dict.fromkeys((Pow, HadamardPow), attrgetter("base", "exponent")),
    Partial: attrgetter("of", "by"),
    **dict.fromkeys((Neg, Sum, Max, Transpose), lambda node: (node.body,)),
    Indicator: attrgetter("condition.left", "condition.right"),
    Cases: attrgetter("condition.left", "condition.right", "then", "otherwise"),
    Rest: lambda node: () if node.total is None else (node.total,),
}
"""How each kind of node gives its expressions: a table is faster than cases, and a sheet asks a million times."""


def children(node: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside a node, in the order they are written."""
    parts = _PARTS.get(type(node))
    return () if parts is None else parts(node)


def rebuild(node: Expr, parts: tuple[Expr, ...]) -> Expr:
    """The same node over other children: the inverse of ``children``."""
    match node:
        case Add():
            return Add(parts)
        case Mul() | MatMul() | Hadamard():
            return type(node)(parts)
        case Call(function, _):
            return Call(function, parts)
        case Partial():
            of, by = parts
            assert isinstance(of, Sym)
            assert isinstance(by, Sym)
            return Partial(of, by)
        case Div() | Pow() | HadamardDiv() | HadamardPow() | Neg() | Transpose():
            return type(node)(*parts)
        case Sum(over, _) | Max(over, _):
            return type(node)(over, *parts)
        case Indicator(condition):
            return Indicator(Condition(parts[0], condition.relation, parts[1]))
        case Cases(condition):
            return Cases(Condition(parts[0], condition.relation, parts[1]), parts[2], parts[3])
        case Rest(count, Num(), noun):
            (inner,) = parts
            assert isinstance(inner, Num)
            return Rest(count, inner, noun)
        case _:
            return node

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
    Partial,
    Pow,
    Rest,
    Sum,
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

_REBUILT: dict[type[Expr], Callable[[Any, tuple[Any, ...]], Expr]] = {
    **dict.fromkeys((Add, Mul, MatMul, Hadamard), lambda node, parts: type(node)(parts)),
    **dict.fromkeys(
        (Neg, Div, Pow, Partial, Transpose, HadamardDiv, HadamardPow), lambda node, parts: type(node)(*parts)
    ),
    **dict.fromkeys((Sum, Max), lambda node, parts: type(node)(node.over, *parts)),
    Call: lambda node, parts: Call(node.function, parts, node.options),
    Indicator: lambda node, parts: Indicator(_related(node.condition, *parts)),
    Cases: lambda node, parts: Cases(_related(node.condition, *parts[:2]), *parts[2:]),
    Rest: lambda node, parts: Rest(node.count, parts[0], node.noun, node.of) if parts else node,
}
"""How each kind of node is made of other expressions."""


def _related(condition: Condition, left: Expr, right: Expr) -> Condition:
    return Condition(left, condition.relation, right)


def children(node: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside a node, in the order they are written."""
    fields = _PARTS.get(type(node))
    return () if fields is None else fields(node)


def rebuild(node: Expr, operands: tuple[Expr, ...]) -> Expr:
    """The same node over other children: the inverse of ``children``."""
    made = _REBUILT.get(type(node))
    return node if made is None else made(node, operands)


def over_parts(node: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The same node over its children as changed; one without children as it is."""
    operands = children(node)
    return rebuild(node, tuple(map(change, operands))) if operands else node

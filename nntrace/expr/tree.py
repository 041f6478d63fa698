"""Any node as a tree: the expressions inside it, and the same node over others."""

from __future__ import annotations

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


def children(node: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside a node, in the order they are written."""
    match node:
        case Add(terms):
            return terms
        case Mul(factors) | MatMul(factors) | Hadamard(factors):
            return factors
        case Call(_, args):
            return args
        case Div(first, second) | Pow(first, second) | Partial(first, second):
            return (first, second)
        case HadamardDiv(first, second) | HadamardPow(first, second):
            return (first, second)
        case Neg(body) | Sum(_, body) | Max(_, body) | Transpose(body):
            return (body,)
        case Indicator(condition):
            return (condition.left, condition.right)
        case Cases(condition, then, otherwise):
            return (condition.left, condition.right, then, otherwise)
        case Rest(_, total, _):
            return () if total is None else (total,)
        case _:
            return ()


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

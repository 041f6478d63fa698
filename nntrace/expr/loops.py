"""One formula in index notation as plain Python over nested lists of floats: for small networks, without numpy.

Σ_i W[j,i] x[i] + b[j] for every j is ``[total([W[j][i] * x[i] for i in range(2)]) + b[j] for j in range(3)]``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import reduce
from math import isfinite
from operator import add
from typing import Any

from .functions import FUNCTIONS, LARGEST
from .index import Affine, Index
from .nodes import (
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Pow,
    Size,
    Sum,
    Sym,
)  # fmt: skip
from .scalar import FLOATS

_SIGNS = {"≥": ">=", "≤": "<=", "=": "==", "≠": "!="}


class LoopWriter:
    """Writes expressions as Python; ``name`` has the text for a symbol, ``size`` that for how far a letter runs."""

    eager = False
    """A part of a formula that others share, or that a loop would work out again, becomes a line of its own."""
    single = ""
    """What makes a result of a number without axes."""
    quiet = nullcontext
    """While this lasts, an overflow is an infinity, without a warning."""

    def __init__(self, name: Callable[[str], str], size: Callable[[str], str]) -> None:
        self._name = name
        self._size = size
        self.functions: dict[str, Callable[..., Any]] = {
            "total": lambda addends: reduce(add, addends, 0.0),  # sum() rounds otherwise from Python 3.12 on
            "divide": FLOATS.divide,
            "power": FLOATS.power,
        }

    def text(self, node: Expr, axes: tuple[str, ...]) -> str:
        """The Python expression of a formula, as lists inside lists in the order of the axes."""
        found = self._text(node)
        for axis in reversed(axes):
            found = f"[{found} {self._loop(axis)}]"
        return found

    def _loop(self, letter: str) -> str:
        return f"for {_letter(letter)} in range({self._size(letter)})"

    def _text(self, node: Expr) -> str:
        match node:
            case Num(value):
                return repr(float(value)) if isfinite(value) else f"float('{float(value)}')"
            case Sym(name, index, mark):
                return self._name(name + mark) + "".join(f"[{_index(one)}]" for one in index)
            case Size(over):
                return f"float({self._size(over)})"
            case Add(terms):
                return f"({' + '.join(map(self._text, terms))})"
            case Neg(body):
                return f"(-{self._text(body)})"
            case Mul(factors):
                return f"({' * '.join(map(self._text, factors))})"
            case Div(top, bottom):
                return f"divide({self._text(top)}, {self._text(bottom)})"
            case Pow(base, exponent):
                return f"power({self._text(base)}, {self._text(exponent)})"
            case Call(function, args):
                self.functions[function] = FUNCTIONS[function].number
                return f"{function}({', '.join(map(self._text, args))})"
            case Sum(over, body):
                return f"total([{self._text(body)} {self._loop(over)}])"
            case Max(over, body):
                self.functions[LARGEST] = FUNCTIONS[LARGEST].number
                return f"{LARGEST}(*[{self._text(body)} {self._loop(over)}])"
            case Delta(i, j):
                return f"float({_index(i)} == {_index(j)})"
            case Indicator(condition):
                return f"float({self._condition(condition)})"
            case Cases(condition, then, otherwise):
                return f"({self._text(then)} if {self._condition(condition)} else {self._text(otherwise)})"
            case _:
                raise TypeError(f"no loop for {node!r}")

    def _condition(self, condition: Condition) -> str:
        sign = _SIGNS.get(condition.relation, condition.relation)
        return f"{self._text(condition.left)} {sign} {self._text(condition.right)}"


def _letter(letter: str) -> str:
    return "_" + letter.replace("′", "_")


def _index(index: Index) -> str:
    match index:
        case str():
            return _letter(index)
        case Affine(terms, offset):
            return " + ".join([*(f"{factor} * {_letter(letter)}" for factor, letter in terms), str(offset)])
        case _:
            return str(index)

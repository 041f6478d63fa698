"""Random expressions over every node kind, with numbers for their symbols.

Four indices: i takes 2 values, j and k take 3, n takes 4. Each place of a tensor takes an index of its own size, so
that an axis in the wrong place does not go unseen; j and k may stand for each other, so that a diagonal (``V[j,j]``)
is drawn too.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import product

from hypothesis import strategies as st

from nntrace.expr import (
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Indicator,
    MatrixExpr,
    Max,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Rest,
    Size,
    Sum,
    Sym,
    children,
    partial_key,
    tanh,
)  # fmt: skip
from nntrace.expr.functions import FUNCTIONS

SIZES = {"i": 2, "j": 3, "k": 3, "n": 4}
TENSORS = {"x": "i", "y": "j", "V": "jk", "W": "ji", "X": "ni", "δ_h1": "", "ŷ": "k", "o1": "", "b": ""}
ASCII_NAMES = {"δ_h1": "delta_h1", "ŷ": "yhat"}
LOSS = "MSE"
MARK = "⁺"


def arity(function: str) -> int:
    """How many arguments a function of the table takes; 2 where it takes any number."""
    found = FUNCTIONS[function].arity
    return 2 if found is None else found


def kinds(parent: type[Expr] = Expr) -> list[type[Expr]]:
    """Every kind of scalar node there is, found by looking."""
    return [
        kind
        for child in parent.__subclasses__()
        if child.__module__.startswith("nntrace") and child is not MatrixExpr
        for kind in (child, *kinds(child))
    ]


def walk(node: Expr) -> Iterator[Expr]:
    yield node
    for part in children(node):
        yield from walk(part)


class Numbers:
    """A number for every symbol that the strategy can draw, moved by one cell for a difference quotient."""

    def __init__(self, seed: int = 0, low: float = -2.0, high: float = 2.0) -> None:
        draw = random.Random(seed)
        self.cells: dict[tuple[str, tuple[int, ...]], float] = {(LOSS, ()): 1.0}
        for name, axes in TENSORS.items():
            for key in (name, name + MARK, partial_key(LOSS, name)):
                for cell in product(*(range(SIZES[axis]) for axis in axes)):
                    self.cells[key, cell] = round(draw.uniform(low, high), 3)

    def __call__(self, name: str, cell: tuple[int, ...]) -> float:
        return self.cells[name, cell]

    def moved(self, name: str, cell: tuple[int, ...], step: float) -> Numbers:
        other = Numbers.__new__(Numbers)
        other.cells = {**self.cells, (name, cell): self.cells[name, cell] + step}
        return other

    def fraction(self, name: str, cell: tuple[int, ...]) -> Fraction:
        return Fraction(str(self.cells[name, cell]))

    def printed(self, ascii: bool = False) -> dict[str, float]:
        """By the symbols' texts, as the reader wants them."""
        result = {}
        for (name, cell), value in self.cells.items():
            if ascii:
                for signs, letters in ASCII_NAMES.items():
                    name = name.replace(signs, letters)
                name = name.replace("∂", "d").replace(MARK, "+")
            bare, mark = (name[:-1], name[-1]) if name[-1] in (MARK, "+") else (name, "")
            result[bare + (f"[{','.join(str(i + 1) for i in cell)}]" if cell else "") + mark] = value
        return result


def constants() -> st.SearchStrategy[Num]:
    """Counts, fractions, and quantities: plain, negative, tiny and huge ones in scientific writing."""
    reals = st.sampled_from(["2.0", "-1.5", "0.0", "0.593270", "-0.000439", "12", "-3"])
    scientific = st.sampled_from(["4.92000E-5", "-1.5E-7", "3.00E+12", "-2E+3"])
    return st.one_of(
        st.integers(-3, 3).map(Num),
        st.fractions(-2, 2, max_denominator=7).map(Num),
        reals.map(Decimal).map(Num),
        scientific.map(Decimal).map(Num),
    )


@st.composite
def elements(draw: st.DrawFn, scope: tuple[str, ...]) -> Sym:
    """A scalar, or an element of a tensor, each index free (one of the scope) or bound."""
    name = draw(st.sampled_from(sorted(TENSORS)))
    index = tuple(
        draw(st.sampled_from([*(free for free in scope if SIZES[free] == SIZES[axis]), *range(SIZES[axis])]))
        for axis in TENSORS[name]
    )
    return Sym(name, index, draw(st.sampled_from(["", "", MARK])))


@st.composite
def conditions(draw: st.DrawFn, scope: tuple[str, ...], depth: int, without: tuple[type[Expr], ...]) -> Condition:
    side = expressions(scope, depth, without)
    return Condition(draw(side), draw(st.sampled_from(">≥<≤=≠")), draw(side))


@st.composite
def expressions(
    draw: st.DrawFn, scope: tuple[str, ...] = (), depth: int = 3, without: tuple[type[Expr], ...] = ()
) -> Expr:
    """An expression whose free indices are among ``scope``; the kinds ``without`` left out."""

    def inner(*more: str) -> Expr:
        return draw(expressions((*scope, *more), depth - 1, without))

    def several() -> tuple[Expr, ...]:
        return tuple(inner() for _ in range(draw(st.integers(2, 3))))

    leaves: list[type[Expr]] = [Num, Sym, Sym, Partial, Size, Delta, Rest]
    nodes: list[type[Expr]] = [Add, Neg, Mul, Div, Pow, Call, Sum, Max, Indicator, Cases]
    kind = draw(
        st.sampled_from([kind for kind in (leaves if depth == 0 else leaves + 2 * nodes) if kind not in without])
    )
    if kind is Num:
        return draw(constants())
    if kind is Sym:
        return draw(elements(scope))
    if kind is Partial:
        symbol = draw(elements(scope))
        return Partial(Sym(LOSS), Sym(symbol.name, symbol.index))
    if kind is Size:
        return Size(draw(st.sampled_from(sorted(SIZES))))
    if kind is Delta:
        index = st.sampled_from([*scope, 0, 1])
        return Delta(draw(index), draw(index))
    if kind is Rest:
        total = constants().filter(lambda number: isinstance(number.value, Decimal))
        return Rest(draw(st.integers(1, 900)), draw(total), draw(st.sampled_from(["term", "path"])))
    if kind is Neg:
        return Neg(inner())
    if kind is Div:
        return Div(inner(), inner())
    if kind is Pow:
        exponent = draw(st.one_of(st.integers(-3, 3).map(Num), constants(), st.none()))
        return Pow(inner(), inner() if exponent is None else exponent)
    if kind is Call:
        function = draw(st.sampled_from(sorted(FUNCTIONS)))
        count = draw(st.integers(1, 3)) if FUNCTIONS[function].arity is None else arity(function)
        if function in ("sin", "cos"):  # of a large angle, two ways to add up would leave no digit in common
            return Call(function, (draw(st.one_of(elements(scope), st.just(tanh(inner())))),))
        return Call(function, tuple(inner() for _ in range(count)))
    if kind in (Sum, Max):
        over = draw(st.sampled_from(sorted(SIZES)))
        return kind(over, inner(over))
    if kind is Indicator:
        return Indicator(draw(conditions(scope, depth - 1, without)))
    if kind is Cases:
        return Cases(draw(conditions(scope, depth - 1, without)), inner(), inner())
    return kind(several())


def close(a: float, b: float, relative: float = 1e-9, absolute: float = 1e-9) -> bool:
    """Equal within rounding; a NaN and an infinity equal themselves."""
    return a == b or (a != a and b != b) or math.isclose(a, b, rel_tol=relative, abs_tol=absolute)

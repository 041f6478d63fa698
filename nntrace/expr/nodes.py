"""The language of formulas: scalar expressions over indexed symbols.

Build them with Python's operators; nothing is simplified on the way:

>>> W, x, b = Tensor("W"), Tensor("x"), Tensor("b")
>>> z = Sum("i", x["i"] * W["j", "i"]) + b["j"]
>>> z.terms[0].over
'i'

A symbol's index is a name (free, ``"j"``), a number (bound, counted from 0) or affine in such letters (``p + r``).
What an expression *means* (its numbers, text, derivative) is for the interpreters in the files beside this one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from .index import Index
from .node import Frozen

Rational = int | Fraction | Decimal


class Expr(Frozen):
    """An expression; the operators build larger ones and simplify nothing."""

    __slots__ = ()

    def __add__(self, other: Expr | int) -> Expr:
        return Add((*(self.terms if isinstance(self, Add) else (self,)), expr(other)))

    def __radd__(self, other: Expr | int) -> Expr:
        return expr(other) + self

    def __sub__(self, other: Expr | int) -> Expr:
        return self + Neg(expr(other))

    def __rsub__(self, other: Expr | int) -> Expr:
        return expr(other) - self

    def __mul__(self, other: Expr | int) -> Expr:
        return Mul((*(self.factors if isinstance(self, Mul) else (self,)), expr(other)))

    def __rmul__(self, other: Expr | int) -> Expr:
        return expr(other) * self

    def __truediv__(self, other: Expr | int) -> Expr:
        return Div(self, expr(other))

    def __rtruediv__(self, other: Expr | int) -> Expr:
        return Div(expr(other), self)

    def __pow__(self, exponent: Expr | int) -> Expr:
        return Pow(self, expr(exponent))

    def __neg__(self) -> Expr:
        return Neg(self)


class Num(Expr):
    """A number. An ``int`` or ``Fraction`` is a constant of the formula (``2``, ``1/2``) or a count; a ``Decimal``
    is a quantity's value with exactly the digits to be shown (``2.0``, ``0.593270``)."""

    __slots__ = ("value",)
    value: Rational

    def __init__(self, value: Rational) -> None:
        object.__setattr__(self, "value", value)  # there are more of these than of all others together


class Sym(Expr):
    """A symbol: a scalar, or one element of a tensor. ``mark`` is written after it (``⁺``: after the update)."""

    __slots__ = ("name", "index", "mark")
    name: str
    index: tuple[Index, ...]
    mark: str

    def __init__(self, name: str, index: tuple[Index, ...] = (), mark: str = "") -> None:
        fill = object.__setattr__  # one for each quantity of a network: no loop
        fill(self, "name", name)
        fill(self, "index", index)
        fill(self, "mark", mark)


class Partial(Expr):
    """∂of/∂by, as one symbol."""

    __slots__ = ("of", "by")
    of: Sym
    by: Sym


class Size(Expr):
    """How many values an index takes: the n of a mean."""

    __slots__ = ("over",)
    over: str


class Add(Expr):
    """A sum of terms; a difference is a sum with a ``Neg``."""

    __slots__ = ("terms",)
    terms: tuple[Expr, ...]


class Neg(Expr):
    """-body."""

    __slots__ = ("body",)
    body: Expr


class Mul(Expr):
    """A product of factors, in the order to be written."""

    __slots__ = ("factors",)
    factors: tuple[Expr, ...]


class Div(Expr):
    """top / bottom."""

    __slots__ = ("top", "bottom")
    top: Expr
    bottom: Expr


class Pow(Expr):
    """base to the exponent."""

    __slots__ = ("base", "exponent")
    base: Expr
    exponent: Expr


class Call(Expr):
    """A function of the table in ``functions``, applied; or an activation by its name, with the ``options`` that tell
    it from another one of that name."""

    __slots__ = ("function", "args", "options")
    function: str
    args: tuple[Expr, ...]
    options: tuple[Expr, ...]

    def __init__(self, function: str, args: tuple[Expr, ...], options: tuple[Expr, ...] = ()) -> None:
        super().__init__(function, args, options)

    def listed(self) -> Iterator[tuple[Expr, Literal[",", ";", ""]]]:
        """What stands in its brackets, each with the sign behind it: ``max(0, z)``, ``elu(z; 0.5)``."""
        for place, part in enumerate(inside := (*self.args, *self.options), start=1):
            yield part, "" if place == len(inside) else ";" if place == len(self.args) else ","


class Sum(Expr):
    """Σ over one index."""

    __slots__ = ("over", "body")
    over: str
    body: Expr


class Max(Expr):
    """The largest value over one index."""

    __slots__ = ("over", "body")
    over: str
    body: Expr


class Delta(Expr):
    """Kronecker's delta: 1 where the two indices are equal, else 0."""

    __slots__ = ("i", "j")
    i: Index
    j: Index


class Condition(Frozen):
    """left relation right, with a relation of ``> ≥ < ≤ = ≠``."""

    __slots__ = ("left", "relation", "right")
    left: Expr
    relation: str
    right: Expr


class Indicator(Expr):
    """1 where the condition holds, else 0."""

    __slots__ = ("condition",)
    condition: Condition


class Cases(Expr):
    """``then`` where the condition holds, else ``otherwise``."""

    __slots__ = ("condition", "then", "otherwise")
    condition: Condition
    then: Expr
    otherwise: Expr


class Rest(Expr):
    """The addends a long sum leaves out: how many, and what they come to (``None`` in a formula without numbers).

    ``noun`` says what they are: a ``term``, a ``path``; ``of`` tells those of one sum from those of another.
    """

    __slots__ = ("count", "total", "noun", "of")
    count: int
    total: Num | None
    noun: str
    of: Hashable

    def __init__(self, count: int, total: Num | None, noun: str = "term", of: Hashable = None) -> None:
        super().__init__(count, total, noun, of)


ZERO, ONE = Num(0), Num(1)
HALF = Div(ONE, Num(2))


def partial_key(of: str, by: str) -> str:
    """The name under which the numbers of ∂of/∂by are looked up."""
    return f"∂{of}/∂{by}"


def expr(value: Expr | int) -> Expr:
    """An expression as it is, an integer as a constant."""
    return value if isinstance(value, Expr) else Num(value)


class Indexed:
    """A name to be indexed: ``Tensor("W")["j", "i"]`` is one element; no index, a scalar."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getitem__(self, index: Index | tuple[Index, ...]) -> Sym:
        return Sym(self.name, index if isinstance(index, tuple) else (index,))

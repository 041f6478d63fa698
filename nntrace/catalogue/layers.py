"""Layers: ``x`` is the argument (``x1``, ``x2``, … where there are several), ``W`` and ``b`` the parameters."""

from __future__ import annotations

from functools import reduce
from operator import add as plus
from operator import mul as times

from ..expr import Expr, Indexed, Sum
from .operation import Operation, Parameter
from .registry import layer

x, z, W, b = Indexed("x"), Indexed("z"), Indexed("W"), Indexed("b")


@layer()
def dense(*, vectors: str = "columns") -> Operation:
    """z = W x + b, fully connected: ``x[i], W[j,i], b[j] → z[j]``.

    With ``vectors: rows``, z = x W + b and ``W[i,j]``. One bias may be shared by all units, or there is none.
    Source: Goodfellow, Bengio, Courville, Deep Learning, section 6.1.
    """
    weight = W["j", "i"] if vectors == "columns" else W["i", "j"]
    parameters = (
        Parameter(weight, "weights"),
        Parameter(b["j"], "biases", optional=True, shared="bias", is_bias=True),
    )
    return Operation(z["j"], Sum("i", x["i"] * weight) + b["j"], parameters=parameters)


@layer()
def add(*, arguments: int = 2) -> Operation:
    """s = x1 + x2 + …, element by element: ``x1[j], x2[j] → s[j]``; a residual connection.

    Source: He, Zhang, Ren, Sun, Deep Residual Learning for Image Recognition, 2016.
    """
    return Operation(Indexed("s")["j"], reduce(plus, _each(arguments)))


@layer()
def multiply(*, arguments: int = 2) -> Operation:
    """m = x1 x2 …, element by element: ``x1[j], x2[j] → m[j]``; a gate."""
    return Operation(Indexed("m")["j"], reduce(times, _each(arguments)))


@layer()
def concat() -> Operation:
    """Everything that it reads, one after the other: ``x[j] → c[j]``."""
    return Operation(Indexed("c")["j"], x["j"])


def _each(arguments: int) -> list[Expr]:
    return [Indexed(f"x{number + 1}")["j"] for number in range(arguments)]

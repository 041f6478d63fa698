"""Layers with parameters. ``x`` is the argument, ``W`` and ``b`` the parameters, ``z`` the result."""

from __future__ import annotations

from ..expr import Indexed, Sum
from .registry import Operation, layer

x, z, W, b = Indexed("x"), Indexed("z"), Indexed("W"), Indexed("b")


@layer()
def dense(*, vectors: str = "columns", bias: str = "each") -> Operation:
    """z = W x + b, fully connected: ``x[i], W[j,i], b[j] → z[j]``.

    With ``vectors: rows``, z = x W + b and ``W[i,j]``. ``bias`` is ``each`` (one for a unit), ``shared`` (one
    for all, without an index) or ``none``. Source: Goodfellow, Bengio, Courville, Deep Learning, section 6.1.
    """
    weight = W["j", "i"] if vectors == "columns" else W["i", "j"]
    weighted = Sum("i", x["i"] * weight)
    match bias:
        case "each":
            return Operation(z["j"], weighted + b["j"])
        case "shared":
            return Operation(z["j"], weighted + b[()])
        case _:
            return Operation(z["j"], weighted)

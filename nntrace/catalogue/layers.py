"""Layers with parameters. ``x`` is the argument, ``W`` and ``b`` the parameters, ``z`` the result."""

from __future__ import annotations

from ..expr import Indexed, Sum
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

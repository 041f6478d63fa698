"""Optimizers: the new value of a parameter ``w`` from its gradient ``g`` and the learning rate ``lr``."""

from __future__ import annotations

from ..expr import Sym
from .registry import Operation, optimizer

w, g, lr = Sym("w"), Sym("g"), Sym("lr")


@optimizer("sgd")
def gradient_descent() -> Operation:
    """w⁺ = w - lr g: plain gradient descent. Source: Cauchy 1847; Goodfellow et al., section 4.3."""
    return Operation(Sym("w", (), "⁺"), w - lr * g)

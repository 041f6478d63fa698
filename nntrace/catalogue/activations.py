"""Activations, elementwise: ``z[j] → a[j]``. A declared derivative is the textbook's, in the result's own symbol."""

from __future__ import annotations

from ..expr import Expr, Tensor, exp, maximum
from ..expr import tanh as _tanh
from .registry import Operation, activation

z, a = Tensor("z")["j"], Tensor("a")["j"]


def elementwise(formula: Expr, *derivative: Expr) -> Operation:
    """a = formula in z; ``derivative`` lists the textbook's forms of ∂a/∂z, the last of them the one to use."""
    return Operation(a, formula, {"z": derivative} if derivative else {})


@activation()
def identity() -> Operation:
    """z itself: a linear layer."""
    return elementwise(z)


@activation()
def relu() -> Operation:
    """max(0, z). At z = 0 the derivative is the convention ``relu_at_zero``.

    Source: Glorot, Bordes, Bengio, Deep Sparse Rectifier Neural Networks, 2011.
    """
    return elementwise(maximum(0, z))


@activation("logistic")
def sigmoid() -> Operation:
    """σ(z) = 1 / (1 + e^-z), in (0, 1); its derivative is a (1 - a)."""
    return elementwise(1 / (1 + exp(-z)), a * (1 - a))


@activation()
def tanh() -> Operation:
    """tanh(z), in (-1, 1); its derivative is 1 - a²."""
    return elementwise(_tanh(z), 1 - a**2)

"""Losses: what one output ``y[k]`` adds against its target ``t[k]``, and whether these are summed or averaged."""

from __future__ import annotations

from ..expr import HALF, Tensor
from .registry import Loss, loss

y, t = Tensor("y")["k"], Tensor("t")["k"]


@loss()
def half_squared_error() -> Loss:
    """Σ 1/2 (t - y)²: the half makes the derivative y - t."""
    return Loss(HALF * (t - y) ** 2, "sum")


@loss()
def squared_error() -> Loss:
    """Σ (t - y)², without a factor."""
    return Loss((t - y) ** 2, "sum")


@loss("mse")
def mean_squared_error() -> Loss:
    """1/n Σ (t - y)², the mean over the n outputs."""
    return Loss((t - y) ** 2, "mean")

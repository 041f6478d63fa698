"""Penalties: what one weight ``w`` adds to the loss, times the factor that a file gives."""

from __future__ import annotations

from ..expr import HALF, Sym, absolute
from .operation import Operation
from .registry import penalty

w, r = Sym("w"), Sym("r")


@penalty()
def l2() -> Operation:
    """Σ w²: the derivative is 2 w. Source: Goodfellow, Bengio, Courville, Deep Learning, section 7.1."""
    return Operation(r, w**2)


@penalty()
def half_l2() -> Operation:
    """1/2 Σ w²: the half makes the derivative w."""
    return Operation(r, HALF * w**2)


@penalty()
def l1() -> Operation:
    """Σ |w|; at w = 0 the derivative is taken as 0. Source: Tibshirani, Regression Shrinkage via the Lasso, 1996."""
    return Operation(r, absolute(w))

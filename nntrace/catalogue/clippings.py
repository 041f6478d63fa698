"""Clippings: what stands in for a gradient ``g`` that is too large, before the optimizer uses it."""

from __future__ import annotations

from ..expr import Neg, Sum, Sym, maximum, minimum, sqrt
from .registry import Positive, clip
from .update_rule import EVERY, Clipping, every_g, g

tau, S, N, c = Sym("τ"), Sym("S"), Sym("N"), Sym("c")


@clip()
def norm(limit: Positive) -> Clipping:
    """ĝ = g τ / max(N, τ), where N is the norm of all gradients together: no longer than τ, in the same direction.

    PyTorch's ``clip_grad_norm_`` takes g min(1, τ / (N + 10⁻⁶)), which comes out shorter by that much.
    Source: Pascanu, Mikolov, Bengio, On the Difficulty of Training Recurrent Neural Networks, 2013.
    """
    return Clipping(
        c * g,
        {tau: limit},
        shared=(
            (S, Sum(EVERY, every_g**2)),
            (N, sqrt(S)),
            (c, tau / maximum(N, tau)),
        ),
    )


@clip()
def value(limit: Positive) -> Clipping:
    """ĝ = max(-τ, min(g, τ)), each gradient by itself. Source: Mikolov, Statistical Language Models, 2012."""
    return Clipping(maximum(Neg(tau), minimum(g, tau)), {tau: limit})

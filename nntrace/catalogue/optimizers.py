"""Optimizers: how a parameter ``w`` moves by its gradient ``g``, its learning rate ``lr`` and what is remembered."""

from __future__ import annotations

from ..expr import Sym, sqrt
from .registry import Real, Share, optimizer
from .update_rule import UpdateRule, g, lr, new, t, w

DEFAULT = "gradient_descent"
"""The optimizer of a file that names none."""

v, m = Sym("v"), Sym("m")
m_hat, v_hat = Sym("m̂"), Sym("v̂")
beta_, beta1_, beta2_, eps_ = Sym("β"), Sym("β1"), Sym("β2"), Sym("ε")


@optimizer("sgd")
def gradient_descent() -> UpdateRule:
    """w⁺ = w - lr g: plain gradient descent. Source: Cauchy 1847; Goodfellow et al., section 4.3."""
    return UpdateRule(lines=((new(w), w - lr * g),))


@optimizer()
def momentum(beta: Share = 0.9) -> UpdateRule:
    """v⁺ = β v + g, w⁺ = w - lr v⁺: the velocity adds the gradients up. Source: Polyak 1964."""
    return UpdateRule(
        lines=(
            (new(v), beta_ * v + g),
            (new(w), w - lr * new(v)),
        ),
        constants={beta_: beta},
    )


@optimizer()
def adam(beta1: Share = 0.9, beta2: Share = 0.999, eps: Real = 1e-8) -> UpdateRule:
    """Means of the gradient and of its square, both corrected for their start at 0.

    Source: Kingma, Ba, Adam: A Method for Stochastic Optimization, 2015.
    """
    return UpdateRule(
        lines=(
            (new(m), beta1_ * m + (1 - beta1_) * g),
            (new(v), beta2_ * v + (1 - beta2_) * g**2),
            (m_hat, new(m) / (1 - beta1_**t)),
            (v_hat, new(v) / (1 - beta2_**t)),
            (new(w), w - lr * m_hat / (sqrt(v_hat) + eps_)),
        ),
        constants={beta1_: beta1, beta2_: beta2, eps_: eps},
    )

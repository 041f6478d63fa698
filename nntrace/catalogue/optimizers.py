"""Optimizers: how a parameter ``w`` moves by its gradient ``g``, its learning rate ``lr`` and what is remembered."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from ..expr import HALF, ONE, Condition, Expr, Indicator, Num, Sym, absolute, maximum, sqrt
from .registry import Epsilon, NotNegative, Real, Share, Under, optimizer
from .update_rule import RuleLine, UpdateRule, g, lr, new, t, w

DEFAULT = "gradient_descent"
"""The optimizer of a file that names none."""

v, m, s, u, a, b, p = (Sym(name) for name in "vmsuabp")
m_hat, v_hat = Sym("m̂"), Sym("v̂")
d, decayed_g = Sym("d"), Sym("h")
beta_, beta1_, beta2_, rho_ = Sym("β"), Sym("β1"), Sym("β2"), Sym("ρ")
eps_, lambda_, tau_, mu_, eta_, psi_ = Sym("ε"), Sym("λ"), Sym("τ"), Sym("μ"), Sym("η"), Sym("ψ")


class _Decay:
    """The gradient that the lines use: ``h = g + λ w`` where there is weight decay, else ``g`` itself."""

    def __init__(self, weight_decay: Real) -> None:
        self.lines: tuple[RuleLine, ...] = ((decayed_g, g + lambda_ * w),) if weight_decay else ()
        self.constants = {lambda_: weight_decay} if weight_decay else {}
        self.gradient: Sym = decayed_g if weight_decay else g


def root(body: Expr, eps: Epsilon) -> Expr:
    """√body + ε, or √(body + ε) where ε stands under the root."""
    return sqrt(body + eps_) if isinstance(eps, Under) else sqrt(body) + eps_


def _number(eps: Epsilon) -> Real:
    return eps.value if isinstance(eps, Under) else eps


@optimizer("sgd")
def gradient_descent(weight_decay: NotNegative = 0) -> UpdateRule:
    """w⁺ = w - lr g: plain gradient descent. Source: Cauchy 1847; Goodfellow et al., section 4.3."""
    decay = _Decay(weight_decay)
    return UpdateRule((*decay.lines, (new(w), w - lr * decay.gradient)), decay.constants)


@optimizer()
def momentum(beta: Share = 0.9, dampening: Share = 0, weight_decay: NotNegative = 0) -> UpdateRule:
    """v⁺ = β v + g, w⁺ = w - lr v⁺: the velocity adds the gradients up. Source: Polyak 1964.

    With ``dampening`` τ, every gradient but the first counts 1 - τ times, as PyTorch has it.
    """
    decay = _Decay(weight_decay)
    damped = (1 - tau_ * Indicator(Condition(t, ">", ONE))) * decay.gradient if dampening else decay.gradient
    return UpdateRule(
        lines=(
            *decay.lines,
            (new(v), beta_ * v + damped),
            (new(w), w - lr * new(v)),
        ),
        constants={beta_: beta, **({tau_: dampening} if dampening else {}), **decay.constants},
    )


@optimizer()
def momentum_average(beta: Share = 0.9, weight_decay: NotNegative = 0) -> UpdateRule:
    """v⁺ = β v + (1 - β) g, w⁺ = w - lr v⁺: the velocity is a mean of the gradients, the later ones counting more."""
    decay = _Decay(weight_decay)
    return UpdateRule(
        lines=(
            *decay.lines,
            (new(v), beta_ * v + (1 - beta_) * decay.gradient),
            (new(w), w - lr * new(v)),
        ),
        constants={beta_: beta, **decay.constants},
    )


@optimizer()
def momentum_inside(beta: Share = 0.9, weight_decay: NotNegative = 0) -> UpdateRule:
    """v⁺ = β v + lr g, w⁺ = w - v⁺: the velocity has the learning rate in it.

    Source: Rumelhart, Hinton, Williams 1986; Goodfellow et al., algorithm 8.2 (with the other sign of v).
    """
    decay = _Decay(weight_decay)
    return UpdateRule(
        lines=(
            *decay.lines,
            (new(v), beta_ * v + lr * decay.gradient),
            (new(w), w - new(v)),
        ),
        constants={beta_: beta, **decay.constants},
    )


@optimizer()
def nesterov(
    beta: Share = 0.9, weight_decay: NotNegative = 0, form: Literal["ahead", "pytorch"] = "ahead"
) -> UpdateRule:
    """v⁺ = β v + lr g, w⁺ = w - v⁺, with the gradient taken ahead, at w - β v.

    PyTorch's form takes it at w, and goes ahead with it: v⁺ = β v + g, w⁺ = w - lr (g + β v⁺).
    Source: Nesterov 1983; Sutskever, Martens, Dahl, Hinton 2013.
    """
    decay = _Decay(weight_decay)
    constants = {beta_: beta, **decay.constants}
    if form == "pytorch":
        return UpdateRule(
            lines=(
                *decay.lines,
                (new(v), beta_ * v + decay.gradient),
                (new(w), w - lr * (decay.gradient + beta_ * new(v))),
            ),
            constants=constants,
        )
    return UpdateRule(
        lines=(
            *decay.lines,
            (new(v), beta_ * v + lr * decay.gradient),
            (new(w), w - new(v)),
        ),
        constants=constants,
        ahead=w - beta_ * v,
    )


@optimizer()
def adagrad(eps: Epsilon = 1e-10, lr_decay: NotNegative = 0, weight_decay: NotNegative = 0) -> UpdateRule:
    """s⁺ = s + g², w⁺ = w - lr g / (√s⁺ + ε). With ``lr_decay`` η the rate is lr / (1 + (t - 1) η).

    Source: Duchi, Hazan, Singer, Adaptive Subgradient Methods, 2011.
    """
    decay = _Decay(weight_decay)
    rate = lr / (1 + (t - 1) * eta_) if lr_decay else lr
    return UpdateRule(
        lines=(
            *decay.lines,
            (new(s), s + decay.gradient**2),
            (new(w), w - rate * decay.gradient / root(new(s), eps)),
        ),
        constants={eps_: _number(eps), **({eta_: lr_decay} if lr_decay else {}), **decay.constants},
    )


@optimizer()
def adadelta(rho: Share = 0.9, eps: NotNegative = 1e-6, weight_decay: NotNegative = 0) -> UpdateRule:
    """d = √(u + ε) g / √(s⁺ + ε): s is a mean of g², u one of d²; ε stands under both roots.

    Source: Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012 (there without lr, which is 1).
    """
    decay = _Decay(weight_decay)
    return UpdateRule(
        lines=(
            *decay.lines,
            (new(s), rho_ * s + (1 - rho_) * decay.gradient**2),
            (d, sqrt(u + eps_) * decay.gradient / sqrt(new(s) + eps_)),
            (new(u), rho_ * u + (1 - rho_) * d**2),
            (new(w), w - lr * d),
        ),
        constants={rho_: rho, eps_: eps, **decay.constants},
    )


@optimizer()
def rmsprop(
    beta: Share = 0.9,
    eps: Epsilon = 1e-8,
    centered: bool = False,
    momentum: Share = 0,
    weight_decay: NotNegative = 0,
) -> UpdateRule:
    """v⁺ = β v + (1 - β) g², w⁺ = w - lr g / (√v⁺ + ε).

    ``centered`` takes the variance v⁺ - (a⁺)², a the mean of g; ``momentum`` μ adds the quotients up in b.
    Source: Hinton, Srivastava, Swersky, Neural Networks for Machine Learning, lecture 6e, 2012; Graves 2013.
    """
    decay = _Decay(weight_decay)
    mean: tuple[RuleLine, ...] = ((new(a), beta_ * a + (1 - beta_) * decay.gradient),) if centered else ()
    bottom = root(new(v) - new(a) ** 2 if centered else new(v), eps)
    velocity: tuple[RuleLine, ...] = ((new(b), mu_ * b + decay.gradient / bottom),) if momentum else ()
    return UpdateRule(
        lines=(
            *decay.lines,
            (new(v), beta_ * v + (1 - beta_) * decay.gradient**2),
            *mean,
            *velocity,
            (new(w), w - (lr * new(b) if momentum else lr * decay.gradient / bottom)),
        ),
        constants={beta_: beta, eps_: _number(eps), **({mu_: momentum} if momentum else {}), **decay.constants},
    )


@optimizer()
def adam(
    beta1: Share = 0.9,
    beta2: Share = 0.999,
    eps: Epsilon = 1e-8,
    bias_correction: bool = True,
    weight_decay: NotNegative = 0,
    amsgrad: bool = False,
) -> UpdateRule:
    """Means of the gradient and of its square, both corrected for their start at 0.

    ``amsgrad`` divides by the largest mean of the squares so far, u. Source: Kingma, Ba, Adam: A Method for Stochastic
    Optimization, 2015; Reddi, Kale, Kumar, On the Convergence of Adam and Beyond, 2018.
    """
    decay = _Decay(weight_decay)
    lines, top, bottom = _means(decay.gradient, eps, bias_correction, amsgrad)
    return UpdateRule(
        lines=(*decay.lines, *lines, (new(w), w - lr * top / bottom)),
        constants={beta1_: beta1, beta2_: beta2, eps_: _number(eps), **decay.constants},
    )


@optimizer()
def adamw(
    beta1: Share = 0.9,
    beta2: Share = 0.999,
    eps: Epsilon = 1e-8,
    bias_correction: bool = True,
    weight_decay: NotNegative = 0.01,
    amsgrad: bool = False,
) -> UpdateRule:
    """Adam with weight decay beside its quotient instead of inside the gradient: w⁺ = w - lr (m̂ / (√v̂ + ε) + λ w).

    Source: Loshchilov, Hutter, Decoupled Weight Decay Regularization, 2019.
    """
    lines, top, bottom = _means(g, eps, bias_correction, amsgrad)
    return UpdateRule(
        lines=(*lines, (new(w), w - lr * (top / bottom + lambda_ * w))),
        constants={beta1_: beta1, beta2_: beta2, eps_: _number(eps), lambda_: weight_decay},
    )


def _means(
    gradient: Sym, eps: Epsilon, bias_correction: bool, amsgrad: bool
) -> tuple[tuple[RuleLine, ...], Expr, Expr]:
    """Adam's lines but the last, and what is divided there and by what."""
    largest: tuple[RuleLine, ...] = ((new(u), maximum(u, new(v))),) if amsgrad else ()
    square = new(u) if amsgrad else new(v)
    corrected: tuple[RuleLine, ...] = ((m_hat, new(m) / (1 - beta1_**t)), (v_hat, square / (1 - beta2_**t)))
    lines = (
        (new(m), beta1_ * m + (1 - beta1_) * gradient),
        (new(v), beta2_ * v + (1 - beta2_) * gradient**2),
        *largest,
        *(corrected if bias_correction else ()),
    )
    top, bottom = (m_hat, v_hat) if bias_correction else (new(m), square)
    return lines, top, root(bottom, eps)


@optimizer()
def adamax(
    beta1: Share = 0.9, beta2: Share = 0.999, eps: NotNegative = 1e-8, weight_decay: NotNegative = 0
) -> UpdateRule:
    """Adam with the largest gradient so far, fading, in place of a mean of squares: u⁺ = max(β2 u, |g| + ε).

    Source: Kingma, Ba 2015, section 7.1 (there without ε).
    """
    decay = _Decay(weight_decay)
    return UpdateRule(
        lines=(
            *decay.lines,
            (new(m), beta1_ * m + (1 - beta1_) * decay.gradient),
            (new(u), maximum(beta2_ * u, absolute(decay.gradient) + eps_)),
            (m_hat, new(m) / (1 - beta1_**t)),
            (new(w), w - lr * m_hat / new(u)),
        ),
        constants={beta1_: beta1, beta2_: beta2, eps_: eps, **decay.constants},
    )


@optimizer()
def nadam(
    beta1: Share = 0.9,
    beta2: Share = 0.999,
    eps: Epsilon = 1e-8,
    momentum_schedule: bool = True,
    momentum_decay: NotNegative = 0.004,
    weight_decay: NotNegative = 0,
) -> UpdateRule:
    """Adam whose mean goes one step ahead, as Nesterov's momentum does.

    With the ``momentum_schedule`` it is kept μ = β1 (1 - 1/2 0.96^(t ψ)) in this step and η in the next one, and p is
    the product of all μ so far; without it, β1 stands for both. Source: Dozat, Incorporating Nesterov Momentum into
    Adam, 2016.
    """
    decay = _Decay(weight_decay)
    gradient = decay.gradient
    now, following = (mu_, eta_) if momentum_schedule else (beta1_, beta1_)
    shared: tuple[RuleLine, ...] = ((mu_, _kept(t)), (eta_, _kept(t + 1)))
    product: tuple[RuleLine, ...] = ((new(p), p * mu_),)
    past: Expr = new(p) if momentum_schedule else beta1_**t
    ahead: Expr = new(p) * eta_ if momentum_schedule else beta1_ ** (t + 1)
    return UpdateRule(
        lines=(
            *decay.lines,
            *(product if momentum_schedule else ()),
            (new(m), beta1_ * m + (1 - beta1_) * gradient),
            (new(v), beta2_ * v + (1 - beta2_) * gradient**2),
            (m_hat, following * new(m) / (1 - ahead) + (1 - now) * gradient / (1 - past)),
            (v_hat, new(v) / (1 - beta2_**t)),
            (new(w), w - lr * m_hat / root(v_hat, eps)),
        ),
        constants={
            beta1_: beta1,
            beta2_: beta2,
            eps_: _number(eps),
            **({psi_: momentum_decay} if momentum_schedule else {}),
            **decay.constants,
        },
        start={p: 1} if momentum_schedule else {},
        shared=shared if momentum_schedule else (),
    )


def _kept(step: Expr) -> Expr:
    """How much of the mean is kept in a step: more and more, up to β1."""
    return beta1_ * (1 - HALF * Num(Decimal("0.96")) ** (step * psi_))

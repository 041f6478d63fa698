"""Schedules: the learning rate of a step, from the first one ``lr0`` and the count ``k`` of what was done before."""

from __future__ import annotations

from ..expr import HALF, Sym, cos, minimum, pi
from .registry import NotNegative, Positive, schedule
from .update_rule import Schedule, k, lr0

gamma, n, K, low = Sym("γ"), Sym("n"), Sym("K"), Sym("lr1")


@schedule()
def step(every: int, times: Positive) -> Schedule:
    """lr = lr0 γ^n: times γ after every so many; n counts how often that was."""
    return Schedule(lr0 * gamma**n, {gamma: times}, periods={n: every})


@schedule()
def exponential(times: Positive) -> Schedule:
    """lr = lr0 γ^k: times γ each time."""
    return Schedule(lr0 * gamma**k, {gamma: times})


@schedule()
def cosine(steps: int, end: NotNegative = 0) -> Schedule:
    """Half a wave of the cosine, from lr0 down to lr1 after K, and lr1 from then on.

    Source: Loshchilov, Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017.
    """
    wave = 1 + cos(pi() * minimum(k, K) / K)
    return Schedule(low + HALF * (lr0 - low) * wave, {low: end}, lengths={K: steps})


@schedule()
def warmup(steps: int) -> Schedule:
    """lr = lr0 min(1, (k + 1) / K): up to lr0 in K equal parts. Source: Goyal et al., 2017, section 2.2."""
    return Schedule(lr0 * minimum(1, (k + 1) / K), {}, lengths={K: steps})

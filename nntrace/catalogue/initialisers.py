"""Schemes that weights and biases are drawn by: ``{init: he_normal, seed: 0}``.

A scheme's ordinary parameters are its options in a network file, its keyword-only ones are filled in: ``fan_in`` is
how many inputs each unit of the layer has, ``fan_out`` how many units each input goes to (of a bias too: those of its
layer). ``seed`` stands beside the options of every scheme.
"""

from __future__ import annotations

import math

from ..record import Record
from .registry import Real, scheme


class Constant(Record):
    """The same number everywhere; it is not rounded."""

    value: Real


class Uniform(Record):
    """Every number from ``low`` to ``high`` is as likely; the variance is (high - low)² / 12."""

    low: Real
    high: Real


class Normal(Record):
    """The normal distribution, not truncated."""

    mean: Real
    std: Real


Distribution = Constant | Uniform | Normal


@scheme()
def zeros() -> Constant:
    """0 everywhere."""
    return Constant(0)


@scheme()
def ones() -> Constant:
    """1 everywhere."""
    return Constant(1)


@scheme()
def constant(value: Real) -> Constant:
    """``value`` everywhere."""
    return Constant(value)


@scheme()
def uniform(low: Real, high: Real) -> Uniform:
    """U(low, high); variance (high - low)² / 12.

    Raises ``ValueError`` (what is wrong, a remedy) where ``low`` is above ``high``.
    """
    if low > high:
        raise ValueError("`low` is above `high`", "exchange the two")
    return Uniform(low, high)


@scheme()
def normal(std: Real, mean: Real = 0) -> Normal:
    """N(mean, std²). Raises ``ValueError`` (what is wrong, a remedy) where ``std`` is negative."""
    if std < 0:
        raise ValueError("`std` is negative", "a standard deviation is 0 or more")
    return Normal(mean, std)


@scheme("glorot_uniform")
def xavier_uniform(*, fan_in: int, fan_out: int) -> Uniform:
    """U(-r, r) with r = √(6 / (fan_in + fan_out)); variance 2 / (fan_in + fan_out).

    Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, equation 16.
    """
    return _symmetric(2 / (fan_in + fan_out))


@scheme("glorot_normal")
def xavier_normal(*, fan_in: int, fan_out: int) -> Normal:
    """N(0, 2 / (fan_in + fan_out)).

    The variance of Glorot & Bengio, 2010, equation 12.
    """
    return Normal(0, math.sqrt(2 / (fan_in + fan_out)))


@scheme("kaiming_uniform")
def he_uniform(*, fan_in: int) -> Uniform:
    """U(-r, r) with r = √(6 / fan_in); variance 2 / fan_in.

    The variance of He et al., 2015, as a uniform distribution.
    """
    return _symmetric(2 / fan_in)


@scheme("kaiming_normal")
def he_normal(*, fan_in: int) -> Normal:
    """N(0, 2 / fan_in).

    He, Zhang, Ren & Sun, Delving deep into rectifiers, 2015, equation 10.
    """
    return Normal(0, math.sqrt(2 / fan_in))


@scheme()
def lecun_uniform(*, fan_in: int) -> Uniform:
    """U(-r, r) with r = √(3 / fan_in); variance 1 / fan_in.

    The variance of LeCun et al., 1998, as a uniform distribution.
    """
    return _symmetric(1 / fan_in)


@scheme()
def lecun_normal(*, fan_in: int) -> Normal:
    """N(0, 1 / fan_in).

    LeCun, Bottou, Orr & Müller, Efficient BackProp, 1998, section 4.6: σ_w = m^(-1/2).
    """
    return Normal(0, math.sqrt(1 / fan_in))


def _symmetric(variance: float) -> Uniform:
    limit = math.sqrt(3 * variance)
    return Uniform(-limit, limit)

"""Losses: what one output ``y[k]`` adds against its target ``t[k]``, and whether these are summed or averaged."""

from __future__ import annotations

from ..expr import HALF, ONE, Cases, Condition, Expr, Indexed, Num, Sum, Sym, absolute, exp, ln, maximum, xln
from .identities import (
    CASE_BY_CASE,
    EXP_OF_DIFFERENCE,
    FACTORED,
    LN_OF_EXP,
    LN_OF_PRODUCT,
    LN_OF_QUOTIENT,
    SIGMOIDS,
)
from .operation import Same
from .registry import LOGIT, OUTPUT, TARGET, Fusion, Loss, Positive, loss, real

y, t, z = (Indexed(name)["k"] for name in (OUTPUT, TARGET, LOGIT))


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


@loss()
def absolute_error() -> Loss:
    """Σ |t - y|; at t = y the derivative is taken as 0."""
    return Loss(absolute(t - y), "sum")


@loss("mae")
def mean_absolute_error() -> Loss:
    """1/n Σ |t - y|, the mean over the n outputs; at t = y the derivative is taken as 0."""
    return Loss(absolute(t - y), "mean")


@loss()
def huber(delta: Positive = 1) -> Loss:
    """Σ of 1/2 (t - y)² where |t - y| ≤ delta, else delta (|t - y| - delta/2).

    Source: Huber, Robust Estimation of a Location Parameter, 1964.
    """
    beyond = absolute(t - y) - real(delta) / 2
    far = beyond if delta == 1 else real(delta) * beyond
    return Loss(Cases(Condition(absolute(t - y), ">", real(delta)), far, HALF * (t - y) ** 2), "sum")


@loss("bce")
def binary_cross_entropy(*, log: str = "e") -> Loss:
    """-Σ (t ln y + (1 - t) ln(1 - y)), summed over the outputs, with 0 ln 0 = 0. After a sigmoid ∂L/∂z is y - t."""
    part = -xln(t, y) - xln(1 - t, 1 - y)
    stable = maximum(0, z) - t * z + ln(1 + exp(-absolute(z)))
    right, up, down = Condition(z, "≥", Num(0)), ln(1 + exp(z)), ln(1 + exp(-z))
    sigmoid = 1 / (1 + exp(-z))
    equal = (
        Same(CASE_BY_CASE, Cases(right, z - t * z + down, up - t * z)),
        Same(LN_OF_EXP, Cases(right, ln(exp(z)) + down - t * z, up - t * z)),
        Same(LN_OF_PRODUCT, Cases(right, ln(exp(z) * (1 + exp(-z))) - t * z, up - t * z)),
        Same((*FACTORED, ": both cases are the same"), up - t * z),
        Same(("collect the terms with ", t, " and with ", 1 - t), -(t * (z - up)) - (1 - t) * -up),
        Same((*LN_OF_EXP, "; ", *LN_OF_QUOTIENT), -(t * ln(exp(z) / (1 + exp(z)))) - (1 - t) * ln(1 / (1 + exp(z)))),
        Same(SIGMOIDS, -xln(t, sigmoid) - xln(1 - t, 1 - sigmoid)),
    )
    apart = (1 - t) * y - t * (1 / (1 + exp(z)))
    fusion = Fusion(_based(stable, log), _based(y - t, log), _based(apart, log), equal=_all_based(equal, log))
    return Loss(_based(part, log), "sum", {"sigmoid": fusion}, "bits", after="sigmoid")


@loss("ce")
def cross_entropy(*, log: str = "e") -> Loss:
    """-Σ t ln y over the classes, with 0 ln 0 = 0. After a softmax ∂L/∂z is y Σ t - t, which is y - t where Σ t = 1."""
    stable = -(t * (z - Sym("m") - ln(Sym("Z"))))
    every = Sum("i", Indexed("t")["i"])
    shifted = exp(z - Sym("m"))
    equal = (
        Same(LN_OF_EXP, -(t * (ln(shifted) - ln(Sym("Z"))))),
        Same(LN_OF_QUOTIENT, -(t * ln(shifted / Sym("Z")))),
        Same(
            (*EXP_OF_DIFFERENCE, ", then cancel"),
            -xln(t, exp(z) / Sum("i", exp(Indexed("z")["i"]))),
        ),
    )
    apart = (1 - t) * y - t * Sum("i", (1 - Indexed("t")["i"]) * Indexed("y")["i"])
    part, derivative, uncancelled, normal = (_based(form, log) for form in (stable, y * every - t, apart, y - t))
    fusion = Fusion(part, derivative, uncancelled, normal, _all_based(equal, log))
    return Loss(_based(-xln(t, y), log), "sum", {"softmax": fusion}, "classes", after="softmax")


@loss()
def hinge(margin: Positive = 1) -> Loss:
    """Σ over the classes j other than the right one y of max(0, s_j - s_y + margin), with a kink at 0.

    Source: Weston, Watkins, Multi-class Support Vector Machines, 1999 (with margin 1).
    """
    right = Sum("i", Indexed("t")["i"] * Indexed("y")["i"])
    above = ONE if margin == 1 else real(margin)
    return Loss((1 - t) * maximum(0, y - right + above), "sum", targets="class")


@loss()
def perceptron() -> Loss:
    """Σ (y - t) z, where the step's result y of z is held fixed, so that ∂L/∂z is y - t: nothing where it is right.

    One update a sample, until a pass makes no mistake. Source: Rosenblatt, The Perceptron, 1958.
    """
    part = (y - t) * z
    fused = {"step": Fusion(part, y - t)}
    return Loss(part, "sum", fused, "bits", only_mistakes=True)


def _all_based(forms: tuple[Same, ...], log: str) -> tuple[Same, ...]:
    return tuple(one._replace(form=_based(one.form, log)) for one in forms)


def _based(formula: Expr, log: str) -> Expr:
    """A formula of natural logarithms to another base: all of it divided by the logarithm of the base."""
    return formula if log == "e" else formula / ln(Num(int(log)))

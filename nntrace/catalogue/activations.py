"""Activations, elementwise: ``z[j] → a[j]``.

A declared derivative is the textbook's, in the result's own symbol; the others are derived. At a kink the
convention ``relu_at_zero`` takes the slope of the left side (0) or of the right one (1).
"""

from __future__ import annotations

from collections.abc import Mapping
from sys import float_info
from typing import Literal

from ..expr import (
    HALF,
    Cases,
    Condition,
    Delta,
    Expr,
    Indexed,
    Max,
    Num,
    Sum,
    Sym,
    absolute,
    erf,
    exp,
    ln,
    maximum,
    pi,
    sqrt,
)  # fmt: skip
from ..expr import sign as _sign
from ..expr import tanh as _tanh
from .identities import CASE_BY_CASE, EXP_OF_DIFFERENCE, FACTORED, LN_OF_EXP, LN_OF_PRODUCT, LN_OF_QUOTIENT
from .operation import Auxiliary, Need, Operation, Same
from .registry import Positive, Real, activation, real

z, a = Indexed("z")["j"], Indexed("a")["j"]
TAKEN = "the largest is subtracted from each, which leaves the ratios unchanged"
ASKED, OVERFLOWS, UNDERFLOW = (
    f"{TAKEN} (shift: true)",
    f"in double precision the plain exponentials overflow: {TAKEN}",
    f"in double precision all plain exponentials underflow: {TAKEN}",
)


def elementwise(
    formula: Expr,
    *derivative: Same,
    stable: Expr | None = None,
    equal: tuple[Same, ...] = (),
    complements: Mapping[Expr, Expr] = {},
) -> Operation:
    """a = formula in z; ``derivative`` lists the textbook's forms of ∂a/∂z by their rules, the last the one to use.

    ``stable`` is an equal formula for the numbers where the textbook's overflows, ``equal`` what leads back from it,
    ``complements`` sums that may cancel, with what they come to.
    """
    declared = {"z": derivative} if derivative else {}
    return Operation(a, formula, declared, stable, equal=equal, complements=complements)


def positive(then: Expr, otherwise: Expr) -> Expr:
    """One formula where z > 0, another elsewhere."""
    return Cases(Condition(z, ">", Num(0)), then, otherwise)


@activation("linear")
def identity() -> Operation:
    """z itself: a linear layer."""
    return elementwise(z)


@activation()
def relu() -> Operation:
    """max(0, z), with a kink at 0.

    Source: Glorot, Bordes, Bengio, Deep Sparse Rectifier Neural Networks, 2011.
    """
    return elementwise(maximum(0, z))


@activation()
def leaky_relu(alpha: Real = 0.01) -> Operation:
    """z where z > 0, else alpha z, with a kink at 0.

    Source: Maas, Hannun, Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, 2013.
    """
    return elementwise(positive(z, real(alpha) * z))


@activation()
def elu(alpha: Positive = 1) -> Operation:
    """z where z > 0, else alpha (e^z - 1); the derivative there is a + alpha. A kink at 0 unless alpha is 1.

    Source: Clevert, Unterthiner, Hochreiter, Fast and Accurate Deep Network Learning by ELUs, 2016.
    """
    below = exp(z) - 1
    formula, slope = (below, exp(z)) if alpha == 1 else (real(alpha) * below, real(alpha) * exp(z))
    put_in = (a + real(alpha), " for ", slope, " there")
    declared = Same(put_in, positive(Num(1), a + real(alpha)))
    return elementwise(positive(z, formula), declared, complements={a + real(alpha): slope})


@activation()
def selu() -> Operation:
    """1.0507 z where z > 0, else 1.0507 × 1.6733 (e^z - 1), with the paper's constants to 16 digits; a kink at 0.

    Source: Klambauer et al., Self-Normalizing Neural Networks, 2017.
    """
    scale, alpha = real(1.0507009873554805), real(1.6732632423543772)
    slope = scale * alpha * exp(z)
    declared = Same((a + scale * alpha, " for ", slope, " there"), positive(scale, a + scale * alpha))
    formula = positive(scale * z, scale * alpha * (exp(z) - 1))
    return elementwise(formula, declared, complements={a + scale * alpha: slope})


@activation("logistic")
def sigmoid() -> Operation:
    """σ(z) = 1 / (1 + e^-z), in (0, 1); its derivative is a (1 - a)."""
    formula, rest = 1 / (1 + exp(-z)), exp(-z) / (1 + exp(-z))
    put_in = (a, " for ", formula, ", ", 1 - a, " for ", rest)
    forms = (Same("split the fraction", formula * rest), Same(put_in, a * (1 - a)))
    return elementwise(formula, *forms, complements={1 - a: 1 / (1 + exp(z))})


@activation()
def bipolar_sigmoid() -> Operation:
    """2 / (1 + e^-z) - 1, in (-1, 1), which is tanh(z/2); its derivative is 1/2 (1 + a) (1 - a).

    Source: Fausett, Fundamentals of Neural Networks, 1994, section 6.1.2.
    """
    up, down = 2 / (1 + exp(-z)), 2 * exp(-z) / (1 + exp(-z))
    put_in = (1 + a, " for ", up, ", ", 1 - a, " for ", down)
    forms = (Same("split the fraction", HALF * up * down), Same(put_in, HALF * (1 + a) * (1 - a)))
    return elementwise(up - 1, *forms, complements={1 + a: up, 1 - a: 2 / (1 + exp(z))})


@activation()
def tanh() -> Operation:
    """tanh(z), in (-1, 1); its derivative is 1 - a²."""
    left, below, above = 4 / (exp(z) + exp(-z)) ** 2, 2 / (1 + exp(2 * z)), 2 / (1 + exp(-2 * z))
    declared = Same((a, " for ", _tanh(z)), 1 - a**2)
    return elementwise(_tanh(z), declared, complements={1 - a**2: left, 1 - a: below, 1 + a: above})


@activation()
def softplus() -> Operation:
    """ln(1 + e^z); its derivative is σ(z). The numbers come from max(0, z) + ln(1 + e^-|z|), which cannot overflow.

    Source: Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option Pricing, 2001.
    """
    stable = maximum(0, z) + ln(1 + exp(-absolute(z)))
    right, below, formula = Condition(z, "≥", Num(0)), ln(1 + exp(-z)), ln(1 + exp(z))
    equal = (
        Same(CASE_BY_CASE, Cases(right, z + below, formula)),
        Same(LN_OF_EXP, Cases(right, ln(exp(z)) + below, formula)),
        Same(LN_OF_PRODUCT, Cases(right, ln(exp(z) * (1 + exp(-z))), formula)),
        Same((*FACTORED, ": both cases are the same"), formula),
    )
    divided = Same(("divide numerator and denominator by ", exp(z)), 1 / (1 + exp(-z)))
    return elementwise(formula, divided, stable=stable, equal=equal)


@activation()
def softsign() -> Operation:
    """z / (1 + |z|), in (-1, 1); its derivative is 1 / (1 + |z|)²."""
    size, sign = 1 + absolute(z), _sign(z)
    return elementwise(z / size, Same((z * sign, " = ", absolute(z)), 1 / size**2))


@activation("swish")
def silu() -> Operation:
    """z σ(z); its derivative is a + σ(z) (1 - a).

    Source: Elfwing, Uchibe, Doya, Sigmoid-Weighted Linear Units, 2017; Ramachandran et al., 2017 (swish).
    """
    formula, below = z / (1 + exp(-z)), 1 + exp(-z)
    rest = exp(-z) / below
    return elementwise(
        formula,
        Same("split the fraction", 1 / below + formula * rest),
        Same((a, " for ", formula, ", ", 1 - 1 / below, " for ", rest), 1 / below + a * (1 - 1 / below)),
        Same(("multiply out, factor out ", 1 / below), a + (1 - a) / below),
    )


@activation()
def gelu(form: Literal["exact", "tanh"] = "exact") -> Operation:
    """z Φ(z), with the normal distribution's Φ, or the paper's approximation of it by tanh.

    Source: Hendrycks, Gimpel, Gaussian Error Linear Units, 2016.
    """
    if form == "tanh":
        inner = sqrt(2 / pi()) * (z + real(0.044715) * z**3)
        return elementwise(z / 2 * (1 + _tanh(inner)))
    phi = (1 + erf(z / sqrt(2))) / 2
    below = sqrt(2 * pi())
    roots = sqrt(2) * sqrt(pi())
    rule = ("cancel 2, ", below, " for ", roots)
    return elementwise(z * phi, Same(rule, phi + z * (exp(-(z**2 / 2)) / below)))


@activation()
def hard_sigmoid() -> Operation:
    """0 up to -3, 1 from 3 on, z/6 + 1/2 between, with kinks at both.

    Source: Courbariaux, Bengio, David, BinaryConnect, 2015, in the form that PyTorch has.
    """
    line = z / 6 + Num(1) / Num(2)
    inside = Cases(Condition(z, ">", Num(-3)), line, Num(0))
    return elementwise(Cases(Condition(z, ">", Num(3)), Num(1), inside))


def exponentials(shift: bool) -> tuple[Auxiliary, ...]:
    """e[j] = e^z[j] and their sum Z; with the largest z taken from each where they would overflow, or all underflow,
    as doubles, or where this is asked for."""
    shifted, largest, plain = Indexed("e"), Sym("m"), Sum("i", exp(Indexed("z")["i"]))
    needs = (
        Need(plain, real(float_info.max), OVERFLOWS),
        Need(-plain, real(-float_info.min), UNDERFLOW),
    )
    return (
        Auxiliary(largest, Max("i", Indexed("z")["i"]), "mMc", ASKED, () if shift else needs, numbered=False),
        Auxiliary(shifted["j"], exp(z - largest), "eEu"),
        Auxiliary(Sym("Z"), Sum("i", shifted["i"]), "ZSQ"),
    )


@activation()
def softmax(shift: bool = False) -> Operation:
    """e^z[j] / Σ_i e^z[i], a distribution over the units; its Jacobian is a[j] (δ_ji - a[i]).

    ``shift``: the exponentials are taken of z - max z, as they are anyway where they would overflow.
    Source: Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs, 1990.
    """
    shifted, total, largest = Indexed("e"), Sym("Z"), Sym("m")
    each = exp(Indexed("z")["i"])
    formula = exp(z) / Sum("i", each)
    share = exp(z) / Sum("l", exp(Indexed("z")["l"]))  # i is another unit's index beside it
    return Operation(
        a,
        formula,
        {
            "z": (
                Same(
                    ("split the fraction, ", a, " for ", share),
                    a * Delta("j", "i") - a * Indexed("a")["i"],
                ),
                Same(("factor out ", a), a * (Delta("j", "i") - Indexed("a")["i"])),
            )
        },
        stable=shifted["j"] / total,
        program=exponentials(shift),
        equal=(
            Same(EXP_OF_DIFFERENCE, exp(z) / exp(largest) / Sum("i", each / exp(largest))),
            Same("take the common divisor out of the sum and cancel it", formula),
        ),
        sums_to_one=True,
        complements={1 - a: Sum("i", (1 - Delta("j", "i")) * Indexed("a")["i"])},
    )


@activation()
def log_softmax(shift: bool = False) -> Operation:
    """ln of the softmax, z[j] - ln Σ_i e^z[i]; its Jacobian is δ_ji - e^a[i].

    ``shift``: the exponentials are taken of z - max z, as they are anyway where they would overflow.
    """
    total, largest = Sym("Z"), Sym("m")
    each = exp(Indexed("z")["i"])
    formula = z - ln(Sum("i", each))
    return Operation(
        a,
        formula,
        {
            "z": (
                Same(
                    (exp(Indexed("a")["i"]), " for ", exp(Indexed("z")["i"]) / Sum("l", exp(Indexed("z")["l"]))),
                    Delta("j", "i") - exp(Indexed("a")["i"]),
                ),
            )
        },
        stable=z - largest - ln(total),
        program=exponentials(shift),
        equal=(
            Same(EXP_OF_DIFFERENCE, z - largest - ln(Sum("i", each / exp(largest)))),
            Same(
                ("take the common divisor out of the sum, ", *LN_OF_QUOTIENT),
                z - largest - (ln(Sum("i", each)) - ln(exp(largest))),
            ),
            Same(LN_OF_EXP, z - largest - (ln(Sum("i", each)) - largest)),
            Same("cancel the shift", formula),
        ),
        logarithm_of=softmax.__name__,
    )


@activation("heaviside")
def step(at_zero: Literal["0", "0.5", "1"] = "0") -> Operation:
    """1 where z > 0, 0 where z < 0, ``at_zero`` at 0: the perceptron's unit. Its derivative is 0, by convention at the
    jump too.

    Source: Rosenblatt, The Perceptron, 1958.
    """
    below = Cases(Condition(z, "=", Num(0)), HALF, Num(0)) if at_zero == "0.5" else Num(0)
    jump = Condition(z, "≥" if at_zero == "1" else ">", Num(0))
    return elementwise(Cases(jump, Num(1), below), Same("on both sides", Cases(jump, Num(0), Num(0))))


@activation()
def sign() -> Operation:
    """1 where z > 0, -1 where z < 0, and 0 at 0: a bipolar perceptron's unit. Its derivative is 0, at the jump too."""
    above = Condition(z, ">", Num(0))
    return elementwise(_sign(z), Same("on both sides", Cases(above, Num(0), Num(0))))

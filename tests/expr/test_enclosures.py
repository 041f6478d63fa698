"""Enclosures hold the true number, and signatures tell what is 0 by algebra."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from sympy import isprime

from nntrace.expr import Call, Expr, Num, Sym, exp, ln, tanh
from nntrace.expr.enclosures import Enclosure, Precision, UndecidedError
from nntrace.expr.functions import FUNCTIONS
from nntrace.expr.real_values import enclosed
from nntrace.expr.signatures import BASES, MULTIPLES, PRIMES

PLAIN = [name for name, row in FUNCTIONS.items() if row.arity == 1 and name not in ("abs", "sign")]


def number(node: Expr, at: Precision, **values: Fraction) -> Enclosure:
    return enclosed(node, lambda name, cell: at.number(values[name]), {}, {}, at)


def test_every_function_has_an_enclosure() -> None:
    assert [name for name, row in FUNCTIONS.items() if not row.enclosure] == []


@pytest.mark.parametrize("digits", [10, 32, 200])
@pytest.mark.parametrize("name", PLAIN)
def test_an_enclosure_holds_the_true_number(name: str, digits: int) -> None:
    chance, at, tried = random.Random(digits), Precision(digits), 0
    true: Any = getattr(mpmath, {"ln": "log"}.get(name, name))
    for _ in range(12):
        x = Fraction(chance.randint(1, 10**6), 10 ** chance.randint(0, 9)) * chance.choice((1, Fraction(1, 7)))
        x = x if name in ("ln", "sqrt") else x * chance.choice((1, -1))
        try:
            found = number(Call(name, (Sym("x"),)), at, x=x)
        except UndecidedError:
            continue
        with mpmath.workdps(3 * digits + 50):
            value = true(mpmath.mpf(x.numerator) / x.denominator)
            assert mpmath.mpf(str(found.low)) <= value <= mpmath.mpf(str(found.high)), x
        tried += 1
    assert tried > 6


def test_the_primes_are_a_chain() -> None:
    for before, prime, multiple, base in zip(PRIMES, PRIMES[1:], MULTIPLES, BASES, strict=False):
        assert isprime(prime)
        assert prime == multiple * before + 1
        assert pow(base, before, prime) == 1 != base


X, Y = Sym("x"), Sym("y")
SAME = (exp(X) * exp(Y) - exp(X + Y), exp(X) / (exp(X) + exp(Y)) + exp(Y) / (exp(X) + exp(Y)) - 1,
        1 - tanh(X) ** 2 - 4 / (exp(X) + exp(-X)) ** 2, exp(exp(X) + Y) - exp(exp(X)) * exp(Y),
        ln(exp(X)) - X, exp(exp(X) - ln(exp(exp(X)))) - 1)  # fmt: skip


@pytest.mark.parametrize("node", SAME)
def test_what_is_0_by_algebra_is_told(node: Expr) -> None:
    at, values = Precision(64, signed=True), {"x": Fraction(3, 7), "y": Fraction(-2, 3)}
    assert number(node, at, **values).is_zero
    assert not number(node + X * Num(Fraction(1, 10**60)), at, **values).is_zero
    with pytest.raises(UndecidedError):
        _ = number(node, Precision(64), **values).sign

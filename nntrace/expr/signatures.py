"""Whether a number made of rationals, e^x and other functions is 0 by algebra: it is computed modulo large primes.

A number stands for its residues modulo a chain of primes p₀, p₁, …, each a multiple of the one before plus 1. Then
e^x modulo a prime is g^x with x modulo the one before, g of that order, so that e^x e^y = e^{x+y} and e^0 = 1 hold for
the residues too, and ln e^x = x; any other function of a number is a residue of its own, the same for the same number.
What is 0 by these rules has the residue 0; what is not has it with a chance of 2⁻¹²⁰.

Source: Gonnet, Determining Equivalence of Expressions in Random Polynomial Time, 1984.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from operator import add, mul

from ..record import Record

MULTIPLES = (114, 234, 150, 160)
PRIMES = tuple(accumulate(MULTIPLES, lambda prime, multiple: multiple * prime + 1, initial=2**127 - 1))
BASES = tuple(pow(3, multiple, prime) for multiple, prime in zip(MULTIPLES, PRIMES[1:], strict=True))


class Signature(Record):
    """The residues of a number; of a power of e also its exponent, which is its logarithm."""

    residues: tuple[int, ...]
    exponent: Signature | None = None

    @property
    def is_zero(self) -> bool:
        """Whether the number is 0 by algebra."""
        return not self.residues[-1]

    def plus(self, other: Signature) -> Signature:
        if self.is_zero or other.is_zero:
            return other if self.is_zero else self
        return _reduced(map(add, self.residues, other.residues))

    def times(self, other: Signature) -> Signature:
        return _reduced(map(mul, self.residues, other.residues))

    def negative(self) -> Signature:
        return _reduced(-one for one in self.residues)

    def inverse(self) -> Signature:
        """Its reciprocal; 0 stays, whatever is not 0 and has that residue by chance."""
        return Signature(tuple(pow(one, -1, p) if one else 0 for one, p in zip(self.residues, PRIMES, strict=True)))

    def power_of_e(self) -> Signature:
        powers = map(pow, BASES, self.residues, PRIMES[1:])
        return Signature((of_function("power of e", self).residues[0], *powers), self)

    def logarithm(self) -> Signature:
        return self.exponent or of_function("logarithm", self)


def of_number(value: int | Fraction | Decimal) -> Signature:
    """The residues of a rational number."""
    ten_to = 0
    if isinstance(value, Decimal):  # as digits times a power of ten, which may be a far one
        sign, digits, exponent = value.as_tuple()
        value, ten_to = int(Decimal((sign, digits, 0))), int(exponent)
    top, bottom = value.numerator, value.denominator
    return Signature(tuple(top * pow(bottom, -1, prime) * pow(10, ten_to, prime) % prime for prime in PRIMES))


def of_function(name: str, *args: Signature) -> Signature:
    """The residues of a function's value, of which no more is known than that it is always the same."""
    from hashlib import sha256

    text = f"{name}{[one.residues for one in args]}".encode()
    digest = (sha256(text + bytes([place])).digest() for place in range(len(PRIMES)))
    return _reduced(int.from_bytes(one) for one in digest)


def _reduced(values: Iterable[int]) -> Signature:
    return Signature(tuple(value % prime for value, prime in zip(values, PRIMES, strict=True)))

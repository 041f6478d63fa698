"""The functions of the table on enclosures. What ``decimal`` lacks is a series, with a bound of what it leaves out."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

from .enclosures import Enclosure, Precision
from .scalar import UndefinedError
from .signatures import of_function


def power_of_e(at: Precision, x: Enclosure) -> Enclosure:
    """e^x."""
    signature = x.signature.power_of_e() if x.signature else None
    if not x.low and not x.high:
        return at.number(1)
    low, high = at.down.exp(x.low), at.up.exp(x.high)  # each the nearest decimal
    below = at.down.next_minus(low) if low else low
    return Enclosure(below, at.up.next_plus(high), at, signature)


def logarithm(at: Precision, x: Enclosure) -> Enclosure:
    """ln x. Raises ``UndefinedError`` unless x is positive."""
    if x.sign <= 0:
        raise UndefinedError
    signature = x.signature.logarithm() if x.signature else None
    if x.signature and (x - at.number(1)).is_zero:
        return at.number(0)
    low, high = at.down.ln(x.low), at.up.ln(x.high)
    low, high = (low if x.low == 1 else at.down.next_minus(low)), (high if x.high == 1 else at.up.next_plus(high))
    return Enclosure(low, high, at, signature)


def weighed_logarithm(at: Precision, x: Enclosure, y: Enclosure) -> Enclosure:
    """x ln y, 0 where x is."""
    return at.number(0) if x.is_zero else x * logarithm(at, y)


def weighed_quotient(at: Precision, x: Enclosure, y: Enclosure) -> Enclosure:
    """x / y, 0 where x is."""
    return at.number(0) if x.is_zero else x / y


def root(at: Precision, x: Enclosure) -> Enclosure:
    """The square root. Raises ``UndefinedError`` for a negative number."""
    if x.is_zero:
        return at.number(0)
    if x.sign < 0:
        raise UndefinedError
    signature = of_function("root", x.signature) if x.signature else None
    low, high = at.down.sqrt(x.low), at.up.sqrt(x.high)
    exactly = Precision(2 * at.digits).down.multiply
    low, high = (
        low if exactly(low, low) == x.low else at.down.next_minus(low),
        high if exactly(high, high) == x.high else at.up.next_plus(high),
    )
    return Enclosure(low, high, at, signature)


def hyperbolic_tangent(at: Precision, x: Enclosure) -> Enclosure:
    """tanh x = 1 - 2 / (e^{2x} + 1)."""
    two, one = at.number(2), at.number(1)
    if x.is_zero:
        return at.number(0)
    if x.high < 0:
        return -hyperbolic_tangent(at, -x)
    return one - two / (power_of_e(at, two * x) + one)


def size(at: Precision, x: Enclosure) -> Enclosure:
    """|x|."""
    return -x if x.sign < 0 else x


def sign(at: Precision, x: Enclosure) -> Enclosure:
    """-1, 0 or 1."""
    return at.number(x.sign)


def largest(at: Precision, *args: Enclosure) -> Enclosure:
    """The largest of them."""
    return max(args)


def smallest(at: Precision, *args: Enclosure) -> Enclosure:
    """The smallest of them."""
    return min(args)


def pi(at: Precision) -> Enclosure:
    """π = 16 arctan 1/5 - 4 arctan 1/239. Source: Machin, 1706."""
    low, high = _pi(at.digits + 5)
    return Enclosure(at.down.plus(low), at.up.plus(high), at, of_function("ratio of a circle") if at.signed else None)


@lru_cache
def _pi(digits: int) -> tuple[Decimal, Decimal]:
    """Two decimals around π, in whole numbers of the last digit: each addend is cut by less than one of them."""
    unit = 10 ** (digits + 5)
    total, cut = 0, 50
    for factor, bottom in ((16, 5), (-4, 239)):
        power, place = unit // bottom, 0
        while power:
            total += (-1) ** place * factor * (power // (2 * place + 1))
            cut += 3 * abs(factor)
            power //= bottom * bottom
            place += 1
    exactly = Context(digits + 20)
    low, high = (Decimal(number).scaleb(-digits - 5, exactly) for number in (total - cut, total + cut))
    return low, high


def sine_of(at: Precision, x: Enclosure) -> Enclosure:
    """sin x."""
    return _angle(at, x, 0, "sine_of")


def cosine_of(at: Precision, x: Enclosure) -> Enclosure:
    """cos x = sin(x + π/2)."""
    return _angle(at, x, 1, "cosine_of")


def _angle(at: Precision, x: Enclosure, quarters: int, name: str) -> Enclosure:
    """sin(x + quarters × π/2) from its series around the nearest multiple of π/2."""
    if x.is_zero:
        return at.number(quarters)
    size = max(0, x.high.adjusted(), x.low.adjusted())
    fine = Precision(at.digits + size + 5)
    half = pi(fine) / fine.number(2)
    turns = int((fine.down.divide(x.low, half.low)).to_integral_value())
    rest = Enclosure(x.low, x.high, fine) - fine.number(turns) * half
    odd = (turns + quarters) % 2
    if max(abs(rest.low), abs(rest.high)) > 1:
        return Enclosure(Decimal(-1), Decimal(1), at)
    term = fine.number(1) if odd else rest
    square, total, place = rest * rest, term, odd ^ 1
    least = Decimal(1).scaleb(-fine.digits - 2)
    while max(abs(term.low), abs(term.high)) > least:  # |rest| < 1, so what is left out is less than the next addend
        term = -term * square / fine.number((place + 1) * (place + 2))
        total, place = total + term, place + 2
    bound = max(abs(term.low), abs(term.high))
    total = total + Enclosure(-bound, bound, fine)
    total = -total if (turns + quarters) % 4 in (2, 3) else total
    low, high = max(total.low, Decimal(-1)), min(total.high, Decimal(1))
    signature = of_function(name, x.signature) if x.signature else None
    return Enclosure(at.down.plus(low), at.up.plus(high), at, signature)


def error_function(at: Precision, x: Enclosure) -> Enclosure:
    """erf x = 2/√π e^{-x²} Σ 2^n x^{2n+1} / (2n + 1)!!, all of whose addends are positive for a positive x.

    Where e^{-x²} is less than the last digit, 1 - e^{-x²} < erf x < 1. Source: Abramowitz, Stegun, 7.1.6 and 7.1.13.
    """
    if x.is_zero:
        return at.number(0)
    if x.high < 0:
        found = -error_function(at, -x)
        if found.low == -1:
            found.above = _left_of_error_function(at, -x)
            found.above.signature = (at.number(1) + found).signature
        return found
    if x.low <= 0:  # erf x is at most 2/√π x
        return x * Enclosure(Decimal(0), Decimal("1.2"), at)
    signature = of_function("error function", x.signature) if x.signature else None
    square = x * x
    tail = power_of_e(at, -square)
    if tail.high < Decimal(1).scaleb(-at.digits):
        return Enclosure((at.number(1) - tail).low, Decimal(1), at, signature)
    term, total, place = x, x, 1
    twice = square + square
    while True:
        ratio = twice / at.number(place + 2)
        term = term * ratio
        total, place = total + term, place + 2
        small = at.down.multiply(total.low, Decimal(1).scaleb(-at.digits - 2))
        if ratio.high < Decimal("0.5") and term.high < small:  # what is left out is less than the last addend
            break
    total = total + Enclosure(Decimal(0), term.high, at)
    found = at.number(2) / root(at, pi(at)) * tail * total
    return Enclosure(found.low, min(found.high, Decimal(1)), at, signature)


def _left_of_error_function(at: Precision, x: Enclosure) -> Enclosure:
    """1 - erf x = e^{-x²} / √π / (x + 1/2 / (x + 2/2 / (x + 3/2 / …))) for a large x: it lies between two convergents.

    Source: Abramowitz, Stegun, 7.1.14.
    """
    one, other = x, x + at.number(Fraction(at.digits, 2)) / x
    for place in range(at.digits - 1, 0, -1):
        half = at.number(Fraction(place, 2))
        one, other = x + half / one, x + half / other
    bottom = Enclosure(min(one.low, other.low), max(one.high, other.high), at)
    return power_of_e(at, -(x * x)) / root(at, pi(at)) / bottom

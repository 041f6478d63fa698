"""Terminating decimals: how many digits behind the point a fraction takes."""

from __future__ import annotations

from fractions import Fraction


def decimal_places(value: Fraction) -> int | None:
    """The digits behind the point of the decimal that is this fraction, or ``None`` where they never end.

    They end where the denominator has no prime factor but 2 and 5: the larger of their numbers is how many there are.
    """
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None

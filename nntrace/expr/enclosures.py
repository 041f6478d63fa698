"""Real numbers enclosed between two decimals: every operation rounds the lower one down and the upper one up.

>>> third = Precision(5).number(Fraction(1, 3))
>>> third, third + third + third
(0.33333…0.33334, 0.99999…1.0001)
"""

from __future__ import annotations

from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_CEILING,
    ROUND_FLOOR,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from fractions import Fraction

from .scalar import UndefinedError
from .signatures import Signature, of_number


class UndecidedError(ArithmeticError):
    """Which of two cases holds is not to be seen at this precision."""


class Precision:
    """How many significant digits are computed with.

    ``signed``: with signatures, which tell equal numbers. ``last``: there is no higher one, so that two numbers which
    this one cannot tell apart count as equal.
    """

    def __init__(self, digits: int, signed: bool = False, last: bool = False) -> None:
        self.digits, self.signed, self.last = digits, signed, last
        traps = [DivisionByZero, InvalidOperation, Overflow]
        self.down, self.up = (
            Context(digits, rounding, MIN_EMIN, MAX_EMAX, traps=traps) for rounding in (ROUND_FLOOR, ROUND_CEILING)
        )

    def number(self, value: int | Fraction | Decimal) -> Enclosure:
        """A rational number."""
        signature = of_number(value) if self.signed else None
        if isinstance(value, Fraction):
            top, bottom = Decimal(value.numerator), Decimal(value.denominator)
            return Enclosure(self.down.divide(top, bottom), self.up.divide(top, bottom), self, signature)
        exactly = Decimal(value)
        return Enclosure(self.down.plus(exactly), self.up.plus(exactly), self, signature)


class Enclosure:
    """``low`` ≤ the number ≤ ``high``. Comparing two that overlap raises ``UndecidedError``, unless they are equal.

    ``above`` is the number plus 1, where that is known more closely.
    """

    __slots__ = ("above", "at", "high", "low", "signature")

    def __init__(self, low: Decimal, high: Decimal, at: Precision, signature: Signature | None = None) -> None:
        self.low, self.high, self.at, self.signature = low, high, at, signature
        self.above: Enclosure | None = None

    def __repr__(self) -> str:
        return f"{self.low}…{self.high}"

    @property
    def is_zero(self) -> bool:
        """Whether the number is exactly 0."""
        return (not self.low and not self.high) or (self.signature is not None and self.signature.is_zero)

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        if self.low > 0:
            return 1
        if self.high < 0:
            return -1
        if self.is_zero or self.at.last:
            return 0
        raise UndecidedError

    def __add__(self, other: Enclosure) -> Enclosure:
        if other.above is not None and self.low == self.high == 1:
            return other.above
        at = self.at
        signature = self.signature.plus(other.signature) if self.signature and other.signature else None
        return Enclosure(at.down.add(self.low, other.low), at.up.add(self.high, other.high), at, signature)

    def __neg__(self) -> Enclosure:
        signature = self.signature.negative() if self.signature else None
        return Enclosure(self.high.copy_negate(), self.low.copy_negate(), self.at, signature)

    def __sub__(self, other: Enclosure) -> Enclosure:
        return self + -other

    def __mul__(self, other: Enclosure) -> Enclosure:
        at = self.at
        down, up = at.down.multiply, at.up.multiply
        a, b, c, d = self.low, self.high, other.low, other.high
        signature = self.signature.times(other.signature) if self.signature and other.signature else None
        if a >= 0 and c >= 0:
            return Enclosure(down(a, c), up(b, d), at, signature)
        if b <= 0 and d <= 0:
            return Enclosure(down(b, d), up(a, c), at, signature)
        if a >= 0 and d <= 0:
            return Enclosure(down(b, c), up(a, d), at, signature)
        if b <= 0 and c >= 0:
            return Enclosure(down(a, d), up(b, c), at, signature)
        return Enclosure(min(down(a, d), down(b, c)), max(up(a, c), up(b, d)), at, signature)

    def inverse(self) -> Enclosure:
        """1 divided by it. Raises ``UndefinedError`` for 0."""
        if not self.sign:
            raise UndefinedError
        one, at = Decimal(1), self.at
        signature = self.signature.inverse() if self.signature else None
        return Enclosure(at.down.divide(one, self.high), at.up.divide(one, self.low), at, signature)

    def __truediv__(self, other: Enclosure) -> Enclosure:
        return self * other.inverse()

    def to_power(self, exponent: int) -> Enclosure:
        """A product of so many equal factors."""
        if exponent < 0:
            return self.to_power(-exponent).inverse()
        result, square = self.at.number(1), self
        while exponent:
            if exponent % 2:
                result = result * square
            exponent //= 2
            square = square * square if exponent else square
        return result

    def _order(self, other: Enclosure | int) -> int:
        return (self - (self.at.number(other) if isinstance(other, int) else other)).sign

    def __gt__(self, other: Enclosure | int) -> bool:
        return self._order(other) > 0

    def __ge__(self, other: Enclosure | int) -> bool:
        return self._order(other) >= 0

    def __lt__(self, other: Enclosure | int) -> bool:
        return self._order(other) < 0

    def __le__(self, other: Enclosure | int) -> bool:
        return self._order(other) <= 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Enclosure | int) and self._order(other) == 0

    __hash__ = None  # type: ignore[assignment]

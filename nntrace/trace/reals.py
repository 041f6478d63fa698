"""A number as the formula that it comes from, enclosed between two decimals as tightly as its digits take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import TYPE_CHECKING, TypeVar

from ..expr import Expr
from ..expr.enclosures import Enclosure, Precision, UndecidedError
from ..expr.real_values import enclosed
from ..expr.scalar import UndefinedError
from ..network.model import Cell

if TYPE_CHECKING:
    from .amount import Amount

R = TypeVar("R", float, Decimal)
MOST_DIGITS, LEAST_DIGITS = 1000, 20
LADDER = (
    Precision(32),
    *(Precision(digits, signed=True) for digits in (64, 128, 256, 512)),
    Precision(MOST_DIGITS, signed=True, last=True),
)
"""From one precision to the next, until the digits that are asked for are settled."""
_SHORT = Context(24, Emin=MIN_EMIN, Emax=MAX_EMAX)


class RealNumber:
    """The number of a formula over other numbers. Computed anew with more digits where that is asked for."""

    __slots__ = ("_formula", "_index", "_read", "_sizes", "enclosure", "rung")

    def __init__(
        self,
        formula: Expr,
        read: dict[tuple[str, Cell], Amount],
        index: Mapping[str, int],
        sizes: Mapping[str, int],
    ) -> None:
        self._formula, self._read, self._index, self._sizes = formula, read, index, sizes
        self.enclosure: Enclosure
        self.rung = -1

    @property
    def is_lost(self) -> bool:
        """Whether it is not to be told from 0, or no digit of it is, by the digits that are computed with."""
        enclosure = self.enclosure
        if not enclosure.at.last or not enclosure.sign:
            return enclosure.at.last
        least = min(enclosure.low.copy_abs(), enclosure.high.copy_abs())
        return enclosure.at.up.subtract(enclosure.high, enclosure.low) > least.scaleb(-LEAST_DIGITS, enclosure.at.up)

    def refine(self, rung: int) -> None:
        """Enclose it, and before it what it is made of, at a step of the ladder. Walks without recursion."""
        pending = [self]
        while pending:
            real = pending[-1]
            before = [one.real for one in real._read.values() if one.real is not None and one.real.rung < rung]
            if real.rung < rung and before:
                pending += before
                continue
            if real.rung < rung:
                real._enclose(real._known, rung)
            pending.pop()

    def _known(self, name: str, cell: Cell) -> Amount:
        return self._read[name, cell]

    def _enclose(self, value: Callable[[str, Cell], Amount], rung: int) -> None:
        at = LADDER[rung]
        self.enclosure = enclosed(
            self._formula, lambda name, cell: between(value(name, cell), rung), self._index, self._sizes, at
        )
        self.rung = rung

    def first(self, value: Callable[[str, Cell], Amount]) -> bool:
        """Enclose it for the first time, so that it is told from 0; whether it is 0.

        Raises ``UndefinedError`` where there is no such number.
        """

        def kept(name: str, cell: Cell) -> Amount:
            self._read[name, cell] = found = value(name, cell)
            return found

        for rung in range(len(LADDER)):
            try:
                self._enclose(kept, rung)
                if not self.enclosure.sign:
                    return self.enclosure.is_zero
                return False
            except UndecidedError:
                continue
        raise UndefinedError

    def nearest(self, rounding: Callable[[Decimal], R]) -> R:
        """What every number of the enclosure is rounded to, once all are to the same; 0 where it is lost."""
        while True:
            low, high = rounding(self.enclosure.low), rounding(self.enclosure.high)
            if low == high:
                return high
            if (short := self._short()) is not None:
                return rounding(short)
            if self.enclosure.at.last:
                return rounding(Decimal(0)) if self.is_lost else high
            self.refine(self.rung + 1)

    def _short(self) -> Decimal | None:
        """The short decimal that it is by algebra, if it is one: it may lie where roundings part."""
        enclosure = self.enclosure
        short = _SHORT.plus(enclosure.high)
        if enclosure.signature is None or not enclosure.low <= short <= enclosure.high:
            return None
        return short if (enclosure - enclosure.at.number(short)).is_zero else None


def between(amount: Amount, rung: int) -> Enclosure:
    """An amount between two decimals. Raises ``UndefinedError`` for one that is known as a float alone."""
    if amount.exact is not None:
        return LADDER[rung].number(amount.exact)
    if amount.real is None:
        raise UndefinedError
    if amount.real.rung < rung:
        amount.real.refine(rung)
    return amount.real.enclosure

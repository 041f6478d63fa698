"""Extreme numbers for a formula, and the formula with these put in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction

from ....expr import Expr, Num, Sym, at, children, expand
from ....expr.bind import free_indices, transform, walk
from ....expr.functions import row_of
from ....trace.amount import Amount, fraction
from ...numbers.digits import Digits
from ..calculus.loss import LossGradient
from ..naming.symbols import Symbols
from .failures import amount_of, decided, number_of
from .formulas import Formula

Values = tuple[Fraction, ...]

LARGE = Fraction(1000)
CERTAIN: tuple[Values, ...] = ((Fraction(1),), (Fraction(0),))
"""The outputs that a loss without logits is tried at."""
MOST_UNITS = 8
"""What reads more units together is tried as if there were three."""
BETWEEN = 900
"""An extreme argument divided by this is an ordinary one."""


class Trials:
    """What the formulas of one network are tried with."""

    def __init__(self, symbols: Symbols, loss: LossGradient | None, digits: Digits) -> None:
        self.symbols = symbols
        self.loss = loss
        self.digits = digits
        self._sizes = {size for one in symbols.network.tensors.values() for size in one.sizes}

    def exponents(self, formula: Formula, form: Expr) -> list[float]:
        """What the functions that can overflow are taken of, where the argument is large, small and between."""
        trials = [*self.of(formula), *(tuple(value / BETWEEN for value in trial) for trial in self.of(formula))]
        places = ((trial, place) for trial in trials for place in self.places(formula, trial))
        return [exponent for at in places for exponent in self.exponents_of(formula, form, *at)]

    def exponents_of(self, formula: Formula, form: Expr, trial: Values, place: int = 0) -> list[float]:
        """The same of one trial."""
        bound = self.bound(formula, form, trial, place)
        calls = (node for node in walk(bound) if (row := row_of(node)) is not None and row.overflows)
        return [number_of(children(call)[0]) for call in calls]

    def of(self, formula: Formula) -> Sequence[Values]:
        """The extreme arguments: a softmax's, with an exponential beyond all numbers, then with all of them below."""
        if formula.is_joint:
            return ((Fraction(0),) * self.units(formula),)
        if formula.argument is None:
            return CERTAIN
        if not formula.together:
            return ((LARGE,), (-LARGE,))
        count = self.units(formula)
        zeros = (Fraction(0),) * (count - 2)
        return ((LARGE, *zeros, -LARGE) if count > 1 else (LARGE,), (-LARGE,) * count)

    def units(self, formula: Formula) -> int:
        """How many elements a softmax is tried with: 3 where their number is a symbol."""
        size = self.symbols.along(formula.tried)
        return int(size) if size.isdigit() and int(size) <= MOST_UNITS else 3

    def places(self, formula: Formula, trial: Values) -> Sequence[int]:
        """Which elements are tried: of a softmax all, of a loss that of the right class, else of the least likely."""
        if formula.of is None and formula.together:
            return (self.class_of(trial),)
        if formula.is_joint:
            return (0,)
        return range(len(trial))

    def class_of(self, trial: Values) -> int:
        """The class that a target of 1 is at: the network's own where it has one."""
        assert self.loss is not None
        known = self.loss.known_class
        if known is not None and known < len(trial):
            return known
        return min(range(len(trial)), key=lambda place: (trial[place], -place))

    @staticmethod
    def target(formula: Formula, trial: Values, cell: int) -> bool:
        """The target that makes the loss large: 1 where a class is tried or an output is small; a tensor that is joined
        to itself is read again by the targets that follow."""
        return formula.together or trial[cell % len(trial)] <= 0

    def plain(self, formula: Formula, trial: Values) -> Iterator[Expr]:
        """The plain formula with numbers, at every place that is tried."""
        return (self.bound(formula, formula.plain, trial, place) for place in self.places(formula, trial))

    def bound(self, formula: Formula, form: Expr, trial: Values, place: int) -> Expr:
        """The form with numbers for z, y, t and the largest z; its sums written out."""
        count = len(trial)
        expanded = expand(at(form, {formula.letter: place}), defaultdict(lambda: count))
        largest = formula.largest

        def leaf(node: Expr) -> Expr | None:
            match node:
                case Sym(name, (int(cell),)) if name == formula.argument:
                    return self.digits.show(fraction(trial[cell])).number
                case Sym(name, (int(cell),)) if name == formula.target:
                    return self.digits.show(fraction(self.target(formula, trial, cell))).number
                case Sym(name, (int(cell),)) if name == formula.output:
                    return self.digits.show(self.inner(formula, trial, cell)).number
                case Sym(name, ()) if name in self._sizes:
                    return Num(count)
                case Sym() if largest is not None and node == largest.symbol:
                    bodies = [
                        self.bound(formula, at(largest.body, {largest.over: cell}), trial, place)
                        for cell in range(count)
                    ]
                    return self.digits.show(amount_of(max(bodies, key=number_of))).number
                case _:
                    return None

        return decided(transform(expanded, leaf))

    def inner(self, formula: Formula, trial: Values, cell: int) -> Amount:
        if formula.inner is None:
            return fraction(trial[cell])
        [letter] = free_indices(formula.inner)
        return amount_of(self.bound(formula._replace(letter=letter), formula.inner, trial, cell))

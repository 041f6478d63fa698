"""Where the plain formula overflows or divides by zero: shown with numbers, beside the formula that does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import isfinite

from ....expr import Expr, Num, Sum, Sym, at, exp, expand, substitute
from ....expr.bind import transform, walk
from ....trace.amount import Amount, fraction
from ...content.model import Line, Note
from ...numbers.digits import Digits
from ..calculus.loss import LossGradient
from ..naming.symbols import Symbols
from ..steps import Part
from .failures import amount_of, decided, failure_of, number_of, reason_of
from .formulas import Formula, has_exponential, of_activation, of_loss, rekeyed

Values = tuple[Fraction, ...]

TOTAL = Sym("Z")
"""The sum that all results of a softmax share, until it has its number."""
LARGE = Fraction(1000)
CERTAIN: tuple[Values, ...] = ((Fraction(1),), (Fraction(0),))
"""The outputs that a loss without logits is tried at."""
MOST_UNITS = 8
"""A softmax over more units is tried as if it had three."""


class Stability:
    """For every activation, and for the loss, that has an exponential or a logarithm."""

    def __init__(
        self, symbols: Symbols, loss: LossGradient | None, digits: Digits, given: Mapping[str, tuple[Values, ...]]
    ) -> None:
        self.symbols = symbols
        self.loss = loss
        self.digits = digits
        self.given = given
        self.total, self.largest = Sym(symbols.letter("sum")), Sym(symbols.letter("largest"))

    def formulas(self) -> Iterator[Formula]:
        """One of each kind of activation, then the loss."""
        seen: set[str] = set()
        for step in self.symbols.layers():
            chosen = not self.given or step.arguments.get("z") in self.given
            if (step.kind not in seen or self.given) and has_exponential(step) and chosen:
                seen.add(step.kind)
                yield of_activation(self.symbols, step)
        loss = self.loss
        if loss is not None and loss.known and (not self.given or loss.step.arguments.get("z") in self.given):
            yield of_loss(self.symbols, loss)

    # -- the steps ---------------------------------------------------------------------------------------------------

    def parts(self) -> Iterator[Part]:
        """For each that fails: the plain formula at extreme arguments, the safe one, the proof, the same numbers."""
        for formula in self.formulas():
            given = self.given.get(formula.keys.get("z", ""), ())
            trials = given or [trial for trial in self._trials(formula) if self._fails(formula, trial)]
            if not trials:
                continue
            keys = {formula.keys.get("y", ""), formula.keys.get("z", "")}
            why = "as the textbook has it" if formula.of is not None else f"what output {self.symbols.index('k')} adds"
            textbook = Line("rule", "=", self._written(formula.plain, formula.keys), ((why,),))
            yield Part(formula.name, (textbook,), keys)
            for trial in trials:
                yield from self._tried(formula, formula.plain, trial, keys)
                if not self._fails(formula, trial):
                    yield Part(formula.name, (), keys, ("nothing overflows here",))
                elif formula.safe is None:
                    yield from self._unavoided(formula, trial, keys)
            if formula.safe is None:
                continue
            yield Part(formula.name, tuple(self._proof(formula, formula.safe)), keys)
            if self._is_shifted(formula.safe):
                first, one = exp(Num(0)), Num(1)
                yield Part(formula.name, (), keys, ("the largest exponent is 0: the sum has ", first, " = ", one,
                    " in it and is at least 1, so no quotient is 0 / 0 and no logarithm that of 0"))  # fmt: skip
            for trial in trials:
                yield from self._tried(formula, formula.safe, trial, keys)

    def _unavoided(self, formula: Formula, trial: Values, keys: set[str]) -> Iterator[Part]:
        """What an overflow means that no other formula is given for."""
        found = [number_of(self._bound(formula, formula.plain, trial, place)) for place in self._places(formula, trial)]
        if all(map(isfinite, found)):
            yield Part(formula.name, (), keys, ("the result is right all the same: a number divided by ∞ is 0",))
        elif formula.of is None:
            yield Part(formula.name, (), keys, ("with an output of exactly 0 or 1 the loss has no finite value",))

    def _proof(self, formula: Formula, safe: Expr) -> Iterator[Line]:
        largest = self._written(Sym("z", ("i",)), formula.keys)
        why: Note = ("the exponent is never above 0",)
        if self._is_shifted(safe):
            why = (self.largest, " is the largest ", largest, ": no exponent is above 0")
        yield Line("rule", "=", self._written(safe, formula.keys), (why,))
        for one in formula.equal:
            yield Line("rule", "=", self._written(one.form, formula.keys), (one.words,))

    @staticmethod
    def _is_shifted(safe: Expr) -> bool:
        return any(symbol == Sym("m") for symbol in walk(safe))

    def _trials(self, formula: Formula) -> Sequence[Values]:
        """The extreme arguments: a softmax's, with an exponential beyond all numbers, then with all of them below."""
        if "z" not in formula.keys:
            return CERTAIN
        if not formula.together:
            return ((LARGE,), (-LARGE,))
        count = self._units(formula)
        zeros = (Fraction(0),) * (count - 2)
        return ((LARGE, *zeros, -LARGE) if count > 1 else (LARGE,), (-LARGE,) * count)

    def _units(self, formula: Formula) -> int:
        """How many elements a softmax is tried with: 3 where their number is a symbol."""
        size = self.symbols.along(formula.keys["z"])
        return int(size) if size.isdigit() and int(size) <= MOST_UNITS else 3

    def _places(self, formula: Formula, trial: Values) -> Sequence[int]:
        """Which elements are tried: of a softmax all, of a loss that of the right class, else of the least likely."""
        if formula.of is None and formula.together:
            return (self._class(trial),)
        return range(len(trial))

    def _class(self, trial: Values) -> int:
        """The class that a target of 1 is at: the network's own where it has one."""
        assert self.loss is not None
        known = self.loss.known_class
        if known is not None and known < len(trial):
            return known
        return min(range(len(trial)), key=lambda place: (trial[place], -place))

    def _fails(self, formula: Formula, trial: Values) -> bool:
        """Whether the plain formula overflows on the way, or comes to nothing."""
        return any(
            any(not isfinite(number_of(part)) for part in walk(bound))
            for bound in (self._bound(formula, formula.plain, trial, place) for place in self._places(formula, trial))
        )

    def _tried(self, formula: Formula, form: Expr, trial: Values, keys: set[str]) -> Iterator[Part]:
        """The form at one set of numbers: the sum that all results share, then each result."""
        yield Part(formula.name, (), keys, self._numbers_note(formula, trial))
        named = next((node for node in walk(form) if isinstance(node, Sum)), None)
        numbers: dict[Expr, Expr] = {}
        rounded = False
        if named is not None:
            form = substitute(form, {named: TOTAL})
            written = self._bound(formula, named, trial, 0)
            total = self.digits.show(amount_of(written))
            numbers[TOTAL] = total.number
            rounded = total.rounded
            yield self._evaluated(self.total, written, keys, failure_of(written))
        before: Expr | None = None
        for place in self._places(formula, trial):
            written = substitute(self._bound(formula, form, trial, place), numbers)
            if written == before:
                yield Part(formula.name, (), keys, ("the others likewise",))
                return
            before = written
            own = formula.together or len(trial) > 1
            name = Sym(formula.name.name, (place,)) if own else formula.name
            yield self._evaluated(
                name, written, keys, reason_of(written), rounded or self._reads_rounded(formula, form, trial, place)
            )

    def _evaluated(self, name: Expr, written: Expr, keys: set[str], reason: Note, rounded: bool = False) -> Part:
        amount = amount_of(written)
        shown = self.digits.show(amount)
        first = "≈" if rounded else "="
        value = "≈" if shown.rounded else first
        lines = (Line("substitution", first, written), Line("value", value, shown.number))
        return Part(name, lines, keys, reason, value=amount.number)

    def _numbers_note(self, formula: Formula, trial: Values) -> Note:
        """At what numbers: ``at z2 = (1000.0, 0.0, -1000.0)``; of a loss with which target."""
        key = formula.keys.get("z", formula.keys.get("y", ""))
        alone = not formula.together and len(trial) == 1
        whole = self.symbols.formulas.name(key)
        z = self.symbols.tensor(Sym(key, (formula.letter,))) if alone else whole
        shown = [self.digits.show(fraction(value)).number for value in trial]
        listed = [part for number in shown for part in (number, ", ")][:-1]
        return ("at ", z, " = ", *(listed if alone else ("(", *listed, ")")), *self._target_note(formula, trial),
                *self._size_note(formula, trial))  # fmt: skip

    def _target_note(self, formula: Formula, trial: Values) -> Note:
        if formula.of is not None:
            return ()
        name = self.symbols.formulas.name(formula.keys["t"]).name
        if formula.together:
            return (" with ", Sym(name, (self._class(trial),)), " = 1")
        targets = [
            self.digits.show(fraction(self._target(formula, trial, place))).number for place in range(len(trial))
        ]
        if len(trial) == 1:
            return (" with ", Sym(name, ("k",)), " = ", targets[0])
        return (" with ", Sym(name), " = (", *[part for one in targets for part in (one, ", ")][:-1], ")")

    def _size_note(self, formula: Formula, trial: Values) -> Note:
        """How many units are tried, where there may be others."""
        size = self.symbols.along(formula.keys["z"]) if formula.together else str(len(trial))
        if size == str(len(trial)):
            return ()
        return (f", for {size} = {len(trial)}",) if not size.isdigit() else (f", as if there were {len(trial)} units",)

    @staticmethod
    def _target(formula: Formula, trial: Values, cell: int) -> bool:
        """The target that makes the loss large: 1 where a class is tried or an output is small."""
        return formula.together or trial[cell] <= 0

    def _bound(self, formula: Formula, form: Expr, trial: Values, place: int) -> Expr:
        """The form with numbers for z, y, t and the largest z; its sums written out."""
        written = expand(at(form, {formula.letter: place}), {"i": len(trial), "j": len(trial)})
        largest = max(trial)

        def leaf(node: Expr) -> Expr | None:
            match node:
                case Sym("z", (int(cell),)):
                    return self.digits.show(fraction(trial[cell])).number
                case Sym("m", ()):
                    return self.digits.show(fraction(largest)).number
                case Sym("t", (int(cell),)):
                    return self.digits.show(fraction(self._target(formula, trial, cell))).number
                case Sym("y", (int(cell),)):
                    return self.digits.show(self._inner(formula, trial, cell)).number
                case _:
                    return None

        return decided(transform(written, leaf))

    def _reads_rounded(self, formula: Formula, form: Expr, trial: Values, place: int) -> bool:
        """Whether a loss reads an output whose digits are rounded."""
        reads = any(isinstance(node, Sym) and node.name == "y" for node in walk(form))
        return reads and self.digits.show(self._inner(formula, trial, place)).rounded

    def _inner(self, formula: Formula, trial: Values, cell: int) -> Amount:
        if formula.inner is None:
            return fraction(trial[cell])
        own = formula._replace(letter="j")
        return amount_of(self._bound(own, formula.inner, trial, cell))

    def _written(self, form: Expr, keys: Mapping[str, str]) -> Expr:
        return self.symbols.named(substitute(rekeyed(form, keys), {Sym("m"): self.largest}))

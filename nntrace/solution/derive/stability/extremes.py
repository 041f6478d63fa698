"""Where the plain formula overflows or divides by zero: shown with numbers, beside the formula that does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import isfinite

from ....expr import Expr, Num, Size, Sum, Sym, exp, substitute
from ....expr.bind import contains, free_indices, walk
from ....expr.functions import restricted
from ....trace.amount import fraction
from ...content.model import Note, listed
from ...numbers.digits import Digits
from ..calculus.loss import LossGradient
from ..naming.symbols import Symbols
from ..steps import Form, Part
from .failures import amount_of, failure_of, number_of, reason_of
from .formulas import CLASS, Formula, can_fail, of_activation, of_loss
from .trials import Trials, Values

TOTAL = Sym("Σ")
"""The sum that all results share, until it has its number."""


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
        self.trials = Trials(symbols, loss, digits)

    def formulas(self) -> Iterator[Formula]:
        """One of each kind of activation, then the loss."""
        seen: set[Expr] = set()
        for step in self.symbols.layers():
            chosen = not self.given or step.argument in self.given
            kind = Sym(step.output) if step.is_formula else step.of()
            if (kind not in seen or self.given) and can_fail(step) and chosen:
                seen.add(kind)
                yield of_activation(self.symbols, step)
        loss = self.loss
        if loss is not None and self.symbols.network.loss_is_known and (not self.given or loss.fused in self.given):
            yield of_loss(self.symbols, loss)

    # -- the steps ---------------------------------------------------------------------------------------------------

    def parts(self) -> Iterator[Part]:
        """For each that fails: the plain formula at extreme arguments, the safe one, the proof, the same numbers."""
        for formula in self.formulas():
            given = self.given.get(formula.argument or "", ())
            trials = given or [trial for trial in self.trials.of(formula) if self._fails(formula, trial)]
            if not trials:
                continue
            yield formula.step([Form(self._in_names(formula, formula.plain), self._why(formula))])
            for trial in trials:
                yield from self._tried(formula, formula.plain, trial)
                if not self._fails(formula, trial):
                    yield formula.remark("nothing overflows here")
                elif formula.safe is None:
                    yield from self._unavoided(formula, trial)
            if formula.safe is None:
                continue
            yield formula.step(self._proof(formula, formula.safe))
            if self._has_one_in_sum(formula, formula.safe):
                logarithms = (one for one in map(restricted, walk(formula.safe)) if one is not None and one[0].pole)
                taken = any(contains(argument, Sum) for _, argument in logarithms)
                so = "its logarithm is finite" if taken else "no quotient is 0 / 0"
                contained = (exp(Num(0)), " = ", Num(1), f" and is at least 1: {so}")
                yield formula.remark("the largest exponent is 0, so the sum contains ", *contained)
            for trial in trials:
                yield from self._tried(formula, formula.safe, trial)

    def _why(self, formula: Formula) -> Note:
        """What the plain formula is."""
        if formula.of is not None:
            return ("the textbook's formula",)
        assert self.loss is not None
        if formula.is_joint or self.symbols.is_single(self.loss.output):
            return ("the loss of one sample",) if self.loss.batch else ("the loss",)
        return ("output ", Sym(self.symbols.index(CLASS)), "'s term in ", self.loss.loss)

    def _unavoided(self, formula: Formula, trial: Values) -> Iterator[Part]:
        """What an overflow means that no other formula is given for."""
        if all(isfinite(number_of(one)) for one in self.trials.plain(formula, trial)):
            yield formula.remark("the result is still right: a number divided by ∞ is 0")
        elif formula.of is None:
            failing = sorted({one[0] for one in self.trials.of(formula) if self._fails(formula, one)})
            outputs = " or ".join(str(number) for number in failing)
            what = f"outputs of exactly {outputs}" if formula.is_joint else f"an output of exactly {outputs}"
            yield formula.remark(f"with {what} the loss has no finite value")

    def _proof(self, formula: Formula, safe: Expr) -> Iterator[Form]:
        why: Note = ()
        if formula.largest is not None:
            each = self._in_names(formula, formula.largest.body)
            why = (self.largest, " is the largest ", each, ": no exponent is positive")
        elif self.trials.exponents(formula, safe):
            why = ("the exponent is never positive",)
        yield Form(self._in_names(formula, safe), why if self._has_no_positive(formula, safe) else ())
        for one in formula.equal:
            named = one.map(lambda form: self._in_names(formula, form))
            yield Form(named.form, named.words)

    def _has_no_positive(self, formula: Formula, safe: Expr) -> bool:
        """Whether no exponent of a formula is above 0, tried with large arguments and with some between."""
        return all(exponent <= 0 for exponent in self.trials.exponents(formula, safe))

    def _has_one_in_sum(self, formula: Formula, safe: Expr) -> bool:
        """Whether a sum has e^0 in it, whatever the arguments are: the largest is taken from each."""
        sums = [node for node in walk(safe) if isinstance(node, Sum)]
        shifted = sums and formula.largest is not None and self._has_no_positive(formula, safe)
        trials = self.trials.of(formula) if shifted else ()
        return bool(trials) and all(
            any(exponent == 0 for exponent in self.trials.exponents_of(formula, sums[0], trial)) for trial in trials
        )

    def _fails(self, formula: Formula, trial: Values) -> bool:
        """Whether the plain formula overflows on the way, or comes to nothing."""
        bound = self.trials.plain(formula, trial)
        return any(not isfinite(number_of(part)) for one in bound for part in walk(one))

    def _tried(self, formula: Formula, form: Expr, trial: Values) -> Iterator[Part]:
        """The form at one set of numbers: the sum that all results share, then each result."""
        yield formula.remark(*self._numbers_note(formula, trial))
        sums = (node for node in walk(form) if isinstance(node, Sum) and formula.letter not in free_indices(node))
        named = next(sums, None)
        numbers: dict[Expr, Expr] = {}
        rounded = False
        if named is not None:
            form = substitute(form, {named: TOTAL})
            bound = self.trials.bound(formula, named, trial, 0)
            total = self.digits.show(amount_of(bound))
            numbers[TOTAL] = total.number
            rounded = total.rounded
            yield self._evaluated(formula, self.total, bound, failure_of(bound))
        before: Expr | None = None
        places = list(self.trials.places(formula, trial))
        for count, place in enumerate(places):
            bound = substitute(self.trials.bound(formula, form, trial, place), numbers)
            if bound == before:
                others = "the other is" if count == len(places) - 1 else "the others are"
                yield formula.remark(f"{others} the same")
                return
            before = bound
            own = not formula.is_joint and (formula.together or len(trial) > 1)
            name = self._element(formula, place) if own else formula.name
            inexact = rounded or self._is_of_rounded(formula, form, trial, place)
            yield self._evaluated(formula, name, bound, reason_of(bound), inexact)

    def _element(self, formula: Formula, place: int) -> Sym:
        """One element of what a formula gives, by the user's name for it."""
        of = formula.of
        return Sym(formula.name.name, (place,)) if of is None else self.symbols.tensor(Sym(of.name, (place,)))

    def _evaluated(self, formula: Formula, name: Expr, put_in: Expr, reason: Note, rounded: bool = False) -> Part:
        amount = amount_of(put_in)
        shown = self.digits.show(amount)
        first = "≈" if rounded else "="
        value = "≈" if shown.rounded else first
        lines = (Form(put_in, (), "substitution", first), Form(shown.number, (), "value", value))
        return formula.step(lines, reason, name, amount.number)

    def _numbers_note(self, formula: Formula, trial: Values) -> Note:
        """At what numbers: ``at z2 = (1000.0, 0.0, -1000.0)``; of a loss with which target."""
        alone = not formula.together and len(trial) == 1 and not formula.is_joint

        def equation(key: str, values: Iterable[Fraction | int]) -> Note:
            symbol = self.symbols.tensor(Sym(key, (formula.letter,))) if alone else self.symbols.formulas.name(key)
            numbers = listed(self.digits.show(fraction(value)).number for value in values)
            return (symbol, " = ", *(numbers if alone else ("(", *numbers, ")")))

        target: Note = ()
        if formula.of is None and formula.together:
            target = (" with ", self.symbols.tensor(Sym(str(formula.target), (self.trials.class_of(trial),))), " = 1")
        elif formula.of is None:
            targets = (self.trials.target(formula, trial, place) for place in range(len(trial)))
            target = (" with ", *equation(str(formula.target), targets))
        return ("at ", *equation(formula.tried, trial), *target, *self._size_note(formula, trial))

    def _size_note(self, formula: Formula, trial: Values) -> Note:
        """How many units are tried, where there may be others."""
        every = formula.together or contains(formula.plain, Sum)
        size = self.symbols.along(formula.tried) if every else str(len(trial))
        if size == str(len(trial)):
            return ()
        if size.isdigit():
            return (f", as if there were {len(trial)} units",)
        return (", for ", Sym(size), " = ", Num(len(trial)))

    def _is_of_rounded(self, formula: Formula, form: Expr, trial: Values, place: int) -> bool:
        """Whether a loss reads an output whose digits are rounded."""
        is_read = any(isinstance(node, Sym) and node.name == formula.output for node in walk(form))
        return is_read and self.digits.show(self.trials.inner(formula, trial, place)).rounded

    def _in_names(self, formula: Formula, form: Expr) -> Expr:
        """A form in the tensors' names."""
        largest: dict[Expr, Expr] = {} if formula.largest is None else {formula.largest.symbol: self.largest}
        size = self.symbols.along(formula.tried)
        sizes = {node.over: size for node in walk(form) if isinstance(node, Size)}
        return self.symbols.named(substitute(form, largest), sizes)

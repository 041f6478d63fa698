"""One element's formula on the sheet: written out in the user's names, with numbers for names, and term by term."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from decimal import Decimal
from functools import partial

from ...expr import ZERO, Add, Expr, Indicator, Mul, Neg, Num, Partial, Rest, Sym, partial_key, rename, symbols
from ...expr.bind import contains, transform, walk
from ...expr.functions import decided_by_sign, is_step
from ...expr.literals import Literals
from ...network.model import Element, own_number
from ...trace.amount import Amount, carried, fraction
from ...trace.trace import Trace
from ..content.model import Line, LineKind, Note
from ..numbers.digits import Digits, NumbersShown, Shown
from .agreement import LINE_DIGITS, LineForm, form_giving
from .expansion import ElementFormulas, Expansion
from .naming import Naming, cell_of
from .terms import begins, folded_sign, is_finite, is_nothing, sum_inside, with_signs


class Writer(ElementFormulas):
    """Writes formulas of one trace with the sheet's digits. ``full`` cuts no sum.

    ``precise`` is the same trace in full precision, where this one carries rounded numbers.
    """

    def __init__(self, trace: Trace, digits: Digits, full: bool = False, precise: Trace | None = None) -> None:
        super().__init__(trace, full)
        self.precise = precise if precise is not None and precise is not trace else None
        self.digits = digits
        self.naming = Naming(self.network)
        self._sample: int | None = None
        self._literals: dict[tuple[str, bool], Literals] = {}

    def literals(self, key: str, gradient: bool = False) -> Literals:
        """The digits of every element of a tensor (or of its gradient) in a trace of arrays, row by row."""
        if (key, gradient) not in self._literals:
            arrays = self.trace.gradients if gradient else self.trace.arrays
            self._literals[key, gradient] = self.digits.literals(arrays[key].ravel())
        return self._literals[key, gradient]

    def knowing(self, numbers: Mapping[str, Amount], counts: Mapping[str, int] = {}) -> Writer:
        """The same writer with the numbers of further symbols, by their names; counts are written without a point."""
        other = copy(self)
        other.extra = {**self.extra, **numbers, **{name: fraction(count) for name, count in counts.items()}}
        other.counts = {**self.counts, **counts}
        return other

    # -- samples -----------------------------------------------------------------------------------------------------

    @contextmanager
    def within(self, element: Element) -> Iterator[None]:
        """While a step of one sample is written, that sample's symbols carry no mark."""
        sampled = self.network.tensors[element.key].sampled
        before, self._sample = self._sample, element.cell[0] if sampled else None
        try:
            yield
        finally:
            self._sample = before

    def sample_of(self, element: Element) -> int | None:
        """The sample of an element, counted from 1; ``None`` for what all samples share."""
        tensor = self.network.tensors[element.key]
        return own_number(tensor.chosen, element.cell[0]) + 1 if tensor.sampled else None

    # -- names -------------------------------------------------------------------------------------------------------

    def symbol(self, element: Element) -> Sym:
        """An element as the sheet writes it here."""
        return self.naming.element(element, self._sample)

    def name(self, symbol: Sym | Partial) -> Expr:
        """A symbol over keys as the sheet writes it here."""
        if isinstance(symbol, Sym) and symbol.name + symbol.mark in self.extra:
            return symbol
        return self.naming.symbol(symbol, self._sample)

    def gradient_name(self, element: Element) -> Expr:
        """∂L/∂element as the sheet writes it here."""
        return self.naming.gradient(element, self._sample)

    def partial(self, element: Element) -> Partial:
        """∂L/∂element, written as a derivative."""
        return self.naming.partial(element, self._sample)

    # -- lines -------------------------------------------------------------------------------------------------------

    def named(self, body: Expr) -> Expr:
        """An expression over keys in the user's names."""
        return rename(body, self.name)

    def substituted(self, expansion: Expansion, digits: Digits | None = None) -> tuple[Expr, bool]:
        """One number for each symbol, in the same order; and whether any of them was rounded."""
        number = NumbersShown(digits or self.digits)

        def leaf(part: Expr) -> Expr | None:
            match part:
                case Sym(name) if name in self.counts:
                    return Num(self.counts[name])
                case Sym() | Partial():
                    return number(self.read(part))
                case Indicator():
                    amount = self.evaluate(part)
                    return Num(int(amount.number)) if amount.is_finite else number(amount)
                case Neg(Indicator() as one) if self.evaluate(one).exact == 0 and begins(part, expansion.body):
                    return ZERO
                case Rest(count, _, noun):
                    return Rest(count, number(expansion.rests[part]), noun)
                case _:
                    return None

        return transform(expansion.body, leaf), number.rounded

    def difference(self, value: Amount, precisely: Callable[[Trace], Amount]) -> Note:
        """What full precision gives, where that differs from a carried number in a digit that is shown."""
        if self.precise is None or value.carried is None:
            return ()
        precise = carried(precisely(self.precise), self.network.conventions.rounding)
        if precise.carried == value.carried:
            return ()
        return ("in full precision ", self.digits.show(precise).number)

    def read(self, symbol: Sym | Partial) -> Amount:
        """The number of a symbol or a gradient over keys."""
        if isinstance(symbol, Partial):
            return self.amount(partial_key(symbol.of.name, symbol.by.name), cell_of(symbol.by))
        return self.amount(symbol.name + symbol.mark, cell_of(symbol))

    def terms(self, expansion: Expansion, digits: Digits) -> LineForm:
        """One number for each term, its sign folded; ``None`` where the formula is no sum."""
        found_sum = sum_inside(expansion.body, self.network)
        if found_sum is None:
            return None
        outer, inner = found_sum
        number = NumbersShown(digits)
        folded: list[Expr] = []
        for term in inner.terms:
            if isinstance(term, Rest):
                folded.append(Rest(term.count, number(expansion.rests[term]), term.noun))
            else:
                folded.append(folded_sign(term, number(self._with_rests(term, expansion.rests)), first=not folded))
        body = rename(outer(Add(tuple(folded))), lambda one: number(self.read(one)))
        return body, number.rounded

    def signs(self, expansion: Expansion, digits: Digits) -> LineForm:
        """The substitution with what its signs come to, 1 or -1; ``None`` where none has a number, or a factor is 0."""
        found: list[int] = []

        def leaf(part: Expr) -> Expr | None:
            if not is_step(part) or not (amount := self.evaluate(part)).is_finite:
                return None
            found.append(int(amount.sign))
            return Num(found[-1])

        body = transform(expansion.body, leaf)
        if not found or not isinstance(body, Mul | Neg):
            return None
        form = self.substituted(Expansion(body, expansion.rests), digits)
        return None if is_nothing(form[0], True) else form

    def _with_rests(self, term: Expr, rests: Mapping[Expr, Amount]) -> Amount:
        """The number of a term; what the long sums inside it leave out is taken from ``rests``."""
        left_out: list[Amount] = []

        def leaf(part: Expr) -> Expr | None:
            if not isinstance(part, Rest):
                return None
            left_out.append(rests[part])
            number = left_out[-1].exact
            return Rest(part.count, Num(Decimal(left_out[-1].number) if number is None else number), part.noun)

        amount = self.evaluate(transform(term, leaf))
        match term:
            case (Sym() as alone) | Neg(Sym() as alone):
                return amount._replace(typed=self.read(alone).typed)
        return amount if all(one.exact is not None for one in left_out) else Amount(amount.number)

    def lines(
        self,
        expansion: Expansion,
        value: Amount,
        before: tuple[Line, ...] = (),
        notes: tuple[Note, ...] = (),
        kind: LineKind = "formula",
    ) -> tuple[Line, ...]:
        """Formula = substitution = terms = value, a form left out where it would repeat its neighbour.

        From the first rounded number on, the sign is ``≈``, but where 0 times that is 0. A line from whose digits the
        value does not come out has more of them, unless a long sum in it is cut.
        """
        result = list(before)
        digits, found = self._giving(self.substituted, expansion, value)
        if digits.significant > LINE_DIGITS and self._must_give(expansion, value):
            apart = transform(expansion.body, self.complement)  # with 1 - a from what a is made of
            if apart != expansion.body:
                result.append(Line("rule", "=", self.named(expansion.body), notes))
                expansion, notes = expansion._replace(body=apart), self._ones(expansion.body)
                _, found = self._giving(self.substituted, expansion, value)
        formula = self.named(expansion.body)
        shown: Shown = self.digits.show(value)
        if with_signs(formula) == shown.number:  # a formula that is a number, such as 1
            exactly = self.digits.show(self.evaluate(expansion.body))
            return (*result, Line("value", exactly.relation, exactly.number, notes))
        result.append(Line(kind, "=", formula, notes))
        forms: list[tuple[LineKind, Expr, bool]] = []
        assert found is not None
        substitution, rounded = found
        signed = with_signs(substitution)
        if signed != shown.number and substitution != formula:
            forms.append(("substitution", substitution, rounded))
        _, terms = self._giving(lambda *one: self.terms(*one) or self.signs(*one), expansion, value)
        if terms is not None and with_signs(terms[0]) not in (signed, shown.number):
            forms.append(("terms", *terms))
        if value.exact == 0:  # nothing, however large the factor beside it
            forms = [form for form in forms if all(map(is_finite, walk(form[1])))]
        forms.append(("value", shown.number, shown.rounded or value.rounded))
        about = nothing = False
        for form, body, inexact in forms:
            own = self._without_zeros(expansion) if value.exact == 0 and form == "substitution" else body
            was_nothing = nothing
            stays = form == "value" or (nothing and not sum_inside(expansion.body, self.network))  # in rounded terms
            nothing = value.number == 0 and (stays or is_nothing(own, value.exact == 0))
            about = (about or inexact) and not (was_nothing and nothing)
            result.append(Line(form, "≈" if about else "=", body))
        return tuple(result)

    def _without_zeros(self, expansion: Expansion) -> Expr:
        """The substitution with 0 for each sum of exact numbers that comes to it, such as 1.0 - 1.0."""

        def leaf(node: Expr) -> Expr | None:
            if not isinstance(node, Add) or contains(node, Rest) or self.evaluate(node).exact != 0:
                return None
            return None if any(self.digits.show(self.read(one)).rounded for one in symbols(node)) else ZERO

        return self.substituted(expansion._replace(body=transform(expansion.body, leaf)))[0]

    def equal_to(self, value: Amount) -> Note:
        """``= -0.5``, or ``≈`` with a rounded number, for behind a name."""
        shown = self.digits.show(value)
        return (f" {shown.relation} ", shown.number)

    def given(self, value: Amount, notes: tuple[Note, ...] = ()) -> Line:
        """The only line of a number that is given."""
        shown = self.digits.show(value)
        return Line("value", shown.relation, shown.number, notes)

    def _must_give(self, expansion: Expansion, value: Amount) -> bool:
        """Whether a line's digits are to give its value: not where these are carried, or a sum is cut."""
        carried = self.network.conventions.rounding.places is not None
        return self.trace.elementwise and not (carried or expansion.rests or value.is_lost)

    def _giving(
        self, form: Callable[[Expansion, Digits], LineForm], expansion: Expansion, value: Amount
    ) -> tuple[Digits, LineForm]:
        """The digits that it takes for a form of a line to give its value, beside a carried one no fewer decimals; and
        the form with these."""
        digits = self.digits
        if value.carried is not None:
            place = value.carried.as_tuple().exponent
            digits = digits._replace(down_to=place if isinstance(place, int) else None)
            if expansion.rests:
                return digits, form(expansion, digits)
        elif not self._must_give(expansion, value):
            return digits, form(expansion, digits)
        sides = partial(self._telling_sides, expansion)
        return form_giving(lambda digits: form(expansion, digits), digits, self.digits.show(value), sides)

    def _telling_sides(self, expansion: Expansion, digits: Digits) -> Digits:
        """The digits with which each argument whose sign decides, such as a divisor, shows its own sign."""
        for argument in filter(None, map(decided_by_sign, walk(expansion.body))):
            value, own = self.evaluate(argument), Expansion(argument)
            printed, _ = self.substituted(own, digits)
            if value.is_lost or not all(map(is_finite, walk(printed))):
                continue
            if self.evaluate(printed).sign != value.sign:
                digits, _ = form_giving(partial(self.substituted, own), digits, self.digits.show(value))
        return digits

    def _ones(self, body: Expr) -> tuple[Note, ...]:
        """``t = 1`` of a symbol whose number was used where a formula was written without the cancellation."""
        sums = [node.terms for node in walk(body) if isinstance(node, Add) and self.complement(node) is not None]
        addends = (part.body if isinstance(part, Neg) else part for terms in sums for part in terms)
        return tuple(
            (self.named(one), " = 1") for one in dict.fromkeys(addends) if isinstance(one, Sym) and self.is_one(one)
        )

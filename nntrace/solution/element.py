"""One element's formula on the sheet: written out in the user's names, with numbers for names, and term by term."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from math import isinf, isnan
from typing import NamedTuple

from ..catalogue import KINDS
from ..expr import (
    ONE,
    ZERO,
    Add,
    Call,
    Cases,
    Condition,
    Expr,
    Index,
    Indicator,
    Mul,
    Neg,
    Num,
    Partial,
    Rest,
    Sum,
    Sym,
    approximate,
    at,
    exact,
    expand,
    free_indices,
    holds,
    ln,
    partial_key,
    product,
    rename,
    symbols,
    total,
)  # fmt: skip
from ..expr.bind import extent, is_absent, transform
from ..network.adjoint import LOSS
from ..network.model import Cell, Element, Network, Step, Tensor
from ..network.quantities import quantity
from ..trace.amount import Amount, carried
from ..trace.trace import Trace
from .model import Line, LineKind, Note
from .numbers import Digits, Shown

SHOWN_FIRST, SHOWN_LAST, LONGEST_SUM = 3, 1, 12


class Written(NamedTuple):
    """A formula over keys and bound indices (``Sym("W1", (0, 1))``), with what its ``Rest`` nodes come to, in order.

    ``decided`` are the conditions of the cases that it stood on, each with how it turned out: only the case that
    holds is written.
    """

    body: Expr
    rests: tuple[Amount, ...] = ()
    decided: tuple[tuple[Condition, bool], ...] = ()


class _Writing(NamedTuple):
    """What is gathered while one formula is written out."""

    sizes: Mapping[str, int]
    rests: list[Amount]
    decided: dict[Condition, bool]


class Writer:
    """Writes formulas of one trace with the sheet's digits. ``full`` cuts no sum.

    ``precise`` is the same trace in full precision, where this one carries rounded numbers.
    """

    def __init__(self, trace: Trace, digits: Digits, full: bool = False, precise: Trace | None = None) -> None:
        self.trace = trace
        self.precise = precise if precise is not None and precise is not trace else None
        self.network: Network = trace.network
        self.digits = digits
        self.full = full
        self._weighted = {step.output for step in self.network.steps if step.kind in KINDS["layer"]}
        self._sample: int | None = None
        self.extra: dict[str, Amount] = {}
        """Numbers of symbols that are no elements of the network, such as the learning rate."""

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
        return element.cell[0] + 1 if self.network.tensors[element.key].sampled else None

    def symbol(self, element: Element) -> Sym:
        """An element as the sheet writes it here."""
        found = self.network.symbol(element)
        tensor = self.network.tensors[element.key]
        own = tensor.sampled and element.cell[0] == self._sample and tensor.shape[1:]
        return Sym(found.name, found.index) if own else found

    # -- names and numbers of symbols ------------------------------------------------------------------------------

    def name(self, symbol: Sym | Partial) -> Expr:
        """A symbol over keys as the sheet writes it: the user's name, ``δ_h1``, ``∂MSE/∂h3``."""
        if isinstance(symbol, Partial):
            by = Element(symbol.by.name, _cell(symbol.by))
            if symbol.of == LOSS:
                return self.gradient_name(by)
            return Partial(self.symbol(Element(symbol.of.name, _cell(symbol.of))), self.symbol(by))
        if symbol.name not in self.network.tensors:
            return symbol
        return self.symbol(Element(symbol.name, _cell(symbol)))

    def gradient_name(self, element: Element) -> Expr:
        """∂L/∂element: δ for a layer's result before its activation."""
        if not self.is_delta(element.key):
            return self.partial(element)
        tensor, symbol = self.network.tensors[element.key], self.symbol(element)
        default = tensor.given_name(element.cell) is None and tensor.name == tensor.key
        name = f"δ{tensor.key.removeprefix('z')}" if default else f"δ_{symbol.name}"
        return Sym(name, symbol.index, symbol.mark)

    def partial(self, element: Element) -> Partial:
        """∂L/∂element, written as a derivative."""
        assert self.network.loss is not None
        return Partial(self.network.tensors[self.network.loss].symbol(()), self.symbol(element))

    def is_delta(self, key: str) -> bool:
        """Whether a tensor is a layer's result before its activation."""
        return key in self._weighted

    def amount(self, name: str, cell: Cell) -> Amount:
        """The number of a symbol over keys."""
        if name in self.extra:
            return self.extra[name]
        prefix = partial_key(LOSS.name, "")
        if name.startswith(prefix):
            return self.trace.total(quantity(self.network, Element(name.removeprefix(prefix), cell)))
        return self.trace.value(Element(name, cell))

    def evaluate(self, body: Expr) -> Amount:
        """The number of an expression over keys."""
        whole = exact(body, lambda name, cell: self.amount(name, cell).exact)
        if whole is not None:
            return Amount(float(whole), whole)
        return Amount(approximate(body, lambda name, cell: self.amount(name, cell).number))

    # -- formulas ----------------------------------------------------------------------------------------------------

    def write(self, formula: Expr, step: Step, index: Mapping[str, int]) -> Written:
        """An operation's formula for one element, over keys, its sums written out and long ones cut."""

        def keyed(symbol: Sym | Partial) -> Expr:
            if isinstance(symbol, Partial):
                return Partial(LOSS, Sym(step.key(symbol.by.name), symbol.by.index))
            return Sym(step.key(symbol.name), symbol.index)

        bound = rename(at(formula, index), keyed)
        writing = _Writing(step.sizes, [], {})
        body = self._written_out(bound, writing)
        return Written(body, tuple(writing.rests), tuple(writing.decided.items()))

    def _decided(self, cases: Cases, writing: _Writing) -> Expr:
        """Of a distinction of cases the one that holds; a constant stays as a factor that is seen."""
        condition = cases.condition
        held = writing.decided[condition] = self.holds(condition)
        chosen = cases.then if held else cases.otherwise
        if isinstance(chosen, Num):
            return Num(Decimal(chosen.value)) if isinstance(chosen.value, int) else chosen
        return self._written_out(chosen, writing)

    def _written_out(self, node: Expr, writing: _Writing) -> Expr:
        """Sums written out, connections that are missing left out, the middle of a long sum as a ``Rest``."""

        def leaf(part: Expr) -> Expr | None:
            match part:
                case Sym(name, index, _):
                    tensor = self.network.tensors.get(name)
                    return self._structure(tensor, index) if tensor is not None and tensor.structural else None
                case Cases(condition) if not free_indices(Indicator(condition)):
                    return self._decided(part, writing)
                case Sum(over, body):
                    return self._long_sum(over, body, writing)
                case Add(terms):
                    kept = (self._written_out(term, writing) for term in terms if not self._absent(term))
                    return folded(total(kept))
                case Neg(body):
                    return zero_or(Neg, self._written_out(body, writing))
                case Call("xln", (factor, argument)):
                    weight, inner = (self._written_out(one, writing) for one in (factor, argument))
                    return ZERO if weight == ZERO else ln(inner) if weight == ONE else Call("xln", (weight, inner))
                case Mul(factors):
                    return product(self._written_out(factor, writing) for factor in factors)
                case _:
                    return None

        return expand(transform(node, leaf), writing.sizes)

    def _long_sum(self, over: str, body: Expr, writing: _Writing) -> Expr:
        places = [
            place
            for place in range(extent(over, writing.sizes))
            if not self._is_nothing(at(body, {over: place}), writing)
        ]
        if self.full or len(places) <= LONGEST_SUM:
            return total(self._written_out(at(body, {over: place}), writing) for place in places)
        first, middle, last = places[:SHOWN_FIRST], places[SHOWN_FIRST:-SHOWN_LAST], places[-SHOWN_LAST:]
        writing.rests.append(self._together(over, body, middle, writing.sizes))
        return Add(
            (
                *(self._written_out(at(body, {over: place}), writing) for place in first),
                Rest(len(middle), None),
                *(self._written_out(at(body, {over: place}), writing) for place in last),
            )
        )

    def _together(self, over: str, body: Expr, places: list[int], sizes: Mapping[str, int]) -> Amount:
        def number(name: str, cell: Cell) -> float:
            return self.amount(name, cell).number

        if self.trace.elementwise:
            parts = [
                exact(body, lambda name, cell: self.amount(name, cell).exact, {over: place}, sizes) for place in places
            ]
            known = [part for part in parts if part is not None]
            if len(known) == len(places):
                whole = sum(known, Fraction(0))
                return Amount(float(whole), whole)
        return Amount(sum(approximate(body, number, {over: place}, sizes) for place in places))

    def _is_nothing(self, addend: Expr, writing: _Writing) -> bool:
        """Whether an addend is no part of the formula: a missing connection, or a structural zero."""
        if self._absent(addend):
            return True
        structural = any(self.network.tensors[s.name].structural for s in symbols(addend) if isinstance(s, Sym))
        return structural and self._written_out(addend, writing._replace(rests=[], decided={})) == ZERO

    @staticmethod
    def _structure(tensor: Tensor, index: tuple[Index, ...]) -> Expr | None:
        """The zero or one of a class target, once its place is known."""
        cell = tuple(i for i in index if isinstance(i, int))
        return Num(int((tensor.typed or {})[cell])) if len(cell) == len(index) else None

    def _absent(self, term: Expr) -> bool:
        def absent(symbol: Sym) -> bool:
            tensor = self.network.tensors.get(symbol.name)
            return tensor is not None and symbol.index in tensor.missing

        return is_absent(term, absent)

    # -- lines -------------------------------------------------------------------------------------------------------

    def named(self, body: Expr) -> Expr:
        """An expression over keys in the user's names."""
        return rename(body, self.name)

    def substituted(self, written: Written) -> tuple[Expr, bool]:
        """One number for each symbol, in the same order; and whether any of them was rounded."""
        rounded = False
        rests = iter(written.rests)

        def shown(amount: Amount) -> Num:
            nonlocal rounded
            found = self.digits.show(amount)
            rounded = rounded or found.rounded
            return found.number

        def leaf(part: Expr) -> Expr | None:
            match part:
                case Sym(name, index, _):
                    return shown(self.amount(name, index))  # type: ignore[arg-type]
                case Partial(of, by):
                    return shown(self.amount(partial_key(of.name, by.name), _cell(by)))
                case Indicator(condition):
                    return Num(int(self.holds(condition)))
                case Rest(count, _, noun):
                    return Rest(count, shown(next(rests)), noun)
                case _:
                    return None

        return transform(written.body, leaf), rounded

    def difference(self, value: Amount, precisely: Callable[[Trace], Amount]) -> Note:
        """What full precision gives, where that differs from a carried number in a digit that is shown."""
        if self.precise is None or value.shown is None:
            return ()
        precise = carried(precisely(self.precise), self.network.conventions.rounding)
        if precise.exact == value.exact:
            return ()
        return ("in full precision ", self.digits.show(precise).number)

    @staticmethod
    def undefined(value: Amount) -> Note:
        """Why a number is none, where it is an infinity or not a number."""
        if isinf(value.number):
            return ("beyond 1.8×10³⁰⁸, the largest number that is computed with",)
        return ("undefined, such as ∞ - ∞ or 0 × ∞",) if isnan(value.number) else ()

    def holds(self, condition: Condition) -> bool:
        """Whether a condition over keys holds."""
        return holds(condition, lambda name, cell: self.amount(name, cell).number)

    def terms(self, written: Written) -> tuple[Expr, bool] | None:
        """One number for each term, its sign folded; ``None`` where the formula is no sum."""
        found_sum = _sum_inside(written.body)
        if found_sum is None:
            return None
        outer, inner = found_sum
        rounded = False
        rests = iter(written.rests)
        folded: list[Expr] = []
        for term in inner.terms:
            if isinstance(term, Rest):
                found = self.digits.show(next(rests))
                folded.append(Rest(term.count, found.number, term.noun))
            else:
                found = self.digits.show(self.evaluate(term))
                folded.append(folded_sign(term, found.decimal, first=not folded))
            rounded = rounded or found.rounded
        return outer(Add(tuple(folded))), rounded

    def lines(
        self,
        written: Written,
        value: Amount,
        before: tuple[Line, ...] = (),
        notes: tuple[Note, ...] = (),
        formula: Expr | None = None,
        kind: LineKind = "formula",
        summands: bool = False,
    ) -> tuple[Line, ...]:
        """Formula = substitution = terms = value, a form left out where it would repeat its neighbour.

        From the first rounded number on, the sign is ``≈``.
        """
        formula = formula if formula is not None else self.named(written.body)
        result = [*before, Line(kind, "=", formula, notes, summands=summands)]
        shown: Shown = self.digits.show(value)
        substitution, rounded = self.substituted(written)
        forms: list[tuple[LineKind, Expr, bool]] = []
        if substitution != shown.number:
            forms.append(("substitution", substitution, rounded))
        terms = self.terms(written)
        if terms is not None and terms[0] not in (substitution, shown.number):
            forms.append(("terms", *terms))
        forms.append(("value", shown.number, shown.rounded or value.rounded))
        about = False
        for form, body, inexact in forms:
            about = about or inexact
            result.append(Line(form, "≈" if about else "=", body))
        return tuple(result)


def folded_sign(term: Expr, value: Decimal, first: bool) -> Expr:
    """A term's number: as it is in front, a difference behind where it is negative (a zero keeps its term's sign)."""
    negative = not value.is_nan() and value < 0
    subtracted = negative or (not value and isinstance(term, Neg))
    return Neg(Num(-value if value else value)) if subtracted and not first else Num(value)


def folded(body: Expr) -> Expr:
    """A sum of the formula's own integers as one integer: 1 - 1 is 0."""
    numbers = [term.body if isinstance(term, Neg) else term for term in body.terms] if isinstance(body, Add) else []
    if not numbers or not all(isinstance(number, Num) and isinstance(number.value, int) for number in numbers):
        return body
    assert isinstance(body, Add)
    return Num(sum(-t.body.value if isinstance(t, Neg) else t.value for t in body.terms))  # type: ignore[attr-defined]


def zero_or(kind: Callable[[Expr], Expr], body: Expr) -> Expr:
    """Nothing of nothing is nothing; else the node around its body."""
    return ZERO if body == ZERO else kind(body)


def _sum_inside(body: Expr) -> tuple[Callable[[Expr], Expr], Add] | None:
    """The sum whose terms are worked out: the formula itself, or the one sum that a constant multiplies."""
    if isinstance(body, Add):
        return (lambda inner: inner), body
    if isinstance(body, Mul):
        sums = [place for place, factor in enumerate(body.factors) if isinstance(factor, Add)]
        constants = all(not list(symbols(factor)) for place, factor in enumerate(body.factors) if place not in sums)
        if len(sums) == 1 and constants:
            place = sums[0]
            inner = body.factors[place]
            assert isinstance(inner, Add)
            factors = body.factors
            return (lambda new: Mul((*factors[:place], new, *factors[place + 1 :]))), inner
    return None


def _cell(symbol: Sym) -> Cell:
    return tuple(int(index) for index in symbol.index)

"""An operation's formula for one element, written out over the tensors' keys, with a number for every symbol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from itertools import product as cells_of

from ...expr import (
    ONE,
    ZERO,
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Rest,
    Size,
    Sum,
    Sym,
    at,
    free_indices,
    ln,
    maximum,
    partial_key,
    product,
    simplify,
    symbols,
    terms_of,
    total,
)  # fmt: skip
from ...expr.bind import contains, extent, transform
from ...expr.functions import spelled_out
from ...expr.structure import is_zero
from ...network.chain_rule import LOSS, keyed
from ...network.model import BoundOperation, Cell, Element, Network
from ...network.quantities import quantity
from ...record import Record
from ...trace.amount import Amount, compared, decided, evaluated, sum_of
from ...trace.trace import Trace
from .presence import Presence

SHOWN_FIRST, SHOWN_LAST, LONGEST_SUM = 3, 1, 12


class Expansion(Record):
    """A formula over keys and bound indices (``Sym("W1", (0, 1))``), with what its ``Rest`` nodes come to.

    ``decided`` are the conditions of the cases that it stood on, each with how it turned out: only the case that
    holds is written. ``deciding`` are those that made a difference: the others' two cases meet here, and come to the
    same.
    """

    body: Expr
    rests: Mapping[Expr, Amount] = {}
    decided: tuple[tuple[Condition, bool], ...] = ()
    deciding: tuple[tuple[Condition, bool], ...] = ()


class _Writing(Record):
    """What is gathered while one formula is written out."""

    sizes: Mapping[str, int]
    rests: dict[Expr, Amount]
    decided: dict[Condition, bool]
    continuous: set[Condition]


class ElementFormulas:
    """The formulas of one trace's elements. ``full`` cuts no sum."""

    def __init__(self, trace: Trace, full: bool = False) -> None:
        self.trace = trace
        self.network: Network = trace.network
        self.presence = Presence(trace)
        self.full = full
        self._why: dict[str, str] = {}
        self.extra: Mapping[str, Amount] = {}
        """Numbers of symbols that are no elements of the network, such as the learning rate."""
        self.counts: Mapping[str, int] = {}
        """Those of them that count something, such as the number of a step."""

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
        return evaluated(body, self.amount)

    def holds(self, condition: Condition, sizes: Mapping[str, int] = {}) -> bool:
        """Whether a condition over keys holds; ``sizes`` are those of the sums in it."""
        return decided(condition, self.amount, {}, sizes)

    def write(self, formula: Expr, step: BoundOperation, index: Mapping[str, int]) -> Expansion:
        """An operation's formula for one element, over keys, its sums written out and long ones cut."""
        writing = _Writing(step.sizes, {}, {}, set())
        body = self._expanded(keyed(at(formula, index), step), writing)
        deciding = tuple(one for one in writing.decided.items() if one[0] not in writing.continuous)
        return Expansion(body, writing.rests, tuple(writing.decided.items()), deciding)

    def why(self, step: BoundOperation) -> str:
        """What a line is for, or by which case of its numbers it is worked out, the same in every sample."""
        if step.output not in self._why:
            place, cases = 0, keyed(step.numeric, step)
            while isinstance(cases, Cases) and not self.holds(cases.condition, step.sizes):
                place, cases = place + 1, cases.otherwise
            self._why[step.output] = step.reasons[place]
        return self._why[step.output]

    @cached_property
    def _steps(self) -> Mapping[str, BoundOperation]:
        return self.network.made_by

    def uncancelled(self, node: Expr) -> Expr | None:
        """What a sum with a result in it comes to, over keys, not from that result; ``None`` where no entry says it."""
        for result in (one for one in symbols(node) if isinstance(one, Sym)):
            step = self._steps.get(result.name)
            if step is None or not step.operation.complements:
                continue
            axes = map(str, step.operation.output.index)
            index = {axis: place for axis, place in zip(axes, result.index, strict=True) if isinstance(place, int)}
            for whole, rest in step.operation.complements.items():
                if self.write(whole, step, index).body == node:
                    return self.write(rest, step, index).body
        return None

    def complement(self, node: Expr) -> Expr | None:
        """A sum of two, as 1 - a, or its logarithm, from what a is made of; ``None`` where no entry says it."""
        match node:
            case Add((first, Neg(second))) if self.is_one(first):
                return self.uncancelled(1 - second)
            case Add((first, Neg(second))) if self.is_one(second):
                left = self.uncancelled(1 - first)
                return None if left is None else Neg(left)
            case Add((_, _)):
                return self.uncancelled(node)
            case Call(_, (Sym() as part,)) if node == ln(part):
                left = self.uncancelled(1 - part)
                return None if left is None else ln(1 - left)
            case _:
                return None

    def is_one(self, node: Expr) -> bool:
        """Whether it is the number 1, or a symbol that has it."""
        return isinstance(node, Num | Sym) and self.evaluate(node).exact == 1

    def _decided(self, cases: Cases, writing: _Writing) -> Expr:
        """Of a distinction of cases the one that holds; a constant stays as a factor that is seen, 1 or 0 as the
        indicator that it is. Where both cases are the same, nothing is decided."""
        left, right = (self._expanded(side, writing) for side in (cases.condition.left, cases.condition.right))
        condition = Condition(left, cases.condition.relation, right)
        is_true = compared(condition, self.amount)
        if cases.then != cases.otherwise and is_true is not None:
            writing.decided[condition] = is_true
            if self._is_continuous(cases, writing.sizes):
                writing.continuous.add(condition)
        if (cases.then, cases.otherwise) == (ONE, ZERO):
            return Indicator(condition)
        if is_true is None:
            return Cases(condition, *(self._expanded(side, writing) for side in (cases.then, cases.otherwise)))
        chosen = cases.then if is_true else cases.otherwise
        if isinstance(chosen, Num):
            return Num(Decimal(chosen.value)) if isinstance(chosen.value, int) else chosen
        return self._expanded(chosen, writing)

    def _is_continuous(self, cases: Cases, sizes: Mapping[str, int]) -> bool:
        """Whether both cases hold just as well and come to the same."""
        meet = Condition(cases.condition.left, "=", cases.condition.right)
        same = Condition(cases.then, "=", cases.otherwise)
        return all(decided(one, self.amount, {}, sizes) for one in (meet, same))

    def _expanded(self, node: Expr, writing: _Writing) -> Expr:
        """Sums written out, connections that are missing left out, the middle of a long sum as a ``Rest``."""

        def leaf(part: Expr) -> Expr | None:
            match part:
                case Sym():
                    return self.presence.structure(part)
                case Cases(condition) if not free_indices(Indicator(condition)):
                    return self._decided(part, writing)
                case Sum(over, body):
                    return self._long_sum(over, body, writing)
                case Max(over, body):
                    places = ({over: place} for place in range(extent(over, writing.sizes)))
                    every = [self._expanded(at(body, place), writing) for place in places]
                    return maximum(*every) if len(every) > 1 else every[0]
                case Add(terms):
                    kept = (self._expanded(term, writing) for term in terms if not self.presence.is_absent(term))
                    return folded(total(kept))
                case Neg(body):
                    return zero_or(Neg, self._expanded(body, writing))
                case Div(top, bottom):
                    below = self._expanded(bottom, writing)
                    return zero_or(lambda above: Div(above, below), self._expanded(top, writing))
                case Call(function, args) if spelled_out(part) is not None:
                    return _weighed(Call(function, tuple(self._expanded(one, writing) for one in args)))
                case Mul(factors):
                    return product(self._expanded(factor, writing) for factor in factors)
                case Size(over):
                    return Num(extent(over, writing.sizes))
                case _:
                    return None

        if isinstance(node, Sym):  # most often
            return self.presence.structure(node) or node
        return transform(node, leaf)

    def _long_sum(self, over: str, body: Expr, writing: _Writing) -> Expr:
        indices = [over]
        while isinstance(body, Sum) and body.over not in indices:  # Σ_j Σ_i is one long sum
            indices.append(body.over)
            body = body.body
        places = list(cells_of(*(range(extent(index, writing.sizes)) for index in indices)))

        def addend(place: Cell) -> Expr:
            return at(body, dict(zip(indices, place, strict=True)))

        if contains(body, Delta):
            places = [place for place in places if not is_zero(_decided_deltas(addend(place)))]
        if self.presence.may_lack(body):
            places = [place for place in places if not self._is_nothing(addend(place), writing)]
        if self.full or len(places) <= LONGEST_SUM:
            return total(self._expanded(addend(place), writing) for place in places)
        first, middle, last = places[:SHOWN_FIRST], places[SHOWN_FIRST:-SHOWN_LAST], places[-SHOWN_LAST:]
        before = [self._expanded(addend(place), writing) for place in first]  # a sum in it may be cut too
        left_out = Rest(len(middle), None, of=(body, tuple(indices), middle[0], middle[-1]))
        if left_out not in writing.rests:
            writing.rests[left_out] = self._together(body, indices, middle, writing.sizes)
        after = (self._expanded(addend(place), writing) for place in last)
        return Add((*before, left_out, *after))

    def _together(self, body: Expr, indices: list[str], places: list[Cell], sizes: Mapping[str, int]) -> Amount:
        if self.trace.elementwise:
            bound = (dict(zip(indices, place, strict=True)) for place in places)
            return sum_of([evaluated(body, self.amount, place, sizes) for place in bound])
        from ...trace.arrays import summed

        return summed(self.trace, body, indices, places, sizes, self.extra)

    def _is_nothing(self, addend: Expr, writing: _Writing) -> bool:
        """Whether an addend is no part of the formula: a missing connection, or a structural zero."""
        if self.presence.is_absent(addend):
            return True
        structural = any(self.network.tensors[s.name].structural for s in symbols(addend) if isinstance(s, Sym))
        return structural and self._expanded(addend, writing._replace(rests={}, decided={}, continuous=set())) == ZERO


def _decided_deltas(node: Expr) -> Expr:
    """Products and sums without the ones and zeros that their δs have come to."""
    match node:
        case Mul(factors):
            return product(map(_decided_deltas, factors))
        case Add(terms):
            return total(map(_decided_deltas, terms))
        case Neg(body):
            return zero_or(Neg, _decided_deltas(body))
        case _:
            return node


def folded(body: Expr) -> Expr:
    """A sum of the formula's own integers as one integer: 1 - 1 is 0."""
    numbers = [term.body if isinstance(term, Neg) else term for term in terms_of(body)]
    integers = all(isinstance(number, Num) and isinstance(number.value, int) for number in numbers)
    return simplify(body) if isinstance(body, Add) and integers else body


def _weighed(call: Call) -> Expr:
    """A function that is written as a product: nothing where its first factor is 0, the others where it is 1."""
    match call.args[0], spelled_out(call):
        case Num(0), Mul() | Div():
            return ZERO
        case Num(1), Mul((_, *others)):
            return product(others)
        case _:
            return call


def zero_or(kind: Callable[[Expr], Expr], body: Expr) -> Expr:
    """Nothing of nothing is nothing; else the node around its body."""
    return ZERO if body == ZERO else kind(body)

"""The update on the sheet: each line of the optimizer as a step, and a table; always from the old values.

In a full listing a large tensor's rows are told by arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...catalogue.update_rule import EVERY, every_g, g, new, w
from ...expr import Add, Expr, Num, Partial, Rest, Sum, Sym, rename
from ...expr.bind import transform
from ...expr.structure import as_sum
from ...network.chain_rule import LOSS
from ...network.model import Element, Tensor
from ...network.quantities import Parts, Quantity, Unnamed, frozen, learned, partly_frozen
from ...trace.amount import Amount
from ...trace.update import Update, constants, named
from ..content.model import Again, Note, Quantities, Step, Stretch, Table
from ..formulas.element import Writer
from ..formulas.expansion import LONGEST_SUM, SHOWN_FIRST, SHOWN_LAST, Expansion
from ..formulas.undefined import why_undefined
from .families import Families
from .ids import Ids

GRADIENT = Sym("gradient")


def _of_one(body: Expr, found: Quantity) -> Expr:
    """What a sum over the parameters has of one of them."""
    slope = Partial(LOSS, Sym(found.uses[0].key, found.uses[0].cell))
    return rename(body, lambda symbol: slope if symbol == every_g else symbol)


def of_parameter(symbol: Sym, parameter: Sym) -> Sym:
    """A line's symbol for one parameter: the state m of w21 is ``m_w21``."""
    return Sym(f"{symbol.name}_{parameter.name}", parameter.index, symbol.mark)


def line_id(update: str, place: int, count: int) -> str:
    """The id of a line: the last has the update's own, ``U3``, those before it a letter behind it, ``U3a``."""
    return update if place == count - 1 else update + line_letter(place)


def line_letter(place: int) -> str:
    """What tells the lines of one parameter apart: a, b, …, z, aa, ab, …"""
    letters = "abcdefghijklmnopqrstuvwxyz"
    first, last = divmod(place, len(letters))
    return (letters[first - 1] if first else "") + letters[last]


class Updates:
    """Writes the steps and the tables of one update.

    ``writer`` is that of the trace in which the gradients are taken.
    """

    def __init__(self, writer: Writer, ids: Ids, families: Families, update: Update) -> None:
        self.ids = ids
        self.families = families
        self.update = update
        self.rule = update.rule
        counts = {symbol.name: count for symbol, count in update.counts.items()}
        self.writer = writer.knowing(named({**constants(self.rule), **update.shared}), counts)

    def given(self) -> Iterator[Quantities]:
        """The numbers of the optimizer's options, and which step it is."""
        numbers = [((symbol,), (self.writer.digits.show(one).number,)) for symbol, one in constants(self.rule).items()]
        counted = [((symbol,), (Num(count),)) for symbol, count in self.update.counts.items()]
        if numbers or counted:
            yield Quantities((*numbers, *counted))

    def shared_steps(self) -> Iterator[Step]:
        """The lines that come first and once for all parameters."""
        for place, (symbol, formula) in enumerate(self.rule.shared):
            value = self.update.shared[symbol]
            lines = self.writer.lines(self._over_all(formula), value)
            id = f"U0{line_letter(place)}"
            yield Step(id, "update", symbol, lines, value.number, value.exact, compact=True)

    def _over_all(self, formula: Expr) -> Expansion:
        """A formula with its sums over the parameters that learn written out, the middle of a long one left out."""
        every = learned(self.writer.network)
        rests: dict[Expr, Amount] = {}

        def leaf(node: Expr) -> Expr | None:
            match node:
                case Sum(over, body) if over == EVERY:
                    if self.writer.full or len(every) <= LONGEST_SUM:
                        return as_sum([_of_one(body, one) for one in every])
                    first, last = every[:SHOWN_FIRST], every[-SHOWN_LAST:]
                    between = slice(SHOWN_FIRST, len(every) - SHOWN_LAST)
                    known = {name: self.writer.extra[name] for name in self.rule.common if name in self.writer.extra}
                    left_out = Rest(len(every) - SHOWN_FIRST - SHOWN_LAST, None, of=body)
                    rests[left_out] = self.update.before.shared_number(node, known, between)
                    return Add(
                        (*(_of_one(body, one) for one in first), left_out, *(_of_one(body, one) for one in last))
                    )
            return None

        return Expansion(transform(formula, leaf), rests)

    def steps(self, found: Quantity) -> Iterator[Step]:
        """The lines for one parameter, the last as ``U3: w21⁺ = w21 - lr × ∂L/∂w21 = … = new``."""
        first = found.uses[0]
        writer = self._knowing(found)
        for place, (symbol, formula) in enumerate(self.rule.lines):
            value, body = self.update.result(symbol, first), self._bound(formula, found)
            own = of_parameter(symbol, found.symbol)
            name = Sym(found.symbol.name, found.symbol.index, symbol.mark) if symbol == new(w) else own
            id = line_id(self.ids.of("U", first), place, len(self.rule.lines))
            lines, reason = writer.lines(Expansion(body), value), why_undefined(writer, value, body)
            yield Step(id, "update", name, lines, value.number, value.exact, reason, compact=True)

    def _knowing(self, found: Quantity) -> Writer:
        """A writer that knows the optimizer's symbols for one parameter."""
        first = found.uses[0]
        numbers = self.update.common(first.key)
        own = self.update.of_one(first)
        numbers |= {of_parameter(symbol, found.symbol): number for symbol, number in own.items()}
        if self._is_ahead:
            numbers[found.symbol] = self.update.before.value(first)
        return self.writer.knowing(named(numbers))

    @property
    def _is_ahead(self) -> bool:
        """Whether the gradients are taken elsewhere: then the parameters of that place have other names."""
        return self.update.before.ahead is not self.update.before

    def _bound(self, formula: Expr, found: Quantity) -> Expr:
        """A formula of the optimizer for one parameter, over keys."""
        key = Sym(found.uses[0].key, found.uses[0].cell)
        meant: dict[Expr, Expr] = {w: found.symbol if self._is_ahead else key, g: Partial(LOSS, key)}
        meant |= {symbol: of_parameter(symbol, found.symbol) for symbol in self.rule.own}
        return rename(formula, lambda symbol: meant.get(symbol, symbol))

    def table(self, parameters: Sequence[Quantity]) -> Table:
        """One row for each parameter, with a column for each line; a frozen one says that it keeps its value."""

        def steps() -> Iterator[Step]:
            for found in parameters:
                if not frozen(self.writer.network, found):
                    *_, last = self.steps(found)
                    yield last

        def rows() -> Iterator[tuple[Note, ...] | Stretch]:
            for part in Parts([parameters]).parts:
                if isinstance(part, Unnamed) and self._is_stretch(part.tensor):
                    yield self._stretch(part.tensor)
                else:
                    yield from map(self._row, part)

        return Table(self._columns, Again(rows), Again(steps))

    def ahead_step(self, found: Quantity, marked: Sym) -> Step:
        """Where the gradient is taken: ``w̃21 = w21 - β × v_w21``."""
        assert self.rule.ahead is not None
        first = found.uses[0]
        value = self.update.before.ahead.value(first)
        lines = self._knowing(found).lines(Expansion(self._bound(self.rule.ahead, found)), value)
        return Step(self.ids.of("A", first), "forward", marked, lines, value.number, value.exact, compact=True)

    @property
    def _columns(self) -> tuple[Note, ...]:
        own: list[Note] = [(symbol,) for symbol, _ in self.rule.lines[:-1]]
        change = self.rule.change
        if change is not None:
            own.append((rename(change, lambda symbol: GRADIENT if symbol == g else symbol),))
        return ("id",), ("parameter",), ("old",), (GRADIENT,), *own, ("new",)

    def _row(self, found: Quantity) -> tuple[Note, ...]:
        first = found.uses[0]
        kept = frozen(self.writer.network, found)
        own: list[Amount | None] = [None] * (len(self._columns) - 5)
        if not kept or len(self.rule.lines) == 1:
            own = [self.update.result(symbol, first) for symbol, _ in self.rule.lines[:-1]]
            if self.rule.change is not None:
                own.append(self._knowing(found).evaluate(self._bound(self.rule.change, found)))
        before = self.update.before
        amounts = (before.value(first), before.ahead.total(found), *own, self.update.after.value(first))
        return (
            (self.ids.of("U", first),),
            (found.symbol, " (frozen)") if kept else (found.symbol,),
            *(() if amount is None else (self.writer.digits.show(amount).number,) for amount in amounts),
        )

    def _is_stretch(self, tensor: Tensor) -> bool:
        """Whether the rows of a tensor differ in nothing but elements and floats: none of it is frozen."""
        moving = self.families.has(tensor) and not partly_frozen(self.writer.network, tensor)
        return moving and tensor.key in self.update.before.ahead.totals

    def _stretch(self, tensor: Tensor) -> Stretch:
        from ...trace.array_update import column

        key, first = tensor.key, (0,) * len(tensor.shape)
        lines = [self.update.lines[symbol][key] for symbol, _ in self.rule.lines[:-1]]
        if self.rule.change is not None:
            lines.append(column(self.update, self.rule.change, key))
        before, digits = self.update.before, self.writer.digits
        given = key in before.network.training.gradients
        numbers = (
            digits.literals(before.arrays[key].ravel()) if self._is_ahead else self.writer.literals(key),
            digits.literals(before.totals[key].ravel()) if given else self.writer.literals(key, gradient=True),
            *(digits.literals(line.ravel()) for line in lines),
            digits.literals(self.update.after.arrays[key].ravel()),
        )
        return Stretch("U", self.ids.number("U", Element(key, first)), tensor.symbol(first), tensor.shape, numbers)

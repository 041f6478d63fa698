"""The update on the sheet: each line of the optimizer as a step, and a table; always from the old values.

In a full listing a large tensor's rows are told by arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from string import ascii_lowercase

from ...catalogue.update_rule import g, new, t, w
from ...expr import Expr, Num, Partial, Sym, rename
from ...network.chain_rule import LOSS
from ...network.model import Element, Tensor
from ...network.quantities import Parts, Quantity, Unnamed, frozen, partly_frozen
from ...trace.amount import Amount
from ...trace.update import Update, constants
from ..content.model import Again, Note, Quantities, Step, Stretch, Table
from ..formulas.element import Writer
from ..formulas.expansion import Written
from .families import Families
from .ids import Ids

GRADIENT = Sym("gradient")


def of_parameter(symbol: Sym, parameter: Sym) -> Sym:
    """A line's symbol for one parameter: the state m of w21 is ``m_w21``."""
    return Sym(f"{symbol.name}_{parameter.name}", parameter.index, symbol.mark)


def by_name(numbers: Mapping[Sym, Amount]) -> dict[str, Amount]:
    """Numbers of symbols without indices by what these are looked up by."""
    return {symbol.name + symbol.mark: number for symbol, number in numbers.items()}


def line_id(update: str, place: int, count: int) -> str:
    """The id of a line: the last has the update's own, ``U3``, those before it a letter behind it, ``U3a``."""
    return update if place == count - 1 else update + ascii_lowercase[place]


class Updates:
    """Writes the steps and the table of one update."""

    def __init__(self, writer: Writer, ids: Ids, families: Families, update: Update) -> None:
        self.writer = writer
        self.ids = ids
        self.families = families
        self.update = update
        self.rule = update.rule

    def given(self) -> Iterator[Quantities]:
        """The numbers of the optimizer's options, and which step it is."""
        shown = [(symbol, self.writer.digits.show(one).number) for symbol, one in constants(self.rule).items()]
        counted = [(t, Num(self.update.number))] if self.rule.counts_steps else []
        if shown or counted:
            yield Quantities((), (*shown, *counted))

    def steps(self, found: Quantity) -> Iterator[Step]:
        """The lines for one parameter, the last as ``U3: w21⁺ = w21 - lr × ∂L/∂w21 = … = new``."""
        first = found.uses[0]
        writer = self._knowing(found)
        for place, (symbol, formula) in enumerate(self.rule.lines):
            value = self.update.result(symbol, first)
            yield Step(
                line_id(self.ids.of("U", first), place, len(self.rule.lines)),
                "update",
                self._of(symbol, found),
                writer.lines(Written(self._bound(formula, found)), value),
                value.number,
                value.exact,
                compact=True,
            )

    def lines_before(self, found: Quantity) -> list[Step]:
        """The lines for one parameter that lead to its new value."""
        return list(self.steps(found))[:-1]

    def _knowing(self, found: Quantity) -> Writer:
        """A writer that knows the optimizer's symbols for one parameter."""
        first = found.uses[0]
        numbers = self.update.common(first.key)
        if not frozen(self.writer.network, found):
            own = self.rule.own
            numbers |= {of_parameter(symbol, found.symbol): self.update.result(symbol, first) for symbol in own}
        return self.writer.knowing(by_name(numbers), {t.name: self.update.number})

    def _of(self, symbol: Sym, found: Quantity) -> Sym:
        """One of the optimizer's symbols as the sheet writes it for one parameter."""
        if symbol == new(w):
            return Sym(found.symbol.name, found.symbol.index, symbol.mark)
        return of_parameter(symbol, found.symbol) if symbol in self.rule.own else symbol

    def _bound(self, formula: Expr, found: Quantity) -> Expr:
        """A formula of the optimizer for one parameter, over keys."""
        key = Sym(found.uses[0].key, found.uses[0].cell)
        meant: dict[Expr, Expr] = {w: key, g: Partial(LOSS, key)}
        meant |= {symbol: self._of(symbol, found) for symbol in self.rule.own}
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
        amounts = (self.writer.trace.value(first), self.writer.trace.total(found), *own, self.update.after.value(first))
        return (
            (self.ids.of("U", first),),
            (found.symbol, " (frozen)") if kept else (found.symbol,),
            *(() if amount is None else (self.writer.digits.show(amount).number,) for amount in amounts),
        )

    def _is_stretch(self, tensor: Tensor) -> bool:
        """Whether the rows of a tensor differ in nothing but elements and floats: none of it is frozen."""
        moving = self.families.has(tensor) and not partly_frozen(self.writer.network, tensor)
        return moving and tensor.key in self.writer.trace.gradients

    def _stretch(self, tensor: Tensor) -> Stretch:
        from ...trace.array_update import column

        key, first = tensor.key, (0,) * len(tensor.shape)
        lines = [self.update.lines[symbol][key] for symbol, _ in self.rule.lines[:-1]]
        if self.rule.change is not None:
            lines.append(column(self.update, self.rule.change, key))
        numbers = (
            self.writer.literals(key),
            self.writer.literals(key, gradient=True),
            *(self.writer.digits.literals(line.ravel()) for line in lines),
            self.writer.digits.literals(self.update.after.arrays[key].ravel()),
        )
        return Stretch("U", self.ids.number("U", Element(key, first)), tensor.symbol(first), tensor.shape, numbers)

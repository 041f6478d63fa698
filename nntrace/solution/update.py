"""The update on the sheet: one line for one parameter, a table for several; always from the old values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from ..catalogue import Operation
from ..expr import Expr, Partial, Sym, rename
from ..network.adjoint import LOSS
from ..network.quantities import Quantity, frozen
from ..trace.amount import Amount
from ..trace.trace import GRADIENT_DESCENT, Trace
from .element import Writer
from .ids import Ids
from .model import Again, Note, Step, Table
from .written import Written

COLUMNS: tuple[Note, ...] = (("id",), ("parameter",), ("old",), ("gradient",), ("lr × gradient",), ("new",))


def update_step(writer: Writer, ids: Ids, found: Quantity, after: Trace) -> Step:
    """U3: w21⁺ = w21 - lr × ∂L/∂w21 = … = new, from the optimizer's formula."""
    first = found.uses[0]
    new = after.value(first)
    written = Written(_bound(GRADIENT_DESCENT, found))
    return Step(
        ids.of("U", first),
        "update",
        Sym(found.symbol.name, found.symbol.index, "⁺"),
        writer.lines(written, new),
        new.number,
        new.exact,
        compact=True,
    )


def _bound(operation: Operation, found: Quantity) -> Expr:
    """The optimizer's formula for one parameter, over keys."""
    first = found.uses[0]
    meant: dict[str, Expr] = {
        "w": Sym(first.key, first.cell),
        "g": Partial(LOSS, Sym(first.key, first.cell)),
        "lr": Sym("lr"),
    }
    return rename(operation.formula, lambda symbol: meant[symbol.name] if isinstance(symbol, Sym) else symbol)


def update_table(writer: Writer, ids: Ids, parameters: Sequence[Quantity], after: Trace, rate: Fraction) -> Table:
    """One row for each parameter; a frozen one says that it keeps its value."""

    def steps() -> Iterator[Step]:
        learned = (found for found in parameters if not frozen(writer.network, found))
        return (update_step(writer, ids, found, after) for found in learned)

    return Table(COLUMNS, Again(lambda: _rows(writer, ids, parameters, after, rate)), Again(steps))


def _rows(
    writer: Writer, ids: Ids, parameters: Sequence[Quantity], after: Trace, rate: Fraction
) -> Iterator[tuple[Note, ...]]:
    def cell(amount: Amount) -> Note:
        return (writer.digits.show(amount).number,)

    for found in parameters:
        first = found.uses[0]
        gradient = writer.trace.total(found)
        change = Amount(float(rate) * gradient.number, None if gradient.exact is None else rate * gradient.exact)
        kept = frozen(writer.network, found)
        yield (
            (ids.of("U", first),),
            (found.symbol, " (frozen)") if kept else (found.symbol,),
            cell(writer.trace.value(first)),
            cell(gradient),
            cell(change),
            cell(after.value(first)),
        )

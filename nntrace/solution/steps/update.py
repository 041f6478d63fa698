"""The update on the sheet: one line for one parameter, a table for several; always from the old values.

In a full listing a large tensor's rows are told by arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from ...catalogue import Operation
from ...expr import Expr, Partial, Sym, rename
from ...network.chain_rule import LOSS
from ...network.model import Element, Tensor
from ...network.quantities import Parts, Quantity, Unnamed, frozen, partly_frozen
from ...trace.amount import Amount
from ...trace.trace import GRADIENT_DESCENT, Trace
from ..content.model import Again, Note, Step, Stretch, Table
from ..formulas.element import Writer
from ..formulas.expansion import Written
from .families import Families
from .ids import Ids

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


def update_table(
    writer: Writer, ids: Ids, families: Families, parameters: Sequence[Quantity], after: Trace, rate: Fraction
) -> Table:
    """One row for each parameter; a frozen one says that it keeps its value."""

    def steps() -> Iterator[Step]:
        learned = (found for found in parameters if not frozen(writer.network, found))
        return (update_step(writer, ids, found, after) for found in learned)

    def rows() -> Iterator[tuple[Note, ...] | Stretch]:
        for part in Parts([parameters]).parts:
            if isinstance(part, Unnamed) and _is_stretch(writer, families, part.tensor):
                yield _stretch(writer, ids, part.tensor, after, rate)
            else:
                yield from (_row(writer, ids, found, after, rate) for found in part)

    return Table(COLUMNS, Again(rows), Again(steps))


def _row(writer: Writer, ids: Ids, found: Quantity, after: Trace, rate: Fraction) -> tuple[Note, ...]:
    first = found.uses[0]
    gradient = writer.trace.total(found)
    change = Amount(float(rate) * gradient.number, None if gradient.exact is None else rate * gradient.exact)
    amounts = (writer.trace.value(first), gradient, change, after.value(first))
    kept = frozen(writer.network, found)
    return (
        (ids.of("U", first),),
        (found.symbol, " (frozen)") if kept else (found.symbol,),
        *((writer.digits.show(amount).number,) for amount in amounts),
    )


def _is_stretch(writer: Writer, families: Families, tensor: Tensor) -> bool:
    """Whether the rows of a tensor differ in nothing but elements and floats: none of it is frozen."""
    moving = families.has(tensor) and not partly_frozen(writer.network, tensor)
    return moving and tensor.key in writer.trace.gradients


def _stretch(writer: Writer, ids: Ids, tensor: Tensor, after: Trace, rate: Fraction) -> Stretch:
    import numpy as np

    first = (0,) * len(tensor.shape)
    with np.errstate(over="ignore"):  # an overflow is an infinity
        change = float(rate) * writer.trace.gradients[tensor.key].ravel()
    numbers = (
        writer.literals(tensor.key),
        writer.literals(tensor.key, gradient=True),
        writer.digits.literals(change),
        writer.digits.literals(after.arrays[tensor.key].ravel()),
    )
    return Stretch("U", ids.number("U", Element(tensor.key, first)), tensor.symbol(first), tensor.shape, numbers)

"""The forward pass on the sheet: every element of every layer's result, then the loss."""

from __future__ import annotations

from collections.abc import Iterator

from ..expr import Add
from ..network.model import Cell, Element
from ..network.model import Step as NetworkStep
from .element import Writer
from .ids import Ids
from .model import Remark, SectionName, Step
from .reasons import decisions, inactive

MOST_ELEMENTS = 40
SHOWN_ELEMENTS = 3


def forward_steps(writer: Writer, ids: Ids) -> Iterator[Step | Remark]:
    """F1, F2, …: the layers' results in order; of a wide layer the first and the last elements."""
    for step in writer.network.layer_steps():
        yield from layer_steps(writer, ids, step, "forward")


def loss_steps(writer: Writer, ids: Ids) -> Iterator[Step | Remark]:
    """L1, L2, …: the parts of the loss if they have names, then the loss."""
    for step in writer.network.loss_steps():
        yield from layer_steps(writer, ids, step, "loss")


def layer_steps(writer: Writer, ids: Ids, step: NetworkStep, section: SectionName) -> Iterator[Step | Remark]:
    """The elements of one tensor, cut in the middle where there are many."""
    cells = list(writer.network.tensors[step.output].cells())
    for cell in shown_cells(cells, writer.full):
        if isinstance(cell, int):
            yield more(cell)
        else:
            yield element_step(writer, ids, step, cell, section)


def shown_cells(cells: list[Cell], full: bool, most: int = MOST_ELEMENTS) -> Iterator[Cell | int]:
    """The cells to be shown; where there are more than ``most``, the number of those left out in their place."""
    if full or len(cells) <= most:
        yield from cells
        return
    yield from cells[:SHOWN_ELEMENTS]
    yield len(cells) - SHOWN_ELEMENTS - 1
    yield cells[-1]


def more(count: int) -> Remark:
    """How many steps are left out, and how to see them."""
    return Remark((f"… {count} more like these (--full shows all)",))


def element_step(writer: Writer, ids: Ids, step: NetworkStep, cell: Cell, section: SectionName) -> Step:
    """One element: formula, substitution, terms, value."""
    axes = (str(index) for index in step.operation.output.index)
    written = writer.write(step.operation.formula, step, dict(zip(axes, cell, strict=True)))
    element = Element(step.output, cell)
    value = writer.trace.value(element)
    return Step(
        ids.of("F" if section == "forward" else "L", element),
        section,
        writer.network.symbol(element),
        writer.lines(written, value),
        value.number,
        value.exact,
        inactive(writer, written.body) or decisions(writer, written.decided, slope=False),
        compact=not isinstance(written.body, Add) and section == "forward",
    )

"""What lies before a unit whose number is given in place of its formula: a difference tells nothing of it there."""

from __future__ import annotations

from ...expr import Sym, symbols
from ...network.model import Element
from ...network.quantities import Quantity
from ..formulas.element import Writer
from ..formulas.naming import cell_of


def behind_given(writer: Writer, asked: list[Quantity]) -> list[Quantity]:
    """Those quantities from which a way leads to a given unit; in a large network by whole tensors."""
    keys = writer.network.before_given()
    behind = [one for one in asked if any(use.key in keys for use in one.uses)]
    if not behind or not writer.trace.elementwise:
        return behind
    elements = _read_by_given(writer)
    return [one for one in behind if not elements.isdisjoint(one.uses)]


def _read_by_given(writer: Writer) -> set[Element]:
    """Every element that the formulas of given units read, and theirs in turn."""
    network, full = writer.network, Writer(writer.trace, writer.digits, full=True)
    steps = {step.output: step for step in network.steps}
    pending = [
        Element(key, cell)
        for key, tensor in network.tensors.items()
        for cell in (tensor.cells() if tensor.overridden else ())
        if cell[tensor.sampled :] in tensor.overridden
    ]
    found: set[Element] = set()
    while pending:
        element = pending.pop()
        step = steps.get(element.key)
        if step is None:
            continue
        for symbol in symbols(full.write(step.operation.formula, step, step.at(element.cell)).body):
            if isinstance(symbol, Sym) and (read := Element(symbol.name, cell_of(symbol))) not in found:
                found.add(read)
                pending.append(read)
    return found

"""Why a decision fell as it did: ``h1 = 2.0 > 0``, and what a dead unit means for its parameters."""

from __future__ import annotations

from collections.abc import Iterator

from ..expr import Call, Condition, Expr, Indicator, Num, Sym, children, symbols
from ..network.model import Element, Network, Step
from ..network.quantities import quantity
from .element import Writer
from .model import Note

OPPOSITE = {">": "≤", "≥": "<", "<": "≥", "≤": ">", "=": "≠", "≠": "="}
MOST_NAMED = 6


def inactive(writer: Writer, body: Expr) -> Note:
    """For a maximum that is its constant: which argument is not above it, ``inactive: h2 = -0.5 ≤ 0``."""
    match body:
        case Call("max", (Num() as floor, Sym() as symbol)):
            condition = Condition(symbol, "≤", floor)
            if writer.holds(condition):
                return ("inactive: ", *_compared(writer, condition))
    return ()


def decisions(writer: Writer, body: Expr) -> Note:
    """The conditions that a formula's indicators stand on, as they turned out; the convention where it decided."""
    notes: Note = ()
    for condition in dict.fromkeys(_conditions(body)):
        held = writer.holds(condition)
        relation = condition.relation if held else OPPOSITE[condition.relation]
        if notes:
            notes += (", ",)
        notes += _compared(writer, Condition(condition.left, relation, condition.right))
        if writer.evaluate(condition.left).number == writer.evaluate(condition.right).number:
            slope = writer.network.conventions.relu_at_zero
            notes += (f", at the kink the {'right' if slope else 'left'} slope (relu_at_zero: {slope})",)
    return notes


def _conditions(body: Expr) -> Iterator[Condition]:
    if isinstance(body, Indicator):
        yield body.condition
    for part in children(body):
        yield from _conditions(part)


def _compared(writer: Writer, condition: Condition) -> Note:
    """``h2 = -0.5 ≤ 0``: the quantity, its number, and how this compares."""
    shown = writer.digits.show(writer.evaluate(condition.left))
    about = " ≈ " if shown.rounded else " = "
    right = condition.right if isinstance(condition.right, Num) else writer.named(condition.right)
    return (writer.named(condition.left), about, shown.number, f" {condition.relation} ", right)


def no_gradient(network: Network, writer: Writer, element: Element, step: Step) -> Note:
    """Which parameters of a dead unit therefore get nothing; a tied one still gets its share elsewhere."""
    index = {str(axis): place for axis, place in zip(step.operation.output.index, element.cell, strict=True)}
    named: list[Sym] = []
    count = 0
    for symbol in symbols(writer.write(step.operation.formula, step, index).body):
        if isinstance(symbol, Sym) and network.tensors[symbol.name].role == "parameter":
            found = quantity(network, Element(symbol.name, symbol.index))  # type: ignore[arg-type]
            if len(found.uses) == 1 and found.role == "parameter":
                named.append(found.symbol)
    for key in dict.fromkeys(step.arguments.values()):
        tensor = network.tensors[key]
        if tensor.role == "parameter" and tensor.shape:
            count += 1 if len(tensor.shape) == 1 else step.sizes["i"]
    if not named:
        return ()
    if count > max(MOST_NAMED, len(named)):
        return (f": its {count} parameters get no gradient",)
    if len(named) == 1:
        return (": ", named[0], " gets no gradient")
    words: Note = (": ",)
    for place, name in enumerate(named):
        words += (name, "" if place == len(named) - 1 else " and " if place == len(named) - 2 else ", ")
    return (*words, " get no gradient")

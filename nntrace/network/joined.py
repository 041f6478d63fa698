"""What has no form for joined arguments and formulas: it says so."""

from __future__ import annotations

from ..errors import UserError
from ..expr import Sym, symbols
from ..expr.index import Segment
from .model import Network


def refuse_joined(network: Network, command: str) -> None:
    """Raise a ``UserError`` where a step reads several tensors, or single elements, as one argument."""
    for step in network.steps:
        read = [one for one in symbols(step.operation.formula) if isinstance(one, Sym)]
        if step.is_formula or any(isinstance(index, int | Segment) for one in read for index in one.index):
            name = network.tensors[step.output].name or step.output
            what = "a formula, as {} has it," if step.is_formula else "joined arguments, as {} has them,"
            raise UserError(f"{command} of {what.format(name)} is not supported\n  leave --depth out")

"""The chain rule, for every operation the same:

    adjoint(argument) = Σ over the output's indices of ∂L/∂output × ∂output/∂argument

derived once for an operation, in its own symbols, and then only bound.
"""

from __future__ import annotations

from typing import NamedTuple

from ..catalogue import Operation
from ..expr import Delta, Expr, Partial, Sym, at, contract, differentiate, product, sided, simplify, symbols

LOSS = Sym("L")


class Adjoint(NamedTuple):
    """∂L/∂argument through one operation, in the indices of ``argument``.

    ``formula`` has the local derivative as it is used: the textbook's form where the catalogue declares one, else
    the derived one simplified. ``derived`` has it as the rules of differentiation give it.
    """

    argument: Sym
    formula: Expr
    derived: Expr


def indexed(operation: Operation, argument: str) -> Sym:
    """The argument with its indices, as the formula first writes it."""
    return next(s for s in symbols(operation.formula) if isinstance(s, Sym) and s.name == argument)


_KNOWN: dict[tuple[int, str, int], tuple[Operation, Adjoint]] = {}


def adjoint(operation: Operation, argument: str, kink: int) -> Adjoint:
    """∂L/∂argument in terms of ∂L/∂output, for any operation; ``kink`` is the convention at a corner.

    Worked out once for an operation (kept by its identity, with the operation itself so that this stays its own).
    """
    key = (id(operation), argument, kink)
    if key not in _KNOWN:
        _KNOWN[key] = (operation, _derive(operation, argument, kink))
    return _KNOWN[key][1]


def _derive(operation: Operation, argument: str, kink: int) -> Adjoint:
    symbol = operation.by.get(argument) or indexed(operation, argument)
    primed = {str(index): f"{index}′" for index in symbol.index}
    by = Sym(symbol.name, tuple(primed.values()))
    derived = differentiate(operation.formula, by, kink)
    declared = operation.declared.get(argument)
    if declared:  # an index that the output has too stays, and is tied to the argument's by a δ
        shared = {index: new for index, new in primed.items() if index in operation.output.index}
        own = {index: new for index, new in primed.items() if index not in shared}
        form = at(sided(declared[-1].form, kink), own)
        used = product((form, *(Delta(i, j) for i, j in shared.items())))
    else:
        used = simplify(derived)

    def chained(partial: Expr) -> Expr:
        gradient = product((Partial(LOSS, operation.output), partial))
        for index in operation.output.index:
            gradient = contract(str(index), gradient)
        return at(gradient, {new: index for index, new in primed.items()})

    return Adjoint(symbol, chained(used), chained(derived))

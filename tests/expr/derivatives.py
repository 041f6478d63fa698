"""Derivatives checked against the values themselves: central differences of the formula, cell by cell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product

from nntrace.catalogue import Operation
from nntrace.expr import Expr, Sym, approximate, differentiate, symbols

Cells = dict[tuple[str, tuple[int, ...]], float]
STEP = 1e-4


def central(
    node: Expr, cells: Cells, moved: tuple[str, tuple[int, ...]], index: Mapping[str, int], sizes: Mapping[str, int]
) -> float:
    """∂node/∂cell by central differences of two steps, extrapolated; NaN where they do not agree (a kink, a pole)."""

    def at(step: float) -> float:
        shifted = {**cells, moved: cells[moved] + step}
        return approximate(node, lambda name, cell: shifted[name, cell], index, sizes)

    coarse, fine = ((at(step) - at(-step)) / (2 * step) for step in (STEP, STEP / 2))
    forward, backward = (at(STEP) - at(0)) / STEP, (at(0) - at(-STEP)) / STEP
    if not math.isclose(coarse, fine, rel_tol=1e-5, abs_tol=1e-7) or not math.isclose(
        forward, backward, rel_tol=1e-2, abs_tol=1e-2
    ):
        return math.nan
    return (4 * fine - coarse) / 3


def wrong_derivatives(operation: Operation, cells: Cells, sizes: Mapping[str, int], kink: int = 0) -> list[str]:
    """Where an operation's derivatives disagree: the derived one and every declared form with the central difference.

    All are taken at every cell of the output by every cell of every argument; ``cells`` has the arguments' numbers.
    """
    wrong: list[str] = []
    output = operation.output
    arguments = {symbol.name: symbol for symbol in symbols(operation.formula) if isinstance(symbol, Sym)}
    known = dict(cells)
    for cell in _cells(output, sizes):
        known[output.name + output.mark, cell] = approximate(
            operation.formula, lambda name, at: cells[name, at], _named(output, cell), sizes
        )
    for argument in arguments.values():
        by = Sym(argument.name, tuple(f"{axis}′" for axis in argument.index), argument.mark)
        derived = differentiate(operation.formula, by, kink)
        forms = operation.declared.get(argument.name, ())
        for cell, other in product(_cells(output, sizes), _cells(argument, sizes)):
            index = _named(argument, other) | _named(output, cell) | _named(by, other)
            same = all(index[axis] == index[f"{axis}′"] for axis in argument.index if axis in output.index)
            expected = central(operation.formula, cells, (argument.name, other), _named(output, cell), sizes)
            found = {"derived": approximate(derived, lambda name, at: known[name, at], index, sizes)}
            for form in forms:
                found[f"declared {form!r}"] = (
                    approximate(form, lambda name, at: known[name, at], index, sizes) if same else 0.0
                )
            wrong += [
                f"∂{output.name}{list(cell)}/∂{argument.name}{list(other)} {what}: {value}, by difference {expected}"
                for what, value in found.items()
                if not math.isclose(value, expected, rel_tol=1e-6, abs_tol=1e-9)
            ]
    return wrong


def _cells(symbol: Sym, sizes: Mapping[str, int]) -> list[tuple[int, ...]]:
    return list(product(*(range(sizes[str(axis)]) for axis in symbol.index)))


def _named(symbol: Sym, cell: tuple[int, ...]) -> dict[str, int]:
    return {str(axis): place for axis, place in zip(symbol.index, cell, strict=True)}

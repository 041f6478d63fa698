"""Derivatives checked against the values themselves: central differences of the formula, cell by cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import product

from nntrace.catalogue import Operation
from nntrace.expr import Expr, Sym, approximate, differentiate, symbols

Cells = dict[tuple[str, tuple[int, ...]], float]
STEP = 1e-4


def slope(at: Callable[[float], float]) -> float:
    """The derivative at 0 by central differences of two steps, extrapolated; NaN where they do not agree (a kink)."""
    coarse, fine = ((at(step) - at(-step)) / (2 * step) for step in (STEP, STEP / 2))
    forward, backward = (at(STEP) - at(0)) / STEP, (at(0) - at(-STEP)) / STEP
    if not math.isclose(coarse, fine, rel_tol=1e-5, abs_tol=1e-7) or not math.isclose(
        forward, backward, rel_tol=1e-2, abs_tol=1e-2
    ):
        return math.nan
    return (4 * fine - coarse) / 3


def central(
    node: Expr, cells: Cells, moved: tuple[str, tuple[int, ...]], index: Mapping[str, int], sizes: Mapping[str, int]
) -> float:
    """∂node/∂cell by central differences; NaN at a kink or a pole."""

    def at(step: float) -> float:
        shifted = {**cells, moved: cells[moved] + step}
        return approximate(node, lambda name, cell: shifted[name, cell], index, sizes)

    return slope(at)


def wrong_derivatives(operation: Operation, cells: Cells, sizes: Mapping[str, int], kink: int = 0) -> list[str]:
    """Where an operation's derivatives disagree: the derived one and every declared form with the central difference.

    All are taken at every cell of the output by every cell of every argument; ``cells`` has the arguments' numbers. A
    declared partial is of the cell with the output's own index (elementwise: every other one is 0), or of any cell
    where results mix the argument's elements.
    """
    wrong: list[str] = []
    output = operation.output
    arguments = {symbol.name: symbol for symbol in symbols(operation.formula) if isinstance(symbol, Sym)}
    known = {**cells, **computed(operation, operation.formula, cells, sizes)}
    for argument in arguments.values():
        by = Sym(argument.name, tuple(f"{axis}′" for axis in argument.index), argument.mark)
        derived = differentiate(operation.formula, by, kink)
        declared_by = operation.argument(argument.name) if operation.mixes(argument.name) else None
        for cell, other in product(cells_of(output, sizes), cells_of(argument, sizes)):
            here = named(output, cell)
            expected = central(operation.formula, cells, (argument.name, other), here, sizes)
            found = {"derived": approximate(derived, _numbers(known), here | named(by, other), sizes)}
            index = (named(argument, other) if declared_by is None else named(declared_by, other)) | here
            same = declared_by is not None or all(
                index[str(axis)] == place for axis, place in zip(argument.index, other, strict=True)
            )
            for _, form in operation.declared.get(argument.name, ()):
                found[f"declared {form!r}"] = approximate(form, _numbers(known), index, sizes) if same else 0.0
            wrong += [
                f"∂{output.name}{list(cell)}/∂{argument.name}{list(other)} {what}: {value}, by difference {expected}"
                for what, value in found.items()
                if not math.isclose(value, expected, rel_tol=1e-6, abs_tol=1e-9)
            ]
    return wrong


def computed(operation: Operation, formula: Expr, cells: Cells, sizes: Mapping[str, int]) -> Cells:
    """The numbers of the lines of an operation's program, and of its output by this formula."""
    known = dict(cells)
    for symbol, line, *_ in (*operation.program, (operation.output, formula)):
        for cell in cells_of(symbol, sizes):
            known[symbol.name + symbol.mark, cell] = approximate(line, _numbers(known), named(symbol, cell), sizes)
    return {key: number for key, number in known.items() if key not in cells}


def sizes_for(operation: Operation, sizes: Mapping[str, int]) -> dict[str, int]:
    """The sizes with two indices made equal that stand in one place of one argument: the j and i of a softmax."""
    made = dict(sizes)
    places: dict[tuple[str, int], str] = {}
    for symbol in _read(operation):
        for place, axis in enumerate(symbol.index):
            made[str(axis)] = made[places.setdefault((symbol.name, place), str(axis))]
    return made


def _read(operation: Operation) -> Iterator[Sym]:
    yield from (symbol for symbol in symbols(operation.formula) if isinstance(symbol, Sym))


def cells_of(symbol: Sym, sizes: Mapping[str, int]) -> list[tuple[int, ...]]:
    """Every cell of a symbol's tensor."""
    return list(product(*(range(sizes[str(axis)]) for axis in symbol.index)))


def named(symbol: Sym, cell: tuple[int, ...]) -> dict[str, int]:
    """A symbol's indices bound to a cell."""
    return {str(axis): place for axis, place in zip(symbol.index, cell, strict=True)}


def _numbers(cells: Cells) -> Callable[[str, tuple[int, ...]], float]:
    return lambda name, cell: cells[name, cell]

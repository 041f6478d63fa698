"""Matrices of numbers inside a line: each a block of rows, the operators beside its first one."""

from __future__ import annotations

from ...expr import Expr, Literal, Sym
from ...expr.bind import transform
from ...expr.script import Script
from .columns import GAP, Column, entries

_FIRST, _OTHER = "$", "#"  # in no name and no formula


def with_places(body: Expr, script: Script, room: int) -> tuple[Expr, list[list[str]]]:
    """The expression with a word of its width for each matrix that fits the room, and the matrices' rows in order."""
    grids: list[list[str]] = []

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, Literal):
            return None
        grid = _grid(node, script)
        if len(grid[0]) > room:
            return node  # a matrix too wide for the page is written row after row
        grids.append(grid)
        return Sym(_FIRST + _OTHER * (len(grid[0]) - 1))

    return transform(body, leaf), grids


def continued(before: str, line: str, sign: str) -> str:
    """A line that goes on, led by a product's sign unless it has one: what stands under a matrix must not look like
    more rows of it."""
    first = line.split(" ", 1)[0]
    return sign + line if before[-1:] != "," and any(letter.isalnum() or letter in "$([|" for letter in first) else line


def filled(line: str, grids: list[list[str]]) -> list[str]:
    """A written line with the next of the matrices in their places, as many rows as the tallest has."""
    places = [place for place, letter in enumerate(line) if letter == _FIRST]
    here, grids[: len(places)] = grids[: len(places)], []
    rows = []
    for number in range(max(map(len, here), default=1)):
        row = line if not number else " " * len(line)
        for place, grid in zip(places, here, strict=True):
            part = grid[number] if number < len(grid) else " " * len(grid[0])
            row = row[:place] + part + row[place + len(part) :]
        rows.append(row.rstrip() if number else row)
    return rows


def _grid(matrix: Literal, script: Script) -> list[str]:
    """``[ 1.0  0.5 ]`` row under row, the numbers on their points."""
    cells = entries(matrix.rows, script.ellipsis, script)
    grid = [Column(row[place] for row in cells) for place in range(len(cells[0]))]
    return ["[ " + (" " * GAP).join(c.set(one) for c, one in zip(grid, row, strict=True)) + " ]" for row in cells]

"""The numbers of the matrices that a sheet has, by their names, and a formula with these put in."""

from __future__ import annotations

from ....expr import ONE, Expr, Literal, Ones, Sym, Transpose, Whole
from ....expr.bind import transform
from ...numbers.digits import Digits
from .grids import Grid, literal


class KnownMatrices:
    """Every matrix whose numbers are known."""

    def __init__(self, digits: Digits) -> None:
        self.digits = digits
        self._known: dict[Sym, Grid] = {}

    def of(self, name: Sym) -> Grid | None:
        """The numbers of a matrix by its name."""
        return self._known.get(name)

    def add(self, name: Sym, grid: Grid | None) -> None:
        """Keep the numbers of a matrix, where it has some."""
        if grid is not None:
            self._known[name] = grid

    def substituted(self, formula: Expr) -> tuple[Expr, bool]:
        """A number for every symbol of a matrix formula; whether any of them was rounded."""
        inexact = False

        def leaf(node: Expr) -> Expr | None:
            nonlocal inexact
            found: Expr
            match node:
                case Ones(over):
                    return Literal(((ONE,),) * int(over))
                case Transpose(Ones(over)):
                    return Literal(((ONE,) * int(over),))
                case Transpose(Whole(Sym() as name)):
                    found, rounded = literal([list(row) for row in zip(*self._known[name], strict=True)], self.digits)
                case Whole(Sym() as name, None, None):
                    number = self.digits.show(self._known[name][0][0])
                    found, rounded = number.number, number.rounded
                case Whole(Sym() as name):
                    found, rounded = literal(self._known[name], self.digits)
                case _:
                    return None
            inexact = inexact or rounded
            return found

        return transform(formula, leaf), inexact

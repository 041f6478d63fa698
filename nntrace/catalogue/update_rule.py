"""How a parameter learns, as formulas: what an optimizer's entry gives.

The symbols are those of one parameter: ``w`` its value, ``g`` its gradient, ``lr`` its learning rate, ``t`` the number
of the step, counted from 1. A state is a symbol that a line gives anew: ``v`` before the step, ``v⁺`` after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..expr import Add, Expr, Neg, Sym, symbols
from .registry import Real

w, g, lr, t = Sym("w"), Sym("g"), Sym("lr"), Sym("t")
NEW = "⁺"
"""The mark of a state, and of the parameter, after the step."""


def new(symbol: Sym) -> Sym:
    """A state, or the parameter, after the step."""
    return Sym(symbol.name, symbol.index, NEW)


class UpdateRule(NamedTuple):
    """One step for one parameter: ``lines`` are worked out in order, each a symbol and its formula; the last is w⁺.

    ``constants`` are the symbols of the options with their numbers. A state is 0 before the first step, unless
    ``start`` gives it another number. With ``ahead`` the gradient is taken at that point instead of at ``w``.
    """

    lines: tuple[tuple[Sym, Expr], ...]
    constants: Mapping[Sym, Real] = {}
    start: Mapping[Sym, Real] = {}
    ahead: Expr | None = None

    @property
    def states(self) -> tuple[Sym, ...]:
        """What is remembered from step to step, in the order of the lines."""
        return tuple(Sym(one.name, one.index) for one, _ in self.lines if one.mark == NEW and one.name != w.name)

    @property
    def own(self) -> tuple[Sym, ...]:
        """What each parameter has for itself: the states before the step, and every line but w⁺."""
        return (*self.states, *(symbol for symbol, _ in self.lines if symbol.name != w.name))

    @property
    def change(self) -> Expr | None:
        """What the last line subtracts from the parameter, where that is no line of its own."""
        match self.lines[-1][1]:
            case Add((Sym() as old, Neg(body))) if old == w and not isinstance(body, Sym):
                return body
            case _:
                return None

    @property
    def letters(self) -> dict[str, None]:
        """The names that a sheet writes for the rule's symbols, the parameter and its gradient aside (in order)."""
        formulas = [formula for _, formula in self.lines] + ([] if self.ahead is None else [self.ahead])
        read = (one for formula in formulas for one in symbols(formula) if isinstance(one, Sym))
        every = (*(symbol for symbol, _ in self.lines), *read)
        return {one.name: None for one in every if one.name not in (w.name, g.name)}

    @property
    def counts_steps(self) -> bool:
        """Whether the number of the step matters."""
        return t.name in self.letters

"""How a parameter learns, as formulas: what the entries of optimizers, schedules and clippings give.

The symbols are those of one parameter: ``w`` its value, ``g`` its gradient, ``lr`` its learning rate, ``t`` the number
of the step, counted from 1. A state is a symbol that a line gives anew: ``v`` before the step, ``v⁺`` after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from ..expr import Add, Expr, Indexed, Neg, Sym, substitute, symbols, terms_of
from ..expr.bind import fresh
from ..record import Record
from .registry import Real

w, g, lr, t = Sym("w"), Sym("g"), Sym("lr"), Sym("t")
lr0, k = Sym("lr0"), Sym("k")
"""The rate that a schedule starts from, and how many steps (or passes over the samples) were done before."""
NEW = "⁺"
"""The mark of a state, and of the parameter, after the step."""
MARKS = ("", NEW)
EVERY = "p"
"""The index that counts all parameters that learn: ``every_g`` is the gradient of one of them."""
every_g = Indexed("g")[EVERY]
g_clipped = Sym("ĝ")

RuleLine = tuple[Sym, Expr]
T = TypeVar("T")


def new(symbol: Sym) -> Sym:
    """A state, or the parameter, after the step."""
    return Sym(symbol.name, symbol.index, NEW)


class UpdateRule(Record):
    """One step for one parameter: ``lines`` are worked out in order, each a symbol and its formula; the last is w⁺.

    ``constants`` are the symbols of the options with their numbers. A state is 0 before the first step, unless
    ``start`` gives it another number. With ``ahead`` the gradient is taken at that point instead of at ``w``.
    ``shared`` are lines that come first and once for all parameters. ``periods`` are symbols that count how often so
    many of ``k`` are past, ``lengths`` those that are such a count. ``number`` is the symbol of the step's number.
    ``own_names``: of symbols that have other names here, the rule's own.
    """

    lines: tuple[RuleLine, ...]
    constants: Mapping[Sym, Real] = {}
    start: Mapping[Sym, Real] = {}
    ahead: Expr | None = None
    shared: tuple[RuleLine, ...] = ()
    periods: Mapping[Sym, int] = {}
    lengths: Mapping[Sym, int] = {}
    number: Sym = t
    own_names: Mapping[str, str] = {}

    def renamed(self, names: Mapping[str, str]) -> UpdateRule:
        """The same with other names for some of its symbols."""
        called: dict[Expr, Sym] = {
            Sym(old, (), mark): Sym(name, (), mark) for old, name in names.items() for mark in MARKS
        }

        def lines(given: tuple[RuleLine, ...]) -> tuple[RuleLine, ...]:
            return tuple((called.get(symbol, symbol), substitute(formula, called)) for symbol, formula in given)

        return self._replace(
            lines=lines(self.lines),
            start={called.get(symbol, symbol): number for symbol, number in self.start.items()},
            ahead=None if self.ahead is None else substitute(self.ahead, called),
            shared=lines(self.shared),
            number=called.get(self.number, self.number),
            own_names={new: old for old, new in names.items()},
        )

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
    def is_plain(self) -> bool:
        """Whether nothing is worked out but the new value."""
        return len(self.lines) == 1 and not self.shared

    @property
    def decays(self) -> bool:
        """Whether a parameter's own value, and not its gradient alone, tells where it moves."""
        *before, (_, last) = self.lines
        moved_by = (*(formula for _, formula in before), *terms_of(last)[1:])
        return any(w in symbols(formula) for formula in moved_by)

    @property
    def letters(self) -> dict[str, None]:
        """The names that a sheet writes for the rule's symbols, the parameter and its gradient aside (in order)."""
        return {one.name: None for one in self._symbols() if one.name not in (w.name, g.name)}

    @property
    def common(self) -> list[str]:
        """Those of the letters that are written as they are, and not with a parameter's name behind them."""
        own = {symbol.name for symbol in self.own}
        return [name for name in self.letters if name not in own]

    @property
    def counts_steps(self) -> bool:
        """Whether it matters how many steps were done before."""
        return not {self.number.name, k.name, *(one.name for one in self.periods)}.isdisjoint(self.letters)

    def _symbols(self) -> Iterator[Sym]:
        for symbol, formula in (*self.shared, *self.lines, *([] if self.ahead is None else [(w, self.ahead)])):
            yield symbol
            yield from (one for one in symbols(formula) if isinstance(one, Sym))


class Clipping(Record):
    """What stands in for a gradient that is too large: ``gradient``, over ``g`` and the symbols of ``shared`` lines."""

    gradient: Expr
    constants: Mapping[Sym, Real]
    shared: tuple[RuleLine, ...] = ()


class Schedule(Record):
    """The learning rate of a step, from ``lr0``, ``k`` steps done before, ``periods`` that count these, and
    ``lengths`` that are such a count."""

    rate: Expr
    constants: Mapping[Sym, Real]
    periods: Mapping[Sym, int] = {}
    lengths: Mapping[Sym, int] = {}


def clipped(rule: UpdateRule, clipping: Clipping) -> UpdateRule:
    """The rule with the clipped gradient ĝ in place of the gradient."""
    lines = ((symbol, substitute(formula, {g: g_clipped})) for symbol, formula in rule.lines)
    apart = _apart((*clipping.constants, *(symbol for symbol, _ in clipping.shared)), rule)
    shared = ((apart[symbol], substitute(formula, apart)) for symbol, formula in clipping.shared)
    return rule._replace(
        lines=((g_clipped, substitute(clipping.gradient, apart)), *lines),
        constants={**_renamed(clipping.constants, apart), **rule.constants},
        shared=(*shared, *rule.shared),
    )


def scheduled(rule: UpdateRule, schedule: Schedule, start: Real) -> UpdateRule:
    """The rule with a learning rate that changes from step to step."""
    apart = _apart((*schedule.constants, *schedule.periods, *schedule.lengths), rule)
    return rule._replace(
        constants={lr0: start, **_renamed(schedule.constants, apart), **rule.constants},
        shared=((lr, substitute(schedule.rate, apart)), *rule.shared),
        periods=_renamed(schedule.periods, apart),
        lengths=_renamed(schedule.lengths, apart),
    )


def _apart(own: Iterable[Sym], rule: UpdateRule) -> dict[Expr, Sym]:
    """A symbol that the rule does not have for each of these: the symbol itself, or τ′ beside the rule's τ."""
    taken = {*rule.letters, *(one.name for one in rule.constants)}
    return {one: Sym(fresh(one.name, taken)) for one in own}


def _renamed(values: Mapping[Sym, T], apart: Mapping[Expr, Sym]) -> dict[Sym, T]:
    return {apart[one]: value for one, value in values.items()}

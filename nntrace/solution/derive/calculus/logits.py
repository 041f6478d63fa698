"""The loss's gradient by the logits, where the loss cancels against the activation that it reads."""

from __future__ import annotations

from collections.abc import Iterator

from ....catalogue import Operation
from ....expr import (
    ONE,
    Expr,
    Mul,
    Partial,
    Rule,
    Sum,
    Sym,
    approximate,
    at,
    expand,
    factors_of,
    product,
    simplify,
    substitute,
)
from ....expr.bind import contains, walk
from ....expr.letters import relettered
from ....expr.rules import constants_out, where_different, where_equal
from ....network.model import BoundOperation
from ...content.model import Note
from ...formulas.tensor import LETTERS
from ..naming.symbols import Symbols
from ..steps import (
    CHAIN,
    Form,
    IndexFormula,
    Part,
    defined,
    index_lines,
    joined,
    put_in,
)
from .jacobians import Jacobians
from .kinks import EqualExtents, some_number
from .loss_formula import LossFormula
from .products import worked_out

LEAST_CHANGE = 1e-9


class Logits(LossFormula):
    """Derives ∂L/∂``fused`` from ∂L/∂``output``."""

    def __init__(self, symbols: Symbols, jacobians: Jacobians) -> None:
        super().__init__(symbols)
        self.jacobians = jacobians
        self.slope: tuple[Expr, Sym] | None = None
        """What ∂L/∂element of one sample came to, and what that is by, unless case by case."""

    @property
    def key(self) -> str:
        """What the activation reads."""
        return str(self.fused)

    def parts(self, slope: Expr, letter: str, chosen: bool, loss: Sym) -> Iterator[Part]:
        """∂L/∂z by the chain rule through the activation, with everything that cancels written out first."""
        activation = self.network.made_by[self.output]
        argument = activation.operation.arguments[0]
        one = self.jacobians.bound(activation, argument)
        if self.formulas.is_elementwise(activation):
            jacobian = relettered(self.formulas.slope_factor(activation), {one.result[0]: letter})
            by = Sym(self.key, (*self.batch, letter))
            chain = self.chain(loss, Sym(self.output, by.index), by)
            yield self._cancelled(loss, by, chain, slope, jacobian)
            return
        other = self.other if chosen else next(one for one in "i" + LETTERS if one != letter)
        jacobian = relettered(
            self.jacobians.textbook(activation, argument), {one.result[0]: letter, one.argument[0]: other}
        )
        by = Sym(self.key, (*self.batch, other))
        chain = self.chain(loss, Sym(self.output, (*self.batch, letter)), by)
        if chosen:
            named = self.symbols.named
            link = named(Partial(Sym(self.output, (*self.batch, letter)), by))
            half = Mul((named(slope), link))
            hot: Rule = (self.name(self.targets), " one-hot at ", Sym(self.symbols.index(letter)))
            known = put_in([self.symbols.slope(loss, Sym(self.output, (*self.batch, letter)))])
            lines = (Form(chain, CHAIN, "chain"), Form(half, joined([known, hot])))
            formula = product((slope, *factors_of(jacobian)))
            numbers = IndexFormula(formula, (self.of_sample, by), chosen=letter)
            yield Part(Partial(loss, self.symbols.tensor(by)), lines, {self.key}, (), numbers)
            yield from self._cases(loss, slope, jacobian, by, letter)
        else:
            every = chain if self.symbols.is_single(self.output) else Sum(letter, chain)
            yield self._cancelled(loss, by, every, slope, jacobian, over=letter)

    def _cases(self, loss: Sym, slope: Expr, jacobian: Expr, by: Sym, letter: str) -> Iterator[Part]:
        other = self.other
        constants, core = constants_out(slope)
        for same in (True, False):
            branch = (
                where_equal(jacobian, letter, other) if same else simplify(where_different(jacobian, letter, other))
            )
            own = at(by, {other: letter}) if same else by
            assert isinstance(own, Sym)
            link = Partial(self.symbols.tensor(Sym(self.output, (*self.batch, letter))), self.symbols.tensor(own))
            forms = worked_out(Mul((core, branch)), put_in([link]), constants)
            yield Part(
                Partial(loss, self.symbols.tensor(own)),
                index_lines(self.symbols, forms),
                {self.key},
                (),
                IndexFormula(forms[-1].body, (self.of_sample, own), None if same else (other, letter), letter),
                case=self.case(letter, same),
            )

    def _cancelled(self, loss: Sym, by: Sym, chain: Expr, slope: Expr, jacobian: Expr, over: str | None = None) -> Part:
        """Chain = long form = cancelled = multiplied out = like terms taken together = the targets' sum put in."""
        constants, core = constants_out(slope)
        core = Mul((core, jacobian))
        links = put_in(node for node in walk(chain) if isinstance(node, Partial))
        forms = worked_out(core if over is None else Sum(over, core), links, constants)
        if over is not None and self.targets is not None and self._sums_to_one:
            every = Sum(over, Sym(self.targets, (*self.batch, over)))
            final = simplify(substitute(forms[-1].body, {every: ONE}))
            if final != forms[-1].body:
                forms.append(Form(final, (every, " = 1")))
        self.slope = forms[-1].body, by
        derivative = Partial(loss, self.symbols.tensor(by))
        name = derivative if self.symbols.tensor(by).index else self.symbols.slope(loss, by)
        lines = (*defined(name, derivative), *index_lines(self.symbols, forms, chain))
        return Part(name, lines, {self.key}, (), IndexFormula(forms[-1].body, (self.of_sample, by)))

    @property
    def _sums_to_one(self) -> bool:
        """Whether the network itself uses that the targets of a sample sum to 1: they are declared so, or do."""
        assert self.past is not None
        declared = self.past.operation.declared[self.past.argument]
        return not contains(declared[-1].form, Sum)

    def sum_is_zero(self, activation: BoundOperation) -> Note:
        """Σ_i δ_i = 0 behind an activation that the same number added to all of its arguments does not change."""
        gradient = self.formulas.gradient(self.key)
        plain = gradient.formula == simplify(gradient.formula) and not isinstance(gradient.formula, Sum)
        if self.batch or not plain or not ignores_shifts(activation.operation):
            return ()
        return (Sum(self.symbols.index("i"), self.symbols.gradient(self.key, ("i",))), " = 0")


def ignores_shifts(operation: Operation) -> bool:
    """Whether the results stay where all elements of the argument grow by the same, tried with some numbers."""
    letters = dict.fromkeys(map(str, operation.output.index), 0)
    formula = expand(at(operation.formula, letters), EqualExtents())

    def result(shift: float) -> float:
        return approximate(formula, lambda name, cell: some_number(name, cell) + shift)

    return abs(result(0) - result(1)) < LEAST_CHANGE * abs(result(0))

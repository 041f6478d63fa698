"""The loss's gradient by the logits, where the loss cancels against the activation that it reads."""

from __future__ import annotations

from collections.abc import Iterator

from ....catalogue import Operation
from ....expr import ONE, Expr, Mul, Partial, Rule, Sum, Sym, approximate, at, expand, simplify, substitute
from ....expr.bind import contains, walk
from ....expr.letters import relettered
from ....expr.rules import constants_out, where_different, where_equal
from ...content.model import Note
from ...formulas.kinks import equal_extents, some_number
from ...formulas.lettering import LETTERS
from ..naming.symbols import Symbols
from ..steps import Form, IndexFormula, Part, defined, index_lines, joined, put_in
from .jacobians import Jacobians
from .loss_formula import LossFormula
from .products import scaled, worked_out

LEAST_CHANGE = 1e-9


class LogitsGradient(LossFormula):
    """Derives ∂L/∂``fused`` from ∂L/∂``output``."""

    def __init__(self, symbols: Symbols, jacobians: Jacobians) -> None:
        super().__init__(symbols)
        self.jacobians = jacobians
        self.slopes: dict[str, tuple[Expr, Sym]] = {}
        """What ∂L/∂element of one sample came to, by the tensor's key, and what that is by, unless case by case."""

    def by_logits(self, slope: Expr, letter: str, chosen: bool) -> Iterator[Part]:
        """∂L/∂z by the chain rule through the activation, with everything that cancels written out first."""
        activation = self.network.made_by[self.output]
        argument = activation.operation.arguments[0]
        one = self.jacobians.bound(activation, argument)
        output = self.element(self.output, letter)
        if self.formulas.is_elementwise(activation):
            jacobian = relettered(self.formulas.slope_factor(activation), {one.result[0]: letter})
            by = self.element(str(self.fused), letter)
            yield self._cancelled(by, self.chain(self.loss, output, by), slope, jacobian)
            return
        other = self.other if chosen else next(one for one in "i" + LETTERS if one != letter)
        letters = {one.result[0]: letter, one.argument[0]: other}
        jacobian = relettered(self.jacobians.textbook(activation, argument), letters)
        by = self.element(str(self.fused), other)
        chain = self.chain(self.loss, output, by)
        if not chosen:
            every = chain if self.symbols.is_single(self.output) else Sum(letter, chain)
            yield self._cancelled(by, every, slope, jacobian, over=letter)
            return
        hot: Rule = (self.formulas.name(str(self.targets)).name, " one-hot at ", Sym(self.symbols.index(letter)))
        known = joined([put_in([self.symbols.slope(self.loss, output)]), hot])
        lines = index_lines(self.symbols, [Form(Mul((slope, Partial(output, by))), known)], chain, constants=False)
        formula = IndexFormula(scaled((slope,), jacobian), (self.of_sample, by), chosen=letter)
        yield Part(self.slope(by), lines, {by.name}, (), formula)
        constants, core = constants_out(slope)
        for same in (True, False):
            own = self.element(by.name, letter) if same else by
            branch = (
                where_equal(jacobian, letter, other) if same else simplify(where_different(jacobian, letter, other))
            )
            link = Partial(self.symbols.tensor(output), self.symbols.tensor(own))
            yield self.case_part(own, worked_out(Mul((core, branch)), put_in([link]), constants), same)

    def _cancelled(self, by: Sym, chain: Expr, slope: Expr, jacobian: Expr, over: str | None = None) -> Part:
        """Chain = long form = cancelled = multiplied out = like terms taken together = the targets' sum put in."""
        constants, core = constants_out(slope)
        core = Mul((core, jacobian))
        links = put_in(node for node in walk(chain) if isinstance(node, Partial))
        forms = worked_out(core if over is None else Sum(over, core), links, constants)
        if over is not None and self.targets is not None and self._sums_to_one:
            every = Sum(over, self.element(self.targets, over))
            final = simplify(substitute(forms[-1].body, {every: ONE}))
            if final != forms[-1].body:
                forms.append(Form(final, (every, " = 1")))
        self.slopes[by.name] = forms[-1].body, by
        name = self.slope(by) if self.symbols.tensor(by).index else self.symbols.slope(self.loss, by)
        lines = (*defined(name, self.slope(by)), *index_lines(self.symbols, forms, chain))
        return Part(name, lines, {by.name}, (), IndexFormula(forms[-1].body, (self.of_sample, by)))

    @property
    def _sums_to_one(self) -> bool:
        """Whether the network itself uses that the targets of a sample sum to 1: they are declared so, or do."""
        assert self.past is not None
        declared = self.past.operation.declared[self.past.argument]
        return not contains(declared[-1].form, Sum)

    def sum_is_zero(self) -> Note:
        """Σ_i δ_i = 0 behind an activation that the same number added to all of its arguments does not change."""
        key, activation = str(self.fused), self.network.made_by[self.output]
        formula = self.formulas.gradient(key).formula
        plain = formula == simplify(formula) and not isinstance(formula, Sum)
        if self.batch or not plain or not ignores_shifts(activation.operation):
            return ()
        return (Sum(self.symbols.index("i"), self.symbols.gradient(key, ("i",))), " = 0")


def ignores_shifts(operation: Operation) -> bool:
    """Whether the results stay where all elements of the argument grow by the same, tried with some numbers."""
    letters = dict.fromkeys(map(str, operation.output.index), 0)
    formula = expand(at(operation.formula, letters), equal_extents())

    def result(shift: float) -> float:
        return approximate(formula, lambda name, cell: some_number(name, cell) + shift)

    return abs(result(0) - result(1)) < LEAST_CHANGE * abs(result(0))

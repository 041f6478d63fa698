"""The loss's gradient by the logits, where the loss cancels against the activation that it reads."""

from __future__ import annotations

from collections.abc import Iterator

from ....expr import ONE, Expr, Mul, Partial, Rule, Sum, Sym, at, product, simplify, substitute
from ....expr.bind import walk
from ....expr.letters import relettered
from ....expr.rules import constants_out, where_different, where_equal
from ....network.model import BoundOperation
from ...content.model import Line, Note
from ..naming.symbols import Symbols
from ..steps import CHAIN, Form, IndexFormula, Part, UncitedLine, index_step, joined, put_in, rule_line
from .jacobians import Jacobians
from .loss_reads import LossReads
from .products import factors_of, worked_out


class Logits(LossReads):
    """Derives ∂L/∂``fused`` from ∂L/∂``output``."""

    def __init__(self, symbols: Symbols, jacobians: Jacobians) -> None:
        super().__init__(symbols)
        self.jacobians = jacobians
        self.slope: tuple[Expr, Sym] | None = None
        """What ∂L/∂element of one sample came to, and what that is by, unless case by case."""

    def parts(self, slope: Expr, letter: str, chosen: bool, loss: Sym) -> Iterator[Part]:
        """∂L/∂z by the chain rule through the activation, with everything that cancels written out first."""
        activation = next(step for step in self.network.steps if step.output == self.output)
        key = str(self.fused)
        if self.formulas.is_elementwise(activation):
            jacobian = relettered(self.formulas.slope_factor(activation), {"j": letter})
            by = Sym(key, (*self.batch, letter))
            chain = self.chain(loss, Sym(self.output, by.index), by)
            yield self._cancelled(loss, by, chain, slope, jacobian, key)
        elif chosen:
            jacobian = self.jacobians.textbook(activation, "z")
            by = Sym(key, (*self.batch, self.other))
            chain = self.chain(loss, Sym(self.output, (*self.batch, letter)), by)
            named = self.symbols.named
            link = named(Partial(Sym(self.output, (*self.batch, letter)), by))
            half = Mul((named(slope), link))
            hot: Rule = (f"{self.name(self.targets)} one-hot at {self.symbols.index(letter)}",)
            known = put_in([self.symbols.slope(loss, Sym(self.output, (*self.batch, letter)))])
            lines = (UncitedLine(Line("chain", "=", chain), CHAIN), rule_line(half, joined([known, hot])))
            formula = product((slope, *factors_of(relettered(jacobian, {"k": letter, "i": self.other}))))
            numbers = IndexFormula(formula, (by,), chosen=letter)
            yield Part(Partial(loss, self.symbols.tensor(by)), lines, {key}, indexed=numbers)
            yield from self._cases(loss, slope, jacobian, by, letter, key)
        else:
            jacobian = self.jacobians.textbook(activation, "z")
            by = Sym(key, (*self.batch, "i"))
            chain = Sum("k", self.chain(loss, Sym(self.output, (*self.batch, "k")), by))
            yield self._cancelled(loss, by, chain, slope, jacobian, key, over="k")

    def _cases(self, loss: Sym, slope: Expr, jacobian: Expr, by: Sym, letter: str, key: str) -> Iterator[Part]:
        other = self.other
        jacobian = relettered(jacobian, {"k": letter, "i": other})
        constants, core = constants_out(slope)
        for same in (True, False):
            branch = (
                where_equal(jacobian, letter, other) if same else simplify(where_different(jacobian, letter, other))
            )
            own = at(by, {other: letter}) if same else by
            assert isinstance(own, Sym)
            whole = Mul((core, branch))
            link = Partial(self.symbols.tensor(Sym(self.output, (*self.batch, letter))), self.symbols.tensor(own))
            yield index_step(
                self.symbols,
                Partial(loss, self.symbols.tensor(own)),
                worked_out(whole, put_in([link]), constants),
                keys={key},
                case=self.case(letter, same),
                over=(own,),
                apart=None if same else (other, letter),
                chosen=letter,
            )

    def _cancelled(
        self, loss: Sym, by: Sym, chain: Expr, slope: Expr, jacobian: Expr, key: str, over: str | None = None
    ) -> Part:
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
        name = Partial(loss, self.symbols.tensor(by))
        return index_step(self.symbols, name, forms, chain=chain, keys={key}, over=(by,))

    @property
    def _sums_to_one(self) -> bool:
        """Whether the network itself uses that the targets of a sample sum to 1: they are declared so, or do."""
        edge = next(edge for edge in self.step.edges if edge.argument == "z")
        return not any(isinstance(node, Sum) for node in walk(edge.operation.declared["z"][-1].form))

    def sum_is_zero(self, activation: BoundOperation) -> Note:
        """Σ_i δ_i = 0 behind a softmax, whose outputs sum to 1 as the targets do."""
        key = str(self.fused)
        gradient = self.formulas.gradient(key)
        plain = gradient.formula == simplify(gradient.formula) and not any(
            isinstance(node, Sum) for node in (gradient.formula,)
        )
        if self.formulas.is_elementwise(activation) or self.batch or not plain:
            return ()
        name = self.symbols.gradient(key, ("i",))
        return (f"Σ_{self.symbols.index('i')} ", name, " = 0")

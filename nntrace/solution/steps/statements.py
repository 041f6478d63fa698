"""What the matrix form uses by name, stated once: an activation's function, its derivative, and why it decided so."""

from __future__ import annotations

from ...expr import ONE, Expr, Mul, Partial, Sym, product, rename, simplify, substitute
from ...network.chain_rule import LOSS, adjoint
from ...network.model import BoundOperation, Cell, Element
from ..content.model import Line, Note, listed
from ..formulas.element import Writer
from ..formulas.kinks import kink_note
from ..formulas.naming import PRIME
from ..formulas.tensor import TensorFormulas
from .reasons import decisions, indicators

MOST_DECISIONS = 6
LETTERS = "zuvst"


class Statements:
    """The equations that a sheet in matrix form has beside its steps; each where it is first used."""

    def __init__(self, writer: Writer, formulas: TensorFormulas) -> None:
        self.writer = writer
        self.network = writer.network
        self.formulas = formulas
        self._known: set[Expr] = set()
        taken = {name for tensor in self.network.tensors.values() for name in tensor.names.values()}
        self._argument = Sym(next((letter for letter in LETTERS if letter not in taken), "z"))

    def function(self, step: BoundOperation) -> tuple[Line, ...]:
        """``relu(z) = max(0, z)``, for an activation that takes each element for itself."""
        if not self._is_function(step) or not self._is_new(step, ""):
            return ()
        body = self._plain(step.operation.formula, step)
        called = step.of(self._argument)
        return () if body == called else (Line("rule", "=", body, left=called),)

    def derivative(self, step: BoundOperation) -> tuple[Line, ...]:
        """``sigmoid′(z) = e^{-z} / (1 + e^{-z})² = sigmoid(z) × (1 - sigmoid(z))``, at a kink with the convention."""
        if not self._is_function(step) or self.formulas.is_slope_of_result(step) or not self._is_new(step, PRIME):
            return ()
        (edge,) = step.edges
        side = self.network.conventions.relu_at_zero
        own, other = (adjoint(edge.operation, edge.argument, kink) for kink in (side, 1 - side))
        forms = [self._local(own.derived, step)]
        forms += [simplify(forms[0]), self._local(own.formula, step)]
        kink: tuple[Note, ...] = ()
        if own.formula != other.formula:
            kink = (kink_note(edge.operation.formula, own.argument, side, "a"),)
        *before, last = dict.fromkeys(forms)
        left = step.of(self._argument, mark=PRIME)
        return (*(Line("rule", "=", form, left=left) for form in before), Line("rule", "=", last, kink, left=left))

    def decided(self, step: BoundOperation, cells: list[Cell]) -> Note:
        """``h1 = 2.0 > 0, h2 = -0.5 ≤ 0``: how the derivative's conditions came out for these elements."""
        found: list[Note] = []
        for cell in cells:
            expansion = self.writer.write(self.formulas.slope(step), step, step.at(cell))
            decided = {**dict(expansion.deciding), **indicators(self.writer, expansion.body)}
            note = decisions(self.writer, decided.items(), [Element(key, cell) for key in (step.argument, step.output)])
            found += [note] if note else []
        more = len(found) - MOST_DECISIONS
        return (*listed(found[:MOST_DECISIONS]), *((f", … {more} more",) if more > 0 else ()))

    def _is_function(self, step: BoundOperation) -> bool:
        """Whether a step is a function of one element."""
        return self.formulas.is_elementwise(step) and self.formulas.is_function(step)

    def _is_new(self, step: BoundOperation, mark: str) -> bool:
        called = step.of(self._argument, mark=mark)
        new = called not in self._known
        self._known.add(called)
        return new

    def _local(self, formula: Expr, step: BoundOperation) -> Expr:
        """What stands beside ∂L/∂output, in the function's own argument."""
        local = substitute(formula, {Partial(LOSS, step.operation.output): ONE})
        return self._plain(product(local.factors) if isinstance(local, Mul) else local, step)

    def _plain(self, formula: Expr, step: BoundOperation) -> Expr:
        """A formula in the function's argument; its own result is written as the function of that."""
        output = step.operation.output
        substituted = substitute(formula, {output: step.of(self._argument)})
        return rename(
            substituted, lambda symbol: self._argument if isinstance(symbol, Sym) and symbol.index else symbol
        )

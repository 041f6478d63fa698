"""The network's own numbers beside a derivation's steps: put in the matrix lines, and what each step comes to."""

from __future__ import annotations

from itertools import product

from ....expr import Partial, Sym, at
from ....expr.bind import free_indices
from ....expr.rules import by_rule
from ....network.batch import SAMPLE
from ....network.model import Element, Network, own_number, sample_mark
from ....network.quantities import Quantity
from ....trace.amount import Amount
from ....trace.tracing import trace_of
from ...content.model import Line, Nested, Step
from ...formulas.element import Writer
from ...numbers.digits import Digits
from ...sheets.collapse.grids import Grid, literal, numbers
from ...steps.matrix import MatrixForms
from ..calculus.jacobians import Jacobians
from ..steps import IndexFormula, Numbers, Part
from .indexed import IndexNumbers

MOST_CELLS = 64
"""A Jacobian of more numbers than this is not printed."""

Beside = tuple[tuple[Line, ...], Nested | None]
"""The lines with numbers, and the value in full precision."""

NOTHING: Beside = ((), None)


class NetworkNumbers:
    """The numbers of one network."""

    def __init__(self, network: Network, jacobians: Jacobians) -> None:
        self.network = network
        self._made_by = network.made_by
        self.jacobians = jacobians
        self.trace = trace_of(network)
        self.digits = Digits.of(network.conventions, network.integers)
        self.indexed = IndexNumbers(jacobians.symbols, self.trace)
        self.matrices = MatrixForms(Writer(self.trace, self.digits), short=True)

    @property
    def writer(self) -> Writer:
        return self.matrices.writer

    def of(self, part: Part) -> Beside:
        """What stands beside a step."""
        match part.numbers:
            case Quantity(uses=(use, *_)) as element:
                sampled = self.network.tensors[use.key].sampled
                return ((), self.indexed.of_samples(use)) if sampled else self._scalar(self.trace.total(element))
            case IndexFormula() as formula:
                return (), self.indexed.of_formula(formula)
            case Numbers(indexed=True) as meant:
                return (), self.indexed.of_tensor(meant)
            case Numbers(key, "jacobian", argument):
                return self._jacobian(key, argument)
            case Numbers(key, "gradient"):
                return self._lines_of(self.matrices.gradient(key))
            case Numbers(key):
                return self._value(key)
        return NOTHING

    def _value(self, key: str) -> Beside:
        """The numbers of a result."""
        if self.network.tensors[key].role == "loss":
            return self._scalar(self.trace.value(Element(key, ())))
        step = self._made_by[key]
        lines, value = self._lines_of(self.matrices.result(step, "forward"))
        if step.operation.program:  # its numbers are put into lines of their own
            lines = lines[-1:]
        return lines, value

    def _scalar(self, amount: Amount) -> Beside:
        shown = self.digits.show(amount)
        rounded = shown.rounded or amount.rounded
        return (Line("value", "≈" if rounded else "=", shown.number),), amount.number

    @staticmethod
    def _lines_of(found: object) -> Beside:
        """The numbers of a step in matrix form; nothing where it has none."""
        if not isinstance(found, Step):
            return NOTHING
        return tuple(line for line in found.lines if line.kind in ("substitution", "value")), found.value

    def _jacobian(self, key: str, argument: str) -> Beside:
        """∂result/∂argument as a matrix of numbers; in a batch one for each sample, where they have their own. None
        where a result is given, whose slope is not that of the formula."""
        if self.network.tensors[key].overridden:
            return NOTHING
        step = self._made_by[key]
        bound = self.jacobians.bound(step, argument)
        derivative, _ = by_rule(bound.formula, bound.by, self.jacobians.kink)
        by = step.key(argument)
        letters = (SAMPLE, *bound.result, *bound.argument)
        _, down, across = extents = [bound.sizes.get(letter, 1) for letter in letters]
        samples = self.network.samples or 0 if SAMPLE in free_indices(derivative) else 1
        if down * across * samples > MOST_CELLS:
            return NOTHING
        places = product(range(samples), *map(range, extents[1:]))
        amounts = [
            self.indexed.amount(at(derivative, dict(zip(letters, place, strict=True))), bound.sizes) for place in places
        ]
        rows = [amounts[start : start + across] for start in range(0, len(amounts), across)]
        matrices = [rows[start : start + down] for start in range(0, len(rows), down)]
        values = [numbers(matrix) for matrix in matrices]
        if SAMPLE not in free_indices(derivative):
            return (self._matrix_line(matrices[0]),), values[0]
        lines = []
        for sample, matrix in enumerate(matrices):
            mark = sample_mark(own_number(self.network.chosen, sample))
            of, under = (self._of_sample(one, mark) for one in (key, by))
            lines.append(self._matrix_line(matrix)._replace(left=Partial(of, under)))
        return tuple(lines), values

    def _of_sample(self, key: str, mark: str) -> Sym:
        name = self.jacobians.symbols.formulas.name(key)
        return Sym(name.name, (), mark) if self.network.tensors[key].sampled else name

    def _matrix_line(self, rows: Grid) -> Line:
        matrix, rounded = literal(rows, self.digits)
        return Line("value", "≈" if rounded else "=", matrix)

"""The network's own numbers beside a derivation's steps: put in the matrix lines, and what each step comes to."""

from __future__ import annotations

from ...expr import Expr, Literal, approximate, at, exact
from ...expr.rules import by_rule
from ...network.model import Element, Network
from ...trace.amount import Amount, fraction
from ...trace.trace import trace_of
from ..element import Writer
from ..matrix import MatrixForms
from ..model import Line, Rows, Step
from ..numbers import Digits
from .jacobians import Jacobians
from .parts import Part

MOST_CELLS = 64
"""A Jacobian of more numbers than this is not printed."""

Beside = tuple[tuple[Line, ...], float | Rows | None]
"""The lines with numbers, and the value in full precision."""

NOTHING: Beside = ((), None)


class Numbers:
    """The numbers of one network."""

    def __init__(self, network: Network, jacobians: Jacobians) -> None:
        self.network = network
        self.jacobians = jacobians
        self.trace = trace_of(network)
        self.digits = Digits(network.conventions.digits, network.integers)
        self.matrices = MatrixForms(Writer(self.trace, self.digits))

    @property
    def writer(self) -> Writer:
        return self.matrices.writer

    def of(self, part: Part) -> Beside:
        """What stands beside a step."""
        if part.element is not None:
            return self._scalar(self.trace.total(part.element))
        if part.whole is None:
            return NOTHING
        key, kind, argument = part.whole
        if kind == "jacobian":
            return self._jacobian(key, argument)
        if kind == "gradient":
            return self._lines_of(self.matrices.gradient(key))
        if self.network.tensors[key].role == "loss":
            return NOTHING if self.network.tensors[key].sampled else self._scalar(self.trace.value(Element(key, ())))
        step = next(step for step in self.network.layer_steps() if step.output == key)
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
        """∂result/∂argument as a matrix of numbers, each from the derivative of the formula itself."""
        step = next(step for step in self.network.layer_steps() if step.output == key and step.edges)
        bound = self.jacobians.bound(step, argument)
        down, across = (len(list(self.network.tensors[one].cells())) for one in (key, step.arguments[argument]))
        if down * across > MOST_CELLS:
            return NOTHING
        derivative, _ = by_rule(bound.formula, bound.by, self.jacobians.kink)
        by = str(bound.by.index[0])
        sizes = {**step.sizes, "l": across, "j": down if bound.result == "k" else step.sizes.get("j", down)}

        def value(name: str, cell: tuple[int, ...]) -> Amount:
            missing = cell in self.network.tensors[name].missing
            return fraction(0) if missing else self.trace.value(Element(name, cell))

        def entry(place: tuple[int, int]) -> Amount:
            own = at(derivative, dict(zip((bound.result, by), place, strict=True)))
            whole = exact(own, lambda name, cell: value(name, cell).exact, {}, sizes)
            if whole is not None:
                return fraction(whole)
            return Amount(approximate(own, lambda name, cell: value(name, cell).number, {}, sizes))

        amounts = [[entry((row, column)) for column in range(across)] for row in range(down)]
        shown = [[self.digits.show(one) for one in row] for row in amounts]
        matrix: tuple[tuple[Expr | None, ...], ...] = tuple(tuple(one.number for one in row) for row in shown)
        relation = "≈" if any(one.rounded for row in shown for one in row) else "="
        return (Line("value", relation, Literal(matrix)),), [[one.number for one in row] for row in amounts]

"""What a sheet ends with: checks of its own numbers by another way. One that fails for a good reason says so."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from ..expr import Condition, Expr, Indicator, Num, children
from ..expr.evaluate import Arguments, plan
from ..network.adjoint import adjoint, arguments
from ..network.model import Network
from ..network.quantities import Quantity
from ..trace.trace import Trace
from .element import Writer
from .model import Check
from .numbers import trimmed

if TYPE_CHECKING:
    from ..network.model import Array

STEP = 1e-5
AGREEMENT = 1e-6
MOST_SHOWN = 4
MOST_CHECKED = 100


class Difference:
    """(L(q + h) - L(q - h)) / 2h for one quantity, and whether a kink lies between."""

    def __init__(self, trace: Trace, found: Quantity) -> None:
        network = trace.network
        assert network.loss is not None
        size = STEP * max(1.0, abs(trace.value(found.uses[0]).number))
        if found.role == "unit":
            sides = [_from_unit(trace, found, sign * size) for sign in (1, -1)]
        else:
            sides = [_from_given(trace, found, sign * size) for sign in (1, -1)]
        above, below = sides
        self.quotient = float(above[network.loss] - below[network.loss]) / (2 * size)
        self.kink = any(
            bool((one != other).any())
            for one, other in zip(_decided(network, above), _decided(network, below), strict=True)
        )
        self.scale = abs(float(trace.arrays[network.loss])) * 1e-9 / size

    def agrees(self, gradient: float) -> bool:
        """Whether the difference quotient is the gradient, within what the difference itself can tell."""
        return abs(self.quotient - gradient) <= AGREEMENT * max(abs(gradient), abs(self.quotient)) + 1e-9 + self.scale


def _from_given(trace: Trace, found: Quantity, by: float) -> dict[str, Array]:
    given = {key: trace.arrays[key] for key, t in trace.network.tensors.items() if t.role not in ("unit", "loss")}
    for use in found.uses:
        given[use.key] = given[use.key].copy()
        given[use.key][use.cell] += by
    return trace.program.forward(given)


def _from_unit(trace: Trace, found: Quantity, by: float) -> dict[str, Array]:
    (use,) = found.uses
    changed = trace.arrays[use.key].copy()
    changed[use.cell] += by
    return trace.program.forward(trace.arrays, {use.key: changed})


def _decided(network: Network, arrays: dict[str, Array]) -> Iterator[Array]:
    """Every condition that a derivative stands on, over the whole network."""
    for step in network.steps:
        for argument in arguments(step.operation):
            derived = adjoint(step.operation, argument, network.conventions.relu_at_zero)
            for condition in _conditions(derived.derived):
                axes = tuple(str(index) for index in step.operation.output.index)
                bound = {symbol: arrays[key] for symbol, key in step.arguments.items()}
                yield plan(Indicator(condition), axes)(Arguments(bound, step.sizes))


def _conditions(node: Expr) -> Iterator[Condition]:
    if isinstance(node, Indicator):
        yield node.condition
    for part in children(node):
        yield from _conditions(part)


def gradient_checks(writer: Writer, asked: list[Quantity]) -> Iterator[Check]:
    """The asked gradients by central difference: one by one where they are few, else in one line."""
    if len(asked) <= MOST_SHOWN:
        for found in asked:
            yield _gradient_check(writer, found)
        return
    spread = asked[:: -(-len(asked) // MOST_CHECKED)]
    differences = [(found, Difference(writer.trace, found)) for found in spread]
    smooth = [(found, difference) for found, difference in differences if not difference.kink]
    wrong = [found for found, d in smooth if not d.agrees(writer.trace.total(found).number)]
    for found in wrong:
        yield _gradient_check(writer, found)
    skipped = len(differences) - len(smooth)
    words = f"{len(smooth)} of the {len(asked)} gradients" if len(smooth) < len(asked) else f"all {len(asked)} gradients"
    because = f" ({skipped} lie at a kink)" if skipped else ""
    if smooth and not wrong:
        yield Check((f"{words} by central difference{because}",), "ok")


def _gradient_check(writer: Writer, found: Quantity) -> Check:
    difference = Difference(writer.trace, found)
    gradient = writer.trace.total(found)
    name = writer.partial(found.uses[0])
    if difference.kink:
        words = " by central difference: skipped, the loss has a kink here and the convention decides"
        return Check((name, words), "note")
    shown = Num(trimmed(writer.digits.rounded(Decimal(difference.quotient))))
    if abs(difference.quotient) < 1e-12 + difference.scale or difference.agrees(gradient.number) and not gradient.number:
        shown = Num(Decimal("0.0"))
    status = "ok" if difference.agrees(gradient.number) else "failed"
    return Check((name, " by central difference ≈ ", shown), status)  # type: ignore[arg-type]


def loss_check(writer: Writer, after: Trace) -> Check:
    """Whether the loss fell with the update."""
    network = writer.network
    assert network.loss is not None
    old, new = (
        trace.value_of_loss() for trace in (writer.trace, after)
    )
    before, now = writer.digits.show(old), writer.digits.show(new)
    if new.number < old.number:
        return Check(("loss after this update ", now.number, " < ", before.number), "ok")
    if new.number == old.number:
        return Check(("the loss stays at ", now.number, ": this update changes nothing that it depends on"), "note")
    words = ": the learning rate is too large for this step"
    return Check(("loss after this update ", now.number, " > ", before.number, words), "note")

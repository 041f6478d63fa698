"""What a sheet ends with: checks of its own numbers by another way. One that fails for a good reason says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..expr import Call, Cases, Condition, Expr, Indicator, Num, children, free_indices
from ..expr.evaluate import Arguments, Run, plan
from ..network.adjoint import adjoint
from ..network.model import Network, Step
from ..network.quantities import Quantity
from ..trace.trace import Trace
from .element import Writer
from .model import Check, Note
from .numbers import trimmed

if TYPE_CHECKING:
    from ..network.model import Array

STEP = 1e-5
AGREEMENT = 1e-6
MOST_SHOWN = 4
MOST_CHECKED = 100
MOST_WORK = 40_000


class Differences:
    """Central differences (L(q + h) - L(q - h)) / 2h over one trace, and whether a kink lies between the two."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.network = trace.network
        self._decisions = list(_decisions(self.network))

    def of(self, found: Quantity) -> Difference:
        """The difference quotient by one quantity."""
        network = self.network
        assert network.loss is not None
        size = STEP * max(1.0, abs(self.trace.value(found.uses[0]).number))
        above, below = (self._moved(found, sign * size) for sign in (1, -1))
        quotient = (float(above[network.loss]) - float(below[network.loss])) / (2 * size)
        kink = any(bool((decided(above) != decided(below)).any()) for decided in self._decisions)
        return Difference(quotient, kink, abs(float(self.trace.arrays[network.loss])) * 1e-9 / size + 1e-9)

    def _moved(self, found: Quantity, by: float) -> dict[str, Array]:
        """The network's arrays with a quantity moved, in all its uses; a unit is held where it was moved to."""
        arrays = self.trace.arrays
        moved: dict[str, Array] = {}
        for use in found.uses:
            moved.setdefault(use.key, arrays[use.key].copy())[use.cell] += by
        return self.trace.program.forward({**arrays, **moved}, moved if found.role == "unit" else {})


class Difference(NamedTuple):
    """One central difference: its value, whether it crosses a kink, and below what it can tell nothing."""

    quotient: float
    kink: bool
    resolution: float

    def agrees(self, gradient: float) -> bool:
        """Whether the difference quotient is the gradient, within what the difference itself can tell."""
        return abs(self.quotient - gradient) <= AGREEMENT * max(abs(gradient), abs(self.quotient)) + self.resolution


def _decisions(network: Network) -> Iterator[Callable[[dict[str, Array]], Array]]:
    """Every condition that a derivative stands on, over the whole network, as a function of the arrays."""
    kink = network.conventions.relu_at_zero
    known: dict[tuple[int, str], list[Run]] = {}
    for step in network.steps:
        for operation, argument in step.edges:
            key = (id(operation), argument)
            if key not in known:
                conditions = dict.fromkeys(_conditions(adjoint(operation, argument, kink).derived))
                known[key] = [plan(Indicator(one), tuple(free_indices(Indicator(one)))) for one in conditions]
            for run in known[key]:
                yield partial(_decided, run, step)


def _decided(run: Run, step: Step, arrays: dict[str, Array]) -> Array:
    bound = {symbol: arrays[key] for symbol, key in step.arguments.items()} | {
        step.operation.output.name: arrays[step.output]
    }
    decided: Array = run(Arguments(bound, step.sizes))
    return decided


def _conditions(node: Expr) -> Iterator[Condition]:
    match node:
        case Indicator(condition) | Cases(condition):
            yield condition
        case Call("sign", (argument,)):
            yield Condition(argument, ">", Num(0))
    for part in children(node):
        yield from _conditions(part)


def forward_checks(writer: Writer) -> Iterator[Check]:
    """That every softmax gives a distribution."""
    for step in writer.network.layer_steps():
        if step.kind == "softmax" and step.edges:
            sums = writer.trace.arrays[step.output].sum(axis=-1)
            holds = bool((abs(sums - 1) <= 1e-12).all())
            yield Check(("the outputs of the softmax sum to 1",), "ok" if holds else "failed")


def gradient_checks(writer: Writer, asked: list[Quantity]) -> Iterator[Check]:
    """The asked gradients by central difference: one by one where they are few, else in one line."""
    if not asked:
        return
    differ = Differences(writer.trace)
    if len(asked) <= MOST_SHOWN:
        for found in asked:
            yield _gradient_check(writer, found, differ.of(found))
        return
    most = max(1, min(MOST_CHECKED, MOST_WORK // len(writer.network.steps)))
    spread = asked[:: -(-len(asked) // most)]
    differences = [(found, differ.of(found)) for found in spread]
    smooth = [(found, difference) for found, difference in differences if not difference.kink]
    finite = [(found, d) for found, d in smooth if isfinite(d.quotient)]
    if len(finite) < len(smooth):
        yield Check(("gradients by central difference: skipped, the numbers overflow",), "note")
        return
    wrong = [(found, d) for found, d in smooth if not d.agrees(writer.trace.total(found).number)]
    for found, difference in wrong:
        yield _gradient_check(writer, found, difference)
    skipped = len(differences) - len(smooth)
    words = (
        f"{len(smooth)} of the {len(asked)} gradients" if len(smooth) < len(asked) else f"all {len(asked)} gradients"
    )
    because = f" ({skipped} at a kink)" if skipped else ""
    if smooth and not wrong:
        yield Check((f"{words} by central difference{because}",), "ok")


def _gradient_check(writer: Writer, found: Quantity, difference: Difference) -> Check:
    gradient = writer.trace.total(found).number
    words: Note = (writer.partial(found.uses[0]), " by central difference")
    if not isfinite(difference.quotient) or not isfinite(gradient):
        return Check((*words, ": skipped, the numbers overflow"), "note")
    if difference.kink:
        return Check((*words, ": skipped, the loss has a kink here and the convention decides"), "note")
    if gradient and abs(gradient) <= difference.resolution:
        return Check((*words, ": skipped, the gradient is smaller than a difference can tell"), "note")
    shown = trimmed(writer.digits.rounded(Decimal(difference.quotient))) if gradient else Decimal("0.0")
    status: Literal["ok", "failed"] = "ok" if difference.agrees(gradient) else "failed"
    return Check((*words, " ≈ ", Num(shown)), status)


def loss_check(writer: Writer, after: Trace, rate: Fraction) -> Check:
    """Whether the loss fell with the update, and if not, why."""
    old, new = writer.trace.value_of_loss(), after.value_of_loss()
    before, now = writer.digits.show(old), writer.digits.show(new)
    words: Note = ("loss after this update ", now.number)
    if not isfinite(new.number) or not isfinite(old.number):
        return Check((*words, ": the numbers overflow"), "note")
    if new.number < old.number:
        return Check((*words, " < ", before.number), "ok")
    if new.number == old.number:
        return Check(("the loss stays at ", now.number, _why_not_lower(writer, rate)), "note")
    why = ": a negative learning rate climbs" if rate < 0 else ": the learning rate is too large for this step"
    return Check((*words, " > ", before.number, why), "note")


def _why_not_lower(writer: Writer, rate: Fraction) -> str:
    if not rate:
        return ": the learning rate is 0"
    if writer.precise is not None:
        return " in the digits carried"
    return ": the gradient of what is updated is 0, or too small to move it"

"""What a sheet ends with: checks of its own numbers by another way. One that fails for a good reason says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import isfinite, isnan
from typing import TYPE_CHECKING, Literal

from ...catalogue import OUTPUT
from ...expr import Expr, Num
from ...network.model import Cell, Element, Tensor
from ...network.quantities import Quantity, learned
from ...trace.amount import ONE, Amount
from ...trace.trace import Trace
from ...trace.update import Update, given_gradient
from ..content.model import Check, Note
from ..formulas.element import Writer
from ..formulas.undefined import negative_argument
from ..numbers.digits import Digits, Shown, trimmed
from ..steps.forward import samples_of
from .given_units import behind_given

if TYPE_CHECKING:
    from .differences import Crossing, Difference

MOST_SHOWN = 4
MOST_CHECKED = 100
MOST_WORK = 40_000
MOST_DIGITS = 17
"""As many as it takes to tell any two floats apart; what differs later is shown as equal."""


def forward_checks(writer: Writer) -> Iterator[Check]:
    """That a loss gets the outputs that it takes, and that the results that are a distribution sum to 1."""
    for step in writer.network.loss_steps():
        if not step.after:
            continue
        outputs = writer.network.tensors[step.key(OUTPUT)]
        if not _are_shares(writer.trace, outputs):
            last = next((one for one in writer.network.layer_steps() if one.output == outputs.key), None)
            instead = f"put a {step.after} before it"
            if last is not None and last.operation.logarithm_of == step.after:
                instead = f"use {step.after} instead of {last.kind}"
            words = f"{step.kind} takes outputs between 0 and 1: {instead}"
            yield Check((words,), "note")
        break
    for step in writer.network.layer_steps():
        if step.operation.sums_to_one and step.edges and not writer.network.tensors[step.output].overridden:
            sums = [*filter(isfinite, _sums(writer.trace, writer.network.tensors[step.output]))]
            if sums:
                holds = all(abs(one - 1) <= 1e-12 * len(sums) + 1e-12 for one in sums)
                yield Check((f"the outputs of the {step.kind} sum to 1",), "ok" if holds else "failed")
            if writer.network.tensors[step.output].shape[-1] == 1:
                words = f"the {step.kind} is over a single unit: its output is always 1, and its gradient 0"
                yield Check((f"{words} (give it a unit for each class)",), "note")


def _are_shares(trace: Trace, outputs: Tensor) -> bool:
    """Whether each output that is a number is between 0 and 1."""
    if not trace.elementwise:
        array = trace.arrays[outputs.key]
        return not ((array < 0) | (array > 1)).any()
    values = (trace.value(Element(outputs.key, cell)) for cell in outputs.cells())
    return not any(value.sign < 0 or value.minus(ONE).sign > 0 for value in values)


def _sums(trace: Trace, outputs: Tensor) -> list[float]:
    """What the outputs of each sample sum to."""
    if not trace.elementwise:
        found: list[float] = trace.arrays[outputs.key].sum(axis=-1).ravel().tolist()
        return found
    sums: dict[Cell, float] = {}
    for cell in outputs.cells():
        sums[cell[:-1]] = sums.get(cell[:-1], 0.0) + trace.value(Element(outputs.key, cell)).number
    return [*sums.values()]


def gradient_checks(writer: Writer, asked: Sequence[Quantity]) -> Iterator[Check]:
    """The asked gradients by central difference: one by one where they are few, else in one line."""
    if writer.network.training.gradients:
        asked = [one for one in asked if given_gradient(writer.trace, one.uses[0]) is None]
    every = len(asked)
    if behind := behind_given(writer, list(asked)):
        which: Note = (writer.partial(behind[0].uses[0]),) if len(behind) == 1 else (f"{len(behind)} gradients",)
        yield _skipped(writer, which, ", a unit between it and the loss has a given number")
        asked = [one for one in asked if one not in behind]
    if not asked:
        return
    from .differences import Differences

    differ = Differences(writer.trace)
    if differ.is_lost():
        yield _skipped(writer, GRADIENTS, ", in double precision the loss loses its digits")
        return
    if len(asked) <= MOST_SHOWN:
        for found in asked:
            yield _gradient_check(writer, found, differ.confirming(found, writer.trace.total(found).number))
        return
    most = max(1, min(MOST_CHECKED, MOST_WORK // len(writer.network.steps)))
    spread = asked[:: -(-len(asked) // most)]
    differences = [(found, differ.confirming(found, writer.trace.total(found).number)) for found in spread]
    smooth = [(found, difference) for found, difference in differences if not difference.crossing]
    if why := next((why for found, d in smooth if (why := _why_not_finite(writer, found, d))), ""):
        yield _skipped(writer, GRADIENTS, f", {why}")
        return
    wrong = [(found, d) for found, d in smooth if not d.agrees(writer.trace.total(found).number)]
    for found, difference in wrong:
        yield _gradient_check(writer, found, difference)
    crossings = sorted({difference.crossing for _, difference in differences if difference.crossing}, reverse=True)
    faint = sum(d.cannot_tell(writer.trace.total(found)) for found, d in smooth)
    skipped = {f"at {' or '.join(f'a {one}' for one in crossings)}": len(differences) - len(smooth), FAINT: faint}
    comparable = len(smooth) - faint
    words = f"{comparable} of the {every} gradients" if comparable < every else f"all {every} gradients"
    because = ", ".join(f"{count} {why}" for why, count in skipped.items() if count)
    if not comparable and faint:
        yield _skipped(writer, GRADIENTS, f" ({because})")
    elif not smooth:
        yield _skipped(writer, GRADIENTS, _crossing(writer, crossings[0]))
    elif not wrong:
        yield Check((f"{words} by {_quotient(writer)}" + (f" ({because})" if because else ""),), "ok")


FAINT = "too small for a difference to show"
GRADIENTS: Note = ("gradients",)
_CROSSING = {"kink": "has a kink here and the convention decides", "jump": "jumps here"}


def _quotient(writer: Writer) -> str:
    """What is differenced: the loss, or what stands in for one that is not known."""
    known = writer.network.loss_is_known
    return "central difference" if known else "central difference of Σ upstream × output"


def _skipped(writer: Writer, what: Note, why: str) -> Check:
    """Why nothing is said of a gradient, or of several."""
    return Check((*what, f" by {_quotient(writer)}: skipped{why}"), "note")


def _crossing(writer: Writer, crossing: Crossing) -> str:
    return f", {'the loss' if writer.network.loss_is_known else 'it'} {_CROSSING[crossing]}"


def _gradient_check(writer: Writer, found: Quantity, difference: Difference) -> Check:
    gradient, symbol = writer.trace.total(found), writer.partial(found.uses[0])
    if why := _why_not_finite(writer, found, difference):
        return _skipped(writer, (symbol,), f", {why}")
    if difference.crossing:
        return _skipped(writer, (symbol,), _crossing(writer, difference.crossing))
    if difference.cannot_tell(gradient):
        return _skipped(writer, (symbol,), f", the gradient is {FAINT}")
    quotient = writer.digits.rounded(Decimal(difference.quotient)) if gradient.sign else Decimal("0.0")
    if not writer.digits.show(gradient).rounded:  # beside a number that ends, the same digits
        quotient = writer.digits.pointed(trimmed(quotient))
    status: Literal["ok", "failed"] = "ok" if difference.agrees(gradient.number) else "failed"
    return Check((symbol, f" by {_quotient(writer)}", " ≈ ", Num(quotient)), status)


def loss_check(writer: Writer, update: Update) -> Check:
    """Whether the loss fell with the update, and if not, why."""
    after = update.after
    rate = max(update.every_rate)
    old, new = update.before.value_of_loss(), after.value_of_loss()
    before, now = with_telling_digits(writer.digits, old, new)
    own = f" of {samples_of(writer.network)}" if writer.network.samples_per_step else ""
    words: Note = (f"loss{own} after this update ", now.number)
    if not new.is_finite and isnan(new.number) and (noun := _negative_argument(writer, after)):
        return Check((*words, f": the {noun} of a negative number"), "note")
    if isnan(new.number) and (lost := _undefined_parameter(writer, after)):
        return Check((*words, ": ", lost, " is undefined"), "note")
    if isnan(old.number) and new.is_finite:
        return Check((*words, ": it was undefined before"), "note")
    if not new.is_finite or not old.is_finite:
        return Check((*words, ": the numbers overflow"), "note")
    change = new.minus(old).sign
    if change < 0:
        if before.decimal == now.decimal:
            return Check((*words, ", lower by ", writer.digits.show(old.minus(new)).number), "ok")
        return Check((*words, " < ", before.number), "ok")
    if not change:
        return Check((f"the loss{own} stays at ", now.number, _why_not_lower(writer, update, rate)), "note")
    why = ": the learning rate is too large for this step"
    if rate < 0:
        why = ": a negative learning rate moves uphill"
    elif writer.network.training.gradients:
        why = ": the step follows the given gradients, not those of this loss"
    elif (others := _beside_gradient(update)) and _leads_uphill(update):
        outweigh = "outweighs" if others == [DECAY] else "outweigh"
        why = f": the step leads uphill, as {' and '.join(others)} {outweigh} the gradient"
    elif EARLIER in others:
        why = ": the step is too large here"
    return Check((*words, " > ", before.number, why), "note")


DECAY, EARLIER = "the weight decay", "earlier gradients"


def _beside_gradient(update: Update) -> list[str]:
    """What a step follows beside the gradient."""
    rule, start = update.rule, update.before.network.training.start
    return [DECAY] * rule.decays + [EARLIER] * bool(rule.states and (update.before.memory.done or start))


def _leads_uphill(update: Update) -> bool:
    """Whether a step of any size in its direction would not lower the loss: Σ gradient × step is not negative."""
    before, after = update.before, update.after

    def along(one: Quantity) -> float:
        (place, *_), slope = one.uses, before.total(one).number
        return slope * (after.value(place).number - before.value(place).number)

    return sum(map(along, learned(before.network))) >= 0


def _why_not_finite(writer: Writer, found: Quantity, difference: Difference) -> str:
    """Why there is no difference of the loss, or no gradient beside it; nothing where there are both."""
    gradient, loss = writer.trace.total(found), writer.trace.value_of_loss()
    if isfinite(difference.quotient) and isfinite(gradient.number):
        return ""
    if writer.network.loss_is_known and isnan(loss.number):
        return "the loss is undefined"
    if not gradient.is_finite and isfinite(loss.number):
        return f"the gradient is {'undefined' if isnan(gradient.number) else 'infinite'}"
    return "the numbers overflow"


def _undefined_parameter(writer: Writer, after: Trace) -> Expr | None:
    """A parameter that an update has left without a number, in a trace whose numbers do not overflow."""
    moving = learned(writer.network) if writer.trace.elementwise else ()
    return next((one.symbol for one in moving if isnan(after.value(one.uses[0]).number)), None)


def _negative_argument(writer: Writer, trace: Trace) -> str:
    """What the first number that is undefined takes of a negative one, such as a logarithm; else nothing."""
    at = Writer(trace, writer.digits)
    for step in at.network.steps:
        for cell in at.network.tensors[step.output].cells():
            if not (found := trace.value(Element(step.output, cell))).is_finite and isnan(found.number):
                expansion = at.write(step.operation.sheet_formula, step, step.at(cell))
                return negative_argument(at, expansion.body)
    return ""


def with_telling_digits(digits: Digits, old: Amount, new: Amount) -> tuple[Shown, Shown]:
    """The two numbers with as many digits as it takes to see which is the smaller one, if they differ."""
    falls = old.minus(new).sign
    for significant in range(digits.significant, MOST_DIGITS + 1 if falls else 0):
        more = digits._replace(significant=significant)
        before, now = more.show(old), more.show(new)
        if before.decimal != now.decimal and (isnan(falls) or (before.decimal > now.decimal) == (falls > 0)):
            return before, now
    return digits.show(old), digits.show(new)


def _why_not_lower(writer: Writer, update: Update, rate: float) -> str:
    after = update.after
    if not rate:
        return ": the learning rate is 0"
    moving = learned(writer.network)
    if writer.precise is not None:
        return " in the digits carried"
    if not moving:
        return ": nothing was updated"
    if any(writer.trace.total(found).sign for found in moving):
        pairs = ((writer.trace.value(found.uses[0]), after.value(found.uses[0])) for found in moving)
        if not any(old.minus(new).sign for old, new in pairs):
            return ": nothing was updated"
        return ": the step ends where the loss is as high as before"
    if any(writer.trace.total(found).is_lost for found in moving):
        return ": 1,000 digits do not tell the gradient from 0"
    return ": every gradient is 0" + ("" if writer.trace.elementwise else " in double precision")

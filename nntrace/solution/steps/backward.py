"""The backward pass on the sheet, in delta form: each gradient from the stored gradients of the steps after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from ...catalogue import TARGET
from ...expr import (
    Add,
    Expr,
    Indicator,
    Num,
    Partial,
    Rest,
    Sym,
    factors_of,
    symbols,
    total,
)
from ...expr.bind import walk
from ...network.chain_rule import LOSS
from ...network.model import Element, Network, Tensor
from ...network.quantities import Quantity, quantity
from ...trace.amount import Amount
from ...trace.update import given_gradient
from ..content.model import Family, Line, Note, Step, listed
from ..formulas.element import Writer
from ..formulas.expansion import Expansion
from ..formulas.gradients import ElementGradients, Summand
from ..formulas.undefined import why_undefined
from .dead_units import no_gradient
from .families import ElementFormula, Families
from .ids import Ids
from .reasons import NO_WAY, cancels_softmax, decisions, indicators, weightless, zero_signs

MOST_NOTES = 6


class Backward:
    """Writes the steps B1, B2, …; a local derivative is derived where the sheet first uses it.

    ``before`` wrote an earlier iteration of the same sheet.
    """

    def __init__(self, writer: Writer, ids: Ids, before: Backward | None = None) -> None:
        self.writer = writer
        self.network = writer.network
        self.ids = ids
        self.gradients = ElementGradients(writer)
        self._derived: set[tuple[int, str, tuple[bool, ...]]] = before._derived if before is not None else set()

    def step(self, found: Quantity) -> Step:
        """∂L/∂quantity as a numbered step: one summand for each use and each reader."""
        with self.writer.within(found.uses[0]):
            return self._step(found)

    def _step(self, found: Quantity) -> Step:
        writer, first = self.writer, found.uses[0]
        given = given_gradient(writer.trace, first)
        if given is not None:
            line = writer.given(given, (("given",),))
            return Step(self.ids.of("B", first), "backward", writer.partial(first), (line,), given.number, given.exact)
        summands: list[Summand] = []
        rests: dict[Expr, Amount] = {}
        for use in found.uses:
            more, amounts = self.gradients.summands(use)
            summands += more
            rests.update(amounts)
        body = total(summand.body for summand in summands)
        name = writer.gradient_name(first)
        if len(summands) == 1 and summands[0].output is None:
            before = tuple(self._delta_lines(first, name, summands[0]))
        else:
            before = (*self._local_rules(first, summands), *self._loss_addend_lines(summands))
        value = writer.trace.total(found)
        reasons = (
            why_undefined(writer, value, body),
            weightless(writer, body),
            self._reason(first, summands, body),
            self._targets_sum(summands[0]) if any(line.kind == "rule" for line in before) else (),
            writer.difference(value, lambda trace: trace.total(found)),
        )
        return Step(
            self.ids.of("B", first),
            "backward",
            name,
            writer.lines(Expansion(body, rests), value, before, via(writer, summands)),
            value.number,
            value.exact,
            listed(reasons, "; "),
            compact=not isinstance(body, Add),
            sample=writer.sample_of(first),
        )

    def family(self, families: Families, tensor: Tensor, step: Callable[[int], Step]) -> Family | None:
        """The gradients of a tensor after its first, which has what is new about the local derivative."""
        found = self.gradients.general(tensor.key)
        if found is None:
            return None
        summands, axes = found
        result = Partial(LOSS, Sym(tensor.key, (0,) * len(tensor.shape)))
        body = total(summand.body for summand in summands)
        formula = ElementFormula(result, body, axes)
        return families.family("backward", formula, step, via(self.writer, summands), start=1)

    def needed(self, asked: Iterable[Quantity]) -> list[Quantity]:
        """The units whose gradients these quantities' formulas use, directly or through others, by their ids."""
        found: dict[Element, Quantity] = {}
        pending = [use for one in asked for use in one.uses if given_gradient(self.writer.trace, use) is None]
        while pending:
            for summand in self.gradients.summands(pending.pop())[0]:
                output = summand.output
                if output is not None and output not in found:
                    found[output] = quantity(self.network, output)
                    pending.append(output)
        return sorted(found.values(), key=lambda one: self.ids.order("B", one.uses[0]))

    def _delta_lines(self, first: Element, name: Expr, summand: Summand) -> Iterator[Line]:
        """``δ_o1 = ∂MSE/∂o1 = 1/2 × 2 × (t1 - o1) × (-1) = o1 - t1``: what δ is, and the rule where it is new."""
        if not isinstance(name, Partial):
            yield Line("chain", "=", self.writer.partial(first))
        if not isinstance(summand.local, Rest) and self._is_new(summand):
            for form in self.gradients.forms(summand)[:-1]:
                yield Line("rule", "=", self.writer.named(form))

    def _local_rules(self, first: Element, summands: list[Summand]) -> Iterator[Line]:
        """``∂a/∂z = e^{-z} / (1 + e^{-z})² = a × (1 - a)``, an equation of its own before the step."""
        again = not_told_apart((summand.use, summand.reached) for summand in summands)
        for summand in summands:
            if isinstance(summand.local, Rest) or self._is_direct(summand) or self._is_given(summand):
                continue
            if not self._is_new(summand):
                continue
            forms = self.gradients.forms(summand)
            if len(forms) > 1:
                tied = (summand.use, summand.reached) in again
                by = at_its_place(self.network, summand.use) if tied else self.writer.symbol(first)
                left = Partial(self.writer.symbol(summand.reached), by)
                yield from (Line("rule", "=", self.writer.named(form), left=left) for form in forms)

    def _loss_addend_lines(self, summands: list[Summand]) -> Iterator[Line]:
        """What the loss itself adds to other ways, in every form where its rule is new."""
        for place, summand in enumerate(summands):
            if self._is_direct(summand) and not isinstance(summand.local, Rest) and self._is_new(summand):
                before, after = summands[:place], summands[place + 1 :]
                for form in self.gradients.forms(summand)[:-1]:
                    bodies = (*(one.body for one in before), form, *(one.body for one in after))
                    yield Line("rule", "=", self.writer.named(total(bodies)))

    @staticmethod
    def _is_direct(summand: Summand) -> bool:
        """Whether an addend comes from the loss itself, which other ways come from too."""
        return summand.output is None and not summand.reader.step.is_penalty

    def _is_given(self, summand: Summand) -> bool:
        """Whether it leads back from a result with a given number: forms in what led to that are not equal to it."""
        output = summand.output
        if output is None:
            return False
        tensor, operation = self.network.tensors[output.key], summand.reader.edge.operation
        mixes = bool(tensor.overridden) and not operation.is_elementwise  # a softmax's slopes are in others' results
        return mixes or output.cell[tensor.sampled :] in tensor.overridden

    def _is_new(self, summand: Summand) -> bool:
        cases = summand.cases
        if summand.reader.tells_places_apart:  # the diagonal of a Jacobian is derived in its own right
            output = summand.output
            added = any(isinstance(node, Add) for node in walk(summand.local))  # of a class ŷ - 1, of the others ŷ
            cases += (added if output is None else output.cell == summand.use.cell,)
        edge, step = summand.reader.edge, summand.reader.step
        argument = "" if step.is_penalty else edge.argument  # the same for the weights of every layer
        key = (id(edge.operation), argument, cases)
        new = key not in self._derived
        self._derived.add(key)
        return new

    def _reason(self, first: Element, summands: list[Summand], body: Expr) -> Note:
        if not summands and not self.gradients.chain.readers(first.key):
            return NO_WAY
        if len(summands) == 1 and summands[0].reader.step.is_upstream:
            return ("given",)
        flat = [one for one in summands if one.local == Num(Decimal(0)) and not one.decided]
        if flat and len(summands) == 1:
            return (f"the derivative of {flat[0].reader.step.kind} is taken as 0 everywhere",)
        decided = {condition: held for summand in summands for condition, held in summand.decided}
        decided |= indicators(self.writer, body)
        moved = {element for summand in summands for element in (summand.use, summand.reached)}
        reason = listed((decisions(self.writer, decided.items(), moved), zero_signs(self.writer, body)), "; ")
        if reason and len(summands) == 1 and self._is_dead(body) and first.key in self.network.made_by:
            return reason + no_gradient(self.gradients.chain, first)
        return reason

    def _targets_sum(self, summand: Summand) -> Note:
        """``t1 + t2 = 1``, where the loss cancels against a softmax because of that."""
        step = summand.reader.step
        if not summand.reader.leads_past or not cancels_softmax(self.network, step):
            return ()
        targets = self.network.tensors[step.key(TARGET)]
        targets_read = [one for one in symbols(summand.local) if isinstance(one, Sym) and one.name == targets.key]
        if targets.structural or len(targets_read) > 1:  # their sum stands in the formula
            return ()
        if targets.shape[-1] > MOST_NOTES:
            return ("the targets sum to 1",)
        of_sample = summand.use.cell[: targets.sampled]
        cells = (Element(targets.key, (*of_sample, place)) for place in range(targets.shape[-1]))
        return (Add(tuple(map(self.writer.symbol, cells))), " = 1")

    def _is_dead(self, body: Expr) -> bool:
        """Whether a factor that is an indicator is 0: nothing gets through."""
        return any(isinstance(one, Indicator) and self.writer.evaluate(one).exact == 0 for one in factors_of(body))


def via(writer: Writer, summands: list[Summand]) -> tuple[Note, ...]:
    """``via o1, via o2, the penalty``: a note for each addend of several; of many the first and the last way."""
    without_rests = [summand for summand in summands if not isinstance(summand.local, Rest)]
    penalties = [summand for summand in without_rests if summand.reader.step.is_penalty]
    named = [writer.network.symbol(summand.output) for summand in without_rests if summand.output is not None]
    if len(summands) < 2 or len(named) + len(penalties) < len(without_rests):
        return ()
    if len(without_rests) > MOST_NOTES:
        return (("via ", named[0], " to ", named[-1], ", and the penalty" if penalties else ""),)
    notes: list[Note] = []
    again = not_told_apart((summand.use, summand.output) for summand in without_rests)
    for summand in without_rests:
        if summand.output is None:
            notes += [("the penalty",)] * (len(summand.local.terms) if isinstance(summand.local, Add) else 1)
        else:
            tied = (summand.use, summand.output) in again
            place: Note = (" as ", at_its_place(writer.network, summand.use)) if tied else ()
            notes.append(("via ", writer.network.symbol(summand.output), *place))
    return tuple(notes)


def not_told_apart(reached: Iterable[tuple[Element, Element | None]]) -> set[tuple[Element, Element | None]]:
    """Of the places of one name, each with the element that is reached, those from which others reach the same one:
    there the name does not tell which."""
    found: dict[Element | None, set[Element]] = {}
    for use, output in reached:
        found.setdefault(output, set()).add(use)
    return {(use, output) for output, uses in found.items() if len(uses) > 1 for use in uses}


def at_its_place(network: Network, element: Element) -> Sym:
    """An element by its tensor and place, ``W1[1,2]``, whatever its own name is."""
    tensor = network.tensors[element.key]
    return Sym(tensor.name or tensor.key, element.cell)

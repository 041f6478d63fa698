"""The forward pass on the sheet: every element of every layer's result, then the loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan, nan
from typing import TypeVar

from ...expr import Add, Expr, Sym, approximate, children
from ...expr.functions import Domain, restricted
from ...network.chain_rule import keyed
from ...network.model import BoundOperation, Cell, Element, Network, own_number
from ...record import Record
from ..content.model import Family, Line, Note, Remark, SectionName, Step, listed
from ..formulas.element import Writer
from ..formulas.expansion import Expansion
from ..formulas.undefined import why_undefined
from .families import ElementFormula, Families
from .ids import Ids
from .reasons import decisions, inactive, weightless

T = TypeVar("T")

MOST_ELEMENTS = 40
SHOWN_ELEMENTS = 3
MOST_SAMPLES = 4
MOST_LISTED = 8
SHOWN_SAMPLES = 2


class ElementSteps:
    """Writes the results of the layers and the loss element by element: F1, F2, …, L1, L2, …"""

    def __init__(self, writer: Writer, ids: Ids, families: Families) -> None:
        self.writer = writer
        self.ids = ids
        self.families = families

    def by_sample(self, steps: Sequence[BoundOperation], section: SectionName) -> Iterator[Step | Family | Remark]:
        """The steps one sample after the other, of many samples the first and the last; what all share, of parameters
        alone, stands before them, and the loss of all after them."""
        network = self.writer.network
        shared = [step for step in steps if not network.tensors[step.output].sampled]
        for step in shared if section == "forward" else ():
            yield from self._of_tensor(step, section)
        for sample in listed_samples(self.writer) if len(shared) < len(steps) else ():
            if isinstance(sample, SamplesLeftOut):
                yield sample.remark
                continue
            yield Remark((f"Sample {own_number(network.chosen, sample) + 1}",), heading=True)
            for step in steps:
                if network.tensors[step.output].sampled:
                    yield from self._of_tensor(step, section, sample)
        for step in shared if section != "forward" else ():
            yield from self._of_tensor(step, section)

    def _of_tensor(
        self, step: BoundOperation, section: SectionName, sample: int | None = None
    ) -> Iterator[Step | Family | Remark]:
        """The elements of one tensor (or of one sample of it), cut in the middle where there are many."""
        writer, tensor = self.writer, self.writer.network.tensors[step.output]
        cells = list(tensor.cells())
        if section == "forward" and self.families.has(tensor) and not tensor.overridden:
            body = writer.presence.kept(keyed(step.operation.sheet_formula, step))
            formula = ElementFormula(Sym(tensor.key, cells[0]), body, step.operation.output.index, step.sizes)
            family = self.families.family(section, formula, lambda place: self._step(step, cells[place], section))
            if family is not None:
                yield family
                return
        if sample is not None:
            cells = [cell for cell in cells if cell[0] == sample]
        if tensor.left_out:
            cells = [cell for cell in cells if not writer.trace.left_out(Element(tensor.key, cell))]
        for cell in listed_cells(cells, writer.full):
            yield more(cell) if isinstance(cell, int) else self._step(step, cell, section)

    def _step(self, step: BoundOperation, cell: Cell, section: SectionName) -> Step:
        """One element: formula, substitution, terms, value; or the number that is given in place of these."""
        writer, element = self.writer, Element(step.output, cell)
        tensor, value = writer.network.tensors[step.output], writer.trace.value(element)
        with writer.within(element):
            if cell[tensor.sampled :] in tensor.overridden:
                lines: tuple[Line, ...] = (writer.given(value),)
                reason, compact = GIVEN, True
            else:
                lost = from_logits(writer, step, cell)
                formula = step.numeric if lost else step.operation.sheet_formula
                expansion = writer.write(formula, step, step.at(cell))
                lines, compact = writer.lines(expansion, value), not isinstance(expansion.body, Add)
                reasons = (
                    why_undefined(writer, value, expansion.body),
                    weightless(writer, expansion.body),
                    _FROM_LOGITS if lost else self._reason(step, expansion),
                    writer.difference(value, lambda trace: trace.value(element)),
                )
                reason = listed(reasons, "; ")
            id = self.ids.of("F" if section == "forward" else "L", element)
            name, sample = writer.symbol(element), writer.sample_of(element)
            compact = compact and section == "forward"
            return Step(id, section, name, lines, value.number, value.exact, reason, compact, sample)

    def _reason(self, step: BoundOperation, expansion: Expansion) -> Note:
        """Why an element came out as it did: a decision, or what a line of a program is for."""
        if step.reasons:
            return (self.writer.why(step),)
        return inactive(self.writer, expansion.body) or decisions(self.writer, expansion.decided)


def samples_of(network: Network) -> str:
    """Which samples a network has: ``sample 3``, ``samples 1 to 2``."""
    return ("sample " if network.samples == 1 else "samples ") + numbers_of(
        network.chosen or range(network.samples or 0)
    )


def together(network: Network) -> str:
    """The words over what is of all samples: ``All samples together``, of an online step ``Sample 3 alone``."""
    if network.samples_per_step is None:
        return "All samples together"
    of_step = samples_of(network).capitalize()
    return f"{of_step} alone" if network.samples == 1 else f"{of_step} together"


def numbers_of(chosen: Sequence[int]) -> str:
    """The numbers of samples, counted from 1: ``3 to 5``, or in another order ``4, 1, 6`` (of many the first few)."""
    if len(chosen) > 1 and isinstance(chosen, range):
        return f"{chosen[0] + 1} to {chosen[-1] + 1}"
    listed = ", ".join(str(place + 1) for place in chosen[:MOST_LISTED])
    return listed + (f", … {len(chosen) - MOST_LISTED} more" if len(chosen) > MOST_LISTED else "")


GIVEN: Note = ("given, in place of its formula",)
_FROM_LOGITS: Note = ("written with the logits: the digits shown are too few for the plain formula",)


class SamplesLeftOut(Record):
    """How many samples a sheet leaves out at one place."""

    number: int

    @property
    def words(self) -> str:
        """``… 7 more samples``."""
        return f"… {self.number} more {'sample' if self.number == 1 else 'samples'}"

    @property
    def remark(self) -> Remark:
        """The same between the steps, and how to see them."""
        return Remark((f"{self.words} like these (--full shows all)",))


def listed_samples(writer: Writer) -> Iterator[int | SamplesLeftOut]:
    """The samples that a sheet shows, and how many it leaves out between them."""
    count = writer.network.samples or 0
    if writer.full or count <= MOST_SAMPLES:
        yield from range(count)
        return
    yield from range(SHOWN_SAMPLES)
    yield SamplesLeftOut(count - SHOWN_SAMPLES - 1)
    yield count - 1


def listed_cells(cells: list[Cell], full: bool, most: int = MOST_ELEMENTS) -> Iterator[Cell | int]:
    """The cells to be shown; where there are more than ``most``, the number of those left out in their place."""
    if full or len(cells) <= most:
        yield from cells
        return
    yield from cells[:SHOWN_ELEMENTS]
    yield len(cells) - SHOWN_ELEMENTS - 1
    yield cells[-1]


def first_of(every: Sequence[T], full: bool, most: int) -> tuple[Sequence[T], list[Remark]]:
    """The first of many, and how many are left out behind them, if some are."""
    shown = every if full or len(every) <= most else [*every[:most]]
    return shown, [more(len(every) - len(shown))] if len(shown) < len(every) else []


def more(count: int) -> Remark:
    """How many steps are left out, and how to see them."""
    return Remark((f"… {count} more like these (--full shows all)",))


def from_logits(writer: Writer, step: BoundOperation, cell: Cell) -> bool:
    """Whether the digits shown don't give a loss: of 1 - a nothing is left, or it is the logarithm of a 0.

    Carried digits are the numbers themselves: they do, unless they left no logarithm.
    """
    number = writer.trace.value(Element(step.output, cell)).number
    if not step.has_logits or isnan(number):
        return False
    if writer.network.conventions.rounding.places is not None:
        return writer.trace.needs_logits(Element(step.output, cell))
    expansion = writer.write(step.operation.sheet_formula, step, step.at(cell))
    substituted, _ = writer.substituted(expansion)
    noticed = 10.0 ** -max(1, writer.digits.significant - 3)
    return _has_logarithm_of_zero(substituted) or not abs(_number(substituted) - number) <= noticed * abs(number)


def _has_logarithm_of_zero(expression: Expr) -> bool:
    """Whether there is the logarithm of a 0 in it, be it taken 0 times."""
    match restricted(expression):
        case (Domain(pole=True), argument) if not _number(argument):
            return True
    return any(map(_has_logarithm_of_zero, children(expression)))


def _number(expression: Expr) -> float:
    return approximate(expression, lambda name, cell: nan)

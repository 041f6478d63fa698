"""The whole derivation: its sections in order, numbered throughout, or those parts that one quantity needs."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from ...expr import Condition, Dimensions, Expr, Num, Partial, Sym
from ...network.apart import with_parts
from ...network.model import BoundOperation, Network
from ...network.portion import chosen, portion
from ...network.quantities import Quantity
from ...network.tensor_parts import parts_of
from ..content.model import Block, Check, Note, Remark, Section, SectionName, Solution, Step
from ..content.results import Results
from ..formulas.lettering import Lettering
from ..formulas.parts import taken_apart
from ..formulas.shapes import shapes
from ..numbers.digits import Digits
from ..sheets.conventions import agreed, convention_values
from ..sheets.head import given_blocks, tensor_names
from ..sheets.pictures import structure
from .calculus.direct import DirectLoss, is_direct
from .calculus.elements import Elements
from .calculus.gradients import ParameterGradients
from .calculus.jacobians import Jacobians
from .calculus.loss import LossGradient
from .layers import LayerFormulas
from .naming.citations import Citations, names_of
from .naming.headings import gradients_title
from .naming.legend import identity_words, legend
from .naming.repeats import Repeats
from .naming.symbols import Symbols
from .question import Question
from .shapes import Shapes
from .stability.extremes import Stability
from .steps import NO_MATRIX_FORM, Cited, Form, Numbers, Part, defined

if TYPE_CHECKING:
    from .numbers.network import NetworkNumbers

LONG_DERIVATION = 3
"""A derivation of fewer lines is written again for the next layer of its kind."""
WITHOUT_LOSS = Remark(("the network has no loss, so there is no gradient to derive: add a line loss: …",))


class Derivation:
    """One network's symbolic solution."""

    def __init__(self, network: Network, question: Question) -> None:
        self.all_samples = network
        """With all samples; a step of some of them at a time is derived from those of the first step."""
        network = portion(network, chosen(network, 0)) if network.samples_per_step else network
        self.parts = parts_of(network)
        self.network = network = with_parts(network, self.parts)
        self.question = question
        self.symbols = Symbols(network, question.labels, question.jacobians)
        self.jacobians = Jacobians(self.symbols)
        self.elements = Elements(self.symbols)
        self.citations, self.repeats = Citations(), Repeats(self.symbols)
        self._count = self._asides = 0
        self._first: dict[Hashable, Expr] = {}
        """The first derivative of each kind of activation that is on the sheet."""

    def solution(self) -> Solution:
        """Network and shapes, Jacobians, the loss's gradient, those of the parameters, stability, checks."""
        network, symbols = self.network, self.symbols
        kind = DirectLoss if is_direct(network) else LossGradient
        loss = kind(symbols, self.jacobians) if network.loss is not None else None
        of_catalogue = loss if isinstance(loss, LossGradient) else None
        tries = not self._asked or self.question.stability or self.question.at  # else it is about some gradients alone
        stability = Stability(symbols, of_catalogue, Digits.of(network.conventions), self.question.at)
        made = [
            Section("given", tuple(given_blocks(self._numbers.writer)) if self._numbers is not None else ()),
            self._network(),
            Section("shapes", tuple(self._shapes())),
            *self._jacobian_sections(),
            *(self._gradient_sections(loss) if loss is not None else [Section("loss gradient", (WITHOUT_LOSS,))]),
            *([self._section("stability", stability.parts())] if tries else []),
            Section("checks", tuple(self._checks())),
        ]
        sections = tuple(Lettering(symbols.letters).sections(section for section in made if section.blocks))
        return Solution(
            network.title,
            network.source,
            convention_values(network.conventions),
            (
                *agreed(network, sections, matrices=self._has_matrices, updating=True),
                *identity_words(symbols, sections),
            ),
            sections,
            Results(),
            symbolic=True,
            tensors=lambda: tensor_names(self.all_samples),
            pictures=lambda: structure(self.all_samples, "network"),
            legend=legend(symbols, sections, of_catalogue.chosen_letter if of_catalogue else None),
        )

    def _section(self, name: SectionName, numbered: Iterable[Part], addition: Note = ()) -> Section:
        return Section(name, tuple(self._numbered(name, numbered)), addition)

    def _numbered(self, section: SectionName, several: Iterable[Part]) -> Iterator[Step | Remark]:
        """The parts as steps D1, D2, …; those that the question does not need are counted and left out."""
        before: Part | None = None
        for part in several:
            if not part.lines:
                if self._is_wanted(part, section):
                    yield Remark(part.reason)
                continue
            self._count += not part.aside
            self._asides += part.aside
            if self._is_wanted(part, section):
                numbers, value = self._numbers.of(part) if self._numbers is not None else ((), None)
                letter = chr(ord("a") + (self._asides - 1) % 26) * ((self._asides + 25) // 26) if part.aside else ""
                value = part.value if part.value is not None else value
                id = f"D{self._count}{letter}"
                part = self._derived_once(part)
                lines = tuple(self.citations.lines(part if section == "stability" else self.repeats.named(part)))
                self.citations.add(id, part)
                compact = lines[0].kind == "substitution"
                all_lines = (*lines, *numbers, *part.after)
                case = part.case if part.case is not None and _is_told(part.case, part, before) else None
                yield Step(id, section, part.name, all_lines, value, None, part.reason, compact, case=case)
                before = part

    def _derived_once(self, part: Part) -> Part:
        """A derivation of several lines that is on the sheet for another layer as its last line, and where that is."""
        if part.alike is None or len(part.lines) < LONG_DERIVATION:
            return part
        first = self._first.setdefault(part.alike, part.name)
        if first == part.name:
            return part
        named = tuple(line for line in part.lines if line.kind == "chain")
        return part._replace(lines=(*named, Form(part.lines[-1].body, ("as ", Cited((first,), True)))))

    @cached_property
    def _numbers(self) -> NetworkNumbers | None:
        """The network's numbers, where they are to stand beside the symbols."""
        if not self.question.with_numbers:
            return None
        from .numbers.network import NetworkNumbers

        return NetworkNumbers(self.network, self.jacobians)

    def _is_wanted(self, part: Part, section: SectionName) -> bool:
        every = not self._asked or (section == "stability" and self.question.stability)
        return every or bool(part.keys & self._needed)

    @cached_property
    def _asked(self) -> set[str]:
        """The tensors asked for, those that hold an element asked for among them."""
        return {*self.question.wrt, *(use.key for one in self.question.elements for use in one.uses)}

    @cached_property
    def _needed(self) -> set[str]:
        """The tensors asked for, and every result between them and the loss; and the elements that have own steps."""
        tied = [one for one in self.elements.tied if any(use.key in self.question.wrt for use in one.uses)]
        found = {*self._asked, *(f"[{one.name}]" for one in (*self.question.elements, *tied))}
        for step in self.network.steps:
            if any(key in found for key in step.arguments.values()):
                found.add(step.output)
        return found

    # -- sections ----------------------------------------------------------------------------------------------------

    def _network(self) -> Section:
        """What the tensors hold, where their elements have names; then each layer."""
        layers = LayerFormulas(self.symbols, self.all_samples)
        blocks = (
            *self.elements.listed(),
            *taken_apart(self.all_samples, self.parts, self.symbols.formulas),
            *layers.samples(),
            *self._numbered("network", layers.formulas()),
        )
        return Section("network", blocks)

    def _gradient_sections(self, loss: LossGradient | DirectLoss) -> Iterator[Section]:
        """The loss's gradient, then those of the layers and the parameters."""
        yield self._section("loss gradient", loss.parts())
        gradients = list(self._gradients(loss.done))
        keys = {key for part in gradients for key in part.keys if part.lines}
        roles = {self.network.tensors[key].role for key in keys if key in self.network.tensors}
        roles |= {part.numbers.role for part in gradients if isinstance(part.numbers, Quantity)}
        elements = (self.elements.symbol(Sym(*one.uses[0])) for one in self.question.elements)
        title = gradients_title([*map(self.symbols.formulas.name, self.question.wrt), *elements], roles)
        yield self._section("gradients", gradients)._replace(title=title)

    def _gradients(self, done: set[str]) -> Iterator[Part]:
        """By the layers' results and the parameters, then by single elements."""
        asked = (*self.question.wrt, *self.question.labels)
        if any(step.is_formula for step in self.network.steps):  # a circuit's inputs are what it is about
            asked = (*asked, *(key for key in self.network.tensors if self.symbols.formulas.readers(key)))
        inputs = [key for key in dict.fromkeys(asked) if self.network.tensors[key].role == "input"]
        yield from ParameterGradients(self.symbols, self.jacobians, done).parts(inputs)
        yield from self.elements.parts(self.question.elements)

    def _shapes(self) -> Iterator[Block]:
        """Every tensor and its shape; how many parameters there are."""
        shapes = Shapes(self.symbols)
        if self._has_matrices:
            yield shapes.table()
        if self.network.parameters:
            self._count += 1
            lines = shapes.counted()
            known = lines[-1].body
            count = float(known.value) if isinstance(known, Num) else None
            yield Step(f"D{self._count}", "shapes", Sym("parameters"), lines, count, None)

    def _jacobian_sections(self) -> Iterator[Section]:
        """For each layer from the last to the first a section for each of its arguments."""
        for step in reversed(self.symbols.layers()):
            for edge in step.edges:
                key = step.arguments[edge.argument]
                heading = Partial(self.symbols.formulas.name(step.output), self.symbols.formulas.name(key))
                parts = (*self.jacobians.of(step, edge.argument), *self._matrix_of(step, edge.argument, heading))
                yield self._section("jacobian", parts, (heading,))

    def _matrix_of(self, step: BoundOperation, argument: str, heading: Partial) -> Iterator[Part]:
        """The Jacobian as a matrix; in a batch that of each sample."""
        found, key = self.jacobians.matrix(step, argument), step.arguments[argument]
        if found is None:
            return
        if found.body is None:
            yield Part(heading, (), {key}, (heading, NO_MATRIX_FORM))
            return
        bound = self.jacobians.bound(step, argument)
        sizes = self.symbols.sizes(found.formula, bound.output, bound.by)
        note: Note = shapes(found.body, found.axes, sizes)
        if self.network.tensors[step.output].sampled:
            note = (*note, ", for each sample")
        name = Partial(self.symbols.matrix(step.output, of_sample=True), self.symbols.matrix(key, of_sample=True))
        line = Form(self.symbols.named(found.body, sizes), shapes=note)
        meant = Numbers(step.output, "jacobian", argument)
        label = self.symbols.jacobian(step.output, key)
        yield Part(label or name, (*defined(label or name, name), line), {key}, numbers=meant)

    @property
    def _has_matrices(self) -> bool:
        """Whether some tensor is more than one number."""
        keys = (key for key, one in self.network.tensors.items() if one.role != "loss")
        return any(self.symbols.shape(key) != ("1", "1") for key in keys)

    def _checks(self) -> Iterator[Check]:
        """That every gradient has the shape of its tensor."""
        if self.network.loss is None:
            return
        asked = self._asked or self.network.parameters
        keys = [key for key in self.network.parameters if key in asked and self.symbols.formulas.has_matrix(key)]
        for key in keys if self._has_matrices else ():
            name = self.symbols.gradient(key, ())
            shape = Dimensions(self.symbols.shape(key))
            yield Check((name, " ", shape, " has the shape of ", self.symbols.formulas.name(key)), "ok")


def _is_told(case: Condition, part: Part, before: Part | None) -> bool:
    """Whether a condition on its indices stands beside a step: that two are equal is seen in its name, unless the step
    before it has the same name with other ones."""
    return case.relation != "=" or (before is not None and names_of(before.name) == names_of(part.name))

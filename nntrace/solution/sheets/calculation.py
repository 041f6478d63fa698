"""The sheets: for each question the sections that answer it, put together from the parts beside this file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from functools import cached_property, partial
from itertools import chain
from math import prod
from typing import TYPE_CHECKING

from ...errors import UserError
from ...network.model import BoundOperation, Network
from ...network.quantities import Parts, Quantity, by_tensor, known_names, of_role, of_tensor
from ...trace.trace import Trace
from ...trace.tracing import trace_of
from ...trace.update import Update
from ..checking.checks import forward_checks, gradient_checks, loss_check
from ..content.model import Block, Quantities, Remark, Section, SectionName, Solution
from ..content.results import Results
from ..formulas.element import Writer
from ..numbers.digits import Digits
from ..numbers.results import gradient_results, loss_of, sample_results, value_results
from ..steps.families import Families
from ..steps.forward import ElementSteps
from ..steps.ids import Ids
from .conventions import FULL_PRECISION, agreed, convention_values
from .head import given_blocks, tensor_names
from .settings import Settings
from .verdicts import verdicts

if TYPE_CHECKING:
    from ..content.picture import Picture
    from ..steps.backward import Backward
    from ..steps.matrix import MatrixForms
    from .selection import ShownGradients

MOST_WITH_PATHS = 12
MOST_VALUES = 40


class Sheet:
    """One network's sheets. ``source`` is what the head names as the file."""

    def __init__(
        self, network: Network, settings: Settings, trace: Trace | None = None, before: Sheet | None = None
    ) -> None:
        self.settings = settings
        self.before = before
        """The sheet of the iteration before."""
        self.exact_iterations: int | None = None
        """After how many iterations numbers are floats, where they become such."""
        given = network.conventions
        conventions = given._replace(rounding=settings.rounding or given.rounding, **settings.asked_digits)
        if conventions.bounded and conventions.rounding.places is not None:
            raise UserError(
                "digits or decimals beside carry: each says how numbers are rounded\n  leave one of them out"
            )
        self.network = network = network._replace(conventions=conventions)
        digits = Digits.of(conventions, network.integers)
        self.trace = trace or trace_of(network)
        self.precise = self.trace.precisely()
        """The trace in full precision: what a sheet that carries rounded numbers is checked against."""
        self.writer = Writer(self.trace, digits, settings.full, self.precise)
        self.ids = Ids(network)
        self.families = Families(self.writer, self.ids)
        self.elements = ElementSteps(self.writer, self.ids, self.families)
        unnamed = not any(network.tensors[step.output].names for step in network.layer_steps())
        self.view = settings.view
        self.is_small = is_small(network)
        if unnamed and not self.is_small and not settings.full:
            self.view = self.view or "all"

    @cached_property
    def backward(self) -> Backward:
        """The writer of gradients; the local derivatives are derived once for a sheet."""
        from ..steps.backward import Backward

        return Backward(self.writer, self.ids, self.before.backward if self.before is not None else None)

    @cached_property
    def gradients(self) -> ShownGradients:
        """The steps of the gradients that are shown."""
        from .selection import ShownGradients

        return ShownGradients(self.writer, self.ids, self.families, self.backward, self.is_small)

    def forward(self) -> Solution:
        """Every unit, then the loss if the network has one."""
        own, judged = self.forward_section(), tuple(verdicts(self.writer))
        if self.network.loss_is_known:
            sections = [own, self.loss_section(judged)]
        else:
            sections = [own._replace(blocks=(*own.blocks, *judged))]
        if checks := self.checks(()):
            sections.append(Section("checks", checks))
        values, samples = value_results(self.trace), sample_results(self.trace)
        return self.solution(sections, Results(values=values, samples=samples, loss=loss_of(self.trace)))

    def picture(self) -> Solution:
        """The network with its values, and its numbers for a program."""
        values = value_results(self.trace)
        solution = self.solution([], Results(values=values, loss=loss_of(self.trace)))
        drawn = partial(self._pictures, None, self.settings.full)
        return solution._replace(agreed=(), sections=(Section("forward", ()),), pictures=drawn)

    def gradient(self, asked: Sequence[Quantity], named: bool) -> Solution:
        """The gradient by each asked quantity, from the forward values that it uses; ``named``: asked for by name."""
        if named and self.view != self.settings.view:  # what is asked for by name is shown by its elements
            other = copy(self)
            other.view = self.settings.view
            return other.gradient(asked, named)
        many = len(asked) > MOST_VALUES
        needed = self.units_backward() if many else self.backward.needed(asked)
        used = Parts((_without(needed, asked), asked))
        names = self.matrices(lambda forms: chain(forms.names(), forms.elsewhere()))
        any_shown = bool(used) or self.view == "matrix"
        sections = [
            Section("forward", (*self._forward_values(used), *names)),
            *([self.loss_section(() if named else verdicts(self.writer))] if self.network.loss_is_known else []),
            *(self.backward_sections(used, asked, named) if any_shown else [_nothing_asked(self.network)]),
            Section("checks", self.checks(asked)),
        ]
        results = Results(
            values=value_results(self.trace),
            samples=sample_results(self.trace),
            gradients=gradient_results(self.trace, asked),
            loss=loss_of(self.trace),
            passed=lambda: gradient_results(self.trace, needed),
        )
        return self.solution(sections, results, asked=asked if named else ())

    def following(self, trace: Trace) -> Sheet:
        """The sheet of the next iteration: of another trace, and with what this one has derived."""
        return Sheet(trace.network, self.settings, trace, self)

    def _precision(self) -> str:
        """With what precision numbers are computed, in words."""
        exact = self.exact_iterations
        if exact == 0 or not self.trace.elementwise:
            return "double precision inside"
        return FULL_PRECISION if exact is None else f"{FULL_PRECISION}, double precision after {exact} iterations"

    def checks(self, asked: Sequence[Quantity], update: Update | None = None) -> tuple[Block, ...]:
        """The checks, of the gradients in full precision; then whether the loss fell."""
        exactly = Writer(self.precise, self.writer.digits)
        known = self.network.loss_is_known
        checks: list[Block] = [] if update is None or not known else [loss_check(self.writer, update)]
        own: list[Block] = [*forward_checks(exactly), *gradient_checks(exactly, asked)]
        if own and self.trace is not self.precise:
            return *checks, Remark(("In full precision:",)), *own
        return *own, *checks

    def solution(
        self,
        sections: list[Section],
        results: Results,
        iterations: tuple[Solution, ...] = (),
        updating: bool = False,
        asked: Sequence[Quantity] | None = None,
    ) -> Solution:
        """These sections under the head of every sheet; ``updating``: those of a training step. ``asked`` are the
        quantities whose gradients were asked for by name, if gradients were."""
        network = self.network
        head = Section("given", tuple(given_blocks(self.writer)))
        slopes = any(section.name not in ("forward", "loss") for section in sections)
        if network.samples is not None:
            from ..formulas.lettering import of_samples

            sections = list(of_samples(self.writer.naming).sections(sections))
        return Solution(
            network.title,
            network.source,
            convention_values(network.conventions),
            agreed(
                network,
                sections,
                self.view in ("matrix", "all"),
                slopes=slopes,
                updating=updating,
                inside=self._precision(),
                cut=not self.settings.full,
            ),
            (head, *(section for section in sections if section.blocks)),
            results,
            iterations,
            changes=network.changes,
            tensors=lambda: tensor_names(network),
            pictures=partial(self._pictures, asked),
        )

    def _pictures(self, asked: Sequence[Quantity] | None, whole: bool = False) -> dict[SectionName, Picture]:
        from .pictures import pictures  # plain text shows none

        return pictures(self.writer, self.ids, asked, whole)

    def units_backward(self) -> Parts:
        """Every unit, from the last layer to the first."""
        return Parts(of_tensor(self.network, self.network.tensors[key]) for key in self.ids.gradients)

    def matrices(self, write: Callable[[MatrixForms], Iterator[Block]]) -> tuple[Block, ...]:
        """Blocks in matrix form under their heading, where the view has them."""
        if self.view not in ("matrix", "all"):
            return ()
        from ..steps.matrix import HEADING

        blocks = tuple(write(self.matrix_forms))
        return (HEADING, *blocks) if blocks else ()

    @cached_property
    def matrix_forms(self) -> MatrixForms:
        """The writer of the matrix form."""
        from ..steps.matrix import MatrixForms

        return MatrixForms(self.writer)

    def forward_section(self) -> Section:
        """Every layer's result, by its elements, as matrices, or both."""
        return self._results("forward", self.network.layer_steps())

    def loss_section(self, after: Iterable[Block] = ()) -> Section:
        """The loss, by its elements, as matrices, or both, with what comes after it."""
        return self._results("loss", self.network.loss_steps(), after)

    def _results(self, section: SectionName, steps: Sequence[BoundOperation], after: Iterable[Block] = ()) -> Section:
        """What steps give, by its elements, as matrices, or both; by its elements too where there is no matrix form."""
        alone = self.view == "matrix"
        made_by = {step.output: step for step in steps}

        def by_elements(key: str) -> Iterator[Block]:
            return self.elements.by_sample([made_by[key]] if alone else [], section)

        def written(forms: MatrixForms) -> Iterator[Block]:
            return chain(forms.names() if section == "forward" else (), forms.results(section, by_elements))

        matrices = self.matrices(written)
        own = matrices[1:] if alone else (*self.elements.by_sample(steps, section), *matrices)
        return Section(section, (*own, *after))

    def backward_sections(self, used: Sequence[Quantity], asked: Sequence[Quantity], named: bool) -> list[Section]:
        """The gradients in the views wanted; over their paths what was asked for by name, where it is not much.

        ``used`` are the quantities asked for, and those whose gradients lead to these.
        """
        every = set() if named else {*self.ids.gradients, *self.network.parameters}
        elements, uses = partial(self._gradient_by_elements, asked), [use for one in asked for use in one.uses]
        matrices = self.matrices(lambda forms: forms.backward(elements, every, uses))
        if self.view == "matrix":
            return [Section("backward", matrices[1:])]
        few = named and len(asked) <= MOST_WITH_PATHS and self.view != "delta"
        heading = "Over the paths" if self.view == "paths" else "The same over its paths"
        paths = self.gradients.over_paths(asked, heading) if few or self.view == "paths" else []
        if self.view == "paths" and paths:
            return paths
        return [Section("backward", (*self.gradients.steps(used, asked), *matrices)), *paths]

    def _gradient_by_elements(self, asked: Sequence[Quantity], key: str) -> Iterator[Block]:
        """A gradient without matrix form, where no sheet has it by elements: by all units of a layer, else as asked."""
        whole, part = self.matrix_forms.place(key)
        tensor = self.network.tensors[whole]
        own = of_tensor(self.network, tensor) if tensor.role == "unit" else by_tensor(asked).get(whole, ())
        if part is not None:
            own = [one for one in own if any(part.moved(use.cell) is not None for use in one.uses if use.key == whole)]
        return self.gradients.steps(own, own) if self.view == "matrix" else iter(())

    def _forward_values(self, used: Sequence[Quantity]) -> Iterator[Quantities]:
        """The values of the units, as a table; of a large network only the first that these steps use."""
        units = list(of_role(self.network, "unit")) if self.is_small else []
        units = [one for one in units if not self.trace.left_out(one.uses[0])]
        if not units:
            units = _units(used)[:MOST_VALUES]
        values = ((one.symbol, self.writer.digits.show(self.trace.value(one.uses[0]))) for one in units)
        if units:
            yield Quantities(tuple(((symbol,), (shown.number,)) for symbol, shown in values))


def _nothing_asked(network: Network) -> Section:
    """What a sheet of gradients has where there are no parameters."""
    others = known_names(network, "unit", "input")
    some = f": --param {others[0]}" if others else ""
    none = f"There are no parameters. Ask for another gradient by its name{some}."
    return Section("backward", (Remark((none,)),))


def is_small(network: Network) -> bool:
    """Whether every unit of a network is shown."""
    sizes = [prod(network.tensors[step.output].shape) for step in network.layer_steps()]
    return sum(sizes) <= MOST_VALUES


def _without(needed: Sequence[Quantity], asked: Sequence[Quantity]) -> Sequence[Quantity]:
    """The quantities that are not asked for themselves."""
    symbols = {one.symbol for one in _units(asked)}
    return [one for one in needed if one.symbol not in symbols] if symbols else needed


def _units(quantities: Sequence[Quantity]) -> list[Quantity]:
    """The layers' results among them."""
    groups = by_tensor(quantities).values()
    return [one for group in groups if group[0].role == "unit" for one in group]

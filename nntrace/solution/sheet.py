"""The sheets: for each question the sections that answer it, put together from the parts beside this file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property, partial
from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..errors import UserError
from ..expr import Num
from ..network.model import Network
from ..network.portion import portion, span
from ..network.quantities import (
    Parts,
    Quantity,
    Unnamed,
    by_tensor,
    find,
    frozen,
    known_names,
    of_role,
    of_tensor,
    parameters,
)  # fmt: skip
from ..spec.model import Rounding
from ..trace.amount import Amount
from ..trace.trace import Trace, trace_of
from .checks import forward_checks, gradient_checks, loss_check
from .element import Writer
from .families import Families
from .forward import (
    MOST_ELEMENTS,
    MOST_SAMPLES,
    forward_steps,
    loss_steps,
    more,
    more_samples,
    samples_of,
    shown_cells,
    shown_samples,
)
from .given import agreed, convention_values, given_blocks
from .ids import Ids
from .model import Block, Family, LossValue, Note, Quantities, Remark, Results, Section, Solution, Step, Stretch, Table
from .numbers import Digits
from .results import gradient_results, sample_results, updated_results, value_results

if TYPE_CHECKING:
    from .backward import Backward
    from .matrix import MatrixForms

MOST_WITH_PATHS = 12
MOST_VALUES = 40
MOST_OF_MANY = 6
MOST_FULL_ITERATIONS = 4
MOST_IN_PROGRESS = 6
MOST_ROWS = 24


View = Literal["delta", "paths", "matrix", "all"]
"""How a calculation is shown: element by element from stored deltas, over its paths, between whole matrices, or all."""


class Settings(NamedTuple):
    """How a sheet is to be written, where this differs from the file: ``full`` cuts nothing.

    Without a ``view``, a small network is shown by its elements (what is asked for by name over its paths too), a
    large one in matrix form first.
    """

    digits: int | None = None
    full: bool = False
    rounding: Rounding | None = None
    view: View | None = None


class Sheet:
    """One network's sheets. ``source`` is what the head names as the file."""

    def __init__(
        self,
        network: Network,
        settings: Settings,
        trace: Trace | None = None,
        iteration: int | None = None,
        before: Sheet | None = None,
    ) -> None:
        self.settings = settings
        self.iteration = iteration
        self.before = before
        """The sheet of the iteration before."""
        given = network.conventions
        conventions = given._replace(
            digits=settings.digits or given.digits, rounding=settings.rounding or given.rounding
        )
        self.network = network = network._replace(conventions=conventions)
        digits = Digits(conventions.digits, network.integers)
        self.trace = trace or trace_of(network)
        self.precise = self.trace.precisely()
        """The trace in full precision: what a sheet that carries rounded numbers is checked against."""
        self.writer = Writer(self.trace, digits, settings.full, self.precise)
        self.ids = Ids(network)
        self.families = Families(self.writer, self.ids)
        self.final = self.trace
        """The trace that ``step`` ends with."""
        self.updating = False
        """Whether it is a training step."""
        self._portions: dict[int, Trace] = {}
        """The latest trace of each portion of the samples, by its first one."""
        unnamed = not any(network.tensors[step.output].names for step in network.layer_steps())
        self.view = settings.view
        self.is_small = _is_small(network)
        if unnamed and not self.is_small and not settings.full:
            self.view = self.view or "all"

    @cached_property
    def backward(self) -> Backward:
        """The writer of gradients; the local derivatives are derived once for a sheet."""
        from .backward import Backward

        return Backward(self.writer, self.ids, self.before.backward if self.before is not None else None)

    def forward(self) -> Solution:
        """Every unit, then the loss if the network has one."""
        sections = [self._forward_section()]
        if self.network.loss_is_known:
            sections.append(self._loss_section())
        if checks := self._checks(()):
            sections.append(Section("checks", checks))
        values, samples = value_results(self.trace), sample_results(self.trace)
        return self._solution(sections, Results(values=values, samples=samples, loss=self._loss()))

    def gradient(self, asked: Sequence[Quantity], named: bool) -> Solution:
        """The gradient by each asked quantity, from the forward values that it uses; ``named``: asked for by name."""
        if named:
            self.view = self.settings.view  # what is asked for by name is shown by its elements
        many = len(asked) > MOST_VALUES
        needed = list(self._units_backward()) if many else self.backward.needed(asked)
        used = Parts((_without(needed, asked), asked))
        names = self._matrices(lambda forms: forms.names())
        sections = [
            Section("forward", (*self._forward_values(used), *names)),
            *self._backward_sections(used, asked, named),
            Section("checks", self._checks(asked)),
        ]
        results = Results(
            values=value_results(self.trace),
            samples=sample_results(self.trace),
            gradients=gradient_results(self.trace, asked),
            loss=self._loss(),
        )
        return self._solution(sections, results)

    def step(self, rate: Fraction, only: Sequence[Quantity] | None = None) -> Solution:
        """Forward, backward and the update, as often as the file says; ``only`` limits it to these parameters."""
        network = self.network
        self.updating = True
        count = network.iterations
        if count == 1 and network.samples_per_step is None:
            sections, results = self._one_step(rate, only)
            return self._solution(sections, results)
        if count > MOST_FULL_ITERATIONS or not _is_small(self._on_its_samples(self.trace, 0).network):
            each = list(self._short_steps(rate, only))
            overall = self._over_all(each)
            progress = Section("update", tuple(self._progress(each, overall)), (f"{count} iterations",))
            return self._solution([progress], overall)
        trace, written = self.trace, []
        sheet: Sheet | None = None
        for number in range(count):
            trace = self._on_its_samples(trace, number)
            sheet = Sheet(trace.network, self.settings, trace, number + 1, sheet)
            written.append(sheet._one_step(rate, only))
            trace = sheet.final
        self.final = trace.in_network(network)
        everything = [section for sections, _ in written for section in sections]
        return self._solution(everything, self._over_all([one for _, one in written]), self._of_each(written))

    def _on_its_samples(self, trace: Trace, iteration: int) -> Trace:
        """The trace with the samples of an iteration, counted from 0."""
        if self.network.samples_per_step is None:
            return trace
        start, stop = span(self.network, iteration)
        before = self._portions.get(start)
        network = portion(self.network, start, stop) if before is None else before.network
        self._portions[start] = found = trace.in_network(network, before)
        return found

    def _short_steps(self, rate: Fraction, only: Sequence[Quantity] | None) -> Iterator[Results]:
        """Only what each of many iterations comes to."""
        trace = self.trace
        limited = {one.name: one for one in only} if only is not None else None
        for number in range(self.network.iterations):
            trace = self._on_its_samples(trace, number)
            after = trace.updated(rate, limited).in_floats()
            own = Results(
                updated=updated_results(after, only), learning_rate=float(rate), loss=self._loss_of(trace, after)
            )
            yield self._with_values(own, trace) if self.writer.full else own
            trace = after
        self.final = trace.in_network(self.network)

    @staticmethod
    def _with_values(results: Results, trace: Trace) -> Results:
        """What an iteration comes to, with the numbers that it started from."""
        return results._replace(
            values=value_results(trace),
            samples=sample_results(trace),
            gradients=gradient_results(trace, parameters(trace.network)),
        )

    def _of_each(self, written: Sequence[tuple[list[Section], Results]]) -> tuple[Solution, ...]:
        return tuple(self._solution(sections, results) for sections, results in written)

    def _progress(self, results: Sequence[Results], overall: Results) -> Iterator[Block]:
        """The loss from iteration to iteration, and the parameters where they are few; of many iterations a choice."""
        names = [name for name, value in (results[0].updated or {}).items() if isinstance(value, float)]
        names = names if len(names) <= MOST_IN_PROGRESS else []
        loss = results[0].loss
        assert loss is not None
        some = self.network.samples_per_step is not None
        columns: tuple[Note, ...] = (
            ("iteration",),
            *((("samples",),) if some else ()),
            (f"{loss.name} before",),
            *((f"{name}⁺",) for name in names),
        )
        rows: list[tuple[Note, ...]] = []
        for place in _spread(len(results), MOST_ROWS if not self.writer.full else len(results)):
            one = results[place]
            assert one.loss is not None
            assert one.updated is not None
            numbers = (one.loss.before, *(one.updated[name] for name in names))
            shown = ((self.writer.digits.show(Amount(number)).number,) for number in numbers)
            first, stop = span(self.network, place) if some else (0, 0)
            own: Note = (str(stop) if stop - first == 1 else f"{first + 1} to {stop}",)
            rows.append(((str(place + 1),), *((own,) if some else ()), *shown))
        left_out = len(results) - len(rows)
        after = overall.loss
        assert after is not None
        assert after.after is not None
        yield Table(columns, tuple(rows))
        if left_out:
            yield Remark((f"… {left_out} more iterations between these (--full shows all)",))
        if some:
            yield Remark((f"{loss.name} before is the loss of the iteration's own samples.",))
        of_all = " of all samples" if some else ""
        last = self.writer.digits.show(Amount(after.after))
        yield Remark((f"{loss.name}{of_all} after the last iteration {'≈' if last.rounded else '='} ", last.number))

    def _over_all(self, results: Sequence[Results]) -> Results:
        """Of several iterations: the loss before the first and after the last, and what the last one left.

        Where an iteration has only some of the samples, these two are the loss of all samples.
        """
        first, last = results[0].loss, results[-1].loss
        if self.network.samples_per_step is not None:
            loss = self._loss(self.final)
        else:
            loss = None if first is None or last is None else LossValue(first.name, first.before, last.after)
        updated, rate = results[-1].updated, results[0].learning_rate
        return Results(updated=updated, learning_rate=rate, loss=loss, iterations=results)

    def _one_step(self, rate: Fraction, only: Sequence[Quantity] | None) -> tuple[list[Section], Results]:
        """One iteration: its sections and its numbers."""
        from .update import update_step

        every = parameters(self.network)
        asked = list(only) if only is not None else every
        after = self.final = self.after(rate, only)
        needed = self.backward.needed(asked) if only is not None else list(self._units_backward())
        updates: tuple[Block, ...]
        self.writer.extra["lr"] = Amount(float(rate), rate)
        matrices = self._matrices(lambda forms: forms.update(after)) if only is None else ()
        if self.view == "matrix" and len(matrices) > 1 and only is None:
            others = [one for one in asked if not self.matrix_forms.is_updated(one.uses[0].key)]
            updates = (*matrices[1:], *(self._update_blocks(others, after, rate) if others else ()))
        elif len(asked) == 1 and not frozen(self.network, asked[0]):
            updates = (update_step(self.writer, self.ids, asked[0], after),)
        else:
            updates = (*self._update_blocks(asked, after, rate), *matrices)
        sections = [
            self._forward_section(),
            self._loss_section(),
            *self._backward_sections(Parts((needed, asked)), asked, only is not None),
            Section("update", updates, ("learning rate ", self._shown_rate(rate))),
            Section("checks", self._checks(asked, after, rate)),
        ]
        results = Results(
            values=value_results(self.trace),
            samples=sample_results(self.trace),
            gradients=gradient_results(self.trace, every),
            updated=updated_results(after, only),
            learning_rate=float(rate),
            loss=self._loss(after),
        )
        return [self._numbered(section) for section in sections if section.blocks], results

    def _numbered(self, section: Section) -> Section:
        """A section of one iteration among several: it says so, and its steps' ids do."""
        if self.iteration is None:
            return section
        own = f", {samples_of(self.network)}" if self.network.samples_per_step is not None else ""
        words: Note = (f"iteration {self.iteration}{own}",)
        each = (block.steps if isinstance(block, Family) else (block,) for block in section.blocks)
        blocks = tuple(self._of_iteration(block) for blocks in each for block in blocks)
        return Section(section.name, blocks, (*words, ", ", *section.addition) if section.addition else words)

    def _of_iteration(self, block: Block) -> Block:
        prefix = f"I{self.iteration}."
        if isinstance(block, Step):
            return block._replace(id=prefix + block.id, iteration=self.iteration)
        if isinstance(block, Table):
            rows = tuple(
                row._replace(letter=prefix + row.letter)
                if isinstance(row, Stretch)
                else ((prefix + str(row[0][0]),), *row[1:])
                for row in block.rows
            )
            steps = tuple(step._replace(id=prefix + step.id, iteration=self.iteration) for step in block.steps)
            return Table(block.columns, rows, steps)
        return block

    def _checks(
        self, asked: Sequence[Quantity], after: Trace | None = None, rate: Fraction = Fraction(0)
    ) -> tuple[Block, ...]:
        """The checks, of the gradients in full precision; then whether the loss fell."""
        exactly = Writer(self.precise, self.writer.digits)
        known = self.network.loss_is_known
        checks: list[Block] = [] if after is None or not known else [loss_check(self.writer, after, rate)]
        own: list[Block] = [*forward_checks(exactly), *gradient_checks(exactly, asked)]
        if own and self.trace is not self.precise:
            return *checks, Remark(("In full precision:",)), *own
        return *own, *checks

    def after(self, rate: Fraction, only: Sequence[Quantity] | None = None) -> Trace:
        """The trace after one update."""
        return self.trace.updated(rate, {one.name: one for one in only} if only is not None else None)

    def _solution(self, sections: list[Section], results: Results, iterations: tuple[Solution, ...] = ()) -> Solution:
        network = self.network
        head = Section("given", _kept(given_blocks(self.writer)))
        return Solution(
            network.title,
            network.source,
            convention_values(network.conventions),
            agreed(network, matrices=self.view in ("matrix", "all"), updating=self.updating),
            (head, *(section for section in sections if section.blocks)),
            results,
            iterations,
        )

    def _loss(self, after: Trace | None = None) -> LossValue | None:
        return self._loss_of(self.trace, after)

    def _loss_of(self, trace: Trace, after: Trace | None) -> LossValue | None:
        loss = self.network.loss
        if loss is None or not self.network.loss_is_known:
            return None
        name = self.network.tensors[loss].symbol(()).name
        later = after.value_of_loss().number if after else None
        return LossValue(name, trace.value_of_loss().number, later)

    def _shown_rate(self, rate: Fraction) -> Num:
        return self.writer.digits.show(Amount(float(rate), rate)).number

    def _units_backward(self) -> Iterator[Quantity]:
        """Every unit, from the last layer to the first."""
        for key in self.ids.gradients:
            yield from of_tensor(self.network, self.network.tensors[key])

    def _matrices(self, write: Callable[[MatrixForms], Iterator[Block]]) -> tuple[Block, ...]:
        """Blocks in matrix form under their heading, where the view has them."""
        if self.view not in ("matrix", "all"):
            return ()
        from .matrix import HEADING

        blocks = tuple(write(self.matrix_forms))
        return (HEADING, *blocks) if blocks else ()

    @cached_property
    def matrix_forms(self) -> MatrixForms:
        """The writer of the matrix form."""
        from .matrix import MatrixForms

        return MatrixForms(self.writer)

    def _forward_section(self) -> Section:
        """Every layer's result, by its elements, as matrices, or both."""
        matrices = self._matrices(lambda forms: chain(forms.names(), forms.forward()))
        own = (
            matrices[1:] if self.view == "matrix" else (*forward_steps(self.writer, self.ids, self.families), *matrices)
        )
        return Section("forward", own)

    def _loss_section(self) -> Section:
        matrices = self._matrices(lambda forms: forms.loss())
        own = matrices[1:] if self.view == "matrix" else (*loss_steps(self.writer, self.ids, self.families), *matrices)
        return Section("loss", own)

    def _backward_sections(self, used: Sequence[Quantity], asked: Sequence[Quantity], named: bool) -> list[Section]:
        """The gradients in the views wanted; over their paths what was asked for by name, where it is not much.

        ``used`` are the quantities asked for, and those whose gradients lead to these.
        """
        keys = {use.key for one in asked for use in one.uses} if named else None
        matrices = self._matrices(lambda forms: forms.backward(partial(self._by_elements, asked), keys))
        if self.view == "matrix":
            return [Section("backward", matrices[1:])]
        if not used and not self.updating:
            others = known_names(self.network, "unit", "input")
            some = f": --param {others[0]}" if others else ""
            none = f"There are no parameters. What else there is a gradient by is asked for by its name{some}."
            return [Section("backward", (Remark((none,)),))]
        paths = self._path_sections(asked) if self._shows_paths(asked, named) else []
        if self.view == "paths" and paths:
            return paths
        return [Section("backward", (*self._gradient_steps(used, asked), *matrices)), *paths]

    def _by_elements(self, asked: Sequence[Quantity], key: str) -> Iterator[Block]:
        """The gradients of a tensor that have no matrix form, where a sheet has none by elements besides."""
        own = [one for one in asked if one.uses[0].key == key] if self.view == "matrix" else []
        return self._gradient_steps(own, own)

    def _shows_paths(self, asked: Sequence[Quantity], named: bool) -> bool:
        if self.view == "delta":
            return False
        return self.view == "paths" or (named and len(asked) <= MOST_WITH_PATHS)

    def _path_sections(self, asked: Sequence[Quantity]) -> list[Section]:
        from .paths import Paths

        written = Paths(self.writer, self.ids)
        blocks: list[Block] = []
        for _, group in self._ordered(asked):
            some = [written.step(one) if isinstance(one, Quantity) else more(one) for one in self._shown(group)]
            blocks += [block for block in some if block is not None] if isinstance(some[0], Step) else []
        heading = "Over the paths" if self.view == "paths" else "The same over its paths"
        return [Section("paths", (Remark((heading,), heading=True), *blocks))] if blocks else []

    def _shown(self, group: Sequence[Quantity]) -> Iterator[Quantity | int]:
        """Some quantities of one tensor, of many the first and the last, and how many are left out between."""
        most = MOST_ELEMENTS if self.is_small else MOST_OF_MANY
        for place in shown_cells([(number,) for number in range(len(group))], self.writer.full, most):
            yield place if isinstance(place, int) else group[place[0]]

    def _ordered(self, quantities: Sequence[Quantity]) -> list[tuple[int | None, Sequence[Quantity]]]:
        """The quantities of each sample of each tensor, by the ids of their gradients."""
        groups: list[tuple[int | None, Sequence[Quantity]]] = []
        for found in by_tensor(quantities).values():
            if isinstance(found, Unnamed):
                groups.append((None, found))
                continue
            own: dict[int | None, list[Quantity]] = {}
            for one in sorted(found, key=self._order):
                own.setdefault(self.writer.sample_of(one.uses[0]), []).append(one)
            groups += own.items()
        return sorted(groups, key=lambda group: self._order(group[1][0]))

    def _order(self, one: Quantity) -> tuple[bool, int, int]:
        return self.ids.order("B", one.uses[0])

    def _gradient_steps(self, used: Sequence[Quantity], asked: Sequence[Quantity]) -> Iterator[Block]:
        """The steps of these quantities, those of one large tensor cut in the middle.

        Of many samples the first and the last are shown, and those that are asked for alone.
        """
        shown = self._samples_shown(asked)
        before: int | None = None
        last, cut = self.network.first_sample, False
        for sample, members in self._ordered(used):
            if sample is not None and sample not in shown:
                cut = True
                continue
            if cut:
                end = sample or self.network.first_sample + (self.network.samples or 0) + 1
                yield more_samples(end - last - 1)
                cut = False
            last = sample or last
            if sample != before:
                yield Remark((f"Sample {sample}" if sample else self._together,), heading=True)
                before = sample
            tensor = self.network.tensors[members[0].uses[0].key]
            if len(members) == prod(tensor.shape) > 1 and self.families.has(tensor):
                family = self.backward.family(self.families, tensor, partial(self._step_of, members))
                if family is not None:
                    yield self.backward.step(members[0])
                    yield family
                    continue
            for one in self._shown(members):
                yield self.backward.step(one) if isinstance(one, Quantity) else more(one)

    def _samples_shown(self, asked: Sequence[Quantity]) -> set[int]:
        """The samples whose steps are shown, by their numbers."""
        first = 1 + self.network.first_sample
        shown = {place + first for place in shown_samples(self.writer) if isinstance(place, int)}
        alone = {self.writer.sample_of(one.uses[0]) for one in asked} if self.network.samples else set()
        few = alone if len(alone) <= MOST_SAMPLES else set()
        return shown | {sample for sample in few if sample is not None}

    def _step_of(self, members: Sequence[Quantity], place: int) -> Step:
        return self.backward.step(members[place])

    @property
    def _together(self) -> str:
        """The words over what is summed over the samples."""
        if self.network.samples_per_step is None:
            return "All samples together"
        of_step = samples_of(self.network)
        return f"{of_step.capitalize()} alone" if self.network.samples == 1 else f"{of_step.capitalize()} together"

    def _forward_values(self, used: Sequence[Quantity]) -> Iterator[Quantities]:
        """The values of the units, as a table; of a large network only the first that these steps use."""
        units = list(of_role(self.network, "unit")) if self.is_small else []
        if not units:
            units = _units(used)[:MOST_VALUES]
        shown = [(one.symbol, self.writer.digits.show(self.trace.value(one.uses[0])).number) for one in units]
        if shown:
            yield Quantities((), tuple(shown))

    def _update_blocks(self, asked: Sequence[Quantity], after: Trace, rate: Fraction) -> tuple[Block, ...]:
        from .update import update_table

        if not asked:
            return (Remark(("There are no parameters to update.",)),)
        old = Remark(("All new values are computed from the old ones.",))
        if self.writer.full or len(asked) <= MOST_VALUES:
            return update_table(self.writer, self.ids, self.families, asked, after, rate), old
        shown = [*asked[:MOST_VALUES]]
        table = update_table(self.writer, self.ids, self.families, shown, after, rate)
        return table, more(len(asked) - len(shown)), old


def _is_small(network: Network) -> bool:
    """Whether every unit of a network is shown."""
    sizes = [prod(network.tensors[step.output].shape) for step in network.layer_steps()]
    return sum(sizes) <= MOST_VALUES


def _spread(count: int, most: int) -> list[int]:
    """At most ``most`` places of a range, its first and its last among them, the others evenly between."""
    if count <= most:
        return list(range(count))
    return sorted({round(place * (count - 1) / (most - 1)) for place in range(most)})


def _without(needed: list[Quantity], asked: Sequence[Quantity]) -> list[Quantity]:
    """The quantities that are not asked for themselves."""
    symbols = {one.symbol for one in _units(asked)}
    return [one for one in needed if one.symbol not in symbols]


def _units(quantities: Sequence[Quantity]) -> list[Quantity]:
    """The layers' results among them."""
    groups = by_tensor(quantities).values()
    return [one for group in groups if group[0].role == "unit" for one in group]


def _kept(blocks: Iterator[Block]) -> tuple[Block, ...]:
    return tuple(blocks)


def asked_quantities(network: Network, texts: Sequence[str], *, parameters: bool = False) -> list[Quantity]:
    """The quantities that names, tensors and globs mean, each once; a name that fits none is the user's mistake."""
    roles = ("parameter",) if parameters else ("input", "parameter", "unit")
    asked: dict[str, Quantity] = {}
    for text in texts:
        found = [one for one in find(network, text) if one.role in roles]
        if not found:
            from ..errors import quoted, suggestion

            what = "parameter" if parameters else "quantity to take the gradient by"
            raise UserError(f"there is no {what} {quoted(text)}\n  {suggestion(text, known_names(network, *roles))}")
        asked.update((one.name, one) for one in found)
    return list(asked.values())

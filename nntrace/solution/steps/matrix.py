"""The matrix form on the sheet: each layer, each gradient and each update as one equation between whole matrices.

The lines are those of the element form: formula = numbers put in = value; beside the formula stand the shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial

from ...catalogue import OUTPUT, TARGET
from ...expr import (
    Expr,
    Max,
    Partial,
    Sum,
    Sym,
    Whole,
    maximum,
)  # fmt: skip
from ...expr.bind import contains, transform, walk
from ...expr.constants import constants_multiplied, folded
from ...expr.letters import written_indices
from ...expr.matrices import IDENTITY, Axes
from ...network.chain_rule import Reader
from ...network.model import BoundOperation, Cell, Element, Network
from ...network.quantities import partly_frozen
from ...network.tensor_parts import TensorPart
from ...trace.amount import Amount
from ..content.model import Block, Line, Matrix, Note, Remark, SectionName, Step
from ..formulas.element import Writer
from ..formulas.layout import cell_content
from ..formulas.naming import is_single
from ..formulas.parts import in_parts, taken_apart
from ..formulas.tensor import TensorFormulas
from .forward import from_logits, listed_cells, together
from .matrix_equation import EquationWriter, MatrixEquation, sized
from .reasons import NO_WAY, cancels_softmax
from .statements import Statements

HEADING = Remark(("In matrix form",), heading=True)

ByElements = Callable[[str], Iterable[Block]]
"""The steps of a tensor that has no matrix form, element by element."""


class MatrixForms:
    """Writes the steps M1, M2, … of one trace, numbered as in the full sheet: forward, loss, gradients, updates.

    ``short``: the typed constants of a product are multiplied too, 2 × 0.01 × W is 0.02 × W, as a derivation has it.
    """

    def __init__(self, writer: Writer, short: bool = False) -> None:
        self.whole = writer
        """The writer over the network as it is; the steps up to the updates are over the parts that are read."""
        self.writer, self.parts = in_parts(writer)
        self.short = short
        self.network: Network = self.writer.network
        self.formulas = TensorFormulas(self.network)
        self.equations = EquationWriter(self.writer, self.formulas)
        self.statements = Statements(self.writer, self.formulas)
        self._results = list(self.network.layer_steps())
        self._losses = list(self.network.loss_steps())
        reached = self.network.reached()
        units = [step.output for step in reversed(self._results) if step.edges and step.output in reached]
        inputs = [key for key, tensor in self.network.tensors.items() if tensor.role == "input" and key in reached]
        self._gradients = [*units, *self.network.parameters, *inputs]
        numbered = [step.output for step in self._results if self.network.tensors[step.output].numbered]
        order = [*(f"F{key}" for key in numbered), *(f"L{step.output}" for step in self._losses)]
        order += [f"B{key}" for key in self._gradients if key not in inputs]
        order += [f"U{key}" for key in writer.network.parameters]
        order += [f"B{key}" for key in inputs]  # which are shown where they are asked for
        self.ids = {one: f"M{number}" for number, one in enumerate(order, start=1)}

    # -- the sections ------------------------------------------------------------------------------------------------

    def names(self, losses: bool = True) -> Iterator[Block]:
        """Which parts of others matrices are, and what those hold whose elements have names of their own; without
        ``losses`` the layers' only."""
        yield from taken_apart(self.whole.network, self.parts, self.formulas)
        steps = (*self._results, *self._losses) if losses else self._results
        keys = {key for step in steps for key in (*step.arguments.values(), step.output)}
        for key, tensor in self.network.tensors.items():
            if is_single(tensor) and self.formulas.name(key).name in tensor.names.values():
                continue
            counts = tensor.role == "constant"
            if key not in keys or len(tensor.sample_shape) > 2 or tensor.role == "loss" or not (tensor.names or counts):
                continue
            shape = tensor.sample_shape
            indices = tuple("ji"[2 - len(shape) :][: len(shape)])
            sizes = dict(zip(indices, shape, strict=True))
            axes = self.formulas.vector(indices) if len(indices) < 2 else (indices[0], indices[1])
            rows = self.equations.rows(axes, sizes, partial(cell_content, tensor), indices)
            note: Note = ("for each sample",) if tensor.sampled else ("1 where the penalty counts",) if counts else ()
            down, across = (1 if axis is None else sizes[axis] for axis in axes)
            yield Matrix(self.formulas.name(key), (down, across), rows, note)

    def elsewhere(self) -> Iterator[Remark]:
        """Which numbers are those of the forward steps, where a sheet begins behind them."""
        if last := sum(one.startswith("F") for one in self.ids):
            numbers = f"M1 to M{last} work" if last > 1 else "M1 works"
            yield Remark((f"{numbers} out the layers' results: nntrace forward --view matrix shows them.",))

    def results(self, section: SectionName, by_elements: ByElements) -> Iterator[Block]:
        """Every layer's result, or the loss and what it is made of."""
        steps = self._losses if section == "loss" else self._results
        shown = [one for one in steps if not self.writer.presence.is_left_out(self.network.tensors[one.output])]
        return self._or_elements(((step.output, self.result(step, section)) for step in shown), by_elements)

    def backward(self, by_elements: ByElements, keys: Iterable[str], uses: Iterable[Element]) -> Iterator[Block]:
        """The gradients by these tensors, by those that have these elements, and by the layers' results that they use:
        from the last layer to the first, then by the parameters and the inputs."""
        own = (part.tensor.key for key in keys for part in self.parts.get(key, ()))
        wanted = self._needed({*keys, *own, *map(self._with, uses)})
        return self._or_elements(((key, self.gradient(key)) for key in self._gradients if key in wanted), by_elements)

    def _or_elements(self, found: Iterable[tuple[str, Step | Remark]], by_elements: ByElements) -> Iterator[Block]:
        """Tensors in matrix form; behind the words that one has none, its elements, sample by sample in a batch."""
        of_one_sample = False
        for key, step in found:
            if of_one_sample:
                yield Remark((together(self.network),), heading=True)
            yield step
            elements = tuple(by_elements(key)) if isinstance(step, Remark) else ()
            yield from elements
            of_one_sample = any(isinstance(block, Remark) and block.heading for block in elements)

    @cached_property
    def updates(self) -> EquationWriter:
        """Writes the updates, of whole parameters."""
        if not self.parts:
            return self.equations
        return EquationWriter(self.whole, TensorFormulas(self.whole.network))

    def is_updated(self, key: str) -> bool:
        """Whether a parameter's new value is one matrix: nothing in it is tied, missing or frozen."""
        network = self.whole.network
        return self.updates.formulas.has_matrix(key) and not partly_frozen(network, network.tensors[key])

    def place(self, key: str) -> tuple[str, TensorPart | None]:
        """The tensor of the network that a tensor of these steps is, and which part of it."""
        every = ((of, part) for of, own in self.parts.items() for part in own)
        return next(((of, part) for of, part in every if part.tensor.key == key), (key, None))

    def _with(self, element: Element) -> str:
        """The tensor of these steps that has an element of the network."""
        parts = self.parts.get(element.key, ())
        return next((part.tensor.key for part in parts if part.moved(element.cell) is not None), element.key)

    def _needed(self, keys: set[str]) -> set[str]:
        """Tensors, and the results between them and the loss."""
        found = set(keys)
        for step in self.network.steps:  # in order: what reads a wanted tensor is wanted too
            if any(read in found for read in step.arguments.values()) and step.output in self._gradients:
                found.add(step.output)
        return found & set(self._gradients)

    # -- the steps ---------------------------------------------------------------------------------------------------

    def result(self, step: BoundOperation, section: SectionName) -> Step | Remark:
        """A step's whole result, or words where it has no matrix form."""
        output = step.operation.output
        indices = tuple(str(index) for index in output.index)
        axes = self.formulas.laid_out(step.output, indices)
        body = self._body(step, axes) if self.formulas.is_matrix(step.output) else None
        name = self.formulas.name(step.output)
        trace = self.writer.trace
        letter = "F" if section == "forward" else "L"

        def value(cell: Cell) -> Amount:
            return trace.value(Element(step.output, cell))

        if self.network.tensors[step.output].overridden:
            return _by_elements(name, ", as a number in it is given")
        if body is None:
            return _by_elements(name, self._obstacle(step.output) or _parts(self.formulas.forward(step)))
        before = self.statements.function(step)
        reason: Note = ()
        if step.reasons:
            sampled = self.network.tensors[step.output].sampled
            own = self.writer.why(step)
            reason = ("of each sample: ", own) if sampled else (own,)
        if step.operation.program and self.formulas.is_function(step):
            letters = output.index[: len(self.network.tensors[step.argument].shape)]  # of a single number there is none
            argument = self.formulas.matrix(Sym(step.argument, letters), axes, step.sizes)
            assert argument is not None
            before = (Line("chain", "=", self.equations.named(step.of(argument))),)
        equation = MatrixEquation(name, body, step.sizes, axes, indices, value)
        return self.equations.step(self.ids.get(f"{letter}{step.output}", ""), section, equation, before, reason)

    def _body(self, step: BoundOperation, axes: Axes) -> Expr | None:
        """A step's formula in matrix form; of a program the line that the sheet works out."""
        formula = self.formulas.forward(step)
        if isinstance(formula, Max):  # of each sample
            inner = tuple(str(index) for index in step.operation.output.index)
            along = self.formulas.laid_out(step.argument, (*inner, formula.over))
            body = self.formulas.matrix(formula.body, along, step.sizes)
            return None if body is None else maximum(body)
        if step.operation.program or self._is_lost(step):
            formula = self.formulas.keyed(step.numeric, step)
        return self._between_tensors(self.writer.presence.kept(formula), axes, step.sizes)

    def _between_tensors(self, formula: Expr, axes: Axes, sizes: Mapping[str, int]) -> Expr | None:
        """A formula between the network's own tensors: one that takes an identity matrix is worked out by elements."""
        body = self.formulas.matrix(formula, axes, sizes)
        has_identity = body is not None and any(isinstance(one, Whole) and one.symbol == IDENTITY for one in walk(body))
        return None if has_identity else body

    def _is_lost(self, step: BoundOperation) -> bool:
        """Whether the digits shown don't give a loss, in any sample that is shown."""
        cells = [*self.network.tensors[step.output].cells()] if step.bypassed else []
        shown = (cell for cell in listed_cells(cells, self.writer.full) if not isinstance(cell, int))
        return any(from_logits(self.writer, step, cell) for cell in shown)

    def gradient(self, key: str) -> Step | Remark:
        """∂L/∂tensor, or words where it has no matrix form."""
        if key in self.network.training.gradients:
            return Remark((self.formulas.gradient_name(key), " is given"))
        found = self.formulas.gradient(key)
        axes = self.formulas.laid_out(key, found.indices)
        name = self.formulas.gradient_name(key)
        body = self._between_tensors(found.formula, axes, found.sizes) if self.formulas.has_matrix(key) else None
        if body is None:
            return _by_elements(name, self._obstacle(key) or _parts(found.formula))
        before: list[Line] = []
        reason: Note = () if found.addends else NO_WAY
        for reader in self.formulas.readers(key):
            before += self.statements.derivative(reader.step)
            if self.formulas.is_elementwise(reader.step):
                reason = self.statements.decided(reader.step, list(self.network.tensors[key].cells()))
        if not isinstance(name, Partial):
            loss = self.formulas.name(self.network.loss or "")
            before.append(Line("chain", "=", Partial(loss, self.formulas.name(key))))
        uncancelled = [self.equations.named(form) for form in self._uncancelled(key)]
        for fused in (reader.step for reader in self.formulas.readers(key)) if uncancelled else ():
            if cancels_softmax(self.network, fused) and not contains(found.formula, Sum):
                reason = ("the division by ", self.formulas.name(fused.key(OUTPUT)), " cancels; the elements of ",
                          self.formulas.name(fused.key(TARGET)), " sum to 1")  # fmt: skip
        before += [Line("rule", "=", form) for form in uncancelled]
        long = sized(body, found.sizes)
        body = constants_multiplied(long)[0] if self.short else folded(long)
        before += [Line("rule", "=", self.equations.named(long))] if body != long else []

        def value(cell: Cell) -> Amount:
            return self.equations.gradient(Element(key, cell))

        equation = MatrixEquation(name, body, found.sizes, axes, found.indices, value)
        return self.equations.step(self.ids[f"B{key}"], "backward", equation, tuple(before), reason)

    def _uncancelled(self, key: str) -> Iterator[Expr]:
        """A fused loss's long form: the chain rule through the activation, and ∂L/∂a written into it."""
        for reader in self.formulas.readers(key):
            if not reader.leads_past:
                continue
            past = Reader(reader.step, reader.step.bypassed[0], bypassed=True)
            result = past.key
            activation = self.network.made_by[result]
            chain = self._through(Reader(activation, activation.edges[0]))
            before = self._through(past)
            if chain is not None and before is not None:
                yield chain
                yield transform(chain, partial(_for_slope, result, before))

    def _through(self, reader: Reader) -> Expr | None:
        """What comes back by one reader, in matrix form."""
        found = self.formulas.through(reader)
        body = self.formulas.matrix(found.formula, self.formulas.laid_out(reader.key, found.indices), found.sizes)
        return None if body is None else folded(sized(body, found.sizes))

    def _obstacle(self, key: str) -> str:
        """What in a tensor keeps it, or its gradient, from being one matrix."""
        if self.formulas.has_matrix(key):
            return ""
        if not self.formulas.is_matrix(key):
            return ", as it has more than two axes"
        missing = self.network.tensors[key].missing
        return ", as a connection is missing" if missing else ", as a name in it stands in several places"


def _by_elements(name: Expr, why: str) -> Remark:
    return Remark((name, f" has no matrix form{why}: it is worked out by its elements"))


def _parts(formula: Expr) -> str:
    """Whether parts of tensors (``x[2]``, what begins at the third element) keep a formula from being one between
    whole tensors, in words."""
    whole = all(isinstance(index, str) for index in written_indices(formula))
    return "" if whole else ", as parts of tensors stand in its formula"


def _for_slope(key: str, found: Expr, node: Expr) -> Expr | None:
    """What is found in the place of ∂L/∂tensor."""
    slope = isinstance(node, Whole) and isinstance(node.symbol, Partial) and node.symbol.by.name == key
    return found if slope else None

"""Layers with no activation between them as one affine map: W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2).

Which steps are affine is told from their formulas. Where one that is not stands between two layers, these don't
multiply out to one map: the sheet says where, and what was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from decimal import Decimal
from functools import reduce

from ....expr import Expr, Size, Sym, Whole, total
from ....expr.bind import transform
from ....network.model import BoundOperation, Network, sample_mark
from ....trace.amount import Amount
from ....trace.trace import Trace
from ...content.model import Block, Check, Line, Note, Remark, Section, Solution, Step, listed
from ...content.results import Results
from ...formulas.element import Writer
from ...formulas.layout import Layout
from ...formulas.lettering import Lettering, letters_of
from ...formulas.naming import is_single
from ...formulas.shapes import size_of
from ...formulas.single_letters import without_single
from ...formulas.tensor import TensorFormulas
from ...numbers.digits import Digits
from ...steps.matrix import MatrixForms
from ..conventions import agreed, convention_values
from ..head import given_blocks, tensor_names
from .affine import AffineMaps
from .algebra import AffineMap, Algebra, Named
from .grids import Grid, literal, numbers
from .known_matrices import KnownMatrices
from .refutation import Refutation
from .stacks import Stack, past_identities, stacks

ALREADY_ONE: Note = ("already one affine map",)
ADDS_NOTHING: Note = ("one affine map: depth without an activation adds nothing",)
PUT_IN: Note = ("insert the layer before",)
MULTIPLIED_OUT: Note = ("multiply out",)
BY_ELEMENTS: Note = ("not a product of the layer's own matrices: given by its elements",)
MOST_SAMPLES = 3
MOST_NUMBERS = 6
LONG_STACK = 4
"""Layers of a stack beyond which the map of those before a layer has a name: written out, it grows with each one."""


class Collapse:
    """Merges the stacked layers of a network. ``trace`` is ``None`` where it has no numbers; ``parts`` says what the
    matrices are that are parts of others."""

    def __init__(self, network: Network, trace: Trace | None, parts: Callable[[Layout], Iterable[Remark]]) -> None:
        self.network = network
        self.trace = trace
        precise = None if trace is None else trace.precisely()  # what is merged is not rounded in between
        self.formulas = TensorFormulas(network)
        self.digits = Digits.of(network.conventions, network.integers)
        self.algebra, self.known = Algebra(network.conventions.vectors == "columns"), KnownMatrices(self.digits)
        self.maps = AffineMaps(network, precise, self.formulas, self.algebra, self.known)
        self.stacks = list(stacks(network))
        self.parts = tuple(parts(self.formulas))
        self._count = 0

    def solution(self) -> Solution:
        """A section for each stack of layers, and the reason where a stack ends."""
        network = self.network
        sections: list[Section] = []
        if self.trace is not None:
            writer = Writer(self.trace, self.digits)
            named = tuple(MatrixForms(writer).names(losses=False))
            sections.append(Section("given", (*given_blocks(writer), *named, *self.parts)))
        for place, stack in enumerate(self.stacks):
            after = self.stacks[place + 1] if place + 1 < len(self.stacks) else None
            sections.append(Section("collapse", tuple(self._blocks(stack, after)), title=self._title(stack)))
        if not self.stacks:
            sections.append(Section("collapse", (Remark(("There is no layer.",)),)))
        head = convention_values(network.conventions), agreed(network, sections, matrices=True)
        lettering = Lettering(letters_of(self.formulas.naming, self.maps.taken))
        return Solution(
            network.title,
            network.source,
            *head,
            tuple(lettering.sections(sections)),
            Results(),
            symbolic=True,
            changes=network.changes,
            tensors=lambda: tensor_names(network),
        )

    def _blocks(self, stack: Stack, after: Stack | None) -> Iterator[Block]:
        if stack.layers:
            yield from self._merged(stack.layers)
        if stack.end is not None:
            yield self._apart(stack.end, stack, after)

    def _title(self, stack: Stack) -> Note:
        """``Layers z1 and z2 as one affine map``."""
        if len(stack.layers) > 1:
            return ("Layers ", *self._listed(stack.layers), " as one affine map")
        alone = stack.layers[0] if stack.layers else stack.end
        assert alone is not None
        return ("Layer ", self.formulas.name(alone.output), " by itself")

    def _listed(self, steps: tuple[BoundOperation, ...]) -> Note:
        """``z1, z2 and z3``."""
        return listed((self.formulas.name(step.output) for step in steps), last=" and ")

    # -- what keeps layers apart -------------------------------------------------------------------------------------

    def _apart(self, step: BoundOperation, stack: Stack, after: Stack | None) -> Step:
        """A step that is not taken for an affine map, why, and which layers are therefore not merged; what is shown of
        the step alone is not said of all of them together: relu(x) - relu(-x) is x."""
        body, name = self._as_function(step)
        refutation = Refutation(self.network, self.trace, self.formulas, self.digits, step)
        reason = refutation.words()
        if not refutation.is_tried:
            return self._step(name, body)._replace(reason=reason)
        if stack.layers and after is not None and after.layers and after.argument == step.output:
            pair = self._listed((stack.layers[-1], after.layers[0]))
            reason = (*reason, ": ", *pair, " are not merged (with special weights they could still be one affine map)")
        elif stack.layers:
            reason = (*reason, ": ", self.formulas.name(step.output), " is left out of the map")
        return self._step(name, body)._replace(reason=reason)

    def _as_function(self, step: BoundOperation) -> tuple[Expr, Sym]:
        """An activation as a named function of what it reads, a layer by its elements; and what it is called."""
        name = self.formulas.name(step.output)
        if self.formulas.is_function(step):
            return step.of(self.formulas.name(step.argument)), name
        formula = self.formulas.keyed(step.operation.formula, step)
        sizes = self.formulas.written_sizes(step.sizes)

        def leaf(node: Expr) -> Expr | None:
            if isinstance(node, Size):
                return size_of(sizes[node.over])
            return self._element(node) if isinstance(node, Sym) else None

        body = transform(without_single(formula, lambda _: {}, sizes), leaf)
        return body, self._element(Sym(step.output, step.operation.output.index))

    def _element(self, symbol: Sym) -> Sym:
        """An element of the tensor of a key, in a batch of one sample: by its own name, if it has one."""
        tensor = self.network.tensors[symbol.name]
        index = symbol.index[tensor.sampled :]
        if (own := tensor.names.get(index)) is not None:  # type: ignore[arg-type]
            return Sym(own)
        return Sym(self.formulas.name(symbol.name).name, () if is_single(tensor) else index)

    # -- algebra -----------------------------------------------------------------------------------------------------

    def _merged(self, layers: tuple[BoundOperation, ...]) -> Iterator[Block]:
        """The layers put into each other, multiplied out, and the merged matrix and constant with their numbers."""
        maps, algebra, first = self.maps, self.algebra, layers[0]
        maps.start(first.argument)
        source: Expr = Whole(self.formulas.name(first.argument), *algebra.axes("j0"))
        same = past_identities(self.network)
        root = same.get(first.argument, first.argument)
        levels = {root: 0, **{key: 0 for key, read in same.items() if read == root}, first.output: 1}
        [(_, affine)] = maps.of_each(first, 1, levels)
        yield from self._defined(affine.named)
        if len(layers) == 1:
            yield self._step(self.formulas.name(first.output), algebra.applied(affine, source), ALREADY_ONE)
            return
        merged = {1: affine}
        for level, step in enumerate(layers[1:], start=2):
            levels |= {key: levels[root] for key, root in same.items() if root in levels}
            of_each = maps.of_each(step, level, levels)
            for _, own in of_each:
                yield from self._defined(own.named)
            name = self.formulas.name(step.output)
            if not any(at for at, _ in of_each):  # a further branch: it is written where it meets the others
                levels[step.output], merged[level] = level, of_each[0][1]
                continue
            if len(of_each) > 1 or affine.constant is not None:
                inner = (algebra.applied(merged[at], source) if at else source for at, _ in of_each)
                nested = total(algebra.applied(own, body) for (_, own), body in zip(of_each, inner, strict=True))
                yield self._step(name, nested, PUT_IN)
            how = PUT_IN if len(of_each) == 1 and affine.constant is None else MULTIPLIED_OUT
            affine = reduce(algebra.added, (algebra.after(own, merged[at]) if at else own for at, own in of_each))
            yield self._step(name, algebra.applied(affine, source), how)
            if len(layers) > LONG_STACK and level < len(layers):
                names = (maps.free_name(letter, "", step) for letter in "Ac")
                affine = yield from self._under_names(affine, next(names), next(names), level)
            levels[step.output], merged[level] = level, affine
        yield from self._result(layers, affine, source)

    def _defined(self, named: tuple[Named, ...]) -> Iterator[Step]:
        """What a matrix is that has no form in the layer's own ones: its elements, and its numbers."""
        for one in named:
            elements, grid = Sym(one.name.name, one.letters), self.known.of(one.name)
            if grid is None:
                yield self._step(elements, one.elements, BY_ELEMENTS)
                continue
            shown, rounded = literal(grid, self.digits)
            value = Line("value", "≈" if rounded else "=", shown)
            step = self._step(one.matrix, one.elements, BY_ELEMENTS)
            yield step._replace(lines=(step.lines[0]._replace(left=elements), value), value=numbers(grid))

    def _result(self, layers: tuple[BoundOperation, ...], affine: AffineMap, source: Expr) -> Iterator[Block]:
        last = self.formulas.name(layers[-1].output)
        merged = yield from self._under_names(affine, *self._own_names(last), len(layers))
        if self.trace is None or self._samples(layers) is not None:
            yield self._step(last, self.algebra.applied(merged, source), ADDS_NOTHING)
        if self.trace is not None:
            yield from self._compared(layers, merged)

    def _under_names(self, affine: AffineMap, weights: Sym, bias: Sym, level: int) -> Generator[Block, None, AffineMap]:
        """What the matrix and the constant are of a map to the ``level``-th layer's results; the map in their names."""
        matrix, vector = self.algebra.axes(f"j{level}", "j0"), self.algebra.axes(f"j{level}")
        merged = affine._replace(matrix=Whole(weights, *matrix))
        shapes = self.maps.shapes(affine.matrix, matrix)
        yield self._numbered(merged.matrix, affine.matrix, affine.matrix_numbers, shapes)
        self.known.add(weights, affine.matrix_numbers)
        if affine.constant is None:
            return merged
        constant, shapes = Whole(bias, *vector), self.maps.shapes(affine.constant, vector)
        yield self._numbered(constant, affine.constant, affine.constant_numbers, shapes)
        self.known.add(bias, affine.constant_numbers)
        return merged._replace(constant=constant)

    def _own_names(self, last: Sym) -> tuple[Sym, Sym]:
        """The merged map's matrix and constant: W and b, in a network of several maps W_z2 and b_z2."""
        taken = self.maps.taken
        several = sum(len(stack.layers) > 1 for stack in self.stacks) > 1
        suffix = f"_{last.name}" if several or not taken.isdisjoint(("W", "b")) else ""
        while not taken.isdisjoint((f"W{suffix}", f"b{suffix}")):
            suffix += f"_{last.name}"
        return Sym(f"W{suffix}"), Sym(f"b{suffix}")

    def _samples(self, layers: tuple[BoundOperation, ...]) -> int | None:
        """How many samples these layers work out; of parameters alone, and without a batch, none."""
        return self.network.samples if self.network.tensors[layers[-1].output].sampled else None

    def _compared(self, layers: tuple[BoundOperation, ...], merged: AffineMap) -> Iterator[Block]:
        """The merged map on the inputs, with its numbers, against the network's own result."""
        maps, algebra = self.maps, self.algebra
        source, last, count = layers[0].argument, layers[-1].output, self._samples(layers)
        x, z = self.formulas.name(source), self.formulas.name(last)
        holds = True
        own: Grid = []
        for sample in range(count) if count is not None else (None,):
            mark = () if sample is None else (sample,)
            inputs, own = (maps.vector(key, mark) for key in (source, last))
            found = algebra.image(merged, inputs)
            pairs = [pair for rows in zip(found, own, strict=True) for pair in zip(*rows, strict=True)]
            holds = holds and all(_is_near(one, two) for one, two in pairs)
            if sample is None or sample < MOST_SAMPLES:
                named = [Sym(one.name, (), "" if sample is None else sample_mark(sample)) for one in (x, z)]
                self.known.add(named[0], inputs)
                body = algebra.applied(merged, Whole(named[0], *algebra.axes("j0")))
                yield self._numbered(named[1], body, found, ADDS_NOTHING if sample is None else ())
        words = " on the inputs" if count is None else f" on all {count} samples"
        unrounded = "" if self.network.conventions.rounding.places is None else ", computed without rounding,"
        comparison: Note = ()
        if count is None and sum(map(len, own)) <= MOST_NUMBERS:
            comparison = (": ", *listed(self.digits.show(amount).number for row in own for amount in row))
        yield Check((z, f" of the network{words}{unrounded} is the same", *comparison), "ok" if holds else "failed")

    # -- steps -------------------------------------------------------------------------------------------------------

    def _step(self, name: Expr, form: Expr, note: Note = ()) -> Step:
        self._count += 1
        line = Line("rule", "=", form, (note,) if note else ())
        return Step(f"C{self._count}", "collapse", name, (line,), None, None)

    def _numbered(self, name: Expr, formula: Expr, grid: Grid | None, note: Note) -> Step:
        """Formula = numbers put in = value, where there are numbers."""
        step = self._step(name, formula, note)
        if grid is None:
            return step
        put_in, inexact = self.known.substituted(formula)
        value, rounded = literal(grid, self.digits)
        lines = [*step.lines]
        if put_in not in (formula, value):
            lines.append(Line("substitution", "≈" if inexact else "=", put_in))
        lines.append(Line("value", "≈" if inexact or rounded else "=", value))
        return step._replace(lines=tuple(lines), value=numbers(grid))


def _is_near(one: Amount, other: Amount) -> bool:
    """Whether two numbers, however large, are the same but for what floats round."""
    if not (one.is_finite and other.is_finite):
        return one.number == other.number
    return one.minus(other).size <= Decimal("1e-9") * max(Decimal(1), other.size)

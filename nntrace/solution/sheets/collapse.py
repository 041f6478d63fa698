"""Layers with no activation between them as one affine map: W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2).

Where an activation stands between two layers they are no single map: the sheet says where, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import chain, combinations
from typing import NamedTuple

from ...expr import ONE, Add, Call, Expr, Literal, MatMul, Ones, Sym, Transpose, Whole, approximate, exact, total
from ...expr.bind import transform
from ...expr.matrices import Axes
from ...network.model import BoundOperation, Cell, Element, Network, Tensor, sample_mark
from ...trace.amount import Amount, fraction
from ...trace.trace import Trace
from ..content.model import Block, Check, Line, Note, Remark, Results, Rows, Section, Solution, Step
from ..formulas.element import Writer
from ..formulas.shapes import shapes
from ..formulas.tensor import TensorFormulas
from ..numbers.digits import Digits, Shown
from ..steps.matrix import MatrixForms
from .head import agreed, convention_values, given_blocks, tensor_names

Grid = list[list[Amount]]
FIRST_TRIED = ((-2, 2), (0, 2), (0, 6))  # odd functions keep the first middle
MOST_TRIED = 12
ADDS_NOTHING: Note = ("one affine map: depth without an activation adds nothing",)
MOST_SAMPLES = 3
MOST_NUMBERS = 6


class Affine(NamedTuple):
    """z = W x + b as expressions between matrices, and their numbers where the network has some."""

    weights: Expr
    bias: Expr | None
    weight_numbers: Grid | None
    bias_numbers: Grid | None


def _sign(shown: Shown) -> str:
    return "≈" if shown.rounded else "="


class Collapse:
    """Merges the stacked layers of a network. ``trace`` is ``None`` where it has no numbers."""

    def __init__(self, network: Network, trace: Trace | None) -> None:
        self.network = network
        self.trace = trace
        self.formulas = TensorFormulas(network)
        self.columns = network.conventions.vectors == "columns"
        self.digits = Digits(network.conventions.digits, network.integers)
        self._count = 0
        self._several = False
        """Whether there are several maps to be told apart."""
        self._known: dict[str, Grid] = {}
        """The numbers of the layers' own matrices, by name."""
        self._sizes: dict[str, str] = {}
        """How far the letters of a stack's matrices run: ``j0`` counts its inputs, ``j1`` the first layer's units, …"""

    def solution(self) -> Solution:
        """A section for each stack of layers, and the reason where a stack ends."""
        network = self.network
        sections: list[Section] = []
        if self.trace is not None:
            writer = Writer(self.trace, self.digits)
            named = tuple(MatrixForms(writer).names(losses=False))
            sections.append(Section("given", (*given_blocks(writer), *named)))
        stacks = list(self._stacks())
        self._several = sum(len(stack) > 1 for stack, _ in stacks) > 1
        for place, (stack, activation) in enumerate(stacks):
            after = stacks[place + 1][0] if place + 1 < len(stacks) else None
            blocks = list(self._merged(stack)) if len(stack) > 1 else [self._alone(stack[0])]
            if activation is not None:
                blocks.append(self._why(activation, stack, after))
            sections.append(Section("collapse", tuple(blocks), self._addition(stack)))
        if not stacks:
            sections.append(Section("collapse", (Remark(("There is no layer with weights.",)),)))
        head = convention_values(network.conventions), agreed(network, matrices=True)
        return Solution(
            network.title,
            network.source,
            *head,
            tuple(sections),
            Results(),
            symbolic=True,
            changes=network.changes,
            tensors=lambda: tensor_names(network),
        )

    # -- stacks ------------------------------------------------------------------------------------------------------

    def _stacks(self) -> Iterator[tuple[list[BoundOperation], BoundOperation | None]]:
        """Runs of layers with nothing but identities between them, and the activation that ends each."""
        stack: list[BoundOperation] = []
        for step in self.network.layer_steps():
            if not step.edges or step.kind == "identity":
                continue
            if not step.is_learned:
                if stack:
                    yield stack, step
                stack = []
            else:
                stack.append(step)
        if stack:
            yield stack, None

    def _addition(self, stack: list[BoundOperation]) -> Note:
        if len(stack) == 1:
            return (self.formulas.name(stack[0].output), " alone")
        return (*self._names(stack), " as one affine map")

    def _names(self, stack: list[BoundOperation]) -> Note:
        """``z1, z2 and z3``."""
        names: Note = ()
        for place, step in enumerate(stack):
            sign = "" if not place else " and " if place == len(stack) - 1 else ", "
            names += (sign, self.formulas.name(step.output)) if sign else (self.formulas.name(step.output),)
        return names

    def _alone(self, step: BoundOperation) -> Block:
        self._sizes = {"j0": self._size(step.arguments["x"])}
        affine = self._affine(step, 1)
        form = self._applied(affine, Whole(self.formulas.name(step.arguments["x"]), *self._axes("j0")))
        return self._step(self.formulas.name(step.output), [(form, ("one affine map already",))])

    def _why(
        self, activation: BoundOperation, stack: list[BoundOperation], after: list[BoundOperation] | None
    ) -> Block:
        """An activation is no affine map: the middle of two points does not go to the middle of their images."""
        argument = self.formulas.name(activation.arguments["z"])
        called = Call(activation.kind, (argument,))
        behind = (*self._names([*stack[-1:], *(after or [])[:1]]), " cannot be merged") if after else (
            self.formulas.name(activation.output), " is no part of the map")  # fmt: skip
        step = self._step(self.formulas.name(activation.output), [(called, ())])
        found = self._refuted(activation)
        if found is None:
            return step._replace(reason=(f"no two of the numbers tried show that {activation.kind} is not affine",))
        reason: Note = ("an affine map sends a middle to a middle; halfway between ",)
        low, high, middle, *shown = found
        for words, value, one in ((" and ", low, shown[0]), (" is ", high, shown[1])):
            reason += (f"{self._called(activation, value)} {_sign(one)} ", one.number, words)
        reason += ("about ", shown[2].number) if shown[2].rounded else (shown[2].number,)
        reason += (f", but {self._called(activation, middle)} {_sign(shown[3])} ", shown[3].number, ", so ", *behind)
        return step._replace(reason=reason)

    def _refuted(self, activation: BoundOperation) -> tuple[int, int, int, Shown, Shown, Shown, Shown] | None:
        """Two points and their middle, whose images as they are shown are those of no affine map."""
        for low, high in chain(FIRST_TRIED, combinations(range(-MOST_TRIED, MOST_TRIED + 1), 2)):
            if (high - low) % 2:
                continue
            middle = (low + high) // 2
            ends = [self._at(activation, value) for value in (low, high)]
            halfway = ends[0].plus(ends[1]).times(fraction(Fraction(1, 2)))
            shown = [self.digits.show(amount) for amount in (*ends, halfway, self._at(activation, middle))]
            if shown[2].number != shown[3].number:
                return low, high, middle, shown[0], shown[1], shown[2], shown[3]
        return None

    @staticmethod
    def _called(step: BoundOperation, value: int) -> str:
        return f"the first of {step.kind}({value}, 0)" if not step.operation.is_elementwise else f"{step.kind}({value})"

    @staticmethod
    def _at(step: BoundOperation, value: int) -> Amount:
        """The activation's (first) result at a number, any others being 0."""
        formula, output = step.operation.formula, step.operation.output
        index = {str(letter): 0 for letter in output.index}

        def number(name: str, cell: Cell) -> int:
            return value if not cell or cell[-1] == 0 else 0

        whole = exact(formula, lambda name, cell: Fraction(number(name, cell)), index, {"i": 2})
        if whole is not None:
            return fraction(whole)
        return Amount(approximate(formula, lambda name, cell: float(number(name, cell)), index, {"i": 2}))

    # -- algebra -----------------------------------------------------------------------------------------------------

    def _merged(self, stack: list[BoundOperation]) -> Iterator[Block]:
        """The layers put into each other, multiplied out, and the merged weights and bias with their numbers."""
        first = stack[0]
        x = self.formulas.name(first.arguments["x"])
        self._sizes = {"j0": self._size(first.arguments["x"])}
        source: Expr = Whole(x, *self._axes("j0"))
        affine = self._affine(first, 1)
        for level, step in enumerate(stack[1:], start=2):
            own = self._affine(step, level)
            name = self.formulas.name(step.output)
            inner = self._applied(affine, source)
            nested = self._applied(own, inner)
            if affine.bias is not None:
                yield self._step(name, [(nested, ("the layer before it put in",))])
            weights = self._product(own.weights, affine.weights)
            parts = [part for part in (self._of_bias(own, affine), own.bias) if part is not None]
            bias = total(parts) if parts else None
            merged = Affine(weights, bias, self._weight_numbers(own, affine), self._bias_numbers(own, affine))
            how = "multiplied out" if affine.bias is not None else "the layer before it put in"
            yield self._step(name, [(self._applied(merged, source), (how,))])
            affine = merged
        yield from self._result(stack, affine, source)

    def _result(self, stack: list[BoundOperation], affine: Affine, source: Expr) -> Iterator[Block]:
        last = self.formulas.name(stack[-1].output)
        weights, bias = self._own_names(last)
        units = f"j{len(stack)}"
        matrix, vector = self._axes(units, "j0"), self._axes(units)
        yield self._numbered(weights, affine.weights, affine.weight_numbers, self._shapes(affine.weights, matrix))
        if affine.bias is not None:
            yield self._numbered(bias, affine.bias, affine.bias_numbers, self._shapes(affine.bias, vector))
        merged = Affine(Whole(weights, *matrix), affine.bias and Whole(bias, *vector), None, None)
        body = self._applied(merged, source)
        if affine.weight_numbers is None or self.network.samples is not None:
            yield self._step(last, [(body, ADDS_NOTHING)])
        if affine.weight_numbers is not None:
            self._known[weights.name] = affine.weight_numbers
            self._known[bias.name] = affine.bias_numbers or []
            yield from self._check(stack, affine, merged)

    def _own_names(self, last: Sym) -> tuple[Sym, Sym]:
        """The merged map's weights and bias: W and b, in a network of several maps W_z2 and b_z2."""
        taken = {self.formulas.name(key).name for key in self.network.tensors}
        taken |= {name for tensor in self.network.tensors.values() for name in tensor.names.values()}
        suffix = f"_{last.name}" if self._several or not taken.isdisjoint(("W", "b")) else ""
        while not taken.isdisjoint((f"W{suffix}", f"b{suffix}")):
            suffix += f"_{last.name}"
        return Sym(f"W{suffix}"), Sym(f"b{suffix}")

    def _axes(self, units: str, inputs: str | None = None) -> Axes:
        """How a matrix from some values to others, or a vector of values, lies; by the letters that count them."""
        return (units, inputs) if self.columns else (inputs, units)

    def _size(self, key: str) -> str:
        """How many values a tensor has, as the file has it; of one sample, in a batch."""
        tensor = self.network.tensors[key]
        return str((tensor.sizes or tensor.shape)[-1])

    def _shapes(self, body: Expr, axes: Axes) -> Note:
        return shapes(body, axes, lambda letter: "1" if letter is None else self._sizes.get(letter, letter))

    def _affine(self, step: BoundOperation, level: int) -> Affine:
        """The weights and bias of a stack's layer; the first is 1."""
        units = f"j{level}"
        self._sizes[units] = self._size(step.output)
        weights = Whole(self.formulas.name(step.arguments["W"]), *self._axes(units, f"j{level - 1}"))
        key = step.arguments.get("b")
        numbers = self._numbers(step.arguments["W"], None)
        if numbers is not None:
            self._known[self.formulas.name(step.arguments["W"]).name] = numbers
        if key is None:
            return Affine(weights, None, numbers, None)
        bias = self._numbers(key, self.network.tensors[step.output].shape[-1])
        shared = not self.network.tensors[key].shape
        if bias is not None:
            self._known[self.formulas.name(key).name] = [bias[0][:1]] if shared else bias
        if not shared:
            return Affine(weights, Whole(self.formulas.name(key), *self._axes(units)), numbers, bias)
        ones = Ones(self._sizes[units])  # one bias for all units
        one = Whole(self.formulas.name(key), None, None)
        return Affine(weights, MatMul((ones, one) if self.columns else (one, Transpose(ones))), numbers, bias)

    def _applied(self, affine: Affine, source: Expr) -> Expr:
        product = self._product(affine.weights, source)
        return product if affine.bias is None else Add((product, affine.bias))

    def _product(self, weights: Expr, inner: Expr) -> Expr:
        left, right = (weights, inner) if self.columns else (inner, weights)
        parts = [part.factors if isinstance(part, MatMul) else (part,) for part in (left, right)]
        return MatMul((*parts[0], *parts[1]))

    def _of_bias(self, own: Affine, before: Affine) -> Expr | None:
        """The earlier layers' bias through this layer's weights, multiplied out."""
        if before.bias is None:
            return None
        terms = before.bias.terms if isinstance(before.bias, Add) else (before.bias,)
        products = tuple(self._product(own.weights, term) for term in terms)
        return Add(products) if len(products) > 1 else products[0]

    # -- numbers -----------------------------------------------------------------------------------------------------

    def _numbers(self, key: str, size: int | None) -> Grid | None:
        """A tensor's numbers by rows; a shared bias repeated for each of the ``size`` units."""
        if self.trace is None:
            return None
        tensor: Tensor = self.network.tensors[key]
        value = self.trace.value
        if len(tensor.shape) == 2:
            rows = [
                [_or_zero(tensor, (row, column), value) for column in range(tensor.shape[1])]
                for row in range(tensor.shape[0])
            ]
            return rows
        vector = [value(Element(key, ()))] * (size or 1) if not tensor.shape else []
        vector = vector or [value(Element(key, (place,))) for place in range(tensor.shape[0])]
        return [[amount] for amount in vector] if self.columns else [vector]

    def _weight_numbers(self, own: Affine, before: Affine) -> Grid | None:
        if own.weight_numbers is None or before.weight_numbers is None:
            return None
        return self._times(own.weight_numbers, before.weight_numbers)

    def _times(self, weights: Grid, inner: Grid) -> Grid:
        left, right = (weights, inner) if self.columns else (inner, weights)
        return [[_dot(row, [line[column] for line in right]) for column in range(len(right[0]))] for row in left]

    def _bias_numbers(self, own: Affine, before: Affine) -> Grid | None:
        if own.weight_numbers is None or before.bias_numbers is None:
            return own.bias_numbers
        through = self._times(own.weight_numbers, before.bias_numbers)
        if own.bias_numbers is None:
            return through
        return [
            [one.plus(two) for one, two in zip(*pair, strict=True)]
            for pair in zip(through, own.bias_numbers, strict=True)
        ]

    def _check(self, stack: list[BoundOperation], affine: Affine, merged: Affine) -> Iterator[Block]:
        """The merged map on the inputs, with its numbers, against the network's own result."""
        assert self.trace is not None
        assert affine.weight_numbers is not None
        source, last = stack[0].arguments["x"], stack[-1].output
        samples = range(self.network.samples) if self.network.samples is not None else (None,)
        x, z = self.formulas.name(source), self.formulas.name(last)
        holds = True
        for sample in samples:
            mark = () if sample is None else (sample,)
            inputs, own = (self._of_sample(key, mark) for key in (source, last))
            found = self._times(affine.weight_numbers, inputs)
            if affine.bias_numbers is not None:
                pairs = zip(found, affine.bias_numbers, strict=True)
                found = [[one.plus(two) for one, two in zip(*pair, strict=True)] for pair in pairs]
            numbers = [
                (one.number, two.number) for row in zip(found, own, strict=True) for one, two in zip(*row, strict=True)
            ]
            holds = holds and all(abs(one - two) <= 1e-9 * max(1.0, abs(two)) for one, two in numbers)
            if sample is None or sample < MOST_SAMPLES:
                named = [Sym(one.name, (), "" if sample is None else sample_mark(sample)) for one in (x, z)]
                self._known[named[0].name + named[0].mark] = inputs
                body = self._applied(merged, Whole(named[0], *self._axes("j0")))
                yield self._numbered(named[1], body, found, ADDS_NOTHING if sample is None else ())
        words = "on the inputs" if self.network.samples is None else f"on all {self.network.samples} samples"
        shown: Note = ()
        if self.network.samples is None and len(numbers) <= MOST_NUMBERS:
            for row in own:
                for one in row:
                    shown += (", " if shown else ": ", self.digits.show(one).number)
        yield Check((z, f" of the network {words} is the same", *shown), "ok" if holds else "failed")

    def _of_sample(self, key: str, mark: tuple[int, ...]) -> Grid:
        """A vector's numbers, a column or a row."""
        assert self.trace is not None
        places = range(self.network.tensors[key].shape[-1])
        numbers = [self.trace.value(Element(key, (*mark, place))) for place in places]
        return [[one] for one in numbers] if self.columns else [numbers]

    # -- steps -------------------------------------------------------------------------------------------------------

    def _step(self, name: Expr, forms: list[tuple[Expr, Note]], value: Rows | None = None) -> Step:
        self._count += 1
        lines = tuple(Line("rule", "=", form, (note,) if note else ()) for form, note in forms)
        return Step(f"C{self._count}", "collapse", name, lines, value, None)

    def _numbered(self, name: Sym, formula: Expr, numbers: Grid | None, note: Note) -> Step:
        step = self._step(name, [(formula, note)])
        if numbers is None:
            return step
        shown = [[self.digits.show(amount) for amount in row] for row in numbers]
        put_in, inexact = self._substituted(formula)
        about = inexact or any(one.rounded for row in shown for one in row)
        every = [[amount.number for amount in row] for row in numbers]
        substitution = Line("substitution", "≈" if inexact else "=", put_in)
        value = Line("value", "≈" if about else "=", _literal(shown))
        return step._replace(lines=(*step.lines, substitution, value), value=every)

    def _substituted(self, formula: Expr) -> tuple[Expr, bool]:
        """The layers' own matrices put into a formula; whether any of their numbers was rounded."""
        inexact = False

        def leaf(node: Expr) -> Expr | None:
            nonlocal inexact
            if isinstance(node, Ones):
                return Literal(((ONE,),) * int(node.over))
            if isinstance(node, Transpose) and isinstance(node.body, Ones):
                return Literal(((ONE,) * int(node.body.over),))
            if not isinstance(node, Whole) or not isinstance(node.symbol, Sym):
                return None
            shown = [
                [self.digits.show(amount) for amount in row] for row in self._known[node.symbol.name + node.symbol.mark]
            ]
            inexact = inexact or any(one.rounded for row in shown for one in row)
            return _literal(shown)

        return transform(formula, leaf), inexact


def _or_zero(tensor: Tensor, cell: Cell, value: Callable[[Element], Amount]) -> Amount:
    return fraction(0) if cell in tensor.missing else value(Element(tensor.key, cell))


def _dot(left: list[Amount], right: list[Amount]) -> Amount:
    first, *others = (one.times(two) for one, two in zip(left, right, strict=True))
    for other in others:
        first = first.plus(other)
    return first


def _literal(shown: list[list[Shown]]) -> Literal:
    return Literal(tuple(tuple(one.number for one in row) for row in shown))

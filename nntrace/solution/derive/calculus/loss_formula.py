"""What a network's loss reads, its formula, and with which index letters it is derived."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ....expr import ONE, Delta, Div, Expr, Mul, Neg, Partial, Sum, Sym, at, contract, product, symbols
from ....expr.bind import origin, transform, walk
from ....expr.functions import spelled_out
from ....expr.letters import index_letters, relettered
from ....expr.structure import negative
from ....network.batch import SAMPLE
from ....network.model import BoundOperation, Edge, Network
from ....trace.scores import takes_classes
from ...content.model import Note
from ...formulas.lettering import LETTERS
from ..naming.symbols import Symbols
from ..steps import Form, IndexFormula, Numbers, Part, case_of, index_lines
from .products import sum_constants_out

UNITS = ("unit", "input")
"""The roles of what a loss reads besides its targets."""


class LossFormula:
    """The step of the loss, the tensors that it reads, and the letters of its indices.

    ``output`` is what its formula reads, ``fused`` what an activation reads that it cancels.
    """

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.network = symbols.network
        self.formulas = symbols.formulas
        self.kink = self.network.conventions.relu_at_zero
        tensors = self.network.tensors
        steps = [step for step in self.network.steps if step.edges and tensors[step.output].role == "loss"]
        self.steps = {step.output: step for step in steps}
        self.data = self.network.data or str(self.network.loss)
        """The key of the loss without a penalty: of all samples together, in a batch."""
        self.step, read = next((step, edge) for step in steps for edge in edges_to_results(self.network, step))
        self.output = self.step.key(read.argument)
        past = [edge for edge in edges_to_results(self.network, self.step) if edge not in self.step.bypassed]
        self.past = past[0] if self.step.bypassed else None
        """The edge that leads past an activation, where the loss cancels against one."""
        self.fused = self.past and self.step.key(self.past.argument)
        self.targets = next((key for key in self.step.arguments.values() if tensors[key].role == "target"), None)
        self.letter = self.targets and self.symbols.class_letter(self.targets)
        self.other = next(letter for letter in "ikj" if letter != (self.letter or "k"))
        """The index of the logit that the loss is derived by."""
        self.batch = (SAMPLE,) if self.network.samples is not None else ()
        indexed = (step for step in self.network.loss_steps() if tensors[step.output].sample_shape)
        self.parts_of = {step.output: step for step in indexed}
        """The steps that give what each output adds to the loss, by their keys."""
        whole = (step.output for step in steps if step.output not in self.parts_of)
        self.per_sample = next((key for key in whole if tensors[key].sampled), None)
        self.of_sample = Sym(self.per_sample or self.data, self.batch)
        """The loss, in a batch that of each sample, over keys."""
        self.loss = symbols.tensor(self.of_sample)

    # -- formulas ----------------------------------------------------------------------------------------------------

    @cached_property
    def _inlined(self) -> Expr:
        """The loss (of one sample) over keys, in the letters of its entry."""
        loss_step = self.steps[self.per_sample or self.data]
        found = self.formulas.keyed(loss_step.operation.formula, loss_step)

        def inlined(node: Expr) -> Expr | None:
            step = self.parts_of.get(node.name) if isinstance(node, Sym) else None
            return None if step is None else self.formulas.keyed(step.operation.formula, step)

        return sum_constants_out(transform(found, inlined))

    @cached_property
    def running(self) -> str:
        """The index that the loss sums over."""
        others = {letter for letter in index_letters(self._inlined) if letter != outermost(self._inlined)}
        return next(letter for letter in "jki" + LETTERS if letter not in {*others, self.letter})

    @cached_property
    def by_letter(self) -> str:
        """The index of the output that the loss is derived by."""
        return next(letter for letter in "k" + LETTERS if letter not in set(index_letters(self.formula())))

    def formula(self) -> Expr:
        """The loss (of one sample) over keys."""
        letters = {outermost(self._inlined): self.running}
        return self.symbols.sized(relettered(self._inlined, letters), self.step.sizes)

    def chosen(self) -> Expr | None:
        """The loss where the target is one-hot: the one term of the right class."""
        if self.letter is None or self.targets is None:
            return None
        letter = self.letter

        def leaf(node: Expr) -> Expr | None:
            if not isinstance(node, Sum):
                return None
            term = self._without_target(node.body, node.over)
            return None if term is None else at(term, {node.over: letter})

        found = transform(self.formula(), leaf)
        names = {symbol.name for symbol in symbols(found) if isinstance(symbol, Sym)}
        return None if self.targets in names else found

    def _without_target(self, node: Expr, over: str) -> Expr | None:
        """A term with its one factor of the target at an index taken out; ``None`` where it has no such factor."""
        match spelled_out(node) or node:
            case Sym(name, (*_, index)) if name == self.targets and index == over:
                return ONE
            case Neg(body):
                inner = self._without_target(body, over)
                return None if inner is None else negative(inner)
            case Div(top, bottom):
                inner = self._without_target(top, over)
                return None if inner is None else Div(inner, bottom)
            case Mul(factors):
                for place, factor in enumerate(factors):
                    inner = self._without_target(factor, over)
                    if inner is not None:
                        return product((*factors[:place], inner, *factors[place + 1 :]))
        return None

    def by_class(self) -> Expr | None:
        """A loss of a class: the target is 1[j = k], and Σ_i t_i s_i is s_k. In a batch k is each sample's own."""
        if self.letter is None or self.fused or not takes_classes(self.step):
            return None
        letter = self.letter

        def leaf(node: Expr) -> Expr | None:
            match node:
                case Sum(over, body):
                    return contract(over, transform(body, leaf))
                case Sym(name, (*_, str(index))) if name == self.targets:
                    return Delta(index, letter)
                case _:
                    return None

        return transform(self.formula(), leaf)

    # -- names -------------------------------------------------------------------------------------------------------

    def element(self, key: str, letter: str) -> Sym:
        """An element over keys, in a batch of one sample."""
        return Sym(key, (*self.batch, letter))

    def slope(self, by: Sym) -> Partial:
        """∂L/∂element as a derivative, in a batch of the loss of one sample."""
        return Partial(self.loss, self.symbols.tensor(by))

    def chain(self, loss: Sym, middle: Sym, by: Sym) -> Expr:
        """∂L/∂middle × ∂middle/∂by, as symbols."""
        between, end = self.symbols.tensor(middle), self.symbols.tensor(by)
        return Mul((self.symbols.slope(loss, middle), Partial(between, end)))

    def case_part(self, by: Sym, forms: list[Form], same: bool, corner: Note = ()) -> Part:
        """The gradient by the right class's output, or by another one's."""
        letter, apart = str(self.letter), (self.other, str(self.letter))
        numbers = IndexFormula(forms[-1].body, (self.of_sample, by), None if same else apart, letter)
        case = case_of(self.symbols, self.other, "=" if same else "≠", letter)
        return Part(self.slope(by), index_lines(self.symbols, forms), {by.name}, corner, numbers, case=case)


def edges_to_results(network: Network, step: BoundOperation) -> Iterator[Edge]:
    """The edges of a step from what is no target, no parameter and no other loss."""
    edges = (*step.bypassed, *step.edges)
    return (edge for edge in edges if network.tensors[step.key(edge.argument)].role in UNITS)


def own_formula(symbols: Symbols, step: BoundOperation, keys: set[str]) -> Part:
    """A step of the loss by its own formula: the mean over the samples, the penalty, the sum of both."""
    keyed = symbols.formulas.keyed
    formula, output = keyed(step.operation.formula, step), keyed(step.operation.output, step)
    assert isinstance(output, Sym)
    plain = {letter: origin(letter).rstrip("0123456789") for letter in (*index_letters(formula), *step.sizes)}
    extents = {plain[letter]: size for letter, size in step.sizes.items()}
    lines = index_lines(symbols, [Form(relettered(formula, plain))], extents=extents)
    return Part(symbols.tensor(output), lines, keys, (), Numbers(step.output, "value", indexed=bool(output.index)))


def outermost(node: Expr) -> str:
    """The index of a formula's first sum, not that over the samples; nothing where it has none."""
    sums = (part.over for part in walk(node) if isinstance(part, Sum) and part.over != SAMPLE)
    return next(sums, "")

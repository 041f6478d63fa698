"""That a step is no affine map, shown by numbers: an affine map takes the midpoint of two points to that of their
images."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import chain, combinations
from math import prod

from ....expr import Call, Condition, Expr, Num, Sym
from ....expr.properties import has_kink, is_affine
from ....network.batch import SAMPLE
from ....network.model import BoundOperation, Cell, Element, Network
from ....record import Record
from ....trace.amount import Amount, evaluated, fraction
from ....trace.trace import Trace
from ...content.model import Note, listed
from ...formulas.tensor import TensorFormulas
from ...numbers.digits import Digits, Shown
from .stacks import are_vectors, is_map, read_tensors

FIRST_TRIED = ((-2, 2), (0, 2), (0, 6))  # odd functions keep the first midpoint
MOST_TRIED = 12
ROUNDING = 1e-9
"""How far apart two floats may be, for the size of what they are made of, that are the same number rounded."""
MOST_ARGUMENTS = 4
FEW = 2
"""How many values an activation that mixes them is tried on, and what a size is that the network does not say."""


class _Images(Record):
    """What a step gives at two points, halfway between these two results, and what it gives at the midpoint."""

    points: tuple[int, int, int]
    low: Shown
    high: Shown
    halfway: Shown
    there: Shown


class Refutation:
    """Tries one step on numbers: the first of its arguments is moved, the others are 0. ``trace`` has the numbers of
    what the step owns; ``None`` where there are none."""

    def __init__(
        self, network: Network, trace: Trace | None, formulas: TensorFormulas, digits: Digits, step: BoundOperation
    ) -> None:
        self.network = network
        self.trace = trace
        self.formulas = formulas
        self.digits = digits
        self.step = step
        self.operation = step.operation
        self.chosen = self._chosen()
        self.sizes: Mapping[str, int] = {letter: self._tried(size) for letter, size in step.sizes.items()}

    def _chosen(self) -> dict[int, str]:
        """The symbols of sizes that are tried as ``FEW``, by the counts that stand for them."""
        tensors = [self.network.tensors[key] for key in (self.step.argument, self.step.output)]
        both = (pair for one in tensors for pair in zip(one.shape, one.written_shape, strict=True))
        return {count: size for count, size in both if isinstance(size, str)}

    def _tried(self, size: int) -> int:
        """How many values are tried of so many: of an activation few, which say what it is by its kind."""
        of_kind = not self._has_own_name and all(isinstance(one, str) for one in self.operation.output.index)
        return FEW if size in self.chosen else min(size, FEW) if of_kind else size

    @property
    def _called(self) -> str:
        """What the step is called: an activation by its kind, a layer or a formula by its result."""
        return self.formulas.name(self.step.output).name if self._has_own_name else self.step.kind

    @property
    def _has_own_name(self) -> bool:
        return bool(self.operation.parameters) or self.step.is_formula

    @property
    def is_tried(self) -> bool:
        """Whether the step is a map from one vector to a vector, so that the question is whether it is affine."""
        given = self.network.tensors[self.step.output].overridden
        return len(read_tensors(self.step)) == 1 and are_vectors(self.network, self.step) and not given

    @property
    def _decides(self) -> bool:
        return has_kink(self.operation.formula, self.operation.arguments)

    def words(self) -> Note:
        """Why the step is not merged, up to the comma before what follows from it."""
        result, read = self.formulas.name(self.step.output), self.formulas.name(self.step.argument)
        if self.network.tensors[self.step.output].overridden:
            return (result, " has a given number in place of its formula, and is not merged")
        if len(read_tensors(self.step)) > 1:
            if is_map(self.network, self.step):
                return (result, " reads results that are not all affine maps of the same earlier result")
            if is_affine(self.operation.formula, self.operation.arguments):
                return (result, " is not a map from vectors to a vector, and is not merged")
            cause = "is defined by cases" if self._decides else "has a derivative that depends on its argument"
            return (result, f" {cause}, so it is not shown to be affine")
        if not self.is_tried:
            return (result, " is not a map from a vector to a vector, and is not merged")
        has_numbers = self.trace is not None or not self.operation.parameters
        found = self._found() if has_numbers else None
        if found is None:
            why: Note = (
                (" is defined by cases of ", read) if self._decides else (" has a derivative with ", read, " in it")
            )
            tried = " (none of the midpoints tried shows that it is not)" if has_numbers else ""
            return (self._called, *why, f", so it is not shown to be affine{tried}")
        low, high, middle = found.points
        about = ("about ",) if found.halfway.rounded else ()
        return (
            "an affine map takes midpoints to midpoints; ", *self._sizes_tried(), "halfway between ",
            *self._image(low, found.low), " and ", *self._image(high, found.high),
            " is ", *about, found.halfway.number, ", but ", *self._image(middle, found.there),
            ", so ", self._called, " is not affine",
        )  # fmt: skip

    def _found(self) -> _Images | None:
        """Two points whose midpoint goes, in the digits shown, to another number than halfway between their images."""
        for low, high in chain(FIRST_TRIED, combinations(range(-MOST_TRIED, MOST_TRIED + 1), 2)):
            if (high - low) % 2:
                continue
            middle = (low + high) // 2
            ends = [self._at(value) for value in (low, high)]
            halfway = ends[0].plus(ends[1]).times(fraction(Fraction(1, 2)))
            there = self._at(middle)
            numbers = [self.digits.show(amount) for amount in (*ends, halfway, there)]
            size = max(abs(end.number) for end in ends)
            if numbers[2].number != numbers[3].number and abs(halfway.number - there.number) > ROUNDING * size:
                return _Images((low, high, middle), *numbers)
        return None

    def _at(self, value: int) -> Amount:
        """The step's (first) result where its first argument is this number and the others are 0."""

        def amount(name: str, cell: Cell) -> Amount:
            if name in self.operation.arguments:
                return fraction(0 if any(cell) else value)
            assert self.trace is not None
            key = self.step.key(name)
            missing = cell in self.network.tensors[key].missing
            return fraction(0) if missing else self.trace.value(Element(key, cell))

        index = {str(letter): 0 for letter in self.operation.output.index}
        return evaluated(self.operation.formula, amount, index, self.sizes)

    def _sizes_tried(self) -> Note:
        """``with D = 2, ``; ``with 9 zeros behind the first number, ``, where these are not written."""
        count = self._read()
        if self._has_own_name and self.chosen and not self.operation.is_elementwise:
            sizes = dict.fromkeys(self.chosen.values())
            return ("with ", *listed(((Condition(Sym(size), "=", Num(FEW)),) for size in sizes), last=" and "), ", ")
        if count > MOST_ARGUMENTS and not self.operation.is_elementwise:
            return (f"with {count - 1} zeros behind the first number, ",)
        return ()

    def _image(self, value: int, image: Shown) -> Note:
        """``relu(-2) = 0.0``, ``the first of softmax(2, 0) ≈ 0.880797``."""
        sign = f" {image.relation} "
        if self.operation.is_elementwise:
            return (self._applied(Num(value)), sign, image.number)
        count = self._read()
        zeros: list[Expr] = [Num(0)] * (count - 1) if count <= MOST_ARGUMENTS else [Num(0), Sym("…")]
        results = prod(self.sizes[str(letter)] for letter in self.operation.output.index if letter != SAMPLE)
        first = ("the first of ",) if results > 1 else ()
        return (*first, self._applied(Num(value), *zeros), sign, image.number)

    def _applied(self, *arguments: Expr) -> Expr:
        """The step as a function of its arguments."""
        return Call(self._called, arguments) if self._has_own_name else self.step.of(*arguments)

    def _read(self) -> int:
        """How many values the step reads of those tried."""
        if self._has_own_name or any(not isinstance(one, str) for one in self.operation.output.index):
            return self._tried(self.network.tensors[self.step.argument].shape[-1])
        return self.sizes[str(self.operation.output.index[-1])]

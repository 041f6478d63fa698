"""Of a batch with classes as results: what each sample came to, what it should be, and how many are right."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property

from ...catalogue import OUTPUT, TARGET
from ...expr import Call, Cases, Expr, Sym, children
from ...expr.functions import row_of
from ...network.building.targets import no_class
from ...network.classes import class_symbol
from ...network.model import Element, Tensor
from ...trace.amount import Amount, fraction
from ...trace.scores import compared, same_class, same_numbers, same_side, takes_classes, takes_one_bit
from ..content.model import Block, Note, Remark, Table, listed
from ..formulas.element import Writer
from .head import as_given, sample_rows

MOST_INPUTS = 8
"""The inputs of a sample with more are left out."""


def verdicts(writer: Writer) -> Iterator[Block]:
    """The table, and the count below it; nothing where the results are no classes."""
    compare = _comparison(writer)
    if compare is None:
        return
    network, count = writer.network, writer.network.samples or 0
    inputs = [tensor for tensor in network.tensors.values() if tensor.role == "input" and tensor.sampled]
    cells = [(tensor, cell) for tensor in inputs for cell in _cells(tensor)]
    cells_listed = cells if len(cells) <= MOST_INPUTS or writer.full else []

    def row(sample: int) -> tuple[Note, ...]:
        given = ((as_given(writer, Element(tensor.key, (sample, *cell))).number,) for tensor, cell in cells_listed)
        verdict = "right" if compare.right[sample] else "wrong"
        return *given, compare.result(sample), compare.target(sample), (verdict,)

    rows = sample_rows(writer, len(cells_listed) + 3, row)
    right = sum(compare.right)
    yield Remark(("Right and wrong",), heading=True)
    names = ((compare.name(tensor, cell),) for tensor, cell in cells_listed)
    yield Table((("sample",), *names, ("output",), ("target",), ()), rows)
    yield Remark((f"{right} of {count} {'sample is' if count == 1 else 'samples are'} right{compare.rule}",))


class _Numbers:
    """Results of a step, which are right where each is its target."""

    rule = ""
    same = staticmethod(same_numbers)
    """Which samples are right, of the arrays of all."""

    def __init__(self, writer: Writer, results: Tensor, targets: Tensor) -> None:
        self.writer, self.results, self.targets = writer, results, targets

    def name(self, tensor: Tensor, cell: tuple[int, ...]) -> Sym:
        return tensor.unmarked((0, *cell))

    @cached_property
    def right(self) -> list[bool]:
        """Of each sample, whether it is right."""
        trace = self.writer.trace
        if trace.elementwise:
            return [self._is_right(sample) for sample in range(trace.network.samples or 0)]
        found: list[bool] = self.same(trace.arrays[self.results.key], trace.arrays[self.targets.key]).tolist()
        return found

    def result(self, sample: int) -> Note:
        return self._listed(self.results, sample)

    def target(self, sample: int) -> Note:
        return self._listed(self.targets, sample)

    def _is_right(self, sample: int) -> bool:
        pairs = zip(self._of(self.results, sample), self._of(self.targets, sample), strict=True)
        return all(_order(*pair) == 0 for pair in pairs)

    def _of(self, tensor: Tensor, sample: int) -> list[Amount]:
        return [self.writer.trace.value(Element(tensor.key, (sample, *cell))) for cell in _cells(tensor)]

    def _listed(self, tensor: Tensor, sample: int) -> Note:
        return listed(self.writer.digits.show(amount).number for amount in self._of(tensor, sample))


class _Classes(_Numbers):
    """Results one for each class, which are right where that of the target is the only largest one."""

    same = staticmethod(same_class)

    def _is_right(self, sample: int) -> bool:
        return self._largest(self.results, sample) == self._largest(self.targets, sample)

    def _largest(self, tensor: Tensor, sample: int) -> list[int]:
        numbers = self._of(tensor, sample)
        most = numbers[0]
        for number in numbers[1:]:
            most = number if _order(number, most) > 0 else most
        return [place for place, number in enumerate(numbers) if _order(number, most) == 0]

    def _listed(self, tensor: Tensor, sample: int) -> Note:
        network, places = self.writer.network, self._largest(tensor, sample)
        return listed(class_symbol(network, self.results, (0, place)) for place in places)


class _Bits(_Numbers):
    """A share of the class 1 for each sample, which is right on its target's side of 1/2."""

    rule = ": an output of 0.5 or more counts as 1, any other as 0"
    same = staticmethod(same_side)

    def _is_right(self, sample: int) -> bool:
        ((output,), (target,)) = self._of(self.results, sample), self._of(self.targets, sample)
        return (_order(output, _HALF) >= 0) == (target.number > 0)


_HALF = fraction(Fraction(1, 2))


def _order(one: Amount, other: Amount) -> float:
    """How two numbers compare, -1, 0 or 1: numbers of which the nearest floats differ compare as these."""
    if one.number != other.number:
        return 1 if one.number > other.number else -1
    return one.minus(other).sign


def _cells(tensor: Tensor) -> list[tuple[int, ...]]:
    """The cells of a tensor in one sample."""
    return list(tensor._replace(shape=tensor.sample_shape, sampled=False).cells())


def _comparison(writer: Writer) -> _Numbers | None:
    """How the results of each sample are held against its targets; ``None`` where neither of them are classes."""
    network, step = writer.network, compared(writer.network)
    layers = network.layer_steps()
    given = next((key for key, tensor in network.tensors.items() if tensor.role == "target"), None)
    if step is not None:
        keys = [step.arguments[OUTPUT], step.arguments[TARGET]]
    elif network.loss is None and layers and given is not None:
        keys = [layers[-1].output, given]
    else:
        return None
    results, targets = (network.tensors[key] for key in keys)
    if network.samples is None or not results.sampled:
        return None  # all samples share it
    if targets.structural or (step is not None and takes_classes(step) and no_class(targets) is None):
        return _Classes(writer, results, targets)
    made = next((one for one in layers if one.output == results.key), None)
    if made is not None and _is_constant(made.operation.formula):
        return _Numbers(writer, results, targets)
    is_bit = step is not None and takes_one_bit(network, step) and _are_bits(targets)
    return _Bits(writer, results, targets) if is_bit else None


def _are_bits(targets: Tensor) -> bool:
    """Whether each target is 0 or 1."""
    if targets.array is not None:
        return bool(((targets.array == 0) | (targets.array == 1)).all())
    return all(number in (0, 1) for number in (targets.typed or {}).values())


def _is_constant(node: Expr) -> bool:
    """Whether a formula gives a few numbers alone."""
    match node:
        case Sym():
            return False
        case Cases(_, then, otherwise):
            return _is_constant(then) and _is_constant(otherwise)
        case Call() if (row := row_of(node)) is not None and row.is_step:
            return True
        case _:
            return all(map(_is_constant, children(node)))

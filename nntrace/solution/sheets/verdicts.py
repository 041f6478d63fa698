"""Of a batch with classes as results: what each sample came to, what it should be, and how many are right."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalogue import OUTPUT, TARGET
from ...expr import Call, Cases, Expr, Sym, children
from ...expr.functions import row_of
from ...network.model import Element, Tensor, own_number
from ...trace.scores import compared, takes_one_bit
from ..content.model import Block, Note, Remark, Table, in_commas
from ..formulas.element import Writer
from ..steps.forward import SamplesLeftOut, listed_samples
from .head import as_given

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
    rows: list[tuple[Note, ...]] = []
    for sample in listed_samples(writer):
        if isinstance(sample, SamplesLeftOut):
            rows.append(((sample.words,), *[()] * (len(cells_listed) + 3)))
            continue
        given = ((as_given(writer, Element(tensor.key, (sample, *cell))).number,) for tensor, cell in cells_listed)
        verdict: Note = ("right" if compare.is_right(sample) else "wrong",)
        number = str(own_number(network.chosen, sample) + 1)
        rows.append(((number,), *given, compare.result(sample), compare.target(sample), verdict))
    right = sum(map(compare.is_right, range(count)))
    yield Remark(("Right and wrong",), heading=True)
    names = ((compare.name(tensor, cell),) for tensor, cell in cells_listed)
    yield Table((("sample",), *names, ("output",), ("target",), ()), tuple(rows))
    yield Remark((f"{right} of {count} {'sample is' if count == 1 else 'samples are'} right{compare.rule}",))


class _Numbers:
    """Results of a step, which are right where each is its target."""

    rule = ""

    def __init__(self, writer: Writer, results: Tensor, targets: Tensor) -> None:
        self.writer, self.results, self.targets = writer, results, targets

    def name(self, tensor: Tensor, cell: tuple[int, ...]) -> Sym:
        symbol = tensor.symbol((0, *cell))
        return Sym(symbol.name, symbol.index)

    def is_right(self, sample: int) -> bool:
        return self._of(self.results, sample) == self._of(self.targets, sample)

    def result(self, sample: int) -> Note:
        return self._listed(self.results, sample)

    def target(self, sample: int) -> Note:
        return self._listed(self.targets, sample)

    def _of(self, tensor: Tensor, sample: int) -> list[float]:
        trace = self.writer.trace
        if not trace.elementwise:
            numbers: list[float] = trace.arrays[tensor.key][sample].ravel().tolist()
            return numbers
        return [trace.value(Element(tensor.key, (sample, *cell))).number for cell in _cells(tensor)]

    def _listed(self, tensor: Tensor, sample: int) -> Note:
        amounts = [self.writer.trace.value(Element(tensor.key, (sample, *cell))) for cell in _cells(tensor)]
        return in_commas(self.writer.digits.show(amount).number for amount in amounts)


class _Classes(_Numbers):
    """Results one for each class, which are right where that of the target is the only largest one."""

    def is_right(self, sample: int) -> bool:
        return self._largest(self.results, sample) == self._largest(self.targets, sample)

    def _largest(self, tensor: Tensor, sample: int) -> list[int]:
        numbers = self._of(tensor, sample)
        return [place for place, number in enumerate(numbers) if number == max(numbers)]

    def _listed(self, tensor: Tensor, sample: int) -> Note:
        return in_commas(self.name(self.results, (place,)) for place in self._largest(tensor, sample))


class _Bits(_Numbers):
    """A share of the class 1 for each sample, which is right on its target's side of 1/2."""

    rule = ": an output of 0.5 or more counts as 1, any other as 0"

    def has_class(self, sample: int) -> bool:
        return self._of(self.targets, sample) in ([0], [1])

    def is_right(self, sample: int) -> bool:
        return [number >= 0.5 for number in self._of(self.results, sample)] == [
            number > 0 for number in self._of(self.targets, sample)
        ]


def _cells(tensor: Tensor) -> list[tuple[int, ...]]:
    """The cells of a tensor in one sample."""
    return list(tensor._replace(shape=tensor.sample_shape, sampled=False).cells())


def _comparison(writer: Writer) -> _Numbers | None:
    """How the results of each sample are held against its targets; ``None`` where neither of them are classes."""
    network, step = writer.network, compared(writer.network)
    if step is None or network.samples is None:
        return None
    results, targets = (network.tensors[step.arguments[name]] for name in (OUTPUT, TARGET))
    if not results.sampled:
        return None  # all samples share it
    if targets.structural:
        return _Classes(writer, results, targets)
    made = next((one for one in network.layer_steps() if one.output == results.key), None)
    if made is not None and _is_constant(made.operation.formula):
        return _Numbers(writer, results, targets)
    bits = _Bits(writer, results, targets)
    return bits if takes_one_bit(network, step) and all(map(bits.has_class, range(network.samples))) else None


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

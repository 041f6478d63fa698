"""The steps of a loss: its parts where they have names, one loss for each sample of a batch, then the loss itself.

A loss right after the activation that it cancels against is fused with it: one operation from the logits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...catalogue import LOGIT, OUTPUT, TARGET, Fusion, Loss, Operation, Same
from ...expr import ONE, Div, Expr, Size, Sum, Sym, product
from ...record import Record
from ..batch import SAMPLE, batched, sized
from ..model import WEIGHT, BoundOperation, Cell, Edge, Tensor
from .operations import symbols_read

PART, SAMPLE_LOSS, LOSS = "p", "l", "L"


class Reduction(Record):
    """How a loss is put together: over ``outputs`` outputs, their ``mean`` or their sum, and over the ``samples`` of a
    batch (``None`` without one) by the word ``over_samples``. ``normal``: the targets of each sample sum to 1;
    ``one_hot``: one of them is 1, the others 0. ``weighted``: each sample counts by its class."""

    outputs: int
    mean: bool
    samples: int | None
    over_samples: str
    normal: bool
    one_hot: bool
    weighted: bool = False


class LossSteps:
    """Puts a loss together from the catalogue's part.

    ``keyed`` are the keys of the outputs and the targets; ``last`` is the step that computes the outputs.
    """

    def __init__(
        self, kind: str, loss: Loss, keyed: Mapping[str, str], last: BoundOperation | None, reduction: Reduction
    ) -> None:
        self.kind, self.loss, self.keyed, self.reduction = kind, loss, keyed, reduction
        self.size, self.samples = reduction.outputs, reduction.samples
        self.mean = reduction.mean and reduction.outputs != 1
        cancels = last is not None and last.kind in loss.fused and last.output == keyed[OUTPUT]
        self.last = last if last is not None and cancels and LOGIT in last.arguments else None
        self.logits = self.last.arguments if self.last else {}
        """The keys that a fused formula reads: the logits, and the lines of the activation's program."""
        self.fusion: Fusion | None = loss.fused[self.last.kind] if self.last else None

    def steps(self, part_names: Sequence[str]) -> list[BoundOperation]:
        """The steps in order; ``part_names`` are those of the outputs' parts, if they have any."""
        if part_names:
            found = [self._part_step(), self._total(Sym(PART, ("k",)), {PART: PART, **self.keyed})]
        else:
            found = [self._total(self.loss.part, self.keyed)]
        if self.samples is not None:
            how = self.reduction
            found.append(over_samples(self.kind, self.samples, how.over_samples, how.weighted))
        return [step._replace(after=self.loss.after) if OUTPUT in step.arguments else step for step in found]

    def reported(self, name: str, key: str) -> tuple[list[Tensor], list[BoundOperation]]:
        """The loss as a further value under a key of its own, which no gradient goes through."""
        keys = {LOSS: key, SAMPLE_LOSS: f"{key}.{SAMPLE_LOSS}"}

        def own(step: BoundOperation) -> BoundOperation:
            arguments = {symbol: keys.get(read, read) for symbol, read in step.arguments.items()}
            return step._replace(output=keys[step.output], arguments=arguments, edges=(), bypassed=())

        tensors = [tensor._replace(key=keys[tensor.key]) for tensor in self.tensors(name, ())]
        return tensors, [own(step) for step in self.steps(())]

    def tensors(self, name: str, part_names: Sequence[str]) -> list[Tensor]:
        """The tensors of these steps."""
        batch = () if self.samples is None else (self.samples,)
        found: list[Tensor] = []
        if part_names:
            names: dict[Cell, str] = {(place,): one for place, one in enumerate(part_names)}
            found.append(Tensor(PART, None, (*batch, self.size), "loss", names, sampled=bool(batch)))
        return [*found, *loss_tensors(name, self.samples)]

    def _reduced(self, part: Expr) -> Expr:
        """The parts summed over the outputs, or their mean; a loss of all outputs together as it is."""
        total: Expr = part if self.loss.is_joint else Sum("k", part)
        if self.mean and not self.loss.is_joint:
            total = Div(ONE, Size("k")) * total
        return Sym(WEIGHT) * total if self._weighs_alone else total

    @property
    def _weighs_alone(self) -> bool:
        """Whether there is a single sample, and it counts by its class."""
        return self.reduction.weighted and self.samples is None

    def _sizes(self) -> dict[str, int]:
        letters = {str(index) for one in symbols_read(self.loss.part) for index in one.index}
        return sized(dict.fromkeys(("k", "i", *sorted(letters), *self._own_letters()), self.size), self.samples)

    def _own_letters(self) -> Iterator[str]:
        """The letters by which the loss is differentiated: those of an argument that it reads at several places are
        none of its formula."""
        part_formulas = [self.loss.part, *([self.fusion.part] if self.fusion else [])]
        totals = (Operation(Sym(LOSS), self._reduced(part)) for part in part_formulas)
        return (str(index) for one in totals for name in one.arguments for index in one.argument(name).index)

    def _part_step(self) -> BoundOperation:
        part = self._in_batch(Operation(Sym(PART, ("k",)), self.loss.part))
        edges = () if self.fusion else tuple(Edge(part, argument) for argument in (TARGET, OUTPUT))
        numeric = part.numeric
        if self.fusion:
            numeric = self._in_batch(Operation(Sym(PART, ("k",)), self.fusion.part)).formula
        keyed = {**self.keyed, **self.logits}
        return BoundOperation(self.kind, part, PART, keyed, self._sizes(), edges, numeric)

    def _total(self, part: Expr, keyed: Mapping[str, str]) -> BoundOperation:
        """The loss of the parts: of one sample, or of each in a batch."""
        operation = self._of_sample(Operation(Sym(LOSS), self._reduced(part)))
        output = LOSS if self.samples is None else SAMPLE_LOSS
        weight = {WEIGHT: WEIGHT} if self._weighs_alone else {}
        if self.fusion is None:
            names = [PART] if PART in keyed else [TARGET, OUTPUT]
            edges = tuple(Edge(operation, name) for name in names)
            arguments = {name: keyed[name] for name in names} | weight
            return BoundOperation(self.kind, operation, output, arguments, self._sizes(), edges, operation.numeric)
        fused, past = self._of_sample(self._fused(self.fusion)), operation
        if PART in keyed:
            past = self._of_sample(Operation(Sym(LOSS), self._reduced(self.loss.part)))
        return BoundOperation(
            self.kind,
            operation,
            output,
            {**keyed, **self.logits, **weight},
            self._sizes(),
            (Edge(fused, TARGET), Edge(fused, LOGIT)),
            fused.numeric,
            () if self.loss.reads_argument else (Edge(past, OUTPUT),),  # a result that is held fixed has no gradient
        )

    def _fused(self, fusion: Fusion) -> Operation:
        scale: list[Expr] = [Sym(WEIGHT)] if self._weighs_alone else []
        scale += [Div(ONE, Size("k"))] if self.mean else []
        used = fusion.normal if self.reduction.normal and fusion.normal is not None else fusion.derivative
        derivative = Same("what cancels left out", product((*scale, used)))
        floats: dict[str, Expr] = {}
        if fusion.uncancelled is not None and (self.reduction.one_hot or fusion.normal is None):
            floats[LOGIT] = product((*scale, fusion.uncancelled))
        equal = tuple(one._replace(form=self._reduced(one.form)) for one in fusion.equal)
        part = self._reduced(fusion.part)
        return Operation(Sym(LOSS), part, {LOGIT: (derivative,)}, equal=equal, uncancelled=floats)

    def _of_sample(self, operation: Operation) -> Operation:
        """The loss as it is, or that of each sample."""
        return operation if self.samples is None else batched(operation._replace(output=Sym(SAMPLE_LOSS)))

    def _in_batch(self, operation: Operation) -> Operation:
        return operation if self.samples is None else batched(operation)


def over_samples(kind: str, samples: int, how: str, weighted: bool = False) -> BoundOperation:
    """The loss of a batch: the mean, or the sum, of the samples' losses; a ``weighted`` mean divides by the weights.

    Source of the weighted mean: PyTorch's cross-entropy.
    """
    each, weight = Sym(SAMPLE_LOSS, (SAMPLE,)), Sym(WEIGHT, (SAMPLE,))
    total: Expr = Sum(SAMPLE, weight * each) if weighted else Sum(SAMPLE, each)
    if how == "mean" and weighted:
        total = total / Sum(SAMPLE, weight)
    elif how == "mean" and samples != 1:
        total = Div(ONE, Size(SAMPLE)) * total
    operation = Operation(Sym(LOSS), total)
    edges = (Edge(operation, SAMPLE_LOSS),)
    keys = {SAMPLE_LOSS: SAMPLE_LOSS, **({WEIGHT: WEIGHT} if weighted else {})}
    return BoundOperation(kind, operation, LOSS, keys, sized({}, samples), edges, operation.formula)


def loss_tensors(name: str, samples: int | None) -> list[Tensor]:
    """The tensors of a loss: in a batch that of each sample, then the loss."""
    total = Tensor(LOSS, name, (), "loss", {(): name})
    return [total] if samples is None else [total._replace(key=SAMPLE_LOSS, shape=(samples,), sampled=True), total]


def unfused(step: BoundOperation, output: str) -> BoundOperation:
    """A loss that reads an activation's result by its own formula, where that result has given numbers."""
    if not step.bypassed or output not in step.arguments.values():
        return step
    operation = step.operation
    read = {name: key for name, key in step.arguments.items() if name in operation.arguments}
    edges = tuple(Edge(operation, name) for name in read)
    return step._replace(arguments=read, edges=edges, bypassed=(), numeric=operation.numeric)

"""What is differentiated: the loss of a file, further losses that are reported, or given gradients by the outputs."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ... import catalogue
from ...catalogue import OUTPUT, TARGET, Loss, Operation
from ...errors import quoted
from ...expr import Sym
from ...record import Record
from ...spec.model import LossSpec, Name, Value
from ..batch import batched, sized
from ..model import FORMULA, BoundOperation, Edge, Tensor
from .draft import Draft
from .gathering import gathered_step
from .loss import LOSS, SAMPLE_LOSS, LossSteps, Reduction, loss_tensors, over_samples
from .operations import plain, with_shared
from .sources import Directory, Source, unjoined
from .targets import check_targets, is_one_hot, sum_to_one, targets_of


class Objective(Record):
    """Adds the loss to a network whose layers are there."""

    draft: Draft
    directory: Directory

    def add(self, current: Tensor) -> None:
        """The steps of the loss, which reads the last result ``current`` where the file says nothing else."""
        draft, spec = self.draft, self.draft.spec
        if spec.report and not spec.loss:
            place = spec.report[0].kind.place
            draft.problems.add(place, "a report needs a loss beside it", "add a line loss: …, or make this the loss")
        if spec.loss and spec.loss.upstream is not None:
            self._upstream(spec.loss.upstream, current)
        elif spec.loss and spec.loss.result is not None:
            self._of_result(spec.loss, spec.loss.result)
        elif spec.loss:
            self._loss(spec.loss, current)
        elif spec.targets is not None:
            targets_of(draft, unjoined(current).tensor)
        else:
            self._check_inputs_alone()

    def _check_inputs_alone(self) -> None:
        """The samples have no targets."""
        if self.draft.samples is not None:
            self.draft.samples.check_width(self.draft.tensors["x"].shape[1], 0)

    def _loss(self, loss: LossSpec, current: Tensor) -> None:
        draft = self.draft
        outputs = self._outputs(loss, current)
        targets = targets_of(draft, outputs.tensor)
        if targets is None:
            remedy = "add a line targets: {t1: 1.0, …}" if draft.samples is None else "name them: targets: [t1, …]"
            draft.problems.add(loss.kind.place, "a loss needs targets", remedy)
            return
        size = outputs.tensor.shape[-1]
        if loss.name:
            draft.names.result(loss.name)
        penalty = draft.spec.penalty
        for part in (*loss.parts, *(name for name in (penalty and (penalty.name, penalty.data)) or () if name)):
            draft.names.result(part)
        if loss.parts and len(loss.parts) != size > 0:
            message = f"{len(loss.parts)} parts are named for {draft.counted(size, 'output')}"
            draft.problems.add(loss.parts[0].place, message, "give one name for each output")
        layers = tuple(draft.steps)
        built = self._built(loss, outputs, targets, layers)
        part_names = [part.text for part in loss.parts]
        draft.add(*built.tensors(loss.name.text if loss.name else "L", part_names))
        self._add(built.steps(part_names), outputs)
        for number, further in enumerate(draft.spec.report, start=1):
            if further.name:
                draft.names.result(further.name)
            name = further.name.text if further.name else further.kind.text
            read = self._outputs(further, current) if further.source else outputs
            if further.source and 0 != read.tensor.shape[-1] != size > 0:
                count = draft.counted(read.tensor.shape[-1], "output")
                message = f"a report of {count} for {draft.counted(size, 'target')}"
                draft.problems.add(further.source.place, message, "name as many as there are targets")
                continue
            tensors, steps = self._built(further, read, targets, layers).reported(name, f"r{number}")
            draft.add(*tensors)
            self._add(steps, read)

    def _outputs(self, loss: LossSpec, current: Tensor) -> Source:
        """What a loss reads beside the targets."""
        found = self.directory.given(loss.source, (OUTPUT,), quoted(loss.kind.text)) if loss.source else None
        return found[OUTPUT] if found else unjoined(current)

    def _add(self, steps: Sequence[BoundOperation], outputs: Source) -> None:
        """Further steps, over the tensors that the outputs are read from."""
        tensors = self.draft.tensors
        self.draft.steps += [with_shared(gathered_step(step, {OUTPUT: outputs}, tensors), tensors) for step in steps]

    def _of_result(self, loss: LossSpec, name: Name) -> None:
        """A single number that the network gives is the loss: its own last step, else one that reads it."""
        draft = self.draft
        for value, what, key in ((draft.spec.targets, "targets", "targets"), (draft.spec.report, "a report", "report")):
            if value and not draft.unread:
                message = f"{what} beside the loss {quoted(name.text)}, which reads none"
                remedy = "give them as inputs, and read them in a formula; or take a loss such as mse"
                draft.problems.add(draft.spec.places[key], message, remedy)
        found = [] if name.text in draft.unread else self.directory.named([name], any_shape=True)
        if not found:
            return
        (part,) = found
        if (size := prod(part.shape)) != 1:
            if size == 0:  # it could not be read
                return
            what = f"has {draft.counted(part.size, 'element')}"
            if len(part.shape) > 1:
                what = f"is {'×'.join(str(draft.sizes.label(one)) for one in part.shape)}"
            line = f"add a line E: sum({name.text}) to `let`, and write loss: E"
            remedy = f"name one of them, loss: {name.text}[1], or {line}"
            draft.problems.add(name.place, f"a loss is a single number, and {quoted(name.text)} {what}", remedy)
            return
        output = LOSS if draft.count is None else SAMPLE_LOSS
        key, step = part.tensor.key, next((one for one in draft.steps if one.output == part.tensor.key), None)
        read = any(key in one.arguments.values() for one in draft.steps)
        of_samples = draft.count is None or part.tensor.sampled
        if step is not None and not part.tensor.sample_shape and not read and of_samples:
            draft.steps.remove(step)
            del draft.tensors[key]
            draft.steps.append(step._replace(output=output))
            called = name.text
        else:
            cell = part.cell if part.cell is not None else (0,) * len(part.shape)
            read_one = Operation(Sym(output), Sym(key, cell))
            made = read_one if draft.count is None else batched(read_one, () if part.tensor.sampled else (key,))
            sizes = sized(made.extents(key, part.tensor.shape), draft.count)
            edges = (Edge(made, key),)
            draft.steps.append(BoundOperation(FORMULA, made, output, {key: key}, sizes, edges, made.formula))
            called = LOSS
        draft.add(*loss_tensors(called, draft.count))
        self._check_inputs_alone()
        if draft.count is not None:
            draft.steps.append(over_samples(FORMULA, draft.count, loss.over_samples))

    def _upstream(self, value: Value, current: Tensor) -> None:
        """A loss of which only the gradient by the outputs is given."""
        from .upstream import upstream

        self._check_inputs_alone()
        if current.shape[-1] == 0:  # the outputs could not be read
            return
        tensors, step = upstream(value, current, self.draft.count, self.draft.leaves, self.draft.problems)
        self.draft.add(*tensors)
        self.draft.steps.append(with_shared(step, self.draft.tensors))

    def _built(self, loss: LossSpec, outputs: Source, targets: Tensor, layers: Sequence[BoundOperation]) -> LossSteps:
        """The steps of a loss of the catalogue, on the network's outputs and targets."""
        size = outputs.tensor.shape[-1]
        key = outputs.parts[0].tensor.key if outputs.is_whole else ""
        last = next((step for step in layers if step.output == key), None)
        entry = catalogue.known("loss", loss.kind.text)
        conventions = {"log": self.draft.spec.conventions.log} if "log" in entry.conventions() else {}
        made: Loss = entry.build(**plain(loss.options), **conventions)
        if self.draft.count is not None and key and not self.draft.tensors[key].sampled and not made.reads_argument:
            last = None  # a result that all samples share has no δ for each of them
        check_targets(self.draft, made, entry.name, targets, size)
        if made.is_joint and (loss.parts or loss.over_outputs):
            place, what = (loss.parts[0].place, "parts") if loss.parts else (loss.kind.place, "`over_outputs`")
            message = f"{quoted(entry.name)} is no sum over the outputs, so it has no {what}"
            self.draft.problems.add(place, message, "leave it out")
        mean = (loss.over_outputs or made.reduction) == "mean"
        keyed = {TARGET: targets.key, OUTPUT: key}
        weighted = loss.class_weights is not None
        if loss.class_weights is not None and size > 0:
            from .class_weights import class_weights

            weights = class_weights(self.draft, loss.class_weights, made, targets, outputs.tensor)
            if weights is not None:
                self.draft.add(weights)
        normal, one_hot = sum_to_one(targets), is_one_hot(targets)
        reduction = Reduction(size, mean, self.draft.count, loss.over_samples, normal, one_hot, weighted)
        found = LossSteps(entry.name, made, keyed, last, reduction)
        if made.reads_argument and found.fusion is None:
            wanted = " or ".join(made.fused)
            message = f"{quoted(entry.name)} takes what the last activation takes, and that is no {wanted}"
            remedy = f"put activation: {wanted} on the last layer"
            if last is not None and last.kind in made.fused:
                message = f"{quoted(entry.name)} takes what the last {wanted} takes, and that is not one layer's result"
                remedy = f"join it before the {wanted}, on a line of its own: - {{concat: c, from: […]}}"
            self.draft.problems.add(loss.kind.place, message, remedy)
            self.draft.problems.raise_if_any()
        self.draft.only_mistakes = self.draft.only_mistakes or (made.only_mistakes and loss is self.draft.spec.loss)
        return found

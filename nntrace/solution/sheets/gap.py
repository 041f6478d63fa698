"""Where the validation loss lies below the training loss: what to look at, from the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...errors import counted
from ...expr import Expr, Sym
from ...network.model import Network, own_number
from ...trace.scores import Scores
from ..content.model import Block, Note, Remark, Table
from .runs import TrainingRun

NumberWords = Callable[[float], Expr | str]
MOST_FEATURES = MOST_NAMED = 8


def gap(in_words: NumberWords, loss: Sym, run: TrainingRun, sets: tuple[Network, Network]) -> Iterator[Block]:
    """What may make the validation loss lower; nothing where it is not."""
    ours, theirs = run.after, run.validation
    assert theirs is not None
    below_average = bool(run.columns.loss) and theirs.loss < run.columns.loss[-1]
    if theirs.loss >= ours.loss and not below_average:
        return
    yield Remark(("Validation below training: what to look at",), heading=True)
    if theirs.loss >= ours.loss:
        yield Remark(("Only the curve is above it: ", *_measured(in_words, ours, theirs), "."))
        return
    yield Remark(("In the curves ", *_measured(in_words, ours, theirs), ", still below it."))
    yield from _penalty(in_words, loss, ours, theirs)
    yield from _samples(in_words, *sets)
    yield from _common(*sets)


def _measured(in_words: NumberWords, ours: Scores, theirs: Scores) -> Note:
    """When the losses of the curves are taken, and both after the training."""
    return ("training is measured before the updates of an epoch, validation after them. With the same parameters "
            "training has ", in_words(ours.loss), " and validation ", in_words(theirs.loss))  # fmt: skip


def _penalty(in_words: NumberWords, loss: Sym, ours: Scores, theirs: Scores) -> Iterator[Remark]:
    """Both losses without the penalty, which stands in both here."""
    if ours.data != ours.loss:
        yield Remark(("Without the penalty (which this sheet has in both): training ", in_words(ours.data),
                      ", validation ", in_words(theirs.data), "."))  # fmt: skip
    else:
        yield Remark(("There is no penalty that only the training loss would have.",))


def _samples(in_words: NumberWords, ours: Network, theirs: Network) -> Iterator[Block]:
    """The means and spreads of inputs and targets in both sets; of one-hot targets the mean is the class's share."""
    import numpy as np

    from ...trace.arrays import array_of

    rows: list[tuple[Note, ...]] = []
    for tensor in (one for one in ours.tensors.values() if one.sampled and one.role in ("input", "target")):
        first, second = (array_of(one.tensors[tensor.key]) for one in (ours, theirs))
        for place in range(min(tensor.shape[-1], MOST_FEATURES)):
            numbers = [of(one[:, place]) for one in (first, second) for of in (np.mean, np.std)]
            rows.append(((tensor.unmarked((0, place)),), *((in_words(float(number)),) for number in numbers)))
    heads = ("", "mean, training", "spread", "mean, validation", "spread")
    yield Table(tuple((head,) if head else () for head in heads), tuple(rows))
    yield Remark(("Are both sets from the same source? A class target's mean is the share of its class.",))


def _common(ours: Network, theirs: Network) -> Iterator[Remark]:
    """How many of our samples stand in both sets, and which."""
    from ...trace.arrays import array_of

    def rows(network: Network) -> list[bytes]:
        arrays = [array_of(one) for one in network.tensors.values() if one.sampled and one.role in ("input", "target")]
        return [b"".join(part[place].tobytes() for part in arrays) for place in range(network.samples or 0)]

    others = set(rows(theirs))
    common = [own_number(ours.chosen, place) + 1 for place, row in enumerate(rows(ours)) if row in others]
    if not common:
        yield Remark(("No sample is in both sets.",))
        return
    verb, noun = ("stands", "number") if len(common) == 1 else ("stand", "numbers")
    words = f"{counted(len(common), 'training sample')} {verb} in both sets: {noun} "
    listed = ", ".join(map(str, common[:MOST_NAMED]))
    more = f" and {len(common) - MOST_NAMED} more" if len(common) > MOST_NAMED else ""
    yield Remark((f"{words}{listed}{more}.",))

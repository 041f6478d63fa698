"""Which gradients a sheet shows, in which order: of one large tensor the first and the last, of many samples too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import prod
from typing import TYPE_CHECKING

from ...network.model import own_number
from ...network.quantities import Quantity, Unnamed, by_tensor
from ..content.model import Block, Remark, Section, Step
from ..formulas.element import Writer
from ..steps.families import Families
from ..steps.forward import MOST_ELEMENTS, MOST_SAMPLES, SamplesLeftOut, listed_cells, listed_samples, more, together
from ..steps.ids import Ids

if TYPE_CHECKING:
    from ..steps.backward import Backward

MOST_OF_MANY = 6
"""So many elements of one tensor are shown in a large network."""


class ShownGradients:
    """The steps of the gradients of one sheet."""

    def __init__(self, writer: Writer, ids: Ids, families: Families, backward: Backward, is_small: bool) -> None:
        self.writer = writer
        self.network = writer.network
        self.ids = ids
        self.families = families
        self.backward = backward
        self.most = MOST_ELEMENTS if is_small else MOST_OF_MANY

    def steps(self, used: Sequence[Quantity], asked: Sequence[Quantity]) -> Iterator[Block]:
        """The steps of these quantities, those of one large tensor cut in the middle.

        Of many samples the first and the last are shown, and those that are asked for alone.
        """
        samples = self._sample_numbers(asked)
        before: int | None = None
        last, cut = 0, False
        for sample, members in self._ordered(used, samples):
            if sample is not None and sample not in samples:
                cut = True
                continue
            if cut:
                end = sample or (self.network.samples or 0) + 1
                yield SamplesLeftOut(end - last - 1).remark
                cut = False
            last = sample or last
            if sample != before:
                yield Remark((self._heading(sample),), heading=True)
                before = sample
            tensor = self.network.tensors[members[0].uses[0].key]
            if len(members) == prod(tensor.shape) > 1 and self.families.has(tensor):
                family = self.backward.family(self.families, tensor, partial(self._step_of, members))
                if family is not None:
                    yield self.backward.step(members[0])
                    yield family
                    continue
            for one in self._first_and_last(members):
                yield self.backward.step(one) if isinstance(one, Quantity) else more(one)

    def over_paths(self, asked: Sequence[Quantity], heading: str) -> list[Section]:
        """The gradients over their paths, those of one large tensor cut in the middle."""
        from ..steps.paths import Paths

        paths = Paths(self.writer, self.ids)
        blocks: list[Block] = []
        for _, group in self._ordered(asked, {place + 1 for place in range(self.network.samples or 0)}):
            some = [paths.step(one) if isinstance(one, Quantity) else more(one) for one in self._first_and_last(group)]
            blocks += [block for block in some if block is not None] if isinstance(some[0], Step) else []
        return [Section("paths", (Remark((heading,), heading=True), *blocks))] if blocks else []

    def _first_and_last(self, group: Sequence[Quantity]) -> Iterator[Quantity | int]:
        """Some quantities of one tensor, of many the first and the last, and how many are left out between."""
        for place in listed_cells([(number,) for number in range(len(group))], self.writer.full, self.most):
            yield place if isinstance(place, int) else group[place[0]]

    def _ordered(
        self, quantities: Sequence[Quantity], samples: set[int]
    ) -> list[tuple[int | None, Sequence[Quantity]]]:
        """The quantities of each sample (its place, from 1) of each tensor, by the ids of their gradients.

        Samples that are not ``shown`` need not all be there.
        """
        groups: list[tuple[int | None, Sequence[Quantity]]] = []
        for found in by_tensor(quantities).values():
            if isinstance(found, Unnamed):
                groups += _by_sample(found, samples) if found.tensor.sampled else [(None, found)]
                continue
            own: dict[int | None, list[Quantity]] = {}
            for one in sorted(found, key=self._order):
                own.setdefault(self._place(one), []).append(one)
            groups += own.items()
        return sorted(groups, key=lambda group: self._order(group[1][0]))

    def _place(self, one: Quantity) -> int | None:
        """The place of the sample that a quantity is of, from 1."""
        use = one.uses[0]
        return use.cell[0] + 1 if self.network.tensors[use.key].sampled else None

    def _heading(self, place: int | None) -> str:
        if place is None:
            return together(self.network)
        return f"Sample {own_number(self.network.chosen, place - 1) + 1}"

    def _order(self, one: Quantity) -> tuple[bool, int, int]:
        return self.ids.order("B", one.uses[0])

    def _sample_numbers(self, asked: Sequence[Quantity]) -> set[int]:
        """The samples whose steps are shown, by their places from 1."""
        listed = {place + 1 for place in listed_samples(self.writer) if isinstance(place, int)}
        alone = {self._place(one) for one in asked} if self.network.samples else set()
        few = alone if len(alone) <= MOST_SAMPLES else set()
        return listed | {sample for sample in few if sample is not None}

    def _step_of(self, members: Sequence[Quantity], place: int) -> Step:
        return self.backward.step(members[place])


def _by_sample(found: Unnamed, listed: set[int]) -> Iterator[tuple[int, Sequence[Quantity]]]:
    """A tensor's quantities of the samples that are shown, and of those that follow: whether some are left out."""
    samples, size = found.tensor.shape[0], prod(found.tensor.sample_shape)
    for sample in sorted(listed | {place + 1 for place in listed}):
        if sample <= samples:
            yield sample, found[(sample - 1) * size : sample * size]

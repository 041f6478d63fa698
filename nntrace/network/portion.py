"""The samples of one iteration, where an update uses only some of them: the next ones in the order of the file, or of
the pass where they are shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product as cells_of

from .batch import SAMPLE
from .model import Network, Tensor


def chosen(network: Network, done: int) -> Sequence[int]:
    """The samples of an iteration, from 0, after so many iterations.

    When the samples run out, they begin again; the last step of a pass takes what is left.
    """
    count = network.samples or 0
    size = network.samples_per_step or count
    number, step = divmod(done, network.steps_per_pass)
    places = range(step * size, min(step * size + size, count))
    if network.shuffle is None:
        return places
    return shuffled(network.shuffle, number, count)[places.start : places.stop]


@lru_cache(maxsize=2)
def shuffled(seed: int, number: int, count: int) -> tuple[int, ...]:
    """The order of the samples in a pass (from 0), the same on every machine and whatever was drawn before.

    Source: Durstenfeld, Algorithm 235: Random permutation, 1964; each place is drawn by ``random()`` of Python's
    Mersenne Twister, which is guaranteed to stay, seeded with the text ``"SEED pass NUMBER"``.
    """
    from random import Random

    draw = Random(f"{seed} pass {number}").random
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = int(draw() * (last + 1))
        order[last], order[other] = order[other], order[last]
    return tuple(order)


def portion(network: Network, places: Sequence[int]) -> Network:
    """The network with these samples only, which keep their numbers."""
    own = places if network.chosen is None else tuple(network.chosen[place] for place in places)
    tensors = {key: _part(one, places, own) if one.sampled else one for key, one in network.tensors.items()}
    steps = (
        step._replace(sizes={**step.sizes, SAMPLE: len(places)}) if SAMPLE in step.sizes else step
        for step in network.steps
    )
    return network._replace(tensors=tensors, steps=tuple(steps), samples=len(places), chosen=own)


def _part(tensor: Tensor, places: Sequence[int], own: Sequence[int]) -> Tensor:
    typed = tensor.typed
    if typed is not None:
        cells = list(cells_of(*map(range, tensor.sample_shape)))
        pairs = (((new, *cell), typed.get((old, *cell))) for new, old in enumerate(places) for cell in cells)
        typed = {cell: number for cell, number in pairs if number is not None}
    array = tensor.array
    if array is not None:
        array = array[places.start : places.stop] if isinstance(places, range) else array[list(places)]
    return tensor._replace(
        shape=(len(places), *tensor.shape[1:]),
        sizes=(len(places), *tensor.sizes[1:]) if tensor.sizes else (),
        array=array,
        typed=typed,
        chosen=own,
    )

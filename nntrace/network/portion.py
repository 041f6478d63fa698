"""The samples of one iteration, where an update uses only some of them: the next ones in the order of the file."""

from __future__ import annotations

from .batch import SAMPLE
from .model import Network, Tensor


def span(network: Network, iteration: int) -> tuple[int, int]:
    """The first sample of an iteration and the one after its last, from 0; iterations count from 0 too.

    When the samples run out, they begin again; the last step of a pass takes what is left.
    """
    count = network.samples or 0
    size = network.samples_per_step or count
    start = iteration % -(-count // size) * size
    return start, min(start + size, count)


def portion(network: Network, start: int, stop: int) -> Network:
    """The network with these samples only, which keep their numbers."""
    tensors = {key: _part(one, start, stop) if one.sampled else one for key, one in network.tensors.items()}
    steps = (
        step._replace(sizes={**step.sizes, SAMPLE: stop - start}) if SAMPLE in step.sizes else step
        for step in network.steps
    )
    return network._replace(tensors=tensors, steps=tuple(steps), samples=stop - start, first_sample=start)


def _part(tensor: Tensor, start: int, stop: int) -> Tensor:
    typed = tensor.typed
    if typed is not None:
        typed = {(n - start, *cell): number for (n, *cell), number in typed.items() if start <= n < stop}
    return tensor._replace(
        shape=(stop - start, *tensor.shape[1:]),
        sizes=(stop - start, *tensor.sizes[1:]) if tensor.sizes else (),
        array=None if tensor.array is None else tensor.array[start:stop],
        typed=typed,
        first=start,
    )

"""What a saved file says of its optimizer: the options as typed, the states by parameter, the count of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..network.model import Array, Element, Network, Tensor
    from ..spec.model import Spec
    from ..trace.amount import Amount
    from ..trace.trace import Trace

START, STEPS = "start", "t"
LINE = ",\n    "
"""Each state begins a line of the file."""


class SavedStates:
    """The states of a network's optimizer after a step, as the value of the key ``optimizer``.

    ``array_file`` gives the name of a new file for the states of a tensor whose numbers are in a file too.
    """

    def __init__(self, spec: Spec, network: Network, array_file: Callable[[str], Path]) -> None:
        self.spec = spec
        self.network = network
        training = network.training
        self.states = [state.name for state in training.rule.states]
        lists = (numbers for own in training.gradients.values() for numbers in own.values())
        several = any(len(numbers) > 1 for numbers in lists)
        listed = training.rates is not None and bool(training.rates.listed)
        goes_on = several or listed or network.samples_per_step is not None
        self.counts = goes_on or training.rule.counts_steps
        self.files = {
            (state, key): array_file(f"{state}.{network.tensors[key].name or key}")
            for state in self.states
            for key in network.parameters
            if self._is_in_file(network.tensors[key])
        }
        """The new files, by state and tensor."""

    @property
    def is_needed(self) -> bool:
        """Whether a run that goes on from the saved file needs to know anything of the steps before."""
        return bool(self.states) or self.counts

    def arrays(self, after: Trace) -> Iterator[tuple[Path, Array]]:
        """The new files with their numbers."""
        from ..trace.array_update import state_array

        for (state, key), file in self.files.items():
            yield file, state_array(after, state, key)

    def text(self, after: Trace, number: Callable[[Amount], str], in_file: Callable[[Path], str]) -> str:
        """``{adam: {beta1: 0.8, start: {t: 3, m: {w21: 0.1}, v: {w21: 0.01}}}}``."""
        given = self.spec.optimizer
        kind = self.network.training.kind if given is None else given.kind.text
        options = [] if given is None else [f"{name}: {value.text}" for name, value in given.options.items()]
        start = [f"{STEPS}: {after.memory.done}"]
        for state in self.states:
            own = ", ".join(self._parameters(after, state, number, in_file))
            start.append(f"{self.network.training.rule.own_names.get(state, state)}: {{{own}}}")
        inside = ", ".join([*options, f"{START}: {{{LINE.join(start)}}}"])
        return f"{{{kind}: {{{inside}}}}}"

    def _parameters(
        self, after: Trace, state: str, number: Callable[[Amount], str], in_file: Callable[[Path], str]
    ) -> Iterator[str]:
        """A state of each parameter, of a tensor without names as a whole."""
        from ..network.quantities import Parts, Unnamed, learned

        def number_of(element: Element) -> str:
            return number(after.memory.state(state, element))

        for part in Parts([learned(self.network)]).parts:
            if isinstance(part, Unnamed) and (state, part.tensor.key) in self.files:
                yield f"{_label(part.tensor.name)}: {in_file(self.files[state, part.tensor.key])}"
            elif isinstance(part, Unnamed):
                yield f"{_label(part.tensor.name)}: {_nested(part.tensor, number_of)}"
            else:
                yield from (f"{_label(one.name)}: {number_of(one.uses[0])}" for one in part)

    @staticmethod
    def _is_in_file(tensor: Tensor) -> bool:
        return tensor.array is not None and tensor.file_place is not None and not tensor.names


def _label(name: str | None) -> str:
    """A name as a key of YAML; an element such as ``W1[2,1]`` stands in quotes."""
    assert name is not None
    return f"'{name}'" if "[" in name else name


def _nested(tensor: Tensor, number_of: Callable[[Element], str], cell: tuple[int, ...] = ()) -> str:
    """Nested lists of a tensor's numbers."""
    from ..network.model import Element

    if len(cell) == len(tensor.shape):
        return number_of(Element(tensor.key, cell))
    return f"[{', '.join(_nested(tensor, number_of, (*cell, place)) for place in range(tensor.shape[len(cell)]))}]"

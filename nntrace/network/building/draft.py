"""A network while it is built: the tensors and steps so far, and what finds out their names, sizes and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...errors import counted, quoted, suggestion
from ...spec.model import Labelled, Name, Place, Spec, Value, inside
from ...spec.problems import Problems
from ..model import BoundOperation, Divisor, Network, Role, Tensor
from ..quantities import known_names
from .leaves import ArrayFiles, Leaves
from .names import Names, defined_names
from .operations import ChosenEntry
from .sizes import Sizes

if TYPE_CHECKING:
    from .samples import Samples


class Draft:
    """What the layers, the targets and the loss of one network build on."""

    def __init__(self, spec: Spec, files: ArrayFiles, numbers: bool) -> None:
        self.spec = spec
        self.problems = Problems(spec.source, spec.lines, spec.limits)
        self.names = Names(spec.values, self.problems)
        self.sizes = Sizes(spec, self.problems, numbers)
        self.leaves = Leaves(self.names, self.problems, files, self.sizes)
        self.tensors: dict[str, Tensor] = {}
        self.steps: list[BoundOperation] = []
        self.activations: dict[str, ChosenEntry] = {}
        """What the activations are made of, by the keys of their results."""
        self.parameters: list[str] = []
        self.weights: list[str] = []
        """The keys of the parameters that are weights."""
        self.worked: dict[str, Sequence[str]] = {}
        """The keys of the auxiliary quantities, and the letters that each may be called by."""
        self.defined = set(defined_names(spec))
        """Every name that the file gives to something."""
        self.target_names = set(_named(spec.targets))
        self.unread: set[str] = set()
        """Names of formulas that could not be read: what reads them is no mistake of its own."""
        self.divisors: list[Divisor] = []
        self.only_mistakes = False
        """Whether the loss is learned from one sample after another, until none is a mistake."""
        self.samples: Samples | None = None
        if spec.samples is not None:
            from .samples import Samples

            self.samples = Samples(spec.samples, self.leaves, spec.inputs, spec.targets)

    @property
    def count(self) -> int | None:
        """How many samples there are; ``None`` without a batch."""
        return None if self.samples is None else self.samples.count

    def add(self, *tensors: Tensor) -> Tensor:
        """The last of these tensors, which are now the network's."""
        self.tensors |= {tensor.key: tensor for tensor in tensors}
        return tensors[-1]

    def key(self, wanted: str, more: str = ".") -> str:
        """A key that is still free; ``more`` is added until it is."""
        key = wanted
        while key in self.tensors:
            key += more
        return key

    def given(self, value: Value | None, key: str, name: str, role: Role) -> Tensor:
        """A tensor of one dimension from a value of the file."""
        tensor = self.leaves.vector(value, key, name, role) if value is not None else Tensor(key, name, (0,), role)
        if len(tensor.shape) != 1:
            self.problems.add(
                value.place if value is not None else Place(1, 1),
                f"the {'inputs' if role == 'input' else 'targets'} have {len(tensor.shape)} dimensions",
                "give a list of numbers; several samples stand under samples:",
            )
            tensor = tensor._replace(shape=(0,), array=None)
        return self.add(tensor)

    def inputs(self) -> Tensor:
        """The input tensor."""
        if self.spec.inputs is None:  # formulas of parameters alone
            return Tensor("x", "x", (0,), "input")
        if self.samples is None:
            return self.given(self.spec.inputs, "x", "x", "input")
        declared = self.samples.declared(self.spec.inputs, "x", "input")
        return self.add(self.samples.filled(declared, 0))

    def refuse_parameter(self, name: Name, network: Network) -> None:
        """Note a name that no parameter has."""
        if self.problems.found and name.text in self.names.used:  # it stands in what could not be read
            return
        known = known_names(network, "parameter")
        self.problems.add(name.place, f"there is no parameter {quoted(name.text)}", suggestion(name.text, known))

    def counted(self, size: int, noun: str) -> str:
        """How many, a size of the file by its symbol."""
        return counted(self.sizes.label(size), noun)


def _named(targets: Value | None) -> Iterator[str]:
    """What the file calls its targets."""
    for value in inside(targets):
        if isinstance(value, Labelled):
            yield from (label.text for label, _ in value.entries)
        elif isinstance(value, Name):
            yield value.text

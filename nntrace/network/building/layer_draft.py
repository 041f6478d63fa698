"""A layer while it is built."""

from __future__ import annotations

from collections.abc import Mapping

from ...catalogue import Operation
from ...record import Record
from ...spec.model import Layer, Name, Place
from ..model import Tensor
from .extents import Extents
from .operations import symbols_read


class NamedResult(Record):
    """What names a layer's result: the tensor, its elements, or how many there are."""

    tensor: Name | None = None
    elements: tuple[Name, ...] = ()
    units: int | None = None
    place: Place | None = None
    alone: bool = False
    """Whether the file gives the tensor's name and nothing else."""

    @property
    def size(self) -> int:
        """How many elements it names; 0 where it names none."""
        return len(self.elements) or self.units or 0


class LayerDraft(Record):
    """A layer while it is built: what the file says, its operation, what it reads, how far its letters run,
    and how many layers with parameters there are up to it."""

    layer: Layer
    operation: Operation
    arguments: Mapping[str, Tensor]
    result: NamedResult
    extents: Extents
    level: int

    def reads_along(self, letter: str) -> bool:
        """Whether a letter runs along an argument."""
        read = symbols_read(self.operation.formula)
        return any(symbol.name in self.arguments and letter in symbol.index for symbol in read)

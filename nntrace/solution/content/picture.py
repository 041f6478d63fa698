"""A network as a picture: its units in layers and what joins them, to be drawn by a format that has room for it."""

from __future__ import annotations

from collections.abc import Sequence

from ...expr import Expr, Num
from ...record import Record
from .model import Note


class NumberedName(Record):
    """A name, and the number that it has in this picture, if that is known."""

    name: Expr
    number: Num | None


class DrawnUnit(Record):
    """A unit, an input or the loss. ``addends`` are what is added to it (biases); ``left_out`` units of its layer stand
    between it and the one before it."""

    label: NumberedName
    addends: tuple[NumberedName, ...] = ()
    left_out: int = 0


class DrawnLayer(Record):
    """The units of one result, under each other. ``depth`` says how many steps from the inputs; of one depth there may
    be several, in branches. ``names`` are those of the whole and of what works it out."""

    names: Note
    depth: int
    units: tuple[DrawnUnit, ...]


class DrawnEdge(Record):
    """What a unit of a layer reads: ``start`` and ``end`` are places in the list of all units. ``weight`` is what it is
    multiplied by, where that is a parameter. ``paths``: which of the picture's marked paths go along."""

    start: int
    end: int
    weight: NumberedName | None = None
    paths: tuple[int, ...] = ()


class Picture(Record):
    """Layers, and the edges between their units. In a ``backward`` picture the numbers are gradients, and arrows lead
    from the loss to the inputs. ``caption`` says what the numbers are, ``paths`` what each of the marked paths is."""

    layers: tuple[DrawnLayer, ...]
    edges: tuple[DrawnEdge, ...]
    caption: Note
    backward: bool = False
    paths: Sequence[Note] = ()

    @property
    def units(self) -> list[DrawnUnit]:
        """All units, layer by layer."""
        return [unit for layer in self.layers for unit in layer.units]

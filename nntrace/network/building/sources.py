"""What a layer or a loss reads: earlier results and inputs, whole or by their elements, several of them joined."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import counted, quoted, shape_text, suggestion
from ...record import Record
from ...spec.model import Name, SourceNames
from ..model import Cell, Tensor
from ..quantities import is_inside
from .draft import Draft
from .leaves import elements

READABLE = ("input", "unit")
NAMED = ("input", "parameter", "unit")
"""What may be read where it is asked for by name."""


class SourcePart(Record):
    """A tensor, or one element of it (its ``cell``, of one sample)."""

    tensor: Tensor
    cell: Cell | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, of one sample."""
        return () if self.cell is not None else self.tensor.sample_shape

    @property
    def size(self) -> int:
        """How many places it takes among what is joined."""
        return self.shape[0] if self.shape else 1

    @property
    def names(self) -> list[str]:
        """What its elements are called."""
        if self.cell is None:
            return list(elements(self.tensor))
        place = ",".join(str(index + 1) for index in self.cell)
        return [self.tensor.names.get(self.cell) or f"{self.tensor.name}[{place}]"]


class Source(Record):
    """What one argument reads: one tensor, or several parts that are joined; ``tensor`` has their size and names."""

    tensor: Tensor
    parts: tuple[SourcePart, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it is one tensor as it is."""
        return len(self.parts) == 1 and self.parts[0].cell is None and len(self.parts[0].shape) == 1


def unjoined(tensor: Tensor) -> Source:
    """A tensor that is read as it is."""
    return joined([SourcePart(tensor)])


def joined(parts: Sequence[SourcePart]) -> Source:
    """Parts one after the other, as one vector; of no size where that of a part could not be read."""
    found = Source(parts[0].tensor, tuple(parts))
    if found.is_whole:
        return found
    names = [name for part in parts for name in part.names] if all(part.size for part in parts) else []
    cells: dict[Cell, str] = {(place,): name for place, name in enumerate(names)}
    return Source(Tensor("", None, (len(names),), "unit", cells), tuple(parts))


class Directory(Record):
    """The inputs and results that there are so far, by name."""

    draft: Draft

    def find(self, text: str, roles: Sequence[str] = READABLE) -> SourcePart | None:
        """What a name is of: an element comes before a tensor of that name."""
        tensors = [one for one in self.draft.tensors.values() if one.role in roles]
        tensors = [one for one in tensors if one.key not in self.draft.worked]
        for tensor in tensors:
            for cell, name in tensor.names.items():
                if name == text:
                    return SourcePart(tensor, cell)
        base, _, index = text.removesuffix("]").partition("[")
        for tensor in sorted(tensors, key=self._is_hidden):
            if tensor.name == base and not index:
                return SourcePart(tensor)
            if tensor.name == base and (found := _cell(index, tensor.sample_shape)) is not None:
                return None if found in tensor.missing else SourcePart(tensor, found)
        return None

    def _is_hidden(self, tensor: Tensor) -> bool:
        """Whether a tensor has only a default name, and its elements have names of their own."""
        return tensor.key not in self.draft.leaves.own and tensor.is_named_throughout

    def named(self, names: Sequence[Name], any_shape: bool = False) -> list[SourcePart]:
        """The parts of these names; each that there is none of is a problem, and so is a matrix among them."""
        found: list[SourcePart] = []
        for name in names:
            part = self.find(name.text, NAMED) or self.parameter(name)
            if part is None and name.text in self.draft.unread:
                continue
            if part is None:
                message = f"there is no input or earlier result {quoted(name.text)}"
                known = [*self.known(), *self.draft.names.tensors]
                self.draft.problems.add(name.place, message, suggestion(name.text, known))
            elif len(part.shape) > 1 and not any_shape:
                message = f"{quoted(name.text)} is {shape_text(part.shape)}, and a layer reads vectors"
                self.draft.problems.add(name.place, message, "name a vector")
            else:
                found.append(part)
        return found

    def parameter(self, name: Name) -> SourcePart | None:
        """A name of the table of values, or an element of a tensor there, as a parameter of its own."""
        draft, called = self.draft, Name(name.text.partition("[")[0], name.place)
        if (tensor := draft.leaves.of_values(called, f"values.{called.text}")) is None:
            return None
        draft.add(tensor)
        draft.parameters.append(tensor.key)
        if called.text not in {one.text for one in draft.spec.frozen}:  # else it is there as an input is
            draft.weights.append(tensor.key)
        return self.find(name.text, NAMED)

    def known(self, roles: Sequence[str] = READABLE) -> list[str]:
        """Every name to suggest."""
        found: list[str] = []
        for tensor in self.draft.tensors.values():
            if tensor.role in roles and tensor.key not in self.draft.worked:
                found += tensor.names.values()
                found += [tensor.name] if tensor.name is not None and () not in tensor.names else []
        return list(dict.fromkeys(found))

    def given(self, source: SourceNames, arguments: Sequence[str], what: str) -> dict[str, Source] | None:
        """What each argument reads by ``from:``; ``None`` (and a problem) where that is not known."""
        problems = self.draft.problems
        names: dict[str, tuple[Name, ...]] = {}
        if any(argument is not None for argument, _ in source.arguments):
            for argument, listed in source.arguments:
                assert argument is not None  # all of them have names, or none
                if argument.text not in arguments:
                    message = f"{what} has no argument {quoted(argument.text)}"
                    problems.add(argument.place, message, suggestion(argument.text, arguments))
                    return None
                names[argument.text] = listed
        elif len(arguments) == 1:
            names[arguments[0]] = tuple(name for _, listed in source.arguments for name in listed)
        else:
            names.update(zip(arguments, (listed for _, listed in source.arguments), strict=False))
        if absent := [argument for argument in arguments if argument not in names]:
            remedy = f"name one for each: from: {{{', '.join(f'{name}: …' for name in arguments)}}}"
            message = f"{what} has {counted(len(arguments), 'argument')}, and {', '.join(absent)} is not given"
            problems.add(source.place, message, remedy)
            return None
        found = {argument: self.named(names[argument]) for argument in arguments}
        if any(len(parts) < len(names[argument]) for argument, parts in found.items()):
            return None
        return {name: joined(parts) for name, parts in found.items()}


def _cell(index: str, shape: tuple[int, ...]) -> Cell | None:
    """A cell as a file writes it, counted from 1; ``None`` where there is none."""
    places = [place for place in index.split(",") if place.isdecimal()]
    cell = tuple(int(place) - 1 for place in places)
    return cell if is_inside(cell, shape) and len(places) == index.count(",") + 1 else None

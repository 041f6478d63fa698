"""Given tensors: from what the file says to a shape, names and numbers for every cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import quoted, shape_text
from ...record import Record
from ...spec.model import File, GivenSize, Init, Items, Labelled, Name, Null, Number, Place, Value, inside
from ...spec.problems import Problems
from ..model import Cell, Role, Tensor
from .extents import Fans
from .names import Names
from .sizes import Sizes

if TYPE_CHECKING:
    from ..model import Array
    from .files import FileNumbers

Leaf = Number | Name | Null
"""What one cell of a tensor may be: a number, a name (with or without its number), or no connection."""
GivenCell = tuple[Cell, Name | None, Leaf]
"""A cell by its place, the name that the file gives it, and what is in it."""


class ArrayFiles(Record):
    """Where a network's arrays are: the folder that relative paths start at, whether files outside it may be read, and
    the arrays that a program has handed over, each by the path that stands for it."""

    folder: Path | None = None
    anywhere: bool = False
    at_hand: Mapping[str, Array] = {}


class Leaves:
    """Reads given tensors; every problem is collected, and a tensor is always returned so that reading can go on."""

    def __init__(self, names: Names, problems: Problems, files: ArrayFiles, sizes: Sizes) -> None:
        self.names = names
        self.problems = problems
        self.files = files
        self.sizes = sizes
        self.own: set[str] = set()
        """The keys of the tensors whose names the file gives."""
        self.built: dict[str, Tensor] = {}
        """The tensors of the table ``values`` that are in use: another use is the same tensor."""

    def vector(
        self, value: Value, key: str, name: str | None, role: Role, fans: Fans | None = None, count: int = 0
    ) -> Tensor:
        """A tensor of one dimension, such as the inputs or the biases: named entries, a list, a file, a name.

        ``fans`` are those of the layer whose parameter it is; with them, ``count`` numbers may be drawn by a scheme.
        """
        match value:
            case Labelled(((label, (Items() | File() | Init()) as inner),), _):
                return self.called(self.vector(inner, key, label.text, role, fans, count), label)
            case Labelled(((label, GivenSize() as size),), _):
                return self.called(self.sized(size, key, label.text, role), label)
            case Labelled(entries, place):
                return self.cells(key, name, role, (len(entries),), self.numbered(entries, place, role))
            case Items(items, _):
                listed: list[GivenCell] = [((cell,), None, self.entry(item)) for cell, item in enumerate(items)]
                return self.cells(key, name, role, (len(items),), listed)
            case Name() if value.text in self.names.tensors:
                return self.tabled(value, lambda content, called: self.vector(content, key, called, role, fans, count))
            case Name() | Number():
                return self.cells(key, name, role, (1,), [((0,), None, value)])
            case File():
                return self.from_file(value, key, name, role, flat=True)
            case Init() if fans is not None:
                return self.drawn(value, key, name, (count,), fans)
            case _:
                self.refuse(value, "a list of numbers, or names with numbers: {a: 1.0, b: 2.0}")
                return Tensor(key, name, (0,), role)

    def of_values(self, name: Name, key: str) -> Tensor | None:
        """A parameter by a name of the table of values, of whatever shape it has there; ``None``: there is none."""
        if name.text in self.names.numbers:
            return self.shared(name, key, name.text, Fans(1, 1))
        if name.text not in self.names.tensors:
            return None

        def read(content: Value, called: str) -> Tensor:
            match content:
                case File():
                    return self.from_file(content, key, called, "parameter")
                case Items():
                    return self.nested(content, key, called, depth(content))
                case _:
                    self.refuse(content, f"numbers: {called}: [0.1, 0.2]")
                    return Tensor(key, called, (), "parameter")

        return self.tabled(name, read)

    def sized(self, size: GivenSize, key: str, name: str | None, role: Role) -> Tensor:
        """A vector of which only the length is known."""
        what = "the inputs have" if role == "input" else "the targets have" if role == "target" else f"{name} has"
        self.sizes.without_numbers(size.place, what)
        return Tensor(key, name, (self.sizes.count(size),), role, one_hot=size.one_hot)

    def shared(self, value: Value, key: str, name: str | None, fans: Fans) -> Tensor:
        """A scalar: one bias for all units of a layer."""
        match value:
            case Labelled(((label, (File() | Init()) as inner),), _):
                return self.called(self.shared(inner, key, label.text, fans), label)
            case File():
                tensor = self.from_file(value, key, name, "parameter")
                if tensor.array is None or tensor.array.size == 1:
                    array = None if tensor.array is None else tensor.array.reshape(())
                    return tensor._replace(shape=(), array=array)
                message = f"{quoted(value.path)} has the shape {shape_text(tensor.shape)}"
                remedy = "save one number; one for each unit is biases: {file: b.npy}"
                self.problems.add(value.place, f"{message}, a bias shared by all units is one number", remedy)
                return Tensor(key, name, (), "parameter")
            case Init():
                return self.drawn(value, key, name, (), fans)
            case Labelled(((label, (Number() | Name()) as inner),), _):
                return self.cells(key, name, "parameter", (), [((), label, inner)])
            case Number() | Name():
                return self.cells(key, name, "parameter", (), [((), None, value)])
            case _:
                self.refuse(value, "one number or one name; for one of each unit write biases: [...]")
                return Tensor(key, name, (), "parameter")

    def check_given(self, kind: Name, what: str) -> None:
        """Note a layer's parameter that the file does not give, where the numbers are needed."""
        if self.sizes.wanted:
            self.problems.add(kind.place, f"the layer {quoted(kind.text)} has no {what}", f"add a line {what}: …")

    def nested(self, value: Value, key: str, name: str | None, dimensions: int) -> Tensor:
        """A tensor of any number of dimensions: nested lists, or a file."""
        match value:
            case Labelled(((label, inner),), _):
                return self.called(self.nested(inner, key, label.text, dimensions), label)
            case File():
                tensor = self.from_file(value, key, name, "parameter")
            case Items():
                listed = list(self._nested(value, ()))
                cells = [cell for cell, _, _ in listed]
                shape = tuple(max(places) + 1 for places in zip(*cells, strict=False)) if cells else ()
                if len(listed) != prod(shape) or any(len(cell) != len(shape) for cell in cells):
                    self.problems.add(
                        value.place,
                        "these nested lists do not have one shape",
                        "give every list the same number of entries",
                    )
                    return Tensor(key, name, (0,) * dimensions, "parameter")
                tensor = self.cells(key, name, "parameter", shape, listed)
            case _:
                self.refuse(value, f"nested lists of {dimensions} dimensions, or {{file: w.npy}}")
                return Tensor(key, name, (0,) * dimensions, "parameter")
        if len(tensor.shape) != dimensions:
            message = f"this has the shape {shape_text(tensor.shape)}, and {dimensions} dimensions are wanted"
            self.problems.add(value.place, message, "nest the lists as deep as that")
            return Tensor(key, name, (0,) * dimensions, "parameter")
        return tensor

    def _nested(self, value: Value, cell: Cell) -> Iterator[GivenCell]:
        """The entries of nested lists by their places."""
        if isinstance(value, Items):
            for place, item in enumerate(value.items):
                yield from self._nested(item, (*cell, place))
        else:
            yield cell, None, self.entry(value)

    def numbered(
        self, entries: tuple[tuple[Name, Value], ...], place: Place, role: Role = "parameter"
    ) -> list[GivenCell]:
        listed: list[GivenCell] = []
        for cell, (own, value) in enumerate(entries):
            if isinstance(value, Number | Null):
                listed.append(((cell,), own, value))
                continue
            if isinstance(value, Name) and value.text in self.names.numbers:
                self.names.used.setdefault(value.text, value.place)
                message = f"{quoted(own.text)} is given a name, not a number"
                self.problems.add(own.place, message, f"write [{value.text}] for it")
            elif isinstance(value, Name):
                remedy = f"write a number, as in {own.text}: 1.0"
                self.problems.add(value.place, f"{quoted(value.text)} is not a number", remedy)
            else:
                remedy = f"write {own.text}: 1.0"
                if role == "input" and not isinstance(value, File | Init):
                    remedy += f"; a second tensor stands in values, with frozen: [{own.text}]"
                self.problems.add(own.place, f"{quoted(own.text)} needs one number", remedy)
            listed.append(((cell,), own, Number("0", Fraction(0), place)))  # so that nothing else is missing
        if role == "input" and any(isinstance(value, Items) for _, value in entries):
            self.problems.raise_if_any()  # the sizes of all that follows are unknown
        return listed

    def entry(self, value: Value) -> Leaf:
        if isinstance(value, Number | Name | Null):
            return value
        self.refuse(value, "a number, a name, or null")
        return Number("0", Fraction(0), value.place)  # a null would be a problem of its own

    def cells(
        self, key: str, name: str | None, role: Role, shape: tuple[int, ...], listed: Sequence[GivenCell]
    ) -> Tensor:
        """A tensor from its cells: each has perhaps a name of its own, and a number, a name or nothing."""
        names: dict[Cell, str] = {}
        numbers: dict[Cell, Fraction] = {}
        missing: set[Cell] = set()
        places: dict[Cell, Place] = {}
        for cell, own, entry in listed:
            if isinstance(entry, Null):
                missing.add(cell)
                if role in ("input", "target"):
                    what = "an input" if role == "input" else "a target"
                    self.problems.add(entry.place, f"null is no value of {what}", "write a number")
                continue
            if isinstance(entry, Number):
                numbers[cell] = entry.value
                places[cell] = entry.place
                if own is None:
                    self.names.count(entry)
            if own is None and isinstance(entry, Name):
                own = entry
            if own is not None:
                names[cell] = own.text
                self.names.used.setdefault(own.text, own.place)
            if isinstance(entry, Name):
                numbers[cell] = self.names.number(entry)
                if entry.text in self.names.numbers:
                    places[cell] = self.names.numbers[entry.text].number.place
        return Tensor(key, name, shape, role, names, frozenset(missing), typed=numbers, places=places)

    def tabled(self, name: Name, read: Callable[[Value, str], Tensor]) -> Tensor:
        """A tensor of the table ``values``; it is read where it is used first."""
        if name.text not in self.built:
            content, _ = self.names.tensors[name.text]
            self.built[name.text] = self.called(read(content, name.text), name)
        return self.built[name.text]

    def called(self, tensor: Tensor, label: Name) -> Tensor:
        """The tensor under the name that the file gives it."""
        self.names.used.setdefault(label.text, label.place)
        self.own.add(tensor.key)
        return tensor._replace(name=label.text)

    def read(self, file: File, with_words: bool = False) -> FileNumbers | None:
        """A file's numbers, or ``None`` and a problem; ``with_words``: a column of a table may have words."""
        from .files import read_numbers

        found = read_numbers(self.files, file, self.problems, with_words)
        self.names.integers = self.names.integers and found is not None and found.typed == "integers"
        return found

    def from_file(self, value: File, key: str, name: str | None, role: Role, flat: bool = False) -> Tensor:
        """A file's numbers; ``flat``: a single row or column of them is a vector."""
        found = self.read(value)
        if found is None:
            return Tensor(key, name, (0,) if flat else (0, 0), role)
        array = _flat(found.array) if flat else found.array
        decimal = found.typed != ""
        return Tensor(
            key, name, array.shape, role, array=array, decimal=decimal, text=value.path, file_place=value.place
        )

    def drawn(self, value: Init, key: str, name: str | None, shape: tuple[int, ...], fans: Fans) -> Tensor:
        from .drawing import described, initial_array

        array = initial_array(value, key, shape, fans, self.problems)
        self.names.integers = False
        return Tensor(key, name, shape, "parameter", array=array, text=described(value), file_place=value.place)

    def pass_over(self, *values: Value) -> None:
        """Names in what is wrong as it stands are not said to be of no use besides."""
        for value in inside(*values):
            for name in (label for label, _ in value.entries) if isinstance(value, Labelled) else (value,):
                if isinstance(name, Name):
                    self.names.used.setdefault(name.text, name.place)

    def refuse(self, value: Value, wanted: str) -> None:
        words = {Init: "an init", GivenSize: "a size", Null: "null", Items: "a list", Labelled: "a mapping"}
        what = words.get(type(value), "this value")
        self.problems.add(value.place, f"{what} cannot stand here", f"give {wanted}")


def _flat(array: Array) -> Array:
    """A column or row of numbers, or a single one, as a vector."""
    return array.reshape(-1) if array.ndim == 0 or (array.ndim == 2 and 1 in array.shape) else array


def depth(value: Value) -> int:
    """How deep lists are nested."""
    return 1 + max(map(depth, value.items), default=0) if isinstance(value, Items) else 0


def elements(tensor: Tensor) -> Iterator[str]:
    """The names of a vector's elements, as a file writes them: ``h1``, or ``z1[1]``; of a single number its own."""
    if not tensor.sample_shape:
        yield tensor.names[()]
        return
    for place in range(tensor.shape[-1]):
        yield tensor.names.get((place,)) or f"{tensor.name}[{place + 1}]"

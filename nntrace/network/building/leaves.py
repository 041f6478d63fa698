"""Given tensors: from what the file says to a shape, names and numbers for every cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from ...errors import counted, quoted, suggestion
from ...spec.model import File, GivenSize, Init, Items, Labelled, Name, Null, Number, Place, Value
from ...spec.problems import Problems
from ..model import Cell, Role, Tensor
from .drawing import Fans, described, initial_array
from .files import read_numbers
from .names import Names
from .sizes import Sizes

if TYPE_CHECKING:
    from pathlib import Path

    from ..model import Array

Leaf = Number | Name | Null
"""What one cell of a tensor may be: a number, a name (with or without its number), or no connection."""


class Leaves:
    """Reads given tensors; every problem is collected, and a tensor is always returned so that reading can go on."""

    def __init__(self, names: Names, problems: Problems, folder: Path | None, anywhere: bool, sizes: Sizes) -> None:
        self.names = names
        self.problems = problems
        self.folder = folder
        self.anywhere = anywhere
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
                return self._called(self.vector(inner, key, label.text, role, fans, count), label)
            case Labelled(((label, GivenSize() as size),), _):
                return self._called(self.sized(size, key, label.text, role), label)
            case Labelled(entries, place):
                return self._cells(key, name, role, (len(entries),), self._numbered(entries, place))
            case Items(items, _):
                listed: list[tuple[Cell, Name | None, Leaf]] = []
                for cell, item in enumerate(items):
                    listed.append(((cell,), None, self._entry(item)))
                return self._cells(key, name, role, (len(items),), listed)
            case Name() if value.text in self.names.tensors:
                if value.text not in self.built:
                    content, _ = self.names.tensors[value.text]
                    self.built[value.text] = self._called(
                        self.vector(content, key, value.text, role, fans, count), value
                    )
                return self.built[value.text]
            case Name() | Number():
                return self._cells(key, name, role, (1,), [((0,), None, value)])
            case File():
                return self._file(value, key, name, role, flat=True)
            case Init() if fans is not None:
                return self._init(value, key, name, (count,), fans)
            case _:
                self._unfit(value, "a list of numbers, or names with numbers: {a: 1.0, b: 2.0}")
                return Tensor(key, name, (0,), role)

    def of_values(self, name: Name, key: str) -> Tensor | None:
        """A parameter by a name of the table of values, of whatever shape it has there; ``None``: there is none."""
        if name.text in self.names.numbers:
            return self.shared(name, key, name.text, Fans(1, 1))
        if name.text not in self.names.tensors:
            return None
        if name.text not in self.built:
            content, _ = self.names.tensors[name.text]
            match content:
                case File():
                    tensor = self._file(content, key, name.text, "parameter")
                case Items():
                    tensor = self.nested(content, key, name.text, depth(content))
                case _:
                    self._unfit(content, f"numbers: {name.text}: [0.1, 0.2]")
                    tensor = Tensor(key, name.text, (), "parameter")
            self.built[name.text] = self._called(tensor, name)
        return self.built[name.text]

    def sized(self, size: GivenSize, key: str, name: str | None, role: Role) -> Tensor:
        """A vector of which only the length is known."""
        what = "the inputs have" if role == "input" else "the targets have" if role == "target" else f"{name} has"
        self.sizes.without_numbers(size.place, what)
        return Tensor(key, name, (self.sizes.count(size),), role, one_hot=size.one_hot)

    def shared(self, value: Value, key: str, name: str | None, fans: Fans) -> Tensor:
        """A scalar: one bias for all units of a layer."""
        match value:
            case Labelled(((label, (File() | Init()) as inner),), _):
                return self._called(self.shared(inner, key, label.text, fans), label)
            case File():
                tensor = self._file(value, key, name, "parameter")
                if tensor.array is None or tensor.array.size == 1:
                    array = None if tensor.array is None else tensor.array.reshape(())
                    return tensor._replace(shape=(), array=array)
                self.problems.add(
                    value.place,
                    f"{quoted(value.path)} has the shape {_by(tensor.shape)}, a bias shared by all units is one number",
                    "save one number; one for each unit is biases: {file: b.npy}",
                )
                return Tensor(key, name, (), "parameter")
            case Init():
                return self._init(value, key, name, (), fans)
            case Labelled(((label, (Number() | Name()) as inner),), _):
                return self._cells(key, name, "parameter", (), [((), label, inner)])
            case Number() | Name():
                return self._cells(key, name, "parameter", (), [((), None, value)])
            case _:
                self._unfit(value, "one number or one name; for one of each unit write biases: [...]")
                return Tensor(key, name, (), "parameter")

    def check_given(self, kind: Name, what: str) -> None:
        """Note a layer's parameter that the file does not give, where the numbers are needed."""
        if self.sizes.wanted:
            self.problems.add(kind.place, f"the layer {quoted(kind.text)} has no {what}", f"add a line {what}: …")

    def nested(self, value: Value, key: str, name: str | None, dimensions: int) -> Tensor:
        """A tensor of any number of dimensions: nested lists, or a file."""
        match value:
            case Labelled(((label, inner),), _):
                return self._called(self.nested(inner, key, label.text, dimensions), label)
            case File():
                tensor = self._file(value, key, name, "parameter")
            case Items():
                listed = list(self._nested(value, ()))
                cells = [cell for cell, _, _ in listed]
                shape = tuple(max(places) + 1 for places in zip(*cells, strict=False)) if cells else ()
                if len(listed) != prod(shape) or any(len(cell) != len(shape) for cell in cells):
                    self.problems.add(value.place, "these nested lists are not of one shape", "give every list as many")
                    return Tensor(key, name, (0,) * dimensions, "parameter")
                tensor = self._cells(key, name, "parameter", shape, listed)
            case _:
                self._unfit(value, f"nested lists of {dimensions} dimensions, or {{file: w.npy}}")
                return Tensor(key, name, (0,) * dimensions, "parameter")
        if len(tensor.shape) != dimensions:
            message = f"this has the shape {_by(tensor.shape)}, and {dimensions} dimensions are wanted"
            self.problems.add(value.place, message, "nest the lists as deep as that")
            return Tensor(key, name, (0,) * dimensions, "parameter")
        return tensor

    def _nested(self, value: Value, cell: Cell) -> Iterator[tuple[Cell, Name | None, Leaf]]:
        """The entries of nested lists by their places."""
        if isinstance(value, Items):
            for place, item in enumerate(value.items):
                yield from self._nested(item, (*cell, place))
        else:
            yield cell, None, self._entry(value)

    def matrix(
        self,
        value: Value | None,
        kind: Name,
        what: str,
        key: str,
        rows: bool,
        inputs: Sequence[str],
        units: Sequence[str],
    ) -> Tensor:
        """The weights of a layer, or another matrix between what it reads and its units; ``what`` is its key.

        ``rows`` tells that one without labels has a row for each input. ``inputs`` and ``units`` are the names of the
        elements on both sides (``units`` is empty where the count is not known yet). The result's shape is
        (inputs, units) with ``rows``, else (units, inputs).
        """
        name = key
        match value:
            case None:
                self.check_given(kind, what)
                if not self.sizes.wanted and not units:
                    word = kind.text
                    self.problems.add(
                        kind.place,
                        f"the layer {quoted(word)} has no {what}, and no size",
                        f"give its size: {word}: 2, {word}: {{z1: {{size: D}}}}, or names: {word}: [h1, h2]",
                    )
            case Labelled(((label, inner),), _) if label.text not in inputs and label.text not in units:
                if isinstance(inner, Items | File | Init):
                    return self._called(self._matrix(inner, key, label.text, rows, inputs, units), label)
                self._label(label, inputs, units)
            case Labelled(entries, place):
                return self._labelled(entries, place, key, name, rows, inputs, units)
            case Name() if value.text in self.names.tensors:
                if value.text not in self.built:
                    inner, _ = self.names.tensors[value.text]
                    self.built[value.text] = self._called(
                        self._matrix(inner, key, value.text, rows, inputs, units), value
                    )
                return self.built[value.text]
            case _:
                return self._matrix(value, key, name, rows, inputs, units)
        shape = (len(inputs), len(units)) if rows else (len(units), len(inputs))
        return Tensor(key, name, shape, "parameter")

    def _matrix(
        self, value: Value, key: str, name: str | None, rows: bool, inputs: Sequence[str], units: Sequence[str]
    ) -> Tensor:
        match value:
            case Init():
                if not units:
                    self.problems.add(
                        value.place,
                        "how many numbers to draw is not known: the layer does not say how many units it has",
                        "name them, as in dense: [h1, h2], or give their count, dense: 2",
                    )
                fans = Fans(len(inputs), len(units))
                tensor = self._init(value, key, name, fans[::-1], fans)
                if not rows:
                    return tensor
                array = None if tensor.array is None else tensor.array.T.copy()
                return tensor._replace(shape=tuple(fans), array=array)
            case File():
                tensor = self._file(value, key, name, "parameter")
                if len(tensor.shape) != 2:
                    self.problems.add(
                        value.place,
                        f"{quoted(value.path)} has the shape {_by(tensor.shape)}, weights have two dimensions",
                        "save it with one row for each unit (vectors: columns) or for each input (vectors: rows)",
                    )
                    return tensor._replace(shape=(0, len(inputs)), array=None)
                return tensor
            case Items(items, _):
                return self._rows(items, value.place, key, name, rows, inputs, units)
            case _:
                self._unfit(value, "a matrix [[0.1, 0.2], …], rows with labels, or {file: w.npy}")
                return Tensor(key, name, (0, len(inputs)), "parameter")

    def _rows(
        self,
        items: tuple[Value, ...],
        place: Place,
        key: str,
        name: str | None,
        rows: bool,
        inputs: Sequence[str],
        units: Sequence[str],
    ) -> Tensor:
        """A matrix by its rows; of one that has no shape, only the names are read, and its size is a guess."""
        lines: list[tuple[Value, ...]] = []
        noted = len(self.problems.found)
        if not any(isinstance(item, Items) for item in items):
            width = (len(units) or (1 if len(items) == len(inputs) else len(items))) if rows else len(inputs)
            written = "[[0.1], [0.2]]" if width == 1 else "[[0.1, 0.2]]"
            self.problems.add(
                place,
                "the weights are a list of numbers, and not of rows",
                f"put each row in brackets, as in {written}: with vectors: {'rows' if rows else 'columns'} one for "
                f"each {'input' if rows else 'unit'}",
            )
            lines = [(item,) for item in items] if width == 1 else [items]
        else:
            width = next(len(item.items) for item in items if isinstance(item, Items))
            for item in items:
                if not isinstance(item, Items):
                    self._unfit(item, "a row of the matrix in brackets: [[0.1, 0.2], [0.3, 0.4]]")
                    continue
                if len(item.items) != width:
                    self.problems.add(
                        item.place,
                        f"this row has {counted(len(item.items), 'number')}, the rows before it have {width}",
                        "give every row as many; write null where there is no connection",
                    )
                lines.append(item.items)
        shapeless = len(self.problems.found) > noted
        listed: list[tuple[Cell, Name | None, Leaf]] = [
            ((row, column), None, self._entry(cell))
            for row, line in enumerate(lines)
            for column, cell in enumerate(line)
        ]
        tensor = self._cells(key, name, "parameter", (len(lines), len(lines[0])), listed)
        if not shapeless:
            return tensor
        guess = len(units) or (len(lines[0]) if rows else len(lines))
        shape = (len(inputs), guess) if rows else (guess, len(inputs))
        return tensor._replace(shape=shape, names={}, missing=frozenset(), typed=None)

    def _labelled(
        self,
        entries: tuple[tuple[Name, Value], ...],
        place: Place,
        key: str,
        name: str | None,
        rows: bool,
        inputs: Sequence[str],
        units: Sequence[str],
    ) -> Tensor:
        """Rows with labels: all of them inputs, or all of them units; that is the direction."""
        labels = [label.text for label, _ in entries]
        known_inputs, known_units = set(inputs), set(units)
        by_input = sum(label in known_inputs for label in labels) >= sum(label in known_units for label in labels)
        side, other = (inputs, units) if by_input else (units, inputs)
        lines = {label: line for line, label in reversed(list(enumerate(side)))}
        found: dict[str, list[tuple[Name | None, Leaf]]] = {}
        for label, value in entries:
            if label.text not in lines:
                self._label(label, inputs, units)
                continue
            row = self._row(value)
            wanted = len(other) or len(next(iter(found.values()), row))
            if len(row) != wanted:
                per = "unit of this layer" if by_input else "input of this layer"
                shown = self.sizes.shown(wanted)
                names = f" ({', '.join(other[:8])})" if other and isinstance(shown, int) else ""
                self.problems.add(
                    label.place,
                    f"the row {quoted(label.text)} has {counted(len(row), 'weight')} instead of {shown}",
                    f"give one for each {per}{names}; write null where there is no connection",
                )
                row = (row + [(None, Null(label.place))] * wanted)[:wanted]
            found[label.text] = row
        if absent := [label for label in side if label not in found]:
            size, what = self.sizes.shown(len(side)), "inputs" if by_input else "units"
            verb = "is" if len(found) == 1 else "are"
            message = f"there {verb} {counted(len(found), 'row')} of weights for {size} {what}"
            self.problems.add(
                place,
                f"no row of weights for {', '.join(absent[:8])}" if isinstance(size, int) else message,
                f"add {absent[0]}: {{…}}, or {absent[0]}: [null, …] where there is no connection",
            )
        columns = len(other) or max((len(row) for row in found.values()), default=0)
        listed: list[tuple[Cell, Name | None, Leaf]] = []
        for label_text, row in found.items():
            line = lines[label_text]
            for column, (own, entry) in enumerate(row):
                cell = (line, column) if by_input == rows else (column, line)
                listed.append((cell, own, entry))
        shape = (len(side), columns) if by_input == rows else (columns, len(side))
        return self._cells(key, name, "parameter", shape, listed, by_column=by_input != rows)

    def _numbered(self, entries: tuple[tuple[Name, Value], ...], place: Place) -> list[tuple[Cell, Name | None, Leaf]]:
        listed: list[tuple[Cell, Name | None, Leaf]] = []
        for cell, (own, value) in enumerate(entries):
            if isinstance(value, Number | Null):
                listed.append(((cell,), own, value))
                continue
            if isinstance(value, Name) and value.text in self.names.numbers:
                self.names.used.setdefault(value.text, value.place)
                self.problems.add(
                    own.place, f"{quoted(own.text)} is given a name, not a number", f"write [{value.text}] for it"
                )
            elif isinstance(value, Name):
                self.problems.add(
                    value.place,
                    f"{quoted(value.text)} is not a number",
                    f"write a number, as in {own.text}: 1.0",
                )
            else:
                self.problems.add(own.place, f"{quoted(own.text)} needs one number", f"write {own.text}: 1.0")
            listed.append(((cell,), own, Number("0", Fraction(0), place)))  # so that nothing else is missing
        return listed

    def _row(self, value: Value) -> list[tuple[Name | None, Leaf]]:
        match value:
            case Labelled(entries, place):
                return [(own, entry) for _, own, entry in self._numbered(entries, place)]
            case Items(items, _):
                return [(None, self._entry(item)) for item in items]
            case _:
                return [(None, self._entry(value))]

    def _entry(self, value: Value) -> Leaf:
        if isinstance(value, Number | Name | Null):
            return value
        self._unfit(value, "a number, a name, or null")
        return Number("0", Fraction(0), value.place)  # a null would be a problem of its own

    def _cells(
        self,
        key: str,
        name: str | None,
        role: Role,
        shape: tuple[int, ...],
        listed: Sequence[tuple[Cell, Name | None, Leaf]],
        by_column: bool = False,
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
                    self.problems.add(entry.place, f"null is no value of {_article(role)}", "write a number")
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
        return Tensor(
            key, name, shape, role, names, frozenset(missing), typed=numbers, by_column=by_column, places=places
        )

    def _called(self, tensor: Tensor, label: Name) -> Tensor:
        """The tensor under the name that the file gives it."""
        self.names.used.setdefault(label.text, label.place)
        self.own.add(tensor.key)
        return tensor._replace(name=label.text)

    def _file(self, value: File, key: str, name: str | None, role: Role, flat: bool = False) -> Tensor:
        """A file's numbers; ``flat``: a single row or column of them is a vector."""
        found = read_numbers(value, self.folder, self.anywhere, self.problems)
        self.names.integers = False
        if found is None:
            return Tensor(key, name, (0,) if flat else (0, 0), role)
        array = _flat(found.array) if flat else found.array
        return Tensor(key, name, array.shape, role, array=array, text=value.path, whole=value.place)

    def _init(self, value: Init, key: str, name: str | None, shape: tuple[int, ...], fans: Fans) -> Tensor:
        array = initial_array(value, key, shape, fans, self.problems)
        self.names.integers = False
        return Tensor(key, name, shape, "parameter", array=array, text=described(value), whole=value.place)

    def _label(self, label: Name, inputs: Sequence[str], units: Sequence[str]) -> None:
        self.problems.add(
            label.place,
            f"{quoted(label.text)} is neither an input nor a unit of this layer",
            suggestion(label.text, (*inputs, *units)),
        )

    def _unfit(self, value: Value, wanted: str) -> None:
        what = {Init: "an init", GivenSize: "a size", Null: "null", Items: "a list", Labelled: "a mapping"}.get(
            type(value), "this value"
        )
        self.problems.add(value.place, f"{what} cannot stand here", f"give {wanted}")


def _flat(array: Array) -> Array:
    """A column or row of numbers, or a single one, as a vector."""
    return array.reshape(-1) if array.ndim == 0 or (array.ndim == 2 and 1 in array.shape) else array


def _article(role: Role) -> str:
    return "an input" if role == "input" else "a target"


def depth(value: Value) -> int:
    """How deep lists are nested."""
    return 1 + max(map(depth, value.items), default=0) if isinstance(value, Items) else 0


def _by(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "()"


def elements(tensor: Tensor) -> Iterator[str]:
    """The names of a vector's elements, as a file writes them: ``h1``, or ``z1[1]``."""
    for place in range(tensor.shape[-1]):
        yield tensor.names.get((place,)) or f"{tensor.name}[{place + 1}]"

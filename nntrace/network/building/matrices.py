"""Given matrices between what a layer reads and its units: rows, rows with labels, a file, or numbers drawn."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import counted, quoted, shape_text, suggestion
from ...record import Record
from ...spec.model import File, Init, Items, Labelled, Name, Null, Number, Place, Value
from ..model import Tensor
from .extents import Fans
from .leaves import GivenCell, Leaf, Leaves
from .sources import Directory


class Sides(Record):
    """What stands along the two sides of a matrix: the names of the elements that a layer reads, and of its units.

    Each is empty where their count is not known (yet). With ``rows`` a matrix without labels has a row for each
    input, and its shape is (inputs, units); else it has a row for each unit. ``earlier`` gives all that a row may name.
    """

    inputs: Sequence[str]
    units: Sequence[str]
    rows: bool
    earlier: Directory

    def shape(self, units: int | None = None) -> tuple[int, int]:
        """The shape of a matrix between them, for so many units."""
        count = len(self.units) if units is None else units
        return (len(self.inputs), count) if self.rows else (count, len(self.inputs))

    def others(self, labels: Sequence[Name]) -> list[str]:
        """The labels that name neither an input nor a unit."""
        return [label.text for label in labels if label.text not in self.inputs and label.text not in self.units]


class MatrixReader:
    """Reads one matrix of a layer; every problem is collected, and a tensor is always returned."""

    def __init__(self, leaves: Leaves, key: str, sides: Sides) -> None:
        self.leaves = leaves
        self.problems = leaves.problems
        self.key = key
        self.sides = sides

    def read(self, value: Value | None, kind: Name, what: str) -> Tensor:
        """The weights of a layer of this kind, or another matrix of it; ``what`` is its key in the file."""
        if value is not None and self._is_single(value):
            value = Labelled(((Name(self.sides.inputs[0], value.place), value),), value.place)
        match value:
            case Labelled(entries, _) if self._may_name_inputs(entries):
                self.leaves.pass_over(*(row for _, row in entries))
                return Tensor(self.key, self.key, self.sides.shape(), "parameter")
            case Labelled(entries, place) if self._is_flat(entries):
                self._no_rows(entries, place, what)
                return Tensor(self.key, self.key, self.sides.shape(len(self.sides.units) or 1), "parameter")
            case None:
                self._check_size(kind, what)
                return Tensor(self.key, self.key, self.sides.shape(), "parameter")
            case Labelled(((label, (Items() | File() | Init()) as inner),), _) if self.sides.others([label]):
                return self.leaves.called(self._unlabelled(inner, label.text), label)
            case Labelled(((label, row),), _) if self.sides.others([label]):
                self._unknown(label)
                self.leaves.pass_over(row)
                return Tensor(self.key, self.key, self.sides.shape(), "parameter")
            case Labelled(entries, place):
                return self._labelled(entries, place)
            case Name() if value.text in self.leaves.names.tensors:
                return self.leaves.tabled(value, self._unlabelled)
            case _:
                return self._unlabelled(value, self.key)

    def _is_single(self, value: Value) -> bool:
        """Whether it is one number, with a name or without, and the layer has one unit with one input."""
        match value:
            case Labelled(((label, inner),), _) if label.text not in (*self.sides.inputs, *self.sides.units):
                alone = isinstance(inner, Number)
            case Name():
                alone = value.text not in self.leaves.names.tensors
            case _:
                alone = isinstance(value, Number)
        return alone and len(self.sides.inputs) == 1 and len(self.sides.units) <= 1

    def _check_size(self, kind: Name, what: str) -> None:
        """A layer without this matrix has a size, where no numbers are wanted."""
        self.leaves.check_given(kind, what)
        if not self.leaves.sizes.wanted and not self.sides.units:
            word = kind.text
            remedy = f"give its size: {word}: 2, {word}: {{z1: {{size: D}}}}, or names: {word}: [h1, h2]"
            self.problems.add(kind.place, f"the layer {quoted(word)} has no {what}, and no size", remedy)

    def _unlabelled(self, value: Value, name: str) -> Tensor:
        """A matrix by its rows, from a file or drawn."""
        inputs, units, rows, _ = self.sides
        match value:
            case Init():
                if not units:
                    message = "how many numbers to draw is not known: the layer does not say how many units it has"
                    remedy = "name them, as in dense: [h1, h2], or give their count, dense: 2"
                    self.problems.add(value.place, message, remedy)
                fans = Fans(len(inputs), len(units))
                tensor = self.leaves.drawn(value, self.key, name, fans[::-1], fans)
                if not rows:
                    return tensor
                array = None if tensor.array is None else tensor.array.T.copy()
                return tensor._replace(shape=tuple(fans), array=array)
            case File():
                tensor = self.leaves.from_file(value, self.key, name, "parameter")
                if len(tensor.shape) == 2:
                    return tensor
                message = f"{quoted(value.path)} has the shape {shape_text(tensor.shape)}, weights have two dimensions"
                remedy = "save it with one row for each unit (vectors: columns) or for each input (vectors: rows)"
                self.problems.add(value.place, message, remedy)
                return tensor._replace(shape=(0, len(inputs)), array=None)
            case Items(items, _):
                return self._rows(items, value.place, name)
            case _:
                self.leaves.refuse(value, "a matrix [[0.1, 0.2], …], rows with labels, or {file: w.npy}")
                return Tensor(self.key, name, (0, len(inputs)), "parameter")

    def _rows(self, items: tuple[Value, ...], place: Place, name: str) -> Tensor:
        """A matrix by its rows; of one that has no shape, only the names are read, and its size is a guess."""
        inputs, units, rows, _ = self.sides
        lines: list[tuple[Value, ...]] = []
        noted = len(self.problems.found)
        if flat := not any(isinstance(item, Items) for item in items):
            if (alone := self._only_one(len(items))) is not None:
                own = (Items(items, place),) if alone != rows else tuple(Items((item,), place) for item in items)
                return self._rows(own, place, name)
            width = (len(units) or (1 if len(items) == len(inputs) else len(items))) if rows else len(inputs)
            example = "[[0.1], [0.2]]" if width == 1 else "[[0.1, 0.2]]"
            vectors, each = ("rows", "input") if rows else ("columns", "unit")
            remedy = f"put each row in brackets, as in {example}: with vectors: {vectors} one for each {each}"
            self.problems.add(place, "the weights are a list of numbers, and not of rows", remedy)
            lines = [(item,) for item in items] if width == 1 else [items]
        else:
            width = next(len(item.items) for item in items if isinstance(item, Items))
            for item in items:
                if not isinstance(item, Items):
                    self.leaves.refuse(item, "a row of the matrix in brackets: [[0.1, 0.2], [0.3, 0.4]]")
                    continue
                if len(item.items) != width:
                    message = f"this row has {counted(len(item.items), 'number')}, the rows before it have {width}"
                    remedy = "give every row the same number; write null where there is no connection"
                    self.problems.add(item.place, message, remedy)
                lines.append(item.items)
        shapeless = len(self.problems.found) > noted
        listed: list[GivenCell] = [
            ((row, column), None, self.leaves.entry(cell))
            for row, line in enumerate(lines)
            for column, cell in enumerate(line)
        ]
        tensor = self.leaves.cells(self.key, name, "parameter", (len(lines), len(lines[0])), listed)
        if not shapeless:
            return tensor
        guess = len(units) or (0 if flat else len(lines[0]) if rows else len(lines))
        return tensor._replace(shape=self.sides.shape(guess), names={}, missing=frozenset(), typed=None)

    def _labelled(self, entries: tuple[tuple[Name, Value], ...], place: Place) -> Tensor:
        """Rows with labels: all of them inputs, or all of them units; that is the direction."""
        inputs, units, rows, _ = self.sides
        labels = [label.text for label, _ in entries]
        known_inputs, known_units = set(inputs), set(units)
        by_input = sum(label in known_inputs for label in labels) >= sum(label in known_units for label in labels)
        side, other = (inputs, units) if by_input else (units, inputs)
        lines = {label: line for line, label in reversed(list(enumerate(side)))}
        found: dict[str, list[tuple[Name | None, Leaf]]] = {}
        for label, value in entries:
            if label.text not in lines:
                self._unknown(label)
                self.leaves.pass_over(value)
                continue
            row = self._row(value)
            wanted = len(other) or len(next(iter(found.values()), row))
            if len(row) != wanted:
                per = "unit of this layer" if by_input else "input of this layer"
                size_label = self.leaves.sizes.label(wanted)
                names = f" ({', '.join(other[:8])})" if other and isinstance(size_label, int) else ""
                message = f"the row {quoted(label.text)} has {counted(len(row), 'weight')} instead of {size_label}"
                remedy = f"give one for each {per}{names}; write null where there is no connection"
                self.problems.add(label.place, message, remedy)
                row = (row + [(None, Null(label.place))] * wanted)[:wanted]
            found[label.text] = row
        if absent := [label for label in side if label not in found]:
            size, what = self.leaves.sizes.label(len(side)), "inputs" if by_input else "units"
            verb = "is" if len(found) == 1 else "are"
            message = f"there {verb} {counted(len(found), 'row')} of weights for {size} {what}"
            if isinstance(size, int):
                message = f"no row of weights for {', '.join(absent[:8])}"
            remedy = f"add {_label(absent[0])}: {{…}}, or {_label(absent[0])}: [null, …] where there is no connection"
            self.problems.add(place, message, remedy)
        columns = len(other) or max((len(row) for row in found.values()), default=0)
        by_row = by_input == rows
        listed: list[GivenCell] = []
        for label_text, row in found.items():
            for column, (own, entry) in enumerate(row):
                cell = (lines[label_text], column) if by_row else (column, lines[label_text])
                listed.append((cell, own, entry))
        shape = (len(side), columns) if by_row else (columns, len(side))
        return self.leaves.cells(self.key, self.key, "parameter", shape, listed)._replace(by_column=not by_row)

    def _row(self, value: Value) -> list[tuple[Name | None, Leaf]]:
        match value:
            case Labelled(entries, place):
                return [(own, entry) for _, own, entry in self.leaves.numbered(entries, place)]
            case Items(items, _):
                return [(None, self.leaves.entry(item)) for item in items]
            case _:
                return [(None, self.leaves.entry(value))]

    def _unknown(self, label: Name) -> None:
        inputs, names = self.sides.inputs, self.leaves.names
        known, earlier = (*inputs, *self.sides.units), self.sides.earlier
        whole = earlier.find(label.text)
        if whole is not None and whole.shape:
            message = f"{quoted(label.text)} is a whole result, and a row of weights is for one of its elements"
            self.problems.add(label.place, message, f"name the element: {', '.join(map(_label, whole.names[:8]))}")
            return
        if label.text in names.used or label.text in names.results:
            listed = ", ".join((*inputs, label.text))
            remedy = f"{suggestion(label.text, known)}; to read it too, add from: [{listed}]"
        else:
            remedy = suggestion(label.text, (*known, *earlier.known()))
        self.problems.add(label.place, f"this layer reads no {quoted(label.text)}, and has no such unit", remedy)

    def _may_name_inputs(self, entries: Sequence[tuple[Name, Value]]) -> bool:
        """Whether the labels of a table may name inputs that are not known."""
        whole = len(entries) == 1 and isinstance(entries[0][1], Items | File | Init)
        return not self.sides.inputs and not whole and bool(self.sides.others([label for label, _ in entries]))

    def _is_flat(self, entries: Sequence[tuple[Name, Value]]) -> bool:
        """Whether a table has names and numbers alone, and no row."""
        known = {*self.sides.inputs, *self.sides.units}
        return not any(name.text in known or not isinstance(value, Number) for name, value in entries)

    def _no_rows(self, entries: Sequence[tuple[Name, Value]], place: Place, what: str) -> None:
        """Note a table of weights that says neither which input nor which unit each of them belongs to."""
        inputs, units, *_ = self.sides
        entry_texts = [f"{name.text}: {value.text}" for name, value in entries if isinstance(value, Number)]
        rows = [f"{_label(name)}: {{…}}" for name in inputs]
        if len(units) == 1 and len(entries) == len(inputs):
            rows = [f"{_label(units[0])}: {{{', '.join(entry_texts)}}}"]
        elif not units and len(entries) == len(inputs):
            rows = [f"{_label(name)}: {{{one}}}" for name, one in zip(inputs, entry_texts, strict=True)]
        elif len(inputs) == 1:
            rows = [f"{_label(inputs[0])}: {{{', '.join(entry_texts)}}}"]
        listed = ", ".join(rows[:8]) + (", …" if len(rows) > 8 else "")
        remedy = f"give each input a row, or each unit, as in {what}: {{{listed}}}"
        self.problems.add(place, f"these {what} do not say what they lead from, or to", remedy)
        self.leaves.pass_over(Labelled(tuple(entries), place))

    def _only_one(self, weights: int) -> bool | None:
        """Whether a plain list of weights is that of one unit, or (``False``) of one input; ``None``: of neither."""
        inputs, units = len(self.sides.inputs), len(self.sides.units)
        if inputs in (0, weights) and units in (0, 1):
            return True
        return False if inputs == 1 and weights == units else None


def _label(name: str) -> str:
    """A label as a file writes it: an element in quotes."""
    return f"'{name}'" if "[" in name else name

"""The samples of a batch: a row for each, its inputs first and then its targets; or only how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ...errors import counted, quoted, suggestion
from ...spec.model import File, GivenSize, Items, Labelled, Name, Number, Place, Value
from ...spec.problems import Problems
from ..model import Cell, Role, Tensor
from .files import ArrayFiles
from .names import Names
from .sizes import Sizes

if TYPE_CHECKING:
    from ..model import Array


class Samples:
    """The rows of ``samples``, handed out to the inputs and to the targets.

    ``own`` gathers the keys of the tensors whose names the file gives.
    """

    def __init__(
        self,
        value: Value,
        names: Names,
        problems: Problems,
        files: ArrayFiles,
        own: set[str],
        sizes: Sizes,
    ) -> None:
        self.sizes = sizes
        self.size = value if isinstance(value, GivenSize) else None
        """How many samples there are, where that is all that is known of them."""
        self.place: Place = value.place
        self.names = names
        self.problems = problems
        self.array: Array | None = None
        self.headings: tuple[str, ...] = ()
        self.rows: list[Items] = []
        self.text = ""
        self.own = own
        match value:
            case File():
                if found := files.read(value, problems):
                    self.array, self.headings = found
                self.text = value.path
                names.integers = False
                if self.array is not None and self.array.ndim == 1:
                    self.array = self.array[None, :]
                if self.array is not None and self.array.ndim != 2:
                    problems.add(value.place, f"{quoted(value.path)} is no table", "give one row for each sample")
                    self.array = None
                if self.array is not None:
                    problems.fail_beyond("samples", len(self.array), value.place)
            case Items(items, _):
                problems.fail_beyond("samples", len(items), value.place)
                for row in items:
                    if isinstance(row, Items):
                        self.rows.append(row)
                    else:
                        problems.add(
                            row.place, "this sample is no list", "write each sample in brackets: [[1, 0], [0, 1]]"
                        )
            case GivenSize():
                sizes.without_numbers(value.place, "the samples have")
            case _:
                problems.add(value.place, "this is no list of samples", "write [[1, 0, 1], …] or {file: samples.csv}")

    @property
    def count(self) -> int:
        """How many samples there are; at least one, so that reading can go on."""
        if self.size is not None:
            return self.sizes.count(self.size)
        return max(1, len(self.rows) if self.array is None else len(self.array))

    def check_width(self, inputs: int, targets: int) -> None:
        """Every row must have a number for each input and each target (or the name of a class)."""
        wanted = inputs + targets
        words = counted(inputs, "input") + (f" and {counted(targets, 'target')}" if targets else "")
        remedy = "a row lists its inputs, then its targets (or the name of its class)"
        if self.array is not None and self.array.shape[1] != wanted:
            self.problems.add(self.place, f"a sample has {counted(self.array.shape[1], 'number')} for {words}", remedy)
            self.array = None
        for row in self.rows:
            named = targets and len(row.items) == inputs + 1 and isinstance(row.items[-1], Name)
            if len(row.items) != wanted and not named:
                self.problems.add(row.place, f"this sample has {counted(len(row.items), 'number')} for {words}", remedy)

    def check_declared(self, value: Value | None, key: str, role: Role) -> None:
        """``inputs`` and ``targets`` give names or sizes beside samples, and no numbers."""
        match value:
            case Items(items, _) | Labelled(((_, Items(items, _)),), _) if all(
                isinstance(item, Name) for item in items
            ):
                return
            case Labelled(((_, GivenSize(known)),), _) if isinstance(known, int) or self.size is not None:
                return
            case Name() if role == "target":
                return
            case None:
                return
        what = "inputs" if role == "input" else "targets"
        self.problems.add(
            value.place,
            f"with samples the {what} have no numbers of their own",
            f"give only their names, {what}: [{key}1, {key}2], or how many, {what}: {{{key}: {{size: 2}}}}",
        )

    def declared(self, value: Value | None, key: str, role: Role, size: int | None = None) -> Tensor:
        """The tensor that ``inputs`` or ``targets`` declare: its names and its size, its numbers being the samples'.

        One bare name is the whole tensor's, where the ``size`` is known. ``check_declared`` has seen the value.
        """
        match value:
            case Items(items, _) if all(isinstance(item, Name) for item in items):
                return self._named([item for item in items if isinstance(item, Name)], key, key, role)
            case Labelled(((label, Items(items, _)),), _) if all(isinstance(item, Name) for item in items):
                return self._named([item for item in items if isinstance(item, Name)], key, label.text, role)
            case Labelled(((label, GivenSize(_, hot, _) as given),), _):
                self.names.used.setdefault(label.text, label.place)
                self.own.add(key)
                shape = (self.count, self.sizes.count(given))
                return Tensor(key, label.text, shape, role, sampled=True, one_hot=hot)
            case Name() if size is not None:
                self.names.used.setdefault(value.text, value.place)
                self.own.add(key)
                return Tensor(key, value.text, (self.count, size), role, sampled=True)
        return Tensor(key, key, (self.count, 0), role, sampled=True)

    def _named(self, names: Sequence[Name], key: str, name: str, role: Role) -> Tensor:
        found: dict[Cell, str] = {}
        for place, one in enumerate(names):
            found[place,] = one.text
            self.names.result(one)
        return Tensor(key, name, (self.count, len(names)), role, found, sampled=True)

    def filled(self, tensor: Tensor, start: int, classes: Mapping[str, int]) -> Tensor:
        """A declared tensor with its columns of the rows, from column ``start`` on; without rows as it is."""
        if self.size is not None:
            return tensor
        size = tensor.shape[1]
        if self.array is not None:
            columns = self.array[:, self._columns(tensor, start)]
            return tensor._replace(array=columns.copy(), text=self.text) if columns.shape[1] == size else tensor
        typed: dict[Cell, Fraction] = {}
        places: dict[Cell, Place] = {}
        named = 0
        for sample, row in enumerate(self.rows):
            entries = row.items[start : start + size]
            if tensor.role == "target" and len(entries) == 1 and isinstance(entries[0], Name):
                chosen = self._class(entries[0], classes)
                typed.update({(sample, place): Fraction(place == chosen) for place in range(size)})
                named += 1
                continue
            for place, entry in enumerate(entries):
                if isinstance(entry, Number):
                    typed[sample, place], places[sample, place] = entry.value, entry.place
                    self.names.count(entry)
                else:
                    self.problems.add(entry.place, "a sample is made of numbers", "write a number")
        every = 0 < named == len(self.rows)
        return tensor._replace(typed=typed, places=places, structural=every)

    def _columns(self, tensor: Tensor, start: int) -> list[int]:
        """Which columns of a file a tensor takes: those with its names for headings, or the next ones."""
        names = [tensor.names[place,] for place in range(tensor.shape[1])] if tensor.names else []
        if self.headings and names:
            missing = [name for name in names if name not in self.headings]
            if not missing:
                return [self.headings.index(name) for name in names]
            self.problems.add(
                self.place,
                f"{quoted(self.text)} has no column {quoted(missing[0])}",
                f"name its columns as here, or leave its headings out; {suggestion(missing[0], self.headings)}",
            )
        return list(range(start, min(start + tensor.shape[1], self.array.shape[1] if self.array is not None else 0)))

    def _class(self, name: Name, classes: Mapping[str, int]) -> int:
        if name.text not in classes:
            self.problems.add(
                name.place, f"{quoted(name.text)} is no element of the last result", suggestion(name.text, classes)
            )
        return classes.get(name.text, 0)

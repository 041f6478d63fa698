"""The samples of a batch: a row for each, its inputs first and then its targets; or only how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ...errors import counted, quoted, suggestion
from ...spec.model import File, GivenSize, Items, Labelled, Name, Number, Place, Value
from ..model import Cell, Role, Tensor
from .classes import Classes, ClassTarget, class_target
from .leaves import Leaves
from .rows import Declared, arranged

if TYPE_CHECKING:
    from ..model import Array
    from .tables import NumberForm, WordColumn

MOST_WORDS = 10


class Samples:
    """The rows of ``samples``, handed out to the inputs and to the targets."""

    def __init__(self, value: Value, leaves: Leaves, inputs: Value | None, targets: Value | None) -> None:
        self.leaves = leaves
        self.sizes, self.names = leaves.sizes, leaves.names
        self.problems = problems = leaves.problems
        self.size = value if isinstance(value, GivenSize) else None
        """How many samples there are, where that is all that is known of them."""
        self.place: Place = value.place
        self.array: Array | None = None
        self.headings: tuple[str, ...] = ()
        self.words: WordColumn | None = None
        self.typed: NumberForm = ""
        self.rows: list[Items] = []
        self._in_file = 0
        self.text = ""
        self.counts: ClassTarget | None = None
        """What the file calls the class that ends each row, where a number may stand for it."""
        match value:
            case File():
                if found := leaves.read(value, with_words=True):
                    self.array, self.headings, self.words, self.typed = found
                self.text = value.path
                if self.array is not None and self.array.ndim == 1:
                    self.array = self.array[None, :]
                if self.array is not None and self.array.ndim != 2:
                    problems.add(value.place, f"{quoted(value.path)} is no table", "give one row for each sample")
                    self.array = None
                self._in_file = 0 if self.array is None else len(self.array)
                problems.fail_beyond("samples", self._in_file, value.place)
            case Items(items, _):
                problems.fail_beyond("samples", len(items), value.place)
                named = Declared(inputs), Declared(targets)
                self.rows = [row for one in items if (row := arranged(one, *named, problems)) is not None]
            case GivenSize():
                self.sizes.without_numbers(value.place, "the samples have")
            case _:
                problems.add(value.place, "this is no list of samples", "write [[1, 0, 1], …] or {file: samples.csv}")

    @property
    def count(self) -> int:
        """How many samples there are; at least one, so that reading can go on."""
        if self.size is not None:
            return self.sizes.count(self.size)
        return max(1, self._in_file or len(self.rows))

    def check_width(self, inputs: int, targets: int) -> bool:
        """Whether every row has a number for each input and each target (or the name of a class); others are noted."""
        noted, wanted = len(self.problems.found), inputs + targets
        words = counted(inputs, "input") + (f" and {counted(targets, 'target')}" if targets else "")
        remedy = "a row lists its inputs, then its targets (or the name of its class)"
        by_class = self.counts is not None and self.array is not None and self.array.shape[1] == inputs + 1
        if self.array is not None and self.array.shape[1] != wanted and not by_class:
            self.problems.add(self.place, f"a sample has {counted(self.array.shape[1], 'number')} for {words}", remedy)
            self.array = None
        for row in self.rows:
            named = targets and len(row.items) == inputs + 1 and (self.counts or isinstance(row.items[-1], Name))
            if len(row.items) != wanted and not named:
                self.problems.add(row.place, f"this sample has {counted(len(row.items), 'number')} for {words}", remedy)
        return len(self.problems.found) == noted

    def check_declared(self, value: Value | None, key: str, role: Role) -> None:
        """``inputs`` and ``targets`` give names or sizes beside samples, and no numbers."""
        match value:
            case None:
                return
            case (Items() as listed) | Labelled(((_, Items() as listed),)) if len(listed.names) == len(listed.items):
                return
            case Labelled(((_, GivenSize(known)),), _) if isinstance(known, int) or self.size is not None:
                return
            case _ if role == "target" and _by_row(value) is not None:
                return
        what = "inputs" if role == "input" else "targets"
        remedy = f"give only their names, {what}: [{key}1, {key}2], or how many, {what}: {{{key}: {{size: 2}}}}"
        self.problems.add(value.place, f"with samples the {what} have no numbers of their own", remedy)

    def declared(self, value: Value | None, name: str, role: Role, size: int | None = None) -> Tensor:
        """The tensor that ``inputs`` or ``targets`` declare: its names and its size, its numbers being the samples'.

        ``name`` is what it is called where the file does not say.

        One bare name is the whole tensor's, where the ``size`` is known; with a number for each row it is the class's.
        ``check_declared`` has seen the value.
        """
        key = "x" if role == "input" else "y"
        if role == "target" and size not in (None, 1) and (target := _by_row(value)) is not None:
            self.counts = target
            return self._called(target.which, key, size or 0, role)
        match value:
            case Items():
                return self._named(value.names, key, name, role)
            case Labelled(((label, Items() as listed),), _):
                return self._named(listed.names, key, label.text, role)
            case Labelled(((label, GivenSize(_, hot, _) as given),), _):
                return self._called(label, key, self.sizes.count(given), role)._replace(one_hot=hot)
            case Name() if size is not None:
                return self._called(value, key, size, role)
        return Tensor(key, name, (self.count, 0), role, sampled=True)

    def _called(self, label: Name | Number, key: str, size: int, role: Role) -> Tensor:
        """A tensor that the file names as a whole."""
        tensor = Tensor(key, None, (self.count, size), role, sampled=True)
        return self.leaves.called(tensor, Name(label.text, label.place))

    def _named(self, names: Sequence[Name], key: str, name: str, role: Role) -> Tensor:
        found: dict[Cell, str] = {}
        for place, one in enumerate(names):
            found[place,] = one.text
            self.names.result(one)
        return Tensor(key, name, (self.count, len(names)), role, found, sampled=True)

    def filled(self, tensor: Tensor, start: int, classes: Classes | None = None) -> Tensor:
        """A declared tensor with its columns of the rows, from column ``start`` on; without rows as it is."""
        if self.size is not None:
            return tensor
        size = tensor.shape[1]
        if self.array is not None:
            if classes is not None and self.counts is not None and self.array.shape[1] == start + 1 < start + size:
                return self._by_class(self._class_column(start), tensor, classes)
            taken = self._columns(tensor, start)
            if self.words is not None and self.words.column in taken:
                self._refuse_words(self.words)
            columns = self.array[:, taken]
            if columns.shape[1] != size:
                return tensor
            return tensor._replace(array=columns.copy(), text=self.text, decimal=self.typed != "")
        typed: dict[Cell, Fraction] = {}
        places: dict[Cell, Place] = {}
        named = 0
        for sample, row in enumerate(self.rows):
            entries = row.items[start : start + size]
            (last, *others) = entries or (None,)
            counts = self.counts is not None and size > 1
            if classes is not None and not others and (isinstance(last, Name) or (counts and isinstance(last, Number))):
                chosen = classes.place(last, self.counts.first if self.counts else None, self._counted_from())
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
            known = suggestion(missing[0], self.headings)
            remedy = f"name its columns as here, or leave its headings out; {known}"
            self.problems.add(self.place, f"{quoted(self.text)} has no column {quoted(missing[0])}", remedy)
        return list(range(start, min(start + tensor.shape[1], self.array.shape[1] if self.array is not None else 0)))

    def _counted_from(self) -> str:
        """How the number of the first class is given."""
        name = self.counts.which.text if self.counts else "c"
        return f"where 0 is the first class, write targets: {{class: {name}, from: 0}}; else count the classes from 1"

    def _class_column(self, start: int) -> int:
        """Where a file has the classes: under their heading, else behind the inputs."""
        name = self.counts.which.text if self.counts else ""
        return self.headings.index(name) if name in self.headings else start

    def _refuse_words(self, words: WordColumn) -> None:
        message = f"{quoted(self.text)} has words in column {words.column + 1}, such as {quoted(words.distinct[0])}"
        remedy = "words are classes: name each an output of the last layer, and give targets one name, targets: [c]"
        self.problems.add(self.place, message, remedy)

    def _places_of(self, words: Sequence[str], classes: Classes) -> list[int]:
        """The places of the outputs that the words of a column name."""
        if classes.names.keys().isdisjoint(words):
            message = f"the classes of {quoted(self.text)} are no outputs: {', '.join(map(quoted, words[:MOST_WORDS]))}"
            remedy = f"name the last layer's outputs by them, as in softmax: [{', '.join(words[:MOST_WORDS])}]"
            self.problems.add(self.place, message, remedy)
            return [0] * len(words)
        return [classes.place(Name(word, self.place), None) for word in words]

    def _by_class(self, at: int, tensor: Tensor, classes: Classes) -> Tensor:
        """One for the class that a column of a file has for each sample, zeros for the others."""
        first = self.counts.first if self.counts else None
        assert self.array is not None
        numbers: list[float] = self.array[:, at].tolist()
        if self.words is not None and self.words.column == at:
            known = {float(code): place for code, place in enumerate(self._places_of(self.words.distinct, classes))}
        else:
            known = {
                number: classes.place(Number(f"{number:g}", Fraction(number), self.place), first, self._counted_from())
                for number in sorted(set(numbers))
            }
        one, zero = Fraction(1), Fraction(0)
        typed: dict[Cell, Fraction] = {
            (sample, place): one if place == known[number] else zero
            for sample, number in enumerate(numbers)
            for place in range(tensor.shape[1])
        }
        return tensor._replace(typed=typed, structural=True)


def _by_row(value: Value | None) -> ClassTarget | None:
    """What the file calls the class of each sample: ``c``, ``[c]`` or ``{class: c, from: 0}``."""
    only = value.items[0] if isinstance(value, Items) and len(value.items) == 1 else value
    found = class_target(only) if only is not None else None
    return found if found and found.name is None and isinstance(found.which, Name) else None

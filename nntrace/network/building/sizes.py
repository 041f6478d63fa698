"""Tensors that have a size and no numbers: enough to derive formulas, too little to compute.

A size that is a symbol gets a count to stand in for it, one that nothing else in the file has, so that a count
tells its symbol again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...errors import quoted
from ...spec.model import GivenSize, Items, Labelled, Number, Place, Spec, Value, inside
from ...spec.problems import Problems
from ..batch import SAMPLE


class Sizes:
    """The sizes of one file. ``wanted``: the numbers are needed, and a tensor without them is a problem."""

    def __init__(self, spec: Spec, problems: Problems, wanted: bool) -> None:
        self.problems = problems
        self.wanted = wanted
        self.batch = spec.samples is not None
        self.places: dict[str, Place] = {}
        """Where each symbol stands first."""
        given = [value for value in _values(spec) if isinstance(value, GivenSize)]
        self.classes = {value.one_hot: value.place for value in given if value.one_hot is not None}
        """Where each letter of a one-hot target's class stands."""
        for value in given:
            if isinstance(value.size, str) and value.size not in self.places:
                self.places[value.size] = value.place
        taken = set(_counts(spec)) if self.places else set()
        step = spec.passes.samples_per_step  # it takes some of the samples
        least = max(7, int(step.value) + 1 if step else 0)
        free = (number for number in range(least, 10**7) if number not in taken)
        self._counts = dict(zip(self.places, free, strict=False))
        self._symbols = {count: symbol for symbol, count in self._counts.items()}

    def count(self, value: GivenSize) -> int:
        """How many values a size stands for."""
        return self._counts[value.size] if isinstance(value.size, str) else value.size

    def label(self, count: int) -> str | int:
        """A count as the file has it: the symbol that it stands for, or itself."""
        return self._symbols.get(count, count)

    def of(self, shape: tuple[int, ...]) -> tuple[str | int, ...]:
        """A shape as the file has it; empty where there is no symbol in the file."""
        return tuple(self.label(count) for count in shape) if self._symbols else ()

    def without_numbers(self, place: Place, what: str) -> None:
        """Note a tensor that has no numbers, where they are needed."""
        if self.wanted:
            remedy = "give its numbers; without them, nntrace derive has the symbolic solution"
            self.problems.add(place, f"{what} no numbers", remedy)

    def check_names(self, names: Collection[str]) -> None:
        """A symbol of a size is no tensor's or element's name, and a class is an index letter that is neither."""
        for symbol, place in self.places.items():
            if symbol in names:
                self.problems.add(place, f"{quoted(symbol)} is a size and a name", "give one of the two another name")
        for letter, place in self.classes.items():
            if letter in names or letter in self.places:
                other = "a size" if letter in self.places else "a name"
                message, remedy = f"{quoted(letter)} is a class and {other}", "write another letter, as one_hot: c"
            elif len(letter) > 1:
                message, remedy = f"the class {quoted(letter)} is no index letter", "write one letter, as one_hot: k"
            elif letter == SAMPLE and self.batch:
                message = f"{quoted(letter)} counts the samples, so it is no class"
                remedy = "write another letter, as one_hot: k"
            else:
                continue
            self.problems.add(place, message, remedy)


def _counts(spec: Spec) -> Iterator[int]:
    """Every count that a tensor of the file may have."""
    for value in _values(spec):
        match value:
            case GivenSize(int(count)):
                yield count
            case Items(items, _):
                yield len(items)
            case Labelled(entries, _):
                yield len(entries)
            case Number(_, number, _) if number.denominator == 1:
                yield int(number)


def _values(spec: Spec) -> Iterator[Value]:
    """Every value of the file, and the values inside it."""
    yield from inside(spec.inputs, spec.targets, spec.samples, spec.values)
    for layer in spec.layers:
        yield from inside(layer.result, *layer.parameters.values())
        if layer.activation:
            yield from inside(layer.activation.result)

"""Classes as targets: one of the outputs, by its name or by its number, which counts from 1 or as ``from:`` says."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import quoted, suggestion
from ...record import Record
from ...spec.model import Labelled, Name, Number, Value
from ...spec.problems import Problems

CLASS, FROM = "class", "from"


class ClassTarget(Record):
    """``{class: 2, from: 0}``, ``dog`` or ``{y: dog}``: a class; with samples, what the file calls that of each.

    ``name`` is the target's own; ``first`` is the number of the first class, where the file says so.
    """

    which: Name | Number
    name: Name | None = None
    first: Number | None = None


def class_target(value: Value) -> ClassTarget | None:
    """A value of ``targets`` that has the form of a class; one bare number has not."""
    match value:
        case Name():
            return ClassTarget(value)
        case Labelled(((Name("class"), (Name() | Number()) as which),), _):
            return ClassTarget(which)
        case Labelled(((Name("class"), (Name() | Number()) as which), (Name("from"), Number() as first)), _):
            return ClassTarget(which, None, first)
        case Labelled(((label, Name() as which),), _):
            return ClassTarget(which, label)
        case _:
            return None


def numbers_of_class(value: Value) -> list[str]:
    """The labels of ``{class: 2, from: 0}``, whose numbers are nothing's value."""
    match value:
        case Labelled(((Name("class"), _), *_) as entries, _):
            return [label.text for label, _ in entries]
        case _:
            return []


class Classes:
    """The outputs as classes. ``names`` has their places, by all the names that each may be called by."""

    def __init__(self, names: Mapping[str, int], problems: Problems) -> None:
        self.names = names
        self.problems = problems

    def name(self, place: int) -> str:
        """What a class is called."""
        return next(name for name, at in self.names.items() if at == place)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(set(self.names.values()))

    def place(self, which: Name | Number, first: Number | None, remedy: str = "") -> int:
        """The place of a class among the outputs; 0, and a problem, where there is no such class.

        ``remedy`` says how the first number is given, where that is not beside the class.
        """
        if isinstance(which, Name):
            if which.text not in self.names:
                message = f"{quoted(which.text)} is no element of the last result"
                self.problems.add(which.place, message, suggestion(which.text, self.names))
            return self.names.get(which.text, 0)
        start = int(first.value) if first is not None else 1
        place = which.value - start
        if place.denominator == 1 and 0 <= place < self.count:
            return int(place)
        if which.value == 0 and first is None:
            known = self.name(0)
            form = f"write {{{CLASS}: 0, {FROM}: 0}} where 0 is the first, {known}; {{{CLASS}: 1}} is {known} too"
            self.problems.add(which.place, "classes count from 1, and this is class 0", remedy or form)
        else:
            message = f"there is no class {quoted(which.text)}: they are {start} to {start + self.count - 1}"
            remedy = f"give one of these numbers, or a name; {suggestion('', self.names)}"
            self.problems.add(which.place, message, remedy)
        return 0

    def readings(self, number: Number) -> str:
        """The lines that a bare number as the target may stand for."""
        found = [
            f"{{{CLASS}: {number.text}{more}}} ({self.name(int(number.value) - first)}, counted from {first})"
            for first, more in ((1, ""), (0, f", {FROM}: 0"))
            if number.value.denominator == 1 and 0 <= number.value - first < self.count
        ]
        return " or ".join(f"targets: {one}" for one in found)

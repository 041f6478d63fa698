"""One namespace: who has which name, which number it gets, and where it is used."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction

from ...errors import quoted, suggestion
from ...expr.functions import words
from ...record import Record
from ...spec.model import Items, Labelled, Name, Number, Place, Spec, Value
from ...spec.problems import Problems

RESERVED = frozenset((*words(), "lr", "log", "if", "else"))
"""What the formulas of a sheet write themselves: e^{-z}, lr × gradient, max(0, z)."""


def _is_delta(text: str) -> bool:
    """Whether a sheet calls the gradient by some layer's result so: δ_h1, δ2[1]."""
    return text.startswith("δ") and (text[1:2] == "_" or text[1:2].isdecimal())


def defined_names(spec: Spec) -> Iterator[str]:
    """Every name that a file gives: to values, to elements and tensors, to results and losses."""
    for value in (spec.inputs, spec.targets, spec.values, spec.parameters, spec.loss and spec.loss.upstream):
        yield from _defined(value)
    for layer in spec.layers:
        for one in filter(None, (layer, layer.activation)):
            yield from _defined(one.result)
            for value in one.parameters.values():
                rows = value.entries if isinstance(value, Labelled) else ()
                yield from _defined(value if not any(isinstance(row, Labelled) for _, row in rows) else None)
                for _, row in rows:
                    yield from _defined(row)
    for loss in filter(None, (spec.loss, *spec.report)):
        yield from (name.text for name in (loss.name, *loss.parts) if name)


def _defined(value: Value | None) -> Iterator[str]:
    match value:
        case Name(text):
            yield text
        case Items(items, _):
            for item in items:
                yield from _defined(item)
        case Labelled(entries, _):
            for label, inner in entries:
                yield label.text
                if isinstance(inner, Items):
                    yield from _defined(inner)


class Given(Record):
    """A name's number, and where the file gives it."""

    number: Number
    place: Place


class Names:
    """The scalars and tensors of a file by name. A name gets its number once; used again, it ties."""

    def __init__(self, values: Labelled | None, problems: Problems) -> None:
        self.problems = problems
        self.numbers: dict[str, Given] = {}
        self.tensors: dict[str, tuple[Value, Place]] = {}
        self.used: dict[str, Place] = {}
        """Every scalar name, with the first place that uses it as an element."""
        self.results: dict[str, Place] = {}
        """The names of units, of whole results and of losses: they have no given number."""
        self.integers = True
        if values:
            for name, value in values.entries:
                if isinstance(value, Number):
                    self.define(name, value)
                else:
                    self.tensors[name.text] = (value, name.place)

    def define(self, name: Name, number: Number) -> None:
        """Give a name its number; a second one is a problem."""
        if name.text in self.numbers:
            line = self.numbers[name.text].place.line
            remedy = f"give the number once; elsewhere write the bare name {quoted(name.text)} to tie it"
            self.problems.add(name.place, f"{quoted(name.text)} gets its number twice (first in line {line})", remedy)
            return
        self.numbers[name.text] = Given(number, name.place)
        self.count(number)

    def count(self, number: Number) -> None:
        """Note whether every given number so far was typed as an integer."""
        self.integers = self.integers and number.text.lstrip("+-").isdigit()

    def result(self, name: Name) -> None:
        """Register the name of a unit, a whole result or a loss."""
        if (first := self.results.get(name.text)) is not None:
            message = f"the name {quoted(name.text)} is used twice (first in line {first.line})"
            self.problems.add(name.place, message, "choose another")
        self.results.setdefault(name.text, name.place)

    def number(self, name: Name) -> Fraction:
        """The number of a name; 0 (and a problem) where it has none."""
        given = self.numbers.get(name.text)
        if given is not None:
            return given.number.value
        if name.text in self.results:
            message = f"{quoted(name.text)} is a result of the network, so it has no number of its own"
            remedy = "use a name that has a number, or write the number here"
        else:
            known = suggestion(name.text, self.numbers) if self.numbers else "no name has a number yet"
            message = f"the name {quoted(name.text)} has no number"
            remedy = f"give it one here, or in the table values: {{{name.text}: 1.0}}; {known}"
        self.problems.add(name.place, message, remedy)
        return Fraction(0)

    def check_collisions(self, letters: Collection[str] = (), free: Collection[str] = ()) -> None:
        """A name is either given or a result, and every number in ``values`` is for something that is there.

        ``letters`` are further words that formulas write, ``free`` those that none of this network's does.
        """
        for text, place in (*self.used.items(), *self.results.items()):
            if (text in RESERVED and text not in free) or text in letters or _is_delta(text):
                remedy = f"choose another name, such as {text.removeprefix('δ_')}1"
                self.problems.add(place, f"{quoted(text)} is a word of the sheet's own formulas", remedy)
        for text, place in self.results.items():
            other = self.used.get(text)
            if other is not None:
                message = f"the name {quoted(text)} is used twice (first in line {min(place, other).line})"
                self.problems.add(max(place, other), message, "choose another name for one of the two")
        unread = bool(self.problems.found)  # then a name may be left over because its place was not understood
        for text, given in self.numbers.items():
            if text not in self.used and not unread:
                remedy = suggestion(text, self.used) if self.used else "take it out"
                self.problems.add(given.place, f"{quoted(text)} has a number but is used nowhere", remedy)

"""The rows of ``samples`` in their order: inputs, then targets, whether typed flat, in two lists or by name."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ...errors import counted, quoted, suggestion
from ...spec.model import GivenSize, Items, Labelled, Name, Number, Value
from ...spec.problems import Problems


class Declared:
    """What ``inputs`` or ``targets`` declare beside samples: the tensor's name, its elements' names, their number."""

    def __init__(self, value: Value | None) -> None:
        self.label = ""
        self.names: list[str] = []
        self.count: int | None = None
        match value:
            case Labelled(((Name("class"), Name(text)), *_), _) | Name(text):
                self.names = [text]
            case Labelled(((label, inner),), _):
                self.label = label.text
                self._take(inner)
            case _:
                self._take(value)

    def _take(self, value: Value | None) -> None:
        match value:
            case Items(items, _):
                self.names = [name.text for name in value.names]
                self.count = len(items)
            case GivenSize(int() as size, _, _):
                self.count = size


def arranged(row: Value, inputs: Declared, targets: Declared, problems: Problems) -> Items | None:
    """One sample as a flat list; ``None``, and a problem, where it is none."""
    match row:
        case Labelled():
            return Items(tuple(_by_name(row, inputs, targets, problems)), row.place)
        case Items(items, place) if any(isinstance(item, Items) for item in items):
            first = items[0]
            given = len(first.items) if isinstance(first, Items) else 1
            if inputs.count not in (None, given) or len(items) != 2:
                wanted = counted(inputs.count, "input") if inputs.count is not None else "the inputs"
                problems.add(place, f"this sample is not a list of {wanted} and its targets", "write it as [[0, 1], 1]")
            return Items(tuple(_flat(row)), place)
        case Items():
            return row
    problems.add(row.place, "this sample is no list", "write each sample in brackets: [[1, 0], [0, 1]]")
    return None


def _flat(value: Value) -> Iterator[Value]:
    if isinstance(value, Items):
        for item in value.items:
            yield from _flat(item)
    else:
        yield value


def _by_name(row: Labelled, inputs: Declared, targets: Declared, problems: Problems) -> Iterator[Value]:
    """The values of ``{x1: 0, x2: 1, t: 1}`` in the order of what is declared, each name once."""
    given = {name.text: value for name, value in row.entries}
    known = [name for one in (inputs, targets) for name in (one.label, *one.names) if name]
    for name, _ in row.entries:
        if name.text not in known:
            remedy = suggestion(name.text, known)
            if not targets.names and len(row.entries) > len(inputs.names):
                remedy = f"a target has a line of its own: targets: [{name.text}]; {remedy}"
            problems.add(name.place, f"{quoted(name.text)} is neither an input nor a target", remedy)
    for declared in (inputs, targets):
        if declared.label in given:
            yield from _flat(given[declared.label])
            continue
        missing = [name for name in declared.names if name not in given]
        if missing:
            problems.add(row.place, f"this sample has no {quoted(missing[0])}", f"add {missing[0]}: and its number")
        for own in declared.names:
            yield given.get(own, Number("0", Fraction(0), row.place))

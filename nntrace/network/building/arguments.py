"""What a layer reads: a result or a part of one for each argument, and how far the letters run along it."""

from __future__ import annotations

from ... import catalogue
from ...catalogue import Operation
from ...errors import quoted
from ...expr.index import letters_of
from ...spec.model import Items, Labelled, Layer, Name, Place, Value
from ..model import Tensor
from .draft import Draft
from .layer_draft import LayerDraft
from .leaves import elements
from .operations import symbols_read
from .sources import Directory, Source, SourcePart, joined, unjoined


class ArgumentReader:
    """Finds what the arguments of layers read among the results so far."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.directory = Directory(draft)

    def sources(self, layer: Layer, made: Operation, current: Tensor) -> dict[str, Source]:
        """What each argument reads: what ``from:`` names, the rows of the weights, else the result before it."""
        what = quoted(layer.kind.text)
        found: dict[str, Source] | None = None
        if layer.source:
            found = self.directory.given(layer.source, made.arguments, what)
            if found is None:  # of what it reads nothing is known, so no shape that follows is a mistake of its own
                self.draft.problems.raise_if_any()
            for name, source in (found or {}).items():
                self._check_sizes(layer.source.place, what, made, name, source)
        elif len(made.arguments) > 1:
            remedy = f"write {layer.kind.text}: …, from: [{', '.join(made.arguments)}] with the names of results"
            self.draft.problems.add(layer.kind.place, f"{what} has several arguments, and no `from`", remedy)
        elif rows := self._rows(layer, made, current):
            found = {made.arguments[0]: joined(rows)}
        return found or dict.fromkeys(made.arguments, unjoined(current))

    def _check_sizes(self, place: Place, what: str, made: Operation, name: str, source: Source) -> None:
        """Where parts of symbolic sizes stand in one vector cannot be written; beside each, a part of a matrix can."""
        sizes = [self.draft.sizes.label(part.size) for part in source.parts]
        owned = {letter for one in made.parameters for letter in one.symbol.index}
        if source.is_whole or owned.intersection(made.argument(name).index):
            return
        if symbolic := [size for size in sizes if isinstance(size, str)]:
            message = f"{what} joins parts, and {symbolic[0]} is no number"
            self.draft.problems.add(place, message, f"write a number for {symbolic[0]}")

    def _rows(self, layer: Layer, made: Operation, current: Tensor) -> list[SourcePart]:
        """What the rows of a labelled table of weights name, where that is not all of the result before."""
        matrices = (layer.parameters.get(one.key) for one in made.parameters if len(one.symbol.index) == 2)
        table = next((value for value in matrices if isinstance(value, Labelled)), None)
        if table is None:
            return []
        units, inputs = _named(layer.result), set(elements(current))
        others = [label for label, _ in table.entries if label.text not in inputs and label.text not in units]
        if not others or any(label.text in units for label, _ in table.entries):
            return []
        rows = [(label, self.directory.find(label.text)) for label, _ in table.entries]
        found = [(label, part) for label, part in rows if part is not None and not part.shape]
        if not any(label in others for label, _ in found):
            return []
        for label, part in found:
            self._check_activated(label, part, current)
        return [part for _, part in found]

    def _check_activated(self, label: Name, part: SourcePart, current: Tensor) -> None:
        """A row names no pre-activation although its activation lies between: that is most often a mistake."""
        if part.tensor.key == current.key:
            return
        reading = (step for step in self.draft.steps if part.tensor.key in step.arguments.values() and step.edges)
        step = next((step for step in reading if catalogue.find("activation", step.kind)), None)
        if step is None:
            return
        after = self.draft.tensors[step.output]
        activated = SourcePart(after, part.cell).names[0] if part.cell is not None else after.name
        self.draft.problems.add(
            label.place,
            f"{quoted(label.text)} is a pre-activation, and its activation {step.kind} lies between",
            f"name the activated one, {activated}, in its place (a name of your own: {step.kind}: [a1, …]); or, if the "
            f"pre-activation is meant, add from: [{label.text}, …] to the layer",
        )

    def learn(self, built: LayerDraft) -> None:
        """Take how far the letters run from what is read; an argument that runs otherwise is a problem."""
        first: dict[str, str] = {}
        for symbol in symbols_read(built.operation.formula):
            if symbol.name not in built.arguments or built.extents.waits(symbol.index):
                continue
            tensor = built.arguments[symbol.name]
            for letter, found, expected in built.extents.learn(symbol.index, tensor.sample_shape):
                place = built.layer.source.place if built.layer.source else built.layer.kind.place
                one, other = (_called(built.arguments[name]) for name in (first[letter], symbol.name))
                sizes = self.draft.counted(expected, "element"), self.draft.sizes.label(found)
                message = f"{quoted(built.layer.kind.text)} takes arguments of one size"
                message += f", and {one} has {sizes[0]}, {other} {sizes[1]}"
                self.draft.problems.add(place, message, "name results of the same size")
            for index in symbol.index:
                for letter in letters_of(index):
                    first.setdefault(letter, symbol.name)


def _named(result: Value | None) -> set[str]:
    """The names of the units that a layer has."""
    match result:
        case (Items() as listed) | Labelled(((_, Items() as listed),)):
            return {name.text for name in listed.names}
        case _:
            return set()


def _called(tensor: Tensor) -> str:
    """What a message calls an argument: by its tensor, or by what it is made of."""
    return quoted(tensor.name or f"[{', '.join(tensor.names.values())}]")

"""What a layer owns: its parameters, from what the file gives or of a size alone."""

from __future__ import annotations

from math import prod

from ...catalogue import Parameter
from ...errors import counted, quoted, shape_text, suggestion
from ...spec.model import Init, Labelled, Layer, Name, Place, Value
from ..model import Tensor
from .draft import Draft
from .extents import Extents, Fans
from .layer_draft import LayerDraft
from .leaves import elements
from .matrices import MatrixReader, Sides
from .sources import Directory

TRANSPOSE = "transpose"


class ParameterReader:
    """Reads the parameters of layers."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.turned = False
        """Whether a matrix was met that has a row for each input where it should have one for each unit, or the other
        way round."""
        self._latest: dict[str, str] = {}
        """The tensors of the latest layer that has some, for one that repeats it."""

    def read(self, built: LayerDraft) -> dict[str, str]:
        """The keys of a layer's own tensors by their symbols; those of the network are in the order of the file."""
        keyed: dict[str, str] = {}
        places: dict[str, Place] = {}
        for parameter in built.operation.parameters:
            given = _value(built.layer, parameter)
            tensor = self.draft.add(self._parameter(built, parameter, given))
            keyed[parameter.symbol.name] = tensor.key
            if given is not None:
                places[tensor.key] = given.place
            if not parameter.is_bias:
                self.draft.weights.append(tensor.key)
        self._latest = keyed or self._latest
        last = max(places.values(), default=Place(1, 1))
        self.draft.parameters += sorted(keyed.values(), key=lambda key: places.get(key, last))
        return keyed

    def _parameter(self, built: LayerDraft, parameter: Parameter, given: Value | None) -> Tensor:
        """One of a layer's own tensors: from what the file gives, or of a size alone."""
        leaves, index = self.draft.leaves, tuple(map(str, parameter.symbol.index))
        key = f"{parameter.symbol.name}{built.level}"
        fans = self._fans(built, index)
        if built.layer.again and not isinstance(given, Init):
            tensor = self.draft.tensors[self._latest[parameter.symbol.name]]
        elif (tied := self._tied(given, parameter)) is not None:
            tensor = tied
        elif len(index) == 2:
            rows = built.reads_along(index[0])
            inputs, units = (self._names_along(built, letter) for letter in (index if rows else index[::-1]))
            sides = Sides(inputs, units, rows, Directory(self.draft))
            tensor = MatrixReader(leaves, key, sides).read(given, built.layer.kind, parameter.key)
        elif given is None:
            if not parameter.optional:
                leaves.check_given(built.layer.kind, parameter.key)
            return Tensor(key, key, tuple(built.extents.get(letter, 0) for letter in index), "parameter")
        elif not index:
            tensor = leaves.shared(given, key, key, fans)
        elif len(index) == 1:
            tensor = leaves.vector(given, key, key, "parameter", fans, built.extents.get(index[0], 0))
        else:
            tensor = leaves.nested(given, key, key, len(index))
        if given is not None and len(tensor.shape) != len(index):
            message = f"the {parameter.key} have the shape {shape_text(tensor.shape)}"
            remedy = f"give {parameter.key} with {counted(len(index), 'dimension')}"
            self.draft.problems.add(given.place, message, remedy)
            return tensor._replace(shape=tuple(built.extents.get(letter, 0) for letter in index), array=None)
        self._learn(built, parameter, given, tensor)
        return tensor

    def _tied(self, given: Value | None, parameter: Parameter) -> Tensor | None:
        """The tensor that a file names in place of numbers: an earlier layer's; turned, it may be a given one."""
        draft, name = self.draft, turned(given) or given
        if isinstance(given, Labelled) and [label.text for label, _ in given.entries] == [TRANSPOSE] and name is given:
            place = given.entries[0][1].place
            draft.problems.add(place, "`transpose` takes the name of a tensor", f"write {{{TRANSPOSE}: W1}}")
            draft.problems.raise_if_any()
        dimensions, known = len(parameter.symbol.index), {*self.draft.names.tensors, *self.draft.names.numbers}
        if not isinstance(name, Name) or (name is given and name.text in known):
            return None
        earlier = [one for key in draft.parameters if len((one := draft.tensors[key]).shape) == dimensions]
        found = next((one for one in earlier if one.name == name.text), None)
        if found is None and name.text in draft.names.tensors:
            return draft.leaves.of_values(name, f"values.{name.text}")
        if found is None and dimensions > 1:
            tensors = [*(one.name for one in earlier if one.name), *draft.names.tensors]
            remedy = "give its numbers, or name an earlier layer's tensor"
            remedy = suggestion(name.text, tensors) if tensors else remedy
            draft.problems.add(name.place, f"there is no earlier tensor {quoted(name.text)}", remedy)
            draft.problems.raise_if_any()  # the sizes of all that follows are unknown
        return found

    def _learn(self, built: LayerDraft, parameter: Parameter, given: Value | None, tensor: Tensor) -> None:
        """Take how far the letters run from a tensor that the file gives; each that runs otherwise is a problem."""
        index = parameter.symbol.index
        if given is not None and self._is_turned(built, parameter, given, tensor):
            return
        wrong = list(built.extents.learn(index, tensor.shape))
        if given is None or not (tensor.typed is not None or tensor.array is not None):
            return
        for letter, found, expected in wrong:
            noun = self._noun(built, letter)
            size_label = self.draft.sizes.label(expected)
            if len(index) == 1:
                remedy = f"give one for each {noun}"
                if parameter.shared is not None:
                    symbol = parameter.symbol.name
                    remedy += f"; one shared by all is {parameter.shared}: {{{symbol}: 0.35}}"
                message = f"the {parameter.key} are {counted(found, 'number')} for {self.draft.counted(expected, noun)}"
                self.draft.problems.add(given.place, message, remedy)
                continue
            vectors = self.draft.spec.conventions.vectors
            row, column = ("input", "unit") if vectors == "rows" else ("unit", "input")
            shape = shape_text(tensor.shape)
            place = built.result.place if noun == "unit" else None
            there = f"there {'is' if expected == 1 else 'are'} {size_label}"
            message = f"the {parameter.key} are {shape}: for {self.draft.counted(found, noun)}, but {there}"
            remedy = f"with vectors: {vectors} a matrix has one row for each {row} and one column for each {column}"
            self.draft.problems.add(place or given.place, message, remedy)

    def _is_turned(self, built: LayerDraft, parameter: Parameter, given: Value, tensor: Tensor) -> bool:
        """Whether a matrix without labels would fit with the other ``vectors``; that is noted, once for a file."""
        index, labelled = parameter.symbol.index, isinstance(given, Labelled) and len(given.entries) > 1
        if len(index) != 2 or labelled or not (tensor.typed or tensor.array is not None):
            return False
        usual, turned = Extents(built.extents), Extents(built.extents)
        if not list(usual.learn(index, tensor.shape)) or list(turned.learn(index, tensor.shape[::-1])):
            return False
        built.extents.update(turned)
        if not self.turned:
            vectors = self.draft.spec.conventions.vectors
            row, other = ("input", "columns") if vectors == "rows" else ("unit", "rows")
            usual_form = f"with vectors: {vectors} a matrix has a row for each {row}"
            message = f"the {parameter.key} are {shape_text(tensor.shape)}, and {usual_form}"
            remedy = f"it fits vectors: {other}: add that line, or write its columns as rows"
            self.draft.problems.add(given.place, message, remedy)
        self.turned = True
        return True

    @staticmethod
    def _noun(built: LayerDraft, letter: str) -> str:
        """What a letter runs over."""
        if built.reads_along(letter):
            return "input"
        return "unit" if letter in built.operation.output.index else "value"

    def _names_along(self, built: LayerDraft, letter: str) -> list[str]:
        """The names of the elements along one side of a matrix; none where their number is not known yet."""
        if built.reads_along(letter):
            return list(elements(next(iter(built.arguments.values()))))
        if letter not in built.operation.output.index:
            return []
        result = built.result
        name = result.tensor.text if result.tensor else f"{built.operation.output.name}{built.level}"
        return [unit.text for unit in result.elements] or [f"{name}[{n + 1}]" for n in range(result.units or 0)]

    @staticmethod
    def _fans(built: LayerDraft, index: tuple[str, ...]) -> Fans:
        """How many inputs each unit has, and how many units each input goes to; of a bias those of its layer."""
        known = built.extents
        summed = [letter for letter in index if letter not in built.operation.output.index]
        own = [letter for letter in index if not built.reads_along(letter)]
        if not summed:  # it is added to a unit: the fans are those of the layer
            summed = [letter for letter in known if letter not in built.operation.output.index]
            own = [str(letter) for letter in built.operation.output.index]
        return Fans(prod(known.get(letter, 0) for letter in summed), prod(known.get(letter, 0) for letter in own))


def _value(layer: Layer, parameter: Parameter) -> Value | None:
    """What the file gives for a parameter: one that has no index, under the key of what all places share."""
    shared = None if parameter.symbol.index else layer.parameters.get(parameter.shared or "")
    return shared or layer.parameters.get(parameter.key)


def turned(given: Value | None) -> Name | None:
    """The tensor of ``{transpose: W1}``."""
    match given:
        case Labelled(((Name(word), Name() as tensor),)) if word == TRANSPOSE:
            return tensor
        case _:
            return None

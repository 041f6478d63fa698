"""The layers of a file as steps: what they read and own, how far their indices run, what their results are called."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import NamedTuple

from ... import catalogue
from ...catalogue import Operation, Parameter
from ...errors import counted, quoted
from ...expr.index import letters_of
from ...spec.model import GivenSize, Items, Labelled, Layer, Name, Number, Place, Value
from ..batch import sized
from ..model import BoundOperation, Cell, Edge, Tensor
from .draft import Draft
from .drawing import Fans
from .extents import Extents
from .leaves import elements
from .operations import in_batch, operation, plain, symbols_read


class _Result(NamedTuple):
    """What names a layer's result: the tensor, its elements, or how many there are."""

    tensor: Name | None = None
    elements: tuple[Name, ...] = ()
    units: int | None = None
    place: Place | None = None

    @property
    def stated(self) -> int:
        """How many elements it says that there are; 0 where it does not."""
        return len(self.elements) or self.units or 0


class _Layer(NamedTuple):
    """A layer while it is built: what the file says, its operation, what it reads, and how far its letters run."""

    layer: Layer
    operation: Operation
    arguments: Mapping[str, Tensor]
    result: _Result
    extents: Extents

    def reads(self, letter: str) -> bool:
        """Whether a letter runs along an argument."""
        read = symbols_read(self.operation.formula)
        return any(symbol.name in self.arguments and letter in symbol.index for symbol in read)


class Layers:
    """The layers of a network, one on the other; ``level`` counts those with parameters."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.level = 0

    def add(self, layer: Layer, current: Tensor) -> Tensor:
        """The result of a layer or an activation that reads ``current``."""
        entry = catalogue.find("layer", layer.kind.text) or catalogue.find("activation", layer.kind.text)
        assert entry is not None  # the reader knows the kinds
        made = operation(entry, plain(layer.options), _given(layer, entry), vectors=self.draft.spec.conventions.vectors)
        self.level += bool(made.parameters)
        built = _Layer(layer, made, dict.fromkeys(made.arguments, current), self._result(layer), Extents())
        for symbol in symbols_read(made.formula):
            if symbol.name in built.arguments and not built.extents.waits(symbol.index):
                list(built.extents.learn(symbol.index, current.shape[current.sampled :]))
        fixed = all(letter in built.extents for index in made.output.index for letter in letters_of(index))
        if not fixed and built.result.stated:
            built.extents.update(dict.fromkeys(map(str, made.output.index), built.result.stated))
        keyed = {**dict.fromkeys(made.arguments, current.key), **self._parameters(built)}
        for symbol in symbols_read(made.formula):
            list(built.extents.learn(symbol.index, self._shape(keyed[symbol.name])))
        for name, key in keyed.items():
            list(built.extents.learn(made.argument(name).index, self._shape(key)))
        self._check_count(built)
        return self._step(entry.name, built, keyed)

    def _shape(self, key: str) -> tuple[int, ...]:
        """A tensor's shape, of one sample."""
        tensor = self.draft.tensors[key]
        return tensor.shape[tensor.sampled :]

    def _check_count(self, built: _Layer) -> None:
        """The file names as many results as there are."""
        count, size = built.result.stated, prod(built.extents[str(index)] for index in built.operation.output.index)
        if count and count != size:
            shown = self.draft.sizes.shown
            self.draft.problems.add(
                built.result.place or built.layer.kind.place,
                f"{quoted(built.layer.kind.text)} gives {shown(size)} {'result' if size == 1 else 'results'}, "
                f"not {shown(count)}",
                "give a name to each of its results"
                if built.operation.parameters
                else "an activation has as many results as the layer before it",
            )

    # -- parameters --------------------------------------------------------------------------------------------------

    def _parameters(self, built: _Layer) -> dict[str, str]:
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
        last = max(places.values(), default=Place(1, 1))
        self.draft.parameters += sorted(keyed.values(), key=lambda key: places.get(key, last))
        return keyed

    def _parameter(self, built: _Layer, parameter: Parameter, given: Value | None) -> Tensor:
        """One of a layer's own tensors: from what the file gives, or of a size alone."""
        leaves, index = self.draft.leaves, tuple(map(str, parameter.symbol.index))
        key = f"{parameter.symbol.name}{self.level}"
        fans = self._fans(built, index)
        if len(index) == 2:
            rows = built.reads(index[0])
            inputs, units = (self._names_along(built, letter) for letter in (index if rows else index[::-1]))
            tensor = leaves.matrix(given, built.layer.kind, parameter.key, key, rows, inputs, units)
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
            self.draft.problems.add(
                given.place,
                f"the {parameter.key} have the shape {'×'.join(map(str, tensor.shape))}",
                f"give {parameter.key} with {counted(len(index), 'dimension')}",
            )
            return tensor._replace(shape=tuple(built.extents.get(letter, 0) for letter in index), array=None)
        self._learn(built, parameter, given, tensor)
        return tensor

    def _learn(self, built: _Layer, parameter: Parameter, given: Value | None, tensor: Tensor) -> None:
        """Take how far the letters run from a tensor that the file gives; each that runs otherwise is a problem."""
        index = parameter.symbol.index
        wrong = list(built.extents.learn(index, tensor.shape))
        if given is None or not (tensor.typed is not None or tensor.array is not None):
            return
        for letter, found, expected in wrong:
            noun = "input" if built.reads(letter) else "unit" if letter in built.operation.output.index else "value"
            shown = self.draft.sizes.shown(expected)
            if len(index) == 1:
                remedy = f"give one for each {noun}"
                if parameter.shared is not None:
                    symbol = parameter.symbol.name
                    remedy += f"; one shared by all is {parameter.shared}: {{{symbol}: 0.35}}"
                message = f"there are {found} {parameter.key} for {shown} {noun}s"
                self.draft.problems.add(given.place, message, remedy)
                continue
            vectors = self.draft.spec.conventions.vectors
            row, column = ("input", "unit") if vectors == "rows" else ("unit", "input")
            written = "×".join(map(str, tensor.shape))
            self.draft.problems.add(
                built.result.place or given.place if noun == "unit" else given.place,
                f"the {parameter.key} are {written}: for {self.draft.counted(found, noun)}, but there "
                f"{'is' if expected == 1 else 'are'} {shown}",
                f"with vectors: {vectors} a matrix has one row for each {row} and one column for each {column}",
            )

    def _names_along(self, built: _Layer, letter: str) -> list[str]:
        """The names of the elements along one side of a matrix; none where their number is not known yet."""
        if built.reads(letter):
            return list(elements(next(iter(built.arguments.values()))))
        if letter not in built.operation.output.index:
            return []
        result = built.result
        name = result.tensor.text if result.tensor else f"{built.operation.output.name}{self.level}"
        return [unit.text for unit in result.elements] or [f"{name}[{n + 1}]" for n in range(result.units or 0)]

    @staticmethod
    def _fans(built: _Layer, index: tuple[str, ...]) -> Fans:
        """How many inputs each unit has, and how many units each input goes to; of a bias those of its layer."""
        known = built.extents
        summed = [letter for letter in index if letter not in built.operation.output.index]
        own = [letter for letter in index if not built.reads(letter)]
        if not summed:  # it is added to a unit: the fans are those of the layer
            summed = [letter for letter in known if letter not in built.operation.output.index]
            own = [str(letter) for letter in built.operation.output.index]
        return Fans(prod(known.get(letter, 0) for letter in summed), prod(known.get(letter, 0) for letter in own))

    # -- the step ----------------------------------------------------------------------------------------------------

    def _step(self, kind: str, built: _Layer, keyed: Mapping[str, str]) -> Tensor:
        made, result = built.operation, built.result
        default = f"{made.output.name}{self.level}"
        key = self.draft.key(default)
        if result.tensor:
            self.draft.leaves.own.add(key)
        for name in (result.tensor, *result.elements):
            if name:
                self.draft.names.result(name)
        names: dict[Cell, str] = {(place,): name.text for place, name in enumerate(result.elements)}
        shape = tuple(built.extents[str(index)] for index in made.output.index)
        if self.draft.samples is not None:
            made = in_batch(made)
        sizes = sized(built.extents, self.draft.count)
        keyed = {**keyed, **self._program(kind, made, keyed, sizes)}
        read = {symbol.name for symbol in symbols_read(made.formula)}
        edges = tuple(Edge(made, name) for name in keyed if name in read)
        self.draft.steps.append(BoundOperation(kind, made, key, keyed, sizes, edges, made.numeric))
        shape = shape if self.draft.count is None else (self.draft.count, *shape)
        tensor = Tensor(key, result.tensor.text if result.tensor else default, shape, "unit", names)
        return self.draft.add(tensor._replace(sampled=self.draft.samples is not None))

    def _program(
        self, kind: str, made: Operation, keyed: Mapping[str, str], sizes: Mapping[str, int]
    ) -> dict[str, str]:
        """The lines that an operation works out first, as steps without a gradient of their own; their keys."""
        keys: dict[str, str] = {}
        for symbol, formula, letters, reason in made.program:
            key = self.draft.key(f"{symbol.name}{self.level}", "′")
            line = Operation(symbol, formula)
            known = {**keyed, **keys}
            reads = {read.name: known[read.name] for read in symbols_read(formula)}
            self.draft.steps.append(BoundOperation(kind, line, key, reads, sizes, (), formula, reason=reason))
            shape = tuple(sizes[str(index)] for index in symbol.index)
            self.draft.add(Tensor(key, key, shape, "unit", sampled=self.draft.samples is not None))
            self.draft.worked[key] = letters or symbol.name
            keys[symbol.name] = key
        return keys

    def _result(self, layer: Layer) -> _Result:
        value = layer.result
        match value:
            case None:
                return _Result()
            case Name():
                return _Result(tensor=value, place=value.place)
            case Number():
                return _Result(units=int(value.value), place=value.place)
            case Items(items, place):
                return _Result(elements=tuple(item for item in items if isinstance(item, Name)), place=place)
            case GivenSize(_, _, place):
                return _Result(units=self.draft.sizes.count(value), place=place)
            case Labelled(((name, GivenSize() as size),), place):
                return _Result(tensor=name, units=self.draft.sizes.count(size), place=place)
            case Labelled(((name, Items(items, _)),), place):
                named = tuple(item for item in items if isinstance(item, Name))
                return _Result(tensor=name, elements=named, place=place)
            case _:
                self.draft.problems.add(
                    value.place, "this does not name a result", "write names [h1, h2], one name, a count, or nothing"
                )
                return _Result()


def _value(layer: Layer, parameter: Parameter) -> Value | None:
    """What the file gives for a parameter: one that has no index, under the key of what all places share."""
    shared = None if parameter.symbol.index else layer.parameters.get(parameter.shared or "")
    return shared or layer.parameters.get(parameter.key)


def _given(layer: Layer, entry: catalogue.Entry) -> frozenset[str]:
    """The keys of the parameters that a layer has: those in the file; of one that has a size alone, all."""
    parameters = entry.parameters()
    given = set(layer.parameters)
    if any(not one.optional and one.key not in given for one in parameters):
        given |= {one.key for one in parameters if one.shared not in given}
    return frozenset(given)

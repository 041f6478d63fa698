"""The layers of a file as steps: what they read and own, how far their indices run, what their results are called."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from ... import catalogue
from ...catalogue import Operation, Parameter
from ...errors import counted, quoted
from ...expr.index import letters_of
from ...record import Record
from ...spec.model import GivenSize, Items, Labelled, Layer, Name, Number, Place, Value
from ..batch import sized
from ..model import BoundOperation, Cell, Edge, Tensor
from .draft import Draft
from .drawing import Fans
from .extents import Extents
from .formula_steps import FormulaSteps
from .gathering import gathered, reads
from .leaves import elements
from .operations import free_letters, in_batch, operation, plain, symbols_read
from .sources import Directory, Source, SourcePart, joined, whole

PRE_ACTIVATION = "z"
"""The letter that pre-activations are called by; the activated ones are then called a."""


class _Result(Record):
    """What names a layer's result: the tensor, its elements, or how many there are."""

    tensor: Name | None = None
    elements: tuple[Name, ...] = ()
    units: int | None = None
    place: Place | None = None

    @property
    def stated(self) -> int:
        """How many elements it says that there are; 0 where it does not."""
        return len(self.elements) or self.units or 0


class _Layer(Record):
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
        self.directory = Directory(draft)
        self.formulas = FormulaSteps(draft, self.directory)
        self.level = 0

    def add(self, layer: Layer, current: Tensor) -> Tensor:
        """The result of a layer, an activation or a formula; one that does not say what it reads reads ``current``."""
        if layer.formula:
            applied = self.formulas.as_layer(layer, layer.formula)
            if applied is None:
                return self.formulas.add(layer, layer.formula, current)
            layer = applied
        entry = catalogue.find("layer", layer.kind.text) or catalogue.find("activation", layer.kind.text)
        assert entry is not None  # the reader knows the kinds
        conventions = {"vectors": self.draft.spec.conventions.vectors, "arguments": _count(layer)}
        made = operation(entry, plain(layer.options), _given(layer, entry), **conventions)
        self.level += bool(made.parameters)
        sources = self._sources(layer, made, current)
        tensors = {name: source.tensor for name, source in sources.items()}
        built = _Layer(layer, made, tensors, self._result(layer), Extents())
        self._learn_arguments(built)
        fixed = all(letter in built.extents for index in made.output.index for letter in letters_of(index))
        if not fixed and built.result.stated:
            built.extents.update(dict.fromkeys(map(str, made.output.index), built.result.stated))
        owned = self._parameters(built)
        self._check_count(built)
        found = reads(sources, free_letters(made.formula))
        made = gathered(made, found)
        built = built._replace(operation=made)
        built.extents.update(found.sizes)
        keyed = {**found.keys, **owned}
        for symbol in symbols_read(made.formula):
            list(built.extents.learn(symbol.index, self._shape(keyed[symbol.name])))
        for name, key in keyed.items():
            list(built.extents.learn(made.argument(name).index, self._shape(key)))
        return self._step(entry.name, built, keyed)

    # -- arguments ---------------------------------------------------------------------------------------------------

    def _sources(self, layer: Layer, made: Operation, current: Tensor) -> dict[str, Source]:
        """What each argument reads: what ``from:`` names, the rows of the weights, else the result before it."""
        what = quoted(layer.kind.text)
        found: dict[str, Source] | None = None
        if layer.source:
            found = self.directory.given(layer.source, made.arguments, what)
        elif len(made.arguments) > 1:
            remedy = f"write {layer.kind.text}: …, from: [{', '.join(made.arguments)}] with the names of results"
            self.draft.problems.add(layer.kind.place, f"{what} has several arguments, and no `from`", remedy)
        elif rows := self._rows(layer, made, current):
            found = {made.arguments[0]: joined(rows)}
        return found or dict.fromkeys(made.arguments, whole(current))

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

    def _learn_arguments(self, built: _Layer) -> None:
        """Take how far the letters run from what is read; an argument that runs otherwise is a problem."""
        first: dict[str, str] = {}
        for symbol in symbols_read(built.operation.formula):
            if symbol.name not in built.arguments or built.extents.waits(symbol.index):
                continue
            tensor = built.arguments[symbol.name]
            for letter, found, expected in built.extents.learn(symbol.index, tensor.sample_shape):
                place = built.layer.source.place if built.layer.source else built.layer.kind.place
                one, other = (_called(built.arguments[name]) for name in (first[letter], symbol.name))
                self.draft.problems.add(
                    place,
                    f"{quoted(built.layer.kind.text)} takes arguments of one size, and {one} has "
                    f"{self.draft.counted(expected, 'element')}, {other} {self.draft.sizes.shown(found)}",
                    "name results of the same size",
                )
            for index in symbol.index:
                for letter in letters_of(index):
                    first.setdefault(letter, symbol.name)

    def _shape(self, key: str) -> tuple[int, ...]:
        """A tensor's shape, of one sample."""
        tensor = self.draft.tensors[key]
        return tensor.sample_shape

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
        if (tied := self._tied(given, parameter)) is not None:
            tensor = tied
        elif len(index) == 2:
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

    def _tied(self, given: Value | None, parameter: Parameter) -> Tensor | None:
        """The parameter of an earlier layer that a file names in place of numbers: it is the same tensor."""
        if not isinstance(given, Name) or given.text in {*self.draft.names.tensors, *self.draft.names.numbers}:
            return None
        earlier = (self.draft.tensors[key] for key in self.draft.parameters)
        dimensions = len(parameter.symbol.index)
        return next((one for one in earlier if one.name == given.text and len(one.shape) == dimensions), None)

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
        if not (names or result.tensor) and not made.parameters:
            names = self._activated(built)
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

    def _activated(self, built: _Layer) -> dict[Cell, str]:
        """Names for the results of an activation that the file does not name: of z1 it is a1, where that is free."""
        (argument, *others) = built.arguments.values()
        given = [argument.names.get((place,), "") for place in range(argument.shape[-1])]
        names: dict[Cell, str] = {(place,): f"a{name[1:]}" for place, name in enumerate(given)}
        ours = all(name.startswith(PRE_ACTIVATION) and len(name) > 1 for name in given)
        free = not self.draft.defined.intersection(names.values())
        if others or not ours or not free or not catalogue.find("activation", built.layer.kind.text):
            return {}
        place = built.layer.kind.place
        for name in names.values():
            self.draft.names.result(Name(name, place))
        self.draft.defined.update(names.values())
        return names

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


def _count(layer: Layer) -> int:
    """How many arguments a layer gives, for an operation that takes any number."""
    return max(2, len(layer.source.arguments)) if layer.source else 2


def _named(result: Value | None) -> set[str]:
    """The names of the units that a layer has."""
    match result:
        case Items(items, _) | Labelled(((_, Items(items, _)),), _):
            return {item.text for item in items if isinstance(item, Name)}
        case _:
            return set()


def _called(tensor: Tensor) -> str:
    """What a message calls an argument: by its tensor, or by what it is made of."""
    return quoted(tensor.name or f"[{', '.join(tensor.names.values())}]")


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

"""The layers of a file as steps: what they read and own, how far their indices run, what their results are called."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

from ... import catalogue
from ...catalogue import Operation
from ...errors import quoted
from ...expr.index import letters_of
from ...spec.model import GivenSize, Items, Labelled, Layer, Name, Number, Value
from ..batch import SAMPLE, sized
from ..model import BoundOperation, Cell, Edge, Tensor
from .arguments import ArgumentReader
from .draft import Draft
from .extents import Extents
from .gathering import gathered, located
from .layer_draft import LayerDraft, NamedResult
from .operations import ChosenEntry, free_letters, in_batch, operation, plain, symbols_read, transposed
from .parameters import ParameterReader, turned

if TYPE_CHECKING:
    from .formula_steps import FormulaSteps

PRE_ACTIVATION = "z"
"""The letter that pre-activations are called by; the activated ones are then called a."""


class Layers:
    """The layers of a network, one on the other; ``level`` counts those with parameters."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.arguments = ArgumentReader(draft)
        self.parameters = ParameterReader(draft)
        self.level = 0
        self.alone: set[str] = set()
        """The names of the results that are a single unit: y, which the rows of a table may call y[1]."""

    @cached_property
    def formulas(self) -> FormulaSteps:
        """Adds the lines of ``let``, which most networks have none of."""
        from .formula_steps import FormulaSteps

        return FormulaSteps(self.draft, self.arguments.directory)

    def add(self, layer: Layer, current: Tensor) -> Tensor:
        """The result of a layer, an activation or a formula; one that does not say what it reads reads ``current``."""
        if layer.formula:
            applied = self.formulas.as_layer(layer, layer.formula)
            if applied is None:
                return self.formulas.add(layer, layer.formula, current)
            layer = applied
        entry = catalogue.find("layer", layer.kind.text) or catalogue.known("activation", layer.kind.text)
        conventions = {"vectors": self.draft.spec.conventions.vectors, "arguments": _count(layer)}
        options = plain(layer.options)
        made = chosen = operation(entry, options, _given(layer, entry), **conventions)
        for parameter in made.parameters:
            if turned(layer.parameters.get(parameter.key)) and len(parameter.symbol.index) == 2:
                made = transposed(made, parameter.symbol.name)
        self.level += bool(made.parameters) and not layer.again
        layer = layer._replace(parameters={key: self._rows_named(given) for key, given in layer.parameters.items()})
        sources = self.arguments.sources(layer, made, current)
        tensors = {name: source.tensor for name, source in sources.items()}
        built = LayerDraft(layer, made, tensors, self._result(layer), Extents(), self.level)
        self.arguments.learn(built)
        fixed = all(built.extents.get(letter) for index in made.output.index for letter in letters_of(index))
        if not fixed and built.result.size:
            built.extents.update(dict.fromkeys(map(str, made.output.index), built.result.size))
        owned = self.parameters.read(built)
        self._check_count(built)
        found = located(sources, free_letters(made.formula))
        made = gathered(made, found)
        built = built._replace(operation=made)
        built.extents.update(found.sizes)
        keyed = {**found.keys, **owned}
        for symbol in symbols_read(made.formula):
            list(built.extents.learn(symbol.index, self.draft.tensors[keyed[symbol.name]].sample_shape))
        for name, key in keyed.items():
            list(built.extents.learn(made.argument(name).index, self.draft.tensors[key].sample_shape))
        result = self._step(entry.name, built, keyed)
        if entry.kind == "activation":
            self.draft.activations[result.key] = ChosenEntry(entry, options, chosen)
        return result

    def _rows_named(self, given: Value) -> Value:
        """A table of weights with the rows of single units called by the unit."""
        if not isinstance(given, Labelled) or not self.alone:
            return given
        rows = ((Name(text, label.place) if (text := label.text.removesuffix("[1]")) in self.alone else label, row)
                for label, row in given.entries)  # fmt: skip
        return Labelled(tuple(rows), given.place)

    def _check_count(self, built: LayerDraft) -> None:
        """The file names as many results as there are."""
        named, size = built.result.size, prod(built.extents[str(index)] for index in built.operation.output.index)
        if named and size not in (0, named):
            kind, given = built.layer.kind, self.draft.counted(size, "result")
            message = f"{quoted(kind.text)} gives {given}, not {self.draft.sizes.label(named)}"
            remedy = "an activation has as many results as the layer before it"
            if built.operation.parameters:
                remedy = "give a name to each of its results"
            self.draft.problems.add(built.result.place or kind.place, message, remedy)

    def _step(self, kind: str, built: LayerDraft, keyed: Mapping[str, str]) -> Tensor:
        made, result = built.operation, built.result
        default = f"{made.output.name}{self.level}"
        key = self.draft.key(default)
        if result.tensor:
            self.draft.leaves.own.add(key)
        shape = tuple(built.extents[str(index)] for index in made.output.index)
        if result.alone and result.tensor and prod(shape) == 1:  # a bare word is the name of a single unit
            result = result._replace(elements=(result.tensor,))
            self.alone.add(result.elements[0].text)
        for name in dict.fromkeys((result.tensor, *result.elements)):
            if name:
                self.draft.names.result(name)
        names: dict[Cell, str] = {(place,): name.text for place, name in enumerate(result.elements)}
        if not (names or result.tensor) and not made.parameters:
            names = self._activated(built)
        shared = frozenset(name for name, read in keyed.items() if not self.draft.tensors[read].sampled)
        count = self.draft.count if len(shared) < len(keyed) else None
        if count is not None:
            made = in_batch(made, shared)
        sizes = sized(built.extents, count)
        keyed = {**keyed, **self._program(kind, made, keyed, sizes)}
        read = {symbol.name for symbol in symbols_read(made.formula)}
        edges = tuple(Edge(made, name) for name in keyed if name in read)
        self.draft.steps.append(BoundOperation(kind, made, key, keyed, sizes, edges, made.numeric))
        shape = shape if count is None else (count, *shape)
        tensor = Tensor(key, result.tensor.text if result.tensor else default, shape, "unit", names)
        return self.draft.add(tensor._replace(sampled=count is not None))

    def _activated(self, built: LayerDraft) -> dict[Cell, str]:
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
        for line in made.program:
            symbol, operation = line.symbol, line.operation(SAMPLE if SAMPLE in sizes else None)
            key = self.draft.key(f"{symbol.name}{self.level}", "′")
            known = {**keyed, **keys}
            known_names = {read.name: known[read.name] for read in symbols_read(line.formula)}
            self.draft.steps.append(
                BoundOperation(kind, operation, key, known_names, sizes, (), operation.numeric, reasons=line.reasons)
            )
            shape = tuple(sizes[str(index)] for index in symbol.index)
            tensor = Tensor(key, key, shape, "unit", sampled=SAMPLE in sizes)
            self.draft.add(tensor._replace(numbered=line.numbered, left_out=bool(line.needs)))
            self.draft.worked[key] = line.letters or symbol.name
            keys[symbol.name] = key
        return keys

    def _result(self, layer: Layer) -> NamedResult:
        value = layer.result
        match value:
            case None:
                return NamedResult()
            case Name():
                single = (value,) if any(_is_row_of(value, given) for given in layer.parameters.values()) else ()
                return NamedResult(tensor=value, elements=single, place=value.place, alone=True)
            case Number():
                return NamedResult(units=int(value.value), place=value.place)
            case Items(_, place):
                return NamedResult(elements=value.names, place=place)
            case GivenSize(_, _, place):
                return NamedResult(units=self.draft.sizes.count(value), place=place)
            case Labelled(((name, GivenSize() as size),), place):
                return NamedResult(tensor=name, units=self.draft.sizes.count(size), place=place)
            case Labelled(((name, Items() as listed),), place):
                return NamedResult(tensor=name, elements=listed.names, place=place)
            case _:
                remedy = "write names [h1, h2], one name, a count, or nothing"
                self.draft.problems.add(value.place, "this does not name a result", remedy)
                return NamedResult()


def _is_row_of(result: Name, given: Value) -> bool:
    """Whether a table of weights has one row, called as the result: then the result is a single unit."""
    match given:
        case Labelled(((label, Labelled() | Items() as row),), _) if label.text == result.text:
            return not isinstance(row, Items) or not any(isinstance(one, Items) for one in row.items)
        case _:
            return False


def _count(layer: Layer) -> int:
    """How many arguments a layer gives, for an operation that takes any number."""
    return max(2, len(layer.source.arguments)) if layer.source else 2


def _given(layer: Layer, entry: catalogue.Entry) -> frozenset[str]:
    """The keys of the parameters that a layer has: those in the file; of one that has a size alone, all."""
    parameters = entry.parameters()
    given = set(layer.parameters)
    if any(not one.optional and one.key not in given for one in parameters):
        given |= {one.key for one in parameters if one.shared not in given}
    return frozenset(given)

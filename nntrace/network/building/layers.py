"""The layers of a file as steps: their weights, how many units they have, and what their results are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ... import catalogue
from ...catalogue import Operation
from ...errors import quoted
from ...spec.model import GivenSize, Items, Labelled, Layer, Name, Number, Place
from ..batch import sized
from ..model import BoundOperation, Cell, Edge, Tensor
from .draft import Draft
from .init import Fans
from .leaves import elements
from .operations import in_batch, operation, plain, symbols_read


class _Result(NamedTuple):
    """What names a layer's result: the tensor, its elements, or how many there are."""

    tensor: Name | None = None
    elements: tuple[Name, ...] = ()
    units: int | None = None
    place: Place | None = None


class Layers:
    """The layers of a network, one on the other; ``level`` counts those with weights."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.level = 0

    def add(self, layer: Layer, current: Tensor) -> Tensor:
        """The result of a layer or an activation that reads ``current``."""
        if entry := catalogue.find("layer", layer.kind.text):
            return self._weighted(layer, entry, current)
        entry = catalogue.find("activation", layer.kind.text)
        assert entry is not None  # the reader knows the kinds
        result = self._result(layer)
        size = current.shape[-1]
        count = len(result.elements) or result.units
        if count is not None and count != size:
            self.draft.problems.add(
                result.place or layer.kind.place,
                f"{quoted(layer.kind.text)} gives {self.draft.sizes.shown(size)} "
                f"{'result' if size == 1 else 'results'}, not {self.draft.sizes.shown(count)}",
                "an activation has as many results as the layer before it",
            )
        key = self.draft.key(f"a{self.level}")
        made = operation(entry, plain(layer.options))
        return self._step(
            layer, entry.name, made, key, f"a{self.level}", result, size, {"z": current.key}, {"j": size, "i": size}
        )

    def _weighted(self, layer: Layer, entry: catalogue.Entry, current: Tensor) -> Tensor:
        """A layer with weights: how many units follows from the weights, else from the names or the count."""
        self.level += 1
        level, vectors = self.level, self.draft.spec.conventions.vectors
        result = self._result(layer)
        inputs, rows = list(elements(current)), vectors == "rows"
        name = result.tensor.text if result.tensor else f"z{level}"
        units = [unit.text for unit in result.elements] or [f"{name}[{n + 1}]" for n in range(result.units or 0)]
        weights = self.draft.leaves.matrix(layer, f"W{level}", f"W{level}", rows, inputs, units)
        size, found = (weights.shape[1], weights.shape[0]) if rows else weights.shape[:2]
        if layer.weights is not None:
            place = layer.weights.place
            expected = len(inputs)
            if weights.typed is not None or weights.array is not None:
                self._match(place, found, expected, "input", weights.shape, vectors)
                if units:
                    self._match(result.place or place, size, len(units), "unit", weights.shape, vectors)
        size = len(units) or size
        keyed = {"x": current.key, "W": self.draft.add(weights).key}
        self.draft.parameters.append(weights.key)
        self.draft.weights.append(weights.key)
        bias, fans = "none", Fans(len(inputs), size)
        if layer.biases is not None:
            tensor = self.draft.add(self.draft.leaves.vector(layer.biases, f"b{level}", f"b{level}", "parameter", fans))
            if tensor.shape != (size,):
                count = tensor.shape[0] if tensor.shape else 0
                self.draft.problems.add(
                    layer.biases.place,
                    f"there are {count} biases for {self.draft.sizes.shown(size)} units",
                    "give one for each unit; one shared by all is bias: {b: 0.35}",
                )
            bias, keyed["b"] = "each", tensor.key
        elif layer.weights is None and layer.bias is None:  # a size alone: W and b
            bias, keyed["b"] = "each", self.draft.add(Tensor(f"b{level}", f"b{level}", (size,), "parameter")).key
        elif layer.bias is not None:
            tensor = self.draft.add(self.draft.leaves.shared(layer.bias, f"b{level}", f"b{level}", fans))
            bias, keyed["b"] = "shared", tensor.key
        if bias != "none":
            given = layer.biases or layer.bias
            first = given is not None and layer.weights is not None and given.place < layer.weights.place
            self.draft.parameters.insert(len(self.draft.parameters) - first, keyed["b"])
        made = operation(entry, plain(layer.options), vectors=vectors, bias=bias)
        sizes = {"j": size, "i": len(inputs)}
        return self._step(layer, entry.name, made, f"z{level}", f"z{level}", result, size, keyed, sizes)

    def _match(self, place: Place, found: int, expected: int, what: str, shape: tuple[int, ...], vectors: str) -> None:
        if found != expected:
            row, column = ("input", "unit") if vectors == "rows" else ("unit", "input")
            written, wanted = "×".join(map(str, shape)), self.draft.sizes.shown(expected)
            self.draft.problems.add(
                place,
                f"the weights are {written}: for {self.draft.counted(found, what)}, but there "
                f"{'is' if expected == 1 else 'are'} {wanted}",
                f"with vectors: {vectors} a matrix has one row for each {row} and one column for each {column}",
            )

    def _step(
        self,
        layer: Layer,
        kind: str,
        made: Operation,
        key: str,
        default: str,
        result: _Result,
        size: int,
        keyed: Mapping[str, str],
        sizes: Mapping[str, int],
    ) -> Tensor:
        if result.tensor:
            self.draft.leaves.own.add(key)
        for name in (result.tensor, *result.elements):
            if name:
                self.draft.names.result(name)
        names: dict[Cell, str] = {(place,): name.text for place, name in enumerate(result.elements)}
        if self.draft.samples is not None:
            made = in_batch(made)
        sizes = sized(sizes, self.draft.count)
        keyed = {**keyed, **self._program(kind, made, keyed, sizes)}
        edges = tuple(
            Edge(made, name) for name in keyed if any(symbol.name == name for symbol in symbols_read(made.formula))
        )
        self.draft.steps.append(BoundOperation(kind, made, key, keyed, sizes, edges, made.numeric))
        shape = (size,) if self.draft.count is None else (self.draft.count, size)
        tensor = Tensor(key, result.tensor.text if result.tensor else default, shape, "unit", names)
        return self.draft.add(tensor._replace(sampled=self.draft.samples is not None))

    def _program(
        self, kind: str, made: Operation, keyed: Mapping[str, str], sizes: Mapping[str, int]
    ) -> dict[str, str]:
        """The lines that an operation works out first, as steps without a gradient of their own; their keys."""
        keys: dict[str, str] = {}
        for symbol, formula in made.program:
            key = self.draft.key(f"{symbol.name}{self.level}", "′")
            line = Operation(symbol, formula)
            known = {**keyed, **keys}
            reads = {read.name: known[read.name] for read in symbols_read(formula)}
            self.draft.steps.append(BoundOperation(kind, line, key, reads, sizes, (), formula))
            shape = tuple(sizes[str(index)] for index in symbol.index)
            self.draft.add(Tensor(key, key, shape, "unit", sampled=self.draft.samples is not None))
            self.draft.worked.append(key)
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

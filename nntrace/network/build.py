"""From a ``Spec`` to a ``Network``: sizes, names and numbers resolved; the problems of all layers told at once."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import prod
from typing import Any, NamedTuple

from .. import catalogue
from ..catalogue import Loss, Operation
from ..errors import quoted, suggestion
from ..expr import Expr, Sym, symbols
from ..spec.model import Items, Layer, Name, Number, Place, Size, Spec, Table, Value
from ..spec.model import Loss as LossSpec
from ..spec.problems import Problems
from .batch import batched, sized
from .init import Fans
from .leaves import Leaves, elements
from .loss import LossSteps
from .model import Cell, Edge, Element, Network, Role, Step, Tensor
from .names import Names
from .penalty import penalised
from .quantities import find, known_names
from .samples import Samples
from .sizes import Sizes
from .upstream import upstream


def build(spec: Spec, anywhere: bool = False, numbers: bool = True) -> Network:
    """The network of a file, or a ``SpecError`` with every problem of names, sizes and numbers.

    ``anywhere`` allows array files outside the network's folder. Without ``numbers``, sizes are enough.
    """
    return _Builder(spec, anywhere, numbers).network()


class _Result(NamedTuple):
    """What names a layer's result: the tensor, its elements, or how many there are."""

    tensor: Name | None = None
    elements: tuple[Name, ...] = ()
    units: int | None = None
    place: Place | None = None


_OPERATIONS: dict[Any, Operation] = {}


def operation(entry: catalogue.Entry, options: Mapping[str, Any], **conventions: Any) -> Operation:
    """The entry's formula for these options; the same object for the same options, so that plans are made once."""
    wanted = {name: value for name, value in conventions.items() if name in entry.conventions()}
    key = (entry.kind, entry.name, *sorted(options.items()), *sorted(wanted.items()))
    if key not in _OPERATIONS:
        _OPERATIONS[key] = entry.build(**options, **wanted)
    return _OPERATIONS[key]


def _in_batch(made: Operation) -> Operation:
    """The same operation for a batch; the same object for the same operation."""
    if id(made) not in _BATCHED:
        _BATCHED[id(made)] = (made, batched(made))
    return _BATCHED[id(made)][1]


_BATCHED: dict[int, tuple[Operation, Operation]] = {}


def _sum_to_one(targets: Tensor) -> bool:
    """Whether the targets, of every sample, sum to exactly 1."""
    if targets.one_hot is not None:
        return True
    sums: dict[Cell, Fraction] = {}
    for cell, number in (targets.typed or {}).items():
        sums[cell[:-1]] = sums.get(cell[:-1], Fraction(0)) + number
    return bool(sums) and all(total == 1 for total in sums.values())


def _is_class(targets: Tensor) -> bool:
    """Whether of the targets, of every sample, one is 1 and the others are 0; unknown numbers may be."""
    if targets.shape[-1] < 2:
        return False
    rows: dict[Cell, list[float]] = {}
    for cell in targets.cells() if targets.typed or targets.array is not None else ():
        number = targets.array[cell] if targets.array is not None else (targets.typed or {}).get(cell, 0)
        rows.setdefault(cell[:-1], []).append(float(number))
    return all(sorted(row) == [0] * (len(row) - 1) + [1] for row in rows.values())


def _read(formula: Expr) -> list[Sym]:
    """The symbols that a formula reads."""
    return [symbol for symbol in symbols(formula) if isinstance(symbol, Sym)]


class _Builder:
    def __init__(self, spec: Spec, anywhere: bool, numbers: bool) -> None:
        self.spec = spec
        self.problems = Problems(spec.source, spec.lines)
        self.names = Names(spec.values, self.problems)
        self.sizes = Sizes(spec, self.problems, numbers)
        self.leaves = Leaves(self.names, self.problems, spec.folder, anywhere, self.sizes)
        self.tensors: dict[str, Tensor] = {}
        self.steps: list[Step] = []
        self.parameters: list[str] = []
        self.weights: list[str] = []
        """The keys of the parameters that are weights."""
        self.level = 0
        self.worked: list[str] = []
        """The keys of the lines of programs; their names give way to the user's."""
        self.samples: Samples | None = None
        if spec.samples is not None:
            own = self.leaves.own
            self.samples = Samples(spec.samples, self.names, self.problems, spec.folder, anywhere, own, self.sizes)

    @property
    def count(self) -> int | None:
        """How many samples there are; ``None`` without a batch."""
        return None if self.samples is None else self.samples.count

    def network(self) -> Network:
        spec = self.spec
        self._register_numbers()
        current = self._inputs()
        for layer in spec.layers:
            current = self._layer(layer, current)
            if layer.activation:
                current = self._layer(layer.activation, current)
        if spec.report and not spec.loss:
            place = spec.report[0].kind.place
            self.problems.add(place, "a report needs a loss beside it", "add a line loss: …, or make this the loss")
        if spec.loss and spec.loss.upstream is not None:
            self._upstream(spec.loss.upstream, current)
        elif spec.loss:
            self._loss(spec.loss, current)
        elif spec.targets is not None:
            self._targets(current)
        elif self.samples is not None:
            self.samples.check_width(self.tensors["x"].shape[1], 0)
        rate = spec.learning_rate
        network = Network(
            spec.title,
            spec.source,
            self.tensors,
            tuple(self.steps),
            tuple(dict.fromkeys(self.parameters)),
            self._uses(),
            frozenset(name.text for name in spec.frozen),
            "L" if spec.loss else None,
            rate.value if rate else None,
            spec.conventions,
            self.names.integers,
            self.count,
            int(spec.iterations.value) if spec.iterations else 1,
            samples_per_step=self._samples_per_step(),
        )
        self._check_frozen(network)
        self._check_default_names()
        if spec.penalty and network.loss in self.tensors:
            taken = {*self.names.used, *self.names.results}
            network = penalised(network, spec.penalty, self.weights, taken, self.problems)
        self.names.check_collisions()
        self.sizes.check_names({**self._tensor_names(), **self.names.used, **self.names.results})
        self.problems.raise_if_any()
        tensors = {key: tensor._replace(sizes=self.sizes.of(tensor.shape)) for key, tensor in network.tensors.items()}
        return network._replace(tensors=tensors)

    def _samples_per_step(self) -> int | None:
        """How many samples an update uses; ``None`` for all of them."""
        given = self.spec.samples_per_step
        if given is None:
            return None
        if self.count is None:
            self.problems.add(given.place, "`samples_per_step` without samples", "add a line samples: …")
        elif given.value > self.count:  # a symbol stands for more
            samples = "1 sample" if self.count == 1 else f"{self.count} samples"
            message = f"`samples_per_step` is {given.text}, and there are {samples}"
            self.problems.add(given.place, message, "give a smaller number, or all")
        return None if given.value == self.count else int(given.value)

    def _register_numbers(self) -> None:
        """Numbers given inline may be used by name before the line that gives them."""
        for value in (self.spec.inputs, self.spec.targets, self.spec.loss and self.spec.loss.upstream):
            self._register(value)
        for layer in self.spec.layers:
            self._register(layer.biases)
            self._register(layer.bias)
            if isinstance(layer.weights, Table):
                for _, row in layer.weights.entries:
                    self._register(row)

    def _register(self, value: Value | None) -> None:
        if isinstance(value, Table):
            for name, inner in value.entries:
                if isinstance(inner, Number):
                    self.names.define(name, inner)

    def _add(self, tensor: Tensor) -> Tensor:
        self.tensors[tensor.key] = tensor
        return tensor

    def _key(self, wanted: str, more: str = ".") -> str:
        """A key that is still free; ``more`` is added until it is."""
        key = wanted
        while key in self.tensors:
            key += more
        return key

    def _given(self, value: Value | None, key: str, name: str, role: Role) -> Tensor:
        tensor = self.leaves.vector(value, key, name, role) if value is not None else Tensor(key, name, (0,), role)
        if len(tensor.shape) != 1:
            self.problems.add(
                value.place if value is not None else Place(1, 1),
                f"the {'inputs' if role == 'input' else 'targets'} have {len(tensor.shape)} dimensions",
                "give a list of numbers; several samples stand under samples:",
            )
            tensor = tensor._replace(shape=(0,), array=None)
        return self._add(tensor)

    def _inputs(self) -> Tensor:
        if self.samples is None:
            return self._given(self.spec.inputs, "x", "x", "input")
        declared = self.samples.declared(self.spec.inputs, "x", "input")
        return self._add(self.samples.filled(declared, 0, {}))

    def _layer(self, layer: Layer, current: Tensor) -> Tensor:
        if entry := catalogue.find("layer", layer.kind.text):
            return self._weighted(layer, entry, current)
        entry = catalogue.find("activation", layer.kind.text)
        assert entry is not None  # the reader knows the kinds
        result = self._result(layer)
        size = current.shape[-1]
        count = len(result.elements) or result.units
        if count is not None and count != size:
            self.problems.add(
                result.place or layer.kind.place,
                f"{quoted(layer.kind.text)} gives {self.sizes.shown(size)} "
                f"{'result' if size == 1 else 'results'}, not {self.sizes.shown(count)}",
                "an activation has as many results as the layer before it",
            )
        key = self._key(f"a{self.level}")
        made = operation(entry, _plain(layer.options))
        return self._step(
            layer, entry.name, made, key, f"a{self.level}", result, size, {"z": current.key}, {"j": size, "i": size}
        )

    def _weighted(self, layer: Layer, entry: catalogue.Entry, current: Tensor) -> Tensor:
        """A layer with weights: how many units follows from the weights, else from the names or the count."""
        self.level += 1
        level, vectors = self.level, self.spec.conventions.vectors
        result = self._result(layer)
        inputs, rows = list(elements(current)), vectors == "rows"
        name = result.tensor.text if result.tensor else f"z{level}"
        units = [unit.text for unit in result.elements] or [f"{name}[{n + 1}]" for n in range(result.units or 0)]
        weights = self.leaves.matrix(layer, f"W{level}", f"W{level}", rows, inputs, units)
        size, found = (weights.shape[1], weights.shape[0]) if rows else weights.shape[:2]
        if layer.weights is not None:
            place = layer.weights.place
            expected = len(inputs)
            if weights.typed is not None or weights.array is not None:
                self._match(place, found, expected, "inputs", weights.shape, vectors)
                if units:
                    self._match(result.place or place, size, len(units), "units", weights.shape, vectors)
        size = len(units) or size
        keyed = {"x": current.key, "W": self._add(weights).key}
        self.parameters.append(weights.key)
        self.weights.append(weights.key)
        bias, fans = "none", Fans(len(inputs), size)
        if layer.biases is not None:
            tensor = self._add(self.leaves.vector(layer.biases, f"b{level}", f"b{level}", "parameter", fans))
            if tensor.shape != (size,):
                self.problems.add(
                    layer.biases.place,
                    f"there are {tensor.shape[0] if tensor.shape else 0} biases for {self.sizes.shown(size)} units",
                    "give one for each unit; one shared by all is bias: {b: 0.35}",
                )
            bias, keyed["b"] = "each", tensor.key
        elif layer.weights is None and layer.bias is None:  # a size alone: W and b
            bias, keyed["b"] = "each", self._add(Tensor(f"b{level}", f"b{level}", (size,), "parameter")).key
        elif layer.bias is not None:
            bias, keyed["b"] = "shared", self._add(self.leaves.shared(layer.bias, f"b{level}", f"b{level}", fans)).key
        if bias != "none":
            given = layer.biases or layer.bias
            first = given is not None and layer.weights is not None and given.place < layer.weights.place
            self.parameters.insert(len(self.parameters) - first, f"b{level}")
        made = operation(entry, _plain(layer.options), vectors=vectors, bias=bias)
        sizes = {"j": size, "i": len(inputs)}
        return self._step(layer, entry.name, made, f"z{level}", f"z{level}", result, size, keyed, sizes)

    def _match(self, place: Place, found: int, expected: int, what: str, shape: tuple[int, ...], vectors: str) -> None:
        if found != expected:
            row, column = ("input", "unit") if vectors == "rows" else ("unit", "input")
            written, wanted = "×".join(map(str, shape)), self.sizes.shown(expected)
            self.problems.add(
                place,
                f"the weights are {written}: for {found} {what}, but there are {wanted}",
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
            self.leaves.own.add(key)
        for name in (result.tensor, *result.elements):
            if name:
                self.names.result(name)
        names: dict[Cell, str] = {(place,): name.text for place, name in enumerate(result.elements)}
        if self.samples is not None:
            made = _in_batch(made)
        sizes = sized(sizes, self.count)
        keyed = {**keyed, **self._program(kind, made, keyed, sizes)}
        edges = tuple(Edge(made, name) for name in keyed if any(symbol.name == name for symbol in _read(made.formula)))
        self.steps.append(Step(kind, made, key, keyed, sizes, edges, made.numeric))
        shape = (size,) if self.count is None else (self.count, size)
        tensor = Tensor(key, result.tensor.text if result.tensor else default, shape, "unit", names)
        return self._add(tensor._replace(sampled=self.samples is not None))

    def _program(
        self, kind: str, made: Operation, keyed: Mapping[str, str], sizes: Mapping[str, int]
    ) -> dict[str, str]:
        """The lines that an operation works out first, as steps without a gradient of their own; their keys."""
        keys: dict[str, str] = {}
        for symbol, formula in made.program:
            key = self._key(f"{symbol.name}{self.level}", "′")
            line = Operation(symbol, formula)
            known = {**keyed, **keys}
            reads = {read.name: known[read.name] for read in _read(formula)}
            self.steps.append(Step(kind, line, key, reads, sizes, (), formula))
            shape = tuple(sizes[str(index)] for index in symbol.index)
            self._add(Tensor(key, key, shape, "unit", sampled=self.samples is not None))
            self.worked.append(key)
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
            case Size(_, _, place):
                return _Result(units=self.sizes.count(value), place=place)
            case Table(((name, Size() as size),), place):
                return _Result(tensor=name, units=self.sizes.count(size), place=place)
            case Table(((name, Items(items, _)),), place):
                named = tuple(item for item in items if isinstance(item, Name))
                return _Result(tensor=name, elements=named, place=place)
            case _:
                self.problems.add(
                    value.place, "this does not name a result", "write names [h1, h2], one name, a count, or nothing"
                )
                return _Result()

    def _loss(self, loss: LossSpec, current: Tensor) -> None:
        targets = self._targets(current)
        size = current.shape[-1]
        if targets is None:
            remedy = "add a line targets: {t1: 1.0, …}" if self.samples is None else "name them: targets: [t1, …]"
            self.problems.add(loss.kind.place, "a loss needs targets", remedy)
            return
        if loss.name:
            self.names.result(loss.name)
        penalty = self.spec.penalty
        for part in (*loss.parts, *(name for name in (penalty and (penalty.name, penalty.data)) or () if name)):
            self.names.result(part)
        if loss.parts and len(loss.parts) != size:
            outputs = "output" if size == 1 else "outputs"
            self.problems.add(
                loss.parts[0].place,
                f"{len(loss.parts)} parts are named for {self.sizes.shown(size)} {outputs}",
                "give one name for each output",
            )
        last = self.steps[-1] if self.steps else None
        built = self._built(loss, current, targets, last)
        parts = [part.text for part in loss.parts]
        for tensor in built.tensors(loss.name.text if loss.name else "L", parts):
            self._add(tensor)
        self.steps += built.steps(parts)
        for number, further in enumerate(self.spec.report, start=1):
            if further.name:
                self.names.result(further.name)
            name = further.name.text if further.name else further.kind.text
            tensors, steps = self._built(further, current, targets, last).reported(name, f"r{number}")
            for tensor in tensors:
                self._add(tensor)
            self.steps += steps

    def _upstream(self, value: Value, current: Tensor) -> None:
        """A loss of which only the gradient by the outputs is given."""
        if self.samples is not None:
            self.samples.check_width(self.tensors["x"].shape[1], 0)
        tensors, step = upstream(value, current, self.count, self.leaves, self.problems)
        for tensor in tensors:
            self._add(tensor)
        self.steps.append(step)

    def _built(self, loss: LossSpec, current: Tensor, targets: Tensor, last: Step | None) -> LossSteps:
        """The steps of a loss of the catalogue, on the network's outputs and targets."""
        entry = catalogue.find("loss", loss.kind.text)
        assert entry is not None  # the reader knows the kinds
        made: Loss = entry.build(**_plain(loss.options), **self._conventions(entry))
        self._check_targets(made, entry.name, targets, current.shape[-1])
        mean = (loss.over_outputs or made.reduction) == "mean"
        keyed = {"t": targets.key, "y": current.key}
        normal = _sum_to_one(targets)
        return LossSteps(entry.name, made, keyed, last, current.shape[-1], self.count, mean, loss.over_samples, normal)

    def _conventions(self, entry: catalogue.Entry) -> dict[str, Any]:
        return {"log": self.spec.conventions.log} if "log" in entry.conventions() else {}

    def _targets(self, current: Tensor) -> Tensor | None:
        """The targets, whose number must be that of the last result; a class target is the name of one of these."""
        value, size = self.spec.targets, current.shape[-1]
        if value is None:
            return None
        classes = self._classes(current)
        if self.samples is not None:
            declared = self.samples.declared(value, "y", "target", size)
            self.samples.check_width(self.tensors["x"].shape[1], declared.shape[1])
            targets = self._add(self.samples.filled(declared, self.tensors["x"].shape[1], classes))
            known = targets.typed is not None or targets.array is not None
            if targets.one_hot is not None and known and not _is_class(targets):
                message = "the targets are said to be one-hot, and those of a sample are not"
                self.problems.add(
                    value.place, message, "give a 1 for the class and 0 for the others, or leave `one_hot` out"
                )
        elif isinstance(value, Name) and value.text in classes:
            typed: dict[Cell, Fraction] = {(place,): Fraction(place == classes[value.text]) for place in range(size)}
            return self._add(Tensor("y", "y", (size,), "target", typed=typed, structural=True))
        else:
            targets = self._given(value, "y", "y", "target")
        if targets.shape[-1] != size:
            self.problems.add(
                value.place,
                f"there {'is' if targets.shape[-1] == 1 else 'are'} {self._count(targets.shape[-1], 'target')} for "
                f"{self._count(size, 'output')}",
                "give one target for each element of the last result",
            )
        return targets

    def _classes(self, last: Tensor) -> dict[str, int]:
        """The places of the last result's elements by name; where activations gave them none, by those before these."""
        before = last
        activations = [step for step in self.steps if step.kind in catalogue.KINDS["activation"]]
        for step in reversed(activations):
            if step.output == before.key and not before.names:
                before = self.tensors[step.arguments["z"]]
        earlier = {name: cell[-1] for cell, name in before.names.items()}
        return earlier | {name: place for place, name in enumerate(elements(last))}

    def _check_targets(self, loss: Loss, kind: str, targets: Tensor, outputs: int) -> None:
        """Some losses take only targets from 0 to 1, or a class."""
        assert self.spec.targets is not None
        if loss.targets == "class" and targets.shape[-1] == outputs and not _is_class(targets):
            self.problems.add(
                self.spec.targets.place,
                f"{kind} takes the right class among two outputs or more",
                "name it, as in targets: dog, or give 1 for it and 0 for the others; "
                "max(0, 1 - t s) of a single output with t = 1 or -1 is not among the losses",
            )
            return
        if loss.targets == "any" or targets.typed is None:
            return
        wrong = [number for number in targets.typed.values() if not 0 <= number <= 1]
        if wrong:
            self.problems.add(
                self.spec.targets.place,
                f"{kind} takes targets from 0 to 1, not {float(wrong[0]):g}",
                "give 0 or 1 for each output" if loss.targets == "bits" else "give a distribution, or name the class",
            )

    def _count(self, size: int, noun: str) -> str:
        """How many: ``1 target``, ``2 outputs``, ``K outputs``."""
        return f"{self.sizes.shown(size)} {noun if size == 1 else noun + 's'}"

    def _tensor_names(self) -> dict[str, Place]:
        return {tensor.name: Place(1, 1) for tensor in self.tensors.values() if tensor.name is not None}

    def _uses(self) -> dict[str, tuple[Element, ...]]:
        """The elements that each of the user's names stands for."""
        found: dict[str, list[Element]] = {}
        for tensor in self.tensors.values():
            for cell, name in () if tensor.sampled else tensor.names.items():
                found.setdefault(name, []).append(Element(tensor.key, cell))
        return {name: tuple(uses) for name, uses in found.items()}

    def _check_frozen(self, network: Network) -> None:
        for name in self.spec.frozen:
            if not any(found.role == "parameter" for found in find(network, name.text)):
                known = known_names(network, "parameter")
                self.problems.add(
                    name.place, f"there is no parameter {quoted(name.text)}", suggestion(name.text, known)
                )

    def _check_default_names(self) -> None:
        """A tensor is shown by its name where an element has none; a default name must then be free."""
        taken = {**self.names.used, **self.names.results}
        for key in self.worked:
            name = key
            while name in taken:
                name += "′"
            self.tensors[key] = self.tensors[key]._replace(name=name)
        unnamed = [one for one in (self.spec.loss, *self.spec.report) if one and not one.name]
        for name in ("L" if one is self.spec.loss else one.kind.text for one in unnamed):
            if name in taken:
                message = f"{quoted(name)} would also be the default name of a loss"
                self.problems.add(taken[name], message, "give one of the two another name, such as loss: {mse: E}")
        shown: set[str] = set()
        for tensor in self.tensors.values():
            if tensor.name is None or len(tensor.names) + len(tensor.missing) >= prod(tensor.shape[tensor.sampled :]):
                continue
            place = taken.get(tensor.name)
            if tensor.name in shown or (place is not None and tensor.key not in self.leaves.own):
                self.problems.add(
                    place or Place(1, 1),
                    f"{quoted(tensor.name)} would also be the default name of {_ROLES[tensor.role]}",
                    "give one of the two another name",
                )
            shown.add(tensor.name)


_ROLES = {
    "input": "the inputs",
    "target": "the targets",
    "parameter": "a layer's parameters",
    "unit": "a layer's result",
    "loss": "the loss",
}


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.value if isinstance(value, Number) else value.text for name, value in options.items()}

"""From a ``Spec`` to a ``Network``: sizes, names and numbers resolved; the problems of all layers told at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING

from ...errors import counted, quoted
from ...expr.functions import FUNCTIONS, powers_written
from ...expr.notation import Exponent
from ...spec.model import Items, Labelled, Number, Place, Spec, inside
from ...spec.problems import SpecError
from ..model import Element, Network, Tensor
from ..quantities import Unnamed, find
from .draft import Draft
from .extents import Fans
from .layers import Layers
from .learning import Learning
from .leaves import ArrayFiles, depth
from .loss import LOSS, unfused
from .objective import Objective
from .operations import distinctive
from .sources import Directory
from .training import reserved, training

if TYPE_CHECKING:
    from ..model import Array


def build(spec: Spec, anywhere: bool = False, numbers: bool = True, arrays: Mapping[str, Array] = {}) -> Network:
    """The network of a file, or a ``SpecError`` with every problem of names, sizes and numbers.

    ``anywhere`` allows array files outside the network's folder. Without ``numbers``, sizes are enough. ``arrays``
    stand in place of the files of these paths.
    """
    return _NetworkBuilder(spec, ArrayFiles(spec.folder, anywhere, arrays), numbers).network()


@contextmanager
def all_told(anywhere: bool = False, numbers: bool = True, arrays: Mapping[str, Array] = {}) -> Iterator[None]:
    """Add to the problems that a file cannot be read for those of the network that can be read all the same."""
    try:
        yield
    except SpecError as error:
        if error.spec is not None:
            builder = _NetworkBuilder(error.spec, ArrayFiles(error.spec.folder, anywhere, arrays), numbers)
            builder.problems.found += error.problems
            builder.network()
        raise


class _NetworkBuilder(Draft):
    def network(self) -> Network:
        spec, passes = self.spec, self.spec.passes
        if self.samples is not None:
            self.samples.check_declared(spec.inputs, "x", "input")
            self.samples.check_declared(spec.targets, "y", "target")
            self.problems.raise_if_any()  # what the numbers of a sample belong to is unknown
        self._register_numbers()
        current = self._parameters(spec.parameters) if spec.parameters else self._layers()
        Objective(self, Directory(self)).add(current)
        self._hold()
        network = Network(
            spec.title,
            spec.source,
            self.tensors,
            tuple(self.steps),
            tuple(dict.fromkeys(self.parameters)),
            self._uses(),
            frozenset(),
            "L" if spec.loss else None,
            training(spec, {*self.names.used, *self.names.results}, self._learned()),
            spec.conventions,
            self.names.integers,
            self.count,
            samples_per_step=self._samples_per_step(),
            shuffle=None if passes.shuffle is None else int(passes.shuffle.value),
            epochs=None if passes.epochs is None else int(passes.epochs.value),
            only_mistakes=self.only_mistakes,
            divisors=tuple(self.divisors),
        )
        network = network._replace(frozen=self._frozen(network))
        learning = Learning(self, network)
        network = network._replace(training=learning.training())
        network = network._replace(iterations=learning.iterations(network.training))
        self._check_default_names()
        words = reserved(network.training.rule, self._learned())
        if spec.penalty and network.loss in self.tensors:
            from .penalty import penalised

            network = penalised(network, spec.penalty, self, words)
        self.names.check_collisions(words, self._free_powers())
        tensor_names = (tensor.name for tensor in self.tensors.values() if tensor.name is not None)
        self.sizes.check_names({*tensor_names, *self.names.used, *self.names.results})
        self.problems.raise_if_any()
        tensors = {key: tensor._replace(sizes=self.sizes.of(tensor.shape)) for key, tensor in network.tensors.items()}
        return network._replace(tensors=tensors)

    def _layers(self) -> Tensor:
        """The result of the layers on the inputs."""
        current, layers = self.inputs(), Layers(self)
        for layer in self.spec.layers:
            current = layers.add(layer, current)
            if layer.activation:
                current = layers.add(layer.activation, current)
        options = distinctive(self.activations)
        self.steps = [step._replace(options=options.get(step.output, ())) for step in self.steps]
        return current

    def _parameters(self, given: Labelled) -> Tensor:
        """Parameters of no layer, whose gradients are given; the result is that of no step."""
        for name, value in given.entries:
            own = Labelled(((name, value),), value.place)
            if isinstance(value, Items):
                tensor = self.leaves.nested(own, name.text, name.text, depth(value))
            else:
                tensor = self.leaves.shared(own, name.text, name.text, Fans(1, 1))
            self.parameters.append(self.add(tensor).key)
        return Tensor("", None, (0,), "unit")

    def _learned(self) -> set[str]:
        """What parameters are called, as elements and as tensors."""
        tensors = [self.tensors[key] for key in self.parameters]
        elements = {name for tensor in tensors for name in tensor.names.values()}
        return elements | {tensor.name or tensor.key for tensor in tensors}

    def _hold(self) -> None:
        """Give units the numbers that the table of values has for them, in place of what their layers work out."""
        typed = {value.place for _, value in self.spec.values.entries}
        for name, given in [one for one in self.names.numbers.items() if one[1].number.place in typed]:
            found = Directory(self).find(name, ("unit",))
            if found is None and "[" not in name:
                continue
            del self.names.numbers[name]
            if found is None:
                results = ", ".join(Directory(self).known(("unit",))[:8])
                remedy = f"give the element of a result, counted from 1 (results: {results})"
                self.problems.add(given.place, f"there is no unit {quoted(name)}", remedy)
                continue
            cell = found.cell if found.cell is not None else (0,) * len(found.shape)
            if prod(found.shape) == 1:
                tensor = self.tensors[found.tensor.key]
                self.tensors[tensor.key] = tensor._replace(overridden={**tensor.overridden, cell: given.number.value})
                self.steps = [unfused(step, tensor.key) for step in self.steps]
            else:
                remedy = f"give one of them a number, such as values: {{'{name}[1]': {given.number.text}}}"
                message = f"{quoted(name)} has {counted(prod(found.shape), 'element')}, and one number is given"
                self.problems.add(given.place, message, remedy)

    def _free_powers(self) -> frozenset[str]:
        """Letters that powers are written of, e, where no formula of the network has such a power."""
        letters = {row.notation.base for row in FUNCTIONS.values() if isinstance(row.notation, Exponent)}
        if letters.isdisjoint((*self.names.used, *self.names.results)):
            return frozenset()
        operations = [step.operation for step in self.steps]
        operations += [edge.operation for step in self.steps for edge in step.edges]
        forms = [form.form for one in operations for forms in one.declared.values() for form in forms]
        formulas = [formula for one in operations for formula in (one.formula, one.numeric)]
        return frozenset(letters - powers_written([*formulas, *forms]))

    def _samples_per_step(self) -> int | None:
        """How many samples an update uses; ``None`` for all of them."""
        given = self.spec.passes.samples_per_step
        if given is None:
            return 1 if self.only_mistakes and (self.count or 1) > 1 else None
        if self.count is None:
            self.problems.add(given.place, "`samples_per_step` without samples", "add a line samples: …")
        elif given.value > self.count:  # a symbol stands for more
            samples = "there is 1 sample" if self.count == 1 else f"there are {self.count} samples"
            message = f"`samples_per_step` is {given.text}, and {samples}"
            self.problems.add(given.place, message, "give a smaller number, or all")
        return None if given.value == self.count else int(given.value)

    def _register_numbers(self) -> None:
        """Numbers given inline may be used by name before the line that gives them."""
        spec = self.spec
        of_layers = (value for layer in spec.layers for value in layer.parameters.values())
        for value in inside(spec.inputs, spec.targets, spec.parameters, spec.loss and spec.loss.upstream, *of_layers):
            for name, inner in value.entries if isinstance(value, Labelled) else ():
                if isinstance(inner, Number):
                    self.names.define(name, inner)

    def _uses(self) -> dict[str, tuple[Element, ...]]:
        """The elements that each of the user's names stands for."""
        found: dict[str, list[Element]] = {}
        for tensor in self.tensors.values():
            for cell, name in () if tensor.sampled else tensor.names.items():
                found.setdefault(name, []).append(Element(tensor.key, cell))
        return {name: tuple(uses) for name, uses in found.items()}

    def _frozen(self, network: Network) -> frozenset[str]:
        """The names of the parameters that keep their values, a whole tensor's where its elements have none."""
        names: set[str] = set()
        for name in self.spec.frozen:
            found = find(network, name.text)
            if not any(one.role == "parameter" for one in found):
                self.refuse_parameter(name, network)
            names |= {name.text} if isinstance(found, Unnamed) else {one.name for one in found}
        return frozenset(names)

    def _name_worked(self, taken: Collection[str]) -> None:
        """What an operation works out first gives way to the user's names, and to the capitals that stand for whole
        layers where users call elements z1 and a1."""
        elements = {name for tensor in self.tensors.values() for name in tensor.names.values()}
        capitals = {key[0].upper() for key in self.tensors if key in elements}
        used = set(taken)
        for key, letters in self.worked.items():
            first, level = key[0], key[1:].rstrip("′")
            letters = (*letters, *(first * count for count in range(2, len(used) + 3)))
            name = next(one + level for one in letters if one not in capitals and one + level not in used)
            self.tensors[key] = self.tensors[key]._replace(name=name)
            used.add(name)

    def _check_default_names(self) -> None:
        """A tensor is shown by its name where an element has none; a default name must then be free."""
        taken = {**self.names.used, **self.names.results}
        self._name_worked(taken)
        losses = [one for one in (self.spec.loss, *self.spec.report) if one and not one.name]
        own = self.tensors[LOSS].name if LOSS in self.tensors else None
        unnamed = [one for one in losses if one.result is None or own not in (None, one.result.text)]
        for name in ("L" if one is self.spec.loss else one.kind.text for one in unnamed):
            if name in taken:
                message = f"{quoted(name)} would also be the default name of a loss"
                self.problems.add(taken[name], message, "give one of the two another name, such as loss: {mse: E}")
        reported: set[str] = set()
        for tensor in self.tensors.values():
            if tensor.name is None or tensor.is_named_throughout:
                continue
            place = taken.get(tensor.name)
            if tensor.name in reported or (place is not None and tensor.key not in self.leaves.own):
                activation = self.activations.get(tensor.key)
                example = f", such as {activation.entry.name}: [r1, …]" if activation else ""
                remedy = f"give one of the two another name{example}"
                message = f"{quoted(tensor.name)} would also be the default name of {_ROLES[tensor.role]}"
                self.problems.add(place or Place(1, 1), message, remedy)
            reported.add(tensor.name)


_ROLES = {
    "input": "the inputs",
    "target": "the targets",
    "parameter": "a layer's parameters",
    "unit": "a layer's result",
    "loss": "the loss",
}

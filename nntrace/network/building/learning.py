"""What a file says of single parameters that learn: their learning rates, their states, their gradients."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product as cells_of

from ...errors import counted, quoted, shape_text, suggestion
from ...record import Record
from ...spec.model import File, Items, Labelled, LearningRate, Name, Number, Value
from ..model import Cell, Element, Network
from ..quantities import Unnamed, find, frozen, parameters
from ..training import GivenNumber, Training
from .draft import Draft

STEPS = "t"
"""The count of steps among the states that a file starts from."""


class GivenArray(Record):
    """The numbers of a value of the file, and their shape."""

    shape: tuple[int, ...]
    numbers: dict[Cell, GivenNumber]


class Learning:
    """Resolves the names of parameters in a file's training."""

    def __init__(self, draft: Draft, network: Network) -> None:
        self.draft = draft
        self.network = network
        self.spec, self.problems, self.leaves = draft.spec, draft.problems, draft.leaves

    def training(self) -> Training:
        """The network's training with what is said of single parameters."""
        found, rate, given = self.network.training, self.spec.learning_rate, self.spec.optimizer
        if rate is not None and found.rates is not None:
            called = {name.text: number.value for name, number in rate.others}
            rates = found.rates._replace(by_tensor=self._rates(rate), called=called)
            found = found._replace(rates=rates, per=self._steps_per(rate))
        if given is not None and given.start is not None:
            found = self._started(found, given.start)
        if self.spec.gradients is not None:
            found = found._replace(gradients=self._gradients(self.spec.gradients))
        return found

    def iterations(self, training: Training) -> int:
        """How many steps are done: as many as the file says, else as it has gradients for, else one."""
        passes, several = self.spec.passes, self.spec.gradients
        given = passes.iterations or passes.epochs
        asked = int(given.value) * (self.network.steps_per_pass if passes.epochs else 1) if given else 1
        lists = (len(numbers) for own in training.gradients.values() for numbers in own.values())
        count = min((number for number in lists if number > 1), default=None)
        if count is None or several is None:
            return asked
        left = count - training.done
        iterations = asked if given else max(left, 1)
        if iterations > left:
            past = f", {training.done} of them used" if training.done else ""
            message = f"there are {count} gradients{past}, and {counted(iterations, 'iteration')}"
            remedy = "give one for each iteration, or one that is the same each time"
            self.problems.add(given.place if given else several.place, message, remedy)
        return iterations

    # -- learning rates ----------------------------------------------------------------------------------------------

    def _steps_per(self, rate: LearningRate) -> int:
        """How many steps a schedule counts as one: those of a pass over the samples, or each."""
        counted = rate.per or ("epoch" if self.spec.passes.epochs else "iteration")
        return self.network.steps_per_pass if counted == "epoch" else 1

    def _rates(self, rate: LearningRate) -> dict[str, Fraction]:
        """The rates of tensors by their keys; a layer's result means all parameters of its step."""
        rates: dict[str, Fraction] = {}
        for name, number in rate.others:
            for key in self._keys(name):
                if key in rates:
                    self.problems.add(name.place, f"{quoted(name.text)} has a learning rate already", "give it once")
                rates[key] = number.value
        for tied, uses in self.network.uses.items() if rates else ():
            own = {rates.get(use.key, rate.first.value) for use in uses if use.key in self.network.parameters}
            if len(own) > 1:
                message = f"{quoted(tied)} stands in several tensors, and would have two learning rates"
                self.problems.add(rate.others[0][0].place, message, "give these tensors the same one")
        return rates

    def _keys(self, name: Name) -> list[str]:
        """The parameters of a name: a tensor, or those of the layer whose result it is."""
        network = self.network
        called = {key: tensor.name for key, tensor in network.tensors.items()}
        found = [key for key in network.parameters if called[key] == name.text]
        for step in network.layer_steps():
            if not found and called[step.output] == name.text:
                found = [key for key in step.arguments.values() if key in network.parameters]
        if not found:
            known = [called[key] for key in (*network.parameters, *(step.output for step in network.layer_steps()))]
            message = f"there is no tensor, and no layer's result, {quoted(name.text)} with parameters"
            self.problems.add(name.place, message, suggestion(name.text, filter(None, known)))
        return found

    # -- states ------------------------------------------------------------------------------------------------------

    def _started(self, training: Training, start: Labelled) -> Training:
        """The states that the file starts from, and the count of steps."""
        states: dict[str, dict[str, dict[Cell, GivenNumber]]] = {}
        rule = training.rule
        known = {rule.own_names.get(state.name, state.name): state.name for state in rule.states}
        done = 0
        for name, value in start.entries:
            if name.text == STEPS:
                done = self._count(value)
            elif name.text not in known:
                message = f"{quoted(training.kind)} remembers no {quoted(name.text)}"
                self.problems.add(name.place, message, suggestion(name.text, (*known, STEPS)))
            else:
                states[known[name.text]] = self._state(name, value)
        return training._replace(start=states, done=done)

    def _count(self, value: Value) -> int:
        if isinstance(value, Number) and value.value.denominator == 1 and value.value >= 0:
            return int(value.value)
        self.problems.add(value.place, f"`{STEPS}` is the count of steps done", "give a whole number from 0 on")
        return 0

    def _state(self, name: Name, value: Value) -> dict[str, dict[Cell, GivenNumber]]:
        found: dict[str, dict[Cell, GivenNumber]] = {}
        if isinstance(value, Number):
            for key in self.network.parameters:
                found[key] = dict.fromkeys(self.network.tensors[key].cells(), value.value)
        elif isinstance(value, Labelled):
            for parameter, given in value.entries:
                for use, numbers in self._given(parameter, given, "a state"):
                    found.setdefault(use.key, {})[use.cell] = numbers[0]
        else:
            table = f"{{{name.text}: {{w: 0.1}}}}"
            remedy = f"write one number for all parameters, {{{name.text}: 0.1}}, or a table, {table}"
            self.problems.add(value.place, f"the state {quoted(name.text)} has no number here", remedy)
        return found

    # -- gradients ---------------------------------------------------------------------------------------------------

    def _gradients(self, given: Labelled) -> dict[str, dict[Cell, tuple[GivenNumber, ...]]]:
        """The given gradients, of a parameter one, or one for each iteration."""
        found: dict[str, dict[Cell, tuple[GivenNumber, ...]]] = {}
        for name, value in given.entries:
            for use, numbers in self._given(name, value, "a gradient", several=True):
                found.setdefault(use.key, {})[use.cell] = numbers
        if self.spec.parameters is not None:
            for one in parameters(self.network):
                if one.uses[0].cell not in found.get(one.uses[0].key, {}) and not frozen(self.network, one):
                    message = f"{quoted(one.name)} has no gradient, and there is no loss that gives it one"
                    remedy = f"add {one.name}: 0.5, or a list with one for each iteration"
                    self.problems.add(given.place, message, remedy)
        return found

    # -- names and numbers -------------------------------------------------------------------------------------------

    def _given(
        self, name: Name, value: Value, what: str, several: bool = False
    ) -> Iterator[tuple[Element, tuple[GivenNumber, ...]]]:
        """The numbers of a parameter or a whole tensor, for each use; ``several``: perhaps one for each iteration."""
        network = self.network
        asked = find(network, name.text)
        found = [one for one in asked if one.role == "parameter"]
        if not found:
            self.draft.refuse_parameter(name, network)
            return
        array = self._array(value, what)
        if array is None:
            return
        single = len(found) == 1 and not isinstance(asked, Unnamed)
        shape = () if single else network.tensors[found[0].uses[0].key].shape
        each = several and len(array.shape) == len(shape) + 1
        if array.shape[each:] != shape:
            wanted = f"the shape {_by(shape)}" if shape else "one number"
            more = ", or a list of such, one for each iteration" if several else ""
            message = f"{what} of {quoted(name.text)} has {wanted}, and this has the shape {_by(array.shape)}"
            self.problems.add(value.place, message, f"give {wanted}{more}")
            return
        for one in found:
            own = one.uses[0].cell if shape else ()
            steps = range(array.shape[0]) if each else ()
            numbers = tuple(array.numbers[(step, *own)] for step in steps) or (array.numbers[own],)
            for use in one.uses:
                yield use, numbers

    def _array(self, value: Value, what: str) -> GivenArray | None:
        """A number, nested lists of one shape, or a file."""
        match value:
            case Number(_, number, _):
                return GivenArray((), {(): number})
            case Items(items, place):
                arrays = [self._array(item, what) for item in items]
                found = [part for part in arrays if part is not None]
                if len({part.shape for part in found}) > 1:
                    self.problems.add(
                        place, "these nested lists do not have one shape", "give every list the same number of entries"
                    )
                if len(found) < len(items) or len({part.shape for part in found}) != 1:
                    return None
                numbers = {(row, *cell): one for row, part in enumerate(found) for cell, one in part.numbers.items()}
                return GivenArray((len(items), *found[0].shape), numbers)
            case File():
                read = self.leaves.read(value)
                if read is None:
                    return None
                cells = cells_of(*map(range, read.array.shape))
                return GivenArray(read.array.shape, {cell: float(read.array[cell]) for cell in cells})
            case _:
                self.problems.add(
                    value.place, f"{what} is no number here", "give a number, lists of numbers or {file: …}"
                )
                return None


def _by(shape: tuple[int, ...]) -> str:
    return shape_text(shape) if shape else "of one number"

"""The pictures of a sheet: the network with its values, and backward with its gradients and the asked one's paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from ...expr import Expr, Sym
from ...expr.index import number_of
from ...network.model import BoundOperation, Element, Network, Tensor
from ...network.quantities import Quantity, quantity
from ...trace.amount import Amount
from ...trace.tracing import trace_of
from ..content.model import Note, SectionName
from ..content.picture import DrawnEdge, DrawnLayer, DrawnUnit, NumberedName, Picture
from ..formulas.element import Writer
from ..formulas.gradients import ElementGradients, Summand
from ..numbers.digits import Digits

if TYPE_CHECKING:
    from ..steps.ids import Ids
    from ..steps.paths import MarkedPath

MOST_UNITS = 12
"""So many units of a layer are drawn; of more the first and the last, and those on the marked paths."""
FIRST, LAST = 8, 3
MOST_PATHS = 4
MOST_LAYERS = 24
"""A network of more layers has no picture."""


def pictures(
    writer: Writer, ids: Ids, asked: Sequence[Quantity] | None, whole: bool = False
) -> dict[SectionName, Picture]:
    """The network with its values; where gradients were asked for, also with these, and the paths of a single one.
    ``whole``: with every unit."""
    network = writer.network
    what = "weights" if network.samples is not None else "units and weights"
    values: Note = (f"The network, with the values of its {what}",)
    found: dict[SectionName, Picture | None] = {
        "forward": _Drawing(writer, writer.trace.value, whole=whole).picture(values)
    }
    if asked is not None and network.loss is not None:
        paths: Sequence[MarkedPath] = ()
        if len(asked) == 1:
            from ..steps.paths import Paths

            paths = Paths(writer, ids).marked(asked[0])[:MOST_PATHS]
        gradients: Note = ("Backward: the gradients of ", network.loss_symbol, f" by its {what}")
        found["backward"] = _Drawing(writer, partial(_gradient, writer), paths).picture(gradients)
    return {section: picture for section, picture in found.items() if picture is not None}


def structure(network: Network, section: SectionName) -> dict[SectionName, Picture]:
    """The network's units and edges by their names, for a section of a sheet about symbols; nothing where a layer's
    size is a symbol."""
    if any(not str(size).isdigit() for tensor in network.tensors.values() for size in tensor.sizes or ()):
        return {}
    writer = Writer(trace_of(network), Digits.of(network.conventions, network.integers))
    found = _Drawing(writer, None).picture(("The network, its units and weights",))
    return {} if found is None else {section: found}


def _gradient(writer: Writer, element: Element) -> Amount:
    return writer.trace.total(quantity(writer.network, element))


class _Drawing:
    """One picture of one network."""

    def __init__(
        self,
        writer: Writer,
        number: Callable[[Element], Amount] | None,
        paths: Sequence[MarkedPath] = (),
        whole: bool = False,
    ) -> None:
        """``number`` gives an element's number, ``None``: the picture has names alone."""
        self.writer = writer
        self.network = writer.network
        self.number = number
        self.paths = paths
        self.whole = whole
        self.is_backward = number not in (None, writer.trace.value)
        self.gradients = ElementGradients(Writer(writer.trace, writer.digits, full=True), everywhere=True)
        self.marked = {element for path in paths for element in (path.start, *path.elements)}
        self.places: dict[Element, int] = {}
        """The units drawn, each with its place among all of them."""

    def picture(self, caption: Note) -> Picture | None:
        """The picture, or ``None`` where there is nothing to be seen in one."""
        depths = self._depths()
        if not 1 < len(depths) <= MOST_LAYERS:
            return None
        layers = tuple(self._layer(key, depth) for key, depth in sorted(depths.items(), key=lambda one: one[1]))
        if any(unit.left_out for layer in layers for unit in layer.units):
            caption = (*caption, "; nntrace draw --full draws every unit")
        return Picture(layers, tuple(self._edges()), caption, self.is_backward, tuple(path.note for path in self.paths))

    def _depths(self) -> dict[str, int]:
        """How far each result that is drawn is from the inputs, in the order of the network."""
        inputs = [key for key, tensor in self.network.tensors.items() if tensor.role == "input"]
        depths = dict.fromkeys((*inputs, *self._arguments()), 0)
        for step in self.network.layer_steps():
            read = [step.key(edge.argument) for edge in step.edges]
            if read:  # else it is worked out on the way to a result
                depths[step.output] = 1 + max(depths.get(key, 0) for key in read)
        if self.network.loss_is_known and self.network.loss is not None:
            depths[self.network.loss] = 1 + max(depths.values(), default=0)
        return depths

    def _arguments(self) -> Iterator[str]:
        """The parameters that a layer reads as it reads an input, beside those of its own."""
        for step in (one for one in self.network.layer_steps() if not one.is_formula):
            own = {parameter.symbol.name for parameter in step.operation.parameters}
            keys = (step.key(edge.argument) for edge in step.edges if edge.argument not in own)
            yield from (key for key in keys if key in self.network.parameters)

    def _layer(self, key: str, depth: int) -> DrawnLayer:
        tensor = self.network.tensors[key]
        step = self.network.made_by.get(key)
        cells = [Element(key, cell) for cell in tensor.cells() if not (tensor.sampled and cell[0])]
        units: list[DrawnUnit] = []
        before = -1
        for place in self._drawn_places(cells):
            element = cells[place]
            self.places[element] = len(self.places)
            with self.writer.within(element):
                name = self.writer.symbol(element)
            addends = tuple(self._addends(step, element)) if step is not None else ()
            units.append(DrawnUnit(self._numbered(name, element), addends, place - before - 1))
            before = place
        return DrawnLayer(self._names(tensor, step), depth, tuple(units))

    def _drawn_places(self, cells: Sequence[Element]) -> list[int]:
        """The places of the units of a layer that are drawn."""
        count = len(cells)
        if count <= MOST_UNITS or self.whole:
            return list(range(count))
        return [at for at, cell in enumerate(cells) if at < FIRST or at >= count - LAST or cell in self.marked]

    def _names(self, tensor: Tensor, step: BoundOperation | None) -> Note:
        tensor_name: Note = () if tensor.names else (self.writer.naming.tensor(tensor.key), " ")
        what = "inputs" if tensor.role == "input" else "values"
        return (*tensor_name, what if step is None else step.kind.replace("_", " "))

    def _numbered(self, name: Expr, element: Element) -> NumberedName:
        """A name with its number; what differs from sample to sample has none."""
        tensor = self.network.tensors[element.key]
        is_loss = element.key == self.network.loss
        if self.number is None or tensor.sampled or not self.network.has_numbers or (self.is_backward and is_loss):
            return NumberedName(name, None)
        return NumberedName(name, self.writer.digits.show(self.number(element)).number)

    def _parameter(self, element: Element) -> NumberedName:
        return self._numbered(self.network.symbol(element), element)

    def _addends(self, step: BoundOperation, element: Element) -> Iterator[NumberedName]:
        """What is only added to a unit."""
        index = step.at(element.cell)
        for parameter in step.operation.parameters:
            if parameter.is_bias:
                cell = tuple(number_of(one, index) for one in parameter.symbol.index)
                bias = Element(step.key(parameter.symbol.name), cell)
                if cell not in self.network.tensors[bias.key].missing:
                    yield self._parameter(bias)

    def _edges(self) -> Iterator[DrawnEdge]:
        """What each unit is read by, in the order of the units.

        A loss that is fused with the activation before it is drawn as reading that one's result.
        """
        for element, start in list(self.places.items()):
            ends: dict[int, Summand] = {}
            tensor = self.network.tensors[element.key]
            cells = [(place, *element.cell[1:]) for place in self._samples] if tensor.sampled else [element.cell]
            uses = (Element(element.key, cell) for cell in cells)
            for summand in (one for use in uses for one in self.gradients.summands(use)[0]):
                is_drawn = not (summand.reader.leads_past or summand.reader.step.is_penalty)
                if is_drawn and (end := self._end(summand)) is not None:
                    ends.setdefault(end, summand)
            for end, summand in ends.items():
                weight = self._weight(summand.local)
                marks = tuple(number for number, path in enumerate(self.paths) if self._is_on(path, summand, weight))
                yield DrawnEdge(start, end, None if weight is None else self._parameter(weight), marks)

    @cached_property
    def _samples(self) -> list[int]:
        """The first sample, and the first of each class: which outputs a loss reads may differ by the class."""
        first: dict[Element, int] = {}
        for tensor in self.network.tensors.values():
            for cell, number in (tensor.typed or {}).items() if tensor.structural and tensor.sampled else ():
                if number:
                    first.setdefault(Element(tensor.key, cell[1:]), cell[0])
        return sorted({0, *first.values()})

    def _end(self, summand: Summand) -> int | None:
        """The place of the unit that reads; the loss's is that of its parts."""
        reached = summand.reached
        if self.network.tensors[reached.key].role == "loss":
            return self.places.get(Element(self.network.loss or "", ()))
        return self.places.get(reached)

    def _weight(self, local: Expr) -> Element | None:
        """The parameter that a unit is multiplied by; none that has a place of its own."""
        if not isinstance(local, Sym) or local.name not in self.network.parameters:
            return None
        weight = Element(local.name, tuple(number_of(index, {}) for index in local.index))
        return None if weight in self.places else weight

    def _is_on(self, path: MarkedPath, summand: Summand, weight: Element | None) -> bool:
        """Whether a path goes along an edge, or begins at its weight."""
        if weight is not None and weight == path.start and summand.reached == path.elements[0]:
            return True
        steps = list(zip((path.start, *path.elements), (*path.elements, None), strict=True))
        is_last = self.network.tensors[summand.reached.key].role == "loss"
        return (summand.use, None if is_last else summand.reached) in steps

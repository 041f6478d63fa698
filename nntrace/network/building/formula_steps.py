"""The lines of ``let`` as steps of the network."""

from __future__ import annotations

from ... import catalogue
from ...record import Record
from ...spec.formula import Application, MisreadError, Reference, references
from ...spec.model import Layer, Name, SourceNames, TypedFormula
from ..batch import batched, sized
from ..model import FORMULA, BoundOperation, Cell, Edge, Tensor
from .draft import Draft
from .formula_functions import activated
from .formulas import FormulaReader
from .sources import NAMED, Directory


class FormulaSteps(Record):
    """Adds formulas to a network, each as one step."""

    draft: Draft
    directory: Directory

    def as_layer(self, layer: Layer, formula: TypedFormula) -> Layer | None:
        """``a: softmax(z)`` of a whole vector is that activation's layer, with all that the catalogue says of it."""
        match formula.root:
            case Application(function, (Reference(name, start, _),)) if catalogue.find("activation", function.name):
                found = self.directory.find(name)
                if found and len(found.shape) == 1:
                    read = Name(name, formula.places[start])
                    source = SourceNames(((None, (read,)),), read.place)
                    return layer._replace(
                        kind=Name(function.name, formula.places[function.start]), source=source, formula=None
                    )
        return None

    def add(self, layer: Layer, formula: TypedFormula, current: Tensor) -> Tensor:
        """The result of a formula; of one that cannot be read ``current``, so that reading goes on."""
        assert isinstance(layer.result, Name)
        name = layer.result
        self.draft.names.result(name)
        reader = FormulaReader(self.draft, self.directory, formula, name.text)
        key = f"let.{name.text}"
        try:
            made, sizes = reader.operation(key)
        except MisreadError as wrong:
            if self.draft.unread.isdisjoint(one.name for one in references(formula.root)):
                self.draft.problems.add(formula.places[wrong.at], wrong.message, wrong.remedy)
            self.draft.unread.add(name.text)
            return current
        kind, keys = FORMULA, {one: one for one in made.arguments}
        match formula.root:
            case Application(function, (Reference(read),)) if found := self.directory.find(read, NAMED):
                special = None if found.shape else activated(function.name, found.cell or (), key)
                if special is not None:
                    (argument,) = special.arguments
                    made, kind, keys = special, function.name, {argument: found.tensor.key}
        return self._step(name, BoundOperation(kind, made, key, keys, sizes, (), made.numeric))

    def _step(self, name: Name, step: BoundOperation) -> Tensor:
        draft, made = self.draft, step.operation
        tensors = {symbol: draft.tensors[key] for symbol, key in step.arguments.items()}
        shape = tuple(step.sizes[str(index)] for index in made.output.index)
        sampled = any(tensor.sampled for tensor in tensors.values())
        if sampled:
            made = batched(made, [symbol for symbol, tensor in tensors.items() if not tensor.sampled])
        sizes = sized(step.sizes, draft.count if sampled else None)
        for symbol, tensor in tensors.items():  # what is read at single places has letters of its own
            sizes |= made.extents(symbol, tensor.shape)
        edges = tuple(Edge(made, symbol) for symbol in tensors)
        draft.steps.append(step._replace(operation=made, sizes=sizes, edges=edges, numeric=made.numeric))
        draft.leaves.own.add(step.output)
        names: dict[Cell, str] = {} if shape else {(): name.text}
        shape = (draft.count or 0, *shape) if sampled else shape
        return draft.add(Tensor(step.output, name.text, shape, "unit", names, sampled=sampled))

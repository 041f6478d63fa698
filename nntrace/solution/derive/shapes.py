"""Every tensor with its shape, for one sample and for several, and how many parameters there are."""

from __future__ import annotations

from functools import cached_property
from math import prod

from ...expr import Dimensions, Expr, Mul, Neg, Num, Sym, total
from ...network.model import Tensor
from ...network.quantities import parameters
from ..content.model import Line, Note, Table
from ..formulas.shapes import size_of
from .naming.symbols import Symbols, how_many_samples

ROLES = {
    "input": "input",
    "target": "target",
    "parameter": "parameter",
    "unit": "layer's result",
    "constant": "what counts",
}


class Shapes:
    """The shapes of one network's tensors."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.network = symbols.network

    def table(self) -> Table:
        """Every tensor and its shape, for one sample and for m of them."""
        rows: list[tuple[Note, ...]] = []
        results = {step.output for step in self.symbols.layers()}
        for key, tensor in self.network.tensors.items():
            if key in results or tensor.role in ("input", "parameter", "target", "constant"):
                rows.append(((self.symbols.formulas.name(key),), (ROLES[tensor.role],), *self._both(tensor)))
        count = Num(int(self._many)) if self._many.isdigit() else Sym(self._many)
        several: Note = (count, " samples" if self._many != "1" else " sample")
        return Table((("tensor",), ("what it is",), ("one sample",), several), tuple(rows))

    def counted(self) -> tuple[Line, ...]:
        """How many parameters there are: the places of the tensors, without what is missing and what is tied again."""
        tensors = [self.network.tensors[key] for key in self.network.parameters]
        places = sum(prod(tensor.shape) for tensor in tensors)
        count, missing = len(parameters(self.network)), sum(len(tensor.missing) for tensor in tensors)
        again = places - missing - count
        less = [(missing, "connection that is missing", "connections that are missing")]
        less.append((again, "place that repeats a name", "places that repeat a name"))
        words = [f"{number} {one if number == 1 else many}" for number, one, many in less if number]
        terms = (*map(self._count_of, tensors), *(Neg(Num(number)) for number, _, _ in less if number))
        note: tuple[Note, ...] = ((f"without {' and '.join(words)}",),) if words else ()
        counts = set(terms) != {Num(1)}  # else there is nothing to add up
        lines = [Line("rule", "=", total(terms) if counts else Num(count), note)]
        symbolic = any(isinstance(size, str) for tensor in tensors for size in tensor.sizes)
        if not symbolic and lines[0].body != Num(count):
            lines.append(Line("rule", "=", Num(count), (("worked out",),)))
        return tuple(lines)

    @property
    def _many(self) -> str:
        """How many samples there are, or may be."""
        return str(how_many_samples(self.network) or self.symbols.letter("samples"))

    @cached_property
    def _of_each_sample(self) -> set[str]:
        """The tensors that another sample changes: the given ones, and what is worked out from these."""
        found = {key for key, tensor in self.network.tensors.items() if tensor.role in ("input", "target")}
        for step in self.network.steps:
            if not found.isdisjoint(step.arguments.values()):
                found.add(step.output)
        return found

    def _count_of(self, tensor: Tensor) -> Expr:
        sizes = [size_of(str(size)) for size in tensor.written_shape if size != 1]
        return sizes[0] if len(sizes) == 1 else Mul(tuple(sizes)) if sizes else Num(1)

    def _both(self, tensor: Tensor) -> tuple[Note, Note]:
        """The shape of a tensor, and that of the matrix that holds m samples of it."""
        single = [str(size) for size in tensor.written_shape[tensor.sampled :]]
        columns = self.network.conventions.vectors == "columns"
        if tensor.key not in self._of_each_sample:
            shape = Dimensions(tuple(single)) if len(single) > 1 else self._vector(single, "1", columns)
            return (shape,), (shape,)
        if len(single) > 1:
            several = (*single, self._many) if columns else (self._many, *single)
            return (Dimensions(tuple(single)),), (Dimensions(several),)
        return (self._vector(single, "1", columns),), (self._vector(single, self._many, columns),)

    @staticmethod
    def _vector(sizes: list[str], count: str, columns: bool) -> Dimensions:
        along = sizes[0] if sizes else "1"
        return Dimensions((along, count) if columns else (count, along))

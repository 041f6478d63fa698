"""What a derivation starts from: each layer in index notation and between matrices, parts of matrices, and samples."""

from __future__ import annotations

from collections.abc import Iterator

from ...expr import Sym
from ...network.batch import SAMPLE
from ...network.model import Network
from ..content.model import Note, Remark
from ..formulas.shapes import shapes
from .naming.symbols import Symbols, how_many_samples
from .steps import Form, Numbers, Part


class LayerFormulas:
    """The layers of a network in symbols; ``all_samples`` is the network before a step takes some of its samples."""

    def __init__(self, symbols: Symbols, all_samples: Network) -> None:
        self.symbols = symbols
        self.network = symbols.network
        self.all_samples = all_samples

    def samples(self) -> Iterator[Remark]:
        """What the index n of a batch counts, and where it is in a matrix."""
        if self.network.samples is None:
            return
        given = (key for key, one in self.network.tensors.items() if one.role == "input" and one.sample_shape)
        if (key := next(given, None)) is None:
            yield Remark((Sym(self.symbols.index("n")), " counts the samples"))
            return
        name = self.symbols.formulas.name(key)
        columns = self.network.conventions.vectors == "columns"
        n, i = Sym(self.symbols.index("n")), Sym(self.symbols.index("i"))
        single: Note = ("column " if columns else "row ", n)
        place: Note = ("row ", i, ", column ", n) if columns else ("row ", n, ", column ", i)
        own: Note = ("; ", self.symbols.matrix(key, of_sample=True), ", that sample's own, is ", *single)
        if self.symbols.is_single(key):
            place, own = single, ()
        one = Sym(name.name, self.symbols.place(key, (SAMPLE, "i")))
        yield Remark((n, " counts the samples: ", one, " is in ", *place, " of ", name, *own))
        if self.network.samples_per_step:
            count, every = map(how_many_samples, (self.network, self.all_samples))
            takes = f"a step takes {count} of the {every} samples, the next in turn: "
            whose = "that sample's loss" if count == 1 else "the loss of those alone"
            yield Remark((takes, n, f" counts these, and the step's loss is {whose}"))

    def formulas(self) -> Iterator[Part]:
        """Each layer in index notation, then between matrices."""
        symbols, formulas = self.symbols, self.symbols.formulas
        for step in symbols.layers():
            output = formulas.keyed(step.operation.output, step)
            assert isinstance(output, Sym)
            keyed = formulas.keyed(step.operation.formula, step)
            index = symbols.named(keyed, symbols.sizes(keyed, output))
            meant = Numbers(step.output, "value", indexed=True)
            forms = [index]
            if symbols.is_single(step.output) and formulas.is_function(step):
                forms = list(dict.fromkeys((symbols.named(formulas.forward(step), symbols.sizes(keyed)), index)))
            rules = ((), ("by definition",))
            lines = tuple(Form(form, rule, "formula") for form, rule in zip(forms, rules, strict=False))
            yield Part(symbols.tensor(output), lines, {step.output}, numbers=meant)
            axes = formulas.laid_out(step.output, tuple(map(str, output.index)))
            body = (
                formulas.matrix(formulas.forward(step), axes, step.sizes) if formulas.is_matrix(step.output) else None
            )
            if body is None or not output.index or symbols.is_of_numbers(body):
                continue
            sizes = symbols.sizes(keyed, output)
            line = Form(symbols.named(body, sizes), (), "formula", shapes=shapes(body, axes, sizes))
            yield Part(formulas.name(step.output), (line,), {step.output}, (), Numbers(step.output, "value"))

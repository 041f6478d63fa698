"""The gradients by the layers' results and the parameters: the chain rule in index notation, then matrices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce

from ....expr import Expr, Partial, Sum, Sym, at, factors_of, product, total
from ....expr.bind import walk
from ....expr.constants import constants_multiplied
from ....expr.letters import index_letters, relettered
from ....network.batch import SAMPLE
from ....network.chain_rule import LOSS, Reader
from ...content.model import Note
from ...formulas.tensor import LETTERS, Gradient
from ..naming.symbols import Symbols
from ..steps import NO_MATRIX_FORM, Form, Numbers, Part, defined, index_lines, matrix_step, put_in
from .jacobians import Jacobians


class ParameterGradients:
    """Walks back through the layers; what ``done`` names has been derived with the loss."""

    def __init__(self, symbols: Symbols, jacobians: Jacobians, done: set[str]) -> None:
        self.symbols = symbols
        self.jacobians = jacobians
        self.network = symbols.network
        self.formulas = symbols.formulas
        self.done = set(done)

    def parts(self, inputs: Iterable[str]) -> Iterator[Part]:
        """For each layer from the last to the first: its result's gradient, its parameters', its argument's.

        Those by ``inputs``, which are asked for besides, come last.
        """
        for step in reversed(self.symbols.layers()):
            keys = [
                step.output,
                *(key for key in step.arguments.values() if self.network.tensors[key].role == "parameter"),
            ]
            for key in keys:
                if key not in self.done and self.formulas.readers(key):
                    self.done.add(key)
                    yield from self.of(key)
        for key in self.network.parameters:  # the loss itself may read some
            if key not in self.done and self.formulas.readers(key):
                self.done.add(key)
                yield from self.of(key)
        for key in inputs:
            if key not in self.done:
                yield from (part._replace(aside=True) for part in self.of(key))

    def of(self, key: str) -> Iterator[Part]:
        """∂L/∂tensor: the chain over its readers, the local derivatives put in, and the matrix form."""
        which = self.symbols.which(key)
        if which is None:
            return  # each of its elements is tied: see ``Elements``
        found = self.formulas.gradient(key)
        extents = {**found.sizes, **dict(zip(found.indices, self.network.tensors[key].shape, strict=True))}
        chain = self.symbols.named(total(self._chain(key, found.indices)))
        name = self.symbols.gradient(key, found.indices)
        forms = [
            Form(total(self._put_in(key, found)), put_in(self._links(chain))),
            Form(total(self._addends(key, found)), ("multiply out; of a sum over 1[…] one term is left",)),
        ]
        slope = self.symbols.partial(key, found.indices)
        lines = (*defined(name, slope), *index_lines(self.symbols, forms, chain, extents))
        yield Part(name, lines, {key}, which, Numbers(key, "gradient", indexed=True))
        matrix = matrix_step(self.symbols, key)
        if matrix is None and self.symbols.shape(key) == ("1", "1"):
            return  # a single number, which the first line gives
        if matrix is not None and not self.network.tensors[key].shape and matrix.lines[-1].body == lines[-1].body:
            return
        if matrix is not None:
            yield matrix
        elif which:
            why: Note = (self.formulas.name(key), " has tied or missing elements: its gradient is not a single matrix")
            yield Part(name, (), {key}, why)
        else:
            yield Part(name, (), {key}, (self.symbols.partial(key, ()), NO_MATRIX_FORM))

    def _links(self, chain: Expr) -> Iterator[Partial]:
        """The local derivatives in a chain: not those of the loss itself, which stay symbols."""
        return (node for node in walk(chain) if isinstance(node, Partial) and node.of != self.symbols.loss)

    def _put_in(self, key: str, found: Gradient) -> Iterator[Expr]:
        """For each reader its Jacobian put in the chain, where the sum over the results is then worked out further."""
        addends = self._addends(key, found)
        for reader, addend in zip(self.formulas.readers(key), addends, strict=True):
            step, edge = reader.step, reader.edge
            if not edge.operation.mixes(edge.argument) or self.network.tensors[step.output].role == "loss":
                yield addend
                continue
            yield self._through_jacobian(reader, found.indices)

    def _through_jacobian(self, reader: Reader, indices: tuple[str, ...]) -> Expr:
        """Σ ∂L/∂result × ∂result/∂tensor over the places of a result that mixes the tensor's elements."""
        step, argument = reader.step, reader.edge.argument
        one = self.jacobians.bound(step, argument)
        renamed = dict(zip(map(str, one.by.index), indices, strict=True))
        own = [letter for letter in map(str, one.output.index) if letter not in renamed]
        plain = [str(letter) for letter in reader.edge.operation.output.index if letter != SAMPLE]
        over = dict(zip(own, _apart([plain[one.result.index(letter)] for letter in own], indices), strict=True))
        letters = {**renamed, **over}
        jacobian = _relettered_apart(self.jacobians.textbook(step, argument), letters)
        result = relettered(one.output, letters)
        assert isinstance(result, Sym)
        return _summed(product((Partial(LOSS, result), *factors_of(jacobian))), over.values())

    def _addends(self, key: str, found: Gradient) -> Iterator[Expr]:
        """What comes back by each reader: by the loss itself with one constant, as it was derived with it."""
        for reader, addend in zip(self.formulas.readers(key), found.addends, strict=True):
            by_loss = self.network.tensors[reader.step.output].role == "loss"
            yield constants_multiplied(addend)[0] if by_loss else self.symbols.sized(addend, found.sizes)

    def _chain(self, key: str, indices: tuple[str, ...]) -> Iterator[Expr]:
        """For each reader Σ ∂L/∂result × ∂result/∂tensor, over the result's indices that the tensor lacks."""
        found = self.formulas.gradient(key)
        for reader, addend in zip(self.formulas.readers(key), found.addends, strict=True):
            step, output = reader.step, reader.edge.operation.output
            argument = self.formulas.chain.adjoint(reader).argument
            renamed = dict(zip(map(str, argument.index), indices, strict=True))
            lacking = [str(index) for index in output.index if index not in argument.index]
            over = dict(zip(lacking, _apart(lacking, indices), strict=True))
            result = at(Sym(step.output, output.index), {**renamed, **over})
            assert isinstance(result, Sym)
            by = Sym(key, indices)
            first = Partial(LOSS, result)
            link = Partial(result, by)
            if self.network.tensors[step.output].role == "loss":
                through = link if step.is_penalty else _summed(Partial(LOSS, result) * link, over.values())
                if step.output == self.network.loss:
                    through = Partial(LOSS, by)
                alone = step.is_penalty or len(found.addends) == 1  # else an addend, and no derivative by itself
                yield through if alone else self.symbols.sized(addend, found.sizes)
                continue
            yield _summed(product((first, link)), over.values())


def _summed(body: Expr, letters: Iterable[str]) -> Expr:
    """The sum over these letters, the first one outermost."""
    return reduce(lambda inner, letter: Sum(letter, inner), reversed([*letters]), body)


def _apart(letters: Sequence[str], taken: Sequence[str]) -> list[str]:
    """These letters, each that is taken replaced by one that is not."""
    free = iter([letter for letter in LETTERS if letter not in {*taken, *letters}])
    return [next(free) if letter in taken else letter for letter in letters]


def _relettered_apart(node: Expr, letters: Mapping[str, str]) -> Expr:
    """An expression in other letters; its own sums run over letters that none becomes by that."""
    inside = [letter for letter in dict.fromkeys(index_letters(node)) if letter not in letters]
    free = iter([letter for letter in LETTERS if letter not in {*letters.values(), *inside}])
    return relettered(node, {**letters, **{one: next(free) for one in inside if one in letters.values()}})

"""The gradients by the layers' results and the parameters: the chain rule in index notation, then matrices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce

from ....expr import Expr, Partial, Sum, Sym, at, factors_of, product, total
from ....expr.bind import walk
from ....expr.constants import constants_multiplied
from ....expr.letters import index_letters, relettered
from ....expr.rules import where_equal
from ....network.chain_rule import LOSS, Reader
from ....record import Record
from ...content.model import Note
from ...formulas.lettering import LETTERS
from ...formulas.tensor import Gradient
from ..naming.symbols import Symbols
from ..steps import NO_MATRIX_FORM, Form, Numbers, Part, defined, in_names, index_lines, matrix_step, put_in
from .jacobians import Jacobians
from .products import opening


class Way(Record):
    """What a gradient has by one reader: as a chain of symbols, with the Jacobian put in, and that worked out."""

    chain: Expr
    put_in: Expr
    worked_out: Expr


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
        of_layers = (
            key
            for step in reversed(self.symbols.layers())
            for key in (step.output, *step.arguments.values())
            if key == step.output or self.network.tensors[key].role == "parameter"
        )
        for key in (*of_layers, *self.network.parameters):  # the loss itself may read some
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
        ways = list(self._ways(key, found))
        chain = self.symbols.named(total(way.chain for way in ways))
        name = self.symbols.gradient(key, found.indices)
        links = (node for node in walk(chain) if isinstance(node, Partial) and node.of != self.symbols.loss)
        forms = [Form(total(way.put_in for way in ways), put_in(links)), Form(total(way.worked_out for way in ways))]
        before, after = (in_names(self.symbols, form, extents).body for form in forms)
        forms[-1] = forms[-1]._replace(rule=opening(before, after))
        slope = self.symbols.partial(key, found.indices)
        lines = (*defined(name, slope), *index_lines(self.symbols, forms, chain, extents))
        yield Part(name, lines, {key}, which, Numbers(key, "gradient", indexed=True))
        matrix = matrix_step(self.symbols, key)
        if matrix is not None:
            if self.network.tensors[key].shape or matrix.lines[-1].body != lines[-1].body:
                yield matrix
        elif self.symbols.shape(key) != ("1", "1"):  # else a single number, which the first line gives
            tied: Note = (self.formulas.name(key), " has tied or missing elements: its gradient is not a single matrix")
            yield Part(name, (), {key}, tied if which else (self.symbols.partial(key, ()), NO_MATRIX_FORM))

    def _ways(self, key: str, found: Gradient) -> Iterator[Way]:
        """What comes back by each reader: by the loss itself with one constant, as it was derived with it."""
        for reader, addend in zip(self.formulas.readers(key), found.addends, strict=True):
            sized = self.symbols.sized(addend, found.sizes)
            by_loss = self.network.tensors[reader.step.output].role == "loss"
            added = by_loss and not reader.step.is_penalty and len(found.addends) > 1  # no derivative by itself
            chain = sized if added else self._chain(reader, found.indices)
            worked_out = self.symbols.sized(constants_multiplied(addend)[0], found.sizes) if by_loss else sized
            apart = reader.edge.operation.is_read_in_ways(reader.edge.argument) and not by_loss
            yield Way(chain, self._through_jacobian(reader, found.indices) if apart else worked_out, worked_out)

    def _through_jacobian(self, reader: Reader, indices: tuple[str, ...]) -> Expr:
        """Σ ∂L/∂result × ∂result/∂tensor over the places of a result that reads a tensor's elements in several ways."""
        step, argument, operation = reader.step, reader.edge.argument, reader.edge.operation
        one, jacobian = self.jacobians.bound(step, argument), self.jacobians.textbook(step, argument)
        renamed = dict(zip(map(str, one.by.index), indices, strict=True))
        by = dict(zip(operation.argument(argument).index, map(str, one.by.index), strict=True))
        plain = dict(zip(map(str, one.output.index), operation.output.index, strict=True))
        for letter, index in plain.items():
            if index in operation.shared(argument):  # elsewhere the result does not read it
                jacobian = where_equal(jacobian, by[index], letter)
                renamed[letter] = renamed[by[index]]
        own = [letter for letter in plain if letter not in renamed]
        over = dict(zip(own, _apart([str(plain[letter]) for letter in own], indices), strict=True))
        letters = {**renamed, **over}
        result = relettered(one.output, letters)
        assert isinstance(result, Sym)
        inserted = factors_of(_relettered_apart(jacobian, letters))
        return _summed(product((Partial(LOSS, result), *inserted)), over.values())

    def _chain(self, reader: Reader, indices: tuple[str, ...]) -> Expr:
        """Σ ∂L/∂result × ∂result/∂tensor, over the result's indices that some element of the tensor lacks."""
        step, output, by = reader.step, reader.edge.operation.output, Sym(reader.key, indices)
        if step.output == self.network.loss:
            return Partial(LOSS, by)
        argument = self.formulas.chain.adjoint(reader).argument
        shared = reader.edge.operation.shared(reader.edge.argument)
        lacking = [str(index) for index in output.index if index not in shared]
        over = dict(zip(lacking, _apart(lacking, indices), strict=True))
        result = at(Sym(step.output, output.index), dict(zip(map(str, argument.index), indices, strict=True)) | over)
        assert isinstance(result, Sym)
        link = Partial(result, by)
        return link if step.is_penalty else _summed(Partial(LOSS, result) * link, over.values())


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

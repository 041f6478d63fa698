"""How a derivation writes things: the tensors' names with index letters, and their sizes as symbols or counts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from ....expr import Expr, Mul, Ones, Partial, Size, Sym, Whole
from ....expr.bind import transform, walk
from ....expr.index import Index
from ....expr.matrices import IDENTITY
from ....expr.structure import as_product
from ....network.batch import SAMPLE
from ....network.chain_rule import LOSS
from ....network.model import BoundOperation, Cell, Network
from ...content.model import Note, listed
from ...formulas.lettering import classes_of, letters_of, names_of
from ...formulas.naming import PRIME, SAMPLES, is_single
from ...formulas.shapes import size_of
from ...formulas.single_letters import is_mean_of_one, without_single
from ...formulas.tensor import TensorFormulas

NO_LOSS = Sym("L")
"""What a gradient would be of, where a network has no loss and no gradients."""
SIZES = dict[str, str]
LETTERS: Mapping[str, str] = {"sum": "ZSQ", "repeated": "uvqUVR", "samples": "mNB", "largest": "McC", "identity": "IE",
                              "term": "ℓCJ"}  # fmt: skip
"""What the sum of a softmax, something else that repeats, a number of samples, a softmax's largest argument, the
identity, and the term of one output in a loss are called."""
MOST_NAMES = 4
"""More elements than these are not listed in a note."""


def how_many_samples(network: Network) -> int | str | None:
    """How many samples a batch has, or the symbol for it; ``None`` without a batch."""
    return next((one.written_shape[0] for one in network.tensors.values() if one.sampled), None)


class Symbols:
    """The names of one network's derivation.

    ``labels`` are a user's own for ∂L/∂tensor, by the tensor's key; ``jacobians`` those for ∂result/∂argument, by both.
    """

    def __init__(self, network: Network, labels: Mapping[str, str], jacobians: Mapping[tuple[str, str], str]) -> None:
        self.network = network
        self.labels = labels
        self.jacobians = jacobians
        self._taken = {*labels.values(), *jacobians.values()}
        self.formulas = TensorFormulas(network, self._taken)
        self.loss = self.formulas.name(network.loss) if network.loss is not None else NO_LOSS

    # -- names -------------------------------------------------------------------------------------------------------

    def named(self, node: Expr, sizes: SIZES = {}) -> Expr:
        """An expression over keys in the tensors' names; ``sizes`` has what each index letter runs to."""

        node = self.without_single(node, sizes)

        def leaf(part: Expr) -> Expr | None:
            match part:
                case Partial(of, by) if of == LOSS:
                    return self.gradient(by.name, by.index)
                case Partial(of, by):
                    return Partial(self.tensor(of), self.tensor(by))
                case Sym(name, _, _) if name in self.network.tensors:
                    return self.tensor(part)
                case Whole(Partial(_, by), down, across):
                    return Whole(self.gradient(by.name, ()), down, across)
                case Whole(Sym(name, _, mark) as symbol, down, across):
                    known = name in self.network.tensors
                    own = Sym(self.letter("identity")) if symbol == IDENTITY else symbol
                    whole = self.formulas.element(symbol) or self.matrix(name, bool(mark)) if known else own
                    return Whole(whole, down, across)
                case Size(over):
                    return size_of(sizes.get(over, f"n_{over}"))
                case Ones(over):
                    return Ones(sizes[over])
                case _:
                    return None

        return transform(node, leaf)

    def without_single(self, node: Expr, sizes: SIZES = {}) -> Expr:
        """An expression over keys without the letters that have one value only."""
        return without_single(node, self.sizes, {**self.sizes(node), **sizes})

    def tensor(self, symbol: Sym) -> Sym:
        """One element of a tensor by its index letters, row before column; by the user's name for it where there is no
        other one that these could mean."""
        if symbol.name not in self.network.tensors:
            return symbol
        tensor, name = self.network.tensors[symbol.name], self.formulas.name(symbol.name)
        index = self.place(symbol.name, symbol.index)
        cell = tuple(one for one in index if one != SAMPLE)
        if cell and all(isinstance(one, int) for one in cell) and (given := tensor.names.get(cell)):  # type: ignore[arg-type]
            return Sym(given, (), SAMPLES if tensor.sampled else "")
        return Sym(name.name, index, name.mark if not index else symbol.mark)

    def place(self, key: str, index: tuple[Index, ...]) -> tuple[Index, ...]:
        """The index of an element as it is written: the row before the column, as that of a weight, where the samples
        of a batch are columns; nothing for a tensor of a single number, and 1 for an axis of that length."""
        tensor = self.network.tensors[key]
        if not index:
            return ()
        sizes = tensor.written_shape[tensor.sampled :]
        start = len(index) - len(sizes)  # what is of one sample has no index for it
        sample, cell = index[:start], index[start:]
        cell = (
            () if self.is_single(key) else tuple(0 if size == 1 else one for one, size in zip(cell, sizes, strict=True))
        )
        return (*cell, *sample) if self.network.conventions.vectors == "columns" else (*sample, *cell)

    def is_single(self, key: str) -> bool:
        """Whether a tensor is one number, in a batch one for each sample."""
        return is_single(self.network.tensors[key])

    def is_of_numbers(self, node: Expr) -> bool:
        """Whether all matrices of an expression over keys are single numbers: it is no matter of matrices."""
        wholes = (one.symbol for one in walk(node) if isinstance(one, Whole) and (one.down, one.across) != (None, None))
        keys = [one.by.name if isinstance(one, Partial) else one.name for one in wholes]
        return all(key in self.network.tensors and self.shape(key) == ("1", "1") for key in keys)

    def matrix(self, key: str, of_sample: bool = False) -> Sym:
        """A whole tensor; ``of_sample``: in a batch, what it is of one sample, ``x⁽ⁿ⁾``."""
        name = self.formulas.name(key)
        return Sym(name.name, (), SAMPLES) if of_sample and self.network.tensors[key].sampled else name

    def gradient(self, key: str, index: tuple[Index, ...]) -> Sym | Partial:
        """∂L/∂element: δ for a layer's result before its activation, or the user's label."""
        if key in self.labels:
            return Sym(self.labels[key], self.place(key, index))
        name = self.formulas.gradient_name(key)
        if isinstance(name, Partial) or name.name in self._taken:
            return self.partial(key, index)
        return Sym(name.name, self.place(key, index), name.mark)

    def matrix_gradient(self, key: str) -> Sym | Partial:
        """∂L/∂tensor; in a batch by what belongs to one sample."""
        found = self.gradient(key, ())
        if not self.network.tensors[key].sampled:
            return found
        if isinstance(found, Partial):
            return Partial(self.loss, self.matrix(key, of_sample=True))
        return Sym(found.name, (), SAMPLES)

    def jacobian(self, result: str, argument: str) -> Sym | None:
        """The user's label for ∂result/∂argument, which in a batch is each sample's own."""
        label = self.jacobians.get((result, argument))
        return None if label is None else Sym(label, (), SAMPLES if self.network.samples is not None else "")

    def slope(self, loss: Sym, by: Sym) -> Sym | Partial:
        """∂loss/∂element; of all of the loss what that is called, by the user's label or as δ of a single unit."""
        called = loss == self.loss and (by.name in self.labels or not self.tensor(by).index)
        return self.gradient(by.name, by.index) if called else Partial(loss, self.tensor(by))

    def partial(self, key: str, index: tuple[Index, ...]) -> Partial:
        """∂L/∂element, written as a derivative."""
        return Partial(self.loss, self.tensor(Sym(key, index)))

    def letter(self, wanted: str) -> str:
        """A letter of the derivation's own for something, another one where the user's names have that."""
        return self._letters[wanted]

    def letters_for(self, wanted: str) -> tuple[str, ...]:
        """Letters for several of a kind, that for a single one first; of none a prime makes what looks like a slope."""
        taken = {*self._known, *self._letters.values(), *self.letters.values()}
        return (self._letters[wanted], *(one for one in LETTERS[wanted] if one not in taken))

    @cached_property
    def _letters(self) -> dict[str, str]:
        """The derivation's own letters: none is a name of the network's, and no two are the same."""
        found: dict[str, str] = {}
        for wanted, letters in LETTERS.items():
            forms = [*letters, *(letters[0] + PRIME * count for count in range(1, 100))]
            found[wanted] = next(one for one in forms if one not in self._known and one not in found.values())
        return found

    @cached_property
    def _known(self) -> set[str]:
        """What the user has names for."""
        return names_of(self.formulas.naming) | self._taken | classes_of(self.network)

    def index(self, letter: str) -> str:
        """An index letter as it is written: another one where the user's names have that."""
        return self.letters.get(letter, letter)

    @cached_property
    def letters(self) -> dict[str, str]:
        """The index letters in whose place others are written."""
        return letters_of(self.formulas.naming, self._taken, self._letters.values())

    # -- sizes -------------------------------------------------------------------------------------------------------

    def sizes(self, node: Expr, *more: Sym) -> SIZES:
        """How far the index letters of an expression over keys run."""
        read = self.formulas.axes_read(node, *more)
        return {letter: str(tensor.written_shape[axis]) for letter, tensor, axis in read}

    def sized(self, node: Expr, sizes: Mapping[str, int]) -> Expr:
        """An expression over keys with its sizes as they are written: these outlast the index that they count."""
        known = {**self.formulas.written_sizes(sizes), **self.sizes(node)}

        def leaf(part: Expr) -> Expr | None:
            match part:
                case Size(over):
                    return size_of(known[over])
                case Mul(factors) if any(is_mean_of_one(one, known) for one in factors):
                    return as_product([transform(one, leaf) for one in factors if not is_mean_of_one(one, known)])
                case _:
                    return None

        return transform(node, leaf)

    def along(self, key: str) -> str:
        """How many elements a vector has, as written."""
        tensor = self.network.tensors[key]
        return str(tensor.written_shape[-1])

    def shape(self, key: str) -> tuple[str, ...]:
        """How many rows and columns a tensor has, as written; a vector is a column or a row; of more axes, each."""
        if not self.formulas.is_matrix(key):
            return tuple(map(str, self.network.tensors[key].written_shape))
        sizes = {f"{place}": str(size) for place, size in enumerate(self.network.tensors[key].written_shape)}
        down, across = self.formulas.laid_out(key, tuple(sizes))
        return sizes.get(down or "", "1"), sizes.get(across or "", "1")

    def which(self, key: str) -> Note | None:
        """For which elements of a tensor an index form of its gradient holds, in words; ``None``: for none of them."""
        tensor = self.network.tensors[key]
        if tensor.sampled or self.formulas.has_matrix(key):
            return ()
        tied = self._tied(key)
        if not tied and not tensor.missing:
            return ()
        if all(cell in tied for cell in tensor.cells()):
            return None
        if not tied:
            return ("for every connection that there is",)
        own = [tensor.symbol(cell) for cell in tensor.cells() if cell not in tied]
        rest = "tied or missing" if tensor.missing else "tied"
        if len(own) > MOST_NAMES:
            return (f"where nothing is {rest}",)
        return ("for ", *listed(own), f": the others are {rest}")

    def each_place(self, key: str) -> Note:
        """That a derivative is by one place of a tensor, where others hold the same number."""
        return ("each place of ", self.formulas.name(key), " by itself") if self._tied(key) else ()

    def _tied(self, key: str) -> set[Cell]:
        """The places of a tensor whose elements are in several places."""
        names = self.network.tensors[key].names.items()
        return {cell for cell, name in names if len(self.network.uses.get(name, ())) > 1}

    # -- steps -------------------------------------------------------------------------------------------------------

    def layers(self) -> list[BoundOperation]:
        """The steps of the layers, without the lines that an activation works out first."""
        return [step for step in self.network.layer_steps() if step.edges]

    def class_letter(self, key: str) -> str | None:
        """The index at which a tensor is one-hot."""
        tensor = self.network.tensors[key]
        return tensor.one_hot or ("k" if tensor.structural else None)

"""How whole tensors stand on a sheet: what each is called, how it is laid out, and formulas over them as matrices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, reduce
from operator import mul

from ...expr import (
    ONE,
    Add,
    Call,
    Delta,
    Div,
    Expr,
    MatMul,
    Mul,
    Neg,
    Num,
    Ones,
    Partial,
    Size,
    Sum,
    Sym,
    Transpose,
    product,
    symbols,
)
from ...expr.bind import transform
from ...expr.functions import quotient_of, spelled_out
from ...expr.matrices import Axes, NoMatrixFormError, matrix_form, shape
from ...expr.ones import repeated
from ...network.model import Cell, Network, Tensor
from .naming import SAMPLES, Naming


class Layout:
    """The names and the layout of one network's tensors. What has ties or missing connections has no matrix form."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.naming = Naming(network)

    def name(self, key: str) -> Sym:
        """A whole tensor's symbol."""
        return self.naming.tensor(key)

    def gradient_name(self, key: str) -> Sym | Partial:
        """∂L/∂tensor: δ for a layer's result before its activation."""
        return self.naming.tensor_gradient(key)

    def axes(self, symbol: Sym | Partial) -> Axes:
        """How a tensor is laid out: a vector as a column or as a row, the samples beside each other the other way.

        What belongs to one sample (marked so, without the sample's index) is a vector by itself. An element is a
        number, in a batch one for each sample, and so is the one element on an axis.
        """
        own = symbol.by if isinstance(symbol, Partial) else symbol
        indices = tuple(str(index) for index in own.index)
        if own.name not in self.network.tensors:
            return (None, None)  # a size
        is_laid = all(self._on_axes(own)) or (isinstance(symbol, Sym) and self.element(symbol) is not None)
        if not (is_laid and self.is_matrix(own.name)):
            raise NoMatrixFormError
        laid = self.vector(indices) if own.mark == SAMPLES else self.laid_out(own.name, indices)
        down, across = (None if axis is None or axis.isdigit() else axis for axis in laid)
        return down, across

    def element(self, symbol: Sym) -> Sym | None:
        """One of several elements of a tensor, by the user's name for it or by its place."""
        tensor = self.network.tensors.get(symbol.name)
        if tensor is None or all(self._on_axes(symbol)):
            return None
        cell = symbol.index[len(symbol.index) - len(tensor.sample_shape) :]
        if not all(isinstance(place, int) for place in cell):
            return None
        name = tensor.names.get(cell)  # type: ignore[arg-type]
        mark = SAMPLES if tensor.sampled else ""
        return Sym(name, (), mark) if name is not None else Sym(self.name(symbol.name).name, cell, mark)

    def _on_axes(self, symbol: Sym) -> Iterator[bool]:
        """Of each index whether it has all that is on its axis: a letter, or the one element."""
        shape = self.network.tensors[symbol.name].shape
        lengths = shape[len(shape) - len(symbol.index) :]  # one sample's has no index for it
        yield from (not isinstance(index, int) or size == 1 for index, size in zip(symbol.index, lengths, strict=True))

    def laid_out(self, key: str, indices: tuple[str, ...]) -> Axes:
        """The indices of a tensor that run down and across."""
        if self.network.tensors[key].sampled:
            sample, *others = indices
            along = others[0] if others else None
            return (along, sample) if self._columns else (sample, along)
        return (indices[0], indices[1]) if len(indices) == 2 else self.vector(indices)

    def vector(self, indices: tuple[str, ...]) -> Axes:
        """A vector is a column or a row, as the file has it; no index, a number."""
        along = indices[0] if indices else None
        return (along, None) if self._columns else (None, along)

    @property
    def _columns(self) -> bool:
        return self.network.conventions.vectors == "columns"

    def is_matrix(self, key: str) -> bool:
        """Whether a whole tensor can be laid out in rows and columns, in a batch the samples along one of them."""
        return len(self.network.tensors[key].shape) <= 2

    def has_matrix(self, key: str) -> bool:
        """Whether a tensor's gradient and update can be one matrix: nothing in it is tied or missing."""
        tensor = self.network.tensors[key]
        if not self.is_matrix(key):
            return False
        if tensor.sampled:
            return True
        return not tensor.missing and all(len(self.network.uses[name]) == 1 for name in tensor.names.values())

    def matrix(self, formula: Expr, target: Axes, sizes: Mapping[str, int] = {}) -> Expr | None:
        """A formula over keys in matrix form, a number for all elements times ones; ``sizes`` tell how far letters run
        that stand at no symbol. A column of a single one is left out."""
        single = self._single(formula, sizes)
        found = self._form(formula, target, single)
        if found is None or not {*(shape(found) or ())} <= {None, *single}:
            return found
        down, across = (None if axis in single else axis for axis in target)
        return repeated(found, (down, across))

    def matrix_or_number(self, formula: Expr, target: Axes, sizes: Mapping[str, int] = {}) -> Expr | None:
        """The same, a number as it is."""
        return self._form(formula, target, self._single(formula, sizes))

    def _form(self, formula: Expr, target: Axes, single: set[str]) -> Expr | None:
        """The same, where the letters with one value only are known."""

        def at_one_place(part: Expr) -> Expr | None:
            """1[j = 1] is 1 where j has one value."""
            match part:
                case Delta(i, j) if all(one in single or one == 0 for one in (i, j)):
                    return ONE
                case Mul(factors) if any(isinstance(factor, Delta) for factor in factors):
                    return product(transform(factor, at_one_place) for factor in factors)
                case _:
                    return None

        def is_one(part: Expr) -> bool:
            """Whether a factor is a column, or row, of a single one, or 1/n of a single number."""
            match part:
                case Ones(over) | Transpose(Ones(over)) | Div(Num(1), Size(over)):
                    return over in single
                case _:
                    return False

        def leaf(part: Expr) -> Expr | None:
            match part:
                case MatMul(factors) | Mul(factors) if any(map(is_one, factors)):
                    kept = tuple(transform(factor, leaf) for factor in factors if not is_one(factor))
                    return type(part)(kept) if len(kept) > 1 else kept[0] if kept else ONE
                case _:
                    return None

        found = matrix_form(transform(transform(formula, at_one_place), _products), target, self.axes)
        return None if found is None else transform(found, leaf)

    def _single(self, formula: Expr, sizes: Mapping[str, int]) -> set[str]:
        """The letters that have one value only."""
        return {letter for letter, size in {**sizes, **self.extents(formula)}.items() if size == 1}

    def axes_read(self, *formulas: Expr) -> Iterator[tuple[str, Tensor, int]]:
        """The letters that stand alone at a tensor of formulas over keys: each with the tensor and the axis."""
        for one in (symbol for formula in formulas for symbol in symbols(formula)):
            own = one.by if isinstance(one, Partial) else one
            if (tensor := self.network.tensors.get(own.name)) is not None:
                axes = enumerate(own.index, -len(own.index))  # one sample's has no index for it
                yield from ((letter, tensor, axis) for axis, letter in axes if isinstance(letter, str))

    def extents(self, formula: Expr) -> dict[str, int]:
        """How far these letters run."""
        return {letter: tensor.shape[axis] for letter, tensor, axis in self.axes_read(formula)}

    def written_sizes(self, sizes: Mapping[str, int]) -> dict[str, str]:
        """How far letters run, as the file has it: a count, or the symbol that a count stands for."""
        return {letter: self._symbols.get(size, str(size)) for letter, size in sizes.items()}

    @cached_property
    def _symbols(self) -> dict[int, str]:
        """What stands for a count: the symbol of a size that is not known."""
        tensors = (one for one in self.network.tensors.values() if one.sizes)
        return {count: str(size) for one in tensors for count, size in zip(one.shape, one.sizes, strict=True)}


def _products(node: Expr) -> Expr | None:
    """x ln y as the product that it is; a sum of several terms as several sums."""
    match node:
        case Call() if isinstance(spelled := spelled_out(node), Mul):
            return reduce(mul, (transform(factor, _products) for factor in spelled.factors))
        case Call() if (divided := quotient_of(node)) is not None:
            return transform(divided, _products)
        case Sum(over, Add(terms)):
            return transform(Add(tuple(_summed(over, term) for term in terms)), _products)
        case _:
            return None


def _summed(over: str, term: Expr) -> Expr:
    return Neg(Sum(over, term.body)) if isinstance(term, Neg) else Sum(over, term)


def cell_content(tensor: Tensor, cell: Cell) -> Expr | None:
    """What a matrix has at a cell: an element under its name, a 0 or 1 of the formula, ``None`` without connection."""
    if cell in tensor.missing:
        return None
    if tensor.role == "constant":
        return Num(int((tensor.typed or {})[cell]))
    found = tensor.symbol((0, *cell) if tensor.sampled else cell)
    return Sym(found.name, found.index)

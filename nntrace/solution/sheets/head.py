"""The head of a sheet: the given numbers, and what a sheet calls whole tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, product, takewhile
from math import prod

from ...expr import Expr, Num, Sym
from ...network.classes import class_symbol
from ...network.model import Cell, Element, Network, Role, Tensor, own_number
from ...network.quantities import of_tensor
from ...trace.amount import fraction
from ..content.model import Matrix, Note, Quantities, Remark, Table
from ..formulas.element import Writer
from ..numbers.digits import Shown, exact_decimal
from ..steps.forward import SamplesLeftOut, listed_samples, more

MOST_CELLS = 64
MOST_COLUMNS = 24
MOST_NAMED, SHOWN_NAMED = 500, 60
"""Of more named numbers so many are shown."""
LARGEST_DENOMINATOR = 10_000


def given_blocks(writer: Writer) -> Iterator[Quantities | Matrix | Table | Remark]:
    """The given numbers: named ones side by side, tensors without names as matrices."""
    network = writer.network
    roles: tuple[Role, ...] = ("input", "parameter", "target", "factor")
    tensors = [tensor for role in roles for tensor in network.tensors.values() if tensor.role == role]
    named: dict[Sym, Element] = {}
    matrices: list[Matrix] = []
    samples = [tensor for tensor in tensors if tensor.sampled]
    if samples:
        yield sample_table(writer, samples)
    for tensor in tensors:
        if tensor.sampled:
            continue
        if tensor.names or not tensor.shape:
            for found in of_tensor(network, tensor):
                named.setdefault(found.symbol, found.uses[0])
        else:
            matrices.append(matrix(writer, tensor))
    count = len(named) if writer.full or len(named) <= MOST_NAMED else SHOWN_NAMED
    if named:
        given = ((symbol, as_given(writer, element)) for symbol, element in islice(named.items(), count))
        pairs = (((symbol,), ("≈ ", one.number) if one.rounded else (one.number,)) for symbol, one in given)
        yield Quantities(tuple(pairs))
    if count < len(named):
        yield more(len(named) - count)
    yield from matrices
    for key, tensor in network.tensors.items():
        for cell in tensor.overridden:
            element = Element(key, (0, *cell) if tensor.sampled else cell)
            shown = as_given(writer, element)
            why = " is given in place of its formula; gradients still pass through it"
            yield Remark((tensor.unmarked(element.cell), f" {shown.relation} ", shown.number, why))


def as_given(writer: Writer, element: Element) -> Shown:
    """A given number as it is shown: with all of its digits, or as the fraction that was typed."""
    amount = writer.trace.value(element)
    if amount.exact is None and (typed := writer.network.tensors[element.key].typed_number(element.cell)) is not None:
        amount = fraction(typed, typed=True)  # whole arrays are floats
    shown = writer.digits.show(amount)
    if amount.is_rounded_given:
        return Shown(shown.number, True)
    if shown.rounded and amount.exact is not None and (ending := exact_decimal(amount.exact)) is not None:
        return Shown(Num(ending), False)
    if shown.rounded and amount.exact is not None and amount.exact.denominator <= LARGEST_DENOMINATOR:
        return Shown(Num(amount.exact), False)
    return shown


def sample_table(writer: Writer, tensors: list[Tensor]) -> Table | Remark:
    """The samples, a row for each with its inputs and targets; of many the first and the last."""
    classes = [tensor for tensor in tensors if tensor.structural]
    tensors = [tensor for tensor in tensors if not tensor.structural]
    symbols = [
        (tensor, cell[1:], tensor.unmarked(cell))
        for tensor in tensors
        for cell in takewhile(lambda cell: cell[0] == 0, tensor.cells())
    ]
    count = writer.network.samples or 0
    if len(symbols) > MOST_COLUMNS and not writer.full:
        source = f" from {tensors[0].text}" if tensors[0].text else ""
        return Remark((f"{count} samples with {len(symbols)} numbers each{source}",))
    rounded = [False] * len(symbols)

    def cells(sample: int) -> Iterator[Expr]:
        for place, (tensor, cell, _) in enumerate(symbols):
            given = as_given(writer, Element(tensor.key, (sample, *cell)))
            rounded[place] |= given.rounded
            yield given.number
        yield from (_class(writer.network, tensor, sample) for tensor in classes)

    rows = sample_rows(writer, len(symbols) + len(classes), lambda sample: tuple((one,) for one in cells(sample)))
    titles = (
        *((symbol, " ≈") if about else (symbol,) for (_, _, symbol), about in zip(symbols, rounded, strict=True)),
        *((Sym(one.name or one.key),) for one in classes),
    )
    return Table((("sample",), *titles), rows)


def sample_rows(writer: Writer, columns: int, cells: Callable[[int], tuple[Note, ...]]) -> tuple[tuple[Note, ...], ...]:
    """A row for each sample that is shown, its number and the cells behind that, and one where some are left out."""
    rows: list[tuple[Note, ...]] = []
    for sample in listed_samples(writer):
        if isinstance(sample, SamplesLeftOut):
            rows.append(((sample.words,), *[()] * columns))
        else:
            rows.append(((str(own_number(writer.network.chosen, sample) + 1),), *cells(sample)))
    return tuple(rows)


def _class(network: Network, targets: Tensor, sample: int) -> Sym:
    """The output that is the class of a sample."""
    typed = targets.typed or {}
    chosen = next(cell for cell in targets.cells() if cell[0] == sample and typed[cell])
    layers = network.layer_steps()
    return class_symbol(network, network.tensors[layers[-1].output if layers else "x"], chosen)


def matrix(writer: Writer, tensor: Tensor) -> Matrix:
    """A tensor's numbers in rows, or only its shape and where it comes from where it is large."""
    name = Sym(tensor.name or tensor.key)
    count = prod(tensor.shape)
    where: Note = (f"from {tensor.text}",) if tensor.text else ()
    if count > MOST_CELLS and not writer.full:
        return Matrix(name, tensor.shape, (), where or (f"{count} numbers",))
    known = count <= MOST_CELLS and (tensor.decimal or (tensor.array is None and bool(tensor.typed)))
    if not (writer.trace.elementwise or tensor.missing or known):
        rounded = bool(writer.trace.arrays[tensor.key].any())  # a zero is one, wherever it comes from
        return Matrix(name, tensor.shape, writer.literals(tensor.key), where, rounded)
    shown = [
        [None if cell in tensor.missing else as_given(writer, Element(tensor.key, cell)) for cell in row]
        for row in _rows(tensor.shape)
    ]
    rows = tuple(tuple(None if one is None else one.number for one in row) for row in shown)
    return Matrix(name, tensor.shape, rows, where, any(one.rounded for row in shown for one in row if one is not None))


def _rows(shape: tuple[int, ...]) -> Iterator[list[Cell]]:
    """The cells of a vector or a matrix, row by row."""
    for before in product(*map(range, shape[:-1])):
        yield [(*before, place) for place in range(shape[-1])]


def tensor_names(network: Network) -> frozenset[str]:
    """The names that a sheet of this network has for whole vectors and matrices, their parts, and their gradients."""
    from ...network.apart import apart  # a format that has no bold letters never asks

    parts = apart(network)
    return _tensor_names(network) | (_tensor_names(parts) if parts is not network else frozenset())


def _tensor_names(network: Network) -> frozenset[str]:
    from ..formulas.layout import Layout

    formulas = Layout(network)
    keys = [key for key, tensor in network.tensors.items() if tensor.shape[1 if tensor.sampled else 0 :]]
    symbols = [formulas.name(key) for key in keys]
    if network.loss is not None:
        symbols += [name for key in keys if isinstance(name := formulas.gradient_name(key), Sym)]
    given = {network.tensors[key].name or key for key in keys}
    elements = {name for tensor in network.tensors.values() for name in tensor.names.values()}
    return frozenset(given | {symbol.name for symbol in symbols}) - elements

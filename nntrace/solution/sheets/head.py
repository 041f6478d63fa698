"""The head of a sheet: the given numbers, and the conventions behind everything that follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, takewhile
from math import prod
from typing import Any

from ...expr import Add, Div, Expr, HadamardPow, MatMul, Num, Ones, Sym, Whole, ln
from ...expr.bind import walk
from ...expr.functions import LOGARITHM, restricted
from ...expr.properties import has_kink
from ...network.model import WEIGHT, Element, Network, Role, Tensor
from ...network.quantities import of_tensor
from ...spec.model import Conventions
from ..content.model import Matrix, Note, Quantities, Remark, Section, Step, Table
from ..formulas.element import Writer
from ..numbers.digits import Shown, exact_decimal
from ..steps.forward import SamplesLeftOut, listed_samples, more

MOST_CELLS = 64
MOST_COLUMNS = 24
MOST_NAMED, SHOWN_NAMED = 500, 60
"""Of more named numbers so many are shown."""
LARGEST_DENOMINATOR = 10_000


def given_blocks(writer: Writer) -> Iterator[Quantities | Matrix | Table | Remark]:
    """Inputs, parameters and targets: named numbers side by side, tensors without names as matrices."""
    network = writer.network
    roles: tuple[Role, ...] = ("input", "parameter", "target")
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
    shown = len(named) if writer.full or len(named) <= MOST_NAMED else SHOWN_NAMED
    if named:
        pairs = ((symbol, as_given(writer, element).number) for symbol, element in islice(named.items(), shown))
        yield Quantities((), tuple(pairs))
    if shown < len(named):
        yield more(len(named) - shown)
    yield from matrices
    for key, tensor in network.tensors.items():
        for cell in tensor.overridden:
            element = Element(key, (0, *cell) if tensor.sampled else cell)
            name, number = (
                Sym(tensor.symbol(element.cell).name, tensor.symbol(element.cell).index),
                as_given(writer, element),
            )
            yield Remark((name, " = ", number.number, " is given in place of its formula; gradients go on through it"))


def as_given(writer: Writer, element: Element) -> Shown:
    """A given number as it is shown: with all of its digits, or as the fraction that was typed."""
    amount = writer.trace.value(element)
    shown = writer.digits.show(amount)
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
        (tensor, cell[1:], Sym(tensor.symbol(cell).name, tensor.symbol(cell).index))
        for tensor in tensors
        for cell in takewhile(lambda cell: cell[0] == 0, tensor.cells())
    ]
    count = writer.network.samples or 0
    if len(symbols) > MOST_COLUMNS and not writer.full:
        source = f" from {tensors[0].text}" if tensors[0].text else ""
        return Remark((f"{count} samples with {len(symbols)} numbers each{source}",))
    rows: list[tuple[Note, ...]] = []
    rounded = [False] * len(symbols)
    for sample in listed_samples(writer):
        if isinstance(sample, SamplesLeftOut):
            rows.append(((sample.words,), *[()] * (len(symbols) + len(classes))))
            continue
        given = [as_given(writer, Element(tensor.key, (sample, *cell))) for tensor, cell, _ in symbols]
        rounded = [before or one.rounded for before, one in zip(rounded, given, strict=True)]
        named = [_class(writer.network, tensor, sample) for tensor in classes]
        rows.append(((str(sample + 1),), *((one.number,) for one in given), *((name,) for name in named)))
    marks = (" ≈" if one else "" for one in rounded)
    titles = (
        *((symbol, mark) if mark else (symbol,) for (_, _, symbol), mark in zip(symbols, marks, strict=True)),
        *((Sym(one.name or one.key),) for one in classes),
    )
    return Table((("sample",), *titles), tuple(rows))


def _class(network: Network, targets: Tensor, sample: int) -> Sym:
    """The output that is the class of a sample."""
    typed = targets.typed or {}
    chosen = next(cell for cell in targets.cells() if cell[0] == sample and typed[cell])
    layers = network.layer_steps()
    symbol = network.symbol(Element(layers[-1].output if layers else "x", chosen))
    return Sym(symbol.name, symbol.index)


def matrix(writer: Writer, tensor: Tensor) -> Matrix:
    """A tensor's numbers in rows, or only its shape and where it comes from where it is large."""
    name = Sym(tensor.name or tensor.key)
    count = prod(tensor.shape)
    where: Note = (f"from {tensor.text}",) if tensor.text else ()
    if count > MOST_CELLS and not writer.full:
        return Matrix(name, tensor.shape, (), where or (f"{count} numbers",))
    columns = tensor.shape[-1] if tensor.shape else 1
    if not writer.trace.elementwise and not tensor.missing:
        return Matrix(name, tensor.shape, writer.literals(tensor.key), where, rounded=True)
    rows = []
    rounded = False
    for row in range(tensor.shape[0] if len(tensor.shape) == 2 else 1):
        cells: list[Expr | None] = []
        for column in range(columns):
            cell = (row, column) if len(tensor.shape) == 2 else (column,) if tensor.shape else ()
            if cell in tensor.missing:
                cells.append(None)
                continue
            shown = as_given(writer, Element(tensor.key, cell))
            cells.append(shown.number)
            rounded = rounded or shown.rounded
        rows.append(tuple(cells))
    return Matrix(name, tensor.shape, tuple(rows), where, rounded)


def tensor_names(network: Network) -> frozenset[str]:
    """The names that a sheet of this network has for whole vectors and matrices, and for their gradients."""
    from ..formulas.tensor import TensorFormulas  # a format that has no bold letters never asks

    formulas = TensorFormulas(network)
    keys = [key for key, tensor in network.tensors.items() if tensor.shape[1 if tensor.sampled else 0 :]]
    symbols = [formulas.name(key) for key in keys]
    if network.loss is not None:
        symbols += [name for key in keys if isinstance(name := formulas.gradient_name(key), Sym)]
    given = {network.tensors[key].name or key for key in keys}
    elements = {name for tensor in network.tensors.values() for name in tensor.names.values()}
    return frozenset(given | {symbol.name for symbol in symbols}) - elements


def convention_values(conventions: Conventions) -> dict[str, Any]:
    """The conventions in the form that a network file gives them."""
    rounding: Any = "full"
    if conventions.rounding.places is not None:
        places: Any = conventions.rounding.places
        rounding = {"carry": {"significant": places} if conventions.rounding.significant else places}
        if conventions.rounding.at_least != 3 and not conventions.rounding.significant:
            rounding["at_least"] = conventions.rounding.at_least
    return {
        "vectors": conventions.vectors,
        "relu_at_zero": conventions.relu_at_zero,
        "log": conventions.log,
        "rounding": rounding,
        **({"digits": conventions.digits} if conventions.decimals is None else {"decimals": conventions.decimals}),
    }


FULL_PRECISION = "full precision inside"


def agreed(
    network: Network,
    sections: Iterable[Section],
    matrices: bool = False,
    slopes: bool = True,
    updating: bool = False,
    inside: str = FULL_PRECISION,
) -> tuple[Note, ...]:
    """The conventions that a sheet uses, in sentences: on a matrix where it has one, on kinks where it has ``slopes``
    and something bends, on logarithms where a formula has one.

    ``matrices``: with those of the matrix form, in the ``sections``; ``updating``: of a training step. ``inside``: with
    what precision numbers are computed.
    """
    conventions = network.conventions
    has_matrix = any(len(one.sample_shape) > 1 and not one.names for one in network.tensors.values())
    derived = [step.operation for step in network.steps if step.edges] if slopes else []
    bends = any(has_kink(one.formula, one.arguments) for one in derived)
    formulas = [step.operation.sheet_formula for step in network.steps]
    has_logarithm = any(
        (found := restricted(node)) is not None and found[0] == LOGARITHM for one in formulas for node in walk(one)
    )
    by_columns = conventions.vectors == "columns"
    factors = (_W, _X) if by_columns else (_X, _W)
    product: Note = (Add((MatMul(factors), _B)), f", one row of W for each {'unit' if by_columns else 'input'})")
    slope = "right" if conventions.relu_at_zero else "left"
    logarithm: Note = ("ln is the natural logarithm",)
    if conventions.log != "e":
        logarithm = ("losses divide ln by ", ln(Num(int(conventions.log))))
    per_step = network.samples_per_step
    some: tuple[Note, ...] = ()
    if per_step is not None and not updating:
        some = ((f"samples_per_step: {per_step} (for a training step; this sheet takes all {network.samples})",),)
    elif per_step is not None:
        takes = "next sample, whose loss alone is" if per_step == 1 else f"next {per_step} samples, whose loss alone is"
        some = ((f"samples_per_step: {per_step} (an iteration takes the {takes} its loss)",),)
    return (
        *([(f"vectors: {conventions.vectors} (", *product)] if matrices or has_matrix else []),
        *([(f"relu_at_zero: {conventions.relu_at_zero} (at a kink the {slope} slope)",)] if bends else []),
        *([(f"log: {conventions.log} (", *logarithm, ")")] if has_logarithm else []),
        (_rounding_words(conventions, inside),),
        *(((_weight_words(network),),) if WEIGHT in network.tensors else ()),
        *some,
        *(_matrix_words(sections) if matrices else ()),
    )


_W, _X, _B = (Whole(Sym(name), None, None) for name in "Wxb")
_MATRICES = (
    "matrices: products first, then ⊙ and ⊘ (element by element), then + and -; functions, and a number beside a "
    "matrix, go to each element"
)


def _matrix_words(sections: Iterable[Section]) -> Iterator[Note]:
    """How matrix lines are read: their order, and what a column of ones and a power of each element are."""
    written = [node for node in _expressions(sections) if isinstance(node, Ones | HadamardPow)]
    sizes = sorted({node.over for node in written if isinstance(node, Ones)}, key="1".__eq__)
    ones: Note = ()
    if sizes:
        ones = ("; ", Ones(sizes[0]), f" is a column of {sizes[0]} {'one' if sizes[0] == '1' else 'ones'}")
    yield (_MATRICES, *ones)
    if power := next((node for node in written if isinstance(node, HadamardPow)), None):
        yield (power, " is the power of each element")


def _expressions(sections: Iterable[Section]) -> Iterator[Expr]:
    """Every expression of the steps' lines, and every one inside it."""
    blocks = (block for section in sections for block in section.blocks)
    return (node for block in blocks if isinstance(block, Step) for line in block.lines for node in walk(line.body))


def _weight_words(network: Network) -> str:
    """How the losses of samples that count by their class are put together."""
    if network.samples is None:
        return f"class_weights: the sample's loss times {WEIGHT}, the weight of its class"
    mean = any(isinstance(step.operation.formula, Div) for step in network.steps if WEIGHT in step.arguments)
    divided = f"divided by the sum of the {WEIGHT}" if mean else "added up"
    return f"class_weights: each sample's loss times {WEIGHT}, the weight of its class, {divided}"


def _rounding_words(conventions: Conventions, inside: str) -> str:
    rule = conventions.rounding
    if conventions.bounded:
        asked = f"{conventions.digits} digits" if conventions.decimals is None else f"{conventions.decimals} decimals"
        return f"rounding: full ({inside}; every computed number rounded to {asked}, marked ≈)"
    if rule.places is None:
        return (
            f"rounding: full ({inside}; exact decimals to 10 digits, others rounded to {conventions.digits}, marked ≈)"
        )
    digits = "significant digits" if rule.significant else "decimals"
    least = f", at least {rule.at_least} significant digits" if rule.at_least and not rule.significant else ""
    return (
        f"rounding: carry (every numbered result is rounded to {rule.places} {digits}{least},"
        " half away from zero, before it is used again; ≈ where a step rounds)"
    )

"""The gradient of a loss that is not known: ∂L/∂output is given, one number for each output.

What is differentiated is Σ upstream × output, which has that gradient. Its value is not the loss's, and no sheet
shows it.
"""

from __future__ import annotations

from fractions import Fraction

from ...catalogue import Operation
from ...errors import counted, shape_text
from ...expr import Indexed, Sum, Sym
from ...spec.model import File, Items, Number, Place, Value
from ...spec.problems import Problems
from ..batch import SAMPLE, sized
from ..model import UPSTREAM, BoundOperation, Cell, Edge, Tensor
from .leaves import Leaves

GIVEN, LOSS = "g", "L"

_g, _y = Indexed("g"), Indexed("y")
SINGLE = Operation(Sym(LOSS), Sum("k", _g["k"] * _y["k"]))
BATCH = Operation(Sym(LOSS), Sum(SAMPLE, Sum("k", _g[SAMPLE, "k"] * _y[SAMPLE, "k"])))


def upstream(
    value: Value, current: Tensor, samples: int | None, leaves: Leaves, problems: Problems
) -> tuple[list[Tensor], BoundOperation]:
    """The given gradients and the loss as tensors, and the step that leads from the outputs to the loss."""
    size = current.shape[-1]
    if samples is None and isinstance(value, Items) and any(isinstance(item, Items) for item in value.items):
        problems.add(value.place, "rows of upstream gradients, and no samples", "give a single list: [0.5, -1.0]")
        given = Tensor(GIVEN, GIVEN, current.shape, "target", typed={})
    elif samples is None:
        given = leaves.vector(value, GIVEN, GIVEN, "target")
    else:
        given = _of_samples(value, (samples, size), leaves, problems)
    if given.shape[-1:] != (size,) or len(given.shape) != len(current.shape):
        outputs = counted(leaves.sizes.label(size), "output")
        message = f"there are {given.shape[-1]} upstream gradients for {outputs}"
        problems.add(value.place, message, "give one number for each element of the last result")
        given = given._replace(shape=current.shape, array=None, typed={})
    operation = SINGLE if samples is None else BATCH
    sizes, keys = sized({"k": size}, samples), {"g": GIVEN, "y": current.key}
    step = BoundOperation(UPSTREAM, operation, LOSS, keys, sizes, (Edge(operation, "y"),), operation.formula)
    return [given, Tensor(LOSS, LOSS, (), "loss", {(): LOSS})], step


def _of_samples(value: Value, shape: tuple[int, int], leaves: Leaves, problems: Problems) -> Tensor:
    """One row for each sample."""
    tensor = Tensor(GIVEN, GIVEN, shape, "target", typed={}, sampled=True)
    remedy = "give one row for each sample: [[0.5, -1.0], [0.25, 0.0]]"
    count = leaves.sizes.label(shape[0])
    if isinstance(count, str):
        message = f"upstream gradients have numbers, and how many samples there are is a symbol, {count}"
        problems.add(value.place, message, "give the samples' number, as in samples: {size: 2}, or a loss")
        return tensor
    if isinstance(value, File):
        read = leaves.read(value)
        array = None if read is None else read.array
        leaves.names.integers = False
        if array is not None and array.shape != shape:
            wanted = f"{count}×{leaves.sizes.label(shape[1])}"
            problems.add(value.place, f"the upstream gradients are {shape_text(array.shape)}, not {wanted}", remedy)
            array = None
        untyped: dict[Cell, Fraction] | None = {} if array is None else None
        return tensor._replace(array=array, typed=untyped, text=value.path, file_place=value.place)
    if not isinstance(value, Items) or len(value.items) != shape[0]:
        problems.add(value.place, f"the upstream gradients are no list of {shape[0]} rows", remedy)
        return tensor
    typed: dict[Cell, Fraction] = {}
    places: dict[Cell, Place] = {}
    for sample, row in enumerate(value.items):
        numbers = [item for item in row.items if isinstance(item, Number)] if isinstance(row, Items) else []
        if len(numbers) != shape[1] or not isinstance(row, Items) or len(row.items) != shape[1]:
            problems.add(row.place, f"this row is no list of {leaves.sizes.label(shape[1])} numbers", remedy)
            continue
        for cell, number in enumerate(numbers):
            typed[sample, cell], places[sample, cell] = number.value, number.place
            leaves.names.count(number)
    return tensor._replace(typed=typed, places=places)

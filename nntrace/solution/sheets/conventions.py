"""The conventions behind everything on a sheet: as a file gives them, and those that it uses in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...catalogue import Operation, find
from ...errors import counted
from ...expr import ZERO, Add, Div, Expr, HadamardPow, MatMul, Num, Ones, Rest, Sym, Whole, ln, simplify
from ...expr.bind import walk
from ...expr.functions import LOGARITHM, restricted
from ...expr.properties import has_kink
from ...network.model import WEIGHT, BoundOperation, Network
from ...spec.model import Conventions
from ..content.model import Note, Section, Step
from ..formulas.naming import Naming


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
    cut: bool = False,
) -> tuple[Note, ...]:
    """The conventions that a sheet uses, in sentences: on a matrix where it has one, on kinks where it has ``slopes``
    and something that the gradient comes to bends, on logarithms where a formula has one.

    ``matrices``: with those of the matrix form, in the ``sections``; ``updating``: of a training step. ``inside``: with
    what precision numbers are computed; ``cut``: long sums are.
    """
    conventions = network.conventions
    has_matrix = any(len(one.sample_shape) > 1 and not one.names for one in network.tensors.values())
    reached = network.reached() if slopes else ()
    bends = any(_bends(step, conventions.relu_at_zero) for step in network.steps if step.output in reached)
    formulas = [step.operation.sheet_formula for step in network.steps]
    has_logarithm = any(
        (found := restricted(node)) is not None and found[0] == LOGARITHM for one in formulas for node in walk(one)
    )
    by_columns = conventions.vectors == "columns"
    factors = (_W, _X) if by_columns else (_X, _W)
    product: Note = (Add((MatMul(factors), _B)), ", one row of ", _W, f" for each {'unit' if by_columns else 'input'})")
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
        *(_held_fixed(network) if slopes else ()),
        *(((_weight_words(network),),) if WEIGHT in network.tensors else ()),
        *some,
        *(_matrix_words(sections) if matrices else ()),
        *([(_CUT,)] if cut and any(isinstance(node, Rest) for node in _formulas(sections)) else []),
    )


def _held_fixed(network: Network) -> Iterator[Note]:
    """What the loss reads beside the way of its gradient: the result of the step in Rosenblatt's rule."""
    for step in (one for one in network.loss_steps() if one.edges and not one.bypassed):
        ways = {edge.argument for edge in step.edges}
        for argument, key in step.arguments.items():
            if argument not in ways and network.tensors[key].role == "unit":
                naming = Naming(network)
                loss, fixed = (Sym(naming.tensor(one).name) for one in (step.output, key))
                yield (fixed, " is held fixed in ", loss, ": no gradient goes through it")


def _bends(step: BoundOperation, kink: int) -> bool:
    """Whether the convention may decide about a slope of a step; the catalogue's losses and penalties have their own at
    a corner, or none, unless a slope there is that of a side."""
    operation = step.operation
    if not step.edges or not has_kink(operation.formula, operation.arguments) or _is_flat(operation):
        return False
    if not step.is_penalty and not find("loss", step.kind):
        return True
    from ..formulas.kinks import has_sided_kink  # few losses have a kink

    by = (operation.argument(edge.argument) for edge in step.edges)
    return any(has_sided_kink(operation.formula, one, kink) for one in by)


def _is_flat(operation: Operation) -> bool:
    """Whether its derivative is taken as 0 everywhere: no slope at a kink then counts."""
    declared = operation.declared.values()
    return bool(declared) and all(simplify(forms[-1].form) == ZERO for forms in declared)


_W, _X, _B = (Whole(Sym(name), "j", "i") for name in "Wxb")
_MATRICES = (
    "matrices: products first, then ⊙ and ⊘ (element by element), then sums; functions, and a number beside a "
    "matrix, go to each element"
)


def _matrix_words(sections: Iterable[Section]) -> Iterator[Note]:
    """How matrix lines are read: their order, and what a column of ones and a power of each element are."""
    nodes = [node for node in _expressions(sections) if isinstance(node, Ones | HadamardPow)]
    sizes = sorted(dict.fromkeys(node.over for node in nodes if isinstance(node, Ones)), key="1".__eq__)
    ones: Note = ()
    if sizes:
        ones = ("; ", Ones(sizes[0]), f" is a column of {sizes[0]} {'one' if sizes[0] == '1' else 'ones'}")
    yield (_MATRICES, *ones)
    if power := next((node for node in nodes if isinstance(node, HadamardPow)), None):
        yield (power, " is the power of each element")


_CUT = "cut: of a long sum the middle, of many paths the smaller ones (… n more; --full writes them all)"


def _formulas(sections: Iterable[Section]) -> Iterator[Expr]:
    """The formula of every step, and every expression inside it."""
    steps = (block for section in sections for block in section.blocks if isinstance(block, Step))
    first = (next(line for line in step.lines if line.left is None) for step in steps)
    return (node for line in first for node in walk(line.body))


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
        decimals = conventions.decimals
        asked = counted(conventions.digits, "digit") if decimals is None else counted(decimals, "decimal")
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

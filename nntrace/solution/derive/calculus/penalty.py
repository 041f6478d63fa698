"""The penalty's gradient by each tensor that it is on."""

from __future__ import annotations

from collections.abc import Iterator

from ....expr import Expr, Partial, Sym
from ....expr.constants import shortened
from ....expr.letters import index_letters
from ....network.model import PENALTY, BoundOperation
from ...formulas.kinks import kink_note
from ...formulas.lettering import LETTERS
from ..naming.symbols import Symbols
from ..steps import REORDERED, Form, IndexFormula, Part, index_lines, joined
from .jacobians import derivative

PLACES = "ij"
"""The index letters of a parameter's places, from the last to the first."""


def penalty_gradients(symbols: Symbols, step: BoundOperation) -> Iterator[Part]:
    """∂penalty/∂tensor for each tensor, in index notation."""
    formula = symbols.formulas.keyed(step.operation.formula, step)
    kink = symbols.network.conventions.relu_at_zero
    for edge in step.edges:
        key = edge.argument
        by = Sym(key, _letters_of(len(symbols.network.tensors[key].shape), formula))
        derived, rules = derivative(symbols, formula, by)
        short, used = shortened(derived)
        forms = [Form(derived, rules), Form(short, joined(used) or REORDERED)]
        name = Partial(symbols.tensor(Sym(PENALTY)), symbols.tensor(by))
        corner = kink_note(formula, by, kink, "a")
        yield Part(name, index_lines(symbols, forms), {key}, corner, IndexFormula(short, (by,)))


def _letters_of(count: int, formula: Expr) -> tuple[str, ...]:
    """Letters for the places of a parameter: i of a vector, j and i of a matrix."""
    used = set(index_letters(formula)) if count > len(PLACES) else set()
    return tuple([*PLACES, *(letter for letter in LETTERS if letter not in {*PLACES, *used})][:count][::-1])

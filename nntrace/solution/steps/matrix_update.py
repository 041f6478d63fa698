"""The update between whole matrices: each line of the optimizer for a parameter that is one matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from ...catalogue.update_rule import g, w
from ...expr import Expr, Partial, Sym, Whole, rename
from ...expr.bind import transform
from ...expr.matrices import Axes, matrix_form
from ...network.chain_rule import LOSS
from ...network.model import Cell, Element
from ...trace.amount import Amount
from ...trace.update import Update, named
from ..content.model import Step
from ..formulas.naming import Naming
from .matrix import MatrixForms
from .matrix_equation import MatrixEquation
from .update import line_id, of_parameter


def matrix_updates(forms: MatrixForms, update: Update) -> Iterator[Step]:
    """The lines of the optimizer for every parameter that is one matrix."""
    naming = Naming(update.before.network)
    for key in forms.updates.network.parameters:
        if forms.is_updated(key):
            yield from _lines(forms, key, naming.tensor(key), update)


def _lines(forms: MatrixForms, key: str, parameter: Sym, update: Update) -> Iterator[Step]:
    before = update.before
    tensor = before.network.tensors[key]
    indices = tuple(f"i{place}" for place in range(len(tensor.shape)))
    sizes = dict(zip(indices, tensor.shape, strict=True))
    axes = forms.updates.formulas.laid_out(key, indices)
    own = {symbol: of_parameter(symbol, parameter) for symbol in update.rule.own}
    there = before.ahead is before
    element = Sym(key, indices)
    meant: dict[Expr, Expr] = {w: element if there else Sym(parameter.name, indices), g: Partial(LOSS, element)}
    meant |= {symbol: Sym(name.name, indices, name.mark) for symbol, name in own.items()}

    def laid_out(symbol: Sym | Partial) -> Axes:
        return axes if symbol in meant.values() else (None, None)

    def number_of(node: Expr) -> Expr | None:
        """What all parameters share is a number beside the matrices."""
        return node.symbol if isinstance(node, Whole) and node.symbol not in meant.values() else None

    def value(symbol: Sym, cell: Cell) -> Amount:
        return update.result(symbol, Element(key, cell))

    def old(cell: Cell) -> Amount:
        return before.value(Element(key, cell))

    matrices: dict[str, Callable[[Cell], Amount]] = {
        name.name + name.mark: partial(value, symbol) for symbol, name in own.items()
    }
    if not there:  # the parameters of the point ahead have other names
        matrices[parameter.name] = old
    counts = {symbol.name: count for symbol, count in update.counts.items()}
    equations = forms.updates.knowing(forms.updates.writer.knowing(named(update.common(key)), counts), matrices)
    for place, (symbol, formula) in enumerate(update.rule.lines):
        body = matrix_form(rename(formula, lambda symbol: meant.get(symbol, symbol)), axes, laid_out)
        assert body is not None  # it goes element by element
        body = transform(body, number_of)
        name = own.get(symbol) or Sym(parameter.name, (), symbol.mark)
        equation = MatrixEquation(name, body, sizes, axes, indices, partial(value, symbol))
        step = equations.step(forms.ids[f"U{key}"], "update", equation)
        yield step._replace(id=line_id(step.id, place, len(update.rule.lines)))

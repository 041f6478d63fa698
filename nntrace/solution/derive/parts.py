"""The steps of a derivation: an equation in index notation, or between whole matrices with their shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from ...expr import Expr, Hadamard, MatMul, Partial, Sym, Transpose, Whole, at, substitute
from ...network.quantities import Quantity
from ..model import Line, Note
from ..shapes import shapes
from .symbols import Symbols


class Meant(NamedTuple):
    """Which numbers of the network a step is about: of a tensor its ``value`` or ``gradient``, or as the result its
    ``jacobian`` by one of its step's arguments. ``indexed``: of a step in index notation."""

    key: str
    kind: Literal["value", "gradient", "jacobian"]
    argument: str = ""
    indexed: bool = False


class Indexed(NamedTuple):
    """A step in index notation by its formula over keys, whose name has the indices of the symbols ``over``.

    ``apart``: two indices that differ; ``chosen``: the one that is the right class.
    """

    formula: Expr
    over: tuple[Sym, ...]
    apart: tuple[str, str] | None = None
    chosen: str | None = None


class Part(NamedTuple):
    """A step before it has its number: its name, its lines, and the tensors that it is about.

    Without lines it is a remark. ``whole`` are the numbers that it gives, or ``indexed`` has the formula of these;
    ``element`` is the one that it is a gradient by, ``value`` the number where it is no number of the network's own.
    ``aside``: asked for besides what a derivation has, it takes no number from the steps after it. ``after`` has the
    equations of other quantities that follow it.
    """

    name: Expr
    lines: tuple[Line, ...]
    keys: set[str]
    reason: Note = ()
    whole: Meant | None = None
    indexed: Indexed | None = None
    element: Quantity | None = None
    value: float | None = None
    aside: bool = False
    after: tuple[Line, ...] = ()


def index_step(
    symbols: Symbols,
    name: Expr,
    forms: list[Expr],
    *,
    chain: Expr | None = None,
    notes: Mapping[int, Note] = {},
    keys: set[str],
    reason: Note = (),
    whole: Meant | None = None,
    over: tuple[Sym, ...] = (),
    apart: tuple[str, str] | None = None,
    chosen: str | None = None,
) -> Part:
    """name = chain = form = form …, each form over keys; a form that repeats the one before it is left out.

    Its numbers are what is meant by ``whole``, or those of the last form over the symbols ``over``.
    """
    lines = [Line("chain", "=", chain)] if chain is not None else []
    before: Expr | None = None
    for place, form in enumerate(forms):
        own = notes.get(place, ())
        if form != before:
            written = symbols.named(form, symbols.sizes(form))
            lines.append(Line("rule", "=", written, (own,) if own and own != ("",) else ()))
        before = form
    indexed = Indexed(forms[-1], over, apart, chosen) if over else None
    return Part(name, tuple(lines), keys, reason, whole, indexed)


def matrix_step(symbols: Symbols, key: str) -> Part | None:
    """∂L/∂tensor between whole matrices, with the shapes; ``None`` where it has no matrix form."""
    formulas = symbols.formulas
    found = formulas.gradient(key)
    axes = formulas.laid_out(key, found.indices)
    body = formulas.matrix(found.formula, axes) if formulas.has_matrix(key) else None
    if body is None:
        return None
    sizes = symbols.sizes(found.formula, Sym(key, found.indices))
    forms = [body]
    opened = _opened(symbols, body)
    if opened is not None:
        forms.append(opened[0])
        sizes = {**symbols.sizes(opened[1]), **sizes}

    def written(index: str | None) -> str:
        return "1" if index is None else sizes[index]

    name = symbols.gradient(key, ())
    lines = [] if isinstance(name, Partial) else [Line("chain", "=", symbols.partial(key, ()))]
    for form in forms:
        note: tuple[Note, ...] = (shapes(form, axes, written),) if form is forms[-1] else ()
        lines.append(Line("rule", "=", symbols.named(form, sizes), note))
    by_jacobian = _by_jacobian(symbols, key)
    lines += (line for line in by_jacobian if line.left is None)
    after = tuple(line for line in by_jacobian if line.left is not None)
    return Part(name, tuple(lines), {key}, (), Meant(key, "gradient"), after=after)


def _by_jacobian(symbols: Symbols, key: str) -> list[Line]:
    """The gradient by a Jacobian that has a name: ∂L/∂a1 = δ1ᵀ δ0; in a batch for each sample.

    Where the tensor is read elsewhere too (a penalty's), or by all samples, that is not all of its gradient.
    """
    batch = symbols.network.samples is not None
    if len(symbols.formulas.readers[key]) > 1 or (batch and not symbols.network.tensors[key].sampled):
        return []
    for result, argument in symbols.jacobians:
        label = symbols.jacobian(result, argument)
        if argument == key and label is not None:
            behind = Whole(symbols.whole_gradient(result), "j", None)
            jacobian = Whole(label, "j", "i")
            columns = symbols.network.conventions.vectors == "columns"
            body = MatMul((Transpose(jacobian), behind) if columns else (behind, jacobian))
            return [Line("rule", "=", body, left=symbols.whole_gradient(key) if batch else None)]
    return []


def _opened(symbols: Symbols, body: Expr) -> tuple[Expr, Expr] | None:
    """An activation's gradient with ∂L/∂result written in: W2ᵀ δ2 ⊙ relu′(z1) for ∂L/∂a1 ⊙ relu′(z1).

    The second expression is what was written in, in index notation.
    """
    if not isinstance(body, Hadamard):
        return None
    for factor in body.factors:
        match factor:
            case Whole(Partial(_, by), down, across):
                own = symbols.formulas.gradient(by.name)
                formula = at(own.formula, dict(zip(own.indices, by.index, strict=True)))
                inner = symbols.formulas.matrix(formula, (down, across))
                if isinstance(inner, MatMul):
                    return substitute(body, {factor: inner}), formula
    return None

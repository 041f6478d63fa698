"""The formulas that can overflow or divide by zero, of one sample, with the safe ones that equal them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ....catalogue import Same
from ....expr import Div, Expr, Mul, Neg, Sum, Sym, at
from ....expr.bind import transform, walk
from ....expr.functions import row_of
from ....network.batch import SAMPLE
from ....network.model import BoundOperation
from ..calculus.loss import LossGradient
from ..naming.symbols import Symbols


class Formula(NamedTuple):
    """A formula that can fail, in ``z[j]``, ``y[k]`` and ``t[k]``, and its equals.

    ``name`` is what the formula gives, as a derivation writes it; ``of`` the result whose elements are tried with
    numbers, by ``letter``; of a loss ``None``, as ``name`` is what one output adds to it. ``safe`` does not overflow;
    its ``equal`` forms lead back to the plain formula. ``inner`` is the safe formula of ``y``, where that is read.
    """

    name: Sym
    of: Sym | None
    letter: str
    plain: Expr
    safe: Expr | None
    equal: tuple[Same, ...]
    keys: Mapping[str, str]
    together: bool
    inner: Expr | None = None


def of_activation(symbols: Symbols, step: BoundOperation) -> Formula:
    """An activation's element by its formula for one sample."""
    operation = step.operation
    name = symbols.tensor(Sym(step.output, ("j",)))
    safe = _inlined(step) if operation.stable is not None else None
    equal = tuple(one._replace(form=_single(one.form)) for one in operation.equal)
    keys = {"z": step.arguments["z"]}
    return Formula(name, name, "j", _single(operation.formula), safe, equal, keys, not operation.is_elementwise)


def of_loss(symbols: Symbols, loss: LossGradient) -> Formula:
    """What one output adds to the loss, from the logits where the loss cancels against an activation."""
    keys = {"t": str(loss.targets), "y": loss.output}
    own = {key: symbol for symbol, key in keys.items()}
    part = at(_summand(_single(rekeyed(loss.formula(), own))), {loss.running: "k"})
    name = Sym(symbols.loss.name, ("k",))
    last = next((step for step in symbols.layers() if step.output == loss.output), None)
    if not loss.fused or last is None:
        return Formula(name, None, "k", part, None, (), keys, False)
    fused = next(edge.operation for edge in loss.step.edges if edge.argument == "z")
    program = _program(last)
    keys["z"] = last.arguments["z"]
    inner = _inlined(last) if last.operation.stable is not None else _single(last.operation.formula)

    def written(form: Expr) -> Expr:
        return _written_in(_summand(_single(form)), program)

    back = Same("by its definition", part)
    equal = (*(one._replace(form=written(one.form)) for one in fused.equal), back)
    safe = written(fused.formula)
    return Formula(name, None, "k", part, safe, equal, keys, not last.operation.is_elementwise, inner)


def has_exponential(step: BoundOperation) -> bool:
    """Whether an activation reads an exponential or a logarithm of its argument."""
    rows = filter(None, map(row_of, walk(step.operation.formula)))
    return any(row.overflows or (row.domain is not None and row.domain.pole) for row in rows)


def rekeyed(form: Expr, names: Mapping[str, str]) -> Expr:
    """A formula with its tensors called by other names."""

    def leaf(node: Expr) -> Expr | None:
        return Sym(names[node.name], node.index) if isinstance(node, Sym) and node.name in names else None

    return transform(form, leaf)


def _summand(node: Expr) -> Expr:
    """What one output adds to a loss that is a sum or a mean over k."""
    match node:
        case Sum(_, body):
            return body
        case Neg(body):
            return Neg(_summand(body))
        case Mul((Div(), summed)):
            return _summand(summed)
        case Div(Sum() | Neg(Sum()) as summed, bottom):
            return Div(_summand(summed), bottom)
        case _:
            return node


def _single(node: Expr) -> Expr:
    """A formula of a batch for one sample: without the sample's index."""
    match node:
        case Sum(over, body) if over == SAMPLE:
            return _single(body)

    def leaf(part: Expr) -> Expr | None:
        if isinstance(part, Sym) and SAMPLE in part.index:
            return Sym(part.name, tuple(index for index in part.index if index != SAMPLE), part.mark)
        return None

    return transform(node, leaf)


def _program(step: BoundOperation) -> dict[str, tuple[Sym, Expr]]:
    """The lines that an activation works out first, for one sample, all but the maximum."""
    found = {}
    for symbol, formula, *_ in step.operation.program:
        single = _single(symbol)
        assert isinstance(single, Sym)
        if single.name != "m":
            found[single.name] = (single, _single(formula))
    return found


def _inlined(step: BoundOperation) -> Expr:
    """The safe formula of an activation with the lines of its program written in."""
    assert step.operation.stable is not None
    return _written_in(_single(step.operation.stable), _program(step))


def _written_in(form: Expr, program: Mapping[str, tuple[Sym, Expr]]) -> Expr:
    """The lines' formulas in place of their symbols, at whatever index these are read."""

    def leaf(part: Expr) -> Expr | None:
        if isinstance(part, Sym) and part.name in program:
            symbol, formula = program[part.name]
            return _written_in(at(formula, dict(zip(map(str, symbol.index), part.index, strict=True))), program)
        return None

    return transform(form, leaf)

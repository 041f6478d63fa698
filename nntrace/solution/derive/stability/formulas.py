"""The formulas that can overflow or divide by zero, of one sample, with the safe ones that equal them."""

from __future__ import annotations

from collections.abc import Iterable

from ....catalogue import Same
from ....expr import Condition, Div, Expr, Max, Mul, Neg, Sum, Sym, at
from ....expr.bind import transform, walk
from ....expr.functions import row_of
from ....expr.index import Segment
from ....expr.letters import written_indices
from ....network.batch import SAMPLE
from ....network.model import BoundOperation
from ....record import Record
from ...content.model import Note
from ...formulas.naming import of_sample
from ..calculus.loss import LossGradient
from ..calculus.loss_formula import outermost
from ..naming.symbols import Symbols
from ..steps import Form, Part

CLASS = "k"
"""The index of the output whose part of a loss is tried."""


class Largest(Record):
    """A symbol of a safe formula that is the largest of some values over an index, ``body``."""

    symbol: Sym
    over: str
    body: Expr


class Formula(Record):
    """A formula over keys that can fail, and its equals.

    ``name`` is what the formula gives, as a derivation writes it; ``of``, over keys, the result whose elements are
    tried with numbers, by ``letter``; of a loss ``None``, as ``name`` is one output's term in it, or where it
    ``is_joint`` the loss of one sample. ``argument``, ``output`` and ``target`` are the keys of what gets numbers.
    ``safe`` does not overflow; its ``equal`` forms lead back to the plain formula. ``inner`` is the safe formula of the
    output, where that is read. ``together``: all elements of the argument are read by each result.
    """

    name: Sym
    plain: Expr
    of: Sym | None = None
    letter: str = CLASS
    safe: Expr | None = None
    equal: tuple[Same, ...] = ()
    together: bool = False
    argument: str | None = None
    output: str | None = None
    target: str | None = None
    largest: Largest | None = None
    inner: Expr | None = None
    is_joint: bool = False

    @property
    def tried(self) -> str:
        """The key of what is tried with numbers."""
        return str(self.argument or self.output)

    def remark(self, *words: str | Expr | Condition) -> Part:
        """What is said of it between its steps."""
        return self.step((), words)

    def step(
        self, lines: Iterable[Form], reason: Note = (), name: Expr | None = None, value: float | None = None
    ) -> Part:
        """A step about it."""
        keys = {key for key in (self.output, self.argument) if key is not None}
        return Part(name or self.name, tuple(lines), keys, reason, value=value)


def of_activation(symbols: Symbols, step: BoundOperation) -> Formula:
    """An activation's element by its formula for one sample."""
    operation = step.operation
    inlined = _Inlined(symbols, step)
    letter = str(operation.output.index[-1])
    of = Sym(step.output, (letter,))
    return Formula(
        symbols.tensor(of),
        inlined.form(operation.formula),
        of,
        letter,
        inlined.form(operation.stable) if operation.stable is not None and operation.equal else None,
        tuple(one.map(inlined.form) for one in operation.equal),
        not operation.is_elementwise,
        argument=step.argument,
        largest=inlined.largest,
    )


def of_loss(symbols: Symbols, loss: LossGradient) -> Formula:
    """What one output adds to the loss, from the logits where the loss cancels against an activation."""
    single = _single(loss.formula())
    term, one = Sym(symbols.letter("term")), symbols.is_single(loss.output)
    of_all = term if loss.batch else loss.loss
    joint = _summand(single) == single
    part = single if joint else at(_summand(single), {loss.running: CLASS})
    name = of_all if one or joint else Sym(term.name, (CLASS,))
    last = next((step for step in symbols.layers() if step.output == loss.output), None)
    plain = Formula(name, part, output=loss.output, target=loss.targets, is_joint=joint)
    if joint or loss.past is None or last is None:
        return plain
    fused = loss.past.operation
    inlined, letter = _Inlined(symbols, loss.step, last), outermost(fused.formula)

    def summand(form: Expr) -> Expr:
        return at(inlined.form(_summand(_single(form))), {letter: CLASS})

    return plain._replace(
        safe=summand(fused.formula),
        equal=(*(one.map(summand) for one in fused.equal), Same("by its definition", part)),
        together=not last.operation.is_elementwise,
        argument=loss.fused,
        largest=inlined.largest,
        inner=_Inlined(symbols, last).form(last.operation.numeric),
    )


def can_fail(step: BoundOperation) -> bool:
    """Whether an activation reads a function of its argument that overflows or has a pole."""
    operation = step.operation
    axes = [len([letter for letter in index if letter != SAMPLE]) for index in
            (operation.output.index, operation.argument(operation.arguments[0]).index)]  # fmt: skip
    if operation.parameters or len(operation.arguments) != 1 or axes != [1, 1]:
        return False  # what is owned has numbers of its own
    if any(isinstance(one, int | Segment) for one in written_indices(operation.formula)):
        return False  # it reads several tensors, or single elements, as one argument: what is tried are those of one
    rows = filter(None, map(row_of, walk(operation.formula)))
    return any(row.overflows or (row.domain is not None and row.domain.pole) for row in rows)


class _Inlined:
    """A step's formulas over keys for one sample, with the lines of a program written in: all but a maximum's, which
    keeps its symbol. The program is that of ``owner``, whose lines the step reads."""

    def __init__(self, symbols: Symbols, step: BoundOperation, owner: BoundOperation | None = None) -> None:
        self.formulas = symbols.formulas
        self.step = step
        program = (owner or step).operation.program
        lines = [(self._keyed(one.symbol), self._keyed(one.formula)) for one in program]
        maxima = [(symbol, formula) for symbol, formula in lines if isinstance(formula, Max)]
        self.largest = next((Largest(symbol, formula.over, formula.body) for symbol, formula in maxima
                             if isinstance(symbol, Sym) and isinstance(formula, Max)), None)  # fmt: skip
        self._lines = {symbol.name: (symbol, formula) for symbol, formula in lines
                       if isinstance(symbol, Sym) and not isinstance(formula, Max)}  # fmt: skip

    def _keyed(self, node: Expr) -> Expr:
        return _single(self.formulas.keyed(node, self.step))

    def form(self, node: Expr) -> Expr:
        """A form of the step."""
        return self._with_program(self._keyed(node))

    def _with_program(self, form: Expr) -> Expr:
        """The lines' formulas in place of their symbols, at whatever index these are read."""

        def leaf(part: Expr) -> Expr | None:
            if isinstance(part, Sym) and part.name in self._lines:
                symbol, formula = self._lines[part.name]
                return self._with_program(at(formula, dict(zip(map(str, symbol.index), part.index, strict=True))))
            return None

        return transform(form, leaf)


def _summand(node: Expr) -> Expr:
    """What one output adds to a loss that is a sum or a mean over its outputs."""
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
    return _single(node.body) if isinstance(node, Sum) and node.over == SAMPLE else of_sample(node, "")

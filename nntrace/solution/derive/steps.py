"""The steps of a derivation: an equation in index notation, or between whole matrices with their shapes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Literal

from ...expr import Condition, Expr, Hadamard, MatMul, Partial, Rule, Sym, Transpose, Whole, at, substitute
from ...expr.bind import transform
from ...expr.constants import constants_multiplied
from ...expr.structure import in_line, subtracted
from ...network.quantities import Quantity
from ...record import Record
from ..content.model import Line, LineKind, Note
from ..formulas.shapes import shapes
from ..formulas.tensor import Gradient
from .naming.symbols import Symbols


class Numbers(Record):
    """Which numbers of the network a step is about: of a tensor its ``value`` or ``gradient``, or as the result its
    ``jacobian`` by one of its step's arguments. ``indexed``: of a step in index notation."""

    key: str
    kind: Literal["value", "gradient", "jacobian"]
    argument: str = ""
    indexed: bool = False


class IndexFormula(Record):
    """A step in index notation by its formula over keys, whose name has the indices of the symbols ``over``.

    ``apart``: two indices that differ; ``chosen``: the one that is the right class.
    """

    formula: Expr
    over: tuple[Sym, ...]
    apart: tuple[str, str] | None = None
    chosen: str | None = None


class Cited(Record):
    """In a rule, in which step something was derived, ``(D15)``.

    ``names`` are what that step may be called, as they are written; ``named``: the first of them stands before.
    """

    names: tuple[Expr, ...]
    named: bool


Words = tuple[str | Expr | Condition | Cited, ...]
"""A rule, with what it cites."""


class Form(Record):
    """One form of a step's quantity, and the rule that leads to it from the one before: a line, until the steps that
    its rule cites have their numbers. ``left``: what it is equal to, where that is not the step's quantity; ``shapes``
    are those of its matrices."""

    body: Expr
    rule: Words = ()
    kind: LineKind = "rule"
    relation: str = "="
    left: Expr | None = None
    shapes: Note = ()

    def map(self, change: Callable[[Expr], Expr]) -> Form:
        """The same with its body, and the expressions of its rule, changed."""
        rule = tuple(change(part) if isinstance(part, Expr) else part for part in self.rule)
        return self._replace(body=change(self.body), rule=rule)

    def line(self, rule: Note = ()) -> Line:
        """The line with its rule as it is written."""
        return Line(self.kind, self.relation, self.body, tuple(filter(None, (rule, self.shapes))), self.left)


def joined(rules: Iterable[Words]) -> Words:
    """Several rules as one, with commas between them."""
    notes = [part for rule in dict.fromkeys(rules) if rule for part in (*rule, ", ")]
    return tuple(notes[:-1])


def put_in(names: Iterable[Expr]) -> Words:
    """That what was derived stands for these names now, and where it was derived."""
    found = joined((Cited((name,), True),) for name in dict.fromkeys(names))
    return ("insert ", *found) if found else ()


def case_of(symbols: Symbols, first: str, relation: str, second: str) -> Condition:
    """That two indices are equal, or differ."""
    return Condition(Sym(symbols.index(first)), relation, Sym(symbols.index(second)))


CHAIN: Rule = ("chain rule",)
NO_MATRIX_FORM = " has no matrix form here"
REORDERED: Rule = ("rearrange",)


class Part(Record):
    """A step before it has its number: its name, its lines, and the tensors that it is about.

    Without lines it is a remark. ``numbers`` are those that it gives, or what they are worked out from: a formula, or
    the element that it is a gradient by; ``value`` is the number where it is no number of the network's own.
    ``aside``: asked for besides what a derivation has, it takes no number from the steps after it. ``after`` has the
    equations of other quantities that follow it. ``case`` is the condition on its indices under which it holds.
    Derivations of one kind, the same but for what their quantities are called, are ``alike``.
    """

    name: Expr
    lines: tuple[Form, ...]
    keys: set[str]
    reason: Note = ()
    numbers: Numbers | IndexFormula | Quantity | None = None
    value: float | None = None
    aside: bool = False
    after: tuple[Line, ...] = ()
    case: Condition | None = None
    alike: Hashable = None


def index_lines(
    symbols: Symbols,
    forms: Sequence[Form],
    chain: Expr | None = None,
    extents: Mapping[str, int] = {},
    constants: bool = True,
) -> tuple[Form, ...]:
    """(name = chain =) form = form …, each form over keys with its rule.

    A form that repeats the one before it, but for brackets, is left out; the last one is followed by itself with its
    ``constants`` multiplied, where it has some. ``extents`` tell how far the letters run that stand at no symbol by
    themselves.
    """
    lines = [Form(chain, CHAIN, "chain")] if chain is not None else []
    before: Expr | None = chain
    for form in forms:
        named = in_names(symbols, form, extents)
        if before is None or in_line(named.body) != in_line(before):
            lines.append(named)
        before = named.body
    if not constants:
        return tuple(lines)
    last, rules = constants_multiplied(lines[-1].body)
    if last != lines[-1].body:
        lines.append(Form(last, joined(rules)))
    return tuple(lines)


def in_names(symbols: Symbols, form: Form, extents: Mapping[str, int] = {}) -> Form:
    """A form over keys, and its rule, in the tensors' names."""
    sizes = {**symbols.formulas.written_sizes(extents), **symbols.sizes(form.body)}

    def named(part: Expr) -> Expr:
        return symbols.named(part, {**symbols.sizes(part), **sizes})

    return form.map(named)


def defined(name: Expr, derivative: Expr) -> list[Form]:
    """What a gradient with a name of its own is a derivative of: ``= ∂L/∂z1``."""
    return [] if name == derivative else [Form(derivative, kind="chain")]


def matrix_step(symbols: Symbols, key: str) -> Part | None:
    """∂L/∂tensor between whole matrices, with the shapes; ``None`` where it has no matrix form."""
    formulas = symbols.formulas
    found = formulas.gradient(key)
    axes = formulas.laid_out(key, found.indices)
    body = formulas.matrix(found.formula, axes, found.sizes) if formulas.has_matrix(key) else None
    if body is None or symbols.is_of_numbers(body):
        return None
    sizes = {**formulas.written_sizes(found.sizes), **symbols.sizes(found.formula, Sym(key, found.indices))}
    name = symbols.gradient(key, ())
    lines = defined(name, symbols.partial(key, ()))
    forms = [Form(body, _all_of(symbols, key, found) if lines else ())]
    if (opened := _opened(symbols, body)) is not None:
        forms.append(Form(opened[0], put_in([opened[2]])))
        sizes = {**symbols.sizes(opened[1]), **sizes}
    for form in forms:
        note = shapes(constants_multiplied(form.body)[0], axes, sizes) if form is forms[-1] else ()
        short = transform(constants_multiplied(symbols.named(form.body, sizes))[0], subtracted)
        lines.append(Form(short, form.rule, shapes=note))
    by_jacobian = _by_jacobian(symbols, key)
    lines += (form for form in by_jacobian if form.left is None)
    after = tuple(form.line() for form in by_jacobian if form.left is not None)
    return Part(name, tuple(lines), {key}, (), Numbers(key, "gradient"), after=after)


def _all_of(symbols: Symbols, key: str, found: Gradient) -> Words:
    """That a line has all elements of a tensor at once."""
    names: list[Expr] = [symbols.gradient(key, found.indices), symbols.partial(key, found.indices)]
    data = symbols.network.data
    if data is not None:  # a penalty, which no layer's result changes
        names.append(Partial(symbols.tensor(Sym(data)), symbols.tensor(Sym(key, found.indices))))
    return ("in matrix form", Cited(tuple(names), False))


def _by_jacobian(symbols: Symbols, key: str) -> list[Form]:
    """The gradient by a Jacobian that has a name: ∂L/∂a1 = δ1ᵀ δ0; in a batch for each sample.

    Where the tensor is read elsewhere too (a penalty's), or by all samples, that is not all of its gradient.
    """
    batch = symbols.network.samples is not None
    if len(symbols.formulas.readers(key)) > 1 or (batch and not symbols.network.tensors[key].sampled):
        return []
    for result, argument in symbols.jacobians:
        label = symbols.jacobian(result, argument)
        if argument == key and label is not None:
            behind = Whole(symbols.matrix_gradient(result), "j", None)
            jacobian = Whole(label, "j", "i")
            columns = symbols.network.conventions.vectors == "columns"
            body = MatMul((Transpose(jacobian), behind) if columns else (behind, jacobian))
            left = symbols.matrix_gradient(key) if batch else None
            return [Form(body, ("by the matrix ", Cited((label,), True)), left=left)]
    return []


def _opened(symbols: Symbols, body: Expr) -> tuple[Expr, Expr, Expr] | None:
    """An activation's gradient with ∂L/∂result written in: W2ᵀ δ2 ⊙ relu′(z1) for ∂L/∂a1 ⊙ relu′(z1).

    The second expression is what was written in, in index notation, the third its name.
    """
    if not isinstance(body, Hadamard):
        return None
    for factor in body.factors:
        match factor:
            case Whole(Partial(_, by), down, across):
                own = symbols.formulas.gradient(by.name)
                formula = at(own.formula, dict(zip(own.indices, by.index, strict=True)))
                inner = symbols.formulas.matrix(formula, (down, across), symbols.formulas.extents(by))
                if isinstance(inner, MatMul):
                    return substitute(body, {factor: inner}), formula, symbols.gradient(by.name, ())
    return None

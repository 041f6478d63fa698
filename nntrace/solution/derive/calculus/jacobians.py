"""The Jacobian of each layer's result by its arguments, by named rules, brought to the textbook form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ....expr import (
    ONE,
    ZERO,
    Call,
    Cases,
    Condition,
    Delta,
    Expr,
    Indicator,
    Num,
    Partial,
    Rule,
    Sym,
    approximate,
    at,
    differentiate,
    product,
    rename,
    sided,
    simplified,
    simplify,
    symbols,
)
from ....expr.bind import walk
from ....expr.constants import shortened
from ....expr.functions import BY_CASES
from ....expr.letters import relettered
from ....expr.matrices import Axes
from ....expr.rules import by_rule, distributed, has_delta, where_different, where_equal
from ....expr.simplify import WORKED_OUT
from ....network.batch import SAMPLE
from ....network.model import BoundOperation
from ...content.model import Line, Note
from ...formulas.naming import SAMPLES
from ..naming.symbols import Symbols
from ..steps import REORDERED, Cited, Form, IndexFormula, UncitedLine, case_of, joined, rule_line, written


class Bound(NamedTuple):
    """An operation in the letters of a derivation, over keys: its ``output`` by ``by``.

    ``result`` is the output's letter, ``other`` that of ``by`` where a δ of the two can tell cases apart. ``declared``
    are the textbook's forms.
    """

    output: Sym
    formula: Expr
    by: Sym
    declared: tuple[Form, ...]
    result: str
    other: str | None


class Jacobian(NamedTuple):
    """∂result/∂argument at one choice of its indices: its lines, and its formula over keys in the textbook's form."""

    name: Partial
    lines: tuple[Line | UncitedLine, ...]
    indexed: IndexFormula
    reason: Note = ()
    case: Condition | None = None


class JacobianMatrix(NamedTuple):
    """A Jacobian between whole tensors: its ``body`` with these ``axes``, from its ``formula``, both over keys."""

    body: Expr
    formula: Expr
    axes: Axes


class Jacobians:
    """Derives Jacobians over the tensors' keys."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.kink = symbols.network.conventions.relu_at_zero

    def bound(self, step: BoundOperation, argument: str) -> Bound:
        """An elementwise result at j by its argument at i; a softmax's at k; a layer's at j, its sum over l."""
        operation = step.operation
        if operation.mixes(argument):
            letters, declared_letters, apart, result = {"j": "k", "i": "j"}, {"j": "k", "l": "j"}, {"j": "i"}, "k"
        elif self.symbols.formulas.is_elementwise(step):
            letters, declared_letters, apart, result = {}, {}, {"j": "i"}, "j"
        else:
            letters, declared_letters, apart, result = {"i": "l"}, {}, {"j": "p"}, "j"
        own = next(one for one in symbols(operation.formula) if isinstance(one, Sym) and one.name == argument)
        by = Sym(own.name, tuple(apart.get(str(index), index) for index in own.index))
        changed = next((apart[str(index)] for index in own.index if str(index) in apart), None)
        forms = operation.declared.get(argument, ())
        keyed = self.symbols.formulas.keyed
        output, key = keyed(relettered(operation.output, letters), step), keyed(by, step)
        assert isinstance(output, Sym)
        assert isinstance(key, Sym)
        return Bound(
            output,
            keyed(relettered(operation.formula, letters), step),
            key,
            tuple(
                Form(one.form, one.words)
                for one in (
                    form.map(lambda part: keyed(relettered(sided(part, self.kink), declared_letters), step))
                    for form in forms
                )
            ),
            result,
            changed,
        )

    def of(self, step: BoundOperation, argument: str) -> Iterator[Jacobian]:
        """The Jacobian by one argument; apart for equal and for different indices where a δ tells them apart."""
        one = self.bound(step, argument)
        if self.symbols.formulas.is_elementwise(step):
            yield from self._elementwise(one, self.symbols.formulas.slope_factor(step))
            return
        derived, rules = by_rule(one.formula, one.by, self.kink)
        forms = [Form(derived, by_names(rules)), *(one.declared or (_shortened(derived),))]
        if one.other is None or not any(has_delta(form.body, one.result, one.other) for form in forms):
            yield self._jacobian(one.output, one.by, forms)
            return
        apart = (str(one.other), one.result)
        same = at(one.by, {one.other: one.result})
        assert isinstance(same, Sym)
        yield self._jacobian(one.output, same, _in_case(forms, where_equal, one), case=self._case(one, "="))
        if self._is_single(one):
            return
        different = _in_case(forms, where_different, one)
        yield self._jacobian(one.output, one.by, different, case=self._case(one, "≠"), apart=apart)

    def _elementwise(self, one: Bound, slope: Expr) -> Iterator[Jacobian]:
        """Each result reads its own argument only: the Jacobian is diagonal. A long ``slope`` has a name."""
        assert one.other is not None
        own = at(one.by, {one.other: one.result})
        assert isinstance(own, Sym)
        derived, rules = by_rule(one.formula, own, self.kink)
        reason: Note = ()
        if has_kink(one.formula, own):
            side = "right" if self.kink else "left"
            reason = (f"at the kink the {side} slope (relu_at_zero: {self.kink})",)
        elif derived == ZERO and BY_CASES in rules:
            reason = ("at the jump taken as 0, by convention",)
        forms = [Form(derived, by_names(rules)), _shortened(derived), *one.declared]
        diagonal = self._jacobian(one.output, own, forms, reason=reason)
        if isinstance(slope, Call):
            diagonal = diagonal._replace(lines=(Line("chain", "=", self.symbols.named(slope)), *diagonal.lines))
        yield diagonal
        if self._is_single(one):
            return
        other = Form(ZERO, ("each result reads its own argument only",))
        apart = (one.other, one.result)
        yield self._jacobian(one.output, one.by, [other], case=self._case(one, "≠"), apart=apart)

    def _case(self, one: Bound, relation: str) -> Condition:
        """i = k or i ≠ k."""
        return case_of(self.symbols, str(one.other), relation, one.result)

    def _is_single(self, one: Bound) -> bool:
        """Whether the index that may differ from the result's has one value only."""
        assert one.other is not None
        return self.symbols.sizes(one.by).get(one.other) == "1"

    def _jacobian(
        self,
        output: Sym,
        by: Sym,
        forms: Sequence[Form],
        *,
        reason: Note = (),
        case: Condition | None = None,
        apart: tuple[str, str] | None = None,
    ) -> Jacobian:
        """The forms one after the other, each that differs from the one before it."""
        kept = [form for place, form in enumerate(forms) if not place or form.body != forms[place - 1].body]
        lines = tuple(rule_line(*written(self.symbols, form)) for form in kept)
        name = Partial(self.symbols.tensor(output), self.symbols.tensor(by))
        return Jacobian(name, lines, IndexFormula(kept[-1].body, (output, by), apart), reason, case)

    def textbook(self, step: BoundOperation, argument: str) -> Expr:
        """The Jacobian as one formula over keys, with its δ; an activation's slope by its name where it is long."""
        one = self.bound(step, argument)
        if self.symbols.formulas.is_elementwise(step):
            assert one.other is not None
            return product((self.symbols.formulas.slope_factor(step), Delta(one.result, one.other)))
        return one.declared[-1].body if one.declared else simplify(by_rule(one.formula, one.by, self.kink)[0])

    def matrix(self, step: BoundOperation, argument: str) -> JacobianMatrix | None:
        """The whole Jacobian as a matrix over keys, down the results and across the argument; in a batch that of one
        sample."""
        one = self.bound(step, argument)
        axes = [[str(index) for index in symbol.index if index != SAMPLE] for symbol in (one.output, one.by)]
        if any(len(indices) != 1 for indices in axes):
            return None
        if one.other is not None and self._is_single(one):
            return None  # a matrix of one number says no more than that
        formula = self.textbook(step, argument)
        formula = distributed(formula) if step.operation.mixes(argument) else formula
        [down], [across] = axes
        body = self.symbols.formulas.matrix(_of_sample(formula), (down, across))
        return None if body is None or formula in (ONE, ZERO) else JacobianMatrix(body, formula, (down, across))


def _of_sample(formula: Expr) -> Expr:
    """The formula of one sample: what belongs to that has its mark and no index for it."""

    def own(symbol: Sym | Partial) -> Expr:
        if isinstance(symbol, Sym) and SAMPLE in symbol.index:
            return Sym(symbol.name, tuple(index for index in symbol.index if index != SAMPLE), SAMPLES)
        return symbol

    return rename(formula, own)


def has_kink(formula: Expr, by: Sym) -> bool:
    """Whether the slopes on both sides of a boundary between cases differ, so that a convention chooses one."""
    slopes = [differentiate(formula, by, side) for side in (0, 1)]
    nowhere = dict.fromkeys(map(str, by.index), 0)
    for place in {condition.right for slope in slopes for condition in _conditions(slope)}:
        if isinstance(place, Num):
            sides = [approximate(slope, lambda *_, at=float(place.value): at, nowhere) for slope in slopes]
            if sides[0] != sides[1]:
                return True
    return False


def _conditions(node: Expr) -> Iterator[Condition]:
    return (part.condition for part in walk(node) if isinstance(part, Cases | Indicator))


def by_names(rules: Sequence[str]) -> Rule:
    """The rules of a derivative."""
    return (", ".join(rules),) if rules else ()


def _shortened(derived: Expr) -> Form:
    """A derivative in its shorter form."""
    form, rules = shortened(derived)
    return Form(form, joined(rules) or REORDERED)


def _in_case(forms: Sequence[Form], case: Callable[[Expr, str, str], Expr], one: Bound) -> list[Form]:
    """The forms where the two indices are equal, or where they differ: the first as it is written, the others short."""
    assert one.other is not None
    first, *others = (
        Form(case(body, one.result, one.other), tuple(_word_in(part, case, one) for part in rule))
        for body, rule in forms
    )
    zeros = [rule for rule in simplified(first.body)[1] if rule == WORKED_OUT]
    found = [first]
    for form in others:
        found.append(Form(simplify(form.body), joined([*zeros, form.rule])))
        zeros = []
    return found


def _word_in(part: str | Expr | Cited, case: Callable[[Expr, str, str], Expr], one: Bound) -> str | Expr | Cited:
    return case(part, one.result, one.other or "") if isinstance(part, Expr) else part

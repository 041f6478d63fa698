"""The Jacobian of each layer's result by its arguments, by named rules, brought to the textbook form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ....expr import ONE, ZERO, Call, Delta, Expr, Partial, Rule, Size, Sym, at, factors_of, product, sided, simplify
from ....expr.bind import contains, walk
from ....expr.constants import constants_multiplied, shortened
from ....expr.letters import relettered
from ....expr.matrices import Axes
from ....expr.properties import has_kink
from ....expr.rules import by_rule, distributed, has_delta, where_different, where_equal
from ....expr.simplify import WORKED_OUT, simplified
from ....network.batch import SAMPLE
from ....network.model import BoundOperation
from ....record import Record
from ...content.model import Note, listed
from ...formulas.kinks import kink_note
from ...formulas.naming import of_sample
from ..naming.symbols import Symbols
from ..steps import REORDERED, Form, IndexFormula, Part, case_of, index_lines, joined
from .letters import Pair, derivative_letters


class Bound(Record):
    """An operation in the letters of a derivation, over keys: its ``output`` by ``by``.

    ``declared`` are the textbook's forms. ``pairs`` are a letter of the output and one of ``by`` on the same axis,
    which a δ of the two can tell apart. ``sizes``: how far every letter runs.
    """

    output: Sym
    formula: Expr
    by: Sym
    declared: tuple[Form, ...]
    pairs: tuple[Pair, ...]
    sizes: Mapping[str, int]

    @property
    def result(self) -> tuple[str, ...]:
        """The letters of the output, without the sample's."""
        return tuple(str(letter) for letter in self.output.index if letter != SAMPLE)

    @property
    def argument(self) -> tuple[str, ...]:
        """The letters of ``by``, without the sample's."""
        return tuple(str(letter) for letter in self.by.index if letter != SAMPLE)


class JacobianMatrix(Record):
    """A Jacobian between vectors: its ``body`` with these ``axes``, from its ``formula``, both over keys; no body where
    it is no product of matrices, as that of a convolution."""

    body: Expr | None
    formula: Expr
    axes: Axes


class Jacobians:
    """Derives Jacobians over the tensors' keys."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.kink = symbols.network.conventions.relu_at_zero

    def bound(self, step: BoundOperation, argument: str) -> Bound:
        """A step in letters that tell its result's places from the argument's."""
        operation = step.operation
        letters = derivative_letters(operation, argument)
        keyed, key = self.symbols.formulas.keyed, step.key(argument)
        output, by = relettered(operation.output, letters.formula), Sym(key, letters.by)
        found = keyed(output, step)
        assert isinstance(found, Sym)
        tied = () if self.symbols.formulas.is_elementwise(step) else tuple(Delta(*pair) for pair in letters.shared)

        def declared(form: Expr) -> Expr:
            return keyed(relettered(sided(form, self.kink), letters.declared), step)

        forms = (form.map(declared) for form in operation.declared.get(argument, ()))
        sizes = {letters.formula.get(letter, letter): size for letter, size in step.sizes.items()}
        sizes.update(zip(letters.by, self.symbols.network.tensors[key].shape, strict=True))
        return Bound(
            found,
            self.symbols.sized(keyed(relettered(operation.formula, letters.formula), step), sizes),
            by,
            tuple(Form(product((*factors_of(one.form), *tied)) if tied else one.form, one.words) for one in forms),
            (*letters.shared, *letters.mixed),
            sizes,
        )

    def of(self, step: BoundOperation, argument: str) -> Iterator[Part]:
        """The Jacobian by one argument; apart for equal and for different indices where a δ tells them apart."""
        for place, part in enumerate(self._of(step, argument)):
            operation = step.operation
            alike = None if operation.parameters or step.is_formula else (step.kind, operation.formula, argument, place)
            tied = self.symbols.each_place(step.key(argument))
            yield part._replace(alike=alike, reason=listed((part.reason, tied)))

    def _of(self, step: BoundOperation, argument: str) -> Iterator[Part]:
        one = self.bound(step, argument)
        if self.symbols.formulas.is_elementwise(step):
            yield from self._elementwise(one, self.symbols.formulas.slope_factor(step))
            return
        derived, rules = derivative(self.symbols, one.formula, one.by)
        forms = [Form(derived, rules), *(one.declared or (_shortened(derived),))]
        pairs = [pair for pair in one.pairs if any(has_delta(form.body, *pair) for form in forms)]
        if len(pairs) != 1:
            yield self._jacobian(one, one.by, forms, kink_note(one.formula, one.by, self.kink, "the"))
            return
        [pair] = pairs
        same, single = at(one.by, {pair[1]: pair[0]}), self._is_single(one, pair)
        assert isinstance(same, Sym)
        reason = kink_note(one.formula, same, self.kink, "the")
        equal = _in_case(forms, where_equal, pair, bool(one.declared))
        yield self._jacobian(one, same, equal, reason, None if single else pair, "=")
        if not single:
            yield self._jacobian(one, one.by, _in_case(forms, where_different, pair, bool(one.declared)), (), pair)

    def _elementwise(self, one: Bound, slope: Expr) -> Iterator[Part]:
        """Each result reads its own argument only: the Jacobian is diagonal. A long ``slope`` has a name."""
        [pair] = one.pairs
        own = at(one.by, {pair[1]: pair[0]})
        assert isinstance(own, Sym)
        derived, rules = derivative(self.symbols, one.formula, own)
        reason = kink_note(one.formula, own, self.kink, "the")
        forms = [Form(derived, rules), _shortened(derived), *one.declared]
        if derived == ZERO and has_kink(one.formula, (own.name,)):
            reason = ("taken as 0 at the jump, by convention",)
            forms = [Form(ZERO, ("constant on both sides of the jump",))]
        diagonal = self._jacobian(one, own, forms, reason)
        if isinstance(slope, Call):
            diagonal = diagonal._replace(lines=(Form(self.symbols.named(slope), kind="chain"), *diagonal.lines))
        yield diagonal
        if not self._is_single(one, pair):
            other = Form(ZERO, ("each result depends on its own argument only",))
            yield self._jacobian(one, one.by, [other], (), pair)

    def _is_single(self, one: Bound, pair: Pair) -> bool:
        """Whether the index that may differ from the result's has one value only."""
        return self.symbols.sizes(one.by).get(pair[1]) == "1"

    def _jacobian(
        self,
        one: Bound,
        by: Sym,
        forms: Sequence[Form],
        reason: Note,
        pair: Pair | None = None,
        relation: str = "≠",
    ) -> Part:
        """∂result/∂by where the two indices of a pair are equal or differ: each form that differs from the last."""
        forms = [self._with_counts(form, one.sizes) for form in forms]
        lines = index_lines(self.symbols, forms, extents=one.sizes, constants=False)
        name = Partial(self.symbols.tensor(one.output), self.symbols.tensor(by))
        case = None if pair is None else case_of(self.symbols, pair[1], relation, pair[0])
        apart = pair[::-1] if pair is not None and relation == "≠" else None
        numbers = IndexFormula(forms[-1].body, (one.output, by), apart)
        return Part(name, lines, {by.name}, reason, numbers, case=case)

    def _with_counts(self, form: Form, sizes: Mapping[str, int]) -> Form:
        """A form in which equal terms have been counted, with their number multiplied in."""
        if not contains(form.body, Size):
            return form
        found, rules = constants_multiplied(self.symbols.sized(form.body, sizes))
        return Form(found, joined([form.rule, *rules]))

    def textbook(self, step: BoundOperation, argument: str) -> Expr:
        """The Jacobian as one formula over keys, with its δ; an activation's slope by its name where it is long."""
        one = self.bound(step, argument)
        if self.symbols.formulas.is_elementwise(step):
            return product((self.symbols.formulas.slope_factor(step), *(Delta(*pair) for pair in one.pairs)))
        if one.declared:
            return one.declared[-1].body
        return self._with_counts(Form(simplify(by_rule(one.formula, one.by, self.kink)[0]), ()), one.sizes).body

    def matrix(self, step: BoundOperation, argument: str) -> JacobianMatrix | None:
        """The whole Jacobian as a matrix over keys, down the results and across the argument; in a batch that of one
        sample."""
        if not self._is_between_vectors(one := self.bound(step, argument)):
            return None
        formula = self.textbook(step, argument)
        formula = distributed(formula) if step.operation.mixes(argument) else formula
        formula = self._with_counts(Form(formula, ()), one.sizes).body
        [down], [across] = one.result, one.argument
        body = self.symbols.formulas.matrix(of_sample(formula), (down, across), one.sizes)
        body = None if self._is_beside_its_elements(one) else body
        return None if formula in (ONE, ZERO) else JacobianMatrix(body, formula, (down, across))

    def _is_beside_its_elements(self, one: Bound) -> bool:
        """Whether an element of ``by`` stands in the formula by its name, as that of another tensor: with it more
        changes than its own place."""
        names = {*self.symbols.network.tensors[one.by.name].names.values()}
        others = (part for part in walk(one.formula) if isinstance(part, Sym) and part.name != one.by.name)
        return any(not found.index and found.name in names for found in map(self.symbols.tensor, others))

    def _is_between_vectors(self, one: Bound) -> bool:
        """Whether a Jacobian has a row for each result and a column for each element of the argument, and is more than
        one number."""
        single = self.symbols.is_single
        vectors = len(one.result) == 1 == len(one.argument) and not (single(one.output.name) and single(one.by.name))
        return vectors and not any(self._is_single(one, pair) for pair in one.pairs)


def derivative(symbols: Symbols, formula: Expr, by: Sym) -> tuple[Expr, Rule]:
    """A formula's derivative over keys by its outermost rule written out, and the rules that are seen in it: a sum of
    one addend is not written, and takes none."""
    kink = symbols.network.conventions.relu_at_zero
    derived, rules = by_rule(formula, by, kink)
    if (plain := symbols.without_single(formula)) != formula:
        _, rules = by_rule(plain, by, kink)
    return derived, (", ".join(rules),) if rules else ()


def _shortened(derived: Expr) -> Form:
    """A derivative in its shorter form."""
    form, rules = shortened(derived)
    return Form(form, joined(rules) or REORDERED)


def _in_case(
    forms: Sequence[Form], case: Callable[[Expr, str, str], Expr], pair: Pair, is_declared: bool
) -> list[Form]:
    """The forms where the two indices are equal, or where they differ: the first as it is written, the others short."""
    first, *others = (form.map(lambda body: case(body, *pair)) for form in forms)
    if not is_declared:
        return [first, _shortened(first.body)]
    zeros = [rule for rule in simplified(first.body)[1] if rule == WORKED_OUT]
    found = [first]
    for form in others:
        found.append(Form(simplify(form.body), joined([*zeros, form.rule])))
        zeros = []
    return found

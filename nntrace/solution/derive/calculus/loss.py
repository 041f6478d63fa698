"""The loss and its gradient by the network's output, of one sample and of a batch, and the penalty's."""

from __future__ import annotations

from collections.abc import Iterator

from ....expr import ONE, Delta, Expr, Neg, Partial, Rule, Sym, simplify
from ....expr.bind import transform, walk
from ....expr.constants import shortened
from ....expr.letters import index_letters, relettered
from ....expr.rules import by_rule, constants_out, multiplied_out, where_different
from ....expr.structure import subtracted
from ....network.batch import SAMPLE
from ....network.model import PENALTY
from ...content.model import Note, listed
from ...formulas.kinks import kink_note
from ...formulas.lettering import LETTERS
from ..naming.symbols import how_many_samples
from ..steps import REORDERED, Form, IndexFormula, Numbers, Part, defined, index_lines, joined, matrix_step, put_in
from .jacobians import derivative
from .logits import LogitsGradient
from .loss_formula import own_formula
from .penalty import penalty_gradients
from .products import contracted, deltas_repeated, last_first, opening, scaled


class LossGradient(LogitsGradient):
    """Derives ∂L/∂``output``, what the loss reads, and ∂L/∂``fused``, what an activation that it cancels reads."""

    @property
    def done(self) -> set[str]:
        """The tensors whose gradients are derived with the loss."""
        return {self.output, *([self.fused] if self.fused else [])}

    @property
    def chosen_letter(self) -> str | None:
        """The index of the right class, where the loss is derived by it."""
        by_class = self.network.loss_is_known and (self.chosen() is not None or self.by_class() is not None)
        return self.letter if by_class else None

    @property
    def known_class(self) -> int | None:
        """The class that the network's own target is, of a single sample."""
        targets = self.network.tensors[self.targets] if self.targets else None
        if targets is None or targets.typed is None or targets.sampled:
            return None
        hot = [cell[0] for cell, number in targets.typed.items() if number]
        return hot[0] if len(hot) == 1 else None

    def _class_cases(self, formula: Expr) -> Iterator[Part]:
        """The gradient by the right class's output and by another one's."""
        letter, other = str(self.letter), self.other
        for same in (True, False):
            by = self.element(self.output, letter if same else other)
            derived, rules = derivative(self.symbols, formula, by)
            derived = transform(derived, subtracted)
            worked = self._by_right_class(derived, letter) if same else self._by_other_class(derived, letter, other)
            yield self.case_part(by, [Form(derived, rules), worked], same, kink_note(formula, by, self.kink, "a"))

    def _by_right_class(self, derived: Expr, letter: str) -> Form:
        """A derivative by the right class's output, with 1[j = k]² = 1[j = k] used where it is in a product twice."""
        constants, core = constants_out(derived)
        found = simplify(scaled(constants, multiplied_out(transform(core, last_first))[0]))
        twice = {factor for node in walk(core) for factor in deltas_repeated(node)}
        if not twice:
            short, rules = shortened(derived)
            return Form(short, joined(rules)) if short == found else Form(found, opening(derived, found))
        delta = Delta(self.running, letter)
        rest = 1 - delta
        own = rest if twice <= {rest, simplify(Neg(rest))} else delta
        return Form(found, (own**2, " = ", own))

    def _by_other_class(self, derived: Expr, letter: str, other: str) -> Form:
        """A derivative by another class's output: a sum with 1[j = i] is its term at i."""
        apart = simplify(where_different(derived, letter, other))
        found = simplify(where_different(contracted(apart), letter, other))
        if contracted(apart) == apart:
            short, rules = shortened(derived)
            return Form(found, joined(rules) if short == found and rules else REORDERED)
        place = (self.symbols.index(self.running), self.symbols.index(other))
        return Form(found, ("only the term of {} = {} is left".format(*place),))

    # -- the steps ---------------------------------------------------------------------------------------------------

    def parts(self) -> Iterator[Part]:
        """The loss, its gradient by the output, and by the logits."""
        if not self.network.loss_is_known:
            gradient = self.formulas.gradient(self.output)
            name = self.symbols.gradient(self.output, gradient.indices)
            lines = index_lines(self.symbols, [Form(gradient.formula, ("given",))])
            yield Part(name, lines, {self.output}, numbers=Numbers(self.output, "gradient", indexed=True))
            return
        formula, chosen = self.formula(), self.chosen()
        by_class = self.by_class() if chosen is None else None
        forms = [Form(formula), *(Form(form, self._hot()) for form in (chosen, by_class) if form is not None)]
        own = Numbers(str(self.per_sample), "value", indexed=True) if self.batch else Numbers(self.data, "value")
        yield Part(self.loss, index_lines(self.symbols, forms), {self.output}, numbers=own)
        if self.batch:
            yield own_formula(self.symbols, self.steps[self.data], {self.output})
            yield self._by_sample()
        if self.network.data is not None:  # the penalty, which no output changes, and the sum of the two
            for key, step in self.steps.items():
                if key not in (self.data, self.per_sample, *self.parts_of):
                    yield own_formula(self.symbols, step, {self.output})
            yield from penalty_gradients(self.symbols, self.steps[PENALTY])
        if by_class is not None:
            yield from self._class_cases(by_class)
            if self.batch:
                yield self._of_batch(self.output)
            yield from self._vector(self.output, ())
            return
        letter = str(self.letter) if chosen is not None else self.by_letter
        by = self.element(self.output, letter)
        used = chosen if chosen is not None else formula
        derived, rules = derivative(self.symbols, used, by)
        slope, short = shortened(derived)
        forms = [Form(derived, rules), Form(slope, joined(short) or REORDERED)]
        name = self.symbols.slope(self.loss, by)
        lines = (*defined(name, self.slope(by)), *index_lines(self.symbols, forms))
        indexed = IndexFormula(slope, (self.of_sample, by), chosen=letter if chosen is not None else None)
        yield Part(name, lines, {self.output}, kink_note(used, by, self.kink, "a"), indexed)
        if chosen is None:  # else it is by the right class's output alone
            self.slopes[self.output] = slope, by
        if self.fused:
            yield from self.by_logits(slope, letter, chosen is not None)
        end = self.fused or self.output
        if self.batch:
            yield self._of_batch(end)
        elif self.network.data is not None and end in self.slopes and self.symbols.is_single(end):
            yield self._of_single(end)
        yield from self._vector(end, self.sum_is_zero() if self.fused else ())

    def _hot(self) -> Rule:
        """Where a one-hot target is 1: at its letter, which is a class of the network's own where it has numbers."""
        letter = Sym(self.symbols.index(str(self.letter)))
        hot: Rule = (self.formulas.name(str(self.targets)).name, " is 1 at ", letter)
        if self.batch:
            return (letter, " is the class of sample ", Sym(self.symbols.index(SAMPLE)), ": ", *hot, ", 0 elsewhere")
        if self.known_class is None:
            return (*hot, ", 0 elsewhere")
        given = self.network.tensors[self.output].names.get((self.known_class,))
        return (*hot, f" = {self.known_class + 1}{f' ({given})' if given else ''}, 0 elsewhere")

    def _of_batch(self, key: str) -> Part:
        """∂L/∂element of one sample, by that sample's own loss."""
        gradient = self.formulas.gradient(key)
        used = {*gradient.indices, *index_letters(gradient.formula)}
        free = next(one for one in LETTERS if one not in used)
        letters = {str(self.letter): free}  # an index is no letter of the class
        indices = tuple(letters.get(letter, letter) for letter in gradient.indices)
        total, by = self.symbols.tensor(Sym(self.data)), Sym(key, indices)
        chain = self.chain(total, Sym(str(self.per_sample), self.batch), by)
        links = put_in(node for node in walk(chain) if isinstance(node, Partial))
        if key in self.slopes:  # the slope as it was derived, times the sample's share of the loss
            slope, own = self.slopes[key]
            slope = relettered(slope, dict(zip(map(str, own.index), indices, strict=True)))
            form = Form(scaled((self.formulas.gradient(str(self.per_sample)).formula,), slope), links)
        else:
            form = Form(relettered(gradient.formula, letters), joined([links, ("for every output at once",)]))
        name = self.symbols.gradient(key, indices)
        lines = (*defined(name, self.symbols.partial(key, indices)), *index_lines(self.symbols, [form], chain))
        return Part(name, lines, {key}, self._without_penalty(key), Numbers(key, "gradient", indexed=True))

    def _of_single(self, key: str) -> Part:
        """∂L/∂unit of a single unit, by the loss without its penalty; of several, the matrix form says it."""
        slope, by = self.slopes[key]
        link = self.slope(by)
        name = self.symbols.gradient(key, by.index)
        first = (*defined(name, self.symbols.partial(key, by.index)), Form(link, self._without_penalty(key)))
        lines = (*first, *index_lines(self.symbols, [Form(slope, put_in([link]))]))
        return Part(name, lines, {key}, numbers=Numbers(key, "gradient", indexed=True))

    def _without_penalty(self, key: str) -> Rule:
        """Why ∂L/∂tensor is that of the loss without its penalty, where it has one."""
        if self.network.data is None:
            return ()
        return (self.symbols.tensor(Sym(PENALTY)), " does not depend on ", self.symbols.tensor(Sym(key)))

    def _by_sample(self) -> Part:
        """∂L/∂L_n: the weight of one sample's loss in the loss of all."""
        step = self.steps[self.data]
        mean = self.formulas.keyed(step.operation.formula, step)
        _, rules = by_rule(mean, self.of_sample)
        weight = self.formulas.gradient(str(self.per_sample)).formula if how_many_samples(self.network) != 1 else ONE
        name = Partial(self.symbols.tensor(Sym(self.data)), self.symbols.tensor(self.of_sample))
        lines = index_lines(self.symbols, [Form(weight, (", ".join(rules),))], extents=step.sizes)
        return Part(name, lines, {self.output}, (), IndexFormula(weight, (self.of_sample,)))

    def _vector(self, key: str, reason: Note) -> Iterator[Part]:
        part = matrix_step(self.symbols, key)
        if part is not None:
            own = () if self.batch else self._without_penalty(key)
            yield part._replace(reason=listed((own, reason)))

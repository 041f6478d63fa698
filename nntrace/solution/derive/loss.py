"""The gradient of the loss by the network's output, and by the logits where the loss cancels against the activation."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalogue import find
from ...expr import (
    ONE,
    Add,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Indicator,
    Mul,
    Neg,
    Num,
    Partial,
    Rule,
    Size,
    Sum,
    Sym,
    at,
    contract,
    ln,
    product,
    simplified,
    simplify,
    substitute,
    symbols,
)
from ...expr.bind import free_indices, transform, walk
from ...expr.constants import shortened
from ...expr.letters import index_letters, relettered
from ...expr.nodes import Call
from ...expr.rules import (
    by_rule,
    cancelled_by,
    constants_out,
    multiplied_out,
    multiplied_out_by,
    where_different,
    where_equal,
)
from ...expr.structure import negative
from ...network.batch import SAMPLE
from ...network.model import Step as NetworkStep
from ...network.penalty import PENALTY
from ..model import Line, Note
from ..whole import LETTERS
from .jacobians import Jacobians, by_names
from .parts import (
    CHAIN,
    REORDERED,
    Draft,
    Form,
    Indexed,
    Meant,
    Part,
    Words,
    case_of,
    index_step,
    joined,
    matrix_step,
    put_in,
    rule_line,
)
from .symbols import Symbols


class LossGradient:
    """Derives ∂L/∂``output``, what the loss reads, and ∂L/∂``fused``, what an activation that it cancels reads."""

    def __init__(self, symbols: Symbols, jacobians: Jacobians) -> None:
        self.symbols = symbols
        self.jacobians = jacobians
        self.network = symbols.network
        self.formulas = symbols.formulas
        tensors = self.network.tensors
        steps = [step for step in self.network.steps if step.edges and tensors[step.output].role == "loss"]
        self.steps = {step.output: step for step in steps}
        self.data = self.network.data or str(self.network.loss)
        """The key of the loss without a penalty: of all samples together, in a batch."""
        self.step: NetworkStep = next(step for step in steps if "y" in step.arguments)
        self.output = self.step.arguments["y"]
        self.fused = self.step.bypassed and self.step.arguments.get("z")
        self.targets = self.step.arguments.get("t")
        self.letter = self.targets and self.symbols.class_letter(self.targets)
        self.running = next(letter for letter in "jki" if letter != self.letter)
        """The index that the loss sums over."""
        self.other = next(letter for letter in "ikj" if letter != (self.letter or "k"))
        """The index of the logit that the loss is derived by."""
        self.batch = (SAMPLE,) if self.network.samples is not None else ()
        self.slopes: dict[str, tuple[Expr, Sym]] = {}
        """What ∂L/∂element of one sample came to, by the tensor's key, and what that is by."""
        self.per_sample = next((step.output for step in steps if self.network.tensors[step.output].sampled), None)

    @property
    def known(self) -> bool:
        """Whether the loss has a formula, and not a gradient alone."""
        return self.network.loss_is_known

    @property
    def chosen_letter(self) -> str | None:
        """The index of the right class, where the loss is derived by it."""
        by_class = self.known and (self.chosen() is not None or self._by_class() is not None)
        return self.letter if by_class else None

    @property
    def known_class(self) -> int | None:
        """The class that the network's own target is, of a single sample."""
        targets = self.network.tensors[self.targets] if self.targets else None
        if targets is None or targets.typed is None or targets.sampled:
            return None
        hot = [cell[0] for cell, number in targets.typed.items() if number]
        return hot[0] if len(hot) == 1 else None

    def formula(self) -> Expr:
        """The loss (of one sample) over keys."""
        whole = self.steps[self.per_sample or self.data]
        parts = {step.output: step for step in self.network.loss_steps() if step.operation.output.name == "p"}
        found = self.formulas.keyed(whole.operation.formula, whole)

        def inlined(node: Expr) -> Expr | None:
            if isinstance(node, Sym) and node.name in parts:
                return self.formulas.keyed(parts[node.name].operation.formula, parts[node.name])
            return None

        return self._sized(relettered(_constants_out(transform(found, inlined)), {"k": self.running}))

    def _sized(self, formula: Expr) -> Expr:
        """The formula with its sizes as they are written, so that they outlast the index that they count."""
        known = self.symbols.sizes(formula)
        return transform(formula, lambda node: self.symbols.size(known[node.over]) if isinstance(node, Size) else None)

    def chosen(self) -> Expr | None:
        """The loss where the target is one-hot: the one term of the right class, which is k."""
        if self.letter is None or self.targets is None:
            return None
        targets, letter = self.targets, self.letter

        def leaf(node: Expr) -> Expr | None:
            match node:
                case Sum(over, Call("xln", (Sym(name), inner))) if name == targets:
                    return ln(at(inner, {over: letter}))
                case _:
                    return None

        found = transform(self.formula(), leaf)
        return None if any(symbol.name == targets for symbol in symbols(found) if isinstance(symbol, Sym)) else found

    def _by_class(self) -> Expr | None:
        """A loss over the classes other than the right one, k: y_j is 1[j = k], and Σ_i y_i s_i is s_k.

        In a batch k is each sample's own.
        """
        entry = find("loss", self.step.kind)
        made = entry.build(**dict.fromkeys(entry.conventions(), "e")) if entry is not None else None
        if self.letter is None or self.fused or made is None or made.targets not in ("class", "classes"):
            return None
        letter = self.letter

        def leaf(node: Expr) -> Expr | None:
            match node:
                case Sum(over, body):
                    return contract(over, transform(body, leaf))
                case Sym(name, (*_, str(index))) if name == self.targets:
                    return Delta(index, letter)
                case _:
                    return None

        return transform(self.formula(), leaf)

    def _class_cases(self, loss: Sym, formula: Expr) -> Iterator[Part]:
        """The gradient by the right class's output and by another one's."""
        letter, other = str(self.letter), self.other
        for same in (True, False):
            by = Sym(self.output, (*self.batch, letter if same else other))
            derived, rules = by_rule(formula, by, self.network.conventions.relu_at_zero)
            derived = transform(derived, _signs_written)
            if same:
                constants, core = constants_out(derived)
                worked = simplify(_scaled(constants, multiplied_out(transform(core, _last_first))))
                rest = 1 - Delta(self.running, letter)
                rule: Rule = (rest**2, " = ", rest)
            else:
                worked = simplify(where_different(derived, letter, other))
                worked = simplify(where_different(_contracted(worked), letter, other))
                one_term = (self.symbols.index(self.running), self.symbols.index(other))
                rule = ("the sum's one term is that of {} = {}".format(*one_term),)
            forms = [Form(derived, by_names(rules)), Form(worked, rule)]
            yield index_step(
                self.symbols,
                Partial(loss, self.symbols.tensor(by)),
                forms,
                keys={self.output},
                reason=self._corner(derived),
                case=self._case(letter, same),
                over=(by,),
                apart=None if same else (other, letter),
                chosen=letter,
            )

    # -- the steps ---------------------------------------------------------------------------------------------------

    def parts(self) -> Iterator[Part]:
        """The loss, its gradient by the output, and by the logits."""
        if not self.network.loss_is_known:
            gradient = self.formulas.gradient(self.output)
            name = self.symbols.gradient(self.output, gradient.indices)
            meant = Meant(self.output, "gradient", indexed=True)
            forms = [Form(gradient.formula, ("given",))]
            yield index_step(self.symbols, name, forms, keys={self.output}, whole=meant)
            return
        loss = self.symbols.tensor(Sym(self.per_sample or self.data, self.batch))
        formula, chosen = self.formula(), self.chosen()
        by_class = self._by_class() if chosen is None else None
        forms = [Form(formula), *(Form(form, self._hot()) for form in (chosen, by_class) if form is not None)]
        own = Meant(str(self.per_sample), "value", indexed=True) if self.batch else Meant(self.data, "value")
        yield index_step(self.symbols, loss, forms, keys={self.output}, whole=own)
        if self.batch:
            yield self._whole(self.data)
        if self.network.data is not None:  # the penalty, which no output changes, and the sum of the two
            yield from (self._whole(key) for key in self.steps if key not in (self.data, self.per_sample, "p"))
            yield from self._penalty()
        if by_class is not None:
            yield from self._class_cases(loss, by_class)
            if self.batch:
                yield self._of_batch(self.output, loss)
            yield from self._vector(self.output, ())
            return
        letter = self.letter if chosen is not None and self.letter else "k"
        by = Sym(self.output, (*self.batch, letter))
        used = chosen if chosen is not None else formula
        kink = self.network.conventions.relu_at_zero
        derived, rules = by_rule(used, by, kink)
        slope, short = shortened(derived)
        forms = [Form(derived, by_names(rules)), Form(slope, joined(short) or REORDERED)]
        name = self.symbols.slope(loss, by)
        part = index_step(
            self.symbols,
            name,
            forms,
            keys={self.output},
            reason=self._corner(derived),
            over=(by,),
            chosen=letter if chosen is not None else None,
        )
        if chosen is None:  # else it is by the right class's output alone
            self.slopes[self.output] = slope, by
        whole = Line("chain", "=", Partial(loss, self.symbols.tensor(by)))
        yield part if isinstance(name, Partial) else part._replace(lines=(whole, *part.lines))
        if self.fused:
            yield from self._logits(slope, letter, chosen is not None, loss)
            end = str(self.fused)
        else:
            end = self.output
        if self.batch:
            yield self._of_batch(end, loss)
        activation = next((step for step in self.network.steps if step.output == self.output), None)
        yield from self._vector(end, self._sum_is_zero(activation) if self.fused and activation else ())

    def _case(self, letter: str, same: bool) -> Condition:
        """Whether the loss is derived by the right class's output, or by another one's."""
        return case_of(self.symbols, self.other, "=" if same else "≠", letter)

    def _hot(self) -> Rule:
        """Where a one-hot target is 1: at its letter, which is a class of the network's own where it has numbers."""
        letter = self.symbols.index(str(self.letter))
        name = f"{self._name(self.targets)} is 1 at {letter}"
        if self.batch:
            return (f"{letter} is the class of sample {self.symbols.index(SAMPLE)}: {name}, 0 elsewhere",)
        if self.known_class is None:
            return (f"{name}, 0 elsewhere",)
        given = self.network.tensors[self.output].names.get((self.known_class,))
        return (f"{name} = {self.known_class + 1}{f' ({given})' if given else ''}, 0 elsewhere",)

    def _of_batch(self, key: str, loss: Sym) -> Part:
        """∂L/∂element of one sample, by that sample's own loss."""
        gradient = self.formulas.gradient(key)
        letters = self._apart_from_class(gradient.indices, gradient.formula)
        indices = tuple(letters.get(letter, letter) for letter in gradient.indices)
        formula = relettered(gradient.formula, letters)
        by = Sym(key, indices)
        total = self.symbols.tensor(Sym(self.data))
        chain = _chain(total, self.symbols, Sym(str(self.per_sample), self.batch), by)
        name = self.symbols.gradient(key, indices)
        meant = Meant(key, "gradient", indexed=True)
        slope = self._scaled_slope(key, by)
        links = put_in(node for node in walk(chain) if isinstance(node, Partial))
        forms = [
            Form(slope, links) if slope is not None else Form(formula, joined([links, ("for every output at once",)]))
        ]
        part = index_step(self.symbols, name, forms, chain=chain, keys={key}, whole=meant)
        whole = self.symbols.partial(key, indices)
        return part if name == whole else part._replace(lines=(Line("chain", "=", whole), *part.lines))

    def _scaled_slope(self, key: str, by: Sym) -> Expr | None:
        """∂L/∂element of one sample: the slope as it was derived, times the sample's share of the loss; ``None`` where
        it was derived case by case."""
        if key not in self.slopes:
            return None
        slope, own = self.slopes[key]
        letters = dict(zip(map(str, own.index), map(str, by.index), strict=True))
        return product((self.formulas.gradient(str(self.per_sample)).formula, *_factors(relettered(slope, letters))))

    def _apart_from_class(self, indices: tuple[str, ...], formula: Expr) -> dict[str, str]:
        """Another letter for an index that would be the class's."""
        used = {*indices, *index_letters(formula)}
        return {str(self.letter): next(one for one in LETTERS if one not in used)} if self.letter in used else {}

    def _whole(self, key: str) -> Part:
        """A part of the loss by its own formula: the mean over the samples, the penalty, the sum of both."""
        step = self.steps[key]
        formula = self.formulas.keyed(step.operation.formula, step)
        letters = {letter: letter.rstrip("0123456789") for letter in index_letters(formula)}
        forms = [Form(relettered(formula, letters))]
        part = index_step(self.symbols, self.symbols.tensor(Sym(key)), forms, keys={self.output})
        return part._replace(whole=Meant(key, "value"))

    def _penalty(self) -> Iterator[Part]:
        """The penalty's gradient by each tensor that it is on."""
        step = self.steps[PENALTY]
        formula = self.formulas.keyed(step.operation.formula, step)
        for edge in step.edges:
            key = edge.argument
            by = Sym(key, ("j", "i")[2 - len(self.network.tensors[key].shape) :])
            derived, rules = by_rule(formula, by, self.network.conventions.relu_at_zero)
            short, used = shortened(derived)
            forms = [Form(derived, by_names(rules)), Form(short, joined(used) or REORDERED)]
            reason = self._corner(derived)
            name = Partial(self.symbols.tensor(Sym(PENALTY)), self.symbols.tensor(by))
            yield index_step(self.symbols, name, forms, keys={key}, reason=reason, over=(by,))

    def _corner(self, derived: Expr) -> Note:
        """The convention for where the derivative of |x| or of max has a corner."""
        parts = list(walk(derived))
        if any(isinstance(node, Cases) for node in parts):
            return ()  # of Huber's loss: both sides agree, and the sign is read away from 0 alone
        if any(isinstance(node, Call) and node.function == "sign" for node in parts):
            return ("sign(0) = 0, by convention",)
        kink = self.network.conventions.relu_at_zero
        side = "right" if kink else "left"
        corner = any(isinstance(node, Indicator) for node in parts)
        return (f"at a kink the {side} slope (relu_at_zero: {kink})",) if corner else ()

    def _name(self, key: str | None) -> str:
        return self.formulas.name(key or "").name

    def _logits(self, slope: Expr, letter: str, chosen: bool, loss: Sym) -> Iterator[Part]:
        """∂L/∂z by the chain rule through the activation, with everything that cancels written out first."""
        activation = next(step for step in self.network.steps if step.output == self.output)
        key = str(self.fused)
        if self.formulas.is_elementwise(activation):
            jacobian = relettered(self.formulas.slope_factor(activation), {"j": letter})
            by = Sym(key, (*self.batch, letter))
            chain = _chain(loss, self.symbols, Sym(self.output, by.index), by)
            yield self._cancelled(loss, by, chain, slope, jacobian, key)
        elif chosen:
            jacobian = self.jacobians.textbook(activation, "z")
            by = Sym(key, (*self.batch, self.other))
            chain = _chain(loss, self.symbols, Sym(self.output, (*self.batch, letter)), by)
            named = self.symbols.named
            link = named(Partial(Sym(self.output, (*self.batch, letter)), by))
            half = Mul((named(slope), link))
            hot: Rule = (f"{self._name(self.targets)} one-hot at {self.symbols.index(letter)}",)
            known = put_in([self.symbols.slope(loss, Sym(self.output, (*self.batch, letter)))])
            lines = (Draft(Line("chain", "=", chain), CHAIN), rule_line(half, joined([known, hot])))
            formula = product((slope, *_factors(relettered(jacobian, {"k": letter, "i": self.other}))))
            numbers = Indexed(formula, (by,), chosen=letter)
            yield Part(Partial(loss, self.symbols.tensor(by)), lines, {key}, indexed=numbers)
            yield from self._cases(loss, slope, jacobian, by, letter, key)
        else:
            jacobian = self.jacobians.textbook(activation, "z")
            by = Sym(key, (*self.batch, "i"))
            chain = Sum("k", _chain(loss, self.symbols, Sym(self.output, (*self.batch, "k")), by))
            yield self._cancelled(loss, by, chain, slope, jacobian, key, over="k")

    def _cases(self, loss: Sym, slope: Expr, jacobian: Expr, by: Sym, letter: str, key: str) -> Iterator[Part]:
        other = self.other
        jacobian = relettered(jacobian, {"k": letter, "i": other})
        constants, core = constants_out(slope)
        for same in (True, False):
            branch = (
                where_equal(jacobian, letter, other) if same else simplify(where_different(jacobian, letter, other))
            )
            own = at(by, {other: letter}) if same else by
            assert isinstance(own, Sym)
            whole = Mul((core, branch))
            link = Partial(self.symbols.tensor(Sym(self.output, (*self.batch, letter))), self.symbols.tensor(own))
            yield index_step(
                self.symbols,
                Partial(loss, self.symbols.tensor(own)),
                _worked_out(whole, put_in([link]), constants),
                keys={key},
                case=self._case(letter, same),
                over=(own,),
                apart=None if same else (other, letter),
                chosen=letter,
            )

    def _cancelled(
        self, loss: Sym, by: Sym, chain: Expr, slope: Expr, jacobian: Expr, key: str, over: str | None = None
    ) -> Part:
        """Chain = long form = cancelled = multiplied out = like terms taken together = the targets' sum put in."""
        constants, core = constants_out(slope)
        core = Mul((core, jacobian))
        links = put_in(node for node in walk(chain) if isinstance(node, Partial))
        forms = _worked_out(core if over is None else Sum(over, core), links, constants)
        if over is not None and self.targets is not None and self._sums_to_one:
            every = Sum(over, Sym(self.targets, (*self.batch, over)))
            final = simplify(substitute(forms[-1].body, {every: ONE}))
            if final != forms[-1].body:
                forms.append(Form(final, (every, " = 1")))
        self.slopes[key] = forms[-1].body, by
        name = Partial(loss, self.symbols.tensor(by))
        return index_step(self.symbols, name, forms, chain=chain, keys={key}, over=(by,))

    @property
    def _sums_to_one(self) -> bool:
        """Whether the network itself uses that the targets of a sample sum to 1: they are declared so, or do."""
        edge = next(edge for edge in self.step.edges if edge.argument == "z")
        return not any(isinstance(node, Sum) for node in walk(edge.operation.declared["z"][-1].form))

    def _sum_is_zero(self, activation: NetworkStep) -> Note:
        """Σ_i δ_i = 0 behind a softmax, whose outputs sum to 1 as the targets do."""
        key = str(self.fused)
        gradient = self.formulas.gradient(key)
        plain = gradient.formula == simplify(gradient.formula) and not any(
            isinstance(node, Sum) for node in (gradient.formula,)
        )
        if self.formulas.is_elementwise(activation) or self.batch or not plain:
            return ()
        name = self.symbols.gradient(key, ("i",))
        return (f"Σ_{self.symbols.index('i')} ", name, " = 0")

    def _vector(self, key: str, reason: Note) -> Iterator[Part]:
        part = matrix_step(self.symbols, key)
        if part is not None:
            yield part._replace(reason=reason)


def _constants_out(node: Expr) -> Expr:
    """A sum's sign, and a divisor of all of its terms, in front of the sum."""
    match node:
        case Neg(body):
            return negative(_constants_out(body))
        case Sum(over, Neg(body)):
            return Neg(_constants_out(Sum(over, body)))
        case Sum(over, Div(top, bottom)) if not free_indices(bottom):
            return _constants_out(Div(Sum(over, top), bottom))
        case Div(top, bottom):
            inner = _constants_out(top)
            return Neg(Div(inner.body, bottom)) if isinstance(inner, Neg) else Div(inner, bottom)
        case Mul((*others, last)):
            inner = _constants_out(last)
            return Neg(Mul((*others, inner.body))) if isinstance(inner, Neg) else Mul((*others, inner))
        case _:
            return node


CONSTANTS_OUT: Rule = ("the constants in front",)


def _worked_out(node: Expr, rule: Words, constants: tuple[Expr, ...]) -> list[Form]:
    """A product = its fractions cancelled = multiplied out = like terms taken together, each form where it differs.

    ``rule`` is what led to the product; ``constants`` were taken out of it.
    """
    forms = [Form(node, joined([rule, CONSTANTS_OUT] if constants else [rule]))]
    found, rules = cancelled_by(node)
    if found != transform(node, _in_line):
        forms.append(Form(found, joined(rules) or ("as one fraction",)))
    while (further := multiplied_out_by(found))[0] != found:
        found, rules = further
        forms.append(Form(found, joined([("multiply out",), *rules])))
    found, rules = simplified(found)
    if found != transform(forms[-1].body, _in_line):
        forms.append(Form(found, joined(rules) or REORDERED))
    return [form._replace(body=_scaled(constants, form.body)) for form in forms]


def _in_line(node: Expr) -> Expr | None:
    """A product of products as one."""
    return product(node.factors) if isinstance(node, Mul) else None


def _scaled(constants: tuple[Expr, ...], node: Expr) -> Expr:
    """A form with the constants that were taken out of it: factors before it, divisors below it."""
    return product((*constants, *_factors(node))) if constants else node


def _signs_written(node: Expr) -> Expr | None:
    """1[j = k] - 1 for 1[j = k] + (-1)."""
    match node:
        case Add(terms) if any(isinstance(term, Num) and term.value < 0 for term in terms):
            return Add(tuple(Neg(negative(one)) if isinstance(one, Num) and one.value < 0 else one for one in terms))
        case _:
            return None


def _last_first(node: Expr) -> Expr | None:
    return Mul(node.factors[::-1]) if isinstance(node, Mul) else None


def _contracted(node: Expr) -> Expr:
    """Every Σ with a δ among its factors taken at the one value that it leaves."""
    return transform(node, lambda part: contract(part.over, part.body) if isinstance(part, Sum) else None)


def _factors(node: Expr) -> tuple[Expr, ...]:
    return node.factors if isinstance(node, Mul) else (node,)


def _chain(loss: Sym, symbols: Symbols, middle: Sym, by: Sym) -> Expr:
    """∂L/∂middle × ∂middle/∂by, as symbols."""
    between, end = symbols.tensor(middle), symbols.tensor(by)
    return Mul((symbols.slope(loss, middle), Partial(between, end)))

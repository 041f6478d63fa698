"""The loss and its gradient by the network's output, of one sample and of a batch, and the penalty's."""

from __future__ import annotations

from collections.abc import Iterator

from ....catalogue import find
from ....expr import (
    Cases,
    Delta,
    Expr,
    Indicator,
    Mul,
    Partial,
    Rule,
    Size,
    Sum,
    Sym,
    at,
    contract,
    product,
    simplify,
    symbols,
)
from ....expr.bind import transform, walk
from ....expr.constants import shortened
from ....expr.functions import row_of, spelled_out
from ....expr.letters import index_letters, relettered
from ....expr.rules import by_rule, constants_out, multiplied_out, where_different
from ....network.batch import SAMPLE
from ....network.building.penalty import PENALTY
from ...content.model import Line, Note
from ...formulas.tensor import LETTERS
from ..naming.symbols import Symbols
from ..steps import REORDERED, Form, Meant, Part, index_step, joined, matrix_step, put_in
from .jacobians import Jacobians, by_names
from .logits import Logits
from .loss_reads import LossReads
from .products import contracted, factors_of, last_first, scaled, signs_written, sum_constants_out


class LossGradient(LossReads):
    """Derives ∂L/∂``output``, what the loss reads, and ∂L/∂``fused``, what an activation that it cancels reads."""

    def __init__(self, symbols: Symbols, jacobians: Jacobians) -> None:
        super().__init__(symbols)
        self.logits = Logits(symbols, jacobians)
        self.slopes: dict[str, tuple[Expr, Sym]] = {}
        """What ∂L/∂element of one sample came to, by the tensor's key, and what that is by."""

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

        return self._sized(relettered(sum_constants_out(transform(found, inlined)), {"k": self.running}))

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
            if not isinstance(node, Sum):
                return None
            match spelled_out(node.body):
                case Mul((Sym(name), *others)) if name == targets:
                    return at(product(others), {node.over: letter})
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
            derived = transform(derived, signs_written)
            if same:
                constants, core = constants_out(derived)
                worked = simplify(scaled(constants, multiplied_out(transform(core, last_first))))
                rest = 1 - Delta(self.running, letter)
                rule: Rule = (rest**2, " = ", rest)
            else:
                worked = simplify(where_different(derived, letter, other))
                worked = simplify(where_different(contracted(worked), letter, other))
                one_term = (self.symbols.index(self.running), self.symbols.index(other))
                rule = ("the sum's one term is that of {} = {}".format(*one_term),)
            forms = [Form(derived, by_names(rules)), Form(worked, rule)]
            yield index_step(
                self.symbols,
                Partial(loss, self.symbols.tensor(by)),
                forms,
                keys={self.output},
                reason=self._corner(derived),
                case=self.case(letter, same),
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
            yield from self.logits.parts(slope, letter, chosen is not None, loss)
            if self.logits.slope is not None:
                self.slopes[str(self.fused)] = self.logits.slope
            end = str(self.fused)
        else:
            end = self.output
        if self.batch:
            yield self._of_batch(end, loss)
        activation = next((step for step in self.network.steps if step.output == self.output), None)
        yield from self._vector(end, self.logits.sum_is_zero(activation) if self.fused and activation else ())

    def _hot(self) -> Rule:
        """Where a one-hot target is 1: at its letter, which is a class of the network's own where it has numbers."""
        letter = self.symbols.index(str(self.letter))
        name = f"{self.name(self.targets)} is 1 at {letter}"
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
        chain = self.chain(total, Sym(str(self.per_sample), self.batch), by)
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
        return product((self.formulas.gradient(str(self.per_sample)).formula, *factors_of(relettered(slope, letters))))

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
        jumps = (row.at_jump for row in map(row_of, parts) if row is not None)
        if jump := next(filter(None, jumps), ""):
            return (f"{jump}, by convention",)
        kink = self.network.conventions.relu_at_zero
        side = "right" if kink else "left"
        corner = any(isinstance(node, Indicator) for node in parts)
        return (f"at a kink the {side} slope (relu_at_zero: {kink})",) if corner else ()

    def _vector(self, key: str, reason: Note) -> Iterator[Part]:
        part = matrix_step(self.symbols, key)
        if part is not None:
            yield part._replace(reason=reason)

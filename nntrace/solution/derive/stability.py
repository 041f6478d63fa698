"""Where the plain formula overflows or divides by zero: shown with numbers, beside the formula that does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import isfinite, isinf, isnan
from typing import NamedTuple

from ...expr import (
    Call,
    Cases,
    Div,
    Expr,
    Mul,
    Neg,
    Num,
    Sum,
    Sym,
    approximate,
    at,
    exact,
    expand,
    holds,
    substitute,
)
from ...expr.bind import transform, walk
from ...network.batch import SAMPLE
from ...network.model import Step as NetworkStep
from ...trace.amount import Amount, fraction
from ..model import Line, Note
from ..numbers import Digits
from .loss import LossGradient
from .parts import Part
from .symbols import Symbols

Values = tuple[Fraction, ...]

EXTREMES: tuple[Values, ...] = tuple(tuple(map(Fraction, one)) for one in ((1000, 0, -1000), (-1000, -1000, -1000)))
"""The arguments that a softmax is tried at: one exponential beyond all numbers, and all of them below."""
ALONE: tuple[Values, ...] = ((Fraction(1000),), (Fraction(-1000),))
CERTAIN: tuple[Values, ...] = ((Fraction(1),), (Fraction(0),))
"""The outputs that a loss without logits is tried at."""
TOTAL = Sym("Z")
SAME = "the same, term by term"


class Formula(NamedTuple):
    """A formula that can fail, in ``z[j]``, ``y[k]`` and ``t[k]``, and its equals.

    ``name`` is what the formula gives, as a derivation writes it; ``of`` the result whose elements are tried with
    numbers, by ``letter``; of a loss ``None``, as ``name`` is what one output adds to it. ``safe`` does not overflow;
    its ``equal`` forms lead back to the plain formula. ``inner`` is the safe formula of ``y``, where that is read.
    """

    name: Expr
    of: Sym | None
    letter: str
    plain: Expr
    safe: Expr | None
    equal: tuple[Expr, ...]
    keys: Mapping[str, str]
    together: bool
    inner: Expr | None = None


class Stability:
    """For every activation, and for the loss, that has an exponential or a logarithm."""

    def __init__(self, symbols: Symbols, loss: LossGradient, digits: Digits, at: tuple[str, Values] | None) -> None:
        self.symbols = symbols
        self.loss = loss
        self.digits = digits
        self.key: str | None = at[0] if at is not None else None
        self.given: Values = at[1] if at is not None else ()

    def formulas(self) -> Iterator[Formula]:
        """One of each kind of activation, then the loss."""
        seen: set[str] = set()
        for step in self.symbols.layers():
            chosen = self.key is None or step.arguments.get("z") == self.key
            if step.kind not in seen and has_exponential(step) and chosen:
                seen.add(step.kind)
                yield self._activation(step)
        if self.symbols.network.loss_is_known and self.key in (None, self.loss.step.arguments.get("z")):
            yield self._loss()

    def _activation(self, step: NetworkStep) -> Formula:
        operation = step.operation
        name = self.symbols.tensor(Sym(step.output, ("j",)))
        safe = _inlined(step) if operation.stable is not None else None
        equal = tuple(map(_single, operation.equal))
        keys = {"z": step.arguments["z"]}
        return Formula(name, name, "j", _single(operation.formula), safe, equal, keys, bool(operation.by))

    def _loss(self) -> Formula:
        """What one output adds to the loss, from the logits where the loss cancels against an activation."""
        keys = {"t": str(self.loss.targets), "y": self.loss.output}
        own = {key: symbol for symbol, key in keys.items()}
        part = at(_summand(_single(_rekeyed(self.loss.formula(), own))), {"j": "k"})
        name = Sym(self.symbols.loss.name, ("k",))
        last = next((step for step in self.symbols.layers() if step.output == self.loss.output), None)
        if not self.loss.fused or last is None:
            return Formula(name, None, "k", part, None, (), keys, False)
        fused = next(edge.operation for edge in self.loss.step.edges if edge.argument == "z")
        program = _program(last)
        keys["z"] = last.arguments["z"]
        inner = _inlined(last) if last.operation.stable is not None else _single(last.operation.formula)
        safe = _written_in(_summand(_single(fused.formula)), program)
        plain = substitute(part, {Sym("y", ("k",)): at(_single(last.operation.formula), {"j": "k"})})
        equal = (*(_written_in(_summand(_single(form)), program) for form in fused.equal), plain)
        return Formula(name, None, "k", part, safe, equal, keys, bool(last.operation.by), inner)

    # -- the steps ---------------------------------------------------------------------------------------------------

    def parts(self) -> Iterator[Part]:
        """For each that fails: the plain formula at extreme arguments, the safe one, the proof, the same numbers."""
        for formula in self.formulas():
            trials = [trial for trial in self._trials(formula) if self._fails(formula, trial)]
            if not trials and not self.given:
                continue
            trials = trials or [self.given]
            keys = {formula.keys.get("y", ""), formula.keys.get("z", "")}
            why = "as the textbook has it" if formula.of is not None else "what output k adds"
            textbook = Line("rule", "=", self._written(formula.plain, formula.keys), ((why,),))
            yield Part(formula.name, (textbook,), keys)
            for trial in trials:
                yield from self._tried(formula, formula.plain, trial, keys)
            if formula.safe is None:
                continue
            yield Part(formula.name, tuple(self._proof(formula, formula.safe)), keys)
            for trial in trials:
                yield from self._tried(formula, formula.safe, trial, keys)

    def _proof(self, formula: Formula, safe: Expr) -> Iterator[Line]:
        shifted = any(symbol == Sym("m") for symbol in walk(safe))
        largest = self._written(Sym("z", ("i",)), formula.keys)
        why: Note = (
            ("m is the largest ", largest, ": no exponent is above 0")
            if shifted
            else ("the exponent is never above 0",)
        )
        forms = [safe, *formula.equal, formula.plain]
        for place, form in enumerate(forms):
            ends: Note = ("the plain formula",) if form is forms[-1] else (SAME,)
            yield Line("rule", "=", self._written(form, formula.keys), (why if place == 0 else ends,))

    def _trials(self, formula: Formula) -> Sequence[Values]:
        if self.given:
            return [self.given]
        if "z" not in formula.keys:
            return CERTAIN
        return EXTREMES if formula.together else ALONE

    def _places(self, formula: Formula, trial: Values) -> Sequence[int]:
        """Which elements are tried: of a softmax all, of a loss that of the least likely class."""
        if formula.of is None and formula.together:
            return (min(range(len(trial)), key=lambda place: (trial[place], -place)),)
        return range(len(trial))

    def _fails(self, formula: Formula, trial: Values) -> bool:
        """Whether the plain formula overflows on the way, or comes to nothing."""
        return any(
            any(not isfinite(_number(part)) for part in walk(bound))
            for bound in (self._bound(formula, formula.plain, trial, place) for place in self._places(formula, trial))
        )

    def _tried(self, formula: Formula, form: Expr, trial: Values, keys: set[str]) -> Iterator[Part]:
        """The form at one set of numbers: the sum that all results share, then each result."""
        yield Part(formula.name, (), keys, self._numbers_note(formula, trial))
        named = next((node for node in walk(form) if isinstance(node, Sum)), None)
        numbers: dict[Expr, Expr] = {}
        rounded = False
        if named is not None:
            form = substitute(form, {named: TOTAL})
            written = self._bound(formula, named, trial, 0)
            total = self.digits.show(_amount(written))
            numbers[TOTAL] = total.number
            rounded = total.rounded
            yield self._evaluated(TOTAL, written, keys, _failure(written))
        before: Expr | None = None
        for place in self._places(formula, trial):
            written = substitute(self._bound(formula, form, trial, place), numbers)
            if written == before:
                yield Part(formula.name, (), keys, ("the others likewise",))
                return
            before = written
            name = formula.name if formula.of is None else Sym(formula.of.name, (place,) if len(trial) > 1 else ())
            yield self._evaluated(
                name, written, keys, _reason(written), rounded or self._reads_rounded(formula, form, trial, place)
            )

    def _evaluated(self, name: Expr, written: Expr, keys: set[str], reason: Note, rounded: bool = False) -> Part:
        shown = self.digits.show(_amount(written))
        first = "≈" if rounded else "="
        value = "≈" if shown.rounded else first
        return Part(name, (Line("substitution", first, written), Line("value", value, shown.number)), keys, reason)

    def _numbers_note(self, formula: Formula, trial: Values) -> Note:
        """At what numbers: ``at z2 = (1000.0, 0.0, -1000.0)``."""
        z = self.symbols.formulas.name(formula.keys.get("z", formula.keys.get("y", "")))
        shown = [self.digits.show(fraction(value)).number for value in trial]
        listed = [part for number in shown for part in (number, ", ")][:-1]
        return ("at ", z, " = ", *(("(", *listed, ")") if len(trial) > 1 else listed))

    def _bound(self, formula: Formula, form: Expr, trial: Values, place: int) -> Expr:
        """The form with numbers for z, y, t and the largest z; its sums written out."""
        written = expand(at(form, {formula.letter: place}), {"i": len(trial), "j": len(trial)})
        largest = max(trial)

        def leaf(node: Expr) -> Expr | None:
            match node:
                case Sym("z", (int(cell),)):
                    return self.digits.show(fraction(trial[cell])).number
                case Sym("m", ()):
                    return self.digits.show(fraction(largest)).number
                case Sym("t", (int(cell),)):
                    return self.digits.show(fraction(formula.together or trial[cell] <= 0)).number
                case Sym("y", (int(cell),)):
                    return self.digits.show(self._inner(formula, trial, cell)).number
                case _:
                    return None

        return _decided(transform(written, leaf))

    def _reads_rounded(self, formula: Formula, form: Expr, trial: Values, place: int) -> bool:
        """Whether a loss reads an output whose digits are rounded."""
        reads = any(isinstance(node, Sym) and node.name == "y" for node in walk(form))
        return reads and self.digits.show(self._inner(formula, trial, place)).rounded

    def _inner(self, formula: Formula, trial: Values, cell: int) -> Amount:
        if formula.inner is None:
            return fraction(trial[cell])
        own = formula._replace(letter="j")
        return _amount(self._bound(own, formula.inner, trial, cell))

    def _written(self, form: Expr, keys: Mapping[str, str]) -> Expr:
        return self.symbols.named(_rekeyed(form, keys))


def has_exponential(step: NetworkStep) -> bool:
    """Whether an activation reads an exponential or a logarithm of its argument."""
    return any(isinstance(node, Call) and node.function in ("exp", "ln") for node in walk(step.operation.formula))


def _rekeyed(form: Expr, names: Mapping[str, str]) -> Expr:
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


def _decided(written: Expr) -> Expr:
    """Of a distinction of cases the one that holds."""

    def leaf(node: Expr) -> Expr | None:
        match node:
            case Cases(condition, then, otherwise):
                return _decided(then if holds(condition, lambda name, cell: 0.0) else otherwise)
            case _:
                return None

    return transform(written, leaf)


def _program(step: NetworkStep) -> dict[str, tuple[Sym, Expr]]:
    """The lines that an activation works out first, for one sample, all but the maximum."""
    found = {}
    for symbol, formula in step.operation.program:
        single = _single(symbol)
        assert isinstance(single, Sym)
        if single.name != "m":
            found[single.name] = (single, _single(formula))
    return found


def _inlined(step: NetworkStep) -> Expr:
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


def _number(written: Expr) -> float:
    return approximate(written, lambda name, cell: 0.0)


def _amount(written: Expr) -> Amount:
    finite = all(not isinstance(node, Num) or isfinite(node.value) for node in walk(written))
    whole = exact(written, lambda name, cell: None) if finite else None
    return fraction(whole) if whole is not None else Amount(_number(written))


def _reason(written: Expr) -> Note:
    """What fails on the way to a result, or why a result that is no zero comes out as one."""
    value, failure = _number(written), _failure(written)
    match written:
        case Div(top, bottom) if not isfinite(_number(bottom)) or not _number(bottom):
            quotient: Note = (_plainly(top), " / ", _plainly(bottom))
            return (
                (*quotient, " has no value")
                if isnan(value)
                else (*failure, *("; " if failure else ""), *quotient, " is 0")
            )
    vanished = value == 0 and not failure and _amount(written).exact is None
    return ("smaller than 10⁻³²³, the smallest number that is computed with",) if vanished else failure


def _plainly(node: Expr) -> Expr:
    """A part of a quotient as what it has become."""
    value = _number(node)
    return Num(Decimal(value)) if isinf(value) or not value else node


def _failure(written: Expr) -> Note:
    """What overflows, or what is no logarithm."""
    for node in walk(written):
        if isinstance(node, Call) and node.function == "exp" and isinf(_number(node)):
            return (node, " is beyond 1.8×10³⁰⁸, the largest number that is computed with")
    logarithms = (node for node in walk(written) if isinstance(node, Call) and node.function in ("ln", "xln"))
    return ("the logarithm of 0",) if any(_number(node.args[-1]) == 0 for node in logarithms) else ()

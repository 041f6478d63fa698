"""Where the plain formula overflows or divides by zero: shown with numbers, beside the formula that does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import isfinite, isinf, isnan
from typing import NamedTuple

from ...expr import Call, Expr, Sym, approximate, at, children, expand
from ...expr.bind import transform
from ...network.model import Step as NetworkStep
from ...trace.amount import Amount
from ..model import Line, Note
from ..numbers import Digits
from .parts import Part
from .symbols import Symbols

EXTREMES = ((1000, 0, -1000), (-1000, -1000, -1000))
"""The arguments that a layer is tried at: one exponential beyond all numbers, and all of them below."""
ALONE = (1000, -1000)


class Trial(NamedTuple):
    """Numbers for the argument of a layer."""

    values: tuple[Fraction, ...]


class Stability:
    """For every activation with an exponential or a logarithm that has a formula of its own for the numbers."""

    def __init__(self, symbols: Symbols, digits: Digits, at: Sequence[Fraction] = (), key: str | None = None) -> None:
        self.symbols = symbols
        self.digits = digits
        self.given = tuple(at)
        self.key = key

    def steps(self) -> Iterator[NetworkStep]:
        """The layers whose plain formula can fail."""
        for step in self.symbols.layers():
            if step.operation.stable is not None and (self.key is None or step.arguments["z"] == self.key):
                yield step

    def parts(self) -> Iterator[Part]:
        """For each: the plain formula at extreme arguments, the safe one, why they are equal, its numbers."""
        seen: set[str] = set()
        for step in self.steps():
            if step.kind in seen:
                continue
            seen.add(step.kind)
            yield from self._of(step)

    def _of(self, step: NetworkStep) -> Iterator[Part]:
        operation = step.operation
        keys = {step.output}
        plain, safe = _single(operation.formula), self._inlined(step)
        output, z = self.symbols.tensor(Sym(step.output, ("j",))), step.arguments["z"]
        yield Part(output, (Line("rule", "=", self._named(plain, z), (("as the textbook has it",),)),), keys)
        for trial in self._trials(step):
            yield from self._tried(step, plain, trial, True)
        forms = [safe, *(_single(form) for form in operation.equal), plain]
        whys = [
            "shifted: the largest exponent is 0",
            *["the same, term by term"] * (len(forms) - 2),
            "the plain formula",
        ]
        lines = [Line("rule", "=", self._named(form, z), ((why,),)) for form, why in zip(forms, whys, strict=True)]
        yield Part(output, tuple(lines), keys, ())
        for trial in self._trials(step):
            yield from self._tried(step, safe, trial, False)

    def _inlined(self, step: NetworkStep) -> Expr:
        """The safe formula with the lines of its program written in, all but the maximum."""
        stable = step.operation.stable
        assert stable is not None
        program = {symbol: formula for symbol, formula in step.operation.program if symbol.name != "m"}
        found = _single(stable)
        for _ in program:
            for symbol, formula in program.items():
                single = _single(symbol)
                assert isinstance(single, Sym)
                found = _replaced(found, single, _single(formula))
        return found

    def _trials(self, step: NetworkStep) -> list[tuple[Fraction, ...]]:
        if self.given:
            return [self.given]
        built_in = EXTREMES if step.operation.by else tuple((value,) for value in ALONE)
        return [tuple(Fraction(value) for value in values) for values in built_in]

    def _tried(self, step: NetworkStep, formula: Expr, trial: tuple[Fraction, ...], plain: bool) -> Iterator[Part]:
        """The formula at one set of numbers: each result, and what goes wrong on the way."""
        count = len(trial) if step.operation.by else 1
        sizes = {"i": len(trial), "j": len(trial)}
        numbers = {cell: self.digits.show(Amount(float(value), value)).number for cell, value in enumerate(trial)}
        largest = max(trial)
        for place in range(count):
            bound = expand(at(formula, {"j": place}), sizes)

            def leaf(node: Expr) -> Expr | None:
                match node:
                    case Sym("z", (int(cell),)):
                        return numbers[cell]
                    case Sym("m"):
                        return self.digits.show(Amount(float(largest), largest)).number
                    case _:
                        return None

            written = transform(bound, leaf)
            value = approximate(written, lambda name, cell: 0.0)
            shown = self.digits.show(Amount(value)).number
            name = self.symbols.tensor(Sym(step.output, ("j",)))
            element = Sym(name.name, (place,))
            reason = _failure(written) if not isfinite(value) or plain else _vanished(value)
            lines = (Line("substitution", "=", written), Line("value", "≈", shown))
            yield Part(element, lines, {step.output}, reason)

    def _named(self, formula: Expr, z: str) -> Expr:
        name = self.symbols.formulas.name(z)
        return transform(
            formula, lambda node: Sym(name.name, node.index) if isinstance(node, Sym) and node.name == "z" else None
        )


def _vanished(value: float) -> Note:
    """Why a number that is not zero comes out as one."""
    return ("smaller than 10⁻³²³, the smallest number that is computed with",) if value == 0 else ()


def _failure(written: Expr) -> Note:
    """What overflows, or what is divided by zero."""
    for node in _walk(written):
        if isinstance(node, Call) and node.function == "exp" and isinf(approximate(node, lambda name, cell: 0.0)):
            return (node, " is beyond 1.8×10³⁰⁸, the largest number that is computed with")
    value = approximate(written, lambda name, cell: 0.0)
    if isnan(value):
        return ("every exponential is rounded to 0: a division by zero",)
    return ("the logarithm of 0",) if isinf(value) else ()


def _walk(node: Expr) -> Iterator[Expr]:
    yield node
    for part in children(node):
        yield from _walk(part)


def _single(node: Expr) -> Expr:
    """A formula of a batch for one sample: without the sample's index."""
    from ...network.batch import SAMPLE

    def leaf(part: Expr) -> Expr | None:
        if isinstance(part, Sym) and SAMPLE in part.index:
            return Sym(part.name, tuple(index for index in part.index if index != SAMPLE), part.mark)
        return None

    return transform(node, leaf)


def _replaced(node: Expr, symbol: Sym, formula: Expr) -> Expr:
    """A line's formula written in for its symbol, at whatever index it is read."""

    def leaf(part: Expr) -> Expr | None:
        if isinstance(part, Sym) and part.name == symbol.name:
            return at(formula, dict(zip(map(str, symbol.index), part.index, strict=True)))
        return None

    return transform(node, leaf)

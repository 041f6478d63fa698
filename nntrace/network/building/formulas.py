"""Free formulas as operations: the parts that were typed, in index notation over the tensors' keys.

A part has an index letter for each of its axes; where two parts meet element by element, both get the letters of the
first. What is made is an operation like the catalogue's, and everything later reads it as one.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial, reduce
from itertools import product as cells_of
from math import prod
from typing import TYPE_CHECKING

from ... import catalogue
from ...catalogue import Operation
from ...errors import quoted, suggestion
from ...expr import ONE, Add, Div, Expr, Mul, Neg, Num, Pow, Size, Sum, Sym, at, exp, product, symbols
from ...expr.letters import index_letters, relettered
from ...spec.formula import (
    Application,
    Combination,
    FormulaNumber,
    FormulaPart,
    MisreadError,
    Negative,
    Pick,
    Reference,
)
from ...spec.model import Name, TypedFormula
from ..model import Divisor
from ..quantities import is_inside
from .formula_functions import CHOICES, CONSTANTS, ELEMENTWISE, TOTALS, TRANSPOSE, function_names, inlined, put_into
from .formula_slopes import with_slopes
from .formula_terms import FormulaAxes, Term, constant, together
from .sources import NAMED

if TYPE_CHECKING:
    from ..model import Tensor
    from .draft import Draft
    from .sources import Directory, SourcePart

LARGEST_CHOICE = 100
"""Elements that a maximum is taken over: its derivative compares each of them with all others."""
_EULER = "e"


class FormulaReader:
    """Reads one formula. ``tensors`` are what it reads, by key; ``own`` is the name of its result."""

    def __init__(self, draft: Draft, directory: Directory, formula: TypedFormula, own: str) -> None:
        self.draft = draft
        self.directory = directory
        self.formula = formula
        self.own = own
        self.tensors: dict[str, Tensor] = {}
        self.axes = FormulaAxes(draft, formula.text)
        self.activation: tuple[Operation, Expr] | None = None
        """What activation the formula is, and of what."""

    def operation(self, output: str) -> tuple[Operation, dict[str, int]]:
        """The operation whose result is called ``output``, and how far its letters run. Raises a ``MisreadError``."""
        term = self._term(self.formula.root)
        if not self.tensors:
            raise MisreadError(0, "this formula reads nothing", f"give a number as a value: values: {{{self.own}: …}}")
        letters = self.axes.plain_letters(term)
        formula, stable = (relettered(one, letters) for one in (term.formula, term.stable))
        index = tuple(letters[axis] for axis in term.axes)
        made = Operation(Sym(output, index), formula, stable=None if stable == formula else stable)
        if self.activation is not None:
            activation, body = self.activation
            made = with_slopes(made, activation, relettered(body, letters))
        return made, {letters[old]: size for old, size in self.axes.sizes.items() if old in letters}

    # -- parts -------------------------------------------------------------------------------------------------------

    def _term(self, part: FormulaPart) -> Term:
        match part:
            case FormulaNumber(text, value):
                return constant(Num(int(value)) if text.isdigit() else Num(Decimal(text)))
            case Reference():
                return self._reference(part)
            case Negative(body):
                return self._term(body).map(Neg)
            case Combination("@", (left, right)):
                return self._matrix_product(left, right)
            case Combination("^", (Reference("e") as base, exponent)) if self._is_euler(base):
                return self._term(exponent).map(exp)
            case Combination(operator, parts):
                return self._combination(operator, parts)
            case Application(function, arguments):
                return self._application(part, function.name, arguments)
            case Pick(body, places):
                return self._pick(part, body, places)

    def _combination(self, operator: str, operands: tuple[FormulaPart, ...]) -> Term:
        terms, axes = self._fitted(operands)
        match operator:
            case "+":
                return together(lambda *every: Add(every), terms, axes)
            case "*":
                return together(lambda *every: Mul(every), terms, axes)
            case "/":
                self._divides_by(operands[1], terms[1])
                return together(Div, terms, axes)
            case _:
                if isinstance(operands[1], Negative):
                    self._divides_by(operands[0], terms[0])
                return together(Pow, terms, axes)

    def _fitted(self, operands: tuple[FormulaPart, ...]) -> tuple[list[Term], tuple[str, ...]]:
        """Parts that meet element by element, with the same letters: those of the first that has any."""
        terms = [self._term(part) for part in operands]
        first = next((place for place, term in enumerate(terms) if term.axes), 0)
        axes, shape = terms[first].axes, self.axes.shape(terms[first])
        for place, (part, term) in enumerate(zip(operands, terms, strict=True)):
            if not term.axes:
                continue
            if self.axes.shape(term) != shape:
                one, other = self.axes.in_words(operands[first], terms[first]), self.axes.in_words(part, term)
                remedy = (
                    "element by element, both sides have one shape, or one is a single number; @ multiplies tensors"
                )
                raise MisreadError(part.start, f"{one}, and {other}", remedy)
            terms[place] = term.map(lambda node, own=term.axes: at(node, dict(zip(own, axes, strict=True))), axes)  # type: ignore[misc]
        return terms, axes

    def _matrix_product(self, left: FormulaPart, right: FormulaPart) -> Term:
        """Σ over the last axis of the left and the first of the right."""
        one, other = self._term(left), self._term(right)
        for part, term in ((left, one), (right, other)):
            if not term.axes:
                message = f"@ is between tensors, and {self.axes.in_words(part, term)}"
                raise MisreadError(part.start, message, "write * in its place")
        (*before, inner), (meets, *after) = one.axes, other.axes
        if self.axes.sizes[inner] != self.axes.sizes[meets]:
            message = f"{self.axes.in_words(left, one)}, and {self.axes.in_words(right, other)}"
            remedy = "left of @ are as many columns as there are rows on its right; transpose(W) turns a matrix"
            raise MisreadError(right.start, message, remedy)
        other = other.map(lambda node: at(node, {meets: inner}))
        return together(lambda a, b: Sum(inner, a * b), [one, other], (*before, *after))

    def _pick(self, part: Pick, body: FormulaPart, places: tuple[int, ...]) -> Term:
        if isinstance(body, Reference):
            name = f"{body.name}[{','.join(map(str, places))}]"
            if found := self.directory.find(name, NAMED):
                return self._read(found)
        term = self._term(body)
        shape = self.axes.shape(term)
        if not is_inside(tuple(place - 1 for place in places), shape):
            remedy = "count from 1, with one number for each axis: x[2], W[2,1]"
            message = f"there is no {self.axes.text(part)}: {self.axes.in_words(body, term)}"
            raise MisreadError(part.start, message, remedy)
        cell = {axis: place - 1 for axis, place in zip(term.axes, places, strict=True)}
        return term.map(lambda node: at(node, cell), ())

    def _divides_by(self, part: FormulaPart, term: Term) -> None:
        """Note a divisor: once there are numbers, it is a mistake where it is exactly 0."""
        names = tuple(dict.fromkeys(one.name for one in symbols(term.formula) if isinstance(one, Sym)))
        if names:
            text, place = self.formula.text[part.start : part.end], self.formula.places[part.start]
            self.draft.divisors.append(Divisor(term.formula, term.axes, self.axes.sizes, names, text, place))

    # -- names -------------------------------------------------------------------------------------------------------

    def _is_euler(self, part: Reference) -> bool:
        return part.name == _EULER and not self._is_name(part.name)

    def _is_name(self, name: str) -> bool:
        return bool(self.directory.find(name, NAMED)) or name in {*self.draft.defined, *self.draft.names.numbers}

    def _reference(self, part: Reference) -> Term:
        name = part.name
        if name == self.own:
            remedy = "read an earlier result, or choose another name"
            raise MisreadError(part.start, f"{quoted(name)} uses itself", remedy)
        if found := self.directory.find(name, NAMED):
            return self._read(found)
        if name in self.draft.target_names:
            message = f"{quoted(name)} is a target, and formulas read no targets (a loss such as mse does)"
            remedy = f"give it as an input: inputs: {{…, {name}: …}}, with no targets beside it"
            raise MisreadError(part.start, message, remedy)
        if given := self.directory.parameter(Name(name, self.formula.places[part.start])):
            return self._read(given)
        if self._is_euler(part):
            return constant(exp(ONE))
        if name in CONSTANTS:
            return constant(CONSTANTS[name]())
        known = [*self.directory.known(NAMED), *self.draft.names.numbers, *self.draft.names.tensors]
        message, remedy = f"there is no {quoted(name)} to read", suggestion(name, known)
        if name in function_names():
            message, remedy = f"{quoted(name)} is a function", f"give its argument in brackets: {name}(x)"
        elif name in self.draft.defined:
            message, remedy = f"{quoted(name)} is worked out later", "put its line before this one"
        raise MisreadError(part.start, message, remedy)

    def _read(self, found: SourcePart) -> Term:
        tensor, cell = found
        self.tensors[tensor.key] = tensor
        if cell is not None or not found.shape:
            return constant(Sym(tensor.key, cell or ()))
        axes = tuple(self.axes.new(size) for size in found.shape)
        return Term(Sym(tensor.key, axes), Sym(tensor.key, axes), axes)

    # -- functions ---------------------------------------------------------------------------------------------------

    def _application(self, part: Application, name: str, arguments: tuple[FormulaPart, ...]) -> Term:
        if name not in function_names():
            message = f"there is no function {quoted(name)}"
            if self._is_name(name):
                raise MisreadError(part.start, f"{quoted(name)} is no function", f"write * for a product: {name} * (…)")
            base = name.removeprefix("log").lstrip("_")
            remedy = f"write ln(x) / ln({base})" if base.isdecimal() else suggestion(name, function_names())
            raise MisreadError(part.start, message, remedy)
        if name in CHOICES and len(arguments) > 1:
            terms, axes = self._fitted(arguments)
            return together(CHOICES[name], terms, axes)
        if len(arguments) != 1:
            message = f"{quoted(name)} has one argument, and {len(arguments)} are given"
            raise MisreadError(arguments[1].start, message, f"write {name}(x)")
        (argument,) = arguments
        term = self._term(argument)
        if name in ELEMENTWISE:
            if part is self.formula.root and (entry := catalogue.find("activation", name)):
                self.activation = entry.build(), term.formula
            return term.map(ELEMENTWISE[name])
        if name in CHOICES:
            return self._chosen(name, argument, term)
        if name in TOTALS:
            return self._total(term, mean=name != TOTALS[0])
        if name == TRANSPOSE:
            if len(term.axes) != 2:
                remedy = "@ takes a vector on either side as it is"
                message = f"transpose turns a matrix, and {self.axes.in_words(argument, term)}"
                raise MisreadError(argument.start, message, remedy)
            return term._replace(axes=term.axes[::-1])
        return self._activation(part, name, argument, term)

    @staticmethod
    def _total(term: Term, mean: bool) -> Term:
        def over(body: Expr) -> Expr:
            total = reduce(lambda inner, axis: Sum(axis, inner), reversed(term.axes), body)
            return Div(ONE, product(map(Size, term.axes))) * total if mean and term.axes else total

        return term.map(over, ())

    def _chosen(self, name: str, argument: FormulaPart, term: Term) -> Term:
        """The largest or smallest element."""
        shape = self.axes.shape(term)
        size = prod(shape)
        if not shape:
            return term
        if size > LARGEST_CHOICE or any(isinstance(self.draft.sizes.label(one), str) for one in shape):
            message = f"{name} of one argument goes over its elements, and {self.axes.in_words(argument, term)}"
            remedy = f"take it of at most {LARGEST_CHOICE} elements, or of a few: {name}(a, b)"
            raise MisreadError(argument.start, message, remedy)
        cells = [dict(zip(term.axes, cell, strict=True)) for cell in cells_of(*map(range, shape))]
        return term.map(lambda node: CHOICES[name](*(at(node, cell) for cell in cells)), ())

    def _activation(self, part: Application, name: str, argument: FormulaPart, term: Term) -> Term:
        operation: Operation = catalogue.known("activation", name).build()
        if not operation.is_elementwise and len(term.axes) != 1:
            message = f"{quoted(name)} takes a vector, and {self.axes.in_words(argument, term)}"
            raise MisreadError(argument.start, message, "give it all that it is taken of, as one vector")
        if part is self.formula.root:
            self.activation = operation, term.formula
        (read,), numeric = operation.arguments, inlined(operation)
        if operation.is_elementwise:
            return together(partial(put_into, read, None), [Term(operation.formula, numeric), term], term.axes)
        (axis,), (own,) = term.axes, operation.output.index
        used = dict.fromkeys((*index_letters(operation.formula), *index_letters(numeric)))
        letters = {letter: axis if letter == own else self.axes.new(self.axes.sizes[axis]) for letter in used}
        formulas = Term(relettered(operation.formula, letters), relettered(numeric, letters))
        return together(partial(put_into, read, axis), [formulas, term], term.axes)

"""Evaluation over whole tensors: one formula in index notation becomes a line of numpy, written and compiled once.

A sum over a product becomes a matrix product, everything else broadcasts: Σ_i W[j,i] x[n,i] + b[j] is ``x @ W.T + b``.
``plan(z_formula, ("n", "j"))`` gives a function of the arrays whose result has these axes, in this order.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial, reduce
from typing import Any

import numpy as np

from .bind import at, extent, free_indices, fresh, kronecker, origin
from .contractions import (
    MINUS,
    PRODUCT,
    SUM,
    ArrayText,
    Letters,
    Run,
    aligned,
    as_numbers,
    binary,
    call,
    multiply,
    number,
    ordered,
    product,
    reduced,
    same_axes,
)  # fmt: skip
from .functions import FUNCTIONS, LARGEST
from .index import Affine, Index, Segment, letters_of, number_of
from .nodes import (
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Size,
    Sum,
    Sym,
    partial_key,
)  # fmt: skip

_RELATIONS = {">": ">", "≥": ">=", "<": "<", "≤": "<=", "=": "==", "≠": "!="}


@lru_cache(maxsize=4096)
def plan(node: Expr, axes: Letters) -> Run:
    """A function from ``Arguments`` to the array of the expression, with one axis for each index named.

    Every free index of the expression must be among ``axes``; an axis it lacks is filled by repeating.
    """
    writer = ArrayWriter(lambda name: f"arrays[{name!r}]", lambda letter: f"extent({letter!r}, sizes)")
    source = f"def run(arguments):\n    arrays, sizes = arguments\n    return {writer.text(node, axes)}\n"
    found: dict[str, Any] = {"extent": extent, **writer.functions}
    exec(compile(source, "<plan>", "exec"), found)
    return found["run"]  # type: ignore[no-any-return]


class ArrayWriter:
    """Writes expressions as numpy: ``name`` has the text for a symbol's array, ``size`` that for how far a letter runs.

    ``functions`` are what the texts call beside numpy's own.
    """

    eager = True
    """Only what is read twice becomes a line of its own: an array is worked out once wherever it stands."""
    single = "np.asarray"
    """What makes a result of a number without axes."""
    quiet = partial(np.errstate, all="ignore")
    """While this lasts, an overflow is an infinity, without a warning."""

    def __init__(self, name: Callable[[str], str], size: Callable[[str], str]) -> None:
        self._name = name
        self._size = size
        self._order: Letters = ()
        self.functions: dict[str, Any] = {"np": np}

    def text(self, node: Expr, axes: Letters) -> str:
        """The Python expression of a formula, its array having these axes in this order."""
        self._order = axes
        part = as_numbers(self._part(node))
        missing = [axis for axis in axes if axis not in part.axes]
        if not missing:
            return ordered(part, axes).text
        shape = "".join(f"{self._size(axis)}, " for axis in axes)
        if not part.axes:
            return f"np.full(({shape}), {part.text})"
        return f"np.broadcast_to({aligned(part, axes).text}, ({shape})).copy()"

    def _part(self, node: Expr) -> ArrayText:
        if (found := self._beside_one(node)) is not None:
            return found
        match node:
            case Num(value):
                return number(float(value))
            case Sym(name, index, mark):
                return self._symbol(name + mark, index)
            case Partial(of, by):
                return self._symbol(partial_key(of.name, by.name), by.index)
            case Size(over):
                size = self._size(over)
                return number(float(size)) if size.isdigit() else ArrayText((), f"float({size})", constant=True)
            case Add(terms):
                return self._sum_of_terms(terms)
            case Neg(body):
                inner = as_numbers(self._part(body))
                return inner._replace(text=f"-{inner.within(MINUS)}", binds=MINUS)
            case Mul(factors):
                return multiply([self._part(factor) for factor in factors])
            case Div(top, bottom):
                return binary("/", PRODUCT, self._part(top), self._part(bottom), "true_divide")
            case Pow(base, Num(2)):
                return call("np.square", self._part(base))
            case Pow(base, exponent):
                return call("np.power", self._part(base), self._part(exponent))
            case Call(function, args):
                return self._call(function, [self._part(arg) for arg in args])
            case Sum():
                return self._contraction(node)
            case Max(over, body):
                return reduced(LARGEST, as_numbers(self._part(body)), (over,))
            case Delta(i, j):
                return self._kronecker(i, j)
            case Indicator(condition):
                return self._condition(condition)
            case Cases(condition, then, otherwise):
                decided = self._condition(condition)._replace(truth=False)
                return call("np.where", decided, self._part(then), self._part(otherwise))
            case _:
                raise TypeError(f"no array for {node!r}")

    def _symbol(self, name: str, index: tuple[Index, ...]) -> ArrayText:
        text = self._name(name)
        letters = tuple(dict.fromkeys(letter for one in index for letter in letters_of(one)))
        repeated = sum(len(letters_of(one)) for one in index) > len(letters)
        if repeated or any(type(one) is Affine for one in index):  # x[p + r] is looked up at every p and r
            return ArrayText(letters, f"{text}[{', '.join(self._places(one, letters) for one in index)}]")
        if all(isinstance(one, str) for one in index):
            return ArrayText(letters, text)
        return ArrayText(letters, f"{text}[{', '.join(map(self._slice, index))}]")

    def _slice(self, index: Index) -> str:
        """An index as Python has it; a segment is a part of its axis, not copied."""
        match index:
            case Segment(((_, letter),), offset):
                return f"{offset} : {offset} + {self._size(letter)}"
            case str():
                return ":"
            case _:
                return str(number_of(index, {}))

    def _places(self, index: Index, axes: Letters) -> str:
        """The numbers that an index takes, along these axes."""
        terms = [(1, index)] if isinstance(index, str) else index.terms if isinstance(index, Affine) else ()
        offset = number_of(index, dict.fromkeys(letters_of(index), 0))
        found = [
            f"{factor} * {aligned(ArrayText((letter,), f'np.arange({self._size(letter)})'), axes, fill=True).text}"
            for factor, letter in terms
        ]
        return " + ".join([*found, *([str(offset)] if offset or not found else [])])

    def _call(self, function: str, arguments: list[ArrayText]) -> ArrayText:
        """A function of the table; one of any number of arguments takes two at a time."""
        row = FUNCTIONS[function]
        name = self._known(function, row.numpy)
        return reduce(partial(call, name), arguments) if row.arity is None else call(name, *arguments)

    def _beside_one(self, node: Expr) -> ArrayText | None:
        """A function beside a 1 that takes digits from it, where numpy has one for both together."""
        match node:
            case Call(function, (Add((Num(1), argument)),)):
                kind = "of"
            case Add((Num(1), Call(function, (argument,)))):
                kind = "plus"
            case Add((Call(function, (argument,)), Neg(Num(1)))):
                kind = "less"
            case _:
                return None
        own = FUNCTIONS[function].beside_one.get(kind)
        return None if own is None else call(self._known(f"{function}_{kind}", own), self._part(argument))

    def _known(self, name: str, own: str | Callable[..., Any]) -> str:
        """What numpy's function is called, or one of ours under this name."""
        if isinstance(own, str):
            return f"np.{own}"
        self.functions[name] = own
        return name

    def _sum_of_terms(self, terms: tuple[Expr, ...]) -> ArrayText:
        """Terms added from left to right; a ``Neg`` after the first is subtracted."""
        result = self._part(terms[0])
        for term in terms[1:]:
            sign, body = ("-", term.body) if isinstance(term, Neg) else ("+", term)
            result = binary(sign, SUM, result, self._part(body))
        return result

    def _condition(self, condition: Condition) -> ArrayText:
        left, right = self._part(condition.left), self._part(condition.right)
        return binary(_RELATIONS[condition.relation], SUM, left, right)._replace(truth=True, binds=SUM - 1)

    def _kronecker(self, i: Index, j: Index) -> ArrayText:
        decided = kronecker(i, j)
        if isinstance(decided, Num):
            return self._part(decided)
        axes = tuple(dict.fromkeys((*letters_of(i), *letters_of(j))))
        return ArrayText(axes, f"{self._places(i, axes)} == {self._places(j, axes)}", SUM - 1, truth=True)

    def _contraction(self, node: Sum) -> ArrayText:
        """Σ over some indices: factors without them stay outside, the others become matrix products."""
        over: list[str] = []
        body: Expr = node
        while isinstance(body, Sum):
            inner = fresh(body.over, {*over, *free_indices(body)})
            over.append(inner)
            body = body.body if inner == body.over else at(body.body, {body.over: inner})
        negative = isinstance(body, Neg)
        body = body.body if isinstance(body, Neg) else body
        over, factors = self._picked(over, list(body.factors) if isinstance(body, Mul) else [body])
        negative ^= sum(isinstance(factor, Neg) for factor in factors) % 2 == 1
        factors = [factor.body if isinstance(factor, Neg) else factor for factor in factors]
        outside = [self._part(factor) for factor in factors if not set(over) & set(free_indices(factor))]
        inside = [self._part(factor) for factor in factors if set(over) & set(free_indices(factor))]
        is_dot = len(over) == 1 and len(inside) == 2 and all(part.axes == tuple(over) for part in inside)
        groups = [as_numbers(part) for part in (inside if is_dot else same_axes(inside))]
        lacking = [index for index in over if not any(index in part.axes for part in groups)]
        summed = [index for index in over if index not in lacking]
        result = groups[0] if groups else None
        for place, part in enumerate(groups[1:], start=2):
            later = {axis for other in groups[place:] for axis in other.axes}
            assert result is not None
            result = self._pair(result, part, tuple(i for i in summed if i not in later))
        if result is not None:
            result = reduced("sum", result, tuple(axis for axis in summed if axis in result.axes))
        operands = [
            *outside,
            *([result] if result is not None else []),
            *(self._part(Size(index)) for index in lacking),
        ]
        multiplied = multiply(operands) if operands else number(1.0)
        return multiplied._replace(text=f"-{multiplied.within(MINUS)}", binds=MINUS) if negative else multiplied

    def _picked(self, over: list[str], factors: list[Expr]) -> tuple[list[str], list[Expr]]:
        """A δ of a summed index and one that runs as far picks one addend: Σ_j′ g_j′ δ_j′j = g_j."""
        for delta in factors:
            match delta:
                case Delta(str(i), str(j)) if i != j and self._run_alike(i, j) and (i in over or j in over):
                    index, other = (i, j) if i in over else (j, i)
                    rest = [at(factor, {index: other}) for factor in factors if factor is not delta]
                    return self._picked([name for name in over if name != index], rest)
        return over, factors

    def _run_alike(self, i: str, j: str) -> bool:
        return origin(i) == origin(j) or self._size(i) == self._size(j)

    def _pair(self, left: ArrayText, right: ArrayText, over: Letters) -> ArrayText:
        """Σ over ``over`` of left × right: one matrix product; without shared indices to sum, elementwise."""
        shared = [axis for axis in left.axes if axis in right.axes]
        contracted = tuple(axis for axis in over if axis in shared)
        left, right = (
            reduced("sum", part, tuple(axis for axis in over if axis in part.axes and axis not in shared))
            for part in (left, right)
        )
        if not contracted:
            return multiply([left, right])
        kept = tuple(axis for axis in shared if axis not in contracted)
        rows, columns = (tuple(axis for axis in part.axes if axis not in shared) for part in (left, right))
        if kept or len(contracted) > 1 or len(rows) > 1 or len(columns) > 1:
            axes = (*kept, *rows, *columns)
            letters = {axis: chr(97 + place) for place, axis in enumerate((*axes, *contracted))}
            before, after, made = ("".join(letters[one] for one in found) for found in (left.axes, right.axes, axes))
            self.functions["product"] = product
            return ArrayText(axes, f"product({f'{before},{after}->{made}'!r}, {left.text}, {right.text})")
        forms = [
            (ordered(first, (*own, *contracted)), ordered(second, (*contracted, *other)), (*own, *other))
            for first, second, own, other in ((left, right, rows, columns), (right, left, columns, rows))
        ]
        first, second, axes = min(forms, key=lambda form: self._turns(left, right, *form))
        return ArrayText(axes, f"{first.within(PRODUCT)} @ {second.within(PRODUCT + 1)}", PRODUCT)

    def _turns(self, left: ArrayText, right: ArrayText, first: ArrayText, second: ArrayText, axes: Letters) -> int:
        """How many matrices a product transposes, itself among them."""
        given = {part.axes for part in (left, right)}
        order = tuple(axis for axis in self._order if axis in axes)
        return (first.axes not in given) + (second.axes not in given) + (order != axes)

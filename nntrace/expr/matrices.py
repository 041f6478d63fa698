"""The matrix form of a formula, read off its index pattern: ``Σ_i x_i W_ji + b_j`` is ``W x + b``.

A factor with two indices is a step from one index to the other, a factor with one a step from it to a single row or
column. A sum over an index joins the two steps that share it, so a sum of products is a chain of steps from the
index that runs down to the one that runs across; each step is a matrix, or its transpose where it is taken backwards.
What shares all of its indices is multiplied element by element, what lacks one is repeated by a row of ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from .bind import free_indices, symbols
from .chains import Factor, chain_steps, components, matrix_factors, merged, transposed, walks
from .matrix_nodes import Hadamard, HadamardDiv, HadamardPow, MatMul, Ones, Transpose, Whole
from .nodes import (
    ONE,
    Add,
    Call,
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
    Pow,
    Size,
    Sum,
    Sym,
)  # fmt: skip
from .structure import as_sum, is_zero, product

IDENTITY = Sym("I")
"""The identity matrix, which a Kronecker δ is."""
DIAGONAL = "diag"
"""What the matrix is called that has a vector along its diagonal."""

Axes = tuple[str | None, str | None]
"""The indices that run down and across; ``None`` for a single row or column."""


class NoMatrixFormError(Exception):
    """The formula is no sum of products of matrices."""


def matrix_form(formula: Expr, target: Axes, axes: Callable[[Sym | Partial], Axes]) -> Expr | None:
    """The formula as a matrix with these axes, or ``None`` where it has no matrix form.

    ``axes`` lays out each symbol: ``W["j", "i"]`` as ("j", "i"), ``x["i"]`` as ("i", None). A number stands for
    a matrix full of it; functions are taken of each element.
    """
    try:
        return _MatrixForm(axes).matrix(formula, target)
    except NoMatrixFormError:
        return None


def shape(node: Expr) -> Axes | None:
    """The axes of a matrix expression; ``None`` of a number, which fits any shape."""
    match node:
        case Whole(_, down, across):
            return down, across
        case Ones(over):
            return over, None
        case Transpose(body):
            inner = shape(body)
            return None if inner is None else inner[::-1]
        case MatMul(factors):
            first, last = shape(factors[0]), shape(factors[-1])
            assert first is not None
            assert last is not None
            return first[0], last[1]
        case Call(function, (body,)) if function == DIAGONAL:
            inner = shape(body)
            assert inner is not None
            return (inner[0] or inner[1],) * 2
        case Indicator(Condition(left, _, right)):
            return _largest((left, right))
        case Add(parts) | Mul(parts) | Hadamard(parts) | Call(_, parts):
            return _largest(parts)
        case Neg(body):
            return shape(body)
        case Div(top, bottom) | HadamardDiv(top, bottom) | Pow(top, bottom) | HadamardPow(top, bottom):
            return _largest((top, bottom))
        case _:
            return None


def _largest(operands: tuple[Expr, ...]) -> Axes | None:
    """The shape of parts of one shape, or numbers, which fit any, as those of the one sample of a batch do."""
    shapes = [found for part in operands if (found := shape(part)) is not None]
    return max(shapes, key=lambda axes: sum(axis is not None for axis in axes), default=None)


class _MatrixForm:
    def __init__(self, axes: Callable[[Sym | Partial], Axes]) -> None:
        self.axes = axes

    def matrix(self, node: Expr, target: Axes) -> Expr:
        """The node as a matrix with exactly the target's axes; what lacks one of them is repeated."""
        match node:
            case Add(terms):
                return Add(tuple(self.matrix(term, target) for term in terms))
            case Neg(body):
                return Neg(self.matrix(body, target))
            case Num() | Size():
                return node
            case Mul() | Sum():
                return self._product(node, target)
        return self._repeated(node, target)

    def _repeated(self, node: Expr, target: Axes) -> Expr:
        """A factor brought to the target's axes."""
        own = set(free_indices(node))
        wanted = {index for index in target if index is not None}
        if not own:
            return self.elements(node, (None, None))
        if not own <= wanted:
            raise NoMatrixFormError
        down, across = target
        if own == wanted:
            return self.elements(node, target)
        if down in own:
            assert across is not None
            return MatMul((self.elements(node, (down, None)), Transpose(Ones(across))))
        assert down is not None
        return MatMul((Ones(down), self.elements(node, (None, across))))

    def elements(self, node: Expr, target: Axes) -> Expr:
        """A node that has all indices of the target, element by element; transposed where it is laid out that way."""
        natural = self._natural(node)
        if natural is not None and natural != target and natural == target[::-1]:
            return Transpose(self.elements(node, natural))
        match node:
            case Num() | Size():
                return node
            case Sym() | Partial():
                laid = self.axes(node)
                if laid != target:
                    raise NoMatrixFormError
                return Whole(node, *laid)
            case Call(function, args, options):
                return Call(function, tuple(self.matrix(arg, target) for arg in args), options)
            case Div(top, bottom):
                if not free_indices(bottom):
                    return Div(self.matrix(top, target), self.matrix(bottom, (None, None)))
                return HadamardDiv(self.matrix(top, target), self.matrix(bottom, target))
            case Pow(base, exponent):
                if not free_indices(base):
                    return Pow(self.matrix(base, target), self.matrix(exponent, target))
                if exponent == Num(2):
                    return self._squared(self.matrix(base, target))
                return HadamardPow(self.matrix(base, target), self.matrix(exponent, target))
            case Indicator(condition):
                return Indicator(self._condition(condition, target))
            case Cases(condition, then, otherwise):
                holds = Indicator(self._condition(condition, target))
                chosen = ((holds, then), (Add((ONE, Neg(holds))), otherwise))
                kept = [(mask, self.matrix(case, target)) for mask, case in chosen if not is_zero(case)]
                masked = tuple(mask if case == ONE else Hadamard((mask, case)) for mask, case in kept)
                return as_sum(masked)
            case Delta(i, j) if {i, j} == set(target):
                return Whole(IDENTITY, *target)
            case Add() | Neg() | Mul() | Sum():
                return self.matrix(node, target)
            case _:
                raise NoMatrixFormError

    @staticmethod
    def _squared(base: Expr) -> Expr:
        factors = base.factors if isinstance(base, Hadamard) else (base,)
        return Hadamard((*factors, *factors))

    def _condition(self, condition: Condition, target: Axes) -> Condition:
        return Condition(self.matrix(condition.left, target), condition.relation, self.matrix(condition.right, target))

    def _natural(self, node: Expr) -> Axes | None:
        """How a node is laid out: as its first symbol that has all of its indices."""
        own = set(free_indices(node))
        laid = (self.axes(symbol) for symbol in symbols(node) if set(free_indices(symbol)) == own)
        return next(laid, None) if own else None

    # -- products ----------------------------------------------------------------------------------------------------

    def _product(self, node: Expr, target: Axes) -> Expr:
        """A sum of products: chains of matrices, multiplied element by element where several have the same indices."""
        over: list[str] = []
        factors: list[Expr] = []
        negative = self._flatten(node, over, factors)
        wanted = [index for index in target if index is not None]
        scalars: list[Expr] = []
        groups: dict[frozenset[str], list[Expr]] = {}
        for component in components([Factor(one, tuple(free_indices(one))) for one in factors], over):
            free = [index for factor in component for index in factor.indices if index not in over]
            if not set(free) <= set(wanted):
                raise NoMatrixFormError
            summed = any(index in over for factor in component for index in factor.indices)
            down, across = (index if index in free else None for index in target)
            axes = (down, across)
            form = self._chain(component, over, axes) if summed else self.elements(component[0].node, axes)
            (groups.setdefault(frozenset(free), []) if free else scalars).append(form)
        lacking = [index for index in over if not any(index in free_indices(factor) for factor in factors)]
        scalars[:0] = [Size(index) for index in lacking]
        body = self._joined(groups, target)
        result = body if not scalars else product((*scalars, *([body] if body is not None else [])))
        assert result is not None
        return Neg(result) if negative else result

    def _joined(self, groups: dict[frozenset[str], list[Expr]], target: Axes) -> Expr | None:
        """The components together: an outer product of a column and a row, the rest element by element."""
        if not groups:
            return None
        down, across = target
        wanted = frozenset(index for index in target if index is not None)
        fitting = groups.pop(wanted, [])
        sides = {index: _hadamard(groups.pop(frozenset((index,)), [])) for index in wanted} if len(wanted) > 1 else {}
        column, row = (sides.get(index) if index is not None else None for index in (down, across))
        identity = Whole(IDENTITY, *target)
        if identity in fitting and (column is None) != (row is None):  # the rows or columns of I scaled
            others = [one for one in fitting if one != identity]
            return _hadamard([*others, Call(DIAGONAL, (column or row or identity,))])
        if column is not None and row is not None and not fitting:
            return MatMul((*matrix_factors(column), *matrix_factors(row)))
        if column is not None:
            assert across is not None
            fitting.append(MatMul((*matrix_factors(column), Transpose(Ones(across)))))
        if row is not None:
            assert down is not None
            fitting.append(MatMul((Ones(down), *matrix_factors(row))))
        return _hadamard(fitting)

    def _flatten(self, node: Expr, over: list[str], factors: list[Expr]) -> bool:
        """The summed indices and the factors of a product; whether its sign is negative."""
        match node:
            case Sum(index, body):
                if index in over:
                    raise NoMatrixFormError
                over.append(index)
                return self._flatten(body, over, factors)
            case Mul(parts):
                return reduce(lambda sign, part: sign ^ self._flatten(part, over, factors), parts, False)
            case Neg(body):
                return not self._flatten(body, over, factors)
            case Pow(base, Num(2)) if over and free_indices(base):
                factors += [base, base]
                return False
            case Div(top, bottom) if not free_indices(bottom) and free_indices(top):
                negative = self._flatten(top, over, factors)
                factors.append(Div(ONE, bottom))
                return negative
            case _:
                factors.append(node)
                return False

    def _chain(self, component: list[Factor], over: list[str], target: Axes) -> Expr:
        """A walk over all factors, from the index that runs down to the one that runs across."""
        for steps in (chain_steps(component, over), chain_steps(merged(component), over)):
            found = [[self._taken(*step) for step in walk] for walk in walks(steps, *target)] if steps else []
            if found:
                best = min(found, key=transposed)
                return MatMul(tuple(inner for factor in best for inner in matrix_factors(factor)))
        raise NoMatrixFormError

    def _taken(self, node: Expr, here: str | None, there: str | None) -> Expr:
        """A step of a walk: the matrix, or its transpose where it is taken backwards."""
        if isinstance(node, Ones):
            return Transpose(node) if here is None else node
        return self.elements(node, (here, there))


def _hadamard(factors: list[Expr]) -> Expr | None:
    if len(factors) < 2:
        return factors[0] if factors else None
    flat = [inner for part in factors for inner in (part.factors if isinstance(part, Hadamard) else (part,))]
    return Hadamard(tuple(flat))

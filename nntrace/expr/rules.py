"""The rules of differentiation by name, and the algebra that brings a derivative to its textbook form.

``by_rule`` writes the outermost rule out as a textbook does, with its zeros; the other functions each make one kind
of change and keep the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from .bind import free_indices, kronecker, symbols, transform, walk
from .differentiate import contract, differentiate
from .functions import BY_CASES, quotient_of, row_of
from .nodes import ONE, ZERO, Add, Call, Cases, Delta, Div, Expr, Max, Mul, Neg, Num, Pow, Sum, Sym
from .simplify import Rule, simplified, simplify, with_rules
from .structure import factors_of, negative, product, terms_of, total
from .tree import children, over_parts


def by_rule(node: Expr, by: Sym, kink: int = 0) -> tuple[Expr, tuple[str, ...]]:
    """∂node/∂by with the outermost quotient or product rule written out, zeros included; and the rules' names."""
    names = tuple(dict.fromkeys(_rules(node, by)))
    return transform(_by_rule(node, by, kink), quotient_of), names


def _by_rule(node: Expr, by: Sym, kink: int) -> Expr:
    match node:
        case Neg(body):
            return negative(_by_rule(body, by, kink))
        case Div(top, bottom) if depends(bottom, by):
            above, below = differentiate(top, by, kink), differentiate(bottom, by, kink)
            return Div(Add((Mul((above, bottom)), negative(product((top, below))))), Pow(bottom, Num(2)))
        case _:
            return differentiate(node, by, kink)


def depends(node: Expr, by: Sym) -> bool:
    """Whether an expression has the symbol, at any index."""
    return any(isinstance(symbol, Sym) and symbol.name == by.name for symbol in symbols(node))


def _rules(node: Expr, by: Sym) -> Iterator[str]:
    """The rules that a derivative takes, from the outside in."""
    if not depends(node, by):
        return
    inner = [part for part in children(node) if depends(part, by)]
    match node:
        case Sum() | Add():
            yield "sum rule"
        case Div(_, bottom) if depends(bottom, by):
            yield "quotient rule"
        case Mul() if len(inner) > 1:
            yield "product rule"
        case Mul() | Div():
            yield "constant factor rule"
        case Pow(base, exponent):
            if depends(base, by):
                yield "power rule"
            if depends(exponent, by):
                yield "exponential rule"
            if not all(isinstance(part, Sym) for part in inner):
                yield "chain rule"
        case Call() if (row := row_of(node)) is not None and row.rule:
            yield row.rule
            if not row.choice and not all(isinstance(part, Sym) for part in inner):
                yield "chain rule"
        case Cases() | Max():
            yield BY_CASES
    for part in inner:
        yield from _rules(part, by)


def where_equal(node: Expr, first: str, second: str) -> Expr:
    """An expression where two indices are equal: the first written for both."""
    match node:
        case Delta(i, j):
            return kronecker(*(first if index == second else index for index in (i, j)))
        case Sym(name, index, mark) if index:
            return Sym(name, tuple(first if i == second else i for i in index), mark)
        case Mul(factors):
            return product(where_equal(factor, first, second) for factor in factors)
        case _:
            return over_parts(node, lambda part: where_equal(part, first, second))


def where_different(node: Expr, first: str, second: str) -> Expr:
    """An expression where two indices differ: their δ is 0, and a zero that a rule writes stays as it is written."""
    match node:
        case Delta(i, j):
            return ZERO if {i, j} == {first, second} else node
        case Mul(factors) if any(_is_delta(one, first, second) for one in factors):
            return ZERO
        case Neg(body) if body != ZERO and where_different(body, first, second) == ZERO:
            return ZERO
        case _:
            return over_parts(node, lambda part: where_different(part, first, second))


def _is_delta(node: Expr, first: str, second: str) -> bool:
    """Whether a factor is the two indices' δ, or the negative of it."""
    body = _signed(node)[1]
    return isinstance(body, Delta) and {body.i, body.j} == {first, second}


def has_delta(node: Expr, first: str, second: str) -> bool:
    """Whether the two indices' δ is in an expression."""
    return any(isinstance(part, Delta) and {part.i, part.j} == {first, second} for part in walk(node))


def cancelled(node: Expr) -> tuple[Expr, tuple[Rule, ...]]:
    """Products with their fractions gathered into one, and what stands above and below taken out, a sign stays; and
    what cancels."""
    return with_rules(_cancelled, node)


def _cancelled(node: Expr, rules: list[Rule]) -> Expr:
    match node:
        case Sum(over, body):
            sign, body = _signed(_cancelled(body, rules))
            return _with_sign(sign, Sum(over, body))
        case Add():
            return over_parts(node, lambda part: _cancelled(part, rules))
        case Neg(body):
            return negative(_cancelled(body, rules))
        case Mul(factors):
            signs, bodies = zip(*map(_signed, factors), strict=True)
            above = product(one.top if isinstance(one, Div) else one for one in bodies)
            below = [one.bottom for one in bodies if isinstance(one, Div)]
            found, used = simplified(Div(above, product(below)) if below else above)
            rules += used
            return _with_sign(prod(signs), found)
        case _:
            return node


def multiplied_out(node: Expr) -> tuple[Expr, tuple[Rule, ...]]:
    """One sum among the factors of each product multiplied out, as ``distributed``, and every sign where it was; and
    what cancels then."""
    return with_rules(_multiplied_out, node)


def _multiplied_out(node: Expr, rules: list[Rule]) -> Expr:
    match node:
        case Neg(body):
            return negative(_multiplied_out(body, rules))
        case Add(terms):
            return total(one for term in terms for one in _spread(_multiplied_out(term, rules)))
        case Sum(over, body):
            return total(_summed(over, term) for term in terms_of(_multiplied_out(body, rules)))
        case Mul(factors):
            return _opened(factors, rules) or node
        case _:
            return node


def _spread(node: Expr) -> tuple[Expr, ...]:
    """The terms of a sum, or of the negative of one."""
    if isinstance(node, Neg) and isinstance(node.body, Add):
        return tuple(map(negative, node.body.terms))
    return terms_of(node)


def constants_out(node: Expr) -> tuple[tuple[Expr, ...], Expr]:
    """The factors and divisors without an index, and the rest of a product: (1/K, 1/ln(2)) of (1/K) (p_k / ln(2))."""
    match node:
        case Neg(body):
            found, core = constants_out(body)
            return found, negative(core)
        case Div(top, bottom) if free_indices(top) and not free_indices(bottom):
            found, core = constants_out(top)
            return (*found, Div(ONE, bottom)), core
        case Mul(factors) if any(free_indices(factor) for factor in factors):
            split = [constants_out(factor) if free_indices(factor) else ((factor,), ONE) for factor in factors]
            return tuple(one for found, _ in split for one in found), product(core for _, core in split)
        case _:
            return (), node


def _signed(node: Expr) -> tuple[int, Expr]:
    if isinstance(node, Neg):
        sign, body = _signed(node.body)
        return -sign, body
    return 1, node


def _with_sign(sign: int, body: Expr) -> Expr:
    return negative(body) if sign < 0 else body


def distributed(node: Expr) -> Expr:
    """One sum among the factors of each product multiplied out (one of fractions first, then one with a δ)."""
    match node:
        case Sum(over, body):
            return simplify(total(_summed(over, term) for term in terms_of(distributed(body))))
        case Neg(body):
            return simplify(total(negative(term) for term in terms_of(distributed(body))))
        case Add(terms):
            return simplify(total(distributed(term) for term in terms))
        case Mul(factors):
            if (opened := _opened(factors, [])) is not None:
                return simplify(opened)
            inner = tuple(distributed(factor) if isinstance(factor, Sum) else factor for factor in factors)
            return node if inner == factors else distributed(Mul(inner))
        case _:
            return node


def _opened(factors: tuple[Expr, ...], rules: list[Rule]) -> Expr | None:
    """A product with one sum among its factors multiplied out, if there is one."""
    sums = [place for place, factor in enumerate(factors) if isinstance(factor, Add)]
    if not sums:
        return None
    place = min(sums, key=lambda place: min(map(_rank, terms_of(factors[place]))))
    before, after = factors[:place], factors[place + 1 :]
    return total(_cancelled(product((*before, term, *after)), rules) for term in terms_of(factors[place]))


def _rank(node: Expr) -> int:
    """Fractions cancel, and a δ picks an addend: sums of these are multiplied out first."""
    body = _signed(node)[1]
    return 0 if isinstance(body, Div) else 1 if isinstance(body, Delta) else 2


def _summed(over: str, term: Expr) -> Expr:
    """Σ of one term: a δ picks one addend, and factors without the index come out of the sum."""
    sign, body = _signed(term)
    factors = factors_of(body)
    outside = [factor for factor in factors if over not in free_indices(factor)]
    inside = product(factor for factor in factors if over in free_indices(factor))
    found = product((*outside, contract(over, inside)))
    return _with_sign(sign, found)

"""The constants of a formula: those of one product multiplied together exactly, the digits of decimals as typed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from ..record import Record
from .bind import transform
from .brackets import is_scientific
from .decimal_places import decimal_places
from .nodes import ONE, Add, Div, Expr, Mul, Neg, Num, Size, Sym
from .simplify import LIKE_TERMS, MULTIPLIED, Rule, constant, simplified, simplify, with_rules
from .structure import as_product, as_sum, negative, product
from .tree import children, over_parts

MOST_DIGITS = 10
"""A decimal of more significant digits is not written out: its factors stay as they are."""


class Coefficient(Record):
    """A number divided by sizes; ``decimal`` where one was typed."""

    value: Fraction
    decimal: bool = False
    below: tuple[Expr, ...] = ()


def constants_multiplied(node: Expr) -> tuple[Expr, tuple[Rule, ...]]:
    """An equal expression with one constant in front of each product, and the rules; none where it is as it was.

    1/3 × 2 × (1/2) × (a - y) is 1/3 × (a - y), 2 × 0.01 × w is 0.02 w, 2 × (1/m) × d is (2/m) × d.
    """
    return with_rules(_multiplied, node)


def shortened(node: Expr) -> tuple[Expr, tuple[Rule, ...]]:
    """Simplified, and the constants multiplied."""
    short, rules = simplified(node)
    found, more = constants_multiplied(short)
    return found, tuple(dict.fromkeys((*rules, *more)))


def folded(body: Expr) -> Expr:
    """The formula's own constants in each product as one: 1/2 × 2 × (a - y) is a - y."""

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, Mul):
            return None
        factors = [transform(factor, leaf) for factor in node.factors]
        constants = [factor for factor in factors if _is_constant(factor)]
        others = [factor for factor in factors if not _is_constant(factor)]
        return product((simplify(Mul(tuple(constants))), *others)) if constants else Mul(tuple(factors))

    return transform(body, leaf)


def _is_constant(node: Expr) -> bool:
    """Whether a factor is a number of the formula: 2, 1/2, -1."""
    if isinstance(node, Num):
        return not isinstance(node.value, Decimal)
    return isinstance(node, Div | Neg) and all(map(_is_constant, children(node)))


def _multiplied(node: Expr, rules: list[Rule]) -> Expr:
    node = over_parts(node, lambda part: _multiplied(part, rules))
    match node:
        case Mul(factors):
            return _folded(factors, rules) or node
        case Add(terms):
            return _like_terms(terms, rules) or node
        case Div(Num(int(top)), Num(int(bottom))) if bottom and top % bottom == 0:
            rules.append(MULTIPLIED)
            return Num(top // bottom)
        case _:
            return node


def _folded(factors: tuple[Expr, ...], rules: list[Rule]) -> Expr | None:
    found = [constant_of(factor) for factor in factors]
    constants = [one for one in found if one is not None]
    if len(constants) < 2:
        return product(factors) if ONE in factors else None  # what is left of 2/2 × a
    value = Fraction(1)
    for one in constants:
        value *= one.value
    decimal = any(one.decimal for one in constants)
    number = _as_typed(abs(value), decimal)
    if number is None:
        return None
    rules.append(MULTIPLIED)
    below = [size for one in constants for size in one.below]
    front = Div(number, as_product(below)) if below else number
    others = [factor for factor, one in zip(factors, found, strict=True) if one is None]
    multiplied = product((front, *others))
    return negative(multiplied) if value < 0 else multiplied


def _like_terms(terms: tuple[Expr, ...], rules: list[Rule]) -> Expr | None:
    """Terms that differ in a decimal in front as one; others are ``simplify``'s."""
    amounts: dict[Expr, list[Coefficient]] = {}
    for term in terms:
        number, rest = _coefficient(term)
        amounts.setdefault(rest, []).append(number)
    added: list[Expr] = []
    for rest, numbers in amounts.items():
        value = sum((one.value for one in numbers), Fraction(0))
        decimal = any(one.decimal for one in numbers)
        coefficient = _as_typed(abs(value), decimal) if decimal and len(numbers) > 1 else None
        if coefficient is None or not value:
            added += [term for term in terms if _coefficient(term)[1] == rest]
            continue
        rules.append(LIKE_TERMS)
        like_term = product((coefficient, rest))
        added.append(negative(like_term) if value < 0 else like_term)
    if len(added) == len(terms):
        return None
    return as_sum(added)


def _coefficient(term: Expr) -> tuple[Coefficient, Expr]:
    match term:
        case Neg(body):
            number, rest = _coefficient(body)
            return number._replace(value=-number.value), rest
        case Mul((first, *others)) if (found := constant_of(first)) is not None and not found.below:
            return found, product(others)
        case _:
            return Coefficient(Fraction(1)), term


def constant_of(node: Expr) -> Coefficient | None:
    """A factor that is a number, a fraction, or one of these divided by a size."""
    match node:
        case Num(value) if isinstance(value, Decimal):
            return Coefficient(Fraction(value), decimal=True) if value.is_finite() else None
        case Num(value):
            return Coefficient(Fraction(value))
        case Neg(body):
            inner = constant_of(body)
            return None if inner is None else inner._replace(value=-inner.value)
        case Div(top, Size() | Sym(_, ()) as size):
            inner = constant_of(top)
            return None if inner is None else inner._replace(below=(*inner.below, size))
        case Div(top, bottom):
            above, under = constant_of(top), constant_of(bottom)
            if above is None or under is None or not under.value or under.below:
                return None
            return Coefficient(above.value / under.value, above.decimal or under.decimal, above.below)
        case _:
            return None


def _as_typed(value: Fraction, decimal: bool) -> Expr | None:
    """A number as a fraction, or as a decimal where one was typed and it ends soon; ``None`` where it is too long."""
    if not decimal:
        return constant(value)
    places = decimal_places(value)
    if places is None:
        return constant(value) if value.denominator < 10**3 else None
    digits = Decimal(int(value * 10**places)).scaleb(-places)
    if len(digits.as_tuple().digits) > MOST_DIGITS or is_scientific(digits):
        return None
    return Num(digits)

"""Simplifying, as a step of its own: constants folded, signs gathered, like terms cancelled.

``1/2 × 2 × (t - y) × (-1)`` becomes ``y - t``. Only exact algebra: the value never changes. ``simplified`` also says by
what rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

from .bind import contains, free_indices
from .factors import cancelled, counted, parts_of, power, under_root
from .nodes import ONE, ZERO, Add, Cases, Delta, Div, Expr, Indicator, Mul, Neg, Num, Pow, Size, Sum, Sym
from .structure import as_product, as_sum, factors_of, negative
from .tree import over_parts

Rule = tuple[str | Expr, ...]
"""What was done, in words and expressions."""
WORKED_OUT, MULTIPLIED = ("drop 0s and 1s",), ("multiply the constants",)
SIGNS, BRACKETS = ("combine the signs",), ("open the brackets",)
NUMBERS, LIKE_TERMS, POWERS = ("add the numbers",), ("add like terms",), ("equal factors as a power",)
ONCE = ("equal conditions once",)
SQUARED_ROOT: Rule = ("the square of a root",)
ONE_FRACTION: Rule = ("write one fraction",)
MOST_OPENED = 9
"""A product to a higher power is not written out: its constants would be."""
COUNTED: Rule = ("count the equal terms",)


def simplify(node: Expr) -> Expr:
    """An equal expression in a shorter form; simplifying it again changes nothing."""
    return _simplify(node, [])


def simplified(node: Expr) -> tuple[Expr, tuple[Rule, ...]]:
    """The same, and the rules that were used, each once; none where nothing but the order of factors is new."""
    return with_rules(_simplify, node)


def with_rules(change: Callable[[Expr, list[Rule]], Expr], node: Expr) -> tuple[Expr, tuple[Rule, ...]]:
    """What a change comes to, and the rules that it noted on the way, each once."""
    rules: list[Rule] = []
    found = change(node, rules)
    return found, tuple(dict.fromkeys(rules))


def _simplify(node: Expr, rules: list[Rule]) -> Expr:
    node = over_parts(node, lambda part: _simplify(part, rules))
    match node:
        case Add(terms):
            return _add(terms, rules)
        case Neg(body):
            return _with(-1, [body], rules)
        case Mul(factors):
            return _with(1, list(factors), rules)
        case Div(top, bottom):
            return _divide(top, bottom, rules)
        case Pow(_, Num(0)):
            rules.append(WORKED_OUT)
            return ONE
        case Pow(base, Num(1)):
            return base
        case Pow(base, Num(2)) if (inner := under_root(base)) is not None:
            rules.append(SQUARED_ROOT)
            return inner
        case Cases(_, then, otherwise) if then == ZERO == otherwise:
            rules.append(WORKED_OUT)
            return ZERO
        case Sum(over, body) if over not in free_indices(body):
            rules.append(COUNTED if body != ZERO else WORKED_OUT)
            return _with(1, [Size(over), body], rules)
        case _:
            return node


def constant(value: Fraction | int) -> Expr:
    """A number as a formula writes it: ``2``, ``-1``, ``1/2``."""
    value = Fraction(value)
    if value.denominator == 1:
        return Num(value.numerator)
    fraction = Div(Num(abs(value.numerator)), Num(value.denominator))
    return fraction if value > 0 else Neg(fraction)


def _as_constant(node: Expr) -> Fraction | None:
    match node:
        case Num(value) if not isinstance(value, Decimal):
            return Fraction(value)
        case Div(Num(top), Num(bottom)) if not isinstance(top, Decimal) and not isinstance(bottom, Decimal) and bottom:
            return Fraction(top) / Fraction(bottom)
        case Neg(body):
            inner = _as_constant(body)
            return None if inner is None else -inner
        case _:
            return None


def _with(sign: int, factors: list[Expr], rules: list[Rule]) -> Expr:
    """The product of a sign and factors: one constant in front, the sign taken into a difference where there is one."""
    coefficient, kept = Fraction(sign), []
    signs, constants = int(sign < 0), []
    while factors:
        factor = factors.pop(0)
        value = _as_constant(factor)
        if value is not None:
            coefficient *= value
            signs += value < 0
            constants += [abs(value)] if value != -1 else []
        elif isinstance(factor, Mul):
            factors[:0] = factor.factors
        elif isinstance(factor, Neg):
            coefficient = -coefficient
            signs += 1
            factors.insert(0, factor.body)
        else:
            kept.append(factor)
    if signs > (sign < 0):
        rules.append(SIGNS)
    if coefficient == 0:
        rules.append(WORKED_OUT)
        return ZERO
    if sum(value != 1 for value in constants) > 1:
        rules.append(MULTIPLIED)
    if 1 in constants and len(constants) + len(kept) > 1:
        rules.append(WORKED_OUT)
    if coefficient < 0:
        for place, factor in enumerate(kept):
            match factor:
                case Add((first, Neg(second))):
                    rules.append(SIGNS)
                    opposite = Neg(first) if isinstance(first, Num) else negative(first)
                    coefficient, kept[place] = -coefficient, Add((second, opposite))
                    break
    for place, factor in enumerate(kept):
        if isinstance(factor, Div):
            scale, below = _coefficient(factor.bottom)
            if scale > 1 and coefficient % scale == 0:
                rules.append(MULTIPLIED)
                coefficient, kept[place] = coefficient / scale, Div(factor.top, below)
    shorter, common = cancelled(kept) if any(isinstance(one, Div) for one in kept) else (kept, [])
    if common:
        rules.append(cancelling(common))
        return _with(1, [constant(coefficient), *shorter], rules)
    kept = _gather_powers(kept, rules)
    if not kept:
        return constant(coefficient)
    if abs(coefficient) != 1:
        kept.insert(0, constant(abs(coefficient)))
    body = as_product(kept)
    return Neg(body) if coefficient < 0 else body


def _gather_powers(factors: list[Expr], rules: list[Rule]) -> list[Expr]:
    """Equal factors written as one power, at the place of the first: a × b × a is a² × b; what is 1 or 0 once."""
    conditions = [factor for factor in factors if isinstance(factor, Delta | Indicator)]
    if len(set(conditions)) < len(conditions):
        rules.append(ONCE)
        factors = [one for place, one in enumerate(factors) if one not in conditions or one not in factors[:place]]
    counts = counted(factors)
    if len(counts) < len(factors):
        rules.append(POWERS)
    return [power(base, count) for base, count in counts.items() if count]


def _add(terms: tuple[Expr, ...], rules: list[Rule]) -> Expr:
    """The sum of terms: constants folded at their first place, like terms counted, zeros dropped."""
    amounts: Counter[Expr] = Counter()
    numbers = 0
    pending = list(terms)
    while pending:
        term = pending.pop(0)
        value = _as_constant(term)
        if value is not None:
            numbers += value != 0
            if value == 0:
                rules.append(WORKED_OUT)
            elif numbers > 1:
                rules.append(NUMBERS)
            amounts[ONE] += value  # type: ignore[assignment]
        elif isinstance(term, Add):
            pending[:0] = term.terms
        elif isinstance(term, Neg) and isinstance(term.body, Add):
            rules.append(BRACKETS)
            pending[:0] = [_with(-1, [inner], []) for inner in term.body.terms]
        else:
            factor, body = _coefficient(term)
            if isinstance(body, Num) and isinstance(body.value, Decimal) and body.value.is_signed():
                factor, body = -factor, Num(-body.value)
            if body in amounts:
                rules.append(LIKE_TERMS)
            amounts[body] += factor  # type: ignore[assignment]
    kept = [_with(1, [constant(amount), body], []) for body, amount in amounts.items() if amount]
    if len(kept) > 1:
        kept = [Neg(Num(-term.value)) if isinstance(term, Num) and term.value < 0 else term for term in kept]
    if len(kept) > 1 and isinstance(kept[0], Neg):
        first = next((place for place, term in enumerate(kept) if not isinstance(term, Neg)), 0)
        kept.insert(0, kept.pop(first))
    return as_sum(kept)


def _coefficient(term: Expr) -> tuple[Fraction, Expr]:
    """A term as (constant, the rest): 3 × a is (3, a), -a is (-1, a)."""
    match term:
        case Neg(body):
            factor, rest = _coefficient(body)
            return -factor, rest
        case Mul((first, *others)):
            value = _as_constant(first)
            if value is not None:
                return value, as_product(others)
    return Fraction(1), term


def _divide(top: Expr, bottom: Expr, rules: list[Rule]) -> Expr:
    """top / bottom with the sign in front and common factors cancelled."""
    if top == ZERO and bottom != ZERO:
        rules.append(WORKED_OUT)
        return ZERO
    sign, above = _coefficient(top)
    bottom = _opened(bottom, above)
    scale, below = _coefficient(bottom)
    if scale == 0 or _as_constant(bottom) == 0:
        return Div(top, bottom)
    value_above, value_below = _as_constant(above), _as_constant(below)
    if value_above is not None:
        sign, above = sign * value_above, ONE
    if value_below is not None:
        scale, below = scale * value_below, ONE
    tops, bottoms = ([parts_of(factor) for factor in factors_of(part)] for part in (above, below))
    if any(under != ONE for _, under in (*tops, *bottoms)) and contains(below, Sym):  # a constant stays in front
        rules.append(ONE_FRACTION)
        over = [constant(sign), *(one for one, _ in tops), *(one for _, one in bottoms)]
        under = [constant(scale), *(one for _, one in tops), *(one for one, _ in bottoms)]
        return _divide(_with(1, over, rules), _with(1, under, rules), rules)
    coefficient = sign / scale
    if scale < 0:
        rules.append(SIGNS)
    if {abs(sign), abs(scale)} != {1} and coefficient.denominator < abs(scale.numerator * sign.denominator):
        rules.append(MULTIPLIED)
    numerators, denominators = (counted(one for one in factors_of(part) if one != ONE) for part in (above, below))
    if ZERO in (*numerators, *denominators):  # a power of 0 may be undefined: it stays as it is written
        return Div(top, bottom)
    if common := [base for base in numerators if base in denominators]:
        rules.append(cancelling(common))
    powers = Counter(numerators)
    powers.subtract(denominators)
    numerator = [power(base, count) for base, count in powers.items() if count > 0]
    denominator = [power(base, -count) for base, count in powers.items() if count < 0]
    front: list[Expr] = [] if abs(coefficient.numerator) == 1 else [Num(abs(coefficient.numerator))]
    behind: list[Expr] = [] if coefficient.denominator == 1 else [Num(coefficient.denominator)]
    upper, lower = as_product(front + numerator), as_product(behind + denominator)
    body = upper if lower == ONE else constant(abs(coefficient)) if not numerator + denominator else Div(upper, lower)
    if coefficient >= 0:
        return body
    return _with(-1, [body], rules)


def _opened(node: Expr, other: Expr) -> Expr:
    """A product with the powers of products written out that share a factor with another: of (2 × s²)² 4 × s⁴."""
    known = counted(factors_of(other))
    found: list[Expr] = []
    for factor in factors_of(node):
        match factor:
            case Pow(Mul(inner), Num(int(exponent))) if 1 < exponent <= MOST_OPENED and any(
                base in known for base in counted(inner)
            ):
                for base, count in counted(inner).items():
                    value, often = _as_constant(base), count * exponent
                    found.append(power(base, often) if value is None else constant(value**often))
            case _:
                found.append(factor)
    return node if found == list(factors_of(node)) else _with(1, found, [])


def cancelling(common: Sequence[Expr]) -> Rule:
    """``cancel a, b``."""
    return ("cancel ", *(part for base in common for part in (base, ", ")))[:-1]

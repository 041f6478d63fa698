"""How a product comes to its shortest form: its constants in front, its fractions cancelled, multiplied out."""

from __future__ import annotations

from ....expr import Add, Delta, Div, Expr, Mul, Neg, Num, Rule, Sum, contract, factors_of, product, simplified
from ....expr.bind import free_indices, transform, walk
from ....expr.rules import cancelled, multiplied_out
from ....expr.structure import in_line, negative, terms_of
from ..steps import REORDERED, Form, Words, joined

CONSTANTS_OUT: Rule = ("constants in front",)


def sum_constants_out(node: Expr) -> Expr:
    """A sum's sign, and a divisor of all of its terms, in front of the sum."""
    match node:
        case Neg(body):
            return negative(sum_constants_out(body))
        case Sum(over, Neg(body)):
            return Neg(sum_constants_out(Sum(over, body)))
        case Sum(over, Div(top, bottom)) if not free_indices(bottom):
            return sum_constants_out(Div(Sum(over, top), bottom))
        case Div(top, bottom):
            inner = sum_constants_out(top)
            return Neg(Div(inner.body, bottom)) if isinstance(inner, Neg) else Div(inner, bottom)
        case Mul((*others, last)):
            inner = sum_constants_out(last)
            return Neg(Mul((*others, inner.body))) if isinstance(inner, Neg) else Mul((*others, inner))
        case _:
            return node


def worked_out(node: Expr, rule: Words, constants: tuple[Expr, ...]) -> list[Form]:
    """A product = its fractions cancelled = multiplied out = like terms taken together, each form where it differs.

    ``rule`` is what led to the product; ``constants`` were taken out of it.
    """
    forms = [Form(node, joined([rule, CONSTANTS_OUT] if constants else [rule]))]
    found, rules = cancelled(node)
    if found != in_line(node):
        forms.append(Form(found, joined(rules) or ("as one fraction",)))
    while (further := multiplied_out(found))[0] != found:
        found, rules = further
        forms.append(Form(found, joined([("multiply out",), *rules])))
    found, rules = simplified(found)
    if found != in_line(forms[-1].body):
        forms.append(Form(found, joined(rules) or REORDERED))
    return [form._replace(body=scaled(constants, form.body)) for form in forms]


def scaled(constants: tuple[Expr, ...], node: Expr) -> Expr:
    """A form with the constants that were taken out of it: factors before it, divisors below it."""
    return product((*constants, *factors_of(node))) if constants else node


def opening(before: Expr, after: Expr) -> Rule:
    """What was done to a product of sums that comes to another form."""
    rules = ["multiply out"] if len(terms_of(after)) > len(terms_of(before)) else []
    if _count(after, Delta) < _count(before, Delta):
        rules.append("of a sum over 1[…] one term is left")
    if not rules and _factors_summed(after) < _factors_summed(before):
        rules.append("factors without its index in front of the sum")
    return ("; ".join(rules),) if rules else REORDERED


def _count(node: Expr, kind: type[Expr]) -> int:
    return sum(isinstance(part, kind) for part in walk(node))


def _factors_summed(node: Expr) -> int:
    return sum(len(factors_of(part.body)) for part in walk(node) if isinstance(part, Sum))


def last_first(node: Expr) -> Expr | None:
    """A product with its factors the other way round."""
    return Mul(node.factors[::-1]) if isinstance(node, Mul) else None


def contracted(node: Expr) -> Expr:
    """Every Σ with a δ among its factors taken at the one value that it leaves."""
    return transform(node, lambda part: contract(part.over, part.body) if isinstance(part, Sum) else None)


def deltas_repeated(node: Expr) -> list[Expr]:
    """The factors of a product that are made of δ alone, where it has several: 1[j = k] - 1 and 1 - 1[j = k]."""
    found = [factor for factor in factors_of(node) if _is_of_deltas(factor)]
    return [simplified(factor)[0] for factor in found] if len(found) > 1 else []


def _is_of_deltas(node: Expr) -> bool:
    """Whether an expression is a δ, or numbers and δ added."""
    match node:
        case Delta():
            return True
        case Neg(body):
            return _is_of_deltas(body)
        case Add(terms):
            return any(map(_is_of_deltas, terms)) and all(isinstance(_unsigned(one), Num | Delta) for one in terms)
        case _:
            return False


def _unsigned(node: Expr) -> Expr:
    return node.body if isinstance(node, Neg) else node

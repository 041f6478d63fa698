"""Why a step's number is none: a pole, a logarithm of a negative number, an infinity that it has read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from math import isinf, isnan

from ...expr import Div, Expr, Num, Partial, Pow, Rest, Sym, symbols
from ...expr.bind import contains, transform, walk
from ...expr.functions import quotient_of, restricted
from ...trace.amount import Amount
from ..content.model import Note, listed
from .element import Writer

MOST_OPERANDS = 3
"""How many numbers are named where a first one is undefined or infinite."""


def why_undefined(writer: Writer, value: Amount, body: Expr) -> Note:
    """Why a number is none, where it is an infinity or not a number; ``body`` is its formula over keys."""
    if value.is_lost:
        return ("1,000 digits do not tell it from 0",)
    if value.is_finite:
        return ()
    pole = _pole(writer, body)
    if isinf(value.number) and pole:
        return pole
    if isnan(value.number) and (noun := negative_argument(writer, body)):
        return (f"undefined: the {noun} of a negative number",)
    read = {one: writer.read(one) for one in symbols(body)}
    kind, word = (isinf, "infinite") if isinf(value.number) else (isnan, "undefined")
    if (before := next((one for one in read if kind(read[one].number)), None)) is not None:
        return (f"{word}, as ", writer.name(before), " is")
    if kind is isinf:
        return ("beyond the largest double, ", Num(Decimal("1.8E+308")), *_operands(writer, read))
    if pole:
        return ("undefined: ", *pole)
    decisive = {one: amount for one, amount in read.items() if isinf(amount.number) or not amount.number}
    return ("undefined, such as ∞ - ∞ or 0 × ∞", *_operands(writer, decisive))


def negative_argument(writer: Writer, body: Expr) -> str:
    """What a formula over keys takes of a negative number that has none, such as a logarithm; else nothing."""
    for noun, argument in _restricted(writer, body):
        complete = not contains(argument, Rest)
        if complete and writer.evaluate(argument).sign < 0:
            return noun
    return ""


def _restricted(writer: Writer, body: Expr) -> Iterator[tuple[str, Expr]]:
    """What in a formula over keys has no value of a negative number, and the number that it is of."""
    for node in walk(body):
        if (found := restricted(node)) is not None:
            yield found[0].noun, found[1]
        elif isinstance(node, Pow) and not contains(node, Rest):
            power = writer.evaluate(node.exponent)
            if power.is_finite and (power.exact is None or power.exact.denominator > 1):
                yield "root" if power.exact == Fraction(1, 2) else "fractional power", node.base


def _operands(writer: Writer, read: Mapping[Sym | Partial, Amount]) -> Note:
    """``: x = 10.0, w ≈ 1.23457``: the largest numbers that a step has read."""
    largest = sorted(read, key=lambda one: -abs(read[one].number))[:MOST_OPERANDS]
    numbers = [(writer.name(one), *writer.equal_to(read[one])) for one in largest]
    return (": ", *listed(numbers)) if numbers else ()


def _pole(writer: Writer, body: Expr) -> Note:
    """Why a formula over keys is infinite: it divides by 0, or has a logarithm of 0; else nothing."""
    for node in walk(transform(body, quotient_of)):
        if contains(node, Rest):
            continue
        if isinstance(node, Pow) and not writer.evaluate(node.base).sign and writer.evaluate(node.exponent).sign < 0:
            return (writer.named(node), " divides by 0")
        if isinstance(node, Div) and not writer.evaluate(node.bottom).sign:
            return ("divided by 0: ", writer.named(node.bottom), " = 0")
        if (found := restricted(node)) and found[0].pole and not writer.evaluate(found[1]).sign:
            return (f"the {found[0].noun} of 0",)
    return ()

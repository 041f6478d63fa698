"""Numbers and symbols as plain text: what an expression's pieces are made of."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from .brackets import is_scientific
from .index import Affine, Index
from .literals import Literals
from .nodes import Partial, Size, Sym
from .script import UNICODE, Script, plain

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number_text(value: int | Fraction | Decimal, script: Script) -> str:
    """A number without brackets, with a power of ten where it is very small or large."""
    if not isinstance(value, Decimal):
        return str(value)
    if not value.is_finite():
        return "undefined" if value.is_nan() else plain("∞" if value > 0 else "-∞", script)
    if not value:
        return f"{value.copy_abs():f}"  # a zero has no sign
    if not is_scientific(value):
        return str(value)
    digits, power = scientific(value)
    if script.ascii:
        return f"{digits}e{power}"
    return f"{digits}×10{str(power).translate(SUPERSCRIPTS)}"


def number_texts(values: Literals, script: Script) -> list[str]:
    """The texts of many quantities: most are what they are written as."""
    if not values.others:
        return values.texts
    texts = values.texts.copy()
    for place, value in values.others.items():
        texts[place] = number_text(value, script)
    return texts


def scientific(value: Decimal) -> tuple[str, int]:
    """The digits, with a point, and the power of ten of a number in scientific writing."""
    digits, _, power = f"{value:e}".partition("e")
    return (digits if "." in digits else digits + ".0"), int(power)


def symbol(node: Sym | Partial | Size, script: Script = UNICODE) -> str:
    """A symbol's text: ``w21``, ``W1[2,1]`` (counted from 1), ``z_j``, ``∂MSE/∂w21``."""
    match node:
        case Sym(name, index, mark):
            return plain(name, script) + plain(subscript(index), script) + plain(mark, script)
        case Partial(of, by):
            return f"{script.partial}{symbol(of, script)}/{script.partial}{symbol(by, script)}"
        case Size(over):
            return f"n_{plain(over, script)}"


def subscript(index: tuple[Index, ...]) -> str:
    """``[2,1]`` for bound indices, counted from 1; ``_ji`` for free ones, ``_(p+r-1)`` where one is affine."""
    if not index:
        return ""
    written = [index_text(i) for i in index]
    if all(isinstance(i, str) or (isinstance(i, Affine) and i.is_letter) for i in index):
        return "_" + "".join(written)
    affine = any(isinstance(i, Affine) and not i.is_letter for i in index)
    return f"_({','.join(written)})" if affine else f"[{','.join(written)}]"


def index_text(index: Index, space: str = "") -> str:
    """An index as it is written, where everything counts from 1: what is p + r counted from 0 is p + r - 1 then."""
    match index:
        case str():
            return index
        case Affine():
            letters, rest = "", index.from_one.offset
            for factor, letter in index.terms:
                sign = "-" if factor < 0 else "+" if letters else ""
                times = "" if abs(factor) == 1 else str(abs(factor))
                letters += f"{space}{sign}{space}{times}{letter}" if letters else f"{sign}{times}{letter}"
            return letters + (f"{space}{'-' if rest < 0 else '+'}{space}{abs(rest)}" if rest else "")
        case _:
            return str(index + 1)

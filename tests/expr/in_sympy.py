"""Our expressions in SymPy's terms, so that it can differentiate them."""

from __future__ import annotations

from fractions import Fraction

import sympy

from nntrace.expr import Add, Call, Cases, Condition, Delta, Div, Expr, Indicator, Mul, Neg, Num, Pow, Sym

RELATIONS = {">": sympy.Gt, "≥": sympy.Ge, "<": sympy.Lt, "≤": sympy.Le, "=": sympy.Eq}


def element(node: Sym, positive: bool = False) -> sympy.Symbol:
    """An element as a symbol of its own."""
    name = "_".join([node.name, *map(str, node.index)])
    return sympy.Symbol(name, positive=True) if positive else sympy.Symbol(name, real=True)


def in_sympy(node: Expr, positive: bool = False) -> sympy.Expr:
    """An expression without free indices and sums; ``positive``: so are all its symbols."""

    def inner(part: Expr) -> sympy.Expr:
        return in_sympy(part, positive)

    match node:
        case Num(value):
            return sympy.Rational(str(Fraction(value)))
        case Sym():
            return element(node, positive)
        case Add(terms):
            return sympy.Add(*map(inner, terms))
        case Mul(factors):
            return sympy.Mul(*map(inner, factors))
        case Neg(body):
            return -inner(body)
        case Div(top, bottom):
            return inner(top) / inner(bottom)
        case Pow(base, exponent):
            return inner(base) ** inner(exponent)
        case Delta(int(i), int(j)):
            return sympy.Integer(i == j)
        case Cases(condition, then, otherwise):
            return sympy.Piecewise((inner(then), _holds(condition, positive)), (inner(otherwise), True))
        case Indicator(condition):
            return sympy.Piecewise((1, _holds(condition, positive)), (0, True))
        case Call("pi", ()):
            return sympy.pi
        case Call("xdiv", (top, bottom)):
            return inner(top) / inner(bottom)
        case Call("xln", (factor, argument)):
            return inner(factor) * sympy.log(inner(argument))
        case Call(function, args):
            name = {"ln": "log", "max": "Max", "min": "Min", "abs": "Abs"}.get(function, function)
            return getattr(sympy, name)(*map(inner, args))
    raise TypeError(node)


def _holds(condition: Condition, positive: bool) -> sympy.Basic:
    return RELATIONS[condition.relation](in_sympy(condition.left, positive), in_sympy(condition.right, positive))

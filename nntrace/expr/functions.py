"""The functions a formula may call: one row says all about a function, and no other code asks for one by its name.

To add a function is to add its row to ``FUNCTIONS``; its name is then also reserved for it in network files.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from ..record import Record
from . import function_values as values
from .bind import transform, walk
from .calls import cos, exp, ln, pi, sign, sin, sqrt, tanh, xdiv
from .nodes import ZERO, Call, Condition, Div, Expr, Indicator, Mul, Neg, Num, Partial, Pow, Sym
from .notation import Exponent, Fences, Letter, Notation, Prefix, Radical, Spelling
from .simplify import Rule
from .structure import product
from .tree import children

Args = tuple[Expr, ...]

BY_CASES = "case by case"
"""The rule of what is one thing or another: a slope for each case."""


class Domain(Record):
    """A function that has no value where its last argument is negative; with a ``pole``, an infinite one at 0.

    ``noun`` is what a sheet calls its value: the logarithm of a negative number.
    """

    noun: str
    pole: bool = False


class Function(Record):
    """One row of the table.

    ``numpy`` names the ufunc (or is a function of arrays; a function of any number of arguments takes two at a time),
    ``number`` computes one float, ``exact`` one Fraction (``None`` where the result is irrational). ``derivative``
    gives the partial by each argument; its second argument is the convention at a corner, 0 for the slope on the left
    and 1 for that on the right. ``rule`` is the name of the rule of differentiation, none where the derivative is 0.
    """

    numpy: str | Callable[..., Any]
    number: Callable[..., float]
    exact: Callable[..., Fraction | None]
    derivative: Callable[[Args, int], Args]
    rule: str
    notation: Notation | None = None
    """How it is written; ``None``: its name before its arguments in brackets."""
    arity: int | None = 1
    """How many arguments it takes; ``None``: one or more."""
    turns: Callable[[Args], tuple[Condition, ...]] | None = None
    """The conditions at whose boundary its slope or its value jumps."""
    choice: str = ""
    """Of a function whose value is one of its arguments: how each other one compares with that, ``≤`` or ``≥``."""
    domain: Domain | None = None
    enclosure: str = ""
    """The function of ``enclosing`` that computes it between two decimals."""
    beside_one: Mapping[str, str | Callable[..., Any]] = {}
    """numpy's own for the function ``of`` 1 + x, and for it ``plus`` 1 and ``less`` 1, which lose no digits of x."""
    overflows: bool = False
    """Whether a number of moderate size may have a value beyond all that are computed with."""

    @property
    def smooth(self) -> bool:
        """Whether nothing about a value or a slope is decided by cases or by a limit."""
        return self.turns is None and not isinstance(self.notation, Spelling)

    @property
    def is_step(self) -> bool:
        """Whether it is constant but for jumps."""
        return self.arity == 1 and self.derivative((Sym("x"),), 0) == (ZERO,)


# -- what rows are made of --------------------------------------------------------------------------------------------

LOGARITHM = Domain("logarithm", pole=True)


def _erf_partial(args: Args, _: int) -> Args:
    return (2 / sqrt(pi()) * exp(Neg(Pow(args[0], Num(2)))),)


def _at_zero(args: Args) -> tuple[Condition, ...]:
    return (Condition(args[0], ">", Num(0)),)


def _extreme_partials(later: tuple[str, str]) -> Callable[[Args, int], Args]:
    """1 for the one argument that is the value, 0 for the others, as products of conditions on pairs.

    ``later`` tells, for either convention, how a later argument compares with an earlier one where it is taken. Of
    equal ones it decides which it is, and constants count as the earliest: so max(0, z) and min(0, z) have at 0 the
    slope on the left with ``kink`` 0, that on the right with 1. Where several vary, it is a subgradient all the same.
    """
    opposite = {">": "≤", "≥": "<", "<": "≥", "≤": ">"}

    def partials(args: Args, kink: int) -> Args:
        order = _constants_first(args)
        taken, left = later[kink], opposite[later[kink]]

        def factors(place: int) -> Args:
            own = args[place]
            at = order.index(place)
            over_earlier = [Condition(own, taken, args[other]) for other in order[:at]]
            over_later = [Condition(args[other], left, own) for other in order[at + 1 :]]
            return tuple(map(Indicator, (*over_earlier, *over_later)))

        return tuple(product(factors(place)) for place in range(len(args)))

    return partials


def _extreme_turns(args: Args) -> tuple[Condition, ...]:
    order = _constants_first(args)
    pairs = ((first, second) for at, first in enumerate(order) for second in order[at + 1 :])
    return tuple(Condition(args[second], ">", args[first]) for first, second in pairs)


def _constants_first(args: Args) -> list[int]:
    """The places of the arguments in their order, those of constants before all others."""
    return sorted(range(len(args)), key=lambda place: _is_variable(args[place]))


def _is_variable(node: Expr) -> bool:
    return isinstance(node, Sym | Partial) or any(map(_is_variable, children(node)))


# -- the table --------------------------------------------------------------------------------------------------------

FUNCTIONS: dict[str, Function] = {
    "exp": Function(
        "exp", values.exponential, values.only(0, 1), lambda args, _: (exp(*args),), "exponential rule", Exponent("e"),
        enclosure="power_of_e", beside_one={"less": "expm1"}, overflows=True,
    ),
    "ln": Function(
        "log", values.logarithm, values.only(1, 0), lambda args, _: (1 / args[0],), "derivative of ln",
        domain=LOGARITHM, enclosure="logarithm", beside_one={"of": "log1p"},
    ),
    "xln": Function(
        values.weighed_logarithms, values.weighed_logarithm, values.exact_weighed_logarithm,
        lambda args, _: (ln(args[1]), xdiv(*args)), "derivative of ln",
        Spelling(lambda x, y: Mul((x, ln(y)))), arity=2, domain=LOGARITHM,
        enclosure="weighed_logarithm",
    ),
    "xdiv": Function(
        values.weighed_quotients, values.weighed_quotient, lambda x, y: x and x / y,
        lambda args, _: (1 / args[1], Neg(xdiv(args[0], args[1] ** 2))), "quotient rule",
        Spelling(Div), arity=2, enclosure="weighed_quotient",
    ),
    "sqrt": Function(
        "sqrt", values.root, values.exact_root, lambda args, _: (1 / (2 * sqrt(*args)),), "derivative of sqrt",
        Radical("sqrt"), domain=Domain("root"), enclosure="root",
    ),
    "tanh": Function(
        "tanh", math.tanh, values.only(0, 0), lambda args, _: (1 - tanh(*args) ** 2,), "derivative of tanh",
        enclosure="hyperbolic_tangent",
    ),
    "sin": Function(
        "sin", values.of_angle(math.sin), values.only(0, 0), lambda args, _: (cos(*args),), "derivative of sin",
        enclosure="sine_of",
    ),
    "cos": Function(
        "cos", values.of_angle(math.cos), values.only(0, 1), lambda args, _: (Neg(sin(*args)),), "derivative of cos",
        enclosure="cosine_of",
    ),
    "erf": Function(
        values.error_functions, math.erf, values.only(0, 0), _erf_partial, "derivative of erf",
        enclosure="error_function", beside_one={"plus": values.complementary_error_functions},
    ),
    "abs": Function(
        "abs", abs, abs, lambda args, _: (sign(*args),), "derivative of the absolute value",
        Fences("|", "|"), turns=_at_zero, enclosure="size",
    ),
    "sign": Function(
        "sign", values.sign, lambda x: Fraction(values.sign(x)), lambda args, _: (Num(0),), "",
        turns=_at_zero, enclosure="sign",
    ),
    "max": Function(
        "maximum", values.undefined_or(max), lambda *args: max(args), _extreme_partials((">", "≥")), BY_CASES,
        arity=None, turns=_extreme_turns, choice="≤", enclosure="largest",
    ),
    "min": Function(
        "minimum", values.undefined_or(min), lambda *args: min(args), _extreme_partials(("≤", "<")), BY_CASES,
        arity=None, turns=_extreme_turns, choice="≥", enclosure="smallest",
    ),
    "pi": Function(
        lambda: math.pi, lambda: math.pi, lambda: None, lambda args, _: (), "", Letter("π"), arity=0, enclosure="pi"
    ),
}  # fmt: skip

OTHER_WORDS = {"log": "ln"}
"""What a file may call a function beside its name here."""
LARGEST = "max"
"""The function that ``Max`` takes over an index."""


# -- what is asked of it ----------------------------------------------------------------------------------------------


def row_of(node: Expr) -> Function | None:
    """The row of the function that a node calls; none of an activation, which lines of whole tensors call by name."""
    return FUNCTIONS.get(node.function) if isinstance(node, Call) else None


def notation(function: str) -> Notation:
    """How a function is written, one that has no row before its arguments in brackets."""
    row = FUNCTIONS.get(function)
    return Prefix(function) if row is None or row.notation is None else row.notation


def spelled_out(node: Expr) -> Expr | None:
    """The formula that stands in a function's place where it is written, one level deep: x × ln(y) for x ln y."""
    row = row_of(node)
    if row is None or not isinstance(row.notation, Spelling):
        return None
    return row.notation.formula(*children(node))


def quotient_of(node: Expr) -> Expr | None:
    """The fraction that stands in a function's place where it is written, its parts too; else nothing."""
    spelled = spelled_out(node)
    return Div(*(transform(part, quotient_of) for part in children(spelled))) if isinstance(spelled, Div) else None


def restricted(node: Expr) -> tuple[Domain, Expr] | None:
    """The domain of the function that a node calls, and the argument that must lie in it."""
    row = row_of(node)
    return None if row is None or row.domain is None else (row.domain, children(node)[-1])


def turns(node: Expr) -> tuple[Condition, ...]:
    """The conditions at whose boundary the function that a node calls has a corner or a jump."""
    row = row_of(node)
    return () if row is None or row.turns is None else row.turns(children(node))


def is_step(node: Expr) -> bool:
    """Whether a node calls a function that is constant but for jumps."""
    return (row := row_of(node)) is not None and row.is_step


def decided_by_sign(node: Expr) -> Expr | None:
    """What a node takes whose sign decides whether it has a value, or which: of a sign, a root, a logarithm the
    argument, of a fraction the divisor, of a power that is no product the base; else nothing."""
    match node:
        case Div(_, bottom):
            return bottom
        case Pow(base, exponent) if not (isinstance(exponent, Num) and exponent.value > 0 and exponent.value % 1 == 0):
            return base
        case Call() if is_step(node) or restricted(node):
            return children(node)[-1]
        case _:
            return None


def at_jump(node: Expr) -> Rule:
    """``sign(0) = 0``: the value at 0, by convention, of a step function that a node calls; of any other nothing."""
    row = row_of(node)
    if row is None or not row.is_step or not isinstance(node, Call) or (value := row.exact(Fraction(0))) is None:
        return ()
    return (Call(node.function, (ZERO,)), " = ", Num(int(value)))


def words() -> frozenset[str]:
    """What formulas write for functions and constants, and so no quantity can be called: exp, e, pi, π."""
    found: set[str] = set()
    for name, row in FUNCTIONS.items():
        match row.notation:
            case Spelling():
                continue
            case Exponent(sign) | Letter(sign):
                found |= {name, sign}
            case _:
                found.add(name)
    return frozenset(found)


def powers_written(formulas: Iterable[Expr]) -> set[str]:
    """The letters that formulas, and the derivatives of their functions, write powers of: e."""
    waiting = {node.function for formula in formulas for node in walk(formula) if isinstance(node, Call)}
    found: set[str] = set()
    done: set[str] = set()
    while waiting:
        function = waiting.pop()
        done.add(function)
        if isinstance(style := notation(function), Exponent):
            found.add(style.base)
        if row := FUNCTIONS.get(function):
            partials = row.derivative((Sym("x"), Sym("y"))[: 2 if row.arity is None else row.arity], 0)
            waiting |= {node.function for part in partials for node in walk(part) if isinstance(node, Call)} - done
    return found

"""A function is one row: nothing else asks for it by its name, and a new one works everywhere."""

from __future__ import annotations

import ast
import inspect
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import nntrace
from nntrace.expr import (
    Call,
    Condition,
    Expr,
    Num,
    Sym,
    absolute,
    approximate,
    calls,
    cos,
    differentiate,
    erf,
    exact,
    exp,
    ln,
    maximum,
    minimum,
    pi,
    sign,
    sin,
    sqrt,
    tanh,
    xln,
)  # fmt: skip
from nntrace.expr.contractions import Arguments
from nntrace.expr.evaluate import plan
from nntrace.expr.functions import FUNCTIONS, Domain, Function, restricted, row_of, spelled_out, turns, words
from nntrace.expr.notation import Exponent, Fences, Letter, Prefix, Radical, Spelling
from nntrace.expr.rules import by_rule
from nntrace.expr.script import ASCII
from nntrace.expr.text import text
from nntrace.network.building.names import RESERVED

PACKAGE = Path(nntrace.__file__).parent
a, b = Sym("a"), Sym("b")

# The files that may have a function's name in quotes: the table, the constructors, the catalogue's own options, and
# the languages of formulas, which say what commands they have.
NAMED = (
    "expr/functions.py",
    "expr/calls.py",
    "catalogue/",
    *(f"formats/typeset/{language}.py" for language in ("language", "latex", "mathml", "typst")),
)


def names_in(source: str) -> list[str]:
    """The names of functions that stand in quotes, but for those that a package hands on."""
    tree = ast.parse(source)
    tree.body = [
        one for one in tree.body if not isinstance(one, ast.Assign) or ast.unparse(one.targets[0]) != "__all__"
    ]
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [value for value in constants if isinstance(value, str) and value in FUNCTIONS]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_function_is_asked_for_by_its_name(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    if not name.startswith(NAMED):
        largest = ["max"] if name == "formats/typeset/formulas.py" else []  # the operator over an index
        assert names_in(path.read_text("utf-8")) == largest


def test_a_function_asked_for_by_its_name_is_found() -> None:
    assert names_in('match node:\n    case Call("exp" | "xln", _):\n        node.function in ("max",)') == [
        "exp",
        "xln",
        "max",
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_row_has_as_many_partials_as_arguments(function: str) -> None:
    row = FUNCTIONS[function]
    for count in (1, 2, 4) if row.arity is None else (row.arity,):
        args = tuple(Sym("x", (place,)) for place in range(count))
        assert [len(row.derivative(args, kink)) for kink in (0, 1)] == [count, count]
        assert math.isfinite(row.number(*[0.5] * count))
        turning = turns(Call(function, args))
        assert bool(turning) <= (row.turns is not None)


CONSTRUCTORS = [
    name
    for name, made in inspect.getmembers(calls, inspect.isfunction)
    if made.__module__ == calls.__name__ and not name.startswith("_")
]


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_a_constructor_calls_a_row(name: str) -> None:
    build = getattr(calls, name)
    parameters = inspect.signature(build).parameters.values()
    any_number = any(one.kind is one.VAR_POSITIONAL for one in parameters)
    node = build(*[a] * len(parameters))
    assert FUNCTIONS[node.function].arity == (None if any_number else len(parameters))


FACTS: list[tuple[Expr, bool, str]] = [
    (exp(a), True, "exponential rule"),
    (sqrt(a), True, "derivative of sqrt"),
    (sin(a), True, "derivative of sin"),
    (cos(a), True, "derivative of cos"),
    (tanh(a), True, "derivative of tanh"),
    (erf(a), True, "derivative of erf"),
    (ln(a), True, "derivative of ln"),
    (xln(b, a), False, "derivative of ln"),
    (absolute(a), False, "derivative of the absolute value"),
    (maximum(0, a), False, "case by case"),
    (minimum(0, a), False, "case by case"),
]


@pytest.mark.parametrize(("node", "smooth", "rule"), FACTS, ids=[text(row[0]) for row in FACTS])
def test_a_row_names_its_rule(node: Expr, smooth: bool, rule: str) -> None:
    row = row_of(node)
    assert row is not None
    assert row.smooth == smooth
    assert by_rule(node, a)[1] == (rule,)
    chained = by_rule(Call(node.function, tuple(2 * arg if arg == a else arg for arg in node.args)), a)[1]
    assert chained == (rule, *(["chain rule"] if not row.choice else []), "constant factor rule")


def test_what_functions_are_undefined_for() -> None:
    assert restricted(ln(a)) == (Domain("logarithm", pole=True), a)
    assert restricted(xln(a, b)) == (Domain("logarithm", pole=True), b)
    assert restricted(sqrt(a)) == (Domain("root"), a)
    assert restricted(exp(a)) is restricted(a) is None


def test_where_functions_turn() -> None:
    assert turns(absolute(a - b)) == turns(sign(a - b)) == (Condition(a - b, ">", Num(0)),)
    assert turns(maximum(a, 0)) == turns(minimum(0, a)) == (Condition(a, ">", Num(0)),)
    assert len(turns(maximum(a, b, 0))) == 3
    assert turns(exp(a)) == turns(a) == turns(Call("relu", (a,))) == ()


def test_a_spelled_out_function_has_its_own_value() -> None:
    spelled = spelled_out(xln(a, b))
    assert spelled is not None
    assert spelled_out(exp(a)) is None
    for values in ({"a": 0.5, "b": 3.0}, {"a": -2.0, "b": 0.25}):
        assert approximate(spelled, lambda name, _, at=values: at[name]) == approximate(
            xln(a, b), lambda name, _, at=values: at[name]
        )


def test_the_names_of_functions_are_reserved() -> None:
    """What formulas write; x ln y and x / y are written by other means, so their own names are free."""
    assert words() <= RESERVED
    assert words() == FUNCTIONS.keys() - {"xln", "xdiv"} | {"e", "π"}


def cube(x: float) -> float:
    return math.copysign(abs(x) ** (1 / 3), x)


NEW: dict[str, Function] = {
    "sinh": Function("sinh", math.sinh, lambda x: Fraction(0) if x == 0 else None,
                     lambda args, _: (Call("cosh", args),), "derivative of sinh", overflows=True),
    "cosh": Function("cosh", math.cosh, lambda x: Fraction(1) if x == 0 else None,
                     lambda args, _: (Call("sinh", args),), "derivative of cosh", overflows=True),
    "cbrt": Function("cbrt", cube, lambda x: None,
                     lambda args, _: (1 / (3 * Call("cbrt", args) ** 2),), "derivative of cbrt", Radical("cbrt")),
    "floor": Function("floor", math.floor, lambda x: Fraction(math.floor(x)), lambda args, _: (Num(0),), "",
                      Fences("⌊", "⌋")),
    "pow2": Function("exp2", lambda x: 2**x, lambda x: None, lambda args, _: (Call("pow2", args) * ln(Num(2)),),
                     "derivative of 2^x", Exponent("2")),
    "tau": Function(lambda: math.tau, lambda: math.tau, lambda: None, lambda args, _: (), "", Letter("τ"), arity=0),
    "square": Function("square", lambda x: x * x, lambda x: x * x, lambda args, _: (2 * args[0],), "derivative of x²",
                       Spelling(lambda x: x * x)),
    "hypot": Function("hypot", math.hypot, lambda *args: None,
                      lambda args, _: tuple(arg / Call("hypot", args) for arg in args), "derivative of hypot",
                      Prefix("length"), arity=None),
}  # fmt: skip
WRITTEN = {
    "sinh": ("sinh(a)", "sinh(a)²"),
    "cosh": ("cosh(a)", "cosh(a)²"),
    "cbrt": ("cbrt(a)", "cbrt(a)²"),
    "floor": ("⌊a⌋", "⌊a⌋²"),
    "pow2": ("2^{a}", "(2^{a})²"),
    "tau": ("τ", "τ²"),
    "square": ("a × a", "(a × a)²"),
    "hypot": ("length(a, b, c)", "length(a, b, c)²"),
}


@pytest.mark.parametrize("name", NEW)
def test_a_new_row_is_all_that_a_function_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for function, row in NEW.items():
        monkeypatch.setitem(FUNCTIONS, function, row)
    row = NEW[name]
    args = tuple(map(Sym, "abc"[: 3 if row.arity is None else row.arity]))
    node, numbers = Call(name, args), {"a": 0.75, "b": -1.5, "c": 0.25}
    assert (text(node), text(node**2)) == WRITTEN[name]
    assert text(node, ASCII).isascii() or name == "floor"
    value = approximate(node, lambda symbol, _: numbers[symbol])
    arrays = {symbol: np.array(number) for symbol, number in numbers.items()}
    assert float(plan(node, ())(Arguments(arrays, {}))) == pytest.approx(value, rel=1e-14)
    for by in args:
        slope, rules = by_rule(node**2, by)
        assert rules == (("power rule", "chain rule", row.rule) if row.rule else ("power rule", "chain rule"))
        assert slope == differentiate(node**2, by)

        def at(step: float, by: Sym = by) -> float:
            return approximate(node, lambda symbol, _: numbers[symbol] + step * (symbol == by.name))

        quotient = (at(1e-5) - at(-1e-5)) / 2e-5
        assert approximate(differentiate(node, by), lambda symbol, _: numbers[symbol]) == pytest.approx(
            quotient, rel=1e-6
        )
    assert (name in words()) == (name != "square")


def test_an_exact_row_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "square", NEW["square"])
    assert exact(Call("square", (Num(Fraction(2, 3)),)), lambda *_: None) == Fraction(4, 9)
    assert exact(pi(), lambda *_: None) is None

"""Two solutions written by hand: the homework's question 3, and one that has every kind of block that it lacks."""

from __future__ import annotations

import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from nntrace.expr import HALF, Add, Condition, Expr, Indicator, Mul, Num, Partial, Sym, maximum, substitute, total
from nntrace.expr.nodes import expr
from nntrace.solution.content.model import (
    Check,
    Line,
    Matrix,
    Note,
    Quantities,
    Remark,
    Section,
    SectionName,
    Solution,
    Step,
    Table,
)
from nntrace.solution.content.results import LossValue, Results

sys.path.append(str(Path(__file__).parent.parent / "solution"))  # the network of test_full_listings

GIVEN = {
    "i1": "2.0", "i2": "-1.0", "w11": "1.0", "w12": "-0.5", "w21": "0.5", "w22": "-1.0", "w31": "0.5", "w32": "-1.0",
    "w41": "-0.5", "w42": "1.0", "b1": "0.5", "b2": "-0.5", "b3": "-1.0", "b4": "0.5", "t1": "1.0", "t2": "0.5",
}  # fmt: skip
RESULTS = {"h1": "2.0", "h2": "-0.5", "h3": "2.0", "h4": "0.0", "o1": "0.0", "o2": "-1.5", "MSE": "2.5"}
GRADIENTS = {"o1": "-1.0", "o2": "-2.0", "h3": "1.5", "h4": "-1.5", "h1": "1.5", "h2": "0.0", "w21": "-1.5"}


def sym(name: str) -> Sym:
    return Sym(name)


def num(digits: str) -> Num:
    return Num(Decimal(digits))


def by(name: str, of: str = "MSE") -> Partial:
    """∂of/∂name."""
    return Partial(Sym(of), Sym(name))


def alive(name: str) -> Indicator:
    return Indicator(Condition(sym(name), ">", expr(0)))


VALUES: dict[Expr, Expr] = {
    **{sym(name): num(digits) for name, digits in (GIVEN | RESULTS).items()},
    **{by(name): num(digits) for name, digits in GRADIENTS.items()},
    **{sym(f"δ_{name}"): num(digits) for name, digits in GRADIENTS.items()},
    alive("h1"): Num(1),
    alive("h2"): Num(0),
    sym("lr"): num("0.1"),
}


def terms(*digits: str) -> Expr:
    """Numbers added up, each with its sign folded."""
    return total([-num(one[1:]) if place and one[0] == "-" else num(one) for place, one in enumerate(digits)])


def step(
    id: str,
    section: SectionName,
    name: Expr,
    formula: Expr,
    value: str,
    folded: Expr | None = None,
    before: tuple[Line, ...] = (),
    notes: tuple[Note, ...] = (),
    reason: Note = (),
    compact: bool = False,
) -> Step:
    """A step from its formula: the numbers for its symbols, then its folded terms, then its value."""
    lines = [*before, Line("formula", "=", formula, notes), Line("substitution", "=", substitute(formula, VALUES))]
    if folded is not None:
        lines.append(Line("terms", "=", folded))
    lines.append(Line("value", "=", num(value)))
    return Step(id, section, name, tuple(lines), float(value), Fraction(value), reason, compact)


def forward() -> list[Step]:
    (i1, i2, w11, w12, w21, w22, w31, w32, w41, w42, b1, b2, b3, b4, _, _) = map(sym, GIVEN)
    (h1, h2, h3, h4, o1, o2, _) = map(sym, RESULTS)
    dead = ("inactive: ", Condition(h2, "=", num("-0.5")), " ≤ 0")
    return [
        step("F1", "forward", h1, i1 * w11 + i2 * w21 + b1, "2.0", terms("2.0", "-0.5", "0.5")),
        step("F2", "forward", h2, i1 * w12 + i2 * w22 + b2, "-0.5", terms("-1.0", "1.0", "-0.5")),
        step("F3", "forward", h3, maximum(0, h1), "2.0", compact=True),
        step("F4", "forward", h4, maximum(0, h2), "0.0", reason=dead, compact=True),
        step("F5", "forward", o1, h3 * w31 + h4 * w41 + b3, "0.0", terms("1.0", "0.0", "-1.0")),
        step("F6", "forward", o2, h3 * w32 + h4 * w42 + b4, "-1.5", terms("-2.0", "0.0", "0.5")),
    ]


def loss() -> Step:
    o1, o2, t1, t2 = map(sym, ("o1", "o2", "t1", "t2"))
    formula = HALF * (t1 - o1) ** 2 + HALF * (t2 - o2) ** 2
    return step("L1", "loss", sym("MSE"), formula, "2.5", terms("0.5", "2.0"))


def backward() -> list[Step]:
    o1, o2, t1, t2, i2, w31, w32, w41, w42 = map(sym, ("o1", "o2", "t1", "t2", "i2", "w31", "w32", "w41", "w42"))
    d1, d2, dh1 = map(sym, ("δ_o1", "δ_o2", "δ_h1"))
    chain = Line("chain", "=", by("o1"))
    rule = Line("rule", "=", Mul((HALF, Num(2), t1 - o1, -Num(1))))
    via: tuple[Note, ...] = (("via o1",), ("via o2",))
    zero = (Condition(sym("h2"), "=", num("-0.5")), " ≤ 0: w12, w22 and b2 get no gradient")
    one = (Condition(sym("h1"), "=", num("2.0")), " > 0")
    return [
        step("B1", "backward", d1, o1 - t1, "-1.0", before=(chain, rule)),
        step("B2", "backward", d2, o2 - t2, "-2.0", before=(chain._replace(body=by("o2")),)),
        step("B3", "backward", by("h3"), d1 * w31 + d2 * w32, "1.5", terms("-0.5", "2.0"), notes=via),
        step("B4", "backward", by("h4"), d1 * w41 + d2 * w42, "-1.5", terms("0.5", "-2.0"), notes=via),
        step("B5", "backward", dh1, by("h3") * alive("h1"), "1.5", reason=one, compact=True),
        step("B6", "backward", sym("δ_h2"), by("h4") * alive("h2"), "0.0", reason=zero, compact=True),
        step("B9", "backward", by("w21"), dh1 * i2, "-1.5", compact=True),
    ]


def paths() -> Step:
    o1, o2, t1, t2, i2, w31, w32 = map(sym, ("o1", "o2", "t1", "t2", "i2", "w31", "w32"))
    edges = [Mul((by(o), by("h3", o), by("h1", "h3"), by("w21", "h1"))) for o in ("o1", "o2")]
    chain = Line("chain", "=", Add(tuple(edges)), (("via o1",), ("via o2",)), summands=True)
    formula = (o1 - t1) * w31 * alive("h1") * i2 + (o2 - t2) * w32 * alive("h1") * i2
    return step("B9p", "paths", by("w21"), formula, "-1.5", terms("0.5", "-2.0"), before=(chain,))


@pytest.fixture(scope="session")
def homework() -> Solution:
    """The homework's sheet, w21 updated once at 0.1."""
    lr, w21 = sym("lr"), sym("w21")
    update = step(
        "U3", "update", Sym("w21", mark="⁺"), w21 - lr * by("w21"), "0.65", terms("0.5", "0.15"), compact=True
    )
    difference = Check((by("w21"), " by central difference ≈ ", num("-1.5")), "ok")
    falls = Check(("loss after this update ", Condition(num("2.2890625"), "<", num("2.5"))), "ok")
    return Solution(
        title="Two-layer ReLU network",
        source="configs/homework3.yaml",
        conventions={"vectors": "columns", "relu_at_zero": 0, "log": "e", "rounding": "full", "digits": 6},
        agreed=(
            ("numbers: full precision inside, exact decimals up to 10 significant digits shown, else 6",),
            ("at exactly 0 the derivative of relu is 0",),
            ("gradients are taken at the old values; all parameters change at once",),
        ),
        sections=(
            Section("given", [Quantities(tuple(((sym(name),), (num(digits),)) for name, digits in GIVEN.items()))]),
            Section("forward", forward()),
            Section("loss", [loss()]),
            Section("backward", backward()),
            Section("paths", [Remark(("The same over its paths",), heading=True), paths()]),
            Section("update", [update], ("learning rate ", num("0.1"))),
            Section("checks", [difference, falls]),
        ),
        results=Results(
            values={name: float(digits) for name, digits in (GIVEN | RESULTS).items()},
            gradients={"w21": -1.5},
            updated={"w21": 0.65},
            learning_rate=0.1,
            loss=LossValue("MSE", 2.5, 2.2890625),
        ),
    )


@pytest.fixture(scope="session")
def furniture() -> Solution:
    """Matrices, a table, a local derivative, long notes, checks that do not hold: what the homework's sheet lacks."""
    digits = [
        ("U1", sym("w11"), "1.0", "3.0", "0.3", "0.7"),
        ("U2", sym("w12"), "-0.5", "0.0", "0.0", "-0.5"),
        ("U13", Sym("W1", (11, 2)), "10.25", "4.92000E-5", "0.000439", "123.456789"),
    ]
    columns: tuple[Note, ...] = (("id",), ("parameter",), ("old",), ("gradient",), ("lr × gradient",), ("new",))
    table = Table(columns, [((id,), (name,), *((num(one),) for one in cells)) for id, name, *cells in digits])
    small = ((num("1.0"), num("-0.5"), None), (num("10.25"), num("4.92000E-5"), num("3.0")))
    sevenths = tuple(tuple(num(f"{(-1) ** i * i / 7:.5f}") for i in range(start, start + 12)) for start in (0, 50))
    local = Line("local", "=", sym("a") * (1 - sym("a")), (("quotient rule",),), left=by("a", "h"))
    why = (
        "a reason that is long enough not to fit beside the line it belongs to, with ",
        Condition(sym("h1"), ">", num("0.0")),
        " in it",
    )
    skipped = (
        "skipped at the kink of relu, where ",
        by("w21"),
        " exists on one side only and says nothing of the other",
    )
    return Solution(
        title=None,
        source="the built-in [bold]network[/bold] :smile:",
        conventions={},
        agreed=(),
        sections=(
            Section(
                "given",
                [
                    Remark(("the inputs",)),
                    Quantities((((sym("i1"),), (num("2.0"),)),)),
                    Matrix(sym("W1"), (2, 3), small, ("from w.npy",)),
                    Matrix(sym("W2"), (2, 12), sevenths),
                    Matrix(sym("W3"), (784, 128), (), ("he_normal, seed 0",)),
                ],
            ),
            Section(
                "forward",
                [
                    Step(
                        "F130",
                        "forward",
                        sym("ŷ"),
                        (local, Line("formula", "=", sym("x") * sym("y")), Line("value", "≈", num("0.593270"))),
                        0.59327,
                        None,
                        why,
                    ),
                    Remark(("… 3 more like these (--full shows all)",)),
                ],
            ),
            Section("update", [table], ("learning rate ", num("0.1"))),
            Section(
                "checks",
                [Check(("Σŷ = ", num("1.0")), "ok"), Check(skipped, "note"), Check(("the loss falls",), "failed")],
            ),
        ),
        results=Results(values={"ŷ": float("nan"), "W2": [[1.0, float("inf")], [None, 2.0]]}),
    )

"""Every line of a derivation says by what rule it follows from the one before, and what it says is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from shipped import tried
from test_derive_layout import BATCH, CONFIGS, SYMBOLIC, solutions, steps

from nntrace.catalogue import KINDS, Entry
from nntrace.expr import (
    Add,
    Call,
    Delta,
    Div,
    Expr,
    Mul,
    Neg,
    Num,
    Sum,
    Sym,
    approximate,
    exp,
    simplified,
    simplify,
    symbols,
)
from nntrace.expr.constants import constants_multiplied
from nntrace.expr.script import UNICODE
from nntrace.expr.text import text
from nntrace.formats import render
from nntrace.network.apart import apart
from nntrace.network.building.build import build
from nntrace.network.quantities import find
from nntrace.solution.content.model import Line, Solution, Step
from nntrace.solution.derive.naming.repeats import repeated
from nntrace.solution.derive.question import Question
from nntrace.solution.derive.sheet import Derivation
from nntrace.spec import read


def derived(source: str, question: Question | None = None) -> Solution:
    return Derivation(build(read(source, "net.yaml", None), numbers=False), question or Question()).solution()


def rules_of(line: Line) -> list[str]:
    """The notes of a line that have words in them, or are an equation of formulas: no shape."""
    notes = ["".join(part if isinstance(part, str) else text(part) for part in note) for note in line.notes]  # type: ignore[arg-type]
    return [note for note in notes if re.search("[a-zσδ]", re.sub(r"\[[^]]*\]", "", note)) or "² = " in note]


def forms(step: Step) -> list[Line]:
    return [line for line in step.lines if line.left is None and line.kind in ("chain", "rule", "formula")]


def test_every_line_after_the_first_has_a_rule() -> None:
    count = 0
    for solution in solutions():
        for step in steps(solution):
            for line in forms(step)[1:]:
                count += 1
                assert rules_of(line), (step.id, text(step.name), text(line.body))
    assert count > 800


@pytest.mark.parametrize("path", tried(CONFIGS), ids=lambda path: path.stem)
@pytest.mark.parametrize("only", [(), ("W1",)])
def test_what_a_rule_cites_is_a_step_above_it(path: Path, only: tuple[str, ...]) -> None:
    source = path.read_text(encoding="utf-8")
    if only and "W1" not in apart(build(read(source, "", None), numbers=False)).parameters:
        return
    seen: set[str] = set()
    for step in steps(derived(source, Question(wrt=only))):
        for note in (note for line in step.lines for note in line.notes):
            for part in note:
                cited = re.findall(r"D\d+", part) if isinstance(part, str) else []
                assert set(cited) <= seen
        seen.add(step.id)


def notes(source: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for step in steps(derived(source)):
        found.setdefault(text(step.name), []).extend(rule for line in step.lines for rule in rules_of(line))
    return found


def test_what_is_put_in_is_cited() -> None:
    found = notes(Path("configs/homework3-q2.yaml").read_text(encoding="utf-8"))
    assert found["∂L/∂W2_ji"] == ["chain rule", "insert ∂z2_j/∂W2_ji (D15)"]
    assert found["δ1"] == ["in matrix form (D42)", "insert ∂L/∂a1 (D41)"]
    assert found["δ2"] == ["in matrix form (D33, D34)"]
    assert "cancel ŷ_k" in found["∂L/∂z2_k"]


def test_both_cases_are_cited_where_both_are_used() -> None:
    source = (
        "inputs: {x: {size: D}}\ntargets: {y: {size: K}}\nlayers:\n- dense: {z: {size: K}}\n- softmax: p\nloss: mse\n"
    )
    assert "insert ∂p_j/∂z_i (D6, D7)" in notes(source)["δ_z_i"]


def test_an_element_cites_what_it_is_written_out_from() -> None:
    network = build(read(Path("configs/homework3.yaml").read_text("utf-8"), "net.yaml", None))
    [step] = [one for one in steps(Derivation(network, Question(elements=tuple(find(network, "h1")))).solution())
              if text(one.name) == "δ_h1"]  # fmt: skip
    [rule] = rules_of(step.lines[-1])
    assert re.fullmatch(r"written out for this element \(D\d+\)", rule)


# ------------------------------------------------------------------------------------ the rules of the catalogue

CLAIMS = (" for ", " = ")


def claims(entry: Entry) -> Iterator[tuple[Expr, Expr]]:
    """What a declared form's rule says to be equal, wherever that is (not in one case alone)."""
    operation = entry.build()
    for declared in operation.declared.values():
        for form in declared:
            words = form.words
            for before, word, after in zip(words, words[1:], words[2:], strict=False):
                where = words[-1] if isinstance(words[-1], str) else ""
                if word in CLAIMS and isinstance(before, Expr) and isinstance(after, Expr) and "there" not in where:
                    yield before, after


CLAIMING = [one for one in KINDS["activation"].values() if list(claims(one))]


@pytest.mark.parametrize("entry", CLAIMING, ids=lambda entry: entry.name)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_a_rule_says_to_be_equal_is_equal(entry: Entry, place: int) -> None:
    numbers = (0.7, -1.3, 2.1)
    formula = entry.build().formula
    index, sizes = {"j": place, "i": (place + 1) % 3}, {"i": 3, "l": 3}

    def value(node: Expr) -> float:
        def look(name: str, cell: tuple[int, ...]) -> float:
            if name == "z":
                return numbers[cell[0]]
            return approximate(formula, lambda _, at: numbers[at[0]], {"j": cell[0]}, sizes)

        return approximate(node, look, index, sizes)

    for first, second in claims(entry):
        assert value(first) == pytest.approx(value(second), rel=1e-12)


# ---------------------------------------------------------------------------------------------------- constants

a, b, m, w = Sym("a", ("k",)), Sym("b", ("k",)), Sym("m"), Sym("w", ("j", "i"))
half, third = Num(1) / 2, Num(1) / 3


def decimal(digits: str) -> Num:
    from decimal import Decimal

    return Num(Decimal(digits))


CONSTANTS: list[tuple[Expr, str, str]] = [
    (Mul((third, Num(2), half, a - b)), "1/3 × (a_k - b_k)", "multiply the constants"),
    (Mul((Num(2), decimal("0.01"), w)), "0.02 w_ji", "multiply the constants"),
    (Mul((Num(2), Num(1) / m, w)), "(2/m) × w_ji", "multiply the constants"),
    (Mul((half, Num(2), Num(1) / m, w)), "(1/m) × w_ji", "multiply the constants"),
    (Mul((Num(1) / 4, half, Num(2))), "1/4", "multiply the constants"),
    (Mul((third, decimal("0.02"), w)), "1/150 × w_ji", "multiply the constants"),
    (Mul((Num(2), w, Num(-3))), "-6 w_ji", "multiply the constants"),
    (Mul((Num(2) / Num(2), w)), "w_ji", "multiply the constants"),
    (Mul((Num(2), decimal("0.01"), w)) + decimal("0.1") * w, "0.12 w_ji", "multiply the constants, add like terms"),
    (decimal("0.1") * w - decimal("0.3") * w, "-0.2 w_ji", "add like terms"),
    (Mul((decimal("1.0507009873554805"), decimal("1.6732632423543772"), w)),
     "1.0507009873554805 × 1.6732632423543772 × w_ji", ""),
    (2 * w, "2 w_ji", ""),
    (a * b, "a_k b_k", ""),
]  # fmt: skip


@pytest.mark.parametrize(("node", "written", "rule"), CONSTANTS, ids=[row[1] for row in CONSTANTS])
def test_the_constants_of_a_product_are_multiplied_exactly(node: Expr, written: str, rule: str) -> None:
    found, rules = constants_multiplied(node)
    assert text(found, SYMBOLIC) == written
    assert ", ".join("".join(map(str, one)) for one in rules) == rule

    def value(one: Expr) -> float:
        return approximate(
            one, lambda name, cell: {"a": 0.3, "b": 0.7, "m": 5.0, "w": 1.1}[name], dict.fromkeys("kji", 0)
        )

    assert value(found) == pytest.approx(value(node), rel=1e-14)


def test_no_constants_are_left_to_multiply_in_the_last_form_of_a_step() -> None:
    for solution in solutions():
        for step in steps(solution):
            if step.section in ("jacobian", "loss gradient", "gradients"):
                body = forms(step)[-1].body
                assert constants_multiplied(body)[0] == body, (step.id, text(body))


def test_the_numbers_beside_a_short_form_have_its_constants(tmp_path: Path) -> None:
    source = Path("configs/ridge.yaml").read_text("utf-8").replace("half_l2", "l2")
    network = build(read(source, "net.yaml", None))
    solution = Derivation(network, Question(with_numbers=True)).solution()
    [step] = [one for one in steps(solution) if text(one.name) == "∂J/∂W2" and len(one.lines) > 1]
    formula, numbers, _ = (text(line.body, SYMBOLIC) for line in step.lines)
    assert formula == "δ_o aᵀ + 0.2 W2"
    assert " + 0.2 × [[" in numbers


def test_the_constants_stand_as_they_come_before_they_are_multiplied() -> None:
    solution = derived(Path("configs/line-3-samples.yaml").read_text("utf-8"))
    [step] = [one for one in steps(solution) if text(one.name) == "δ_yhat_n"]
    assert [text(line.body, SYMBOLIC) for line in step.lines][-2:] == [
        "1/3 × 2 × (yhat_n - t_n)",
        "2/3 × (yhat_n - t_n)",
    ]
    assert rules_of(step.lines[-1]) == ["multiply the constants"]


# ---------------------------------------------------------------------------------------------------- simplifying

t, y = Sym("t"), Sym("y")
RULES: list[tuple[Expr, str]] = [
    (Mul((half, Num(2), t - y, Num(-1))), "combine the signs, multiply the constants"),
    (Mul((Num(2), t - y, Num(-1))), "combine the signs"),
    (Mul((Num(1), t)), "drop 0s and 1s"),
    (Add((Mul((Num(0), t)), y)), "drop 0s and 1s"),
    (Div(t * y, y), "cancel y"),
    (Div(t * y, y * t * m), "cancel t, y"),
    (t * t, "equal factors as a power"),
    (Mul((Delta("i", "j"), t, Delta("i", "j"))), "equal conditions once"),
    (t + y - t, "add like terms"),
    (Add((Num(1), t, Num(2))), "add the numbers"),
    (y - (t + y), "open the brackets, add like terms"),
    (Neg(Neg(t)), "combine the signs"),
    (t * y, ""),
]


@pytest.mark.parametrize(("node", "rules"), RULES, ids=[text(row[0]) for row in RULES])
def test_simplifying_says_what_it_did(node: Expr, rules: str) -> None:
    found, used = simplified(node)
    assert found == simplify(node)
    written = ["".join(part if isinstance(part, str) else text(part) for part in rule) for rule in used]
    assert ", ".join(written) == rules


# ---------------------------------------------------------------------------------------------------- what repeats

long = Call("sqrt", (m,)) * (Sym("z", ("j",)) + decimal("0.5") * Sym("z", ("j",)) ** 3)
each = Sum("i", exp(Sym("z", ("i",))))
REPEATS: list[tuple[Expr, list[Expr]]] = [
    (Call("tanh", (long,)) + Call("tanh", (long,)) ** 2, [long]),
    (Call("tanh", (long,)) + a, []),
    (each * a + each, [each]),
    ((1 + exp(Neg(a))) * a + (1 + exp(Neg(a))), []),
]


@pytest.mark.parametrize(("node", "found"), REPEATS, ids=[text(row[0]) for row in REPEATS])
def test_what_repeats_is_told_from_the_tree(node: Expr, found: list[Expr]) -> None:
    assert list(repeated(node)) == found


@pytest.mark.parametrize(("names", "letter"), [({}, "u"), ({"x": "u"}, "v"), ({"x": "u", "y": "v"}, "q")])
def test_a_name_for_what_repeats_is_no_name_of_the_network(names: dict[str, str], letter: str) -> None:
    source = BATCH.replace("KIND", "gelu").replace("LOSS", "mse")
    for key, name in names.items():
        source = source.replace(f"{{{key}: {{size", f"{{{name}: {{size")
    out = "\n".join(render(derived(source), "txt", width=120, script=UNICODE))
    assert re.search(rf" {letter}_jn +{re.escape('= sqrt(2 / π) × (z1_jn + 0.044715 z1_jn³)')}\n", out)
    assert "tanh(sqrt(" not in out[out.index("Jacobian") :]


def test_a_name_stands_in_a_line_above_and_is_said_once() -> None:
    lines = [
        line for step in steps(derived(Path("configs/homework3-q2.yaml").read_text("utf-8"))) for line in step.lines
    ]
    defined = [place for place, line in enumerate(lines) if line.left == Sym("Z")]
    used = [place for place, line in enumerate(lines) if Sym("Z") in set(symbols(line.body))]
    assert len(defined) == 1
    assert defined[0] < min(used)


# ---------------------------------------------------------------------------------------------------- the cases


def test_a_case_stands_before_the_rules_of_its_step_and_nowhere_else() -> None:
    count = 0
    for solution in solutions():
        for section in solution.sections:
            assert not any("=" in str(part) or "≠" in str(part) for part in section.addition if isinstance(part, str))
        for step in steps(solution):
            words = [part for line in step.lines for note in line.notes for part in note if isinstance(part, str)]
            assert not any(re.match(r"\w [=≠] \w$", word) for word in words)
            count += step.case is not None
    assert count > 100
    out = list(render(derived(Path("configs/homework3-q2.yaml").read_text("utf-8")), "txt", width=120, script=UNICODE))
    assert not any("p = j" in row for row in out)  # that the two are equal is seen in the name
    for condition in ("i = k", "i ≠ k", "p ≠ j", "i ≠ j"):
        assert any(re.search(rf"  {condition}: \w", row) for row in out), condition
        assert not any(row.startswith("Jacobian") and condition in row for row in out)

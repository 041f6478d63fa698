"""Derivations of entries that the catalogue does not have: every line, every rule named, and the gradients.

A line is read back from its text and compared with its neighbours, with the engine's numbers, and the engine's with
autograd's. Nothing here asks how an entry declares itself: which rules a derivative takes is told by the printed
formula, evaluated with numbers that note what is done with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import autograd
import autograd.numpy as np
import derivation_reader
import pytest
from derivation_reader import Reading, reading
from symbolic_reader import FUNCTIONS, Dual, Index, Text, dual
from test_new_entries import ROWS

from nntrace.catalogue import KINDS, Entry, Operation, Parameter
from nntrace.expr import Indexed, Num, Size, Sum, maximum, minimum
from nntrace.expr.script import UNICODE
from nntrace.formats import render
from nntrace.formats.page.rows import columns
from nntrace.network.building.build import build
from nntrace.network.model import Network
from nntrace.solution.derive.question import Question
from nntrace.solution.derive.sheet import Derivation
from nntrace.spec import read

SAMPLES = [([0.5, -1.5, 2.0, 0.25], [0.0, 1.0, 0.0]), ([-0.75, 1.0, 0.5, 1.25], [0.0, 0.0, 1.0])]
DENSE = "- dense: 3\n  weights: {init: he_normal, seed: 1}\n  biases: [0.1, -0.2, 0.3]\n"
RADIAL = "- radial_basis: 3\n  centers: [[0.4, -1.0, 1.5, 0.5], [1.0, -0.5, 1.0, 0.1], [0.2, 0.1, -0.3, 0.7]]\n"
LAYERS = {
    "softmin": f"{DENSE}- softmin\n",
    "layer_norm": f"{DENSE}- layer_norm\n",
    "sine": f"{DENSE}- sine\n",
    "radial_basis": f"{RADIAL}  widths: [1.5, 2.0, 1.25]\n",
    "convolution": "- convolution: 3\n  kernel: [0.5, -0.25]\n  offset: 0.125\n",
    "focal": f"{DENSE}- softmax\n",
}
BY_CLASS = "inputs: {x: {size: 4}}\ntargets: y\nsamples: [[0.5, -1.5, 2, 0.25, b], [-0.75, 1, 0.5, 1.25, c]]\n"


@pytest.fixture(autouse=True)
def entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows' entries in the catalogue for the time of the test; gradients are compared to 12 digits."""
    for row in ROWS:
        name = row.build.__name__
        monkeypatch.setitem(KINDS[row.kind], name, Entry(row.kind, name, (), row.build))
    monkeypatch.setattr(derivation_reader, "CLOSE", 1e-12)


def source(kind: str, name: str, batch: bool, vectors: str) -> str:
    """A small network with the entry in it, of one sample or of two."""
    if batch:
        given = f"inputs: {{x: {{size: 4}}}}\ntargets: {{t: {{size: 3}}}}\nsamples: {[[*x, *t] for x, t in SAMPLES]}\n"
    else:
        given = f"inputs: {{x: {SAMPLES[0][0]}}}\ntargets: {{t: {SAMPLES[0][1]}}}\n"
    loss = name if kind == "loss" else "half_squared_error"
    return f"{given}vectors: {vectors}\nlayers:\n{LAYERS.get(name, DENSE)}loss: {loss}\n"


def network_of(text: str) -> Network:
    return build(read(text, "any-entry.yaml", None))


EVERY = [
    pytest.param(row.kind, row.build.__name__, batch, vectors, id=f"{row.build.__name__}-{vectors}-{2 if batch else 1}")
    for row, batch, vectors in product(ROWS, (False, True), ("columns", "rows"))
]


@pytest.mark.grid
@pytest.mark.parametrize(("kind", "name", "batch", "vectors"), EVERY)
def test_every_line_holds_and_every_rule_is_used(kind: str, name: str, batch: bool, vectors: str) -> None:
    one = reading(network_of(source(kind, name, batch, vectors)), Question(with_numbers=not batch))
    assert list(one.disagreements()) == []
    assert list(misnamed(one)) == []


@pytest.mark.parametrize("name", ["focal", "squared_hinge"])
def test_a_loss_by_the_class_of_each_sample(name: str) -> None:
    """The right class's output and another one's have derivatives of their own."""
    last = "- softmax: {s: [a, b, c]}\n" if name == "focal" else "- tanh: {s: [a, b, c]}\n"
    text = f"{BY_CLASS}layers:\n{DENSE}{last}loss: {name}\n"
    one = reading(network_of(text), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    assert list(misnamed(one)) == []
    assert any("k is the class of sample n" in (line["note"] or "") for step in one.sheet["steps"]
               for line in step["lines"])  # fmt: skip


z, a = Indexed("z"), Indexed("a")
OTHERS: dict[str, Operation] = {
    "falling": Operation(a["j"], maximum(0, -z["j"])),
    "powers": Operation(a["j"], Num(2) ** z["j"]),
    "leaking": Operation(
        a["j"],
        maximum(0, z["j"]) + Indexed("s")["j"] * minimum(0, z["j"]),
        parameters=(Parameter(Indexed("s")["j"], "slopes"),),
    ),
    "apart": Operation(a["j"], Sum("i", (z["j"] - z["i"]) ** 2) / Size("i")),
}


def with_other(monkeypatch: pytest.MonkeyPatch, name: str, more: str = "", loss: str = "mse") -> Reading:
    """The derivation of a dense layer and one of these other entries."""
    operation = OTHERS[name]
    kind = "layer" if operation.parameters else "activation"
    monkeypatch.setitem(KINDS[kind], name, Entry(kind, name, (), lambda: operation))
    text = source("activation", "", False, "columns")
    text = text.replace("loss: half_squared_error", f"- {name}: 3\n{more}loss: {loss}")
    return reading(network_of(text), Question(with_numbers=True))


@pytest.mark.parametrize("name", OTHERS)
def test_every_line_of_other_entries(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = with_other(monkeypatch, name, "  slopes: [0.25, 0.5, 0.125]\n" if OTHERS[name].parameters else "")
    assert list(one.disagreements()) == []
    assert list(misnamed(one)) == []


def test_the_side_of_a_kink_is_that_of_the_slope_that_stands_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """max(0, -z) has at 0 the slope 0, which it has on the right."""
    steps = {step["name"]: step for step in with_other(monkeypatch, "falling").sheet["steps"]}
    assert steps["∂a1_j/∂z1_j"]["reason"] == "at the kink the right slope (relu_at_zero: 0)"


def test_a_power_with_the_argument_above_has_a_rule_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {step["name"]: step for step in with_other(monkeypatch, "powers").sheet["steps"]}
    notes = [line["note"] or "" for line in steps["∂a1_j/∂z1_j"]["lines"]]
    assert any("exponential rule" in note for note in notes)
    assert not any("power rule" in note for note in notes)


def test_a_mean_over_units_has_their_number_whatever_its_letter_is() -> None:
    """The sheet of K units holds for three; no size is left without a name."""
    text = source("activation", "layer_norm", False, "columns")
    sized = text.replace("dense: 3", "dense: {z1: {size: K}}").replace("  biases: [0.1, -0.2, 0.3]\n", "")
    sized = re.sub("targets: .*", "targets: {t: {size: K}}", sized)
    sheet = reading(build(read(sized, "sized", None), numbers=False), Question()).sheet
    text = text.replace("  biases: [0.1, -0.2, 0.3]\n", "  biases: [0, 0, 0]\n")
    sheet["steps"] = [step for step in sheet["steps"] if step["name"] != "parameters"]
    assert list(Reading(network_of(text), sheet, symbols={"K": 3}).disagreements()) == []
    written = [line["text"] for step in sheet["steps"] for line in step["lines"]]
    assert any("/ K" in one for one in written)
    assert not any("n_" in one for one in written)


def test_an_index_that_is_reckoned_with_gives_way_to_names() -> None:
    text = "inputs: {x: [0.5, -1.5, 2.0, 0.25]}\ntargets: {t: [0, 1, 0]}\nlayers:\n- convolution: {p: {size: 3}}\n"
    text += "  kernel: [0.5, -0.25]\n  offset: 0.125\nloss: mse\n"
    one = reading(network_of(text), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    assert not any("(p+" in line["text"] for step in one.sheet["steps"] for line in step["lines"])


@pytest.mark.parametrize(("loss", "outputs"), [
    ("ce", "an output of exactly 0"), ("bce", "an output of exactly 0 or 1"), ("cosine", "outputs of exactly 0"),
    ("mse", None), ("pinball", None),
])  # fmt: skip
def test_a_sheet_names_the_outputs_at_which_a_loss_has_no_value(loss: str, outputs: str | None) -> None:
    text = source("activation", "sine", False, "columns").replace("half_squared_error", loss)
    solution = Derivation(network_of(text), Question()).solution()
    out = " ".join("\n".join(render(solution, "txt", width=120, script=UNICODE)).split())
    said = re.findall("with ((?:an output|outputs) of exactly [01 or]+) the loss has no finite value", out)
    assert set(said) == ({outputs} if outputs else set())


# ---------------------------------------------------------------------------------------------- the rules by name


class Noted(Dual):
    """A number that notes by which rules it would be differentiated, where it ``varies``; ``plain``: a symbol."""

    rules: set[str] = set()
    """What all of them have noted since it was last emptied."""

    def __init__(self, value: float, varies: bool = False, plain: bool = False) -> None:
        super().__init__(value)
        self.varies, self.plain = varies, plain

    def _with(self, other: Any, found: Dual, both: str, one: str) -> Noted:
        """The result of an operation, whose rule depends on how many of its operands vary."""
        count = self.varies + (isinstance(other, Noted) and other.varies)
        if count:
            Noted.rules.add(both if count == 2 else one)
        return Noted(found.value, bool(count))

    def __add__(self, other: Any) -> Noted:
        return self._with(other, super().__add__(other), "sum rule", "sum rule")

    def __sub__(self, other: Any) -> Noted:
        return self._with(other, Dual(self.value - dual(other).value), "sum rule", "sum rule")

    def __rsub__(self, other: Any) -> Noted:
        return self._with(other, Dual(dual(other).value - self.value), "sum rule", "sum rule")

    def __mul__(self, other: Any) -> Noted:
        return self._with(other, super().__mul__(other), "product rule", "constant factor rule")

    def __truediv__(self, other: Any) -> Noted:
        below = isinstance(other, Noted) and other.varies
        return self._with(other, super().__truediv__(other), "quotient rule",
                          "quotient rule" if below else "constant factor rule")  # fmt: skip

    def __rtruediv__(self, other: Any) -> Noted:
        return Noted(dual(other).value) / self

    def __neg__(self) -> Noted:
        return Noted(-self.value, self.varies)

    def __pow__(self, power: Any) -> Noted:
        if isinstance(power, Noted) and power.varies:
            Noted.rules |= {"exponential rule", *(() if power.plain else ("chain rule",))}
            return Noted(self.value**power.value, True)
        if self.varies:
            Noted.rules |= {"power rule", *(() if self.plain else ("chain rule",))}
        return Noted(self.value ** dual(power).value, self.varies)

    def __rpow__(self, base: Any) -> Noted:
        return Noted(dual(base).value) ** self

    __radd__, __rmul__ = __add__, __mul__


OWN_RULES = {"exp": "exponential rule", "abs": "derivative of the absolute value"}


def noting(name: str, function: Callable[..., Any]) -> Callable[..., Noted]:
    """A function that notes its rule."""

    def apply(*arguments: Any) -> Noted:
        varying = [one for one in arguments if isinstance(one, Noted) and one.varies]
        if varying and name in ("max", "min"):
            Noted.rules.add("case by case")
        elif varying and name != "sign":
            Noted.rules.add(OWN_RULES.get(name, f"derivative of {name}"))
            Noted.rules.update(() if all(one.plain for one in varying) else ("chain rule",))
        return Noted(function(*(Dual(dual(one).value) for one in arguments)).value, bool(varying))

    return apply


NOTING = {name: noting(name, function) for name, function in FUNCTIONS.items()}


class NotingIndex(Index):
    """A reader of lines that notes distinctions of cases too."""

    def cases(self, r: Text, at: dict[str, int]) -> Any:
        then = self.sum(r, at)
        if not r.has(" if "):
            return then
        holds = self.condition(r, at)
        r.must(", else ")
        otherwise = self.cases(r, at)
        if any(isinstance(one, Noted) and one.varies for one in (then, otherwise)):
            Noted.rules.add("case by case")
        return then if holds else otherwise


RULE = re.compile("sum rule|product rule|quotient rule|constant factor rule|power rule|chain rule|case by case|"
                  "exponential rule|derivative of (?:[a-z]+(?![a-z^])|\\|x\\|)")  # fmt: skip


def rules_taken(one: Reading, text: str, letters: Mapping[str, int], by: str, meant: Any) -> set[str]:
    """The rules that a printed formula takes, derived by the elements of a tensor."""
    Noted.rules = set()

    def look(name: str, cell: tuple[int, ...]) -> Any:
        if name in meant:
            inner, definition = meant[name]
            return reader.evaluate(definition, dict(zip(inner, cell, strict=True)))
        return Noted(dual(one.look(name, cell)).value, name == by, plain=True)

    reader = NotingIndex(one.names, look, one.partial, one.slope, one.extent, NOTING)
    reader.evaluate(text, letters)
    return Noted.rules


def misnamed(one: Reading) -> Iterator[str]:
    """The derivatives beside which a rule stands that they do not take, or one that they do take is missing."""
    checked = 0
    losses = {one.parted(step["name"])[0]: step for step in one.sheet["steps"] if step["section"] == "loss gradient"
              and one.parted(step["name"])[0] == one.loss and "/∂" not in step["name"]
              and not step["lines"][0]["text"].endswith("_n")}  # fmt: skip
    for step in one.sheet["steps"]:
        match = re.fullmatch(r"∂(.+)/∂(.+)", step["name"])
        named = [set(RULE.findall(line["note"] or "")) for line in step["lines"]]
        first = next((rules for rules in named if rules), None)
        if match is None or first is None or step["section"] not in ("jacobian", "loss gradient"):
            continue
        of, by = (one.parted(part)[0] for part in match.groups())
        if first == {"chain rule"} and any("/∂" in line["text"] for line in step["lines"]):
            continue  # the chain through another tensor, no derivative of a formula
        letters, text, meant = one.formula[of if of != one.loss or of in one.formula else ""]
        if of == by:  # the loss of all samples by that of each
            letters, text, meant = one.formula[""]
        elif of == one.loss:
            meant, own = one.apart(losses[one.loss])
            text = own[-1]["text"]
        places = dict.fromkeys((*letters, *"kn"), 0)
        taken = rules_taken(one, text, places, by, meant)
        checked += 1
        if first - taken or taken - first - {"constant factor rule"}:
            yield f"{step['id']} {step['name']}: {sorted(first)} are named, {sorted(taken)} are taken"
    if not checked:
        yield "no derivative was found"


def test_a_rule_that_is_not_taken_is_caught() -> None:
    one = reading(network_of(source("activation", "softmin", False, "columns")), Question())
    [line] = [line for step in one.sheet["steps"] for line in step["lines"]
              if step["name"] == "∂a1_k/∂z1_k" and "quotient rule" in (line["note"] or "")]  # fmt: skip
    note = line["note"]
    for wrong in (note.replace("quotient", "product"), note.replace("chain rule, ", "")):
        assert wrong != note
        line["note"] = wrong
        assert list(misnamed(one))


# ------------------------------------------------------------------------------------------------------- autograd


def output(name: str, x: Any, n: Mapping[str, Any], rows: bool) -> Any:
    """What a network of ``source`` gives, written a second time."""
    if name == "radial_basis":
        return np.exp(-((x - n["c1"]) ** 2).sum(axis=1) / (2 * n["s1"] ** 2))
    if name == "convolution":
        return np.array([x[place] * n["k1"][0] + x[place + 1] * n["k1"][1] + n["b1"] for place in range(3)])
    z = (x @ n["W1"] if rows else n["W1"] @ x) + n["b1"]
    centred = z - z.mean()
    after = {
        "softmin": lambda: np.exp(-z) / np.exp(-z).sum(),
        "layer_norm": lambda: centred / np.sqrt((centred**2).mean() + 0.1),
        "sine": lambda: np.sin(z),
        "focal": lambda: np.exp(z) / np.exp(z).sum(),
    }
    return after[name]() if name in after else z


def loss(name: str, y: Any, t: Any) -> Any:
    apart, right = t - y, (t * y).sum()
    known: Mapping[str, Callable[[], Any]] = {
        "focal": lambda: -((1 - y) ** 2 * t * np.log(y)).sum(),
        "cosine": lambda: 1 - right / np.sqrt((t**2).sum() * (y**2).sum()),
        "pinball": lambda: np.where(apart > 0, 0.9 * apart, -0.1 * apart).sum(),
        "squared_hinge": lambda: ((1 - t) * np.maximum(0, y - right + 1) ** 2).sum(),
    }
    return known.get(name, lambda: (apart**2).sum() / 2)()


@pytest.mark.grid
@pytest.mark.parametrize(("kind", "name", "batch", "vectors"), EVERY)
def test_the_gradients_that_the_lines_come_to_are_autograds(kind: str, name: str, batch: bool, vectors: str) -> None:
    one = Reading(network_of(source(kind, name, batch, vectors)), {"remarks": [], "steps": []})
    samples = [(np.array(x), np.array(t)) for x, t in (SAMPLES if batch else SAMPLES[:1])]
    numbers = {key: np.array(one.values[key]) for key in one.network.parameters}

    def every(given: Mapping[str, Any]) -> Any:
        found = [loss(name, output(name, x, given, vectors == "rows"), t) for x, t in samples]
        return sum(found) / len(found)

    for key, gradient in autograd.grad(every)(numbers).items():
        assert one.slopes[key] == pytest.approx(gradient, rel=1e-12, abs=1e-13), key


# ------------------------------------------------------------------------------------------------------- the page


def test_the_sheets_fit_the_page() -> None:
    for row in ROWS:
        derivation = Derivation(network_of(source(row.kind, row.build.__name__, False, "columns")), Question())
        solution = derivation.solution()
        for width in (40, 60, 80, 120):
            rows = list(render(solution, "txt", width=width, script=UNICODE))
            assert max(map(columns, rows)) <= width, row.build.__name__

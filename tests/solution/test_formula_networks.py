"""Random graphs of formulas, branches, joined arguments and ties, some for a batch: autograd and PyTorch agree, and
every line holds.

The oracle reads the same texts as Python, with ``**`` for ``^`` and elements counted from 0: nothing of nntrace's own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from derivation_reader import reading
from networks import share_of_drawn
from symbolic_reader import AtKink
from test_matrix_view import wrong_lines
from test_self_proof import object_of, prove_sheet

from nntrace.network.building.build import build
from nntrace.network.model import Network
from nntrace.network.quantities import of_role, parameters
from nntrace.solution.derive.question import Question
from nntrace.solution.sheets.calculation import Sheet
from nntrace.solution.sheets.settings import Settings
from nntrace.spec import read
from nntrace.trace.arrays import ArrayTrace

if TYPE_CHECKING:
    from conftest import Run

FUNCTIONS = ("tanh", "sigmoid", "sin", "cos", "relu", "abs", "softplus")


class Drawn(NamedTuple):
    """A network file; what it gives by name; its lines, the last of which is the loss; in a batch each sample's x, the
    loss then being their sum or mean; and what the loss has for t."""

    text: str
    given: dict[str, Any]
    lines: list[tuple[str, str]]
    samples: list[list[float]] = []
    is_mean: bool = True
    targets: list[list[float]] = []

    def loss(self, given: dict[str, Any], np_: Any) -> Any:
        """What the loss comes to with these numbers, by autograd's numpy or by PyTorch."""
        unread = sum(0 * np_.sum(value) for value in given.values())  # both want some way from each of them
        array = anp.array if np_ is anp else np_.tensor
        known = [{"x": array(sample, dtype=np_.float64)} for sample in self.samples] or [{}]
        for own, target in zip(known, self.targets, strict=False):
            own["t"] = array(target, dtype=np_.float64)
        each = [evaluated(self.lines, {**given, **own}, np_) for own in known]
        return sum(each[1:], each[0]) / (len(each) if self.is_mean else 1) + unread


class _Drawing:
    rows = False

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.given: dict[str, Any] = {}
        self.vectors: dict[str, int] = {}
        self.scalars: list[str] = []
        self.lines: list[tuple[str, str]] = []
        self.layers: list[str] = []

    def number(self) -> float:
        return self.random.choice((-1, 1)) * self.random.randint(1, 19) / 10

    def parameter(self, *shape: int) -> str:
        """A new parameter, or now and then an earlier one again."""
        same = [name for name, value in self.given.items() if name[0] in "vWs" and np.shape(value) == shape]
        if same and self.random.random() < 0.4:
            return self.random.choice(same)
        name = f"{'svW'[len(shape)]}{len(self.given)}"
        count = int(np.prod(shape))
        self.given[name] = np.reshape([self.number() for _ in range(count)], shape).tolist()
        return name

    def scalar(self, depth: int = 3) -> str:
        draw, some = self.random, self.random.choice(list(self.vectors))
        size = self.vectors[some]
        forms: list[Callable[[], str]] = [
            lambda: self.parameter(),
            lambda: draw.choice(self.scalars) if self.scalars else f"{some}[{draw.randint(1, size)}]",
            lambda: f"{some}[{draw.randint(1, size)}]",
        ]
        if depth:
            forms += [
                lambda: f"sum({self.vector(size, depth - 1)})",
                lambda: f"mean({self.vector(size, depth - 1)})",
                lambda: f"({self.vector(size, depth - 1)} @ {some})",
                lambda: f"({self.scalar(depth - 1)} {draw.choice('+-*')} {self.scalar(depth - 1)})",
                lambda: f"{draw.choice(FUNCTIONS)}({self.scalar(depth - 1)})",
                lambda: f"{self.scalar(depth - 1)} / (1 + {self.scalar(0)}^2)",
                lambda: f"max({self.scalar(0)}, {self.scalar(0)})",
            ]
        return draw.choice(forms)()

    def vector(self, size: int, depth: int = 3) -> str:
        draw = self.random
        own = [name for name, count in self.vectors.items() if count == size]
        forms: list[Callable[[], str]] = [lambda: draw.choice(own) if own else self.parameter(size)]
        if depth:
            other = draw.choice(list(self.vectors))
            forms += [
                lambda: f"{self.parameter(size, self.vectors[other])} @ {other}",
                lambda: f"({self.vector(size, depth - 1)} {draw.choice('+-')} {self.vector(size, depth - 1)})",
                lambda: (
                    f"({self.vector(size, depth - 1)} * ({self.vector(size, depth - 1)}))"
                ),  # a * W @ x is (a * W) @ x
                lambda: f"({self.scalar(0)} * {self.vector(size, depth - 1)})",
                lambda: f"{draw.choice(FUNCTIONS)}({self.vector(size, depth - 1)})",
                lambda: f"softmax({self.vector(size, depth - 1)})",
                lambda: f"({self.vector(size, depth - 1)})^2",
                lambda: f"({self.vector(size, depth - 1)} + {self.parameter(size)})",
            ]
        return draw.choice(forms)()

    def layer(self) -> None:
        """One line of ``let``, a layer of several joined results, or an operation of two."""
        draw, name = self.random, f"u{len(self.layers)}"
        kind = draw.choice(("let", "let", "scalar", "dense", "add", "concat", "tanh"))
        some = draw.choice(list(self.vectors))
        size = self.vectors[some]
        if kind in ("let", "scalar"):
            formula = self.vector(draw.randint(2, 3)) if kind == "let" else self.scalar()
            if not re.search(r"[a-z]\w*\d", formula):
                return
            self.layers.append(f"let: {{{name}: '{formula}'}}")
            self.lines.append((name, formula))
            if kind == "scalar":
                self.scalars.append(name)
            else:
                self.vectors[name] = size_of(self, formula)
            return
        read = [draw.choice([*self.vectors, *self.scalars]) for _ in range(draw.randint(1, 3))]
        every = ", ".join(read)
        count = sum(self.vectors.get(one, 1) for one in read)
        if kind == "dense":
            units = draw.randint(2, 3)
            weights, bias = self.parameter(*((count, units) if self.rows else (units, count))), self.parameter(units)
            self.layers.append(f"{{dense: {name}, from: [{every}], weights: {weights}, biases: {bias}}}")
            product = f"joined({every}) @ {weights}" if self.rows else f"{weights} @ joined({every})"
            self.lines.append((name, f"{product} + {bias}"))
            self.vectors[name] = units
        elif kind == "concat" and count > 1:
            self.layers.append(f"{{concat: {name}, from: [{every}]}}")
            self.lines.append((name, f"joined({every})"))
            self.vectors[name] = count
        elif kind == "add":
            other = draw.choice([one for one, length in self.vectors.items() if length == size])
            self.layers.append(f"{{{draw.choice(('add', 'add'))}: {name}, from: [{some}, {other}]}}")
            self.lines.append((name, f"{some} + {other}"))
            self.vectors[name] = size
        elif kind == "tanh":
            self.layers.append(f"{{tanh: {name}, from: {some}}}")
            self.lines.append((name, f"tanh({some})"))
            self.vectors[name] = size

    def network(self) -> Drawn:
        size = self.random.randint(2, 3)
        self.vectors["x"] = size
        self.given["x"] = [self.number() for _ in range(size)]
        while len(self.layers) < self.random.randint(2, 5):
            self.layer()
        last = list(self.vectors)[-1]
        loss = f"sum({last}^2) / 2 + {self.scalar(1)}"
        self.lines.append(("loss", loss))
        self.layers.append(f"let: {{loss: '{loss}'}}")
        self.given = {
            name: value
            for name, value in self.given.items()
            if re.search(rf"\b{name}\b", " ".join([*self.layers, "x"]))
        }
        count = self.random.choice((0, 0, 1, 2, 3))
        samples = [[self.number() for _ in range(size)] for _ in range(count)]
        over = self.random.choice(("sum", "mean"))
        values = ", ".join(f"{name}: {value}" for name, value in self.given.items() if name != "x")
        rows = f"inputs: {{x: {{size: {size}}}}}\nsamples: {samples}\n"
        text = rows if samples else f"inputs: {{x: {self.given['x']}}}\n"
        text += f"values: {{{values}}}\n" if values else ""
        text += "layers:\n" + "".join(f"  - {one}\n" for one in self.layers) + "learning_rate: 0.1\n"
        text += f"loss: {{of: loss, over_samples: {over}}}\n" if samples else "loss: loss\n"
        return Drawn(text, self.given, self.lines, samples, over == "mean")


class _Powers(_Drawing):
    """Formulas with powers, in whose exponents there are symbols."""

    def scalar(self, depth: int = 3) -> str:
        if not depth or self.random.random() < 0.6:
            return super().scalar(depth)
        base = self.random.choice(("2", "softplus({})", "(1 + {}^2)")).format(self.scalar(0))
        return f"{base}^tanh({self.scalar(depth - 1)})" if self.random.random() < 0.5 else f"{base}^{self.parameter()}"

    def vector(self, size: int, depth: int = 3) -> str:
        if not depth or self.random.random() < 0.6:
            return super().vector(size, depth)
        base = f"sigmoid({self.vector(size, depth - 1)})"
        forms: list[Callable[[], str]] = [
            lambda: f"2^tanh({self.vector(size, depth - 1)})",
            lambda: f"softplus({self.scalar(0)})^tanh({self.vector(size, depth - 1)})",
            lambda: f"{base}^sin({self.vector(size, depth - 1)})",
            lambda: f"{base}^{self.parameter()}",
            lambda: f"{base}^tanh({self.scalar(0)})",
        ]
        return self.random.choice(forms)()


class _Transposed(_Drawing):
    """Besides, lines that read a matrix at an element and at its mirror image; some of their results are matrices."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.matrices: dict[str, int] = {}

    def square(self, size: int, depth: int = 1) -> str:
        draw = self.random
        own = [name for name, count in self.matrices.items() if count == size]
        if not depth or draw.random() < 0.3:
            return draw.choice(own) if own and draw.random() < 0.5 else self.parameter(size, size)
        one, other = self.square(size, depth - 1), self.square(size, depth - 1)
        forms = (f"transpose({one})", f"({one} * transpose({one}))", f"({one} @ transpose({one}) + {one})",
                 f"({one} @ transpose({other}) + {other} * {one})", f"({one} @ {other})")  # fmt: skip
        return draw.choice(forms)

    def vector(self, size: int, depth: int = 3) -> str:
        if not depth or self.random.random() < 0.6:
            return super().vector(size, depth)
        one, inner = self.square(size), self.vector(size, 0)
        forms = (f"({one} @ {inner} + transpose({one}) @ {self.vector(size, 0)})", f"({one} @ {inner})")
        return self.random.choice(forms)

    def layer(self) -> None:
        if self.random.random() < 0.6:
            super().layer()
            return
        name, size = f"u{len(self.layers)}", self.random.randint(2, 3)
        formula = self.square(size)
        if re.fullmatch(r"\w+", formula):
            return  # a name alone
        self.layers.append(f"let: {{{name}: '{formula}'}}")
        self.lines.append((name, formula))
        self.matrices[name] = size


class _Joined(_Transposed):
    """Besides, layers that read elements and name their arguments, matrices for the inputs, shared biases, a loss of
    targets, and a penalty."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.rows = self.random.random() < 0.4

    def element(self) -> str:
        name = self.random.choice(list(self.vectors))
        return f"{name}[{self.random.randint(1, self.vectors[name])}]"

    def joined(self) -> tuple[list[str], int]:
        """Results and elements to be read one after the other, and how many numbers they have."""
        draw, names = self.random, [*self.vectors, *self.scalars]
        read = [self.element() if draw.random() < 0.4 else draw.choice(names) for _ in range(draw.randint(1, 3))]
        return read, sum(self.vectors.get(one, 1) for one in read)

    def layer(self) -> None:
        draw, name = self.random, f"u{len(self.layers)}"
        if draw.random() < 0.5:
            super().layer()
        elif draw.random() < 0.5:
            some = draw.choice(list(self.vectors))
            size = self.vectors[some]
            same = [one for one, length in self.vectors.items() if length == size]
            read = [[some], [draw.choice(same)], [self.element() for _ in range(size)]][: draw.randint(2, 3)]
            listed = [f"x{place}: {_listed(one)}" for place, one in enumerate(read, start=1)]
            kind, sign = draw.choice((("add", " + "), ("multiply", " * ")))
            self.layers.append(f"{{{kind}: {name}, from: {{{', '.join(draw.sample(listed, len(listed)))}}}}}")
            self.lines.append((name, sign.join(f"joined({', '.join(one)})" for one in read)))
            self.vectors[name] = size
        else:
            read, count = self.joined()
            units, turned = draw.randint(2, 3), draw.random() < 0.3
            weights, bias = (
                self.parameter(*((units, count) if self.rows == turned else (count, units))),
                self.parameter(),
            )
            own = f"{{transpose: {weights}}}" if turned else weights
            self.layers.append(f"{{dense: {name}, from: {_listed(read)}, weights: {own}, bias: {bias}}}")
            matrix, vector = f"transpose({weights})" if turned else weights, f"joined({', '.join(read)})"
            product = f"{vector} @ {matrix}" if self.rows else f"{matrix} @ {vector}"
            self.lines.append((name, f"{product} + {bias}"))
            self.vectors[name] = units

    def network(self) -> Drawn:
        """The network, half of the time with another loss than its last line, that one then stands beside it."""
        found, draw = super().network(), self.random
        text = found.text + ("vectors: rows\n" if self.rows else "")
        names, last = [name for name in found.given if name != "x"], "loss"
        if draw.random() < 0.5:
            read, count = self.joined()
            targets = [[self.number() for _ in range(count)] for _ in found.samples or [()]]
            half, mean = draw.random() < 0.5, draw.random() < 0.5
            kind = f"{'half_squared_error' if half else 'squared_error'}: J, from: {_listed(read)}"
            kind += ", over_outputs: mean" * mean + f", parts: {[f'E{one}' for one in range(count)]}" * (
                draw.random() < 0.3
            )
            error, last = f"sum((joined({', '.join(read)}) - t)^2) / {(1 + half) * (count if mean else 1)}", "J"
            found.lines.append(("J", error))
            text = text.replace("{of: loss,", f"{{{kind},").replace("loss: loss\n", f"loss: {{{kind}}}\n")
            rows = [[*sample, *target] for sample, target in zip(found.samples, targets, strict=False)]
            shape = f"{{size: {count}}}" if rows else f"{targets[0]}"
            text = text.replace(f"samples: {found.samples}", f"samples: {rows}") + f"targets: {{t: {shape}}}\n"
            found = found._replace(targets=targets)
        if names and found.is_mean and draw.random() < 0.4:
            chosen = draw.sample(names, min(2, len(names)))
            found.lines.append(("P", f"{last} + 0.1 * ({' + '.join(f'sum({name}^2)' for name in chosen)})"))
            text += f"penalty: {{l2: 0.1, on: [{', '.join(chosen)}]}}\n"
        return found._replace(text=text)


def _listed(read: list[str]) -> str:
    return f"[{', '.join(f'{one!r}' for one in read)}]"


KINDS = pytest.mark.parametrize("drawing", [_Drawing, _Powers, _Transposed, _Joined])


def size_of(drawing: _Drawing, formula: str) -> int:
    return int(np.shape(evaluated([*drawing.lines[:-1], ("u", formula)], drawing.given, anp))[0])


def draw(seed: int, drawing: type[_Drawing] = _Drawing) -> Drawn:
    return drawing(seed).network()


def evaluated(lines: list[tuple[str, str]], given: dict[str, Any], np_: Any) -> Any:
    """The last line, read as Python over autograd's numpy or over PyTorch."""
    exp, where = np_.exp, np_.where
    functions: dict[str, Any] = {
        "tanh": np_.tanh, "sin": np_.sin, "cos": np_.cos, "abs": np_.abs, "sum": np_.sum, "mean": np_.mean,
        "sigmoid": lambda z: 1 / (1 + exp(-z)), "relu": lambda z: where(z > 0, z, 0 * z),
        "softplus": lambda z: np_.log(1 + exp(z)), "softmax": lambda z: exp(z) / np_.sum(exp(z)),
        "max": lambda a, b: where(b > a, b, a),
        "transpose": lambda z: z.T,
        "joined": lambda *parts: np_.concatenate([part.reshape(-1) for part in parts]),
    }  # fmt: skip
    names = {name: value if np_ is not anp else anp.array(value) for name, value in given.items()}
    for name, formula in lines:
        python = re.sub(r"\[(\d+)\]", lambda found: f"[{int(found[1]) - 1}]", formula.replace("^", "**"))
        names[name] = eval(python, {**functions, **names})
    return names[lines[-1][0]]


def network(drawn: Drawn) -> Network:
    return build(read(drawn.text, "net.yaml", None))


def gradients_of(net: Network) -> dict[str, Any]:
    asked = [*parameters(net), *(of_role(net, "input") if net.samples is None else [])]
    found: dict[str, Any] = object_of(Sheet(net, Settings(digits=12)).gradient(asked, named=False))
    return found


@KINDS
@pytest.mark.parametrize("seed", range(share_of_drawn(0.6)))
def test_gradients_are_autograds_and_torchs(seed: int, drawing: type[_Drawing]) -> None:
    drawn = draw(seed, drawing)
    net = network(drawn)
    found, elements, arrays = gradients_of(net), Sheet(net, Settings()).trace, ArrayTrace(net)
    for one in parameters(net):
        assert arrays.total(one).number == pytest.approx(elements.total(one).number, rel=1e-7, abs=1e-9), drawn.text
    wanted = {name: value for name, value in drawn.given.items() if name != "x" or not drawn.samples}
    assert found["loss"]["before"] == pytest.approx(float(drawn.loss(wanted, anp)), rel=1e-9)
    if not wanted:
        return  # there are inputs of samples alone
    expected = autograd.grad(lambda given: drawn.loss(given, anp))(
        {name: anp.array(value) for name, value in wanted.items()}
    )
    for name, gradient in expected.items():
        assert np.array(found["gradients"][name]) == pytest.approx(np.array(gradient), rel=1e-7, abs=1e-9), drawn.text
    torch = pytest.importorskip("torch")
    given = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in wanted.items()}
    drawn.loss(given, torch).backward()
    for name, tensor in given.items():
        gradient = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
        assert np.array(found["gradients"][name]) == pytest.approx(gradient, rel=1e-7, abs=1e-9), drawn.text


@KINDS
@pytest.mark.parametrize("seed", sorted({*range(share_of_drawn(0.2)), 470}))
def test_every_line_holds(seed: int, drawing: type[_Drawing]) -> None:
    net = network(draw(seed, drawing))
    one = Sheet(net, Settings())
    for solution in (one.forward(), one.gradient(parameters(net), named=False)):
        prove_sheet(solution, net)
        assert not [check for check in object_of(solution).get("checks", []) if check["status"] == "failed"]


@KINDS
@pytest.mark.parametrize("seed", range(share_of_drawn(0.1)))
def test_matrices_have_the_numbers_of_the_elements(seed: int, drawing: type[_Drawing]) -> None:
    with suppress(AtKink):
        assert list(wrong_lines(network(draw(seed, drawing)))) == []


BESIDE = """
inputs: {x: [0.5, -0.75]}
values: {v: [1, 2], W: [[1, 2], [3, 4]]}
layers: [{let: {u: W @ x + v, L: sum(x^2) / 2}}]
loss: L
learning_rate: 0.1
"""


def test_a_result_beside_the_way_to_the_loss_has_gradients_of_zeros() -> None:
    net = network(Drawn(BESIDE, {}, []))
    found = object_of(Sheet(net, Settings()).gradient([*of_role(net, "unit")], named=True))
    assert found["gradients"] == {"u": [0, 0]}
    assert {step["reason"] for step in found["steps"] if step["section"] == "backward"} == {
        "no path leads from it to the loss"
    }
    assert list(wrong_lines(net)) == []


@pytest.mark.parametrize(
    "seed",
    sorted({*range(share_of_drawn(0.1)), 547, 617, 720, 769, 1174, 2908, 3008, 10405, 10619, 10673, 10675, 11199}),
)
@pytest.mark.parametrize("drawing", [_Drawing, _Transposed, _Joined])
def test_every_derivation_holds(seed: int, drawing: type[_Drawing]) -> None:
    with suppress(AtKink):
        assert list(reading(network(draw(seed, drawing)), Question()).disagreements()) == []


MIRRORED = """
inputs: {x: [1, 2]}
values: {W: [[2, 1], [0.5, -1]], b: [0.5, 1]}
layers: [{let: {g: tanh(W @ x + transpose(W) @ b), f: sum(g * g)}}]
loss: f
"""


def test_what_one_result_reads_twice_has_one_summand() -> None:
    """∂g[1]/∂W[1,1] is the sum of both ways, not each of them."""
    net = build(read(MIRRORED, "net.yaml", None))
    solution = Sheet(net, Settings()).gradient(parameters(net), named=False)
    [lines] = [step["lines"] for step in object_of(solution)["steps"] if step["name"] == "∂f/∂W[1,1]"]
    assert [line["text"].count("∂f/∂g[1]") for line in lines if line["kind"] == "formula"] == [1]
    prove_sheet(solution, net)


SHARED = """
inputs: {x: {size: 2}}
TARGETS
values: {v: [1, 2]}
layers:
  - let: {u: v^2}
  LAYERS
loss: LOSS
learning_rate: 0.1
"""
ROWS = "samples: [[1, 2], [3, 4]]"
CLASSES = "targets: {t: {size: 2}}\nsamples: [[1, 2, 0, 1], [3, 4, 1, 0]]"
BY_FORMULA = "\n  - let: {E: 'sum(a * x)'}"


@pytest.mark.parametrize(("layers", "loss"), [
    ("- {tanh: a, from: u}" + BY_FORMULA, "E"),
    ("- {softmax: a, from: u}" + BY_FORMULA, "E"),
    ("- {add: a, from: [u, x]}" + BY_FORMULA, "{of: E, over_samples: sum}"),
    ("- {dense: a, from: [u, x], weights: [[1, 2, 3, 4], [5, 6, 7, 8]]}" + BY_FORMULA, "E"),
    ("- {dense: a, from: u, weights: [[1, 2], [3, 4]]}" + BY_FORMULA, "E"),
    ("- {concat: a, from: ['u[1]', 'x[1]']}" + BY_FORMULA, "E"),
    ("", "u[1]"), ("- let: {E: sum(u)}", "E"), ("", "mse"), ("", "{mse: L, from: ['u[1]', 'x[2]'], parts: [L1, L2]}"),
    ("- softmax: p", "ce"), ("- sigmoid: p", "{bce: L, parts: [L1, L2]}"),
])  # fmt: skip
def test_results_of_parameters_alone_are_shared_by_the_samples(layers: str, loss: str) -> None:
    targets = CLASSES if (layers.startswith("- s") and "let" not in layers) or "mse" in loss else ROWS
    text = SHARED.replace("TARGETS", targets).replace("LAYERS", layers).replace("LOSS", loss)
    net = build(read(text, "net.yaml", None))
    one = Sheet(net, Settings())
    for solution in (one.forward(), one.gradient(parameters(net), named=False)):
        prove_sheet(solution, net)
        assert not [check for check in object_of(solution).get("checks", []) if check["status"] != "ok"]
    assert list(wrong_lines(net)) == []
    assert list(reading(net, Question()).disagreements()) == []


def test_what_samples_share_stands_before_them() -> None:
    net = build(
        read(
            SHARED.replace("TARGETS", ROWS).replace("LAYERS", "- {tanh: a, from: x}").replace("LOSS", "a[1]"), "", None
        )
    )
    assert [step["id"] for step in object_of(Sheet(net, Settings()).forward())["steps"]][:4] == [
        "F1",
        "F2",
        "F3.1",
        "F4.1",
    ]


def test_a_local_derivative_of_minus_one_is_written_once() -> None:
    layers = "layers: [{dense: h, weights: [[1, 2], [3, 4]]}, {let: {k: 'h[2] - h[1]', f: 'k * sum(h)'}}]\nloss: f\n"
    net = build(read(f"inputs: {{x: [1, 2]}}\n{layers}", "net.yaml", None))
    steps = object_of(Sheet(net, Settings()).gradient(parameters(net), named=False))["steps"]
    assert not any(line["text"].startswith("∂k/∂h") for step in steps for line in step["lines"])


OF_AN_EXPRESSION = """
inputs: {x: [X1, X2]}
values: {W: [[1, 0.5], [0, 1], [1, 1]]}
layers: [{let: {p: FORMULA, L: 'p[3]^2'}}]
loss: L
"""


@pytest.mark.parametrize("formula", ["softmax(W @ x)", "log_softmax(W @ x)", "sigmoid(W @ x)", "silu(W @ x)"])
def test_an_activation_of_an_expression_overflows_nowhere(formula: str) -> None:
    """e^1000 is no double: by arrays as by elements the gradients are numbers, and the same."""
    text = OF_AN_EXPRESSION.replace("X1", "1000").replace("X2", "-1000").replace("FORMULA", formula)
    net = build(read(text, "net.yaml", None))
    found, arrays = gradients_of(net)["gradients"], ArrayTrace(net)
    assert np.isfinite(arrays.gradients["values.W"]).all()
    assert arrays.gradients["values.W"] == pytest.approx(np.array(found["W"]), rel=1e-9, abs=1e-300)


def test_a_softmax_of_an_expression_is_derived_in_its_own_results() -> None:
    text = OF_AN_EXPRESSION.replace("X1", "1").replace("X2", "-0.5").replace("FORMULA", "softmax(W @ x)")
    net = build(read(text, "net.yaml", None))
    for sheet, expected in (
        (object_of(Sheet(net, Settings()).gradient(parameters(net), named=False)), "p[3] × (1 - p[3]) × x[1]"),
        (reading(net, Question()).sheet, "p_j (1[j = k] - p_k) x_i"),
    ):
        assert any(expected in line["text"] for step in sheet["steps"] for line in step["lines"])


NO_LAYERS = "this network has fewer than two of them; nntrace grad shows its gradients"
OTHER_QUESTIONS = ("draw -f svg", "step --view all -f html", "grad --view paths -f tex", "train --epochs 2", "flow")


@pytest.mark.parametrize("seed", sorted({*range(share_of_drawn(0.2)), 30, 5098, 5122}))
def test_every_command_answers(run: Run, tmp_path: Path, seed: int) -> None:
    (tmp_path / "net.yaml").write_text(draw(seed).text, encoding="utf-8")
    for question in ("collapse", OTHER_QUESTIONS[seed % len(OTHER_QUESTIONS)]):
        code, _, err = run(*question.split(), cwd=tmp_path)
        assert code == 0 or NO_LAYERS in err, f"{question}: {err}"

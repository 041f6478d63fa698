"""How long a network's arithmetic takes, forward and backward to its parameters, against the same written by hand.

    OPENBLAS_NUM_THREADS=1 python tests/bench/arithmetic.py [ROUNDS]

Every network is d-h-10 with ReLU, softmax and cross-entropy. Its peers compute the same loss and gradients, which is
checked first. They run in turn in this process; a time is the least of the rounds' medians, a ratio one of two times.
One thread, so that what else the machine does disturbs neither side.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from nntrace.network.building.build import build
from nntrace.spec import load
from nntrace.trace.arrays import given_arrays
from nntrace.trace.program import Program

Array = np.ndarray
CLASSES = 10
PARAMETERS = ("W1", "b1", "W2", "b2")
ROUND = 0.03
"""About how many seconds one peer gets in one round."""


class Case(NamedTuple):
    """A network's widths, how many samples, and how many times by hand it may take."""

    inputs: int
    hidden: int
    samples: int
    most: float | None = None


CASES = [
    Case(16, 16, 1, 1.6),
    Case(16, 16, 64, 1.6),
    Case(64, 64, 1, 1.6),
    Case(64, 64, 64, 1.25),
    Case(784, 128, 1, 1.25),
    Case(784, 128, 64, 1.25),
    Case(784, 1024, 1, 1.25),
    Case(784, 1024, 64, 1.25),
]
SMALL = CASES[0]
"""Where nntrace must be faster than the peers that are engines themselves."""


def numbers(case: Case) -> dict[str, Array]:
    """Inputs, targets and parameters; without an axis for the sample where there is one."""
    rng = np.random.default_rng(0)
    arrays = {
        "x": rng.random((case.samples, case.inputs)),
        "y": np.eye(CLASSES)[rng.integers(CLASSES, size=case.samples)],
        "W1": rng.normal(0, (2 / case.inputs) ** 0.5, (case.hidden, case.inputs)),
        "b1": rng.normal(0, 0.1, case.hidden),
        "W2": rng.normal(0, (2 / case.hidden) ** 0.5, (CLASSES, case.hidden)),
        "b2": rng.normal(0, 0.1, CLASSES),
    }
    return arrays if case.samples > 1 else {**arrays, "x": arrays["x"][0], "y": arrays["y"][0]}


LAYERS = """\
layers:
  - {dense: 0, weights: {file: W1.npy}, biases: {file: b1.npy}, activation: relu}
  - {dense: 10, weights: {file: W2.npy}, biases: {file: b2.npy}, activation: softmax}
loss: cross_entropy
"""


def listed(letter: str, count: int) -> str:
    return f"[{', '.join(f'{letter}{place}' for place in range(1, count + 1))}]"


def ours(case: Case, arrays: dict[str, Array]) -> Callable[[], list[Array]]:
    """The network as a user gives it: a file, and its arrays beside it."""
    if case.samples > 1:
        files = {"samples": np.hstack([arrays["x"], arrays["y"]])}
        head = f"inputs: {listed('x', case.inputs)}\ntargets: {listed('t', CLASSES)}\nsamples: {{file: samples.npy}}\n"
    else:
        files = {"x": arrays["x"], "y": arrays["y"]}
        head = "inputs: {file: x.npy}\ntargets: {file: y.npy}\n"
    with tempfile.TemporaryDirectory() as folder:
        for name, array in (files | {key: arrays[key] for key in PARAMETERS}).items():
            np.save(Path(folder, f"{name}.npy"), array)
        path = Path(folder, "network.yaml")
        path.write_text(head + LAYERS.replace("dense: 0", f"dense: {case.hidden}"), encoding="utf-8")
        network = build(load(str(path)))
    program, given = Program(network, of=("parameter",)), given_arrays(network)

    def run() -> list[Array]:
        _loss, gradients = program.learned(given)
        return [gradients[key] for key in PARAMETERS]

    return run


def by_hand(case: Case, arrays: dict[str, Array]) -> Callable[[], list[Array]]:
    x, y, W1, b1, W2, b2 = (arrays[key] for key in ("x", "y", *PARAMETERS))

    def one() -> list[Array]:
        z1 = W1 @ x + b1
        a1 = np.maximum(0, z1)
        z2 = W2 @ a1 + b2
        shifted = z2 - z2.max()
        exponentials = np.exp(shifted)
        total = exponentials.sum()
        _loss = -(y @ (shifted - np.log(total)))
        others = (1 - y) * exponentials / total  # ŷ - y cancels near saturation
        d2 = others - y * others.sum()
        d1 = (d2 @ W2) * (z1 > 0)
        return [np.outer(d1, x), d1, np.outer(d2, a1), d2]

    def batch() -> list[Array]:
        z1 = x @ W1.T + b1
        a1 = np.maximum(0, z1)
        z2 = a1 @ W2.T + b2
        shifted = z2 - z2.max(axis=1, keepdims=True)
        exponentials = np.exp(shifted)
        total = exponentials.sum(axis=1, keepdims=True)
        _loss = -(y * (shifted - np.log(total))).sum() / len(x)
        others = (1 - y) * exponentials / total
        d2 = (others - y * others.sum(axis=1, keepdims=True)) / len(x)
        d1 = (d2 @ W2) * (z1 > 0)
        return [d1.T @ x, d1.sum(axis=0), d2.T @ a1, d2.sum(axis=0)]

    return batch if case.samples > 1 else one


def by_autograd(case: Case, arrays: dict[str, Array]) -> Callable[[], list[Array]]:
    import autograd
    import autograd.numpy as anp

    x, y = arrays["x"], arrays["y"]

    def loss(parameters: list[Array]) -> Array:
        W1, b1, W2, b2 = parameters
        z = W2 @ anp.maximum(0, W1 @ x + b1) + b2
        shifted = z - anp.max(z)
        return -(y @ (shifted - anp.log(anp.sum(anp.exp(shifted)))))

    both = autograd.value_and_grad(loss)
    parameters = [arrays[key] for key in PARAMETERS]
    return lambda: both(parameters)[1]


def by_micrograd(case: Case, arrays: dict[str, Array]) -> Callable[[], list[Array]]:
    """It has no exp, so that its loss is Σ (z - y)² of the logits: less work, other gradients."""
    from micrograd.engine import Value

    weights = [[[Value(w) for w in row] for row in arrays[key].tolist()] for key in ("W1", "W2")]
    biases = [[Value(b) for b in arrays[key].tolist()] for key in ("b1", "b2")]
    parameters = [w for matrix in (*weights, biases) for row in matrix for w in row]
    x, y = arrays["x"].tolist(), arrays["y"].tolist()

    def layer(level: int, x: list) -> list:
        rows = zip(weights[level], biases[level], strict=True)
        return [sum((w * i for w, i in zip(row, x, strict=True)), bias) for row, bias in rows]

    def run() -> list[Array]:
        for value in parameters:
            value.grad = 0
        z = layer(1, [unit.relu() for unit in layer(0, x)])
        sum((a - b) ** 2 for a, b in zip(z, y, strict=True)).backward()
        return []

    return run


PEERS = {"by hand": by_hand}
ENGINES = {"autograd": by_autograd, "micrograd": by_micrograd}


def measured(runs: dict[str, Callable[[], list[Array]]], rounds: int) -> dict[str, float]:
    """The seconds of one call by name, all measured in turn."""
    often = {name: max(3, int(ROUND / seconds(run))) for name, run in runs.items()}
    least = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            least[name] = min(least[name], median(seconds(run) for _ in range(often[name])))
    return least


def seconds(run: Callable[[], list[Array]]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main(rounds: int) -> None:
    table = Table("network", "samples", "peer", "peer µs", "nntrace µs", "ratio", "at most")
    skipped: dict[str, str] = {}
    for case in CASES:
        arrays = numbers(case)
        runs = {"nntrace": ours(case, arrays)}
        for name, peer in (PEERS | ENGINES if case is SMALL else PEERS).items():
            try:
                runs[name] = peer(case, arrays)
            except ImportError:
                skipped[name] = f"{name} is skipped: it is not installed"
        expected = runs["nntrace"]()
        for name, run in runs.items():
            for found, gradient in zip(run(), expected, strict=name != "micrograd"):
                np.testing.assert_allclose(found, gradient, rtol=1e-9, atol=1e-12, err_msg=name)
        least = measured(runs, rounds)
        taken = least.pop("nntrace")
        for name, other in least.items():
            most = case.most if name in PEERS else 1.0
            table.add_row(
                f"{case.inputs}-{case.hidden}-{CLASSES}",
                f"{case.samples}",
                name,
                f"{other * 1e6:.0f}",
                f"{taken * 1e6:.0f}",
                f"{taken / other:.2f}",
                f"{most:g}" if most else "",
            )
    console = Console()
    console.print(table)
    for line in skipped.values():
        console.print(line)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)

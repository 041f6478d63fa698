"""An epoch of 784-128-10 on 6,000 samples in batches of 64, against the same loop by hand in numpy, in one run.

``OPENBLAS_NUM_THREADS=1 python tests/bench/epoch.py`` prints the ratio; PyTorch in float64 is reported beside it.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nntrace.network.building.build import build
from nntrace.spec import load
from nntrace.trace.course import Course
from nntrace.trace.tracing import trace_of

SAMPLES, INPUTS, HIDDEN, CLASSES, BATCH, RATE = 6_000, 784, 128, 10, 64, 0.1
ROUNDS = 7
NET = f"""\
inputs: {{x: {{size: {INPUTS}}}}}
targets: {{y: {{size: {CLASSES}}}}}
samples: {{file: data.npy}}
layers:
- {{dense: {HIDDEN}, weights: {{init: he_normal, seed: 0}}, biases: {{init: zeros}}, activation: relu}}
- {{dense: {CLASSES}, weights: {{init: he_normal, seed: 1}}, biases: {{init: zeros}}, activation: softmax}}
loss: cross_entropy
learning_rate: {RATE}
samples_per_step: {BATCH}
"""


def by_hand(x: Any, y: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> float:
    """One epoch; the mean loss of its steps by their samples."""
    total = 0.0
    for start in range(0, len(x), BATCH):
        some, wanted = x[start : start + BATCH], y[start : start + BATCH]
        z1 = some @ w1.T + b1
        a1 = np.maximum(z1, 0)
        z2 = a1 @ w2.T + b2
        shifted = z2 - z2.max(axis=1, keepdims=True)
        powers = np.exp(shifted)
        sums = powers.sum(axis=1, keepdims=True)
        total -= float((wanted * (shifted - np.log(sums))).sum())
        d2 = (powers / sums - wanted) / len(some)
        d1 = d2 @ w2 * (z1 > 0)
        w2 -= RATE * (d2.T @ a1)
        b2 -= RATE * d2.sum(axis=0)
        w1 -= RATE * (d1.T @ some)
        b1 -= RATE * d1.sum(axis=0)
    return total / len(x)


def pytorch(x: Any, y: Any, parameters: Any) -> Callable[[], None] | None:
    """One epoch in float64, where PyTorch is installed."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y.argmax(axis=1))
    w1, b1, w2, b2 = (torch.from_numpy(one.copy()).requires_grad_() for one in parameters)
    optimizer = torch.optim.SGD([w1, b1, w2, b2], RATE)

    def epoch() -> None:
        for start in range(0, len(x), BATCH):
            optimizer.zero_grad()
            hidden = torch.relu(inputs[start : start + BATCH] @ w1.T + b1)
            torch.nn.functional.cross_entropy(hidden @ w2.T + b2, targets[start : start + BATCH]).backward()
            optimizer.step()

    return epoch


def timed(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Print the medians of alternating rounds."""
    drawn = np.random.default_rng(0)
    x, y = drawn.random((SAMPLES, INPUTS)), np.eye(CLASSES)[drawn.integers(0, CLASSES, SAMPLES)]
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder, "data.npy"), np.concatenate([x, y], axis=1))
        Path(folder, "net.yaml").write_text(NET, encoding="utf-8")
        course = Course(trace_of(build(load(str(Path(folder, "net.yaml"))))))
    given = course.trace.given_arrays()
    hand = [given[key].copy() for key in ("W1", "b1", "W2", "b2")]
    theirs = pytorch(x, y, hand)
    runs: list[tuple[float, float, float]] = []
    for _ in range(ROUNDS):
        own = timed(course.epoch)
        runs.append((own, timed(lambda: by_hand(x, y, *hand)), timed(theirs) if theirs else float("nan")))
    np.testing.assert_allclose(course.trace.given_arrays()["W1"], hand[0], rtol=1e-9, atol=1e-12)
    own, other, torch_time = (float(np.median(column)) for column in zip(*runs, strict=True))
    print(f"nntrace {own * 1000:.0f} ms, by hand {other * 1000:.0f} ms: {own / other:.2f} times")
    print(f"PyTorch in float64 {torch_time * 1000:.0f} ms")


if __name__ == "__main__":
    main()

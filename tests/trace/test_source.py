"""A network as Python: what a reader would write, and over lists of floats the same numbers as over arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nntrace.network.building.build import build
from nntrace.network.model import Element
from nntrace.spec import load, read
from nntrace.trace.arrays import ArrayTrace
from nntrace.trace.elements import ElementTrace
from nntrace.trace.program import Program

CONFIGS = Path(__file__).parents[2] / "configs"
NETWORK = """\
inputs: [x1, x2]
targets: [t1, t2]
samples: [[1, 2, 1, 0], [3, 4, 0, 1], [5, 6, 1, 0]]
layers:
  - {dense: 2, weights: [[1, 2], [3, 4]], biases: [0, 0], activation: relu}
  - {dense: 2, weights: [[1, 2], [3, 4]], activation: softmax}
loss: cross_entropy
optimizer: momentum
learning_rate: 0.1
"""
LINES = [
    "z1 = x @ W1.T + b1",
    "a1 = np.maximum(0.0, z1)",
    "m2 = z2.max(axis=1)",
    "add_6 = z2 - m2[:, None]",
    "e2 = np.exp(add_6)",
    "Z2 = e2.sum(axis=1)",
    "a2 = e2 / Z2[:, None]",
    "L = 1.0 / 3.0 * l.sum()",
    "d_z2 = 1.0 / 3.0 * (add_1 * a2 - y * (add_1 * a2).sum(axis=1)[:, None])",
    "d_a1 = d_z2 @ W2",
    "d_z1 = d_a1 * (z1 > 0.0)",
    "d_W1 = d_z1.T @ x",
    "d_b1 = d_z1.sum(axis=0)",
    "new_v_W1 = 0.9 * v_W1 + d_W1",
    "W1 -= lr * new_v_W1",
    "v_W1[...] = new_v_W1",
]


def test_the_source_is_what_one_would_write() -> None:
    source = Program(build(read(NETWORK, "network", None)), of=("parameter",)).source
    lines = [line.strip() for line in source.splitlines()]
    assert [line for line in LINES if line not in lines] == []
    assert lines[lines.index(LINES[0]) - 1] == "# z1_nj = Σ_i x_ni × W1_ji + b1_j"
    trained = source[source.index("def loss_and_slopes") :]
    assert trained.count("np.exp(") == trained.count(".max(") == 1, "the loss reads what the softmax has worked out"


@pytest.mark.parametrize(
    "name", ["homework3", "homework3-q2-numbers", "bits-2-3-2", "ridge", "line-3-samples", "mazur"]
)
def test_lists_of_floats_have_the_numbers_of_arrays(name: str) -> None:
    network = build(load(str(CONFIGS / f"{name}.yaml")))
    trace, arrays = ElementTrace(network), ArrayTrace(network)
    for key, array in arrays.arrays.items():
        np.testing.assert_allclose(trace.floats[key], array, rtol=1e-12, atol=1e-15, err_msg=key)
    for key, slopes in trace.formulas.slopes(trace.floats).items():
        found = np.array(slopes)
        for cell in network.tensors[key].missing:
            found[cell] = 0
        np.testing.assert_allclose(found, arrays.gradients[key], rtol=1e-12, atol=1e-15, err_msg=key)


CLASSES = "\nlayers: [{dense: [z1, z2], weights: {x: {w1: 30, w2: 0}}}, {softmax: [p1, p2]}]\nloss: ce\n"
UNIT = "layers:\n- {dense: [z], weights: {x: {w: 40}}}\n- sigmoid: [a]\n"
SATURATED = {
    "softmax": f"targets: p2{CLASSES}",
    "right class": f"targets: p1{CLASSES}",
    "sigmoid": f"targets: [1]\n{UNIT}loss: bce\n",
    "hidden": f"targets: [0]\n{UNIT}- {{dense: [u], weights: {{a: {{v: 30}}}}}}\n- tanh: [y]\nloss: mse\n",
    "given": f"targets: [0]\nvalues: {{a: 0.7}}\n{UNIT}loss: mse\n",
}


@pytest.mark.parametrize("name", SATURATED)
def test_the_gradients_of_arrays_do_not_cancel(name: str) -> None:
    network = build(read("inputs: {x: 1}\n" + SATURATED[name], "network", None))
    exact, arrays = ElementTrace(network), ArrayTrace(network)
    for cell in network.tensors[key := network.parameters[0]].cells():
        found, true = (trace.gradient(Element(key, cell)).number for trace in (arrays, exact))
        assert true
        assert found == pytest.approx(true, rel=1e-12, abs=0)


TWICE_THE_SAME = """\
inputs: {x: [1, 2]}
values: {W: [[1, 2], [3, 4]]}
layers:
  - let: {h: W @ x}
  - {concat: c, from: [x, h]}
  - {concat: d, from: [c, h]}
  - let: {f: sum(h * h) + sum(d)}
loss: f
"""


def test_what_is_added_twice_is_added_to_what_there_is() -> None:
    """∂f/∂h = 2h + 1 + 1: after the first 1, the second sum is no longer the first one."""
    gradients = ArrayTrace(build(read(TWICE_THE_SAME, "twice", None))).gradients
    assert gradients["let.h"].tolist() == [2 * 5 + 2, 2 * 11 + 2]


MISSED = """\
inputs: {x: [1, 2, 3]}
values: {W: [[0.1, 0.2, 0.3], [0.3, 0.1, -0.2]]}
layers: [{let: {y: sigmoid(W @ x)}}]
targets: {t: [1, 0]}
loss: half_squared_error
"""


def test_a_sum_that_a_loss_reads_runs_as_far_as_in_its_own_step() -> None:
    """1 - σ(Wx), by which the first output misses its target: over three inputs, not over two outputs."""
    network = build(read(MISSED, "missed", None))
    assert ElementTrace(network).floats["L"] == pytest.approx(float(ArrayTrace(network).arrays["L"]))

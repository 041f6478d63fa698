"""A training runs on one compiled source and overwrites its numbers: they are those of step after step."""

from __future__ import annotations

import numpy as np
import pytest

from nntrace.network.building.build import build
from nntrace.network.model import Network
from nntrace.spec import read
from nntrace.trace.arrays import ArrayTrace
from nntrace.trace.course import Course, Portions
from nntrace.trace.trace import Trace

NETWORK = """\
inputs: [x1, x2]
targets: [t1, t2]
samples: [[1, 2, 1, 0], [3, 4, 0, 1], [5, 6, 1, 0], [-1, 0.5, 0, 1], [2, -2, 0, 1]]
samples_per_step: 2
layers:
  - {dense: [h1, h2], weights: {x1: [w1, null], x2: [w3, w1]}, biases: {b1: 0, b2: 0.5}}
  - tanh: [u1, u2]
  - {dense: [z1, z2], weights: [[0.1, 0.2], [-0.3, 0.4]], activation: softmax}
loss: cross_entropy
values: {w1: 0.1, w3: 0.3}
frozen: [b1]
"""
WAYS = [
    "optimizer: sgd\nlearning_rate: 0.1",
    "optimizer: {adam: {amsgrad: true, weight_decay: 0.1}}\nlearning_rate: {start: 0.1, exponential: 0.9}",
    "optimizer: nesterov\nlearning_rate: {default: 0.1, W2: 0.01}\nclip: {norm: 0.5}",
    "optimizer: nadam\nlearning_rate: [0.1, 0.05]\norder: {shuffle: 7}",
]


def network(way: str, text: str = NETWORK) -> Network:
    return build(read(text + way, "network", None))


def step_after_step(network: Network, count: int) -> Trace:
    """The trace after so many whole updates, nothing of which is overwritten."""
    portions, trace = Portions(network), ArrayTrace(network)
    for _ in range(count):
        trace = portions.trace(trace).updated().after
    return trace


@pytest.mark.parametrize("way", WAYS)
def test_a_training_comes_to_the_numbers_of_step_after_step(way: str) -> None:
    made = network(way)
    course = Course(ArrayTrace(made))
    first = course.trace
    course.epoch()
    course.epoch(2)
    expected = step_after_step(made, 5)
    assert course.trace.memory.done == expected.memory.done == 5
    for key in made.parameters:
        np.testing.assert_allclose(course.trace.given_arrays()[key], expected.given_arrays()[key], rtol=1e-13)
        for name, states in expected.memory.states.items():
            np.testing.assert_allclose(course.trace.memory.states[name][key], states[key], rtol=1e-13)
        given = ArrayTrace(made).given_arrays()[key]
        np.testing.assert_array_equal(first.given_arrays()[key], given, err_msg="the trace before is overwritten")
    assert course.trace.given_arrays()["b1"][0] == 0, "frozen"


@pytest.mark.parametrize("done", [1, 2, 3])
def test_the_update_before_a_divergence_is_told_whole(done: int) -> None:
    """Also where it is the last one of the pass before."""
    text = NETWORK.replace(", activation: softmax", "").replace("cross_entropy", "squared_error")
    made = network(f"learning_rate: {[0.1] * (done - 1) + [1.0e300]}", text)
    course = Course(ArrayTrace(made))
    while not course.is_over:
        course.epoch()
    found = course.diverged
    assert found is not None
    assert found.step == done + 1
    assert found.before is not None
    assert found.before.before.memory.done == done - 1
    expected = step_after_step(made, done)
    for key, array in expected.given_arrays().items():
        if key in made.parameters:
            np.testing.assert_array_equal(found.before.after.given_arrays()[key], array)
            np.testing.assert_array_equal(found.trace.given_arrays()[key], array)

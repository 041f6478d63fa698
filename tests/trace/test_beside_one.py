"""Arrays keep the digits of true numbers where an activation is nearly flat, or its argument nearly nothing."""

from __future__ import annotations

import pytest

from nntrace.catalogue.registry import KINDS
from nntrace.network.building.build import build
from nntrace.network.model import Element
from nntrace.spec import read as spec_of
from nntrace.trace.elements import ElementTrace
from nntrace.trace.program import Program

POINTS = (40.0, -40.0, 9.0, -9.0, 1e-9, -1e-9)


ELEMENTWISE = [name for name, entry in KINDS["activation"].items() if entry.build().is_elementwise]


@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_arrays_and_true_numbers_agree_far_out_and_near_0(activation: str) -> None:
    listed = ", ".join(map(str, POINTS))
    text = f"inputs: {{x: [{listed}]}}\nlayers:\n- {activation}: h\n- let: {{E: sum(h * h)}}\nloss: E\n"
    network = build(spec_of(text, "net.yaml", None))
    trace = ElementTrace(network)
    program = Program(network)
    arrays = program.forward(trace.given_arrays())
    slopes = program.gradients(arrays)
    (key,) = (key for key, tensor in network.tensors.items() if tensor.name == "h")
    for place in range(len(POINTS)):
        for found, true in (
            (arrays[key][place], trace.value(Element(key, (place,))).number),
            (slopes["x"][place], trace.gradient(Element("x", (place,))).number),
        ):
            assert found == pytest.approx(true, rel=5e-7, abs=1e-300), POINTS[place]


@pytest.mark.parametrize("samples", [1, 2])
@pytest.mark.parametrize(
    "activation", [name for name, entry in KINDS["activation"].items() if entry.build().sums_to_one]
)
def test_a_distribution_beside_1_keeps_its_gradients(activation: str, samples: int) -> None:
    """Where all results but one are nearly 0, whatever the loss is."""
    row = "[36, 0.5, 0, -1, 0.3, 0.2, 0.1, 0.4]"
    text = f"inputs: {{x: {{size: 4}}}}\ntargets: {{y: {{size: 4}}}}\nsamples: [{', '.join([row] * samples)}]\n"
    network = build(spec_of(f"{text}layers: [{activation}]\nloss: mse\n", "net.yaml", None))
    trace, program = ElementTrace(network), Program(network)
    slopes = program.gradients(program.forward(trace.given_arrays()))["x"]
    true = [trace.gradient(Element("x", (0, place))).number for place in range(4)]
    assert slopes[0].tolist() == pytest.approx(true, rel=1e-13, abs=0)
    assert "arange" not in program.slopes.source, "as many products as there are pairs of results"


ENDS = [("sigmoid", 1), ("bipolar_sigmoid", 1), ("bipolar_sigmoid", -1), ("tanh", 1), ("tanh", -1)]


@pytest.mark.parametrize("loss", ["mse", "half_squared_error", "mae", "huber"])
@pytest.mark.parametrize(("activation", "end"), ENDS)
def test_a_loss_beside_0_and_its_gradients_keep_their_digits(activation: str, end: int, loss: str) -> None:
    """Where an output nears its target, in a batch with another one that does not."""
    text = f"inputs: [x]\ntargets: [t]\nsamples: [[{45 * end}, {end}]]\nlayers: [{{{activation}: [y]}}]\nloss: {loss}\n"
    network = build(spec_of(text, "net.yaml", None))
    trace, program = ElementTrace(network), Program(network)
    arrays = program.forward(trace.given_arrays())
    assert network.loss is not None
    assert float(arrays[network.loss]) == pytest.approx(trace.value_of_loss().number, rel=1e-13, abs=0)
    (slope,) = program.gradients(arrays)["x"][0]
    assert slope == pytest.approx(trace.gradient(Element("x", (0, 0))).number, rel=1e-13, abs=0)


def test_a_softmax_beside_its_class_keeps_the_digits_of_any_loss() -> None:
    text = "inputs: [a, b, c]\ntargets: [k]\nsamples: [[50, 1, 0, p], [0.5, 1, -40, q]]\n"
    network = build(spec_of(f"{text}layers: [{{softmax: [p, q, r]}}]\nloss: mse\n", "net.yaml", None))
    trace, program = ElementTrace(network), Program(network)
    slopes = program.gradients(program.forward(trace.given_arrays()))["x"]
    true = [[trace.gradient(Element("x", (n, i))).number for i in range(3)] for n in range(2)]
    assert slopes.ravel().tolist() == pytest.approx([one for row in true for one in row], rel=1e-12, abs=0)
    assert "arange" not in program.slopes.source

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

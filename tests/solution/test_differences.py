"""Central differences where a formula goes over from one case to the other: a kink, a jump, or nothing of the kind."""

from __future__ import annotations

import pytest

from nntrace.network.building.build import build
from nntrace.network.lookup import asked_quantities
from nntrace.network.quantities import parameters
from nntrace.solution.checking.differences import Differences
from nntrace.solution.sheets.calculation import Sheet
from nntrace.solution.sheets.settings import Settings
from nntrace.spec import read
from nntrace.trace.tracing import trace_of

NETWORK = """\
inputs: {{x: 1}}
targets: {{t: {target}}}
layers:
  - {{dense: [z], weights: {{x: {{w: {weight}}}}}}}
  - {activation}
loss: {loss}
"""
CASES = [
    ("sigmoid: [p]", 0, 1, "bce", ""),  # max(0, z) and |z| stand in its stable form alone
    ("sigmoid: [p]", 0, 1, "mse", ""),
    ("elu: [p]", 0, 1, "mse", ""),
    ("elu: [p], alpha: 0.5", 0, 1, "mse", "kink"),
    ("softsign: [p]", 0, 1, "mse", ""),
    ("softplus: [p]", 0, 1, "mse", ""),
    ("relu: [p]", 0, 1, "mse", "kink"),
    ("relu: [p]", "1/1000000", 1, "mse", "kink"),  # the difference reaches over it
    ("relu: [p]", 1, 0, "mse", ""),
    ("leaky_relu: [p]", 0, 1, "mse", "kink"),
    ("selu: [p]", 0, 1, "mse", "kink"),
    ("step: [p]", 0, 0.25, "mse", "jump"),
    ("sigmoid: [p]", "1/200000", 1, "bce", ""),  # as far off as half a step
    ("elu: [p]", "1/200000", 1, "mse", ""),
    ("relu: [p]", "1/200000", 1, "mse", "kink"),
    ("identity: [p]", 2, 1, "{huber: L, delta: 1}", ""),
    ("identity: [p]", 1, 1, "mae", "kink"),
]


@pytest.mark.parametrize(("activation", "weight", "target", "loss", "crossing"), CASES)
def test_what_a_difference_crosses(activation: str, weight: object, target: object, loss: str, crossing: str) -> None:
    text = NETWORK.format(activation=f"{{{activation}}}", weight=weight, target=target, loss=loss)
    sheet = Sheet(build(read(text, "crossing", None)), Settings())
    (found,) = asked_quantities(sheet.network, ["w"])
    difference = Differences(sheet.trace).of(found)
    assert difference.crossing == crossing
    gradient = sheet.trace.total(found).number
    if not crossing:
        assert difference.agrees(gradient)
        assert not difference.agrees(gradient * 1.001 + 1e-4), "it still tells a wrong slope"
    said = "\n".join(str(block) for section in sheet.gradient([found], named=True).sections for block in section.blocks)
    assert ("at the kink" in said) == (crossing == "kink" and sheet.trace.value(found.uses[0]).number in (0, 1))


def test_two_conventions_at_one_number_are_a_kink() -> None:
    """relu goes on, the step behind it is 0: the loss is flat on both sides, and its slope at 0 is that of neither."""
    text = NETWORK.format(activation="{relu: [r]}\n  - {step: [p]}", weight=0, target=1, loss="perceptron")
    sheet = Sheet(build(read(text + "relu_at_zero: 1\n", "crossing", None)), Settings())
    (found,) = asked_quantities(sheet.network, ["w"])
    assert sheet.trace.total(found).number == -1
    assert Differences(sheet.trace).of(found).crossing == "kink"


@pytest.mark.parametrize("size", [60, 500, 2000])
def test_a_large_input_takes_a_finer_step(size: int) -> None:
    layers = f"[{{dense: [h], weights: {{x: {{w: {0.6 / size:.6f}}}}}}}, {{sigmoid: [y1]}}]"
    text = f"inputs: {{x: {size}}}\ntargets: [1]\nlayers: {layers}\nloss: {{bce: L}}\n"
    trace = trace_of(build(read(text, "large", None)))
    (found,) = parameters(trace.network)
    gradient = trace.total(found).number
    differ = Differences(trace)
    assert differ.confirming(found, gradient).agrees(gradient)
    assert not differ.confirming(found, gradient * 1.001).agrees(gradient * 1.001)


@pytest.mark.parametrize("size", [60, 500, 2000])
@pytest.mark.parametrize("last", ["", "sigmoid", "tanh"])
@pytest.mark.parametrize("kind", ["sigmoid", "tanh", "softplus", "silu", "gelu", "elu", "softsign"])
def test_gradients_by_large_inputs_hold(kind: str, last: str, size: int) -> None:
    text = (
        f"inputs: {{x1: {size}, x2: -{size}}}\ntargets: [0.3]\nlayers:\n"
        f"- {{dense: 2, weights: [[{1 / size:.6f}, 0.001], [{-2 / size:.6f}, {1 / size:.6f}]], activation: {kind}}}\n"
        f"- {{dense: [o], weights: [[-0.659747, -1.432198]]{f', activation: {last}' if last else ''}}}\nloss: mse\n"
    )
    network = build(read(text, "net.yaml", None))
    trace = trace_of(network)
    differences = Differences(trace)
    for one in parameters(network):
        gradient = trace.total(one).number
        found = differences.confirming(one, gradient)
        assert found.agrees(gradient)
        assert not found.agrees(gradient * 1.01)

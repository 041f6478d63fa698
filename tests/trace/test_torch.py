"""The gradients of generated networks, single and in batches, against PyTorch (where it is installed).

``NETWORKS=2000 pytest tests/trace/test_torch.py`` tries as many networks.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace

import oracle
import pytest
from networks import DRAWN, Network, batched, generate

from nntrace.catalogue import KINDS
from nntrace.network.building.build import build
from nntrace.network.model import Network as Built
from nntrace.network.quantities import find
from nntrace.spec import read
from nntrace.trace.arrays import ArrayTrace
from nntrace.trace.trace import Trace
from nntrace.trace.tracing import trace_of

pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")

import oracle_torch

AGREEMENT = 1e-10
"""How far from PyTorch, in sums of absolute contributions."""


def wrong(found: float, expected: float, size: float) -> bool:
    if not math.isfinite(size) or not math.isfinite(expected):
        return False
    return not abs(found - expected) <= AGREEMENT * max(size, 1e-290)


def disagreements(network: Network, trace: Trace, truth: oracle.Result) -> list[str]:
    """Where a trace's gradients are not PyTorch's; raises ``AtKinkError`` where these are a convention."""
    _, expected = oracle_torch.gradients(network, network.numbers)
    found = {name: trace.total(one(trace.network, name)).number for name in expected}
    return [
        f"∂L/∂{name} is {found[name]!r}, PyTorch has {number!r}"
        for name, number in expected.items()
        if wrong(found[name], number, truth.contributions[name])
    ]


def one(network: Built, name: str):  # type: ignore[no-untyped-def]
    (quantity,) = find(network, name)
    return quantity


def test_pytorch_has_every_entry() -> None:
    assert oracle_torch.ACTIVATIONS.keys() == KINDS["activation"].keys()
    assert oracle_torch.LOSSES.keys() == KINDS["loss"].keys()
    assert oracle_torch.PENALTIES.keys() == KINDS["penalty"].keys()


CHUNK = 20


@pytest.mark.parametrize("start", range(0, DRAWN, CHUNK))
def test_gradients(start: int) -> None:
    compared = 0
    for seed in range(start, min(start + CHUNK, DRAWN)):
        network = generate(seed)
        truth = oracle.run(network)
        built = build(read(network.text, "generated", None))
        try:
            for trace in (trace_of(built), ArrayTrace(built)):
                assert disagreements(network, trace, truth) == [], network.text
        except oracle_torch.AtKinkError:
            continue
        compared += 1
    assert compared > min(CHUNK, DRAWN - start) // 4


# ----------------------------------------------------------------------------------------------------------- batches


@pytest.mark.parametrize("start", range(0, DRAWN, CHUNK))
def test_a_batch_is_the_mean_of_its_samples(start: int) -> None:
    for seed in range(start, min(start + CHUNK, DRAWN)):
        network = generate(seed)
        made = batched(network, random.Random(seed))
        if made is None:
            continue
        text, samples = made
        built = build(read(text, "generated", None))
        singles = [replace(network, numbers={**network.numbers, **sample}) for sample in samples]
        try:
            each = [oracle_torch.gradients(single, single.numbers)[1] for single in singles]
        except oracle_torch.AtKinkError:
            continue
        sizes = [oracle.run(single).contributions for single in singles]
        for trace in (trace_of(built), ArrayTrace(built)):
            for name in network.parameters:
                expected = sum(one[name] for one in each) / len(each)
                size = sum(one[name] for one in sizes) / len(sizes)
                found = trace.total(one(built, name)).number
                assert not wrong(found, expected, size), f"∂L/∂{name} is {found!r}, not {expected!r}: {text}"


# ---------------------------------------------------------------------------------------------------- test the tester


def test_a_slope_off_by_a_twentieth_of_a_percent_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    tanh = oracle_torch.ACTIVATIONS["tanh"]
    monkeypatch.setitem(oracle_torch.ACTIVATIONS, "tanh", lambda z: tanh(z * 1.0005))
    caught = 0
    for seed in range(600):
        network = generate(seed)
        if not any(layer.kind == "tanh" for layer in network.layers):
            continue
        built = build(read(network.text, "generated", None))
        try:
            caught += bool(disagreements(network, trace_of(built), oracle.run(network)))
        except oracle_torch.AtKinkError:
            continue
    assert caught > 10

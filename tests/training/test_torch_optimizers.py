"""Every optimizer that PyTorch has, against it: 50 steps on random gradients, with all options."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

from nntrace.catalogue import KINDS
from nntrace.network.building.build import build
from nntrace.spec import read
from nntrace.trace.arrays import ArrayTrace
from nntrace.trace.elements import ElementTrace
from nntrace.trace.trace import Trace
from nntrace.trace.tracing import in_floats

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("in_double_precision")
STEPS = 50
SHAPE = (3, 2)
TOLERANCE = 1e-12


@pytest.fixture
def in_double_precision() -> Iterator[None]:
    """What PyTorch keeps beside the parameters (the counts, nadam's product) has its default precision."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def drawn(seed: int) -> tuple[Any, Any]:
    """A parameter and its gradients, the signs and sizes of which change."""
    random = np.random.default_rng(seed)
    sizes = 10.0 ** random.uniform(-3, 1, (STEPS, *SHAPE))
    return random.normal(size=SHAPE), random.normal(size=(STEPS, *SHAPE)) * sizes


def ours(optimizer: str, rate: str, start: Any, gradients: Any, trace: type[Trace], more: str = "") -> list[Any]:
    """The parameter after each step, read from a file."""
    text = (
        f"parameters: {{w: {start.tolist()}}}\ngradients: {{w: {gradients.tolist()}}}\noptimizer: {optimizer}\n"
        f"learning_rate: {rate}\n{more}"
    )
    network = build(read(text, "net", None))
    assert network.iterations == STEPS
    found, at = [], trace(network)
    for _ in range(STEPS):
        at = in_floats(at.updated().after)
        found.append(at.arrays["w"].copy())
    return found


def theirs(
    make: Callable[..., Any], start: Any, gradients: Any, clip: Callable[[Any], Any] = lambda _: None
) -> list[Any]:
    """The same by PyTorch; ``clip`` changes the gradient first."""
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimizer = make([w])
        found = []
        for gradient in gradients:
            w.grad = torch.tensor(gradient, dtype=torch.float64)
            clip([w])
            optimizer.step()
            found.append(w.detach().numpy().copy())
    return found


def close(found: list[Any], expected: list[Any]) -> None:
    assert len(found) == len(expected) == STEPS
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=TOLERANCE, atol=TOLERANCE)


def cases() -> list[tuple[str, Callable[..., Any]]]:
    """Every combination of the options that both sides have."""
    o = torch.optim
    found: list[tuple[str, Callable[..., Any]]] = []

    def add(kind: str, options: dict[str, Any], make: Callable[..., Any]) -> None:
        inside = ", ".join(f"{name}: {str(value).lower()}" for name, value in options.items())
        found.append((f"{{{kind}: {{{inside}}}}}", make))

    for decay in (0, 0.1):
        add("gradient_descent", {"weight_decay": decay}, lambda p, d=decay: o.SGD(p, 0.01, weight_decay=d))
        for beta, damped in product((0.9, 0.3), (0, 0.25)):
            add(
                "momentum",
                {"beta": beta, "dampening": damped, "weight_decay": decay},
                lambda p, b=beta, t=damped, d=decay: o.SGD(p, 0.01, momentum=b, dampening=t, weight_decay=d),
            )
        add(
            "nesterov",
            {"beta": 0.8, "form": "pytorch", "weight_decay": decay},
            lambda p, d=decay: o.SGD(p, 0.01, momentum=0.8, nesterov=True, weight_decay=d),
        )
        for falling, eps in product((0, 0.05), (1e-10, 1e-3)):
            add(
                "adagrad",
                {"eps": eps, "lr_decay": falling, "weight_decay": decay},
                lambda p, e=eps, f=falling, d=decay: o.Adagrad(p, 0.01, lr_decay=f, eps=e, weight_decay=d),
            )
        add(
            "adadelta",
            {"rho": 0.8, "eps": 1e-5, "weight_decay": decay},
            lambda p, d=decay: o.Adadelta(p, 0.01, rho=0.8, eps=1e-5, weight_decay=d),
        )
        for centered, speed in product((False, True), (0, 0.7)):
            add(
                "rmsprop",
                {"beta": 0.8, "eps": 1e-4, "centered": centered, "momentum": speed, "weight_decay": decay},
                lambda p, c=centered, m=speed, d=decay: o.RMSprop(
                    p, 0.01, alpha=0.8, eps=1e-4, centered=c, momentum=m, weight_decay=d
                ),
            )
        for largest in (False, True):
            for kind, call in (("adam", o.Adam), ("adamw", o.AdamW)):
                add(
                    kind,
                    {"beta1": 0.8, "beta2": 0.95, "eps": 1e-5, "amsgrad": largest, "weight_decay": decay},
                    lambda p, c=call, a=largest, d=decay: c(
                        p, 0.01, betas=(0.8, 0.95), eps=1e-5, amsgrad=a, weight_decay=d
                    ),
                )
        add(
            "adamax",
            {"beta1": 0.8, "beta2": 0.95, "eps": 1e-5, "weight_decay": decay},
            lambda p, d=decay: o.Adamax(p, 0.01, betas=(0.8, 0.95), eps=1e-5, weight_decay=d),
        )
        for falling in (0.004, 0.1):
            add(
                "nadam",
                {"beta1": 0.8, "beta2": 0.95, "eps": 1e-5, "momentum_decay": falling, "weight_decay": decay},
                lambda p, f=falling, d=decay: o.NAdam(
                    p, 0.01, betas=(0.8, 0.95), eps=1e-5, momentum_decay=f, weight_decay=d
                ),
            )
    plain = {
        "gradient_descent": lambda p: o.SGD(p, 0.01),
        "adagrad": lambda p: o.Adagrad(p, 0.01),
        "adadelta": lambda p: o.Adadelta(p, 0.01),
        "adam": lambda p: o.Adam(p, 0.01),
        "adamw": lambda p: o.AdamW(p, 0.01),
        "adamax": lambda p: o.Adamax(p, 0.01),
        "nadam": lambda p: o.NAdam(p, 0.01),
    }
    return [*found, *plain.items()]


CASES = cases()


@pytest.mark.parametrize(("optimizer", "make"), CASES, ids=[one for one, _ in CASES])
def test_an_optimizer_is_pytorchs(optimizer: str, make: Callable[..., Any]) -> None:
    start, gradients = drawn(len(optimizer))
    expected = theirs(make, start, gradients)
    close(ours(optimizer, "0.01", start, gradients, ArrayTrace), expected)


@pytest.mark.parametrize("optimizer", list(KINDS["optimizer"]))
def test_both_traces_compute_the_same(optimizer: str) -> None:
    start, gradients = drawn(7)
    close(
        ours(optimizer, "0.01", start, gradients, ElementTrace), ours(optimizer, "0.01", start, gradients, ArrayTrace)
    )


def without_its_term(parameters: list[Any], limit: float) -> None:
    """PyTorch's clipping by the norm N, which divides by N + 10⁻⁶, brought to a division by N."""
    norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
    for one in parameters:
        if norm > limit:
            one.grad.mul_((norm + 1e-6) / norm)


@pytest.mark.parametrize(
    ("clip", "change"),
    [
        ("{norm: 0.5}", lambda p: without_its_term(p, 0.5)),
        ("{norm: 1000}", lambda p: torch.nn.utils.clip_grad_norm_(p, 1000)),
        ("{value: 0.05}", lambda p: torch.nn.utils.clip_grad_value_(p, 0.05)),
    ],
    ids=["norm", "a norm that is never reached", "value"],
)
def test_clipping_is_pytorchs(clip: str, change: Callable[[Any], Any]) -> None:
    start, gradients = drawn(3)
    found = ours("momentum", "0.01", start, gradients, ArrayTrace, f"clip: {clip}\n")
    close(found, theirs(lambda p: torch.optim.SGD(p, 0.01, momentum=0.9), start, gradients, change))


@pytest.mark.parametrize(
    ("rate", "schedule"),
    [
        ("{start: 0.1, step: {every: 10, times: 0.5}}", lambda o: torch.optim.lr_scheduler.StepLR(o, 10, 0.5)),
        ("{start: 0.1, exponential: 0.9}", lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9)),
        (
            "{start: 0.1, cosine: {steps: 50, end: 0.01}}",
            lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 50, 0.01),
        ),
        (
            "{start: 0.1, warmup: 8}",
            lambda o: torch.optim.lr_scheduler.LinearLR(o, start_factor=1 / 8, total_iters=7),
        ),
    ],
    ids=["step", "exponential", "cosine", "warmup"],
)
def test_a_schedule_is_pytorchs(rate: str, schedule: Callable[[Any], Any]) -> None:
    start, gradients = drawn(5)
    found = ours("momentum", rate, start, gradients, ArrayTrace)
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], 0.1, momentum=0.9)
    scheduler = schedule(optimizer)
    for one, gradient in zip(found, gradients, strict=True):
        w.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        scheduler.step()
        np.testing.assert_allclose(one, w.detach().numpy(), rtol=TOLERANCE, atol=TOLERANCE)

"""What a generated network computes, by PyTorch's own functions in double precision; nothing here comes from nntrace.

``gradients`` gives the values and ∂L/∂name of every input and parameter; ``AtKinkError`` where a value lies on a kink,
whose slope is a convention that the two need not share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import formulas
import oracle
import torch
import torch.nn.functional as functional
from networks import Layer, Network

Values = dict[str, Any]
NEAR = 1e-12


class AtKinkError(Exception):
    """A value at which a slope is a convention."""


def _apart(z: Any, *kinks: float) -> Any:
    """The values, none of which may lie on a kink."""
    if any(bool((torch.abs(z - kink) <= NEAR).any()) for kink in kinks):
        raise AtKinkError
    return z


def _step(z: Any, at_zero: str = "0") -> Any:
    return (_apart(z, 0.0) > 0).double() + 0 * z


ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "identity": lambda z: z,
    "relu": lambda z: functional.relu(_apart(z, 0.0)),
    "leaky_relu": lambda z, alpha=0.01: functional.leaky_relu(_apart(z, 0.0), float(alpha)),
    "elu": lambda z, alpha=1: functional.elu(_apart(z, 0.0), float(alpha)),
    "selu": lambda z: functional.selu(_apart(z, 0.0)),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": lambda z: functional.softplus(z, threshold=700.0),
    "softsign": functional.softsign,
    "silu": functional.silu,
    "gelu": lambda z, form="exact": functional.gelu(z, approximate="none" if form == "exact" else "tanh"),
    "hard_sigmoid": lambda z: functional.relu6(_apart(z, -3.0, 3.0) + 3) / 6,  # hardsigmoid has 1/6 to 8 digits
    "step": _step,
    "sign": lambda z: _step(z) * 2 - 1,
    "bipolar_sigmoid": lambda z: torch.tanh(z / 2),
    "softmax": lambda z, shift="": torch.softmax(z, 0),
    "log_softmax": lambda z, shift="": torch.log_softmax(z, 0),
}


def _huber(y: Any, t: Any, delta: Any = 1) -> Any:
    _apart(torch.abs(y - t), float(delta))
    return functional.huber_loss(y, t, reduction="sum", delta=float(delta))


def _hinge(y: Any, t: Any, margin: Any = 1) -> Any:
    right = int(torch.argmax(t))
    others = torch.cat([y[:right], y[right + 1 :]])
    _apart(others - y[right] + float(margin), 0.0)
    return len(y) * functional.multi_margin_loss(y[None], torch.tensor([right]), margin=float(margin))


LOSSES: dict[str, tuple[Callable[..., Any], str]] = {
    "half_squared_error": (lambda y, t: functional.mse_loss(y, t, reduction="sum") / 2, "sum"),
    "squared_error": (lambda y, t: functional.mse_loss(y, t, reduction="sum"), "sum"),
    "mean_squared_error": (lambda y, t: functional.mse_loss(y, t, reduction="sum"), "mean"),
    "absolute_error": (lambda y, t: functional.l1_loss(_apart(y - t, 0.0) + t, t, reduction="sum"), "sum"),
    "mean_absolute_error": (lambda y, t: functional.l1_loss(_apart(y - t, 0.0) + t, t, reduction="sum"), "mean"),
    "huber": (_huber, "sum"),
    "binary_cross_entropy": (lambda y, t: functional.binary_cross_entropy(y, t, reduction="sum"), "sum"),
    "cross_entropy": (lambda y, t: -torch.xlogy(t, y).sum(), "sum"),
    "hinge": (_hinge, "sum"),
    "perceptron": (lambda y, t: (y - t).sum() * float("nan"), "sum"),  # it is only ever fused
}
"""Each loss as the sum over the outputs, and how its name puts them together."""

FUSED: dict[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("sigmoid", "binary_cross_entropy"): lambda z, t: functional.binary_cross_entropy_with_logits(
        z, t, reduction="sum"
    ),
    ("softmax", "cross_entropy"): functional.cross_entropy,
    ("step", "perceptron"): lambda z, t: (((z > 0).double() - t).detach() * z).sum(),
}
PENALTIES: dict[str, Callable[[Any], Any]] = {
    "l2": lambda w: w**2,
    "half_l2": lambda w: w**2 / 2,
    "l1": lambda w: torch.abs(_apart(w, 0.0)),
}


def gradients(network: Network, numbers: Mapping[str, Fraction]) -> tuple[float, dict[str, float]]:
    """The loss, and ∂L/∂name for every input and parameter that it depends on."""
    leaves = {name: torch.tensor(float(value), dtype=torch.float64, requires_grad=True)
              for name, value in numbers.items()}  # fmt: skip
    loss = _loss(network, leaves)
    loss.backward()
    wanted = dict.fromkeys((*network.inputs, *network.parameters))
    return loss.item(), {name: 0.0 if leaves[name].grad is None else leaves[name].grad.item() for name in wanted}


def _larger(one: Any, other: Any) -> bool:
    _apart(one - other, 0.0)
    return bool(one > other)


def _function(name: str, z: Any) -> Any:
    return {"ln": torch.log, "abs": lambda z: torch.abs(_apart(z, 0.0))}.get(name, getattr(torch, name, None))(z)


MEANING = formulas.Meaning(
    _function,
    lambda name, zs: list(ACTIVATIONS[name](torch.stack(zs))),
    _larger,
    lambda text: torch.tensor(float(Fraction(text)), dtype=torch.float64),
)
JOINING: dict[str, Callable[[Any], Any]] = {
    "add": lambda every: every.sum(0),
    "multiply": lambda every: every.prod(0),
    "concat": lambda every: every[0],
}


def _results(layer: Layer, values: Values) -> Any:
    if layer.formula is not None:
        found = MEANING.of(layer.formula, values)
        return found if isinstance(found, list) else [found]
    read = torch.stack([torch.stack([values[name] for name in names]) for names in layer.reads])
    if layer.kind in JOINING:
        return JOINING[layer.kind](read)
    if layer.weights is None:
        return ACTIVATIONS[layer.kind](read[0], **layer.options)
    none = torch.zeros((), dtype=torch.float64)
    rows = [torch.stack([none if w is None else values[w] for w in row]) for row in layer.weights]
    biases = torch.stack([none if b is None else values[b] for b in layer.biases])
    return torch.stack(rows) @ read[0] + biases


def _loss(network: Network, leaves: Values) -> Any:
    values = dict(leaves)
    for layer in network.layers:
        values.update(zip(layer.units, _results(layer, values), strict=True))
    current = torch.stack([values[name] for name in network.outputs])
    targets = torch.stack([leaves[name] for name in network.targets]).detach()
    whole, reduction = LOSSES[network.loss.kind]
    if oracle.fused(network):
        last = network.layers[-1]
        before = torch.stack([values[name] for name in last.reads[0]])
        loss = FUSED[last.kind, network.loss.kind](before, targets)
    else:
        loss = whole(current, targets, **network.loss.options)
    if (network.loss.over_outputs or reduction) == "mean":
        loss = loss / len(current)
    if network.penalty is not None:
        for kind, factor in network.penalty.kinds.items():
            loss = loss + float(factor) * sum(PENALTIES[kind](leaves[name]) for name in network.penalty.on)
    return loss

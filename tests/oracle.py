"""What a network computes, by hand from its description, twice over.

``run`` walks a tape of scalars: exact Fractions as long as everything is rational, floats from there on. Each node
also has a ``size``, what its value would be if nothing cancelled (|a| + |b| for a - b, |a| |b| for a product, one more
share |f'(z)| × size for a function); a gradient's ``size`` is the sum of the absolute contributions: over all paths of
the tape, the product of the factors' sizes. Rounding errors are some units in the last place of these sizes, so a
number of nntrace must lie within 1e-12 of them.

``autograd_gradients`` is the same forward pass under autograd; only which side of a kink a value lies on is taken from
the tape, where 0.1 × 3 - 0.3 is zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import autograd
import autograd.numpy as anp
from networks import Loss, Network

Number = Fraction | float


class Node:
    """A scalar on the tape."""

    __slots__ = ("gradient", "parents", "share", "size", "value")

    def __init__(self, value: Any, size: float | None = None, parents: tuple[Any, ...] = ()) -> None:
        self.value = value
        self.size = abs(float(value)) if size is None else size
        self.parents = parents
        self.gradient: Any = Fraction(0)
        self.share = 0.0

    def __add__(self, other: Any) -> Node:
        other = _node(other)
        one = Fraction(1)
        return Node(self.value + other.value, self.size + other.size, ((self, one, 1.0), (other, one, 1.0)))

    def __neg__(self) -> Node:
        return Node(-self.value, self.size, ((self, Fraction(-1), 1.0),))

    def __sub__(self, other: Any) -> Node:
        return self + -_node(other)

    def __mul__(self, other: Any) -> Node:
        other = _node(other)
        parents = ((self, other.value, other.size), (other, self.value, self.size))
        return Node(self.value * other.value, self.size * other.size, parents)

    def __truediv__(self, other: Any) -> Node:
        other = _node(other)
        below = abs(float(other.value)) or math.nan
        return Node(
            self.value / other.value,
            self.size * other.size / below**2,
            (
                (self, 1 / other.value, other.size / below**2),
                (other, -self.value / other.value**2, self.size * other.size / below**3),
            ),
        )

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Any) -> Node:
        return _node(other) - self

    def __rtruediv__(self, other: Any) -> Node:
        return _node(other) / self


def _node(value: Any) -> Node:
    return value if isinstance(value, Node) else Node(Fraction(value))


class Tape:
    """Functions on the tape: rational at 0 (at 1 for ln), floats elsewhere."""

    def __init__(self) -> None:
        self.decisions: list[bool] = []

    def _call(self, z: Node, at: int, result: int, value: Callable[[float], float], slope: Callable[[float, float], float]) -> Node:  # noqa: E501
        number = float(z.value)
        y = value(number)
        local = slope(number, y)
        exact = isinstance(z.value, Fraction) and z.value == at
        kept: Any = Fraction(local) if exact else local
        size = abs(y) + abs(local) * z.size
        return Node(Fraction(result) if exact and isinstance(result, int | Fraction) else y, size,
                    ((z, kept, max(1.0, abs(local) * (1 + z.size))),))  # fmt: skip

    def exp(self, z: Node) -> Node:
        return self._call(z, 0, 1, _exp, lambda _, y: y)

    def ln(self, z: Node) -> Node:
        return self._call(z, 1, 0, lambda v: math.log(v) if v > 0 else -math.inf, lambda v, _: 1 / v if v else math.inf)

    def tanh(self, z: Node) -> Node:
        return self._call(z, 0, 0, math.tanh, lambda _, y: 1 - y * y)

    def sigmoid(self, z: Node) -> Node:
        return self._call(z, 0, Fraction(1, 2), lambda v: 1 / (1 + _exp(-v)), lambda _, y: y * (1 - y))  # type: ignore[arg-type]

    def above(self, z: Node, threshold: Any, kink: int) -> bool:
        """Whether z lies above a kink, or on it where its right slope is wanted."""
        decided = z.value > threshold or bool(kink and z.value == threshold)
        self.decisions.append(decided)
        return decided


class Autograd:
    """The same functions for autograd, with the tape's decisions."""

    def __init__(self, decisions: list[bool]) -> None:
        self.decisions = iter(decisions)
        self.exp, self.ln, self.tanh = anp.exp, anp.log, anp.tanh

    def sigmoid(self, z: Any) -> Any:
        return (anp.tanh(z / 2) + 1) / 2

    def above(self, z: Any, threshold: Any, kink: int) -> bool:
        return next(self.decisions)


def _exp(value: float) -> float:
    return math.inf if value > 709.0 else math.exp(value)


def _softmax(ops: Any, zs: list[Any], kink: int) -> list[Any]:
    largest = max(float(z.value if isinstance(z, Node) else getattr(z, "_value", z)) for z in zs)
    exponentials = [ops.exp(z - Fraction(largest) if isinstance(z, Node) else z - largest) for z in zs]
    total = sum(exponentials[1:], exponentials[0])
    return [each / total for each in exponentials]


def _each(function: Callable[..., Any]) -> Callable[..., list[Any]]:
    def apply(ops: Any, zs: list[Any], kink: int, **options: Any) -> list[Any]:
        return [function(ops, z, kink, **options) for z in zs]

    return apply


def _of(z: Any, number: Any) -> Any:
    """A constant beside z: as it is on the tape, a float for autograd."""
    return number if isinstance(z, Node) else float(number)


ACTIVATIONS: dict[str, Callable[..., list[Any]]] = {
    "identity": _each(lambda ops, z, kink: z),
    "relu": _each(lambda ops, z, kink: z if ops.above(z, 0, kink) else z * 0),
    "sigmoid": _each(lambda ops, z, kink: ops.sigmoid(z)),
    "tanh": _each(lambda ops, z, kink: ops.tanh(z)),
    "leaky_relu": _each(
        lambda ops, z, kink, alpha=Fraction(1, 100): z if ops.above(z, 0, kink) else z * _of(z, alpha)
    ),
    "elu": _each(
        lambda ops, z, kink, alpha=1: z if ops.above(z, 0, kink) else (ops.exp(z) - 1) * _of(z, alpha)
    ),
    "softplus": _each(lambda ops, z, kink: ops.ln(ops.exp(z) + 1)),
    "softmax": _softmax,
}  # fmt: skip
"""Every activation by its name in the catalogue: arguments → results, and the convention at a kink."""


def _size(ops: Any, d: Any, kink: int) -> Any:
    return d if ops.above(d, 0, kink) else -d


def _huber(ops: Any, y: Any, t: Any, kink: int, delta: Any = 1) -> Any:
    d = y - t
    positive = ops.above(d, 0, kink)
    size = d if positive else -d
    if ops.above(size, delta, 0):
        return (size - _of(d, delta) / 2) * _of(d, delta)
    return d * d / 2


def _binary(ops: Any, y: Any, t: Any, kink: int) -> Any:
    return -ops.ln(y) if float(getattr(t, "value", t)) == 1 else -ops.ln(1 - y)


PARTS: dict[str, tuple[Callable[..., Any], str]] = {
    "half_squared_error": (lambda ops, y, t, kink: (t - y) * (t - y) / 2, "sum"),
    "squared_error": (lambda ops, y, t, kink: (t - y) * (t - y), "sum"),
    "mean_squared_error": (lambda ops, y, t, kink: (t - y) * (t - y), "mean"),
    "absolute_error": (lambda ops, y, t, kink: _size(ops, y - t, kink), "sum"),
    "mean_absolute_error": (lambda ops, y, t, kink: _size(ops, y - t, kink), "mean"),
    "huber": (_huber, "mean"),
    "binary_cross_entropy": (_binary, "sum"),
    "cross_entropy": (lambda ops, y, t, kink: -ops.ln(y) if float(getattr(t, "value", t)) == 1 else y * 0, "sum"),
}
"""Every loss by its name: what one output adds, and how these are put together."""


def known(kind: str, name: str) -> bool:
    """Whether the oracle has an entry of the catalogue; a layer's formula is ``forward`` itself."""
    return name in {"layer": ("dense",), "activation": ACTIVATIONS, "loss": PARTS}[kind]


def forward(network: Network, numbers: Mapping[str, Any], ops: Any, nudge: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Every unit, part and the loss by name. ``nudge`` is added to a result, to take the gradient by it."""
    values = dict(numbers)
    names = network.inputs
    for layer in network.layers:
        if layer.weights is not None:
            results = []
            for row, bias in zip(layer.weights, layer.biases, strict=True):
                terms = [values[x] * values[w] for x, w in zip(names, row, strict=True) if w is not None]
                terms += [values[bias]] if bias is not None else []
                results.append(sum(terms[1:], terms[0]) if terms else values[names[0]] * 0)
        else:
            activation = ACTIVATIONS[layer.kind]
            results = activation(ops, [values[name] for name in names], network.kink, **layer.options)
        for name, result in zip(layer.units, results, strict=True):
            values[name] = result + nudge[name] if name in nudge else result
        names = layer.units
    return {**values, **_loss(network, network.loss, values, ops)}


def _loss(network: Network, loss: Loss, values: Mapping[str, Any], ops: Any) -> dict[str, Any]:
    part, reduction = PARTS[loss.kind]
    outputs = network.outputs
    added = [part(ops, values[y], values[t], network.kink, **loss.options) for y, t in zip(outputs, network.targets)]
    total = sum(added[1:], added[0])
    if (loss.over_outputs or reduction) == "mean":
        total = total / len(added)
    return {**dict(zip(loss.parts, added)), loss.name: total}


class Result(NamedTuple):
    """Values and gradients by name, with their sizes, and the decisions at kinks in the order they were taken."""

    values: dict[str, Number]
    sizes: dict[str, float]
    gradients: dict[str, Number]
    contributions: dict[str, float]
    decisions: list[bool]


def run(network: Network, numbers: Mapping[str, Fraction] | None = None) -> Result:
    """The network on the tape; other ``numbers`` stand in for the file's."""
    leaves = {name: Node(value) for name, value in (numbers or network.numbers).items()}
    tape = Tape()
    nodes = forward(network, leaves, tape)
    order: list[Node] = []
    seen: set[int] = set()
    pending = [(nodes[network.loss.name], False)]
    while pending:
        node, done = pending.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            pending.append((node, True))
            pending += [(parent, False) for parent, _, _ in node.parents]
    order[-1].gradient, order[-1].share = Fraction(1), 1.0
    for node in reversed(order):
        for parent, local, share in node.parents:
            parent.gradient = parent.gradient + node.gradient * local
            parent.share += node.share * share
    wanted = {*network.inputs, *network.parameters, *network.units}
    return Result(
        {name: node.value for name, node in nodes.items()},
        {name: node.size for name, node in nodes.items()},
        {name: nodes[name].gradient for name in wanted},
        {name: nodes[name].share for name in wanted},
        tape.decisions,
    )


def autograd_gradients(network: Network, decisions: list[bool]) -> dict[str, float]:
    """∂L/∂name for every input, parameter and unit."""
    names = list(dict.fromkeys((*network.inputs, *network.parameters, *network.units)))
    units = set(network.units)
    fixed = {name: float(value) for name, value in network.numbers.items()}

    def loss(given: Any) -> Any:
        at = dict(zip(names, (given[place] for place in range(len(names))), strict=True))
        numbers = {**fixed, **{name: value for name, value in at.items() if name not in units}}
        nudges = {name: value for name, value in at.items() if name in units}
        return forward(network, numbers, Autograd(decisions), nudges)[network.loss.name]

    start = anp.array([0.0 if name in units else fixed[name] for name in names])
    found = autograd.grad(loss)(start)
    return dict(zip(names, map(float, found), strict=True))

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
from functools import reduce
from typing import Any, NamedTuple

import autograd
import autograd.numpy as anp
import formulas
import numpy as np
from autograd.extend import defvjp, primitive
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

    def copy(self) -> Node:
        """The same value under a name of its own, so that its gradient is its own too."""
        return Node(self.value, self.size, ((self, Fraction(1), 1.0),))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Any) -> Node:
        return _node(other) - self

    def __rtruediv__(self, other: Any) -> Node:
        return _node(other) / self


def _node(value: Any) -> Node:
    return value if isinstance(value, Node) else Node(value if isinstance(value, float) else Fraction(value))


class Tape:
    """Functions on the tape: rational at 0 (at 1 for ln), floats elsewhere."""

    def __init__(self) -> None:
        self.decisions: list[bool] = []

    def exp(self, z: Node) -> Node:
        return _applied(z, _exp, lambda _, y: y, {0: (1, 1)})

    def ln(self, z: Node) -> Node:
        value = lambda v: math.log(v) if v > 0 else -math.inf  # noqa: E731
        return _applied(z, value, lambda v, _: 1 / v if v else math.inf, {1: (0, 1)})

    def tanh(self, z: Node) -> Node:
        return _applied(z, math.tanh, lambda _, y: 1 - y * y, {0: (0, 1)})

    def sin(self, z: Node) -> Node:
        return _applied(z, math.sin, lambda v, _: math.cos(v), {0: (0, 1)})

    def cos(self, z: Node) -> Node:
        return _applied(z, math.cos, lambda v, _: -math.sin(v), {0: (1, 0)})

    def sqrt(self, z: Node) -> Node:
        return _applied(z, math.sqrt, lambda _, y: 1 / (2 * y) if y else math.inf, {1: (1, Fraction(1, 2))})

    def sigmoid(self, z: Node) -> Node:
        return _applied(z, _sigmoid, lambda _, y: y * (1 - y), {0: (Fraction(1, 2), Fraction(1, 4))})

    def softplus(self, z: Node) -> Node:
        return _applied(z, lambda v: max(v, 0.0) + math.log1p(_exp(-abs(v))), lambda v, _: _sigmoid(v), least=1.0)

    def normal(self, z: Node) -> Node:
        return _applied(z, _normal, lambda v, _: _density(v), least=1.0)

    def above(self, z: Node, threshold: Any, kink: int) -> bool:
        """Whether z lies above a kink, or on it where its right slope is wanted."""
        decided = z.value > threshold or bool(kink and z.value == threshold)
        self.decisions.append(decided)
        return decided


def _applied(
    z: Node,
    value: Callable[[float], float],
    slope: Callable[[float, float], float],
    rational: Mapping[int, tuple[Any, Any]] = {},
    least: float = 0.0,
) -> Node:
    """A function of one argument; where it is ``rational``, its value and its slope.

    A slope's share is at least 1: what forms it, as in 1 - a², may cancel.
    """
    number = float(z.value)
    y = value(number)
    local = slope(number, y)
    size, share = max(least, abs(y) + abs(local) * z.size), max(1.0, abs(local) * (1 + z.size))
    if isinstance(z.value, Fraction) and z.value in rational:
        y, local = map(Fraction, rational[int(z.value)])
    return Node(y, size, ((z, local, share),))


class Autograd:
    """The same functions for autograd, with the tape's decisions."""

    def __init__(self, decisions: list[bool]) -> None:
        self.decisions = iter(decisions)
        self.exp, self.ln, self.tanh = anp.exp, anp.log, anp.tanh
        self.sin, self.cos, self.sqrt = anp.sin, anp.cos, anp.sqrt
        self.normal = _autograd_normal

    def sigmoid(self, z: Any) -> Any:
        return anp.exp(-anp.logaddexp(0.0, -z))

    def softplus(self, z: Any) -> Any:
        return anp.logaddexp(0.0, z)

    def above(self, z: Any, threshold: Any, kink: int) -> bool:
        return next(self.decisions)


def _exp(value: float) -> float:
    return math.inf if value > 709.0 else math.exp(value)


def _sigmoid(value: float) -> float:
    return 1 / (1 + _exp(-value))


def _normal(value: float) -> float:
    return math.erfc(-value / math.sqrt(2)) / 2


def _density(value: float) -> float:
    return math.exp(-value * value / 2) / math.sqrt(2 * math.pi)


_autograd_normal = primitive(_normal)
defvjp(_autograd_normal, lambda _, z: lambda g: g * _density(z))


def _softmax(ops: Any, zs: list[Any], kink: int, shift: str = "") -> list[Any]:
    exponentials = [ops.exp(z) for z in _shifted(zs)]
    total = sum(exponentials[1:], exponentials[0])
    return [each / total for each in exponentials]


def _log_softmax(ops: Any, zs: list[Any], kink: int, shift: str = "") -> list[Any]:
    exponentials = [ops.exp(z) for z in _shifted(zs)]
    log = ops.ln(sum(exponentials[1:], exponentials[0]))
    return [z - log for z in _shifted(zs)]


def _shifted(zs: list[Any]) -> list[Any]:
    """The arguments less their largest, which is a constant here."""
    if isinstance(zs[0], Node):
        return [z - max(each.value for each in zs) for z in zs]
    return [z - max(float(getattr(each, "_value", each)) for each in zs) for z in zs]


def _each(function: Callable[..., Any]) -> Callable[..., list[Any]]:
    def apply(ops: Any, zs: list[Any], kink: int, **options: Any) -> list[Any]:
        return [function(ops, z, kink, **options) for z in zs]

    return apply


def _of(z: Any, number: Any) -> Any:
    """A constant beside z: as it is written, exactly, on the tape, a float for autograd."""
    return Fraction(str(number)) if isinstance(z, Node) else float(number)


def _gelu(ops: Any, z: Any, form: str) -> Any:
    if form == "exact":
        return z * ops.normal(z)
    inner = (z + z * z * z * _of(z, 0.044715)) * math.sqrt(2 / math.pi)
    return z * (ops.tanh(inner) + 1) / 2


def _hard_sigmoid(ops: Any, z: Any, kink: int) -> Any:
    if ops.above(z, 3, kink):
        return z * 0 + 1
    return z / 6 + (Fraction(1, 2) if isinstance(z, Node) else 0.5) if ops.above(z, -3, kink) else z * 0


ACTIVATIONS: dict[str, Callable[..., list[Any]]] = {
    "identity": _each(lambda ops, z, kink: z),
    "relu": _each(lambda ops, z, kink: z if ops.above(z, 0, kink) else z * 0),
    "sigmoid": _each(lambda ops, z, kink: ops.sigmoid(z)),
    "tanh": _each(lambda ops, z, kink: ops.tanh(z)),
    "leaky_relu": _each(lambda ops, z, kink, alpha=0.01: z if ops.above(z, 0, kink) else z * _of(z, alpha)),
    "elu": _each(lambda ops, z, kink, alpha=1: z if ops.above(z, 0, kink) else (ops.exp(z) - 1) * _of(z, alpha)),
    "selu": _each(
        lambda ops, z, kink: (z if ops.above(z, 0, kink) else (ops.exp(z) - 1) * _of(z, 1.6732632423543772))
        * _of(z, 1.0507009873554805)
    ),
    "softplus": _each(lambda ops, z, kink: ops.softplus(z)),
    "softsign": _each(lambda ops, z, kink: z / ((z if ops.above(z, 0, 0) else -z) + 1)),
    "silu": _each(lambda ops, z, kink: z * ops.sigmoid(z)),
    "gelu": _each(lambda ops, z, kink, form="exact": _gelu(ops, z, form)),
    "hard_sigmoid": _each(lambda ops, z, kink: _hard_sigmoid(ops, z, kink)),
    "step": _each(
        lambda ops, z, kink, at_zero="0": (
            z * 0 + 1 if ops.above(z, 0, int(at_zero == "1"))
            else z * 0 + _of(z, at_zero) if ops.above(z, 0, 1) else z * 0
        )
    ),
    "sign": _each(
        lambda ops, z, kink: z * 0 + (1 if ops.above(z, 0, 0) else 0 if ops.above(z, 0, 1) else -1)
    ),
    "bipolar_sigmoid": _each(lambda ops, z, kink: ops.sigmoid(z) * 2 - 1),
    "softmax": _softmax,
    "log_softmax": _log_softmax,
}  # fmt: skip
"""Every activation by its name in the catalogue: arguments → results, and the convention at a kink."""


def _size(ops: Any, d: Any, kink: int) -> Any:
    """|d|, whose slope at 0 is 0 whatever the convention for activations."""
    return d if ops.above(d, 0, 0) else -d if not ops.above(d, 0, 1) else d * 0


def _huber(ops: Any, y: Any, t: Any, kink: int, delta: Any = 1) -> Any:
    d = t - y
    size = d if ops.above(d, 0, kink) else -d
    if ops.above(size, delta, 0):
        return (size - _of(d, delta) / 2) * _of(d, delta)
    return d * d / 2


def _binary(ops: Any, y: Any, t: Any, kink: int) -> Any:
    return -ops.ln(y) if float(getattr(t, "value", t)) == 1 else -ops.ln(1 - y)


def _hinge(ops: Any, outputs: list[Any], targets: list[Any], kink: int, margin: Any = 1) -> list[Any]:
    right = next(y for y, t in zip(outputs, targets, strict=False) if float(getattr(t, "value", t)) == 1)
    parts = []
    for y, t in zip(outputs, targets, strict=False):
        above = y - right + _of(y, margin)
        counts = float(getattr(t, "value", t)) != 1 and ops.above(above, 0, kink)
        parts.append(above if counts else y * 0)
    return parts


def _fused_binary(ops: Any, zs: list[Any], targets: list[Any]) -> list[Any]:
    """-ln σ(z) where the target is 1, else -ln(1 - σ(z))."""
    return [ops.softplus(-z if float(getattr(t, "value", t)) == 1 else z) for z, t in zip(zs, targets, strict=False)]


def _fused_cross(ops: Any, zs: list[Any], targets: list[Any]) -> list[Any]:
    logs = _log_softmax(ops, zs, 0)
    return [-log if float(getattr(t, "value", t)) == 1 else log * 0 for log, t in zip(logs, targets, strict=False)]


def _perceptron(ops: Any, zs: list[Any], targets: list[Any], at_zero: str = "0") -> list[Any]:
    """z times the result, which is held fixed, less the target."""
    return [
        z * ((1 if ops.above(z, 0, 0) else float(at_zero) if ops.above(z, 0, 1) else 0) - float(getattr(t, "value", t)))
        for z, t in zip(zs, targets, strict=False)
    ]


FUSED: dict[tuple[str, str], Callable[..., list[Any]]] = {
    ("step", "perceptron"): _perceptron,
    ("sigmoid", "binary_cross_entropy"): _fused_binary,
    ("softmax", "cross_entropy"): _fused_cross,
}
"""The losses that are formed from the arguments of the activation before them; that one's results have no gradients."""
TOGETHER: dict[str, tuple[Callable[..., list[Any]], str]] = {"hinge": (_hinge, "sum")}
"""The losses whose parts depend on all outputs."""
PARTS: dict[str, tuple[Callable[..., Any], str]] = {
    "half_squared_error": (lambda ops, y, t, kink: (t - y) * (t - y) / 2, "sum"),
    "squared_error": (lambda ops, y, t, kink: (t - y) * (t - y), "sum"),
    "mean_squared_error": (lambda ops, y, t, kink: (t - y) * (t - y), "mean"),
    "absolute_error": (lambda ops, y, t, kink: _size(ops, t - y, kink), "sum"),
    "mean_absolute_error": (lambda ops, y, t, kink: _size(ops, t - y, kink), "mean"),
    "huber": (_huber, "sum"),
    "binary_cross_entropy": (_binary, "sum"),
    "perceptron": (lambda ops, y, t, kink: (y - t) * float("nan"), "sum"),  # it is only ever fused
    "cross_entropy": (lambda ops, y, t, kink: -ops.ln(y) if float(getattr(t, "value", t)) == 1 else y * 0, "sum"),
}
"""Every loss by its name: what one output adds, and how these are put together."""


JOINING: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda one, other: one + other,
    "multiply": lambda one, other: one * other,
    "concat": lambda one, other: one,  # there is no other
}
"""What layers without parameters make of the elements that stand at one place of their arguments."""


def _number(ops: Any, text: str) -> Any:
    return Node(Fraction(text)) if isinstance(ops, Tape) else float(Fraction(text))


def _function(ops: Any, name: str, z: Any) -> Any:
    if name == "abs":
        return _size(ops, z, 0)
    return getattr(ops, name)(z)


PENALTIES: dict[str, Callable[..., Any]] = {
    "l2": lambda ops, w: w * w,
    "half_l2": lambda ops, w: w * w / 2,
    "l1": lambda ops, w: _size(ops, w, 0),
}
"""Every penalty by its name: what one weight adds."""


def known(kind: str, name: str) -> bool:
    """Whether the oracle has an entry of the catalogue; a layer's formula is ``forward`` itself."""
    return (
        name
        in {"layer": ("dense",), "activation": ACTIVATIONS, "loss": {*PARTS, *TOGETHER}, "penalty": PENALTIES}[kind]
    )


def forward(network: Network, numbers: Mapping[str, Any], ops: Any, nudge: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Every unit, part and the loss by name. Off the tape ``nudge`` is added to each unit, for its gradient."""
    values = dict(numbers)
    meaning = formulas.Meaning(
        lambda name, z: _function(ops, name, z),
        lambda name, zs: ACTIVATIONS[name](ops, zs, network.kink),
        lambda one, other: ops.above(one - other, 0, 0),
        lambda text: _number(ops, text),
        network.kink,
    )
    for layer in network.layers:
        names = layer.reads[0] if layer.reads else ()
        if layer.formula is not None:
            found = meaning.of(layer.formula, values)
            results = found if isinstance(found, list) else [found]
        elif layer.kind in JOINING:
            arguments = [[values[name] for name in one] for one in layer.reads]
            results = [reduce(JOINING[layer.kind], each) for each in zip(*arguments, strict=True)]
        elif layer.weights is not None:
            results = []
            for row, bias in zip(layer.weights, layer.biases, strict=True):
                terms = [values[x] * values[w] for x, w in zip(names, row, strict=True) if w is not None]
                terms += [values[bias]] if bias is not None else []
                results.append(sum(terms[1:], terms[0]) if terms else values[names[0]] * 0)
        else:
            activation = ACTIVATIONS[layer.kind]
            results = activation(ops, [values[name] for name in names], network.kink, **layer.options)
        for name, result in zip(layer.units, results, strict=True):
            values[name] = result.copy() if isinstance(result, Node) else result + nudge.get(name, 0.0)
    return {**values, **_loss(network, network.loss, values, ops)}


def fused(network: Network) -> bool:
    """Whether the last activation and the loss are one operation: where it reads one result as it is."""
    if not network.layers or network.loss.reads is not None:
        return False
    last = network.layers[-1]
    return (last.kind, network.loss.kind) in FUSED and last.whole


def with_gradients(network: Network) -> tuple[str, ...]:
    """Everything that has a gradient: inputs, parameters, and the units that are not inside a fused operation."""
    units = network.units[: -len(network.outputs)] if fused(network) else network.units
    return tuple(dict.fromkeys((*network.inputs, *network.parameters, *units)))


def _loss(network: Network, loss: Loss, values: Mapping[str, Any], ops: Any) -> dict[str, Any]:
    outputs = [values[name] for name in network.outputs]
    targets = [values[name] for name in network.targets]
    if fused(network):
        before = network.layers[-1].reads[0]
        made = FUSED[network.layers[-1].kind, loss.kind]
        options = network.layers[-1].options if made is _perceptron else {}
        added = made(ops, [values[name] for name in before], targets, **options)
        reduction = PARTS[loss.kind][1]
    elif loss.kind in TOGETHER:
        whole, reduction = TOGETHER[loss.kind]
        added = whole(ops, outputs, targets, network.kink, **loss.options)
    else:
        part, reduction = PARTS[loss.kind]
        added = [part(ops, y, t, network.kink, **loss.options) for y, t in zip(outputs, targets, strict=False)]
    total = sum(added[1:], added[0])
    if (loss.over_outputs or reduction) == "mean":
        total = total / len(added)
    found = {**dict(zip(loss.parts, added, strict=False)), loss.name: total}
    penalty = network.penalty
    if penalty is None:
        return found
    added = [PENALTIES[kind](ops, values[name]) * _of(values[name], factor)
             for kind, factor in penalty.kinds.items() for name in penalty.on]  # fmt: skip
    own = sum(added[1:], added[0])
    return {**found, penalty.data: total, penalty.name: own, loss.name: total + own}


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
    wanted = with_gradients(network)
    return Result(
        {name: node.value for name, node in nodes.items()},
        {name: node.size for name, node in nodes.items()},
        {name: nodes[name].gradient for name in wanted},
        {name: nodes[name].share for name in wanted},
        tape.decisions,
    )


def autograd_gradients(network: Network, decisions: list[bool]) -> dict[str, float]:
    """∂L/∂name for every input, parameter and unit."""
    names = with_gradients(network)
    units = set(network.units)
    fixed = {name: float(value) for name, value in network.numbers.items()}

    def loss(given: Any) -> Any:
        at = dict(zip(names, (given[place] for place in range(len(names))), strict=True))
        numbers = {**fixed, **{name: value for name, value in at.items() if name not in units}}
        nudges = {name: value for name, value in at.items() if name in units}
        return forward(network, numbers, Autograd(decisions), nudges)[network.loss.name]

    start = anp.array([0.0 if name in units else fixed[name] for name in names])
    with np.errstate(over="ignore"):  # autograd takes the slope of tanh as 1 / cosh², which is 0 beyond the floats
        found = autograd.grad(loss)(start)
    return dict(zip(names, map(float, found), strict=True))

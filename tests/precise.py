"""Small networks that saturate or cancel, and their numbers in mpmath: a tape of partial derivatives, no nntrace.

``draw(seed)`` gives a network's text and what its steps are called, ``Drawn.numbers(digits)`` the numbers by name.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
from mpmath import mpf

Partials = tuple[tuple["Number", Any], ...]


class Number:
    """A number of the tape: its value, and its partial derivative by each number that it is computed from."""

    def __init__(self, value: Any, of: Partials = ()) -> None:
        self.value, self.of, self.slope = mpf(value), of, mpf(0)

    def __add__(self, other: Number) -> Number:
        return Number(self.value + other.value, ((self, 1), (other, 1)))

    def __sub__(self, other: Number) -> Number:
        return Number(self.value - other.value, ((self, 1), (other, -1)))

    def __mul__(self, other: Number) -> Number:
        return Number(self.value * other.value, ((self, other.value), (other, self.value)))

    def over(self, other: Number) -> Number:
        value = self.value / other.value
        return Number(value, ((self, 1 / other.value), (other, -value / other.value)))

    def through(self, function: Callable[[Any], tuple[Any, Any]]) -> Number:
        """A function's value, which is given with its slope."""
        value, slope = function(self.value)
        return Number(value, ((self, slope),))


def sigmoid(z: Any) -> tuple[Any, Any]:
    a = 1 / (1 + mpmath.exp(-z))
    return a, a / (1 + mpmath.exp(z))


def silu(z: Any) -> tuple[Any, Any]:
    a, slope = sigmoid(z)
    return z * a, a + z * slope


def gelu(z: Any) -> tuple[Any, Any]:
    phi = mpmath.erfc(-z / mpmath.sqrt(2)) / 2
    return z * phi, phi + z * mpmath.exp(-z * z / 2) / mpmath.sqrt(2 * mpmath.pi)


ELEMENTWISE: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "sigmoid": sigmoid,
    "tanh": lambda z: (mpmath.tanh(z), mpmath.sech(z) ** 2),
    "relu": lambda z: (max(z, mpf(0)), mpf(z > 0)),
    "leaky_relu": lambda z: (z if z > 0 else z / 100, mpf(1) if z > 0 else mpf(1) / 100),
    "softplus": lambda z: (mpmath.log1p(mpmath.exp(-abs(z))) + max(z, mpf(0)), sigmoid(z)[0]),
    "softsign": lambda z: (z / (1 + abs(z)), 1 / (1 + abs(z)) ** 2),
    "elu": lambda z: (z, mpf(1)) if z > 0 else (mpmath.expm1(z), mpmath.exp(z)),
    "silu": silu,
    "gelu": gelu,
}
OUTPUTS = {"bce": "sigmoid", "ce": "softmax", "half_squared_error": "", "mse": ""}


def softmax(z: list[Number]) -> list[Number]:
    powers = [one.through(lambda value: (mpmath.exp(value),) * 2) for one in z]
    total = powers[0]
    for one in powers[1:]:
        total = total + one
    return [one.over(total) for one in powers]


class Drawn(NamedTuple):
    """A network file; ``layers`` are (activation, weights by name with their numbers, bias names) in order."""

    text: str
    inputs: dict[str, str]
    layers: list[tuple[str, list[list[str]], list[str], list[str], list[str]]]
    typed: dict[str, str]
    loss: str
    targets: list[str]
    rate: str

    def numbers(self, digits: int) -> dict[str, Any]:
        """Values by name, ∂L/∂name, and each new parameter as name⁺."""
        with mpmath.workdps(digits):
            return self._numbers()

    def _numbers(self) -> dict[str, Any]:
        known = {name: Number(mpf(text)) for name, text in (self.inputs | self.typed).items()}
        result = [known[name] for name in self.inputs]
        for kind, weights, biases, pre, post in self.layers:
            sums = []
            for row, bias in zip(weights, biases, strict=True):
                total = known[bias]
                for name, one in zip(row, result, strict=True):
                    total = total + known[name] * one
                sums.append(total)
            result = softmax(sums) if kind == "softmax" else [
                one.through(ELEMENTWISE[kind]) if kind else one for one in sums
            ]  # fmt: skip
            known |= dict(zip(pre, sums, strict=True))
            known |= dict(zip(post, result, strict=True)) if post else {}
        loss = self._loss(result, sums)
        tape: list[Number] = []
        seen: set[int] = set()
        pending: list[tuple[Number, bool]] = [(loss, False)]
        while pending:
            one, done = pending.pop()
            if done:
                tape.append(one)
            elif id(one) not in seen:
                seen.add(id(one))
                pending += [(one, True), *((before, False) for before, _ in one.of)]
        loss.slope = mpf(1)
        for one in reversed(tape):
            for before, partial in one.of:
                before.slope += one.slope * partial
        values = {name: one.value for name, one in known.items()} | {"L": loss.value}
        slopes = {f"∂L/∂{name}": one.slope for name, one in known.items()}
        after = {f"{name}⁺": known[name].value - mpf(self.rate) * known[name].slope for name in self.typed}
        return values | slopes | after

    def _loss(self, y: list[Number], z: list[Number]) -> Number:
        total = Number(0)
        for one, logit, text in zip(y, z, self.targets, strict=True):
            t = Number(mpf(text))
            match self.loss:
                case "bce":  # from the logit: ln(1 + e^z) - t z
                    softplus = logit.through(ELEMENTWISE["softplus"])
                    total = total + softplus - t * logit
                case "ce":
                    if t.value:
                        total = total - t * one.through(lambda value: (mpmath.log(value), 1 / value))
                case _:
                    scale = Number(mpf(1) / (2 if self.loss[0] == "h" else len(y)))
                    total = total + scale * (t - one) * (t - one)
        return total


def draw(seed: int) -> Drawn:
    """A network of up to three layers; one in four saturates, one in four cancels."""
    chance = random.Random(seed)
    mood = chance.choice(("plain", "plain", "plain", "saturated", "saturated", "cancelling"))
    inputs = {f"x{i}": _typed(chance, 2) for i in range(1, chance.randint(1, 3) + 1)}
    loss = chance.choice(list(OUTPUTS))
    count = chance.randint(1, 3)
    names, typed, layers, lines = list(inputs), {}, [], []
    for level in range(1, count + 1):
        last = level == count
        kind = OUTPUTS[loss] if last else chance.choice(list(ELEMENTWISE))
        size = chance.randint(2, 3) if kind == "softmax" else chance.randint(1, 3)
        scale = 10 ** chance.uniform(0, 2.7) / len(names) if mood == "saturated" and chance.random() < 0.6 else 1.5
        pre = [f"z{level}{j}" for j in range(size)]
        post = [f"a{level}{j}" for j in range(size)] if kind else []
        shared = mood == "cancelling" and chance.random() < 0.8
        weights = [[f"w{level}{j}{i}" for i in range(len(names))] for j in range(size)]
        if shared and size > 1 and chance.random() < 0.5:
            weights[1] = weights[0]  # the same unit twice
        biases = [f"b{level}"] * size if shared else [f"b{level}{j}" for j in range(size)]
        for name in dict.fromkeys((*(name for row in weights for name in row), *biases)):
            typed[name] = _typed(chance, scale)
        lines.append(f"- dense: [{', '.join(pre)}]\n  weights:")
        lines += [f"    {unit}: [{', '.join(row)}]" for unit, row in zip(pre, weights, strict=True)]
        lines.append(f"  biases: [{', '.join(biases)}]")
        if kind:
            lines.append(f"- {kind}: [{', '.join(post)}]")
        layers.append((kind, weights, biases, pre, post))
        names = post or pre
    right = chance.randrange(len(names))
    targets = [str(int(j == right)) if loss == "ce" else chance.choice(("0", "1", "0.3")) for j in range(len(names))]
    text = "\n".join((
        "inputs: {" + ", ".join(f"{name}: {number}" for name, number in inputs.items()) + "}",
        f"targets: [{', '.join(targets)}]",
        "values: {" + ", ".join(f"{name}: {number}" for name, number in typed.items()) + "}",
        "layers:", *lines, f"loss: {{{loss}: L}}", "learning_rate: 0.5", "",
    ))  # fmt: skip
    return Drawn(text, inputs, layers, typed, loss, targets, "0.5")


def _typed(chance: random.Random, scale: float) -> str:
    """A number as somebody types it: a few digits."""
    number = round(chance.uniform(-scale, scale), chance.randint(0, 3))
    return str(number or 0)

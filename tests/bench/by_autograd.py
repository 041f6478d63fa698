"""The homework's numbers as a short script with autograd: those of ``grad``, and with ``step`` those of ``step``."""

import sys

import autograd.numpy as np
from autograd import value_and_grad

x, t = np.array([2.0, -1.0]), np.array([1.0, 0.5])
parameters = [
    np.array([[1.0, 0.5], [-0.5, -1.0]]),
    np.array([0.5, -0.5]),
    np.array([[0.5, -0.5], [-1.0, 1.0]]),
    np.array([-1.0, 0.5]),
]


def forward(parameters: list, shifts: list) -> list:
    """z, h and o; a gradient by what is added to them is their own."""
    W1, b1, W2, b2 = parameters
    z = W1 @ x + b1 + shifts[0]
    h = np.maximum(0, z) + shifts[1]
    return [z, h, W2 @ h + b2 + shifts[2]]


def loss(parameters: list, shifts: list) -> float:
    return 0.5 * np.sum((t - forward(parameters, shifts)[2]) ** 2)


shifts = [np.zeros(2)] * 3
value, (gradients, deltas) = value_and_grad(loss, argnum=(0, 1))(parameters, shifts)
print(*forward(parameters, shifts), value, *deltas, *gradients, sep="\n")
if sys.argv[1:] == ["step"]:
    steps = [0.1 * gradient for gradient in gradients]
    updated = [old - step for old, step in zip(parameters, steps, strict=True)]
    print(*steps, *updated, loss(updated, shifts), sep="\n")

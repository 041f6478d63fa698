"""The homework's gradients and update as a short script with autograd: the numbers of ``grad`` and ``step``."""

import autograd.numpy as np
from autograd import value_and_grad

x, t = np.array([2.0, -1.0]), np.array([1.0, 0.5])
parameters = [
    np.array([[1.0, 0.5], [-0.5, -1.0]]),
    np.array([0.5, -0.5]),
    np.array([[0.5, -0.5], [-1.0, 1.0]]),
    np.array([-1.0, 0.5]),
]


def loss(parameters: list) -> float:
    W1, b1, W2, b2 = parameters
    return 0.5 * np.sum((t - (W2 @ np.maximum(0, W1 @ x + b1) + b2)) ** 2)


value, gradients = value_and_grad(loss)(parameters)
print(value, *gradients, sep="\n")
print(*(old - 0.1 * gradient for old, gradient in zip(parameters, gradients, strict=True)), sep="\n")

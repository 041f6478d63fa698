"""The given numbers of a network as arrays; where there is no connection, a zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..network.model import Network
from .program import GIVEN

if TYPE_CHECKING:
    from ..network.model import Array, Tensor


def given_arrays(network: Network) -> dict[str, Array]:
    """Inputs, targets and parameters by tensor key."""
    return {key: array_of(tensor) for key, tensor in network.tensors.items() if tensor.role in GIVEN}


def array_of(tensor: Tensor) -> Array:
    """The given numbers of one tensor."""
    if tensor.array is not None:
        return tensor.array
    array = np.zeros(tensor.shape)
    for cell, number in (tensor.typed or {}).items():
        array[cell] = float(number)
    return array

"""The formula sheet: every layer, activation, loss and optimizer, each written once."""

from . import activations, layers, losses, optimizers
from .registry import KINDS, Entry, Fusion, Loss, Operation, Option, find, names

__all__ = [
    "KINDS", "Entry", "Fusion", "Loss", "Operation", "Option", "activations", "find", "layers", "losses", "names",
    "optimizers",
]  # fmt: skip

"""The formula sheet: every layer, activation, loss, penalty and optimizer, each written once."""

from . import activations, layers, losses, optimizers, penalties
from .registry import KINDS, Entry, Fusion, Loss, Operation, Option, Same, find, names
from .update_rule import UpdateRule

__all__ = [
    "KINDS", "Entry", "Fusion", "Loss", "Operation", "Option", "Same", "UpdateRule", "activations", "find", "layers",
    "losses", "names", "optimizers", "penalties",
]  # fmt: skip

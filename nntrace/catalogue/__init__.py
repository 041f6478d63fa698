"""The formula sheet: every layer, activation, loss, penalty and optimizer, each written once."""

from . import activations, initialisers, layers, losses, optimizers, penalties
from .operation import Auxiliary, Operation, Parameter, Same
from .registry import KINDS, Entry, Fusion, Loss, Option, find, names
from .update_rule import UpdateRule

__all__ = [
    "KINDS", "Auxiliary", "Entry", "Fusion", "Loss", "Operation", "Option", "Parameter", "Same", "UpdateRule",
    "activations", "find", "initialisers", "layers", "losses", "names", "optimizers", "penalties",
]  # fmt: skip

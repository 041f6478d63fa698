"""The formula sheet: every layer, activation, loss, penalty, optimizer, clipping and schedule, each written once."""

from . import activations, clippings, initialisers, layers, losses, optimizers, penalties, schedules
from .operation import Auxiliary, Operation, Parameter, Same
from .registry import KINDS, LOGIT, OUTPUT, TARGET, Entry, Fusion, Loss, Option, find, known, names
from .update_rule import Clipping, Schedule, UpdateRule

__all__ = [
    "KINDS", "LOGIT", "OUTPUT", "TARGET", "Auxiliary", "Clipping", "Entry", "Fusion", "Loss", "Operation", "Option",
    "Parameter", "Same", "Schedule", "UpdateRule", "activations", "clippings", "find", "initialisers", "known",
    "layers", "losses", "names", "optimizers", "penalties", "schedules",
]  # fmt: skip

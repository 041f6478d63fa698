"""The optimizer of a file with its options and learning rate; without one, plain gradient descent."""

from __future__ import annotations

from ...catalogue import UpdateRule, find
from ...catalogue.optimizers import DEFAULT
from ...spec.model import Spec
from ..training import Rates, Training
from .operations import plain


def training(spec: Spec) -> Training:
    """How the parameters of a file learn."""
    given = spec.optimizer
    entry = find("optimizer", given.kind.text if given else DEFAULT)
    assert entry is not None  # the reader knows the kinds
    rule: UpdateRule = entry.build(**plain(given.options if given else {}))
    rate = spec.learning_rate
    return Training(entry.name, rule, Rates(rate.value) if rate else None)

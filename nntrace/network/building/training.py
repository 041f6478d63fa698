"""How the parameters of a file learn; without an optimizer, by plain gradient descent."""

from __future__ import annotations

from collections.abc import Collection

from ...catalogue import UpdateRule, known
from ...catalogue.optimizers import DEFAULT
from ...catalogue.update_rule import clipped, scheduled
from ...spec.model import Spec
from ..training import Rates, Training
from .operations import plain

OTHER_COUNT = "steps"
"""The number of the step where a user calls something t. A state that a parameter is called by is a capital."""


def training(spec: Spec, taken: Collection[str], parameters: Collection[str]) -> Training:
    """How the parameters of a file learn, but for what it says of single parameters; ``taken`` are the user's names,
    ``parameters`` those of parameters."""
    given, rate = spec.optimizer, spec.learning_rate
    entry = known("optimizer", given.kind.text if given else DEFAULT)
    rule: UpdateRule = entry.build(**plain(given.options if given else {}))
    names = {rule.number.name: OTHER_COUNT} if rule.number.name in taken else {}
    for state in (one.name for one in rule.states if one.name in parameters):
        others = (state.upper(), *(f"{state}{count}" for count in range(2, len(taken) + 3)))
        names[state] = next(one for one in others if one not in (*taken, *parameters, *rule.letters))
    if names:
        rule = rule.renamed(names)
    if spec.clip is not None:
        rule = clipped(rule, known("clip", spec.clip.kind.text).build(**plain(spec.clip.options)))
    at_one_rate = rule
    if rate is not None and rate.schedule is not None:
        schedule = known("schedule", rate.schedule.kind.text).build(**plain(rate.schedule.options))
        rule = scheduled(rule, schedule, rate.first.value)
    rates = None if rate is None else Rates(rate.first.value, {}, tuple(one.value for one in rate.listed))
    return Training(entry.name, rule, at_one_rate, rates)


def reserved(rule: UpdateRule, parameters: Collection[str]) -> list[str]:
    """What an optimizer's formulas write, for these parameters: their own symbols with the names behind."""
    return [*rule.common, *(f"{symbol.name}_{name}" for symbol in rule.own for name in parameters)]

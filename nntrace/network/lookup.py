"""Which quantities a question is about: those that a user names, or those that are meant where none is named."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import UserError, quoted, suggestion
from .model import Network
from .quantities import Quantity, differentiated_by, find, known_names, numbered, of_role, of_tensor, parameters


def asked_by_default(network: Network) -> Sequence[Quantity]:
    """What the loss is differentiated by where nothing is asked for: the parameters, or else the inputs."""
    reached = network.reached()
    inputs = [one for one in of_role(network, "input") if any(use.key in reached for use in one.uses)]
    return parameters(network) if network.parameters else inputs


def asked_quantities(network: Network, texts: Sequence[str], *, parameters: bool = False) -> list[Quantity]:
    """The quantities that names, tensors and globs mean, each once; a name that fits none is the user's mistake."""
    roles = ("parameter",) if parameters else ("input", "parameter", "unit")
    asked: dict[str, Quantity] = {}
    past = network.passed_over()
    for text in texts:
        by = differentiated_by(network, text)
        found = [one for one in find(network, by) or numbered(network, by) if one.role in roles]
        if not found:
            what = "parameter" if parameters else "quantity to take the gradient by"
            raise UserError(f"there is no {what} {quoted(text)}\n  {suggestion(text, known_names(network, *roles))}")
        if found[0].uses[0].key in past:
            raise UserError(_no_gradient(network, found[0], past))
        asked.update((one.name, one) for one in found)
    return list(asked.values())


def _no_gradient(network: Network, one: Quantity, past: set[str]) -> str:
    """That the gradient leads past a result, and what there is one by before it."""
    key, made_by = one.uses[0].key, network.made_by
    while key in past:
        key = made_by[key].argument
    before = of_tensor(network, network.tensors[key])[0].name
    message = f"there is no gradient by {quoted(one.name)}: the gradient does not pass through it"
    return f"{message}\n  ask for the one by {quoted(before)}"

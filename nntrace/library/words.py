"""What stands for a rule, a view, a level of detail or a number, as a user types it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from ..errors import UserError, suggestion
from ..limits import beyond

if TYPE_CHECKING:
    from ..network.model import Network
    from ..solution.content.detail import Detail
    from ..solution.sheets.settings import View
    from ..spec import Spec
    from ..spec.model import Rounding

KnownWord = TypeVar("KnownWord", bound=str)


def typed_number(text: str, where: str) -> Fraction:
    """A number outside of a network file, by the file's rules."""
    from ..spec.arithmetic import number
    from ..spec.scalars import Fault

    value = number(text.strip()) if text.strip() else Fault("there is no number", "write one, such as 0.1")
    if isinstance(value, Fault):
        raise UserError(f"{where}: {value.message}\n  {value.remedy}")
    return value


def rounding_rule(text: str | None) -> Rounding | None:
    """``full``, ``carry:4``, ``carry:4dp`` or ``carry:4sf`` as a rule."""
    from ..spec.rounding import FORMS, rounding_of

    if text is None:
        return None
    if (rule := rounding_of(text)) is None:
        raise UserError(f"--rounding {text!r} is no rule\n  {FORMS}")
    return rule


def view_of(text: str | None) -> View | None:
    """A view of the calculation."""
    from typing import get_args

    from ..solution.sheets.settings import View

    return None if text is None else _choice(text, "view", get_args(View))


def detail_of(text: str) -> Detail:
    """How much of a sheet is told."""
    from ..solution.content.detail import DETAILS

    return _choice(text, "detail", DETAILS)


def _choice(text: str, what: str, known: Sequence[KnownWord]) -> KnownWord:
    """The known word that a text is."""
    if text not in known:
        raise UserError(f"there is no {what} {text!r}\n  {suggestion(text, known)}")
    return known[known.index(text)]


def need_layers(spec: Spec) -> None:
    """Refuse what a file without layers has no answer to."""
    if spec.parameters is not None:
        message = "this file has parameters whose gradients are given, and no layers: it can do steps only"
        raise UserError(f"{message}\n  nntrace step {spec.source}")


def need_loss(loss: str | None) -> None:
    """Refuse to take the gradient of a loss that is not there."""
    if loss is None:
        raise UserError("this network has no loss, so there is no gradient\n  add targets: and loss: to the file")


def need_few_steps(network: Network, spec: Spec) -> None:
    """Refuse more steps than a command keeps the numbers of."""
    if network.iterations > spec.limits.iterations:
        wrong, remedy = beyond("iterations", network.iterations, spec.limits.iterations)
        raise UserError(f"{wrong}\n  {remedy}; nntrace train keeps only what each epoch came to")


def with_rate(network: Network, typed: Fraction | None) -> Network:
    """The network with a learning rate: the one that is typed for every parameter, else the file's."""
    if typed is not None:
        return network._replace(training=network.training.with_rate(typed))
    if network.training.rates is None:
        raise UserError("there is no learning rate\n  add learning_rate: 0.1 to the file, or --lr 0.1 to the command")
    return network

"""A network that a program asks: each question gives a worked solution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from ..errors import UserError
from .words import need_few_steps, need_layers, need_loss, rounding_rule, typed_number, view_of, with_rate

if TYPE_CHECKING:
    from ..network.model import Network
    from ..solution.content.model import Solution
    from ..solution.sheets.settings import Settings
    from ..spec import Spec
    from .worked import WorkedSolution

TypedNumber = int | float | Fraction | str
"""A number, or the text of one as a file may have it: ``"3/4"``, ``"sqrt(2)"``."""


class Calculated(TypedDict, total=False):
    """How a calculation is worked out, as the options of the command say it."""

    digits: int
    decimals: int
    rounding: str
    view: str
    full: bool


class Net:
    """One network. It never changes: ``set`` gives another one."""

    def __init__(self, network: Network, spec: Spec, complete: Callable[[], Network]) -> None:
        self.network = network
        self._spec = spec
        self._complete = complete
        """Reads the network again, and says where its numbers are missing."""

    def _computed(self) -> Network:
        """The network, whose numbers are needed."""
        network = self.network if self.network.has_numbers else self._complete()
        if network.divisors:
            from .divisors import refuse_zero_divisors

            refuse_zero_divisors(network, self._spec)
        return network

    def __repr__(self) -> str:
        title = self.network.title
        return f"<nntrace network {f'{title!r} ' if title else ''}of {self.network.source}>"

    def set(self, numbers: Mapping[str, Any] = {}, /, **more: Any) -> Net:
        """The network with other given numbers, by name: ``net.set(i1=3, x=array)``, ``net.set({"W1[2,1]": 0.5})``.

        A number is for one element, an array for a whole tensor of its shape; an array's numbers are never exact.
        """
        from ..network.change import with_array, with_number

        network = self.network
        for name, value in {**numbers, **more}.items():
            if getattr(value, "ndim", 0) or isinstance(value, (list, tuple)):
                network = with_array(network, name, value)
            else:
                text = str(value)
                network = with_number(network, name, typed_number(text, f"{name} = {text}"), text)
        return Net(network, self._spec, self._complete)

    def forward(self, **how: Unpack[Calculated]) -> WorkedSolution:
        """Every unit's value, then the loss."""
        from ..solution.sheets.calculation import Sheet

        return _solved(Sheet(self._computed(), _settings(how)).forward())

    def grad(self, *names: str, **how: Unpack[Calculated]) -> WorkedSolution:
        """The gradient by what has these names (globs too), over its paths; without names, by every parameter."""
        from ..network.lookup import asked_by_default, asked_quantities
        from ..solution.sheets.calculation import Sheet

        network = self._computed()
        need_layers(self._spec)
        need_loss(network.loss)
        asked = asked_quantities(network, names) if names else asked_by_default(network)
        return _solved(Sheet(network, _settings(how)).gradient(asked, named=bool(names)))

    def step(
        self, lr: TypedNumber | None = None, *, only: str | Sequence[str] = (), **how: Unpack[Calculated]
    ) -> WorkedSolution:
        """One training step, or as many as the network's ``iterations`` say; ``only`` updates these parameters."""
        from ..network.lookup import asked_quantities
        from ..solution.sheets.training import training

        network = self._computed()
        if not network.training.gradients:
            need_loss(network.loss)
        need_few_steps(network, self._spec)
        network = with_rate(network, None if lr is None else typed_number(str(lr), f"lr = {lr}"))
        names = [only] if isinstance(only, str) else only
        updated = asked_quantities(network, names, parameters=True) if names else None
        return _solved(training(network, _settings(how), updated).solution)

    def train(
        self,
        epochs: int | None = None,
        *,
        iterations: int | None = None,
        lr: TypedNumber | None = None,
        **how: Unpack[Calculated],
    ) -> WorkedSolution:
        """Many steps, as long as the network's file says or for so many epochs or iterations: the loss, its curve."""
        from ..network.building.validation import sets
        from ..solution.sheets.runs import Plan
        from ..solution.sheets.train import train

        network = self._computed()
        need_layers(self._spec)
        need_loss(network.loss)
        if not network.loss_is_known:
            raise UserError("this network has a given gradient and no loss to train on\n  net.step() does its step")
        rate = None if lr is None else typed_number(str(lr), f"lr = {lr}")
        learned, validation = sets(with_rate(network, rate), self._spec)
        if (count := iterations if epochs is None else epochs * learned.steps_per_pass) is not None:
            learned = learned._replace(iterations=count)
        plan = Plan(learned, validation, self._spec.validation)
        return _solved(train(plan, _settings(how)).solution)

    def draw(self, **how: Unpack[Calculated]) -> WorkedSolution:
        """A picture of the network with its values, to be written as ``svg``, ``png``, ``tex`` (TikZ) or ``txt``."""
        from ..solution.sheets.calculation import Sheet

        return _solved(Sheet(self._computed(), _settings(how)).picture())

    def derive(
        self,
        *wrt: str,
        names: Mapping[str, str] = {},
        at: Mapping[str, Sequence[TypedNumber]] = {},
        with_numbers: bool = False,
        stability: bool = False,
    ) -> WorkedSolution:
        """The symbolic solution, or what leads to these tensors; then with ``stability``: also where it overflows.

        ``names`` call derivatives by labels, ``{"δ0": "∂L/∂z2"}``; ``at`` tries stability there, ``{"z2": [1000, 0]}``.
        """
        from ..network.apart import apart
        from ..solution.derive.sheet import Derivation
        from .question import question

        network = self._computed() if with_numbers else self.network
        need_layers(self._spec)
        labels = [f"{label}={derivative}" for label, derivative in names.items()]
        tried = [f"{name}={','.join(map(str, numbers))}" for name, numbers in at.items()]
        asked = question(apart(network), wrt, labels, tried, with_numbers, stability)
        return _solved(Derivation(network, asked).solution())

    def collapse(self) -> WorkedSolution:
        """Stacked layers as one affine map, or the activation that keeps them apart."""
        from ..solution.sheets.collapse import collapsed

        need_layers(self._spec)
        return _solved(collapsed(self._computed() if self.network.has_numbers else self.network))


def _settings(how: Calculated) -> Settings:
    from ..solution.sheets.settings import Settings

    view, rounding = view_of(how.get("view")), rounding_rule(how.get("rounding"))
    return Settings(how.get("digits"), how.get("decimals"), how.get("full", False), rounding, view)


def _solved(solution: Solution) -> WorkedSolution:
    from .worked import WorkedSolution

    return WorkedSolution(solution)

"""A worked solution for a program: its sheet in any format, its numbers as arrays, its steps by their ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..errors import UserError, quoted, suggestion
from ..solution.content.blocks import steps_by_section
from ..solution.content.model import Section, Solution, Step
from ..solution.content.results import LossValue
from .words import detail_of

if TYPE_CHECKING:
    from ..formats.terminal import Printed

WIDTH = 120
"""Columns of a page that says nothing of its width."""


class WorkedSolution:
    """The answer to one question, as data (``solution``) and as a sheet: it prints in a terminal and shows in Jupyter.

    ``values``, ``gradients``, ``updated`` and ``state`` give floats by the names of elements, and arrays by those of
    whole tensors; of a batch, ``values`` has what belongs to each sample in arrays whose first index counts them.
    """

    def __init__(self, solution: Solution) -> None:
        self.solution = solution

    # -- as a sheet --------------------------------------------------------------------------------------------------

    def to(
        self,
        format: str,
        *,
        width: int = WIDTH,
        ascii: bool = False,
        detail: str = "full",
        title: str | None = None,
        standalone: bool = False,
    ) -> str | bytes:
        """The sheet in one of the command's formats: txt, md, tex, typ, html or json as text, pdf as bytes."""
        from ..expr.script import ASCII, UNICODE
        from ..formats import content
        from ..solution.content.detail import with_detail

        solution = with_detail(self.solution, detail_of(detail))
        if title is not None:
            solution = solution._replace(title=title)
        made = content(solution, format, width=width, script=ASCII if ascii else UNICODE, standalone=standalone)
        return made if isinstance(made, bytes) else "".join(f"{line}\n" for line in made)

    def __str__(self) -> str:
        return str(self.to("txt")).rstrip("\n")

    __repr__ = __str__

    def __rich__(self) -> Printed:
        from ..formats.terminal import Printed

        return Printed(self.solution)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """What Jupyter shows: HTML on the screen, LaTeX where a notebook becomes a paper."""
        from ..formats.html import fragment

        forms: dict[str, Callable[[], str]] = {
            "text/plain": lambda: str(self),
            "text/html": lambda: "\n".join(fragment(self.solution)),
            "text/latex": lambda: str(self.to("tex")),
        }
        wanted = set(include or forms) - set(exclude or ())
        return {kind: make() for kind, make in forms.items() if kind in wanted}

    # -- its steps ---------------------------------------------------------------------------------------------------

    def __getitem__(self, id: str) -> WorkedStep:
        """The step of an id, ``solution["B9"]``. Raises a ``UserError`` where there is none."""
        for section, step in steps_by_section(self.solution, lambda one: one == id):
            return WorkedStep(self.solution, section, step)
        known = (step.id for _, step in steps_by_section(self.solution))
        raise UserError(f"there is no step {quoted(id)} on this sheet\n  {suggestion(id, known)}")

    # -- its numbers -------------------------------------------------------------------------------------------------

    @property
    def values(self) -> dict[str, Any]:
        """Inputs, targets, parameters and units."""
        results = self.solution.results
        found = _arrays(results.values)
        if results.samples is not None:
            samples = [sample["values"] for sample in results.samples]
            found.update(_arrays({name: [sample[name] for sample in samples] for name in samples[0]}))
        return found

    @property
    def gradients(self) -> dict[str, Any]:
        """∂L/∂ what was asked for; of a training step, by every parameter."""
        return _arrays(self.solution.results.gradients)

    @property
    def updated(self) -> dict[str, Any]:
        """The parameters after a training step."""
        return _arrays(self.solution.results.updated)

    @property
    def state(self) -> dict[str, dict[str, Any]]:
        """What the optimizer remembers after a training step, by state."""
        return {name: _arrays(numbers) for name, numbers in (self.solution.results.state or {}).items()}

    @property
    def loss(self) -> LossValue | None:
        """The loss's ``name``, its value ``before``, and the one ``after`` a training step."""
        return self.solution.results.loss


class WorkedStep(WorkedSolution):
    """One step of a sheet: its ``value``, ``exact`` where it is rational; it prints and shows by itself."""

    def __init__(self, solution: Solution, section: Section, step: Step) -> None:
        sections = (section._replace(blocks=(step,)),)
        own = solution._replace(title=None, agreed=(), sections=sections, iterations=(), is_excerpt=True, pictures=dict)
        super().__init__(own)
        self.step = step

    @property
    def value(self) -> Any:
        """The number in full precision; of a step in matrix form an array; ``None`` for one between symbols."""
        return self.step.value if isinstance(self.step.value, float | None) else _array(self.step.value)

    @property
    def exact(self) -> Fraction | None:
        """The number as a fraction, where it is rational and known exactly."""
        return self.step.exact


def _arrays(numbers: Mapping[str, Any] | None) -> dict[str, Any]:
    """Numbers by name, nested lists as arrays."""
    return {name: _array(value) if isinstance(value, list) else value for name, value in (numbers or {}).items()}


def _array(numbers: Any) -> Any:
    """An array; where there is no number, such as at a missing connection, NaN."""
    import numpy as np

    return np.array(numbers, dtype=float)

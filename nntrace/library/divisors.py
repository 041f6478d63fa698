"""Divisions by an exact 0 in the formulas of a file, by whatever numbers it comes about: they have no value."""

from __future__ import annotations

from itertools import product

from ..errors import quoted
from ..network.model import Cell, Divisor, Element, Network
from ..spec import Spec
from ..spec.problems import Problems
from ..trace.amount import Amount, evaluated
from ..trace.trace import Trace
from ..trace.tracing import trace_of


def refuse_zero_divisors(network: Network, spec: Spec) -> None:
    """Raise a ``UserError`` with the place of each divisor that is exactly 0; numbers of files are never exact."""
    if not network.divisors or not network.has_numbers:
        return
    trace, problems = trace_of(network), Problems(spec.source, spec.lines, spec.limits)
    for divisor in network.divisors if trace.elementwise else ():
        if (where := _zero(trace, divisor)) is not None:
            message = f"this divides by {quoted(divisor.text)}, which is exactly 0{where}"
            problems.add(divisor.place, message, "give another number, or another formula below the line")
    problems.raise_if_any()


def _zero(trace: Trace, divisor: Divisor) -> str | None:
    """In which sample a divisor is 0, in words; ``None`` where it nowhere is."""
    network = trace.network
    sampled = any(network.tensors[key].sampled for key in divisor.keys)
    places = product(*(range(divisor.sizes[axis]) for axis in divisor.axes))
    for sample, place in product(range(network.samples or 0) if sampled else (None,), places):

        def value(key: str, cell: Cell, sample: int | None = sample) -> Amount:
            own = (sample, *cell) if sample is not None and network.tensors[key].sampled else cell
            return trace.value(Element(key, own))

        index = dict(zip(divisor.axes, place, strict=True))
        if evaluated(divisor.formula, value, index, divisor.sizes).exact == 0:
            return "" if sample is None else f" in sample {1 + sample}"
    return None

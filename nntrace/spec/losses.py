"""The keys ``loss``, ``report`` and ``optimizer``."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import quoted
from . import kinds, tree, values
from .kinds import Kinded
from .model import Loss, Name, Optimizer
from .problems import Problems
from .tree import Node, describe

LOSS_KEYS = ("parts", "over_outputs", "over_samples")
REDUCTIONS = ("mean", "sum")


def loss(node: Node, problems: Problems) -> Loss | None:
    """``mse``, or ``{mse: MSE, parts: [E1, E2], over_outputs: mean}``: its kind, then its name."""
    of = kinds.kinded(node, "a loss", ("loss",), LOSS_KEYS, problems)
    if of is None:
        return None
    own = {key.text: inner for key, inner in of.beside if key.text in LOSS_KEYS}
    over_outputs = _reduction("over_outputs", own, problems)
    over_samples = _reduction("over_samples", own, problems)
    beside = [(key, inner) for key, inner in of.beside if key.text not in LOSS_KEYS]
    return Loss(
        kind=of.kind,
        name=values.name(of.content, problems, "a loss's name") if of.content is not None else None,
        parts=values.names(own["parts"], problems, "`parts`") if "parts" in own else (),
        over_outputs=over_outputs.text if over_outputs else None,
        over_samples=over_samples.text if over_samples else "mean",
        options=kinds.options(of, beside, "a loss", LOSS_KEYS, problems),
    )


def _reduction(key: str, own: dict[str, Node], problems: Problems) -> Name | None:
    return values.word(own[key], problems, f"`{key}`", REDUCTIONS) if key in own else None


def report(node: Node, problems: Problems) -> tuple[Loss, ...]:
    """Further losses, which are computed and not differentiated."""
    if not isinstance(node, tree.Sequence):
        problems.add(
            node.place, f"`report` is not a list but {describe(node)}", "write a list, such as [{mse: MSE_mean}]"
        )
        return ()
    return _present(loss(item, problems) for item in node.items)


def _present(losses: Iterable[Loss | None]) -> tuple[Loss, ...]:
    return tuple(found for found in losses if found is not None)


def optimizer(node: Node, problems: Problems) -> Optimizer | None:
    """``adam``, or ``{momentum: {beta: 0.9}}``: its kind, then its options."""
    of = kinds.kinded(node, "an optimizer", ("optimizer",), (), problems)
    if of is None or of.entry is None:
        return None
    for key, _ in of.beside:
        problems.add(key.place, f"{quoted(key.text)} beside the optimizer",
                     "put its options behind its kind, as in {momentum: {beta: 0.9}}")  # fmt: skip
    return Optimizer(of.kind, kinds.options(of, _inner_options(of, problems), "an optimizer", (), problems))


def _inner_options(of: Kinded, problems: Problems) -> kinds.Entries:
    match of.content:
        case None:
            return ()
        case tree.Mapping():
            return of.content.entries
        case _:
            problems.add(of.content.place, f"an optimizer's options cannot be {describe(of.content)}",
                         "write a table, such as {beta: 0.9}, or the optimizer's word alone")  # fmt: skip
            return ()

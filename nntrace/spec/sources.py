"""``from:``, what a layer or a loss reads: a name, a list of names, or such for each argument by its name."""

from __future__ import annotations

from . import tree, values
from .model import Name, SourceNames
from .problems import Problems
from .tree import Node, describe, is_null

FROM = "from"


def source(node: Node, problems: Problems) -> SourceNames | None:
    """Read ``h``, ``[h, x1]`` or ``{x: [h, x1]}``; names may be those of tensors or of elements."""
    match node:
        case tree.Mapping() if node.entries:
            by_name = (
                (values.name(key, problems, "an argument"), _names(inner, problems)) for key, inner in node.entries
            )
            return SourceNames(tuple((key, names) for key, names in by_name if key and names), node.place)
        case tree.Sequence() if node.items:
            items = _names(node, problems)
            return SourceNames(tuple((None, (name,)) for name in items), node.place) if items else None
        case tree.Scalar() if not is_null(node):
            alone = _names(node, problems)
            return SourceNames(((None, alone),), node.place) if alone else None
    problems.add(node.place, f"`{FROM}` cannot be {describe(node)}",
                 "name what is read: one name, a list [h, x1], or a table of arguments {x: h}")  # fmt: skip
    return None


def _names(node: Node, problems: Problems) -> tuple[Name, ...]:
    return values.names(node, problems, f"`{FROM}`", elements=True)

"""What the gradients' section is called: by what it has, or by what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from ....expr import Expr
from ....network.model import Role
from ...content.model import Note, listed


def gradients_title(asked: Sequence[Expr], roles: set[Role]) -> Note:
    """The section's title: its quantities where some were ``asked`` for, else whose ``roles`` it is about."""
    if asked:
        return ("Gradient by " if len(asked) == 1 else "Gradients by ", *listed(asked, last=" and "))
    if "parameter" in roles:
        return ()
    return ("Gradients of the inputs",) if roles == {"input"} else ("Gradients of the layers",)

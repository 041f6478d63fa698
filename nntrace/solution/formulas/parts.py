"""Matrices of which each part is written by itself: which columns or rows these are."""

from __future__ import annotations

from collections.abc import Iterator

from ...expr import Sym
from ...network.apart import with_parts
from ...network.model import Network
from ...network.tensor_parts import PartsOf, parts_of
from ..content.model import Remark
from .element import Writer
from .layout import Layout

PARTED = ("parameter",)
"""What is taken apart where it is only read in parts, on the sheets of a network's own numbers."""


def in_parts(writer: Writer) -> tuple[Writer, PartsOf]:
    """A writer of the same numbers over the parts of what is only read in parts, and these."""
    parts = parts_of(writer.network, PARTED)
    if not parts:
        return writer, parts
    trace = writer.trace.in_parts(with_parts(writer.network, parts), parts)
    precise = None if writer.precise is None else trace.precisely()
    return Writer(trace, writer.digits, writer.full, precise), parts


def taken_apart(network: Network, parts_of: PartsOf, formulas: Layout) -> Iterator[Remark]:
    """``Wa is column 1 of W``, or ``the first D columns``, for the parts of a network's tensors.

    Their names are those of ``formulas``.
    """
    for key, pieces in parts_of.items():
        tensor = Sym(network.tensors[key].name or key)
        for part in pieces:
            name = formulas.name(part.tensor.key)
            *others, (axis, span) = [(axis, span) for axis, span in enumerate(part.spans) if span is not None]
            if others or not part.tensor.sample_shape or name.name in part.tensor.names.values():
                continue
            noun = ("rows", "columns")[axis] if len(part.spans) > 1 else "elements"
            first, last = (span, span) if isinstance(span, int) else (span[0], span[1] - 1)
            which = f"{noun[:-1]} {first + 1}" if first == last else f"{noun} {first + 1} to {last + 1}"
            kept = sum(not isinstance(one, int) for one in part.spans[:axis])  # no axis for a single place
            if not isinstance(span, int) and isinstance(size := part.tensor.written_shape[kept], str):
                which = f"the {'next' if first else 'first'} {size} {noun}"
            yield Remark((name, f" is {which} of ", tensor))

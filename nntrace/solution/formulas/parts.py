"""Matrices of which each part is written by itself: which columns or rows these are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...expr import Sym
from ...network.apart import TensorPart
from ...network.model import Network
from ..content.model import Remark
from .layout import Layout


def taken_apart(network: Network, parts_of: Mapping[str, Sequence[TensorPart]], formulas: Layout) -> Iterator[Remark]:
    """``Wa is column 1 of W``, or ``the first D columns``, for the parts of a network's tensors.

    Their names are those of ``formulas``.
    """
    for key, pieces in parts_of.items():
        tensor = Sym(network.tensors[key].name or key)
        for part in pieces:
            *others, (axis, span) = [(axis, span) for axis, span in enumerate(part.spans) if span is not None]
            if others or not part.tensor.sample_shape:
                continue
            noun = ("rows", "columns")[axis] if len(part.spans) > 1 else "elements"
            first, last = (span, span) if isinstance(span, int) else (span[0], span[1] - 1)
            which = f"{noun[:-1]} {first + 1}" if first == last else f"{noun} {first + 1} to {last + 1}"
            kept = sum(not isinstance(one, int) for one in part.spans[:axis])  # no axis for a single place
            if not isinstance(span, int) and isinstance(size := part.tensor.written_shape[kept], str):
                which = f"the {'next' if first else 'first'} {size} {noun}"
            yield Remark((formulas.name(part.tensor.key), f" is {which} of ", tensor))

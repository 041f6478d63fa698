"""The sheet of ``collapse``: stacked affine layers as one affine map."""

from __future__ import annotations

from functools import partial

from ....network.apart import with_owned_parameters, with_parts
from ....network.model import Network
from ....network.tensor_parts import parts_of
from ....trace.tracing import trace_of
from ...content.model import Solution
from ...formulas.parts import PARTED, taken_apart
from ..head import tensor_names
from ..pictures import structure
from .sheet import Collapse
from .vectors import with_vectors


def collapsed(network: Network) -> Solution:
    """The stacked layers of a network as one affine map, or what keeps them apart."""
    parts = parts_of(network, PARTED)
    merged = with_vectors(with_owned_parameters(with_parts(network, parts)))
    told = partial(taken_apart, network, parts)
    solution = Collapse(merged, trace_of(merged) if merged.has_numbers else None, told).solution()
    names = solution.tensors
    return solution._replace(
        pictures=lambda: structure(network, "collapse"), tensors=lambda: names() | tensor_names(network)
    )

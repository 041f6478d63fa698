"""The sheet of ``collapse``: stacked affine layers as one affine map."""

from __future__ import annotations

from ....network.apart import apart, with_owned_parameters
from ....network.model import Network
from ....trace.tracing import trace_of
from ...content.model import Solution
from ..pictures import structure
from .sheet import Collapse
from .vectors import with_vectors


def collapsed(network: Network) -> Solution:
    """The stacked layers of a network as one affine map, or what keeps them apart."""
    merged = with_vectors(with_owned_parameters(apart(network, ("parameter",))))
    solution = Collapse(merged, trace_of(merged) if merged.has_numbers else None).solution()
    return solution._replace(pictures=lambda: structure(network, "collapse"))

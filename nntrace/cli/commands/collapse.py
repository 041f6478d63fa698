"""``nntrace collapse``: stacked layers as one affine map."""

from __future__ import annotations

import typer

from ...library.words import need_layers
from ..command import command
from ..options import Changes, PageOptions, Reading
from ..run import check_page, deliver, read_network


@command("Stacked layers as one affine map, or what keeps them apart.", "collapse net.yaml")
def collapse(*, change: Changes = [], page: PageOptions, reading: Reading) -> None:
    """Stacked layers as one affine map, or the activation that keeps them apart."""
    from ...network.apart import apart, with_owned_parameters
    from ...solution.sheets.collapse import Collapse
    from ...trace.tracing import trace_of

    check_page(page, reading)
    network, spec = read_network(reading, change, numbers=False)
    need_layers(spec)
    network = with_owned_parameters(apart(network))
    trace = trace_of(network) if network.has_numbers else None
    solution = Collapse(network, trace).solution()
    raise typer.Exit(deliver(solution, page))

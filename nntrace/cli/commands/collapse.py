"""``nntrace collapse``: stacked layers as one affine map."""

import typer

from ...library.words import need_layers
from ..command import command
from ..options import Changes, PageOptions, Reading
from ..run import check_page, deliver, read_network


@command("Stacked layers as one affine map, or what keeps them apart.", "collapse net.yaml")
def collapse(*, change: Changes = [], page: PageOptions, reading: Reading) -> None:
    """Stacked layers as one affine map, or the activation that keeps them apart."""
    from ...library.divisors import refuse_zero_divisors
    from ...solution.sheets.collapse import collapsed

    check_page(page, reading)
    network, spec = read_network(reading, change, numbers=False)
    need_layers(spec)
    refuse_zero_divisors(network, spec)
    raise typer.Exit(deliver(collapsed(network), page))

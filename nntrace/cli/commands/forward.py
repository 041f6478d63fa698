"""``nntrace forward``: every unit's value."""

import typer

from ...library.words import need_layers
from ..command import command
from ..options import Calculation, PageOptions, Reading, ViewOption
from ..run import check_page, deliver, read_network
from ..words import settings


@command(
    "Every unit's value, line by line; then the loss.", "forward net.yaml", "forward --set i1=3", "forward -f json"
)
def forward(*, view: ViewOption = None, calculation: Calculation, page: PageOptions, reading: Reading) -> None:
    """Every unit's value: formula, numbers put in, terms, value; then the loss."""
    from ...solution.sheets.calculation import Sheet

    check_page(page, reading, calculation.expect)
    chosen = settings(calculation, view)
    network, spec = read_network(reading, calculation.change)
    need_layers(spec)
    sheet = Sheet(network, chosen)
    raise typer.Exit(deliver(sheet.forward(), page, calculation.expect))

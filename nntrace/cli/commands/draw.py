"""``nntrace draw``: a picture of the network."""

import typer

from ..command import command
from ..options import Calculation, PageOptions, Reading
from ..run import check_page, deliver, read_network
from ..words import settings


@command("A picture of the network with its values.", "draw net.yaml", "draw -o net.svg", "grad -p w21 -o w21.png")
def draw(*, calculation: Calculation, page: PageOptions, reading: Reading) -> None:
    """A picture of the network with its values: .svg, .png, .tex (TikZ), or plain characters."""
    from ...solution.sheets.calculation import Sheet

    check_page(page, reading, calculation.expect)
    chosen = settings(calculation)
    network, _ = read_network(reading, calculation.change)
    raise typer.Exit(deliver(Sheet(network, chosen).picture(), page, calculation.expect))

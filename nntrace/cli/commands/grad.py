"""``nntrace grad``: the gradient of the loss."""

from typing import Annotated

import typer

from ...library.words import need_layers, need_loss
from ..command import command
from ..options import Calculation, PageOptions, Reading, ViewOption, flag, option
from ..run import check_page, deliver, read_network
from ..words import settings


@command(
    "The gradient of the loss, by stored deltas and over its paths.",
    "grad --param w21",
    "grad net.yaml -p 'w1*' -p b1",
    "grad --all",
)
def grad(
    *,
    param: Annotated[
        list[str], option("--param", "NAME", "A weight, bias, unit, input, tensor or glob. Repeatable.", "-p")
    ] = [],
    everything: Annotated[bool, flag("--all", "All parameters, else all inputs; the default.")] = False,
    view: ViewOption = None,
    calculation: Calculation,
    page: PageOptions,
    reading: Reading,
) -> None:
    """The gradient of the loss: by stored deltas, and for what is asked by name also over its paths."""
    from ...network.lookup import asked_by_default, asked_quantities
    from ...solution.sheets.calculation import Sheet

    check_page(page, reading, calculation.expect)
    chosen = settings(calculation, view)
    network, spec = read_network(reading, calculation.change)
    need_layers(spec)
    need_loss(network.loss)
    asked = asked_quantities(network, param) if param else asked_by_default(network)
    if param and everything:
        asked = list(dict.fromkeys([*asked, *asked_by_default(network)]))
    sheet = Sheet(network, chosen)
    solution = sheet.gradient(asked, named=bool(param) and not everything)
    raise typer.Exit(deliver(solution, page, calculation.expect))

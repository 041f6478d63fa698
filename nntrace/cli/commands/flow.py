"""``nntrace flow``: the gradient from layer to layer."""

from pathlib import Path
from typing import Annotated

import typer

from ..command import command
from ..options import Calculation, PageOptions, Reading, flag, option
from ..run import check_page, deliver
from ..words import settings


@command(
    "How the gradient shrinks or grows from layer to layer.",
    "flow net.yaml",
    "flow --activation sigmoid,tanh,relu,leaky_relu",
    "flow --depth 2:20 --plot flow.svg",
)
def flow(
    *,
    activation: Annotated[
        list[str], option("--activation", "KINDS", "Run the network with each of these: sigmoid,tanh.")
    ] = [],
    depth: Annotated[
        str | None,
        option("--depth", "2:20", "Repeat the square hidden layer, to so many in all (of many: 8)."),
    ] = None,
    seed: Annotated[int | None, option("--seed", "N", "Draw the repeated layers' weights instead of copying.")] = None,
    plot: Annotated[Path | None, option("--plot", "FILE.svg", "Write the picture to a file (.svg, .png).")] = None,
    force: Annotated[bool, flag("--force", "Let --plot replace a file.")] = False,
    calculation: Calculation,
    page: PageOptions,
    reading: Reading,
) -> None:
    """How the gradient shrinks or grows from layer to layer, by which factors, and what follows."""
    from ...solution.sheets.flow import flows
    from ..flow_variants import depths_followed, variants
    from ..plots import plotting

    check_page(page, reading, calculation.expect)
    drawn = plotting(plot, [], page, force)
    chosen = settings(calculation)
    solution = flows(variants(reading, calculation.change, activation, depth, seed), chosen, depths_followed(depth))
    raise typer.Exit(deliver(solution, page, calculation.expect, drawn(solution)))

"""``nntrace derive``: the symbolic solution."""

from typing import Annotated

import typer

from ...library.words import need_layers
from ..command import command
from ..options import PageOptions, Reading, flag, option
from ..run import check_page, deliver, read_network


@command("The symbolic solution: shapes, Jacobians, gradients, rules.", "derive net.yaml", "derive --wrt W1")
def derive(
    *,
    wrt: Annotated[list[str], option("--wrt", "NAME", "Only what leads to this tensor or element. Repeatable.")] = [],
    name: Annotated[list[str], option("--name", "LABEL=∂A/∂B", "Name a derivative, e.g. δ0=∂L/∂z2. Repeatable.")] = [],
    at: Annotated[
        list[str], option("--at", "NAME=NUMBERS", "Try stability at, e.g. z2=1000,0,-1000. Repeatable.")
    ] = [],
    with_numbers: Annotated[bool, flag("--with-numbers", "The network's numbers beside the matrix lines.")] = False,
    stability: Annotated[bool, flag("--stability", "With --wrt: also where the formulas overflow.")] = False,
    page: PageOptions,
    reading: Reading,
) -> None:
    """The symbolic solution: shapes, Jacobians, gradients in index and matrix form, each by its rule."""
    from ...library.question import question
    from ...network.apart import apart
    from ...solution.derive.sheet import Derivation

    check_page(page, reading)
    network, spec = read_network(reading, numbers=with_numbers)
    need_layers(spec)
    asked = question(apart(network), wrt, name, at, with_numbers, stability)
    solution = Derivation(network, asked).solution()
    raise typer.Exit(deliver(solution, page))

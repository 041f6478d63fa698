"""``nntrace step``: one training step, or several."""

from pathlib import Path
from typing import Annotated

import typer

from ...library.words import need_few_steps, need_loss, typed_number, with_rate
from ...spec import Spec
from ..command import command
from ..options import Calculation, Lasting, PageOptions, Reading, StepOptions, ViewOption, flag, option
from ..run import check_files, check_page, deliver, read_network
from ..words import settings, with_count, with_optimizer


@command(
    "One training step: forward, backward, update table, checks.",
    "step --lr 0.1",
    "step --only w21",
    "step --save next.yaml",
)
def step(
    *,
    only: Annotated[list[str], option("--only", "NAME", "Update just this parameter. Repeatable.")] = [],
    save: Annotated[Path | None, option("--save", "FILE", "Write the updated network to a file.")] = None,
    force: Annotated[bool, flag("--force", "Let --save replace a file.")] = False,
    trace: Annotated[
        str | None, option("--trace", "1,2,100", "Iterations to show in full; the others are summed up.")
    ] = None,
    steps: StepOptions,
    lasting: Lasting,
    view: ViewOption = None,
    calculation: Calculation,
    page: PageOptions,
    reading: Reading,
) -> None:
    """One training step: forward, backward, then every parameter's old value, gradient and new value."""
    from ...solution.sheets.training import training

    check_page(page, reading, calculation.expect)
    check_files(page, force, save)
    chosen = settings(calculation, view, trace)
    rate = None if steps.lr is None else typed_number(steps.lr, f"--lr {steps.lr}")

    def adjusted(spec: Spec) -> Spec:
        return with_count(spec if steps.optimizer is None else with_optimizer(spec, steps.optimizer), lasting)

    network, spec = read_network(reading, calculation.change, adjusted=adjusted)
    if not network.training.gradients:
        need_loss(network.loss)
    need_few_steps(network, spec)
    network = with_rate(network, rate)
    updated = copy = None
    if only:
        from ...network.lookup import asked_quantities

        updated = asked_quantities(network, only, parameters=True)
    if save is not None:
        from ..save import Copy

        copy = Copy(spec, network, save, force, reading.allow_files)
    trained = training(network, chosen, updated)
    saved = copy.contents(trained.final) if copy is not None else {}
    raise typer.Exit(deliver(trained.solution, page, calculation.expect, saved))

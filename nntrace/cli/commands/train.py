"""``nntrace train``: many steps."""

from pathlib import Path
from typing import Annotated

import typer

from ...errors import UserError
from ..command import command
from ..options import Calculation, Compared, Lasting, PageOptions, Reading, flag, option
from ..run import check_page, deliver
from ..words import settings


@command(
    "Many steps: losses, curves, validation; runs side by side.",
    "train net.yaml --epochs 100 --plot curves.svg",
    "train --lr 3e-4,0.4",
    "train -o losses.csv",
)
def train(
    *,
    save: Annotated[Path | None, option("--save", "FILE", "Write the trained network to a file.")] = None,
    force: Annotated[bool, flag("--force", "Let --save and --plot replace files.")] = False,
    plot: Annotated[Path | None, option("--plot", "FILE.svg", "Write the curves as a picture (.svg, .png).")] = None,
    compared: Compared,
    lasting: Lasting,
    calculation: Calculation,
    page: PageOptions,
    reading: Reading,
) -> None:
    """Many steps: the loss of each epoch, curves, validation; or several runs side by side."""
    from ...solution.sheets.comparison import compare
    from ...solution.sheets.train import train
    from ..plots import plotting
    from ..progress import INTERRUPTED, interruptible, progress
    from ..save import Copy
    from ..variants import variants

    check_page(page, reading, calculation.expect)
    drawn = plotting(plot, [save], page, force)
    chosen = settings(calculation)
    listed = variants(compared)
    if len(listed) > 1 and save is not None:
        raise UserError("--save writes one network, and several are compared\n  train the one you want by itself")
    runs = [one.planned(reading, calculation.change, lasting) for one in listed]
    copy = None
    if save is not None:
        copy = Copy(runs[0].spec, runs[0].network, save, force, reading.allow_files)
    with interruptible() as asked, progress(runs[0].plan.network, page.quiet or len(runs) > 1) as watch:
        ready = [one.variant(asked, watch) for one in runs]
        trained = train(ready[0].plan, chosen) if len(ready) == 1 else compare(ready, chosen)
    beside = drawn(trained.solution)
    if copy is not None:
        beside |= copy.contents(trained.final)
    code = deliver(trained.solution, page, calculation.expect, beside)
    raise typer.Exit(INTERRUPTED if trained.interrupted else code)

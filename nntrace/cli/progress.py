"""What ``nntrace train`` needs of a terminal: a bar of its progress, and Ctrl-C that ends it at a whole step."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..network.model import Network
    from ..trace.course import Epoch

INTERRUPTED = 130
ROOM_FOR_A_BAR = 60
"""How many columns it takes for a bar and the learning rate beside the count, the loss and the time left."""


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """While something runs that is asked whether to stop: the first Ctrl-C asks, the second ends it at once."""
    asked: list[int] = []
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: object) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, before)

    is_ours = before != signal.SIG_IGN
    if is_ours:
        try:
            signal.signal(signal.SIGINT, ask)
        except ValueError:  # only a program's main thread may say so
            is_ours = False
    try:
        yield lambda: bool(asked)
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, before)


@contextmanager
def progress(network: Network, quiet: bool) -> Iterator[Callable[[Epoch], None]]:
    """A bar on standard error while a training runs, where that is a terminal: loss, learning rate, time left."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda epoch: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    size = network.steps_per_pass
    first, epochs = network.training.done // size, -(-network.iterations // size)
    console = Console(stderr=True)
    wide = console.width >= ROOM_FOR_A_BAR

    def unbroken() -> Column:
        return Column(no_wrap=True)

    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(table_column=unbroken()),
        *([BarColumn()] if wide else []),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(table_column=unbroken()),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=epochs, state="")

        def watch(epoch: Epoch) -> None:
            rate = f"  rate {epoch.rate:.3g}" if wide else ""
            bar.update(task, completed=epoch.number - first, state=f"loss {epoch.loss:.4g}{rate}")

        yield watch

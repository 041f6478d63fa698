"""``nntrace init``: a network file to start from."""

from pathlib import Path
from typing import Annotated

import typer

from ..command import command
from ..options import flag
from ..streams import say
from ..writing import check_free, write_file


@command("Write a commented network file to start from.", "init", "init mine.yaml")
def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="The file to write.")] = Path("net.yaml"),
    force: Annotated[bool, flag("--force", "Replace the file if it is there.")] = False,
) -> None:
    """Write a commented network file to start from."""
    from ..start import starting_file

    check_free(file, force)
    write_file(file, iter(starting_file().splitlines()))
    say(f"wrote {file}; now: nntrace step {file}")

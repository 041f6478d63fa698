"""``nntrace embed``: what commands print, inside documents."""

from pathlib import Path
from typing import Annotated

import typer

from ..command import command
from ..options import flag
from ..streams import say
from ..writing import write_files


@command("Fill in the blocks of a document that name a command.", "embed notes.md", "embed --check README.md")
def embed(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Markdown or LaTeX documents.")],
    check: Annotated[bool, flag("--check", "Write nothing; exit 1 if a block is stale.")] = False,
) -> None:
    """Fill in the blocks of a document that name a command with what it prints: in Markdown behind a fence
    ```nntrace grad --param w21, in LaTeX between % nntrace grad -f tex and % end of nntrace."""
    from ...spec.load import read_text
    from ..app import run
    from ..documents import difference, gathered, refreshed

    old = dict(zip(files, gathered(read_text, files), strict=True))
    new = dict(zip(files, gathered(lambda file: refreshed(file, old[file], run), files), strict=True))
    stale = [file for file in files if old[file] != new[file]]
    if check:
        for file in stale:
            say(difference(file, old[file], new[file]))
        raise typer.Exit(1 if stale else 0)
    write_files({file: new[file].encode() for file in stale})

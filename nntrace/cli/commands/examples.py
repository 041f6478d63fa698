"""``nntrace examples``: the networks that come with it."""

from typing import Annotated

import typer

from ..command import command
from ..streams import writing


@command("List the shipped networks, or print one of them.", "examples", "examples mazur > net.yaml")
def examples(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Print this network's file.")] = None,
) -> None:
    """List the networks that come with nntrace, or print one of them."""
    from ..run import example_names, example_text

    if name is not None:
        with writing():
            typer.echo(example_text(name), nl=False)
        return
    from ...spec import read

    known = example_names()
    width = max(map(len, known))
    titles = [read(example_text(one), one, None).title or "" for one in known]
    with writing():
        for one, title in zip(known, titles, strict=True):
            typer.echo(f"{one:{width}}  {title}".rstrip())

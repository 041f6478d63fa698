"""The program: which commands there are, and how one is found and run."""

from functools import cache
from importlib import import_module
from io import StringIO
from shutil import get_terminal_size
from typing import Annotated, Any

import typer
import typer.main
from typer._click.exceptions import ClickException, NoSuchOption

from .command import COMMANDS
from .streams import say

NAMES = [
    "forward", "grad", "step", "train", "flow", "draw", "derive", "collapse", "examples", "embed", "schema", "init",
]  # fmt: skip
"""The commands in the order of ``nntrace --help``; each is a file in ``commands/``, loaded where it is asked for."""


def _version(asked: bool) -> None:
    if asked:
        from .. import __version__

        typer.echo(f"nntrace {__version__}")
        raise typer.Exit


def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A tracer of neural networks that shows its work: each number as formula = numbers put in = value."""


@cache
def _program(name: str | None) -> Any:
    """One command or, without a name, the program with all of them; made once however many are run."""
    app = typer.Typer(
        name="nntrace",
        help="A tracer of neural networks that shows its work: each number as formula = numbers put in = value.",
        epilog="Start with: nntrace step --lr 0.1      (the built-in homework; then: nntrace init, and edit net.yaml)",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    if name is None:
        app.callback()(common)
    for command in NAMES if name is None else (name,):
        import_module(f"{__package__}.commands.{command}")
        COMMANDS[command](app)
    return typer.main.get_command(app)


NARROWEST_HELP, WIDEST_HELP = 30, 78

ALSO_CALLED = {"backward": "grad"}
"""Other words for a command."""


def _with_command(arguments: list[str]) -> list[str]:
    """The arguments with their command: ``forward`` where a network file stands in its place."""
    first = arguments[0] if arguments else ""
    if first in ALSO_CALLED:
        return [ALSO_CALLED[first], *arguments[1:]]
    return ["forward", *arguments] if first == "-" or first.endswith((".yaml", ".yml")) else arguments


BY_NAME = ("--param", "--only", "--wrt")
"""What asks for quantities by name; a command has at most one of these."""


def _add_remedy(mistake: NoSuchOption) -> None:
    """Name in place of options that look alike the one of the same meaning, or the commands that have it."""
    from difflib import get_close_matches

    wrong, context = mistake.option_name, mistake.ctx
    of = {name: {one for option in command.params for one in option.opts}
          for name, command in _program(None).commands.items()}  # fmt: skip
    here = of.get(context.command.name or "", set()) if context else set()
    alike = here.intersection(BY_NAME) if get_close_matches(wrong, BY_NAME, cutoff=0.8) else set()
    others = [name for name in NAMES if wrong in of[name]]
    if alike or others:
        mistake.possibilities = None
        have = f"{', '.join(others)} {'have' if others[1:] else 'has'} it"
        mistake.message += f"; here it is {min(alike)}" if alike else f"; {have}"


def run(arguments: list[str]) -> int:
    """Run one command; its exit code. The shell's completion and typer's own error pages have no part in it."""
    arguments = _with_command(arguments)
    asked = next((name for name in arguments[:1] if name in NAMES), None)
    width = max(NARROWEST_HELP, min(get_terminal_size().columns, WIDEST_HELP))
    try:
        called, given = ("nntrace", arguments) if asked is None else (f"nntrace {asked}", arguments[1:])
        with (program := _program(asked)).make_context(called, given, terminal_width=width) as context:
            program.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except ClickException as mistake:
        if isinstance(mistake, NoSuchOption):
            _add_remedy(mistake)
        text = StringIO()
        mistake.show(text)
        say(text.getvalue().rstrip("\n"))
        return mistake.exit_code
    return 0

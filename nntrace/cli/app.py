"""The commands. What they import, they import when they run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.main
from typer._click.exceptions import ClickException

from ..errors import UserError
from .command import spread
from .options import Calculation, Changes, PageOptions, Reading
from .run import check_page, deliver, read_network
from .streams import say, writing
from .words import settings, typed_number
from .writing import check_free, same_file, write_file

if TYPE_CHECKING:
    from fractions import Fraction

    from ..network.model import Network

_COMMANDS: dict[str, Callable[[typer.Typer], object]] = {}
"""What puts each command, by its name, into the program."""


def _command(*examples: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command, with examples at the end of its help, one on a line (the mark keeps their lines apart)."""
    listed = "\b\nExamples:\n" + "\n".join(f"  nntrace {example}" for example in examples)

    def keep(function: Callable[..., None]) -> Callable[..., None]:
        _COMMANDS[function.__name__] = lambda app: app.command(epilog=listed)(spread(function))
        return function

    return keep


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


@_command("forward net.yaml", "forward --set i1=3", "forward -f json")
def forward(*, calculation: Calculation, page: PageOptions, reading: Reading) -> None:
    """Every unit's value: formula, numbers put in, terms, value; then the loss."""
    from ..solution.sheets.calculation import Sheet

    check_page(page, reading, calculation.expect)
    chosen = settings(calculation)
    network, _ = read_network(reading, calculation.change)
    sheet = Sheet(network, chosen)
    raise typer.Exit(deliver(sheet.forward(), page, calculation.expect))


@_command("grad --param w21", "grad net.yaml -p 'w1*' -p b1", "grad --all")
def grad(
    *,
    param: Annotated[
        list[str],
        typer.Option("--param", "-p", metavar="NAME", help="A weight, bias, unit, input, tensor or glob. Repeatable."),
    ] = [],
    everything: Annotated[bool, typer.Option("--all", help="All parameters. The default without --param.")] = False,
    calculation: Calculation,
    page: PageOptions,
    reading: Reading,
) -> None:
    """The gradient of the loss: by stored deltas, and for what is asked by name also over its paths."""
    from ..network.quantities import parameters
    from ..solution.sheets.calculation import Sheet, asked_quantities

    check_page(page, reading, calculation.expect)
    chosen = settings(calculation)
    network, _ = read_network(reading, calculation.change)
    _need_loss(network.loss)
    asked = asked_quantities(network, param) if param else parameters(network)
    if param and everything:
        asked = list(dict.fromkeys([*asked, *parameters(network)]))
    sheet = Sheet(network, chosen)
    solution = sheet.gradient(asked, named=bool(param) and not everything)
    raise typer.Exit(deliver(solution, page, calculation.expect))


@_command("step --lr 0.1", "step --only w21", "step --save next.yaml")
def step(
    *,
    lr: Annotated[
        str | None, typer.Option("--lr", metavar="NUMBER", help="Learning rate. Default: the file's.")
    ] = None,
    only: Annotated[
        list[str], typer.Option("--only", metavar="NAME", help="Update just this parameter. Repeatable.")
    ] = [],
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the updated network to a file.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --save replace a file.")] = False,
    calculation: Calculation,
    page: PageOptions,
    reading: Reading,
) -> None:
    """One training step: forward, backward, then every parameter's old value, gradient and new value."""
    from ..solution.sheets.calculation import asked_quantities
    from ..solution.sheets.iterations import training
    from .save import Copy

    check_page(page, reading, calculation.expect)
    if save is not None:
        check_free(save, force)
        if page.output is not None and same_file(save, page.output):
            raise UserError(f"the sheet and the updated network cannot both be {save}\n  choose another name for one")
    chosen = settings(calculation)
    typed = typed_number(lr, f"--lr {lr}") if lr is not None else None
    network, spec = read_network(reading, calculation.change)
    if not network.training.gradients:
        _need_loss(network.loss)
    network = _with_rate(network, typed)
    updated = asked_quantities(network, only, parameters=True) if only else None
    copy = Copy(spec, network, save, force) if save is not None else None
    trained = training(network, chosen, updated)
    if copy is not None:
        copy.write(trained.final)
    raise typer.Exit(deliver(trained.solution, page, calculation.expect))


@_command("derive net.yaml", "derive --wrt W1")
def derive(
    *,
    wrt: Annotated[
        list[str], typer.Option("--wrt", metavar="NAME", help="Only what leads to this tensor or element. Repeatable.")
    ] = [],
    name: Annotated[
        list[str],
        typer.Option("--name", metavar="LABEL=∂A/∂B", help="Call a derivative so, e.g. δ0=∂L/∂z2. Repeatable."),
    ] = [],
    at: Annotated[
        list[str],
        typer.Option("--at", metavar="NAME=NUMBERS", help="Try stability at, e.g. z2=1000,0,-1000. Repeatable."),
    ] = [],
    with_numbers: Annotated[
        bool, typer.Option("--with-numbers", help="The network's numbers beside the matrix lines.")
    ] = False,
    page: PageOptions,
    reading: Reading,
) -> None:
    """The symbolic solution: shapes, Jacobians, gradients in index and matrix form, each by its rule."""
    from ..network.joined import refuse_joined
    from ..solution.derive.sheet import Derivation
    from .question import question

    check_page(page, reading)
    network, _ = read_network(reading, numbers=with_numbers)
    refuse_joined(network, "derive")
    solution = Derivation(network, question(network, wrt, name, at, with_numbers)).solution()
    raise typer.Exit(deliver(solution, page))


@_command("collapse net.yaml")
def collapse(*, change: Changes = [], page: PageOptions, reading: Reading) -> None:
    """Stacked layers as one affine map, or the activation that keeps them apart."""
    from ..network.joined import refuse_joined
    from ..solution.sheets.collapse import Collapse
    from ..trace.tracing import trace_of

    check_page(page, reading)
    network, _ = read_network(reading, change, numbers=False)
    refuse_joined(network, "collapse")
    trace = trace_of(network) if network.has_numbers else None
    solution = Collapse(network, trace).solution()
    raise typer.Exit(deliver(solution, page))


@_command("examples", "examples mazur > net.yaml")
def examples(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Print this network's file.")] = None,
) -> None:
    """List the networks that come with nntrace, or print one of them."""
    from .run import example_names, example_text

    if name is not None:
        with writing():
            typer.echo(example_text(name), nl=False)
        return
    from ..spec import read

    known = example_names()
    width = max(map(len, known))
    titles = [read(example_text(one), one, None).title or "" for one in known]
    with writing():
        for one, title in zip(known, titles, strict=True):
            typer.echo(f"{one:{width}}  {title}".rstrip())


@_command("init", "init mine.yaml")
def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="The file to write.")] = Path("net.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a commented network file to start from."""
    from .start import starting_file

    check_free(file, force)
    write_file(file, iter(starting_file().splitlines()))
    say(f"wrote {file}; now: nntrace step {file}")


def _need_loss(loss: str | None) -> None:
    if loss is None:
        raise UserError("this network has no loss, so there is no gradient\n  add targets: and loss: to the file")


@cache
def _program(name: str | None) -> Any:
    """The program with one command or, without a name, with all of them; made once however many are run."""
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
    app.callback()(common)
    for add in _COMMANDS.values() if name is None else [_COMMANDS[name]]:
        add(app)
    return typer.main.get_command(app)


def run(arguments: list[str]) -> int:
    """Run one command; its exit code. The shell's completion and typer's own error pages have no part in it."""
    asked = next((name for name in arguments[:1] if name in _COMMANDS), None)
    try:
        with (program := _program(asked)).make_context("nntrace", arguments) as context:
            program.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except ClickException as mistake:
        text = StringIO()
        mistake.show(text)
        say(text.getvalue().rstrip("\n"))
        return mistake.exit_code
    return 0


def _with_rate(network: Network, typed: Fraction | None) -> Network:
    """The network with a learning rate: the one of the command for every parameter, else the file's."""
    if typed is not None:
        from ..network.change import with_rate

        return with_rate(network, typed)
    if network.training.rates is None:
        raise UserError("there is no learning rate\n  add learning_rate: 0.1 to the file, or --lr 0.1 to the command")
    return network

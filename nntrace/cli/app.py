"""The commands. What they import, they import when they run."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Optional

import typer

from ..errors import UserError
from . import options
from .run import Target, deliver, read_network, rounding_rule, same_file, typed_number, view_of


def _examples(*commands: str) -> str:
    """Examples for the end of a help text, one on a line (the mark keeps their lines apart)."""
    return "\b\nExamples:\n" + "\n".join(f"  nntrace {command}" for command in commands)


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


def _version(asked: bool) -> None:
    if asked:
        from .. import __version__

        typer.echo(f"nntrace {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A tracer of neural networks that shows its work: each number as formula = numbers put in = value."""


@app.command(epilog=_examples("forward net.yaml", "forward --set i1=3", "forward -f json"))
def forward(
    net: options.Net = None,
    change: options.Set = [],
    expect: options.Expect = [],
    full: options.Full = False,
    format: options.Format = None,
    output: options.Output = None,
    digits: options.Digits = None,
    rounding: options.Rounding = None,
    view: options.View = None,
    width: options.Width = None,
    ascii: options.Ascii = False,
    quiet: options.Quiet = False,
    allow_files: options.AllowFiles = False,
) -> None:
    """Every unit's value: formula, numbers put in, terms, value; then the loss."""
    from ..solution.sheets.calculation import Settings, Sheet

    network, _ = read_network(net, change, allow_files)
    sheet = Sheet(network, Settings(digits, full, rounding_rule(rounding), view_of(view)))
    raise typer.Exit(deliver(sheet.forward(), Target(format, output, width, ascii, quiet), expect))


@app.command(epilog=_examples("grad --param w21", "grad net.yaml -p 'w1*' -p b1", "grad --all"))
def grad(
    net: options.Net = None,
    param: Annotated[
        list[str],
        typer.Option("--param", "-p", metavar="NAME", help="A weight, bias, unit, input, tensor or glob. Repeatable."),
    ] = [],
    everything: Annotated[bool, typer.Option("--all", help="All parameters. The default without --param.")] = False,
    change: options.Set = [],
    expect: options.Expect = [],
    full: options.Full = False,
    format: options.Format = None,
    output: options.Output = None,
    digits: options.Digits = None,
    rounding: options.Rounding = None,
    view: options.View = None,
    width: options.Width = None,
    ascii: options.Ascii = False,
    quiet: options.Quiet = False,
    allow_files: options.AllowFiles = False,
) -> None:
    """The gradient of the loss: by stored deltas, and for what is asked by name also over its paths."""
    from ..network.quantities import parameters
    from ..solution.sheets.calculation import Settings, Sheet, asked_quantities

    network, _ = read_network(net, change, allow_files)
    _need_loss(network.loss)
    asked = asked_quantities(network, param) if param else parameters(network)
    if param and everything:
        asked = list(dict.fromkeys([*asked, *parameters(network)]))
    sheet = Sheet(network, Settings(digits, full, rounding_rule(rounding), view_of(view)))
    solution = sheet.gradient(asked, named=bool(param) and not everything)
    raise typer.Exit(deliver(solution, Target(format, output, width, ascii, quiet), expect))


@app.command(epilog=_examples("step --lr 0.1", "step --only w21", "step --save next.yaml"))
def step(
    net: options.Net = None,
    lr: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--lr", metavar="NUMBER", help="Learning rate. Default: the file's."),
    ] = None,
    only: Annotated[
        list[str], typer.Option("--only", metavar="NAME", help="Update just this parameter. Repeatable.")
    ] = [],
    save: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--save", metavar="FILE", help="Write the updated network to a file."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --save replace a file.")] = False,
    change: options.Set = [],
    expect: options.Expect = [],
    full: options.Full = False,
    format: options.Format = None,
    output: options.Output = None,
    digits: options.Digits = None,
    rounding: options.Rounding = None,
    view: options.View = None,
    width: options.Width = None,
    ascii: options.Ascii = False,
    quiet: options.Quiet = False,
    allow_files: options.AllowFiles = False,
) -> None:
    """One training step: forward, backward, then every parameter's old value, gradient and new value."""
    from ..solution.sheets.calculation import Settings, Sheet, asked_quantities
    from .save import check_free, save_network

    if save is not None:
        check_free(save, force)
        if output is not None and same_file(save, output):
            raise UserError(f"the sheet and the updated network cannot both be {save}\n  choose another name for one")
    network, spec = read_network(net, change, allow_files)
    _need_loss(network.loss)
    rate = _learning_rate(lr, network.learning_rate)
    chosen = asked_quantities(network, only, parameters=True) if only else None
    sheet = Sheet(network, Settings(digits, full, rounding_rule(rounding), view_of(view)))
    solution = sheet.step(rate, chosen)
    code = deliver(solution, Target(format, output, width, ascii, quiet), expect)
    if save is not None:
        save_network(spec, network, sheet.final, save, force)
    raise typer.Exit(code)


@app.command(epilog=_examples("derive net.yaml", "derive --wrt W1"))
def derive(
    net: options.Net = None,
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
    format: options.Format = None,
    output: options.Output = None,
    width: options.Width = None,
    ascii: options.Ascii = False,
    quiet: options.Quiet = False,
    allow_files: options.AllowFiles = False,
) -> None:
    """The symbolic solution: shapes, Jacobians, gradients in index and matrix form, each by its rule."""
    from ..solution.derive.sheet import Derivation
    from .question import question

    network, _ = read_network(net, (), allow_files, numbers=with_numbers)
    solution = Derivation(network, question(network, wrt, name, at, with_numbers)).solution()
    raise typer.Exit(deliver(solution, Target(format, output, width, ascii, quiet), ()))


@app.command(epilog=_examples("collapse net.yaml"))
def collapse(
    net: options.Net = None,
    change: options.Set = [],
    format: options.Format = None,
    output: options.Output = None,
    width: options.Width = None,
    ascii: options.Ascii = False,
    quiet: options.Quiet = False,
    allow_files: options.AllowFiles = False,
) -> None:
    """Stacked layers as one affine map, or the activation that keeps them apart."""
    from ..solution.sheets.collapse import Collapse
    from ..trace.trace import trace_of

    network, _ = read_network(net, change, allow_files, numbers=False)
    trace = trace_of(network) if network.has_numbers else None
    solution = Collapse(network, trace).solution()
    raise typer.Exit(deliver(solution, Target(format, output, width, ascii, quiet), ()))


@app.command(epilog=_examples("examples", "examples mazur > net.yaml"))
def examples(
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="[NAME]", help="Print this network's file."),
    ] = None,
) -> None:
    """List the networks that come with nntrace, or print one of them."""
    from .run import example_names, example_text, writing

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


@app.command(epilog=_examples("init", "init mine.yaml"))
def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="The file to write.")] = Path("net.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a commented network file to start from."""
    from .run import say, write_file
    from .save import check_free
    from .start import starting_file

    check_free(file, force)
    write_file(file, iter(starting_file().splitlines()))
    say(f"wrote {file}; now: nntrace step {file}")


def _need_loss(loss: str | None) -> None:
    if loss is None:
        raise UserError("this network has no loss, so there is no gradient\n  add targets: and loss: to the file")


def _learning_rate(typed: str | None, given: Fraction | None) -> Fraction:
    if typed is not None:
        return typed_number(typed, f"--lr {typed}")
    if given is None:
        raise UserError("there is no learning rate\n  add learning_rate: 0.1 to the file, or --lr 0.1 to the command")
    return given

"""The commands. What they import, they import when they run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.main
from typer._click.exceptions import ClickException

from ..errors import UserError
from ..library.words import need_layers, need_loss, typed_number, with_rate
from ..limits import beyond
from .command import spread
from .options import Calculation, Changes, Compared, Lasting, PageOptions, Reading, StepOptions
from .run import check_page, deliver, read_network
from .streams import say, writing
from .words import settings, with_count, with_optimizer
from .writing import check_free, same_file, write_file, write_files

if TYPE_CHECKING:
    from ..spec import Spec

_COMMANDS: dict[str, Callable[[typer.Typer], object]] = {}
"""What puts each command, by its name, into the program."""


def _command(short: str, *examples: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command, with its line in the list of all, and examples at the end of its help.

    Each example has a line of its own: the mark keeps them apart.
    """
    listed = "\b\nExamples:\n" + "\n".join(f"  nntrace {example}" for example in examples)

    def keep(function: Callable[..., None]) -> Callable[..., None]:
        _COMMANDS[function.__name__] = lambda app: app.command(epilog=listed, short_help=short)(spread(function))
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


@_command(
    "Every unit's value, line by line; then the loss.", "forward net.yaml", "forward --set i1=3", "forward -f json"
)
def forward(*, calculation: Calculation, page: PageOptions, reading: Reading) -> None:
    """Every unit's value: formula, numbers put in, terms, value; then the loss."""
    from ..solution.sheets.calculation import Sheet

    check_page(page, reading, calculation.expect)
    chosen = settings(calculation)
    network, spec = read_network(reading, calculation.change)
    need_layers(spec)
    sheet = Sheet(network, chosen)
    raise typer.Exit(deliver(sheet.forward(), page, calculation.expect))


@_command(
    "The gradient of the loss, by stored deltas and over its paths.",
    "grad --param w21",
    "grad net.yaml -p 'w1*' -p b1",
    "grad --all",
)
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
    network, spec = read_network(reading, calculation.change)
    need_layers(spec)
    need_loss(network.loss)
    asked = asked_quantities(network, param) if param else parameters(network)
    if param and everything:
        asked = list(dict.fromkeys([*asked, *parameters(network)]))
    sheet = Sheet(network, chosen)
    solution = sheet.gradient(asked, named=bool(param) and not everything)
    raise typer.Exit(deliver(solution, page, calculation.expect))


@_command(
    "One training step: forward, backward, update table, checks.",
    "step --lr 0.1",
    "step --only w21",
    "step --save next.yaml",
)
def step(
    *,
    only: Annotated[
        list[str], typer.Option("--only", metavar="NAME", help="Update just this parameter. Repeatable.")
    ] = [],
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the updated network to a file.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --save replace a file.")] = False,
    trace: Annotated[
        str | None,
        typer.Option("--trace", metavar="1,2,100", help="Iterations to show in full; of the others the summary."),
    ] = None,
    steps: StepOptions,
    lasting: Lasting,
    calculation: Calculation,
    page: PageOptions,
    reading: Reading,
) -> None:
    """One training step: forward, backward, then every parameter's old value, gradient and new value."""
    from ..solution.sheets.calculation import asked_quantities
    from ..solution.sheets.iterations import training
    from .save import Copy

    check_page(page, reading, calculation.expect)
    _check_files([save] if save is not None else [], page, force)
    chosen = settings(calculation, trace)
    rate = None if steps.lr is None else typed_number(steps.lr, f"--lr {steps.lr}")

    def adjusted(spec: Spec) -> Spec:
        return with_count(spec if steps.optimizer is None else with_optimizer(spec, steps.optimizer), lasting)

    network, spec = read_network(reading, calculation.change, adjusted=adjusted)
    if not network.training.gradients:
        need_loss(network.loss)
    if network.iterations > spec.limits.iterations:
        wrong, remedy = beyond("iterations", network.iterations, spec.limits.iterations)
        raise UserError(f"{wrong}\n  {remedy}; nntrace train keeps only what each epoch came to")
    network = with_rate(network, rate)
    updated = asked_quantities(network, only, parameters=True) if only else None
    copy = Copy(spec, network, save, force) if save is not None else None
    trained = training(network, chosen, updated)
    if copy is not None:
        copy.write(trained.final)
    raise typer.Exit(deliver(trained.solution, page, calculation.expect))


@_command(
    "Many steps: losses, curves, validation; runs side by side.",
    "train net.yaml --epochs 100 --plot curves.svg",
    "train --lr 3e-4,0.4",
    "train -o losses.csv",
)
def train(
    *,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the trained network to a file.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --save and --plot replace files.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.svg", help="Write the curves as a picture.")
    ] = None,
    compared: Compared,
    lasting: Lasting,
    calculation: Calculation,
    page: PageOptions,
    reading: Reading,
) -> None:
    """Many steps: the loss of each epoch, curves, validation; or several runs side by side."""
    from ..solution.sheets.comparison import compare
    from ..solution.sheets.train import train
    from .save import Copy
    from .train import INTERRUPTED, interruptible, pictures, progress
    from .variants import variants

    check_page(page, reading, calculation.expect)
    _check_files([one for one in (save, plot) if one is not None], page, force)
    chosen = settings(calculation)
    listed = variants(compared)
    if len(listed) > 1 and save is not None:
        raise UserError("--save writes one network, and several are compared\n  train the one you want by itself")
    runs = [one.planned(reading, calculation.change, lasting) for one in listed]
    copy = Copy(runs[0].spec, runs[0].plan.network, save, force) if save is not None else None
    with interruptible() as asked, progress(runs[0].plan.network, page.quiet or len(runs) > 1) as watch:
        ready = [one.variant(asked, watch) for one in runs]
        trained = train(ready[0].plan, chosen) if len(ready) == 1 else compare(ready, chosen)
    if plot is not None:
        write_files(pictures(plot, trained.solution))
    if copy is not None:
        copy.write(trained.final)
    code = deliver(trained.solution, page, calculation.expect)
    raise typer.Exit(INTERRUPTED if trained.interrupted else code)


@_command(
    "How the gradient shrinks or grows from layer to layer.",
    "flow net.yaml",
    "flow --activation sigmoid,tanh,relu,leaky_relu",
    "flow --depth 2:20 --plot flow.svg",
)
def flow(
    *,
    activation: Annotated[
        list[str], typer.Option("--activation", metavar="KINDS", help="The network with each of these: sigmoid,tanh.")
    ] = [],
    depth: Annotated[
        str | None, typer.Option("--depth", metavar="2:20", help="Repeat the square hidden layer: so many in all.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Draw the repeated layers' weights instead of copying.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.svg", help="Write the picture to a file.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --plot replace a file.")] = False,
    calculation: Calculation,
    page: PageOptions,
    reading: Reading,
) -> None:
    """How the gradient shrinks or grows from layer to layer, by which factors, and what follows."""
    from ..solution.sheets.flow import flows
    from .flow import variants
    from .train import pictures

    check_page(page, reading, calculation.expect)
    _check_files([plot] if plot is not None else [], page, force)
    chosen = settings(calculation)
    solution = flows(variants(reading, calculation.change, activation, depth, seed), chosen)
    if plot is not None:
        write_files(pictures(plot, solution))
    raise typer.Exit(deliver(solution, page, calculation.expect))


@_command("A picture of the network with its values.", "draw net.yaml", "draw -o net.svg", "grad -p w21 -o w21.png")
def draw(*, calculation: Calculation, page: PageOptions, reading: Reading) -> None:
    """A picture of the network with its values: .svg, .png, .tex (TikZ), or plain characters."""
    from ..solution.sheets.calculation import Sheet

    check_page(page, reading, calculation.expect)
    chosen = settings(calculation)
    network, _ = read_network(reading, calculation.change)
    raise typer.Exit(deliver(Sheet(network, chosen).picture(), page, calculation.expect))


@_command("The symbolic solution: shapes, Jacobians, gradients, rules.", "derive net.yaml", "derive --wrt W1")
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
    from ..library.question import question
    from ..network.apart import apart
    from ..solution.derive.sheet import Derivation

    check_page(page, reading)
    network, spec = read_network(reading, numbers=with_numbers)
    need_layers(spec)
    solution = Derivation(network, question(apart(network), wrt, name, at, with_numbers)).solution()
    raise typer.Exit(deliver(solution, page))


@_command("Stacked layers as one affine map, or what keeps them apart.", "collapse net.yaml")
def collapse(*, change: Changes = [], page: PageOptions, reading: Reading) -> None:
    """Stacked layers as one affine map, or the activation that keeps them apart."""
    from ..network.apart import apart, with_owned_parameters
    from ..solution.sheets.collapse import Collapse
    from ..trace.tracing import trace_of

    check_page(page, reading)
    network, spec = read_network(reading, change, numbers=False)
    need_layers(spec)
    network = with_owned_parameters(apart(network))
    trace = trace_of(network) if network.has_numbers else None
    solution = Collapse(network, trace).solution()
    raise typer.Exit(deliver(solution, page))


@_command("List the shipped networks, or print one of them.", "examples", "examples mazur > net.yaml")
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


@_command("Fill in the blocks of a document that name a command.", "embed notes.md", "embed --check README.md")
def embed(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Markdown or LaTeX documents.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if a block is stale.")] = False,
) -> None:
    """Fill in the blocks of a document that name a command, ```nntrace grad --param w21, with what it prints."""
    from ..spec.load import read_text
    from .embed import difference, refreshed

    old = {file: read_text(file) for file in files}
    new = {file: refreshed(file, text, run) for file, text in old.items()}
    stale = [file for file in files if old[file] != new[file]]
    if check:
        for file in stale:
            say(difference(file, old[file], new[file]))
        raise typer.Exit(1 if stale else 0)
    write_files({file: new[file].encode() for file in stale})


@_command("The JSON Schema of a network file, or of a sheet.", "schema > network.schema.json", "schema --sheet")
def schema(
    sheet: Annotated[bool, typer.Option("--sheet", help="Of the JSON sheet instead.")] = False,
) -> None:
    """Print the JSON Schema of a network file, for an editor's completion and hints."""
    with writing():
        if sheet:
            from ..formats.json import schema_text

            typer.echo(schema_text(), nl=False)
        else:
            import json

            from ..spec.schema import network_schema

            typer.echo(json.dumps(network_schema(), indent=1, ensure_ascii=False))


@_command("Write a commented network file to start from.", "init", "init mine.yaml")
def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="The file to write.")] = Path("net.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a commented network file to start from."""
    from .start import starting_file

    check_free(file, force)
    write_file(file, iter(starting_file().splitlines()))
    say(f"wrote {file}; now: nntrace step {file}")


def _check_files(files: Sequence[Path], page: PageOptions, force: bool) -> None:
    """Refuse files that cannot be written beside the sheet."""
    every = [*files, *([] if page.output is None else [page.output])]
    for place, file in enumerate(files):
        check_free(file, force)
        for other in every[place + 1 :]:
            if same_file(file, other):
                raise UserError(f"two things cannot both be {file}\n  choose another name for one")


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


ALSO_CALLED = {"backward": "grad"}
"""Other words for a command."""


def _with_command(arguments: list[str]) -> list[str]:
    """The arguments with their command: ``forward`` where a network file stands in its place."""
    first = arguments[0] if arguments else ""
    if first in ALSO_CALLED:
        return [ALSO_CALLED[first], *arguments[1:]]
    return ["forward", *arguments] if first == "-" or first.endswith((".yaml", ".yml")) else arguments


def run(arguments: list[str]) -> int:
    """Run one command; its exit code. The shell's completion and typer's own error pages have no part in it."""
    arguments = _with_command(arguments)
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

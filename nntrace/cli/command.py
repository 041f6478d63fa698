"""How a function becomes a command: a record among its parameters stands for the options that are its fields."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, get_annotations, signature
from typing import Any

import typer

COMMANDS: dict[str, Callable[[typer.Typer], object]] = {}
"""What puts each command, by its name, into the program."""


def command(short: str, *examples: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command, with its line in the list of all, and examples at the end of its help.

    Each example has a line of its own: the mark keeps them apart.
    """
    listed = "\b\nExamples:\n" + "\n".join(f"  nntrace {example}" for example in examples)

    def keep(function: Callable[..., None]) -> Callable[..., None]:
        COMMANDS[function.__name__] = lambda app: app.command(epilog=listed, short_help=short)(spread(function))
        return function

    return keep


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command with one parameter for each field of its records, as typer reads them."""
    hints = get_annotations(command, eval_str=True)
    records = {name: kind for name, kind in hints.items() if hasattr(kind, "_fields")}
    parameters: list[Parameter] = []
    for own in signature(command).parameters.values():
        if (record := records.get(own.name)) is not None:
            fields = get_annotations(record, eval_str=True)
            parameters += [_parameter(name, fields[name], record._field_defaults[name]) for name in record._fields]
        else:
            parameters.append(_parameter(own.name, hints[own.name], own.default))

    def run(**given: Any) -> None:
        made = {
            name: record(**{field: given.pop(field) for field in record._fields}) for name, record in records.items()
        }
        command(**given, **made)

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__annotations__ = {}  # typer reads the signature
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return run


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

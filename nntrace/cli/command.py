"""How a function becomes a command: a record among its parameters stands for the options that are its fields."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command with one parameter for each field of its records, as typer reads them."""
    hints = get_type_hints(command, include_extras=True)
    records = {name: kind for name, kind in hints.items() if hasattr(kind, "_fields")}
    parameters: list[Parameter] = []
    for own in signature(command).parameters.values():
        if (record := records.get(own.name)) is not None:
            fields = get_type_hints(record, include_extras=True)
            parameters += [_parameter(name, fields[name], record._field_defaults[name]) for name in record._fields]
        else:
            parameters.append(_parameter(own.name, hints[own.name], own.default))

    def run(**given: Any) -> None:
        made = {
            name: record(**{field: given.pop(field) for field in record._fields}) for name, record in records.items()
        }
        command(**given, **made)

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return run


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

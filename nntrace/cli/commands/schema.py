"""``nntrace schema``: the JSON Schemas."""

from typing import Annotated

import typer

from ..command import command
from ..options import flag
from ..streams import writing


@command("The JSON Schema of a network file, or of a sheet.", "schema > network.schema.json", "schema --sheet")
def schema(
    sheet: Annotated[bool, flag("--sheet", "The schema of the JSON sheet instead.")] = False,
) -> None:
    """Print the JSON Schema of a network file, for an editor's completion and hints."""
    with writing():
        if sheet:
            from ...formats.json import schema_text

            typer.echo(schema_text(), nl=False)
        else:
            import json

            from ...spec.schema import network_schema

            typer.echo(json.dumps(network_schema(), indent=1, ensure_ascii=False))

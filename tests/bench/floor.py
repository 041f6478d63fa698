"""The least that a program of this kind does: the same four packages, a small file, one product, one table.

It imports them as ``nntrace`` does, inside the command. ``startup.py`` measures ``nntrace forward`` against it.
"""

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

FILE = """\
title: floor
inputs: [2.0, -1.0]
weights: [[1.0, 0.5], [-0.5, -1.0]]
"""


@app.command()
def main() -> None:
    """Parse, multiply, print."""
    import numpy as np
    import yaml
    from rich.console import Console
    from rich.table import Table

    network = yaml.load(FILE, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    result = np.array(network["weights"]) @ np.array(network["inputs"])
    table = Table("unit", "value", title=network["title"])
    for place, value in enumerate(result, start=1):
        table.add_row(f"h{place}", str(value))
    Console().print(table)


app()

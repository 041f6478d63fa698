"""The least that prints two lines with typer and yaml; ``startup.py`` measures ``nntrace forward`` against it."""

import typer
import yaml

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def main() -> None:
    """Parse, print."""
    for name, value in yaml.load("{h1: 2.0, h2: -0.5}", Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)).items():
        print(name, value)


app()

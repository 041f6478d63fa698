"""``python -m nntrace``."""

from .cli import program

program()

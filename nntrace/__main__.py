"""``python -m nntrace``."""

from .cli import main

main()

"""The command line: arguments in, an exit code out. 0: done; 1: a check failed; 2: the command or a file is wrong."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command of ``sys.argv`` and exit. A user's mistake is a message on standard error and exit code 2."""
    from ..errors import UserError
    from .app import app
    from .run import say, writing

    gc.set_threshold(200_000)  # a sheet is many small records and no cycles: looking for these took a third of the time
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with writing():
            app()
    except UserError as mistake:
        say(str(mistake))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)

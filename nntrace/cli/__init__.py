"""The command line: arguments in, an exit code out.

0: done; 1: a check failed; 2: the command or a file is wrong; 70: a fault of nntrace; 130, 143: stopped from outside.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

FAULT = 70
DEBUG = "NNTRACE_DEBUG"


def program() -> None:
    """The installed command, a process of its own: it ends without taking all modules apart, a tenth of a short run.

    With ``NNTRACE_DEBUG`` it ends as any program in Python, for profilers and the like.
    """
    try:
        main()
    except SystemExit as end:
        if DEBUG in os.environ or not isinstance(end.code, int):
            raise
        atexit._run_exitfuncs()
        os._exit(end.code)  # what was written is flushed: ``streams.guarded``


def main() -> None:
    """Run the command of ``sys.argv`` and exit."""
    gc.set_threshold(200_000)  # a sheet is many small records and no cycles: looking for these took a third of the time
    try:
        from .interrupts import end_quietly

        end_quietly()
        sys.exit(exit_code(sys.argv[1:]))
    except KeyboardInterrupt:  # before signals are ours, or where they cannot be
        os._exit(130)


def exit_code(arguments: list[str]) -> int:
    """A user's mistake is a message on standard error and 2; a fault of our own is one line and 70."""
    from ..errors import UserError
    from .streams import guarded, prepare, say

    try:
        prepare()
        with guarded():
            from .app import run

            return run(arguments)
        return 0  # nobody reads any more
    except UserError as mistake:
        say(str(mistake))
        return 2
    except MemoryError:
        say("there is not enough memory for this\n  make the network, its samples or its iterations fewer")
        return 2
    except Exception as fault:
        if os.environ.get(DEBUG):
            from traceback import format_exc

            say(format_exc())
        what = f"{type(fault).__name__}: {fault}".rstrip(": ").splitlines()[0]
        say(f"this is a fault of nntrace ({what}): please report it where you have nntrace from, with the command and "
            f"its files; {DEBUG}=1 shows where it arose")  # fmt: skip
        return FAULT

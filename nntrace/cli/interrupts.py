"""Ctrl-C and its kin end the program at once and quietly, without a trace of files that were being written."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

UNFINISHED: set[str] = set()
"""Files that are being written, under the names they have until they are whole."""
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def end_quietly() -> None:
    """From now on a signal ends the program with 128 and its number; one that is ignored stays so."""
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            with contextlib.suppress(ValueError):  # only a program's main thread may say so
                signal.signal(number, _end)


def _end(number: int, _: object) -> None:
    """Nothing is raised: an exception could get lost in an import or a destructor."""
    for path in UNFINISHED:
        with contextlib.suppress(OSError):
            os.unlink(path)
    os._exit(128 + number)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """While files are moved into place, which is done for all or for none: signals wait."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

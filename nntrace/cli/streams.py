"""Standard output and standard error: what is closed, full, or cannot carry a sign."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from ..errors import UserError, printable


def prepare() -> None:
    """Signs that an output's encoding has not are written by their numbers; an encoding that is none, as UTF-8."""
    stream = sys.stdout
    if isinstance(stream, TextIO) or hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        try:
            "×\n".encode(stream.encoding, "backslashreplace")
        except (UnicodeError, LookupError):
            stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]


@contextmanager
def writing() -> Iterator[None]:
    """While something is written to standard output: that it is closed or full is told as a user's mistake."""
    check_open()
    with guarded():
        yield


def check_open() -> None:
    """Refuse to write to a standard output that is closed."""
    if sys.stdout is None:
        raise UserError("standard output is closed\n  leave it open, or use -o FILE")


@contextmanager
def guarded() -> Iterator[None]:
    """While something may be written to standard output. What nobody reads any more ends early and without a word."""
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT):
            raise
        _silence(sys.stdout)
        if error.errno != errno.EPIPE:  # that one: the reader (head, less) has seen enough
            raise UserError(f"cannot write: {error.strerror or error}\n  make room, or use -o FILE") from None


def _silence(stream: TextIO | None) -> None:
    """Nothing more of a stream is to be written at exit."""
    if stream is not None:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def carries_unicode(encoding: str | None) -> bool:
    """Whether an output's encoding has the signs of the sheets."""
    try:
        "×∂δ²⁺≈".encode(encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True


def say(message: str) -> None:
    """A message to standard error, whatever its encoding can carry and without control characters.

    None where it is closed or full: the exit code tells.
    """
    stream = sys.stderr
    if stream is None:
        return
    text = "\n".join(map(printable, message.split("\n")))
    encoding = stream.encoding or "ascii"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except (OSError, ValueError, LookupError):
        _silence(stream)

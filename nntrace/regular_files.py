"""Reading what is an ordinary file and has an end: no device, no pipe, and never more than a limit."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

_KINDS = (
    (stat.S_ISDIR, "is a folder", "give a file in it"),
    (stat.S_ISFIFO, "is a pipe, not an ordinary file", "write what it gives into a file, or read it with -"),
    (stat.S_ISSOCK, "is a socket, not an ordinary file", "write what it gives into a file"),
    (stat.S_ISCHR, "is a device, not an ordinary file", "give an ordinary file, or - for standard input"),
    (stat.S_ISBLK, "is a device, not an ordinary file", "give an ordinary file, or - for standard input"),
)
"""What is no ordinary file: how to tell, what is said of it, and what would work."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
"""Nothing waits, whatever stands there; an ordinary file is read the same."""
_PIECE = 1 << 20


class UnreadableError(Exception):
    """Why a file is not read: what is said after its name, and what would work."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class TooLargeError(Exception):
    """A file has more bytes than are read: ``size``, or at least so many."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def open_regular(path: Path | str) -> BinaryIO:
    """An ordinary file, opened to be read. Raises an ``OSError`` or an ``UnreadableError``."""
    try:
        _check(os.stat(path).st_mode)  # to open a device may do something
        descriptor = os.open(path, _FLAGS)
    except ValueError:
        raise UnreadableError("has a NUL in its name", "give the name of a file") from None
    try:
        _check(os.fstat(descriptor).st_mode)
    except UnreadableError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def _check(mode: int) -> None:
    for is_so, reason, remedy in _KINDS:
        if is_so(mode):
            raise UnreadableError(reason, remedy)


def read_file(path: Path | str, most: int) -> bytes:
    """All of an ordinary file. Raises a ``TooLargeError`` where that is more than ``most`` bytes."""
    with open_regular(path) as stream:
        if (size := os.fstat(stream.fileno()).st_size) > most:
            raise TooLargeError(size)
        return _content(stream, most)


def read_standard_input(most: int) -> bytes:
    """All of standard input, which may be a pipe or a terminal too. Raises what ``read_file`` raises."""
    if sys.stdin is None:
        raise UnreadableError("is closed", "give a file name")
    stream: BinaryIO = sys.stdin.buffer
    try:
        found = os.fstat(stream.fileno())
    except OSError:  # a test's
        return _content(stream, most)
    if stat.S_ISCHR(found.st_mode) and not (stream.isatty() or os.path.samestat(found, os.stat(os.devnull))):
        raise UnreadableError("is a device", "give a file name, or a pipe")
    if not stat.S_ISREG(found.st_mode):
        return _content(stream, most)
    if found.st_size > most:
        raise TooLargeError(found.st_size)
    blocking = os.get_blocking(stream.fileno())
    os.set_blocking(stream.fileno(), False)  # some that call themselves ordinary never end
    try:
        return _content(stream, most)
    finally:
        os.set_blocking(stream.fileno(), blocking)


def _content(stream: BinaryIO, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(min(_PIECE, most + 1 - size)):
        pieces.append(piece)
        if (size := size + len(piece)) > most:
            raise TooLargeError(size)
    if piece is None:  # it does not block, and there is nothing
        raise UnreadableError("gives nothing now and has no end", "give an ordinary file")
    return b"".join(pieces)

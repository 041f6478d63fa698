"""A path → a ``Spec``: what can go wrong before there is any text."""

from __future__ import annotations

import sys
from pathlib import Path

from ..errors import UserError, nearest, printable
from .model import Spec
from .reader import read

STANDARD_INPUT = "-"


def load(path: str) -> Spec:
    """Read the network file at ``path``, or standard input for ``-``. Raises a ``UserError``."""
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise UserError("standard input is closed\n  give a file name")
        return read(_decode(sys.stdin.buffer.read(), "standard input"), "standard input", Path())
    return read(_decode(_read_bytes(path), path), path, Path(path).parent)


def _read_bytes(path: str) -> bytes:
    shown = printable(path)
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise UserError(f"there is no file {shown}\n  {_near_file(Path(path))}") from None
    except IsADirectoryError:
        raise UserError(f"{shown} is a folder\n  {_in_folder(Path(path))}") from None
    except PermissionError:
        raise UserError(f"{shown} may not be read\n  change its permissions, or copy it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"{shown} cannot be read: {reason}\n  give the path of a network file, or - for standard input"
        ) from None


def _near_file(path: Path) -> str:
    try:
        here = sorted(entry.name for entry in path.parent.iterdir())
    except OSError:
        return f"there is no folder {printable(str(path.parent))} either: check the path"
    stems = {Path(name).stem: name for name in reversed(here)}
    near = stems.get(nearest(path.stem, stems) or "")
    if near:
        return f"did you mean {printable(str(path.parent / near))}?"
    return _in_folder(path.parent)


def _in_folder(folder: Path) -> str:
    """Which network files a folder has."""
    try:
        files = sorted(entry.name for entry in folder.iterdir() if entry.suffix in (".yaml", ".yml"))
    except OSError:
        files = []
    listed = ", ".join(map(printable, files[:8])) + (", …" if len(files) > 8 else "")
    return f"network files there: {listed}" if files else "give the path of a network file, or - for standard input"


def _decode(content: bytes, source: str) -> str:
    shown = printable(source)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UserError(f"{shown} is UTF-16 text\n  save it as UTF-8")
    if b"\0" in content:
        raise UserError(f"{shown} is not text: it has NUL bytes\n  give a network file, which is YAML text in UTF-8")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{shown} is not UTF-8: line {line} has the byte 0x{content[error.start]:02X}\n  save it as UTF-8"
        ) from None

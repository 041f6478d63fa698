"""A path → a ``Spec``: what can go wrong before there is any text."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import UserError, nearest, printable
from ..limits import USUAL, Limits, beyond
from ..regular_files import TooLargeError, UnreadableError, read_file, read_standard_input
from .model import Spec
from .reader import read

STANDARD_INPUT = "-"


def load(path: str, limits: Limits = USUAL) -> Spec:
    """Read the network file at ``path``, or standard input for ``-``. Raises a ``UserError``."""
    is_input = path == STANDARD_INPUT
    source = "standard input" if is_input else printable(path)
    content = _read_bytes(path, source, is_input, limits.bytes)
    return read(_decode(content, source), source, Path() if is_input else Path(path).parent, limits)


def read_text(path: Path, limits: Limits = USUAL) -> str:
    """The text of a document. Raises a ``UserError``."""
    name = printable(str(path))
    return _decode(_read_bytes(str(path), name, False, limits.bytes), name)


def _read_bytes(path: str, name: str, is_input: bool, most: int) -> bytes:
    try:
        return read_standard_input(most) if is_input else read_file(path, most)
    except TooLargeError as error:
        size, subject = error.size, f"{name} (at least)" if is_input else name
        message, remedy = beyond("bytes", size, most, subject)
        raise UserError(f"{message}\n  {remedy}; large arrays belong into a .npy") from None
    except UnreadableError as error:
        remedy = _in_folder(Path(path)) if not is_input and os.path.isdir(path) else error.remedy
        raise UserError(f"{name} {error.reason}\n  {remedy}") from None
    except FileNotFoundError:
        raise UserError(f"there is no file {name}\n  {_near_file(Path(path))}") from None
    except PermissionError:
        raise UserError(f"{name} may not be read\n  change its permissions, or copy it") from None
    except OSError as error:
        reason = error.strerror or error
        raise UserError(
            f"{name} cannot be read: {reason}\n  give the path of a network file, or - for standard input"
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
    name = source
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UserError(f"{name} is UTF-16 text\n  save it as UTF-8")
    if b"\0" in content:
        raise UserError(f"{name} is not text: it has NUL bytes\n  give a network file, which is YAML text in UTF-8")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{name} is not UTF-8: line {line} has the byte 0x{content[error.start]:02X}\n  save it as UTF-8"
        ) from None

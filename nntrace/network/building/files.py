"""Arrays from files: ``.npy``, ``.npz`` with a key, ``.csv``; never pickles, and only inside the network's folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import printable, quoted, suggestion
from ...record import Record
from ...regular_files import UnreadableError, open_regular
from ...spec.model import File
from ...spec.problems import Problems

if TYPE_CHECKING:
    from ...limits import Limits
    from ..model import Array

SUFFIXES = (".npy", ".npz", ".csv")


class FileNumbers(Record):
    """A file's numbers as floats, a ``.csv`` always as rows and columns; ``headings`` names the columns, if it does."""

    array: Array
    headings: tuple[str, ...] = ()


def read_numbers(file: File, folder: Path | None, anywhere: bool, problems: Problems) -> FileNumbers | None:
    """The file's numbers, or ``None`` and a problem. Relative paths start at the network's folder."""
    shown = quoted(file.path)
    if printable(file.path) != file.path:
        problems.add(file.place, f"{shown} has a control character", "rename the file")
        return None
    path = Path(file.path)
    try:
        base = os.path.realpath(folder or ".")
        path = Path(os.path.realpath(os.path.join(base, file.path)))
        if not anywhere and not path.is_relative_to(base):
            remedy = "move the file inside, or allow it with --allow-files"
            problems.add(file.place, f"{shown} lies outside the network file's folder", remedy)
            return None
        return _read(path, file, problems.limits)
    except FileNotFoundError:
        others = [other.name for other in _siblings(path)]
        remedy = suggestion(path.name, others) if others else "it is looked for beside the network file"
        problems.add(file.place, f"there is no file {shown}", remedy)
    except OSError as error:
        problems.add(file.place, f"cannot read {shown}: {error.strerror or error}", "check the file")
    except UnreadableError as error:
        problems.add(file.place, f"{shown} {error.reason}", error.remedy)
    return None


def _siblings(path: Path) -> list[Path]:
    try:
        return sorted(other for other in path.parent.iterdir() if other.suffix in SUFFIXES)
    except OSError:
        return []


def _read(path: Path, file: File, limits: Limits) -> FileNumbers:
    suffix = Path(file.path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UnreadableError("is no array file", f"known here: {', '.join(SUFFIXES)}")
    with open_regular(path) as stream:
        if suffix == ".csv":
            from .tables import read_table

            return FileNumbers(*read_table(stream, limits))
        from .arrays import read_member, read_npy

        size = os.fstat(stream.fileno()).st_size
        array = read_npy(stream, size, limits) if suffix == ".npy" else read_member(stream, size, file.key, limits)
    if array.size == 0:
        raise UnreadableError(f"has no numbers: its shape is {array.shape}", "save an array with numbers in it")
    return FileNumbers(array)

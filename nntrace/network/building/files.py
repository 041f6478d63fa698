"""Arrays from files: ``.npy``, ``.npz`` with a key, ``.csv``; never pickles, and only inside the network's folder."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import printable, quoted, suggestion
from ...record import Record
from ...regular_files import UnreadableError, open_regular
from ...spec.model import File
from ...spec.problems import Problems
from ...spec.values import FILE_SUFFIXES

if TYPE_CHECKING:
    from ...limits import Limits
    from ..model import Array
    from .leaves import ArrayFiles
    from .tables import NumberForm, WordColumn


class FileNumbers(Record):
    """A file's numbers as floats, a ``.csv`` always as rows and columns; ``headings`` names the columns, if it does;
    the numbers of the column of ``words`` stand for words."""

    array: Array
    headings: tuple[str, ...] = ()
    words: WordColumn | None = None
    typed: NumberForm = ""


def read_numbers(files: ArrayFiles, file: File, problems: Problems, with_words: bool = False) -> FileNumbers | None:
    """A file's numbers, or ``None`` and a problem; ``with_words``: a column of a table may have words."""
    path_text = quoted(file.path)
    if printable(file.path) != file.path:
        problems.add(file.place, f"{path_text} has a control character", "rename the file")
        return None
    path = Path(file.path)
    try:
        if file.path in files.at_hand:
            return FileNumbers(_checked(files.at_hand[file.path], problems.limits))
        base = os.path.realpath(files.folder or ".")
        path = Path(os.path.realpath(os.path.join(base, file.path)))
        if not files.anywhere and not path.is_relative_to(base):
            remedy = "move the file inside, or allow it with --allow-files"
            problems.add(file.place, f"{path_text} lies outside the network file's folder", remedy)
            return None
        return _read(path, file, problems.limits, with_words)
    except FileNotFoundError:
        others = [other.name for other in _siblings(path)]
        remedy = suggestion(path.name, others) if others else "it is looked for beside the network file"
        problems.add(file.place, f"there is no file {path_text}", remedy)
    except OSError as error:
        problems.add(file.place, f"cannot read {path_text}: {error.strerror or error}", "check the file")
    except UnreadableError as error:
        problems.add(file.place, f"{path_text} {error.reason}", error.remedy)
    return None


def _checked(array: Array, limits: Limits) -> Array:
    """A program's array, by the rules of a file's."""
    import numpy as np

    from .arrays import read_npy

    stream = BytesIO()
    np.save(stream, array)
    size = stream.tell()
    stream.seek(0)
    return _filled(read_npy(stream, size, limits))


def _siblings(path: Path) -> list[Path]:
    try:
        return sorted(other for other in path.parent.iterdir() if other.suffix in FILE_SUFFIXES)
    except OSError:
        return []


def _read(path: Path, file: File, limits: Limits, with_words: bool) -> FileNumbers:
    suffix = Path(file.path).suffix.lower()
    if suffix not in FILE_SUFFIXES:
        raise UnreadableError("is no array file", f"known here: {', '.join(FILE_SUFFIXES)}")
    with open_regular(path) as stream:
        if suffix == ".csv":
            from .tables import read_table

            return FileNumbers(*read_table(stream, limits, with_words))
        from .arrays import read_member, read_npy

        size = os.fstat(stream.fileno()).st_size
        array = read_npy(stream, size, limits) if suffix == ".npy" else read_member(stream, size, file.key, limits)
    return FileNumbers(_filled(array))


def _filled(array: Array) -> Array:
    if array.size == 0:
        raise UnreadableError(f"has no numbers: its shape is {array.shape}", "save an array with numbers in it")
    return array

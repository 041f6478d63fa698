"""Arrays from files: ``.npy``, ``.npz`` with a key, ``.csv``; never pickles, and only inside the network's folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...errors import UserError, quoted, suggestion
from ...spec.model import File
from ...spec.problems import Problems

if TYPE_CHECKING:
    from ..model import Array


class FileNumbers(NamedTuple):
    """A file's numbers as floats, a ``.csv`` always as rows and columns; ``headings`` names the columns, if it does."""

    array: Array
    headings: tuple[str, ...] = ()


class _UnreadableError(UserError):
    """Why a file's numbers cannot be read, with what would work on the second line."""


def read_numbers(file: File, folder: Path | None, anywhere: bool, problems: Problems) -> FileNumbers | None:
    """The file's numbers, or ``None`` and a problem. Relative paths start at the network's folder."""
    base = folder or Path.cwd()
    try:
        base = Path(os.path.realpath(base))
        path = Path(os.path.realpath(base / file.path))
        if not anywhere and not path.is_relative_to(base):
            raise _UnreadableError(
                f"{quoted(file.path)} lies outside the network file's folder\n"
                "move the file inside, or allow it with --allow-files"
            )
        return _finite(_read(path, file), file)
    except FileNotFoundError:
        others = [other.name for other in _siblings(path)]
        remedy = suggestion(path.name, others) if others else "it is looked for beside the network file"
        problems.add(file.place, f"there is no file {quoted(file.path)}", remedy)
    except OSError as error:
        reason = error.strerror or error
        problems.add(file.place, f"cannot read {quoted(file.path)}: {reason}", "check the file")
    except _UnreadableError as error:
        message, remedy = str(error).split("\n", 1)
        problems.add(file.place, message, remedy)
    return None


def _siblings(path: Path) -> list[Path]:
    try:
        return sorted(other for other in path.parent.iterdir() if other.suffix in (".npy", ".npz", ".csv"))
    except OSError:
        return []


def _read(path: Path, file: File) -> FileNumbers:
    import numpy as np

    match path.suffix.lower():
        case ".csv":
            return _table(path, file)
        case ".npy" | ".npz":
            pass
        case _:
            raise _UnreadableError(f"{quoted(file.path)} is no array file\nknown here: .npy, .npz, .csv")
    try:
        loaded = np.load(path, allow_pickle=False)
    except OSError:
        raise
    except Exception:  # numpy and zipfile raise a dozen kinds for a damaged file
        raise _damaged(file) from None
    if isinstance(loaded, np.ndarray):
        array = loaded
    else:
        with loaded as archive:
            if file.key not in archive.files:
                asked = "it needs a key" if file.key is None else f"it has no array {quoted(file.key)}"
                raise _UnreadableError(f"{quoted(file.path)}: {asked}\n{suggestion(file.key or '', archive.files)}")
            try:
                array = archive[file.key]
            except Exception:
                raise _damaged(file) from None
    if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise _UnreadableError(
            f"cannot read the numbers of {quoted(file.path)}: its elements are of type {array.dtype}\n"
            "save real numbers, as numpy.save(path, array.astype(float)) does"
        )
    return FileNumbers(np.array(array, dtype=np.float64))


def _damaged(file: File) -> _UnreadableError:
    return _UnreadableError(
        f"cannot read the numbers of {quoted(file.path)}: it is damaged, or holds Python objects\n"
        "write it with numpy.save or numpy.savez, from an array of numbers"
    )


def _table(path: Path, file: File) -> FileNumbers:
    """Comma-separated numbers, a row on each line; a first line without a number has the headings of the columns."""
    import csv

    import numpy as np

    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        try:
            rows = [(number, [cell.strip() for cell in row]) for number, row in enumerate(csv.reader(lines), 1) if row]
        except csv.Error as error:
            raise _UnreadableError(
                f"cannot read {quoted(file.path)}: {error}\nwrite numbers with commas between"
            ) from None
    rows = [(line, row) for line, row in rows if any(row)]
    headings: tuple[str, ...] = ()
    if rows and not any(map(_is_number, rows[0][1])):
        headings = tuple(rows.pop(0)[1])
        if other := next((sign for sign in ";\t" if any(sign in one for one in headings)), None):
            name = "a semicolon" if other == ";" else "a tab"
            raise _UnreadableError(f"{quoted(file.path)} has {name} between its columns\nwrite commas: 1,0,1")
    if not rows:
        raise _UnreadableError(
            f"{quoted(file.path)} has no numbers\nwrite a row on each line, commas between the numbers"
        )
    wide = len(headings or rows[0][1])
    for line, row in rows:
        if len(row) != wide:
            raise _UnreadableError(
                f"line {line} of {quoted(file.path)} has {_columns(len(row))}, the first has {wide}\n"
                "give each row as many numbers"
            )
        if odd := next((cell for cell in row if not _is_number(cell)), None):
            raise _UnreadableError(
                f"{quoted(odd)} in line {line} of {quoted(file.path)} is no number\nwrite 0.5 or 1e-3"
            )
    return FileNumbers(np.array([[float(cell) for cell in row] for _, row in rows]), headings)


def _columns(count: int) -> str:
    return f"{count} column" + ("" if count == 1 else "s")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _finite(numbers: FileNumbers, file: File) -> FileNumbers:
    import numpy as np

    finite = np.isfinite(numbers.array)
    if not finite.all():
        where = ",".join(str(int(i) + 1) for i in np.argwhere(~finite)[0])
        raise _UnreadableError(
            f"{quoted(file.path)} has a number that is not finite at [{where}]\nreplace NaN and infinities by numbers"
        )
    return numbers

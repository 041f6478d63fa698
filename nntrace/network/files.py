"""Arrays from files: ``.npy``, ``.npz`` with a key, ``.csv``; never pickles, and only inside the network's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import quoted, suggestion
from ..spec.model import File
from ..spec.problems import Problems

if TYPE_CHECKING:
    from .model import Array


def read_array(file: File, folder: Path | None, anywhere: bool, problems: Problems) -> Array | None:
    """The file's numbers as floats, or ``None`` and a problem. Relative paths start at the network's folder."""
    base = (folder or Path.cwd()).resolve()
    path = (base / file.path).resolve()
    if not anywhere and not path.is_relative_to(base):
        problems.add(
            file.place,
            f"{quoted(file.path)} lies outside the network file's folder",
            "move the file inside, or allow it with --allow-files",
        )
        return None
    try:
        return _read(path, file, problems)
    except FileNotFoundError:
        near = suggestion(path.name, [other.name for other in _siblings(path)])
        problems.add(file.place, f"there is no file {quoted(file.path)}", near)
    except OSError as error:
        problems.add(file.place, f"cannot read {quoted(file.path)}: {error.strerror or error}", "check the file")
    return None


def _headings(path: Path) -> int:
    """How many lines of headings a table begins with: 1 where nothing in its first line is a number, else 0."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        cells = file.readline().split(",")
    return int(any(cell.strip() for cell in cells) and not any(_is_number(cell) for cell in cells))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _siblings(path: Path) -> list[Path]:
    try:
        return sorted(other for other in path.parent.iterdir() if other.suffix in (".npy", ".npz", ".csv"))
    except OSError:
        return []


def _read(path: Path, file: File, problems: Problems) -> Array | None:
    import numpy as np

    suffix = path.suffix.lower()
    try:
        if suffix == ".csv":
            array = np.loadtxt(path, delimiter=",", ndmin=1, dtype=np.float64, skiprows=_headings(path))
        elif suffix == ".npy":
            array = np.load(path, allow_pickle=False)
        elif suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                if file.key not in archive.files:
                    asked = "it needs a key" if file.key is None else f"it has no array {quoted(file.key)}"
                    problems.add(file.place, f"{quoted(file.path)}: {asked}", suggestion(file.key or "", archive.files))
                    return None
                array = archive[file.key]
        else:
            problems.add(file.place, f"{quoted(file.path)} is no array file", "known here: .npy, .npz, .csv")
            return None
        if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
            raise ValueError(f"its elements are of type {array.dtype}, not real numbers")
        array = np.array(array, dtype=np.float64)
    except OSError:
        raise
    except Exception as error:  # numpy and zipfile raise a dozen kinds for a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        problems.add(
            file.place,
            f"cannot read the numbers of {quoted(file.path)}: {reason}",
            "write it with numpy.save (no pickled objects), or as comma-separated numbers",
        )
        return None
    if not np.isfinite(array).all():
        where = tuple(int(i) + 1 for i in np.argwhere(~np.isfinite(array))[0])
        problems.add(
            file.place, f"{quoted(file.path)} has a number that is not finite at {list(where)}", "mend the file"
        )
        return None
    return array

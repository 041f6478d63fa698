"""Numbers from ``.npy`` files and the members of an ``.npz``, without trust in what their headers promise.

The formats: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html and the ZIP file format
specification (PKWARE APPNOTE 6.3).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import IO, TYPE_CHECKING, Any

from ...errors import quoted, suggestion
from ...limits import beyond
from ...regular_files import UnreadableError

if TYPE_CHECKING:
    import numpy as np

    from ...limits import Limits
    from ..model import Array

_REMEDY = "write it with numpy.save or numpy.savez, from an array of numbers"
_LARGEST_INTEGER = 2**53
"""Up to it a float has every integer."""
_LARGEST_DIRECTORY = 1 << 20
"""Bytes of the list of an archive's members."""
_END, _END_SIZE, _END_64, _LONGEST_COMMENT = b"PK\x05\x06", 22, b"PK\x06\x07", 0xFFFF


def read_npy(stream: IO[bytes], size: int, limits: Limits, where: str = "") -> Array:
    """The array of a ``.npy`` of so many bytes. Raises an ``UnreadableError``."""
    import numpy as np

    shape, by_column, kind = _header(stream, where)
    if kind.kind not in "iuf":
        raise UnreadableError(
            f"holds no real numbers{where}: its elements are of type {kind}",
            "save real numbers, as numpy.save(path, array.astype(float)) does",
        )
    count = prod(shape)
    if count > limits.elements:
        message, remedy = beyond("elements", count, limits.elements, f"the array{where}")
        raise UnreadableError(f"is too large: {message}", remedy)
    if count * kind.itemsize > size - stream.tell():
        available = max(0, size - stream.tell()) // kind.itemsize
        raise UnreadableError(
            f"promises {count:,} numbers{where}, and has {available:,}", "save the array again, whole"
        )
    content = np.empty(count, kind)
    if count and _fill(stream, content.view(np.uint8).data, where) < content.nbytes:
        raise _damaged(where)
    content = content.reshape(shape, order="F" if by_column else "C")
    if kind.kind in "iu" and count and max(int(content.max()), -int(content.min())) > _LARGEST_INTEGER:
        raise UnreadableError(
            f"has an integer beyond 2^53{where}, which a float does not hold",
            "save floats, as numpy.save(path, array.astype(float)) does",
        )
    with np.errstate(over="ignore", invalid="ignore"):
        array = np.ascontiguousarray(content, dtype=np.float64).reshape(shape)
    if not (finite := np.isfinite(array)).all():
        place = ",".join(str(int(i) + 1) for i in np.argwhere(~finite)[0])
        at = f" at [{place}]" if place else ""
        raise UnreadableError(f"has a number that is not finite{at}{where}", "replace NaN and infinities by numbers")
    return array


def _header(stream: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """The shape, whether columns come first, and the type of the elements."""
    import numpy as np

    form = np.lib.format
    readers = {(1, 0): form.read_array_header_1_0, (2, 0): form.read_array_header_2_0}
    with _undamaged(where), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an old header, which takes a second look
        shape, by_column, kind = readers[form.read_magic(stream)](stream)
    if any(type(size) is not int or size < 0 for size in shape):
        raise _damaged(where)
    return shape, by_column, kind


def _fill(stream: IO[bytes], room: memoryview, where: str = "") -> int:
    """Read until the room is full or the stream has ended; how many bytes that were."""
    at = 0
    with _undamaged(where):
        while at < len(room) and (count := stream.readinto(room[at:])):  # type: ignore[attr-defined]
            at += count
    return at


@contextmanager
def _undamaged(where: str = "") -> Iterator[None]:
    """While something is read whose damage may raise anything: a header a dozen kinds, zipfile and zlib their own."""
    try:
        yield
    except (OSError, UnreadableError):
        raise
    except Exception:
        raise _damaged(where) from None


def _damaged(where: str = "") -> UnreadableError:
    """What is said of a file that is not what its name says, or of one with Python objects."""
    return UnreadableError(f"is damaged, or holds Python objects{where}", _REMEDY)


def read_member(stream: IO[bytes], size: int, key: str | None, limits: Limits) -> Array:
    """The array of an ``.npz`` by its key. Raises an ``UnreadableError``."""
    import zipfile

    _check_directory(stream, size)
    with _undamaged():
        archive = zipfile.ZipFile(stream)
        members = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
    if key is None or key not in members:
        asked = "needs a key" if key is None else f"has no array {quoted(key)}"
        raise UnreadableError(asked, suggestion(key or "", members) if members else _REMEDY)
    entry, where = members[key], f" in {quoted(key)}"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 1:
        raise UnreadableError(f"is packed in a way that numpy does not write{where}", _REMEDY)
    if not entry.filename.endswith(".npy"):
        raise UnreadableError(f"holds no array{where}", _REMEDY)
    with _undamaged(where), archive.open(entry) as member:
        return read_npy(member, entry.file_size, limits, where)


def _check_directory(stream: IO[bytes], size: int) -> None:
    """Refuse an archive with more members than anyone saves, before ``zipfile`` reads the list of them."""
    start = max(0, size - _END_SIZE - _LONGEST_COMMENT)
    stream.seek(start)
    tail = bytearray(size - start)
    tail = tail[: _fill(stream, memoryview(tail))]
    at = len(tail) - _END_SIZE
    if tail[at : at + 4] != _END or tail[-2:] != b"\0\0":
        at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_SIZE:
        raise _damaged()
    if int.from_bytes(tail[at + 12 : at + 16], "little") > _LARGEST_DIRECTORY or _END_64 in tail[max(0, at - 20) : at]:
        raise UnreadableError("has too many arrays", "save those that are needed alone")
    stream.seek(0)

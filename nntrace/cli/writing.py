"""Files that a command writes: whole or not at all, several together or none, and nothing replaced unasked."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import UserError
from .interrupts import UNFINISHED, undisturbed

Content = Iterable[str] | bytes
"""A file's lines, without their ends, or its bytes."""


def check_free(path: Path, force: bool) -> None:
    """Refuse a file that cannot be written, and to replace one unless that was asked for."""
    check_writable(path)
    if path.exists() and not force:
        raise UserError(f"{path} is there already\n  choose another name, or replace it with --force")


def check_writable(path: Path) -> None:
    """Refuse what cannot be written, before anything is worked out for it."""
    try:
        target = Path(os.path.realpath(path))
        try:
            mode = target.stat()
        except FileNotFoundError:
            folder = target.parent
            folder.stat()
            if not folder.is_dir():
                raise _error(errno.ENOTDIR) from None
            if not os.access(folder, os.W_OK | os.X_OK):
                _try_to_open(Path(_neighbour(target)), os.O_CREAT | os.O_EXCL)
            return
        if target.is_dir():
            raise _error(errno.EISDIR)
        if mode and not os.access(target, os.W_OK):
            _try_to_open(target)
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from None


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, there or yet to be written."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # one of them is not there
        pass
    try:
        return os.path.realpath(one) == os.path.realpath(other)
    except (OSError, ValueError):  # nor is the current folder
        return one == other


def write_file(path: Path, content: Content) -> None:
    """Write a file whole or not at all."""
    write_files({path: content})


def write_files(contents: Mapping[Path, Content]) -> None:
    """Write all of these files or none: each to a neighbour first, then moved into place.

    A link's target is written, and a file that is there keeps its mode; a device or a pipe is written as it is.
    """
    staged: list[tuple[Path, str, Path]] = []
    path = Path()
    try:
        for path, content in contents.items():
            target = Path(os.path.realpath(path))
            if target.exists() and not target.is_file():
                with target.open("wb") as file:
                    file.writelines(_pieces(content))
            else:
                staged.append((path, _stage(target, content), target))
        with undisturbed():
            _move(staged)
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from None
    finally:
        for _, temporary, _ in staged:
            _forget(temporary)


def _pieces(content: Content) -> Iterable[bytes]:
    return [content] if isinstance(content, bytes) else (f"{line}\n".encode() for line in content)


def _stage(target: Path, content: Content) -> str:
    """The content in a new file beside its target, under a name of its own."""
    mode = target.stat().st_mode & 0o777 if target.exists() else None
    if mode is not None and not os.access(target, os.W_OK):
        _try_to_open(target)
    temporary = _neighbour(target)
    UNFINISHED.add(temporary)
    try:
        with open(temporary, "xb") as file:
            file.writelines(_pieces(content))
            file.flush()
            if mode is not None:
                os.chmod(temporary, mode)
    except BaseException:
        _forget(temporary)
        raise
    return temporary


def _move(staged: Iterable[tuple[Path, str, Path]]) -> None:
    """Move all files into place. Where one cannot be, those before it are as they were."""
    moved: list[tuple[Path, str | None]] = []
    try:
        for path, temporary, target in staged:
            kept = None
            try:
                kept = _kept(target)
                os.replace(temporary, target)
            except OSError as error:
                if kept:
                    _forget(kept)
                raise _refusal(path, error) from None
            moved.append((target, kept))
    except UserError:
        for target, kept in reversed(moved):
            with contextlib.suppress(OSError):
                os.replace(kept, target) if kept else os.unlink(target)
        raise
    finally:
        for _, kept in moved:
            if kept:
                _forget(kept)


def _kept(target: Path) -> str | None:
    """The old file under another name, in case it is wanted back."""
    if not target.exists():
        return None
    name = _neighbour(target)
    UNFINISHED.add(name)
    try:
        os.link(target, name)
    except OSError:  # a file system without links
        from shutil import copy2

        try:
            copy2(target, name)
        except BaseException:
            _forget(name)
            raise
    return name


def _neighbour(target: Path) -> str:
    """A name that no file beside this one has."""
    return str(target.parent / f".nntrace-{os.urandom(6).hex()}")


def _forget(temporary: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(temporary)
    UNFINISHED.discard(temporary)


def _try_to_open(path: Path, flags: int = 0) -> None:
    """Raise the system's own reason why a file cannot be written, such as a read-only file system."""
    os.close(os.open(path, os.O_WRONLY | flags))
    if flags:
        _forget(str(path))


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def _refusal(path: Path, error: Exception) -> UserError:
    reason = getattr(error, "strerror", None) or error
    return UserError(f"cannot write {path}: {reason}\n  check the folder, or choose another")
